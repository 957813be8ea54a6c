import { describe, expect, it } from "vitest";
import { id, planId, seedWorld, useDb } from "./world.ts";
import type { HireInputs } from "#domain/commission/hire-inputs.ts";
import { settleHire } from "#domain/commission/hire.ts";
import { cents } from "#domain/money.ts";

const CONFLICT = "40001";

describe("ops.guard_version", () => {
  const { db, another } = useDb(seedWorld);

  it("passes the version that was read, and refuses any other and a row that is gone", async () => {
    await db().accepts(`select ops.guard_version('ats.jobs', '${id("job")}', 1)`);
    await db().refuses(`select ops.guard_version('ats.jobs', '${id("job")}', 2)`, CONFLICT);
    await db().refuses(`select ops.guard_version('ats.jobs', '${id("job", 9)}', 1)`, CONFLICT);
    await db().refuses(`select ops.guard_version('ats.jobs', '${id("job")}', null)`, CONFLICT);
  });

  it("takes its table as a value", async () => {
    await db().attempt(() => db().rows("select ops.guard_version($1, $2, $3)", ["ats.jobs", id("job"), 1]));
  });

  it("makes the second of two wait, then start over; a commit waits five seconds at most", async () => {
    const rival = await another();
    await rival.run("begin");
    await rival.run(`select ops.guard_version('ats.jobs', '${id("job")}', 1)`);
    const second = db().refuses(`select ops.begin_commit(); select ops.guard_version('ats.jobs', '${id("job")}', 1)`, CONFLICT);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await rival.run(`update ats.jobs set version = 2 where id = '${id("job")}'`);
    await rival.run("commit");
    await second;

    expect(
      await db().commit(async () => {
        await db().run("select ops.begin_commit()");
        return db().value("show lock_timeout");
      }),
    ).toBe("5s");
    expect(await db().value("show lock_timeout")).toBe("0");
  });

  it("does not stop rows that refer to the one it locks", async () => {
    const rival = await another();
    await rival.run("begin");
    await rival.run(`select ops.guard_version('ats.jobs', '${id("job", 2)}', 1)`);
    await db().accepts(
      `set local lock_timeout = '1s'; insert into ats.job_requirements (job_id, requirement_type, description) values ('${id("job", 2)}', 'preferred', 'x')`,
    );
    await rival.run("rollback");
  });
});

