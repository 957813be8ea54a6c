import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
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
  "x-need"?: string;
  security?: object[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
  requestBody?: { content: Record<string, { schema: Schema }> };
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Contract>>;
  components: { schemas: Record<string, Schema> };
}

const FIRST_PARTY = "/api/v2/openapi.json";
const PARTNER = "/openapi.json";

const document = async (path = FIRST_PARTY): Promise<Document> =>
  (
    await (await appOf(path)).request(path, {}, { API_ORIGIN: "https://api.splits.network", CONSOLE_ORIGIN: "https://app.splits.network" })
  ).json() as Promise<Document>;

const appOf = (path: string) => apiFor(new Request(`https://api.splits.network${path}`));

it("lists every route that is served, and serves every route it lists", async () => {
  const { openapi, paths } = await document();
  expect(openapi).toBe("3.0.3");
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const apps = await Promise.all(["/", ...Object.keys(RESOURCES).map((name) => `/api/v2/${name}`)].map(appOf));
  const served = apps
    .flatMap(({ routes }) => routes)
    .filter(({ method, path }) => method !== "ALL" && !/^\/(?:docs|problems|postman|openapi)|openapi\.json$/.test(path)) // what people read
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  expect(listed.length).toBeGreaterThan(80);
  expect(listed.toSorted()).toEqual([...new Set(served)].toSorted());
});

it.each([FIRST_PARTY, PARTNER])("%s names each route by resource and verb, once", async (path) => {
  const { paths } = await document(path);
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

it("serves every route of the partner API, and lists every one that is served", async () => {
  const { openapi, paths } = await document(PARTNER);
  expect(openapi).toBe("3.0.3");
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const apps = await Promise.all(["/api/v1/me", "/api/v1/intake/company", "/oauth/token"].map(appOf));
  const served = apps
    .flatMap(({ routes }) => routes)
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  expect(listed.toSorted()).toEqual([...new Set(served)].toSorted());
});

it("tells partners of every operation what it needs, and how it refuses", async () => {
  const { paths } = await document(PARTNER);
  const partner = Object.entries(paths).flatMap(([path, methods]) => (path.startsWith("/api/") ? Object.values(methods) : []));
  for (const contract of partner) {
    const { operationId, security, responses, "x-need": need } = contract;
    expect(need, operationId).toMatch(/^(any|public|session|admin session|(read|write|manage):[a-z]+)/);
    expect(security?.length, operationId).toBeGreaterThan(0);
    for (const status of need === "public" ? ["404", "500"] : ["401", "403", "429", "500", "503"]) {
      expect(responses[status]?.content?.["application/problem+json"]?.schema, `${operationId} ${status}`).toEqual({
        $ref: "#/components/schemas/Problem",
      });
    }
  }
});

it.each([FIRST_PARTY, PARTNER])("%s sets a bound to every integer of a body that a column must hold", async (path) => {
  const { paths, components } = await document(path);
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
      Object.values(requestBody?.content ?? {}).flatMap(({ schema }) => unbounded(schema, operationId)),
    ),
  );
  expect(found).toEqual([]);
});

it.each([FIRST_PARTY, PARTNER, "/openapi-3.1.json"])("%s lints clean", { timeout: 60_000 }, async (path) => {
  const file = join(folder, path.replaceAll("/", "-"));
  await writeFile(file, JSON.stringify(await document(path)));
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  // `/invitations/{token}` beside `/{id}/renew`: the paths are given, and no id is called "invitations"
  const rules = ["--extends=recommended", "--skip-rule=no-ambiguous-paths"];
  const { stdout, stderr } = await run(process.execPath, ["node_modules/@redocly/cli/bin/cli.js", "lint", file, ...rules], { env }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  expect(stdout).toBe("");
  expect(stderr).toContain("Your API description is valid");
});
