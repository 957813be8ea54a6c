import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type Database } from "#db/connection.ts";
import { type Caller, Context } from "#services/context.ts";
import { jobNoun } from "#services/jobs/job.ts";
import { jobsAfter, listJobs } from "#services/jobs/list-jobs.ts";
import type { ListQuery } from "#services/listing.ts";
import type { Ports } from "#services/ports.ts";
import { testDatabase } from "../database.ts";
import { id } from "./world.ts";

// DESIGN §7: a list of 25 rows out of 1,000,000 costs no more than 1.5 times the same out of 10,000.
const SMALL = 10_000;
const LARGE = 1_000_000;
const MOST = 1.5;
/** Beside the shared mass of jobs, as many of one company's own in both. */
const OWN = 100;
const COMPANY = `('${id("company", 0).slice(0, -4)}' || lpad(n::text, 4, '0'))::uuid`;

let small: Grown;
let large: Grown;

beforeAll(async () => {
  [small, large] = await Promise.all([grown(SMALL), grown(LARGE)]);
}, 180_000);
afterAll(() => Promise.all([small?.stop(), large?.stop()]));

interface Query {
  sql: string;
  params: unknown[];
}

interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Shared Hit Blocks": number;
  "Shared Read Blocks": number;
  Plans?: Plan[];
}

interface Cost {
  /** Pages of 8 KB that were touched. */
  pages: number;
  /** Tables that were read from end to end. */
  scanned: string[];
  rows: number;
}

/** A list as it is asked for of a table with so many rows. */
type Listing = (ctx: Context, count: number) => Promise<{ rows: readonly unknown[] }>;

interface Grown {
  /** What the statements of one list cost. */
  cost(caller: Caller, list: Listing): Promise<Cost>;
  stop(): Promise<void>;
}

/** A database with this many jobs, one in a thousand a hundredth of them paused. */
async function grown(count: number): Promise<Grown> {
  const database = await testDatabase();
  const client = new pg.Client(database.url);
  await client.connect();
  await client.query(`
    insert into identity.users (id, clerk_user_id, email, name)
      select ('${id("user", 1).slice(0, -1)}' || n)::uuid, 'user_' || n, n || '@people.test', 'Person' from generate_series(1, 3) n;
    insert into identity.user_roles (user_id, role_name) values ('${id("user", 1)}', 'platform_admin');
    insert into identity.organizations (id, name, slug) values ('${id("organization")}', 'Acme', 'acme');
    insert into ats.companies (id, identity_organization_id, name, slug) select ${COMPANY}, '${id("organization")}', 'Acme', 'acme-' || n from generate_series(0, 1000) n;
    insert into identity.memberships (user_id, role_name, organization_id, company_id) values ('${id("user", 2)}', 'company_admin', '${id("organization")}', '${id("company", 0)}');
    insert into network.recruiters (id, user_id, name, status) values ('${id("recruiter")}', '${id("user", 3)}', 'Rita', 'active');
  `);
  const { rows: indexes } = await client.query<{ indexdef: string; name: string }>(
    `select indexdef, format('%I.%I', schemaname, indexname) as name from pg_indexes i
     where schemaname = 'ats' and tablename = 'jobs' and not exists (select 1 from pg_constraint where conname = i.indexname)`,
  );
  // filled as fast as can be: the same indexes, made afterwards
  await client.query(
    `set session_replication_role = replica; alter table ats.jobs alter column search drop expression; drop index ${indexes.map(({ name }) => name).join(", ")}`,
  );
  await client.query(`
    insert into ats.jobs (company_id, title, search, status, created_at, updated_at)
    select ${COMPANY}, word || made, (lower(word) || ' job in' || made % 300)::tsvector,
      case when made % 100 = 1 then 'paused' else 'active' end, at, at
    from (select case when made % (${count} / 100) = 0 then 'Glassblower' else 'Cook' end as word, case when made % (${count} / ${OWN}) = 0 then 0 else 1 + made % 1000 end as n, made, now() - made * interval '1 second' as at from generate_series(1, ${count}) made) jobs`);
  await client.query(`set session_replication_role = origin; ${indexes.map(({ indexdef }) => indexdef).join("; ")}`);
  await client.query("vacuum analyze");

  return {
    async cost(caller, list) {
      const asked = await statementsOf(database, caller, (ctx) => list(ctx, count));
      let total: Cost = { pages: 0, scanned: [], rows: asked.rows };
      await client.query("begin isolation level repeatable read read only");
      const [enter, ...statements] = asked.queries;
      await client.query(enter?.sql ?? "", enter?.params);
      for (const { sql, params } of statements) {
        await client.query(sql, params); // what follows finds everything in memory
        const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: Plan }] }>(`explain (analyze, buffers, format json) ${sql}`, params);
        const plan = rows[0]?.["QUERY PLAN"][0].Plan;
        if (plan)
          total = {
            ...total,
            pages: total.pages + plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
            scanned: [...total.scanned, ...scannedBy(plan)],
          };
      }
      await client.query("commit");
      return total;
    },
    async stop() {
      await client.end();
      await database.drop();
    },
  };
}

