import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neon, neonConfig, NeonDbError } from "@neondatabase/serverless";
import { sql as text } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";
import { integer, pgTable, jsonb, timestamp } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startNeonEndpoint, type NeonEndpoint } from "#local/neon-endpoint.ts";
import { freePort } from "#local/ports.ts";
import { startPostgres, type Postgres } from "#local/postgres.ts";

let folder: string;
let server: Postgres;
let endpoint: NeonEndpoint;
let serverOptions: Parameters<typeof startPostgres>[0];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "splits-neon-"));
  await chmod(folder, 0o755); // as root, Postgres runs as another user
  serverOptions = { dataDir: join(folder, "postgres"), port: await freePort(), durable: false };
  server = await startPostgres(serverOptions);
  endpoint = await startNeonEndpoint({ port: 0, server: server.url });
  neonConfig.fetchEndpoint = endpoint.sqlUrl;
  // `fetchOptions.headers` would replace the driver's own headers instead of joining them.
  neonConfig.fetchFunction = (url: string, { requestId = "", ...init }: RequestInit & { requestId?: string }) =>
    fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), "X-Request-Id": requestId } });
});

afterAll(async () => {
  await endpoint.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

let requests = 0;

/** A database of the test's own, with one table, and the driver speaking to it. */
async function database() {
  const { name, url } = await endpoint.createDatabase({ template: "template0" });
  const requestId = `request-${++requests}`;
  const sql = neon(url, { fetchOptions: { requestId } });
  await neon(url)`create table things (n int constraint one_n unique, check (n > 0))`;
  const values = async () => (await neon(url)`select n from things order by n`).map(({ n }) => n);
  return { name, url, sql, requestId, values };
}

/** What the driver threw. */
async function refusal(work: Promise<unknown>): Promise<NeonDbError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof NeonDbError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

describe("asks Postgres who may come in", () => {
  it("refuses a wrong password and a stranger, and nobody else for that", async () => {
    const { url } = await database();
    const as = (change: (address: URL) => void) => {
      const address = new URL(url);
      change(address);
      return neon(address.href)`select 1`;
    };
    const wrong = await refusal(as((address) => (address.password = "wrong")));
    expect(wrong).toMatchObject({ message: 'password authentication failed for user "postgres"', code: "28P01" });
    expect((await refusal(as((address) => (address.username = "stranger")))).code).toBe("28P01");
    await expect(as(() => {})).resolves.toHaveLength(1);
  });

  it("lets a role do no more than it may", async () => {
    const { url, sql } = await database();
    await sql`create role reader login password 'secret'`;
    const address = new URL(url);
    Object.assign(address, { username: "reader", password: "secret" });
    expect((await refusal(neon(address.href)`select * from things`)).code).toBe("42501");
    await sql`grant select on things to reader`;
    expect(await neon(address.href)`select * from things`).toEqual([]);
  });
});

describe("answers the driver", () => {
  it("with every type as Neon would", async () => {
    const { sql } = await database();
    const instant = new Date("2026-03-01T12:00:00.123Z");
    const [row] = await sql`select
      1::int as i, 9007199254740993::int8 as big, 12.340::numeric as num, true as yes, null::text as nothing,
      ${"ünï 'q' \\"}::text as word, ${["a", null, 'b"c']}::text[] as words, ${[1, 2]}::int[] as ints,
      ${{ a: [1, null] }}::jsonb as obj, ${instant}::timestamptz as at, ${Buffer.from([0, 255, 92])}::bytea as bytes,
      '2026-03-01'::date as day, ${null}::int as none`;
    expect(row).toMatchObject({
      i: 1,
      big: "9007199254740993",
      num: "12.340",
      yes: true,
      nothing: null,
      word: "ünï 'q' \\",
      words: ["a", null, 'b"c'],
      ints: [1, 2],
      obj: { a: [1, null] },
      at: instant,
      none: null,
    });
    expect(Buffer.from(row?.["bytes"])).toEqual(Buffer.from([0, 255, 92]));
  });

  it("in array mode and with full results", async () => {
    const { url } = await database();
    const sql = neon(url, { arrayMode: true, fullResults: true });
    const { rows, fields, command, rowCount, rowAsArray } = await sql`select 1 as a, 2 as a`;
    expect({ rows, command, rowCount, rowAsArray }).toEqual({ rows: [[1, 2]], command: "SELECT", rowCount: 1, rowAsArray: true });
    expect(fields).toMatchObject([
      { name: "a", dataTypeID: 23 },
      { name: "a", dataTypeID: 23 },
    ]);
    expect(await sql`insert into things values (1), (2)`).toMatchObject({ command: "INSERT", rowCount: 2, rows: [] });
    expect(await sql`create table more ()`).toMatchObject({ command: "CREATE", rowCount: null, rows: [] });
  });

  it("through drizzle, one by one and in a batch", async () => {
    const { url } = await database();
    const notes = pgTable("notes", { n: integer().primaryKey(), body: jsonb(), at: timestamp({ withTimezone: true }) });
    const db = drizzle(neon(url));
    await db.execute(text`create table notes (n int primary key, body jsonb, at timestamptz)`);
    const row = { n: 1, body: { deep: ["x"] }, at: new Date("2026-03-01T00:00:00Z") };
    await db.insert(notes).values(row);
    const [read, counted] = await db.batch([db.select().from(notes), db.execute<{ n: string }>(text`select count(*) as n from notes`)]);
    expect(read).toEqual([row]);
    expect(counted.rows).toEqual([{ n: "1" }]);
  });

  it("without the driver's headers, in JSON's own types", async () => {
    const { url } = await database();
    const body = JSON.stringify({ query: "select 1 as i, true as yes, '{\"a\":1}'::jsonb as obj, 2.50::numeric as num" });
    const response = await fetch(endpoint.sqlUrl, { method: "POST", headers: { "Neon-Connection-String": url }, body });
    expect(await response.json()).toMatchObject({ rows: [{ i: 1, yes: true, obj: { a: 1 }, num: "2.50" }], rowAsArray: false });
  });

  it("refuses what no driver would send with 400", async () => {
    const ask = (headers: Record<string, string>, body: string) => fetch(endpoint.sqlUrl, { method: "POST", headers, body });
    const here = { "Neon-Connection-String": server.url };
    const answers = await Promise.all([
      ask({}, '{"query":"select 1"}'),
      ask({ "Neon-Connection-String": "nonsense" }, '{"query":"select 1"}'),
      ask(here, "{}"),
      ask(here, "no json"),
      ask({ ...here, "Neon-Batch-Isolation-Level": "Chaos" }, '{"queries":[]}'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
  });
});

describe("passes errors through", () => {
  it("with SQLSTATE, constraint, table and position", async () => {
    const { sql } = await database();
    await sql`insert into things values (1)`;
    expect(await refusal(sql`insert into things values (1)`)).toMatchObject({
      code: "23505",
      constraint: "one_n",
      table: "things",
      schema: "public",
      severity: "ERROR",
      detail: "Key (n)=(1) already exists.",
    });
    expect(await refusal(sql`select nonsense`)).toMatchObject({ code: "42703", position: "8" });
    expect(await refusal(sql.query("select 1; select 2"))).toMatchObject({ code: "42601" });
    expect(await refusal(neon(endpoint.databaseUrl("nowhere"))`select 1`)).toMatchObject({ code: "3D000" });
  });

  it("reports the first error of a batch and rolls everything back", async () => {
    const { sql, values } = await database();
    const batch = sql.transaction([sql`insert into things values (1)`, sql`insert into things values (-1)`, sql`select 1 / 0`]);
    expect(await refusal(batch)).toMatchObject({ code: "23514" });
    expect(await values()).toEqual([]);
    expect(await sql.transaction([sql`select 1 as n`, sql`select 2 as n`])).toEqual([[{ n: 1 }], [{ n: 2 }]]);
  });

  it("reports what fails only at the commit", async () => {
    const { sql, values } = await database();
    await sql`create table later (n int references things (n) deferrable initially deferred)`;
    const batch = sql.transaction([sql`insert into things values (1)`, sql`insert into later values (2)`]);
    expect(await refusal(batch)).toMatchObject({ code: "23503" });
    expect(await values()).toEqual([]);
  });
});

describe("opens the transaction that was asked for", () => {
  it("read only", async () => {
    const { sql } = await database();
    const batch = sql.transaction([sql`insert into things values (1)`], { readOnly: true });
    expect(await refusal(batch)).toMatchObject({ code: "25006" });
  });

  it.each([
    ["ReadUncommitted", "read uncommitted"],
    ["ReadCommitted", "read committed"],
    ["RepeatableRead", "repeatable read"],
    ["Serializable", "serializable"],
  ] as const)("%s", async (isolationLevel, level) => {
    const { sql } = await database();
    const options = { isolationLevel, readOnly: true, deferrable: true };
    const [[row]] = (await sql.transaction(
      [sql`select current_setting('transaction_isolation') as level, current_setting('transaction_deferrable') as deferrable`],
      options,
    )) as [[unknown]];
    expect(row).toEqual({ level, deferrable: "on" });
  });
});

it("counts trips and statements of a request, without its own", async () => {
  const { name, sql, requestId } = await database();
  await endpoint.setClock(name, 60);
  await sql`select 1`;
  await sql.transaction([sql`select 2`, sql`select 3`]);
  await refusal(sql`select 1 / 0`);
  const counts = { round_trips: 3, statements: 4 };
  expect(endpoint.counts(requestId)).toEqual(counts);
  const over = async (noun: string) => (await fetch(`${endpoint.url}/_local/${noun}?request_id=${requestId}`)).json();
  expect(await over("counts")).toEqual(counts);
  expect(await over("statements")).toEqual(["select 1", "select 2", "select 3", "select 1 / 0"]);
  expect(endpoint.counts("unheard of")).toEqual({ round_trips: 0, statements: 0 });
});

it("moves the clock of one database only, and back", async () => {
  const [moved, other] = [await database(), await database()];
  const offset = async (sql: typeof moved.sql) => {
    const one = await sql`select nullif(current_setting('ops.clock_offset', true), '') as value`;
    const [[two]] = (await sql.transaction([sql`select nullif(current_setting('ops.clock_offset', true), '') as value`], {
      readOnly: true,
    })) as [[{ value: string | null }]];
    expect(one).toEqual([two]);
    return two.value;
  };
  const body = JSON.stringify({ database: moved.name, offset_seconds: 86_400 });
  await fetch(`${endpoint.url}/_local/clock`, { method: "POST", body });
  expect([await offset(moved.sql), await offset(other.sql)]).toEqual(["86400 seconds", null]);
  await endpoint.setClock(moved.name, 0);
  expect(await offset(moved.sql)).toBe("0 seconds");
});

it("clones a template, many at a time, and drops a copy that is in use", async () => {
  const template = await database();
  await template.sql`insert into things values (7)`;
  const clone = async () => {
    const body = JSON.stringify({ template: template.name });
    return (await (await fetch(`${endpoint.url}/_local/databases`, { method: "POST", body })).json()) as { name: string; url: string };
  };
  const clones = await Promise.all([clone(), clone(), clone()]);
  for (const { url } of clones) expect(await neon(url)`select n from things`).toEqual([{ n: 7 }]);

  const dropped = clones[0]!;
  const running = refusal(neon(dropped.url)`select pg_sleep(60)`);
  await untilActive("pg_sleep", dropped.name);
  await fetch(`${endpoint.url}/_local/databases?name=${dropped.name}`, { method: "DELETE" });
  await running;
  expect(await refusal(neon(dropped.url)`select 1`)).toMatchObject({ code: "3D000" });
});

/** Resolves when so many backends of a database run a statement like this (0: none any more). */
async function untilActive(statement: string, name: string, wanted = 1): Promise<void> {
  const sql = neon(server.url);
  for (;;) {
    const running = await sql`select 1 from pg_stat_activity
      where datname = ${name} and state <> 'idle' and query like ${`%${statement}%`}`;
    if (running.length === wanted) return;
  }
}

describe("faults", () => {
  /** Arms over HTTP, as a test in workerd does. */
  async function arm(order: Record<string, unknown>) {
    const made = await fetch(`${endpoint.url}/_local/faults`, { method: "POST", body: JSON.stringify(order) });
    const { id } = (await made.json()) as { id: string };
    const state = async () => {
      const { hits, holding } = (await (await fetch(`${endpoint.url}/_local/faults/${id}`)).json()) as { hits: number; holding: number };
      return { hits, holding };
    };
    const held = async () => {
      while ((await state()).holding === 0);
    };
    return { state, held, release: () => fetch(`${endpoint.url}/_local/faults/${id}/release`, { method: "POST" }) };
  }

  it("hold_before: nothing runs until the release", async () => {
    const { name, sql, values } = await database();
    const fault = await arm({ database: name, match: "^INSERT", action: "hold_before" });
    const insert = sql.transaction([sql`select 1`, sql`insert into things values (1)`]);
    await fault.held();
    expect(await values()).toEqual([]);
    await fault.release();
    await insert;
    expect(await values()).toEqual([1]);
    expect(await fault.state()).toEqual({ hits: 1, holding: 0 });
  });

  it("hold_before: a client that left gets nothing done", async () => {
    const { name, url, values } = await database();
    const fault = await arm({ database: name, match: "insert", action: "hold_before" });
    const client = new AbortController();
    const insert = refusal(neon(url, { fetchOptions: { signal: client.signal } })`insert into things values (1)`);
    await fault.held();
    client.abort();
    await insert;
    while ((await fault.state()).holding > 0);
    await fault.release();
    expect(await values()).toEqual([]);
  });

  it("hold_after: committed, but not answered until the release", async () => {
    const { name, sql, values } = await database();
    const fault = await arm({ database: name, match: "insert", action: "hold_after" });
    let answered = false;
    const insert = sql`insert into things values (1)`.then(() => (answered = true));
    await fault.held();
    expect([await values(), answered]).toEqual([[1], false]);
    await fault.release();
    await insert;
  });

  it("fail: the statement fails with the code and the transaction rolls back, as often as told", async () => {
    const { name, sql, values } = await database();
    await arm({ database: name, match: "values \\(2\\)", action: "fail", code: "40001", times: 2 });
    const batch = () => sql.transaction([sql`insert into things values (1)`, sql`insert into things values (2)`]);
    expect(await refusal(batch())).toMatchObject({ code: "40001" });
    expect(await refusal(sql`insert into things values (2)`)).toMatchObject({ code: "40001" });
    expect(await values()).toEqual([]);
    await batch();
    expect(await values()).toEqual([1, 2]);
  });

  it("drop_after: committed, and the connection cut", async () => {
    const { name, sql, values } = await database();
    await arm({ database: name, match: "insert", action: "drop_after" });
    const error = await refusal(sql`insert into things values (1)`);
    expect(error.message).toContain("Error connecting to database");
    expect(await values()).toEqual([1]);
  });

  it("leaves other databases and other statements alone", async () => {
    const [struck, other] = [await database(), await database()];
    const fault = await arm({ database: struck.name, match: "insert", action: "fail" });
    await other.sql`insert into things values (1)`;
    await struck.sql`select 'nothing'`;
    expect(await fault.state()).toEqual({ hits: 0, holding: 0 });
  });
});

it("ends what a departed client was running, and lends the connection's place again", async () => {
  const { name, url, values } = await database();
  const clients = Array.from({ length: 20 }, () => new AbortController()); // more than the pool holds
  const left = clients.map((client) => {
    const sql = neon(url, { fetchOptions: { signal: client.signal } });
    return refusal(sql.transaction([sql`insert into things select 1 from pg_sleep(60)`]));
  });
  await untilActive("pg_sleep", name, 16);
  for (const client of clients) client.abort();
  await Promise.all(left);
  await untilActive("pg_sleep", name, 0);
  expect(await values()).toEqual([]);
});

it("answers 500 while Postgres is away, and recovers when it is back", async () => {
  const { name, sql } = await database();
  const running = refusal(sql`select pg_sleep(60)`);
  await untilActive("pg_sleep", name);
  await server.stop();
  await running;
  expect((await refusal(sql`select 1`)).message).toContain("HTTP status 500");
  server = await startPostgres(serverOptions);
  expect(await sql`select 1 as n`).toEqual([{ n: 1 }]);
});
