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

it("starts without the routes of any resource, the pages, what signs people in, the queues, the schedule and Stripe's client", async () => {
  const files = await ranAtStart();
  expect(files).toContain("workers/api/v2/app.ts");
  const late =
    /^workers\/api\/v2\/(?!app\.ts)|^workers\/(?:console|white-label|embed|portal|outside)|^white-label\/|^ui\/|^integrations\/oidc\/|^queues\/|^workers\/schedule|node_modules\/(?:stripe|oauth4webapi)\//;
  expect(files.filter((file) => late.test(file))).toEqual([]);
});
