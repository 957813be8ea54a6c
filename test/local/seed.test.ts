import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seed } from "#local/seed.ts";
import { people, PEOPLE, subjectOf } from "#local/people.ts";
import { CRA_STATES } from "#domain/deals/states.ts";
import { testDatabase, type TestDatabase } from "../database.ts";

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  await seed({ databaseUrl: database.url });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const rows = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> => (await client.query(text, values)).rows;
const count = async (from: string): Promise<number> => Number((await rows(`select count(*) from ${from}`))[0]?.["count"]);

describe("the seed", () => {
  it("makes the marketplace of DESIGN §5", async () => {
    expect({
      companies: await count("ats.companies"),
      roles: await count("ats.jobs"),
      recruiters: await count("network.recruiters"),
      candidates: await count("ats.candidates"),
      teams: await count("network.teams"),
    }).toEqual({ companies: 12, roles: 60, recruiters: 40, candidates: 300, teams: 2 });
    const tiers = await rows(`select coalesce(p.tier, 'free') as tier, count(*)::int from network.recruiters r
      left join billing.subscriptions s on s.recruiter_id = r.id left join billing.plans p on p.id = s.plan_id group by 1 order by 1`);
    expect(tiers.map(({ tier }) => tier)).toEqual(["free", "paid", "premium"]);
    for (const { count: number } of tiers) expect(number).toBeGreaterThan(9);
  });

  it("has a deal in every state", async () => {
    const found = await rows("select distinct state from ats.candidate_role_assignments");
    expect(new Set(found.map(({ state }) => state))).toEqual(new Set(CRA_STATES));
  });

  it.each([
    // DOMAIN §4.5: fee, Closer, company recruiter, job owner, candidate sourcer, company sourcer, platform
    [1, "active", [2_000_000, 600_000, 300_000, 300_000, 160_000, 160_000, 480_000]],
    [4, "hired", [2_000_000, null, 400_000, 400_000, 200_000, 200_000, 800_000]],
    [5, "completed", [2_000_000, 400_000, 200_000, 200_000, 120_000, null, 1_080_000]],
  ])("has worked example %i as a placement that is %s", async (_, state, amounts) => {
    const found = await rows(
      `select s.fee_cents, a.platform_cents,
        (select jsonb_object_agg(p.role, p.amount_cents) from billing.placement_splits p where p.placement_id = s.placement_id) as parts
       from billing.placement_snapshot s
       join billing.placement_allocations a using (placement_id)
       join ats.placements pl on pl.id = s.placement_id
       where pl.state = $1`,
      [state],
    );
    expect(found).toHaveLength(1);
    const [{ fee_cents: fee, platform_cents: platform, parts } = {}] = found as {
      fee_cents: string;
      platform_cents: string;
      parts: Record<string, number>;
    }[];
    const roles = ["candidate_recruiter", "company_recruiter", "job_owner", "candidate_sourcer", "company_sourcer"];
    expect([Number(fee), ...roles.map((role) => parts?.[role] ?? null), Number(platform)]).toEqual(amounts);
  });

  it("knows the people who can sign in, each by what they are", async () => {
    for (const { email, name, sub } of PEOPLE) {
      expect(sub).toBe(subjectOf(email));
      expect(await rows("select name, email from identity.users where clerk_user_id = $1", [sub])).toEqual([{ name, email }]);
    }
    const entered = async (sub: string) =>
      (await rows("select ops.enter('session', $1) as context", [sub]))[0]?.["context"] as Record<string, unknown>;
    expect(await entered(people.ada.sub)).toMatchObject({ is_platform_admin: true });
    expect(await entered(people.grace.sub)).toMatchObject({ roles: ["company_admin"] });
    expect(await entered(people.henry.sub)).toMatchObject({ roles: ["hiring_manager"] });
    expect(await entered(people.rosa.sub)).toMatchObject({ roles: ["recruiter"], recruiter_status: "active" });
    expect(await entered(people.tom.sub)).toMatchObject({ roles: ["recruiter"], teams: [{ team_role: "owner" }] });
    expect(await entered(people.carl.sub)).toMatchObject({ roles: ["candidate"] });
  });

  it("tells nobody", async () => {
    expect(await count("ops.outbox")).toBe(0);
    expect(await count("notify.notifications")).toBe(0);
  });

  it("is the same everywhere, and does nothing the second time", async () => {
    const ids = () => rows("select id, title from ats.jobs order by id");
    const before = await ids();
    await seed({ databaseUrl: database.url });
    expect(await ids()).toEqual(before);

    const other = await testDatabase();
    await seed({ databaseUrl: other.url });
    const elsewhere = new pg.Client({ connectionString: other.url });
    await elsewhere.connect();
    const { rows: found } = await elsewhere.query("select id, title from ats.jobs order by id");
    await elsewhere.end();
    await other.drop();
    expect(found).toEqual(before);
  });
});