describe("billing.hire_inputs", () => {
  const { db, another } = useDb(seedWorld);
  const DEAL = id("deal");
  const read = () => db().value<HireInputs>("select billing.hire_inputs($1)", [DEAL]);
  const hash = () => db().value<string>("select billing.hire_inputs_hash($1)", [DEAL]);

  it("returns what the type says", async () => {
    const at = "2025-03-01T12:00:00+00:00";
    const inputs = await read();
    expect(inputs).toEqual({
      deal: {
        id: DEAL,
        state: "awaiting_company",
        application_id: id("application"),
        candidate_id: id("candidate"),
        job_id: id("job"),
        candidate_recruiter_id: id("recruiter"),
        company_recruiter_id: null,
      },
      application: { id: id("application"), stage: "submitted", stage_changed_at: expect.stringMatching(/\+00:00$/) },
      job: {
        id: id("job"),
        status: "active",
        company_id: id("company"),
        job_owner_recruiter_id: id("recruiter", 3),
        guarantee_days: 90,
        fee_bp: 2000,
        premium_type: [],
        hires_committed: null,
        bulk_bonus_cents: null,
      },
      company: { id: id("company"), status: "active" },
      recruiters: [1, 2, 3].map((number) => ({ id: id("recruiter", number), status: "active", user_status: "active" })),
      candidate_sourcer: { sourcer_recruiter_id: id("recruiter"), sourced_at: expect.any(String) },
      company_sourcer: { sourcer_recruiter_id: id("recruiter", 2), sourced_at: expect.any(String) },
      subscriptions: [
        {
          id: id("other"),
          recruiter_id: id("recruiter"),
          team_id: null,
          tier: "premium",
          status: "active",
          past_due_since: null,
          current_period_end: null,
          upgraded_at: at,
        },
        {
          id: id("other", 2),
          recruiter_id: null,
          team_id: id("team"),
          tier: "paid",
          status: "active",
          past_due_since: null,
          current_period_end: null,
          upgraded_at: null,
        },
      ],
      splits_rates: expect.any(Array),
      fee_terms: [expect.objectContaining({ standard_bp: 2000, effective_to: null })],
      teams: [
        {
          id: id("team"),
          status: "active",
          suspended_reason: null,
          grace_until: null,
          members: [
            { recruiter_id: id("recruiter", 3), role: "owner", status: "active", joined_at: at },
            { recruiter_id: id("recruiter", 4), role: "member", status: "active", joined_at: at },
          ],
          split_configs: [
            { id: expect.any(String), cra_id: null, is_default: true, effective_from: at, rule: { model: "hybrid", overhead_bp: 2000 } },
          ],
        },
      ],
      contracts: [
        {
          id: id("contract"),
          flat_fee_cents: null,
          fee_bp: null,
          discount_bp: 1000,
          discount_threshold: 1,
          contract_start_date: "2025-01-01",
          contract_end_date: "2025-12-31",
        },
      ],
      contract_placements: [{ id: id("placement"), contract_id: id("contract"), hired_at: at, state: "hired" }],
      role_placements: [],
      open_credits: [],
      policy: null,
    });
    expect(inputs.splits_rates).toHaveLength(3);
    expect(await db().value("select billing.hire_inputs($1)", [id("deal", 9)])).toBeNull();
  });

  it("is enough to settle the hire", async () => {
    let next = 0;
    const newId = () => id("other", (next += 1));
    const { allocation } = settleHire(await read(), {
      placementId: id("placement", 2),
      salary: cents(10_000_000),
      startDate: "2025-07-01",
      now: new Date("2025-06-01"),
      newId,
    });
    expect(allocation.splitsCents + allocation.platformCents).toBe(1_800_000);
  });

  it("hashes the same at another time, in another time zone and by another connection", async () => {
    const first = await hash();
    const rival = await another();
    await rival.run("set timezone = 'Asia/Tokyo'; set ops.clock_offset = '10 years'; set datestyle = 'SQL, DMY'");
    expect(await rival.value("select billing.hire_inputs_hash($1)", [DEAL])).toBe(first);
  });

  const CHANGES: Record<string, string> = {
    "the deal": `update ats.candidate_role_assignments set company_recruiter_id = '${id("recruiter", 2)}', has_company_recruiter = true where id = '${DEAL}'`,
    "the application": `update ats.applications set stage_changed_at = now() + interval '1s' where id = '${id("application")}'`,
    "the job's percentage": `update ats.jobs set fee_percentage = 21 where id = '${id("job")}'`,
    "the job's owner": `update ats.jobs set job_owner_recruiter_id = null where id = '${id("job")}'`,
    "the company": "update ats.companies set status = 'inactive'",
    "a recruiter's status": `update network.recruiters set status = 'suspended' where id = '${id("recruiter", 2)}'`,
    "a recruiter's user": `update identity.users set status = 'deactivated' where id = '${id("user", 3)}'`,
    "a sourcer that goes": "delete from network.candidate_sourcers",
    "a subscription": `update billing.subscriptions set status = 'canceled' where user_id = '${id("user")}'`,
    "a subscription that appears": `insert into billing.subscriptions (user_id, plan_id, status) select '${id("user", 2)}', id, 'active' from billing.plans where slug = 'paid'`,
    "a plan": "update billing.plans set tier = 'free' where slug = 'premium'",
    "a rate that appears":
      "update billing.splits_rates set effective_to = '2030-01-01'; insert into billing.splits_rates (tier, candidate_recruiter_rate, company_recruiter_rate, job_owner_rate, candidate_sourcer_rate, company_sourcer_rate, effective_from) values ('free', 1, 1, 1, 1, 1, '2030-01-01')",
    "fee terms": "update billing.fee_terms set keep_bp = 0",
    "a team member": `update network.team_members set status = 'removed' where recruiter_id = '${id("recruiter", 4)}'`,
    "a team rule for this deal": `insert into network.team_split_configs (team_id, model, cra_id, effective_from, created_by_user_id) values ('${id("team")}', 'flat_split', '${DEAL}', now(), '${id("user", 3)}')`,
    "the contract": "update billing.custom_contracts set discount_percentage = 11",
    "a placement under the contract": `update ats.placements set state = 'failed', failed_at = now() where id = '${id("placement")}'`,
  };

  it.each(Object.entries(CHANGES))("changes with %s, and the guard starts over", async (_, change) => {
    const before = await hash();
    await db().accepts(`select billing.guard_hire('${DEAL}', '${before}')`);
    await db().refuses(`${change}; select billing.guard_hire('${DEAL}', '${before}')`, CONFLICT);
  });

  it("ignores what no money depends on", async () => {
    const before = await hash();
    await db().accepts(
      `update ats.jobs set description = 'x'; insert into network.team_split_configs (team_id, model, cra_id, effective_from, created_by_user_id)
         values ('${id("team")}', 'flat_split', '${id("deal", 2)}', now(), '${id("user", 3)}');
       insert into billing.subscriptions (user_id, plan_id, status) values ('${id("user", 7)}', '${await planId(db(), "paid")}', 'active');
       select billing.guard_hire('${DEAL}', '${before}')`,
    );
  });

  it("counts the role's placements when the role has a bulk bonus", async () => {
    const inputs = await db().attempt(async () => {
      await db().run("update ats.jobs set hires_committed = 5, bulk_bonus = 1000");
      return db().value<HireInputs>("select billing.hire_inputs($1)", [id("deal", 2)]);
    });
    expect(inputs.job.bulk_bonus_cents).toBe(100_000);
    expect(inputs.role_placements).toEqual([
      { id: id("placement"), hired_at: expect.any(String), state: "hired", candidate_recruiter_id: id("recruiter"), bulk_cents: 0 },
    ]);
  });

  it("lets two hires of a company go one after the other, and refuses an unknown deal", async () => {
    const rival = await another();
    await rival.run("begin");
    await rival.run(`select billing.guard_hire('${DEAL}', '${await hash()}')`);
    const other = await db().value<string>("select billing.hire_inputs_hash($1)", [id("deal", 2)]);
    await db().refuses(`set local lock_timeout = '200ms'; select billing.guard_hire('${id("deal", 2)}', '${other}')`, "55P03");
    await rival.run("rollback");
    await db().refuses(`select billing.guard_hire('${id("deal", 9)}', null)`, CONFLICT);
  });
});