const scannedBy = (plan: Plan): string[] => [
  ...(plan["Node Type"] === "Seq Scan" ? [plan["Relation Name"] ?? ""] : []),
  ...(plan.Plans ?? []).flatMap(scannedBy),
];

/** The statements that a list really sends, the second time its caller asks. */
async function statementsOf(
  database: { url: string; neonUrl: string },
  caller: Caller,
  list: (ctx: Context) => ReturnType<Listing>,
): Promise<{ queries: Query[]; rows: number }> {
  const { reader, writer } = connect({ url: database.url, endpoint: `${database.neonUrl}/sql`, requestId: "growth" });
  let queries: Query[] = [];
  const listening = {
    batch(statements: readonly { _prepare(): { getQuery(): Query } }[]) {
      queries = statements.map((statement) => statement._prepare().getQuery());
      return reader.batch(statements as never);
    },
  };
  const ask = () =>
    list(
      new Context({
        caller,
        audience: "public",
        database: { reader: listening, writer } as unknown as Database,
        ports: {} as Ports,
        request: {
          id: "growth",
          method: "GET",
          path: "/jobs",
          ip: null,
          userAgent: null,
          organizationId: null,
          ifMatch: null,
          idempotency: null,
        },
      }),
    );
  await ask();
  const { rows } = await ask();
  return { queries, rows: rows.length };
}

const page =
  (query: Partial<ListQuery>): Listing =>
  (ctx) =>
    listJobs(ctx, { page: 1, limit: 25, sortBy: "created_at", sortOrder: "desc", include: [], filters: {}, ...query });

/** A page of the partner API that begins in the middle of the table. */
const middle =
  (filters: Record<string, unknown>): Listing =>
  (ctx, count) => {
    const at = String((Math.floor(Date.now() / 1_000) - count / 2) * 1_000_000);
    return jobsAfter(ctx, { limit: 25, after: { at, id: "ffffffff-ffff-ffff-ffff-ffffffffffff" }, filters });
  };

const person = (number: number): Caller => ({
  kind: "session",
  id: `user_${number}`,
  sessionId: "s",
  verifiedEmail: null,
  name: null,
  mayAdminister: true,
});
const nobody: Caller = { kind: "anonymous" };
const [ada, admin, recruiter] = [person(1), person(2), person(3)];

describe("25 jobs out of a million cost what they cost out of ten thousand:", () => {
  it.each<[string, Caller, Partial<ListQuery>]>([
    ["for the public", nobody, {}],
    ["for a recruiter", recruiter, {}],
    ["for a company admin", admin, {}],
    ["for a platform admin", ada, {}],
    ["oldest first", nobody, { sortOrder: "asc" }],
    ["by title", nobody, { sortBy: "title", sortOrder: "asc" }],
    ["by title backwards", ada, { sortBy: "title", sortOrder: "desc" }],
    ["by the last change", nobody, { sortBy: "updated_at" }],
    ["by the last change for a platform admin", ada, { sortBy: "updated_at", sortOrder: "asc" }],
    ["on a late page", nobody, { page: 390 }],
    ["of one company", admin, { filters: { company_id: id("company", 0) } }],
    ["of one status", ada, { filters: { status: "active" } }],
    ["with a word that all have", nobody, { search: "job" }],
    ["with a rare word", nobody, { search: "glassblower" }],
    ["with all includes", recruiter, { include: Object.keys(jobNoun.includes) }],
  ])("%s", async (_, caller, query) => {
    await costAlike(caller, page(query), query.limit ?? 25);
  });

  it.each<[string, Caller, Record<string, unknown>]>([
    ["for a recruiter", recruiter, {}],
    ["for a company admin", admin, {}],
    ["for a platform admin", ada, {}],
    ["of one status", recruiter, { status: "active" }],
  ])("by a cursor in the middle, %s", (_, caller, filters) => costAlike(caller, middle(filters), 25));
});

async function costAlike(caller: Caller, list: Listing, rows: number): Promise<void> {
  const [few, many] = [await small.cost(caller, list), await large.cost(caller, list)];
  expect([few.rows, many.rows]).toEqual([rows, rows]);
  expect(many.scanned).not.toContain("jobs");
  expect(many.pages / few.pages).toBeLessThanOrEqual(MOST);
}
