import { build } from "esbuild";
import { expect, it } from "vitest";

/** The files that run before the Worker can answer anything: what main imports, not what it loads later. */
async function ranAtStart(): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: ["workers/main.ts"],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*", "crypto", "events", "util", "fs", "path"],
    logLevel: "error",
  });
  const found = new Set(["workers/main.ts"]);
  for (const file of found) {
    for (const { path, kind } of metafile.inputs[file]?.imports ?? []) if (kind === "import-statement") found.add(path);
  }
  return [...found];
}

/** What a start may cost beside pure rules: what lets a request in, and what commits a change. */
const AT_START = [
  "db/columns.ts",
  "db/connection.ts",
  "db/schema/audit.ts",
  "db/schema/ops.ts",
  "db/statements.ts",
  "durable-objects/credential.ts",
  "durable-objects/endpoint.ts",
  "durable-objects/login-throttle.ts",
  "integrations/mail/resend.ts",
  "integrations/stripe/answer.ts",
  "integrations/stripe/client.ts",
  "services/auth-events/row.ts",
  "services/commit.ts",
  "services/context.ts",
  "services/request-log/row.ts",
  "services/scopes.ts",
  "workers/api/app.ts",
  "workers/api/operation.ts",
  "workers/api/override-reason.ts",
  "workers/api/problems.ts",
  "workers/api/session-token.ts",
  "workers/api/shape.ts",
  "workers/api/surface.ts",
  "workers/api/v2/app.ts",
  "workers/body.ts",
  "workers/credential-tokens.ts",
  "workers/hosts.ts",
  "workers/late.ts",
  "workers/main.ts",
  "workers/runtime.ts",
  "workers/seal.ts",
  "workers/system.ts",
];

it("starts with what every request needs, and loads nouns, pages, queues, the schedule and vendors when one is asked for", async () => {
  const files = await ranAtStart();
  expect(files.filter((file) => !/^(?:node_modules|domain)\/|:/.test(file)).toSorted()).toEqual(AT_START);
  expect(files.filter((file) => /node_modules\/(?:stripe|oauth4webapi|standardwebhooks)\//.test(file))).toEqual([]);
});
