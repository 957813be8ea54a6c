import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type Database } from "#db/connection.ts";
import { type Caller, Context, type Need } from "#services/context.ts";
import { exportRequests, listRequests } from "#services/request-log/list-requests.ts";
import type { Ports } from "#services/ports.ts";
import { testDatabase, type TestDatabase } from "../database.ts";
import { id } from "./world.ts";

// PLATFORM §15: the log is read by account and time, however many rows others have.
const ROWS = 200_000;
const ACCOUNTS = 200;
/** Pages of 8 KB that 25 rows of one account may touch: they lie apart from each other, in each month's partition. */
const MOST_PAGES = 400;

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  await client.query(`
    insert into identity.users (id, clerk_user_id, email, name) values ('${id("user")}', 'user_1', '1@people.test', 'Rita');
    insert into network.recruiters (id, user_id, name, status) values ('${id("recruiter")}', '${id("user")}', 'Rita', 'active');
    insert into identity.users (id, clerk_user_id, email, name) values ('${id("user", 2)}', 'user_2', '2@people.test', 'Ada');
    insert into identity.user_roles (user_id, role_name) values ('${id("user", 2)}', 'platform_admin')`);
  const { rows: indexes } = await client.query<{ indexdef: string; name: string }>(
    `select pg_get_indexdef(i.indexrelid) as indexdef, i.indexrelid::regclass::text as name from pg_index i
     where i.indrelid = 'api.request_log'::regclass and not exists (select from pg_constraint c where c.conindid = i.indexrelid)`,
  );
  // filled as fast as can be: the same indexes, made afterwards
  await client.query(`drop index ${indexes.map(({ name }) => name).join(", ")}`);
  await client.query(`
    insert into api.request_log (id, ts, ingested_at, seq, minute, account_id, credential_id, credential_kind, method, route, path, status, latency_ms, request_id, bytes_out)
    select gen_random_uuid(), at, ops.now() - interval '1 hour', made, floor(extract(epoch from at) / 60),
      case when made % ${ACCOUNTS} = 0 then '${id("recruiter")}'::uuid else ('00000000-0000-4000-9000-' || lpad((made % ${ACCOUNTS})::text, 12, '0'))::uuid end,
      'key ' || made % ${ACCOUNTS}, 'key', 'GET', '/roles', '/api/v1/roles', 200, 5, gen_random_uuid(), 100
    from (select made, ops.now() + make_interval(days => 60) - make_interval(secs => made * 25) as at from generate_series(1, ${ROWS}) made) rows`);
  await client.query(indexes.map(({ indexdef }) => indexdef.replace(" ON ONLY ", " ON ")).join("; "));
  await client.query("analyze api.request_log");
}, 240_000);
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Shared Hit Blocks": number;
  "Shared Read Blocks": number;
  Plans?: Plan[];
}

const scannedBy = (plan: Plan): string[] => [
  ...(plan["Node Type"] === "Seq Scan" ? [plan["Relation Name"] ?? ""] : []),
  ...(plan.Plans ?? []).flatMap(scannedBy),
];

const rita: Caller = { kind: "session", id: "user_1", sessionId: "s", verifiedEmail: null, name: null, mayAdminister: true };
const ada: Caller = { ...rita, id: "user_2" };

/** What the rows of a read cost: the statements that it really sends, explained. */
async function costOf(caller: Caller, read: (ctx: Context) => Promise<{ rows: unknown[] }>) {
  const { reader, writer } = connect({ url: database.url, endpoint: `${database.neonUrl}/sql`, requestId: "growth" });
  let queries: { sql: string; params: unknown[] }[] = [];
  const listening = {
    batch(statements: readonly { _prepare(): { getQuery(): { sql: string; params: unknown[] } } }[]) {
      queries = statements.map((one) => one._prepare().getQuery());
      return reader.batch(statements as never);
    },
  };
  const ask = () =>
    read(
      new Context({
        caller,
        audience: "person",
        database: { reader: listening, writer } as unknown as Database,
        ports: { randomBytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) } as Ports,
        request: {
          id: crypto.randomUUID(),
          method: "GET",
          path: "/",
          ip: null,
          userAgent: null,
          organizationId: null,
          ifMatch: null,
          idempotency: null,
        },
        partner: { need: "read:audit or session" as Need, accountId: null, trace: {} as never },
      }),
    );
  await ask();
  const { rows } = await ask(); // the second time its caller is known
  const asked = queries;
  await client.query("begin isolation level repeatable read read only");
  const [enter, statement] = asked;
  await client.query(enter?.sql ?? "", enter?.params);
  await client.query(statement?.sql ?? "", statement?.params);
  const explained = await client.query<{ "QUERY PLAN": [{ Plan: Plan; "Execution Time": number }] }>(
    `explain (analyze, buffers, format json) ${statement?.sql}`,
    statement?.params,
  );
  await client.query("commit");
  const [found] = explained.rows[0]?.["QUERY PLAN"] ?? [];
  const plan = found?.Plan as Plan;
  return {
    rows: rows.length,
    statements: asked.length,
    pages: plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
    scanned: scannedBy(plan),
  };
}

const until = (days: number) => new Date(Date.now() + days * 86_400_000);
const page = (filters: Record<string, unknown>) => (ctx: Context) => listRequests(ctx, { limit: 25, after: null, filters });

describe("out of a mass of rows in the request log", () => {
  it.each<[string, Caller, (ctx: Context) => Promise<{ rows: unknown[] }>]>([
    ["an account's newest", rita, page({})],
    ["an account's within a span of time", rita, page({ since: until(10), until: until(40) })],
    ["an account's of one kind", rita, page({ status: { from: 200, to: 299 } })],
    ["the platform's newest", ada, page({})],
    ["one account's for the platform", ada, page({ account_id: id("recruiter") })],
    ["an account's for an export", rita, (ctx) => exportRequests(ctx, { limit: 25, after: 0, filters: {} })],
    ["the platform's for an export", ada, (ctx) => exportRequests(ctx, { limit: 25, after: 100_000, filters: {} })],
  ])("%s are found by an index", async (_, caller, read) => {
    const cost = await costOf(caller, read);
    expect(cost).toMatchObject({ rows: 25, statements: 2 });
    expect(cost.scanned.filter((name) => !name.endsWith("_default"))).toEqual([]);
    expect(cost.pages).toBeLessThan(MOST_PAGES);
  });
});
