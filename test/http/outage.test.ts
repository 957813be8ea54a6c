import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { migrate } from "#db/migrate.ts";
import { type NeonEndpoint, startNeonEndpoint } from "#local/neon-endpoint.ts";
import { freePort } from "#local/ports.ts";
import { type Postgres, startPostgres } from "#local/postgres.ts";
import { type Answer, type CallOptions, callWorker, type RunningWorker, signedIn, startWorker } from "./worker.ts";

// A database of this file's own, to be stopped and started again under a Worker that stays.
const PATIENCE_MS = 5_000;

let folder: string;
let ports: { postgres: number; neon: number };
let postgres: Postgres | undefined;
let neon: NeonEndpoint | undefined;
let worker: RunningWorker;
let person: { token: string };

const startDatabase = async () =>
  void (postgres = await startPostgres({ dataDir: join(folder, "postgres"), port: ports.postgres, durable: false }));
const startEndpoint = async () => void (neon = await startNeonEndpoint({ port: ports.neon, server: postgres?.url ?? "" }));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "splits-outage-"));
  await chmod(folder, 0o755); // as root, Postgres runs as another user
  ports = { postgres: await freePort(), neon: await freePort() };
  await startDatabase();
  await startEndpoint();
  const { url } = await neon!.createDatabase({ template: "template0", name: "outage" });
  await migrate(url);
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`insert into identity.users (clerk_user_id, email, name) values ('user_ada', 'ada@people.test', 'Ada')`);
  await client.query(`insert into identity.user_roles (user_id, role_name) select id, 'platform_admin' from identity.users`);
  await client.query(`insert into identity.organizations (name, slug) values ('Acme', 'acme')`);
  await client.end();
  person = { token: await signedIn("user_ada", "ada@people.test") };
  worker = await startWorker({ databaseUrl: url, endpoint: neon!.sqlUrl });
}, 90_000);
afterAll(async () => {
  await worker?.stop();
  await neon?.stop();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const call = (method: string, path: string, options: CallOptions = {}): Promise<Answer> => callWorker(worker, method, path, options);
const asks: [string, () => Promise<Answer>][] = [
  ["the public's read", () => call("GET", "jobs")],
  ["a person's read", () => call("GET", "applications", { as: person })],
  ["a write", () => call("PATCH", `jobs/${crypto.randomUUID()}`, { as: person, body: { title: "Cook" } })],
];

/** Every kind of request is told, soon, that the database is away. */
async function expectOutage(): Promise<void> {
  const told = async ([name, ask]: (typeof asks)[number]) => {
    const begun = performance.now();
    const answer = await ask();
    expect([answer.status, answer.body.code], name).toEqual([503, "service_unavailable"]);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(performance.now() - begun, name).toBeLessThan(PATIENCE_MS);
  };
  await Promise.all(asks.map(told));
}

async function expectService(): Promise<void> {
  const statuses = await Promise.all(asks.map(async ([, ask]) => (await ask()).status));
  expect(statuses).toEqual([200, 200, 404]);
}

it("answers 503 while Postgres is stopped, and recovers by itself", { timeout: 60_000 }, async () => {
  await expectService();
  await postgres?.stop();
  await expectOutage();
  await startDatabase();
  await expectService();
});

it("answers 503 while nothing listens where the database was, and recovers by itself", { timeout: 60_000 }, async () => {
  await neon?.stop();
  await expectOutage();
  await startEndpoint();
  await expectService();
});

it("answers 503 when the database takes a request and says nothing", { timeout: 60_000 }, async () => {
  const faults = asks.map(() => neon!.fault({ database: "outage", match: "ops.enter", action: "hold_before" }));
  await expectOutage();
  for (const fault of faults) fault.release();
  await expectService();
});

it("needs no database for what asks none", { timeout: 60_000 }, async () => {
  await postgres?.stop();
  expect((await call("GET", "/openapi.json")).status).toBe(200);
  expect((await call("GET", "nothing")).status).toBe(404);
  expect((await call("GET", "jobs?page=0")).status).toBe(400);
  expect((await call("GET", "applications")).status).toBe(401);
  await startDatabase();
  await expectService();
});
