import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apiFor } from "#workers/api/app.ts";
import { RESOURCES } from "#workers/api/v2/app.ts";

const run = promisify(execFile);
let folder: string;

beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "splits-openapi-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: unknown[];
  maximum?: number;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  allOf?: Schema[];
}

interface Contract {
  operationId: string;
  summary: string;
  "x-access"?: { resource: string; verb: string };
  requestBody?: { content: { "application/json": { schema: Schema } } };
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Contract>>;
  components: { schemas: Record<string, Schema> };
}

const document = async (): Promise<Document> =>
  (await appOf("/openapi.json").request("/openapi.json", {}, { API_ORIGIN: "https://api.splits.network" })).json() as Promise<Document>;

const appOf = (path: string) => apiFor(new Request(`https://api.splits.network${path}`));

it("lists every route that is served, and serves every route it lists", async () => {
  const { openapi, paths } = await document();
  expect(openapi).toBe("3.0.3");
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const served = ["/", ...Object.keys(RESOURCES).map((name) => `/api/v2/${name}`)]
    .flatMap((path) => appOf(path).routes)
    .filter(({ method, path }) => method !== "ALL" && path !== "/openapi.json" && !path.endsWith("/problems/:code"))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  expect(listed.length).toBeGreaterThan(80);
  expect(listed.toSorted()).toEqual([...new Set(served)].toSorted());
});

it("names each route by resource and verb, once", async () => {
  const { paths } = await document();
  const contracts = Object.values(paths).flatMap((methods) => Object.values(methods));
  for (const { operationId, summary, "x-access": access } of contracts) {
    expect(access, operationId).toEqual({
      resource: expect.stringMatching(/^[a-z]+(-[a-z]+)*$/),
      verb: expect.stringMatching(/^[a-z]+(-[a-z]+)*$/),
    });
    expect(summary, operationId).toMatch(/^[A-Z].*[^.]$/);
  }
  const names = contracts.map(({ "x-access": access }) => `${access?.resource} ${access?.verb}`);
  expect(new Set(names).size).toBe(names.length);
});

it("sets a bound to every integer of a body that a column must hold", async () => {
  const { paths, components } = await document();
  const unbounded = (schema: Schema, at: string): string[] => {
    if (schema.$ref) return unbounded(components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {}, at);
    const inside = [
      ...Object.entries(schema.properties ?? {}).map(([name, each]) => [each, `${at}/${name}`] as const),
      ...[schema.items, ...(schema.anyOf ?? []), ...(schema.allOf ?? [])].flatMap((each) => (each ? [[each, at] as const] : [])),
    ].flatMap(([each, where]) => unbounded(each, where));
    const open =
      schema.type === "integer" && !schema.enum && (schema.maximum ?? Infinity) >= Number.MAX_SAFE_INTEGER && !at.endsWith("/version");
    return open ? [...inside, at] : inside;
  };
  const found = Object.values(paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ operationId, requestBody }) =>
      requestBody ? unbounded(requestBody.content["application/json"].schema, operationId) : [],
    ),
  );
  expect(found).toEqual([]);
});

it("lints clean", { timeout: 60_000 }, async () => {
  const file = join(folder, "openapi.json");
  await writeFile(file, JSON.stringify(await document()));
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  // `/invitations/{token}` beside `/{id}/renew`: the paths are given, and no id is called "invitations"
  const rules = ["--extends=recommended", "--skip-rule=no-ambiguous-paths"];
  const { stdout, stderr } = await run(process.execPath, ["node_modules/@redocly/cli/bin/cli.js", "lint", file, ...rules], { env }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  expect(stdout).toBe("");
  expect(stderr).toContain("Your API description is valid");
});

it("fits into a bundle of 900 KB, compressed", { timeout: 60_000 }, async () => {
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_PATH: folder, CI: "1" };
  const { stdout } = await run("node_modules/.bin/wrangler", ["deploy", "--dry-run", "--minify", "--outdir", join(folder, "bundle")], {
    env,
  });
  const [, kilobytes] = /gzip: ([\d.]+) KiB/.exec(stdout) ?? [];
  expect(Number(kilobytes)).toBeLessThanOrEqual(900);
  expect((await readFile(join(folder, "bundle", "main.js"))).length).toBeGreaterThan(100_000);
});
