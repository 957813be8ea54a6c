import { type SQL, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { applications, candidateRoleAssignments, companies, placements } from "#db/schema/ats.ts";
import { customContracts, placementSnapshot, plans, subscriptions } from "#db/schema/billing.ts";
import { recruiters as recruiterTable, recruiterReputation, teamMembers, teams, teamSplitConfigs } from "#db/schema/network.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { fraudSignals, outbox } from "#db/schema/ops.ts";
import { DEAL_ROLES, type DealRole } from "#domain/commission/deal-roles.ts";
import type { Tier } from "#domain/commission/rates.ts";
import { marketplace } from "#test/api.ts";
import { EXAMPLES } from "../domain/commission/examples.ts";
import { daysAgo, hires, inDays, type Offer, type RecruiterPerson } from "./hires.ts";

const world = await marketplace();
const { subscribe, offer, hire, money, share, events, placementsOf } = hires(world);
const db = world.db.writer;
type Settled = Awaited<ReturnType<typeof money>>;

/** A company with an admin of its own. */
async function employer() {
  const company = await world.company();
  return { company, admin: await world.member(company) };
}

/** An active recruiter on a plan. */
async function on(tier: Tier, name = "Recruiter"): Promise<RecruiterPerson> {
  const recruiter = await world.recruiter(name);
  if (tier !== "free") await subscribe(recruiter, tier);
  return recruiter;
}

async function five(tier: Tier): Promise<Record<DealRole, RecruiterPerson>> {
  const people = await Promise.all(DEAL_ROLES.map(async (name) => [name, await on(tier, name)] as const));
  return Object.fromEntries(people) as Record<DealRole, RecruiterPerson>;
}

describe("a hire", () => {
  it("22.3.2 and scenario 32: settles five roles on paid, and tells it once", async () => {
    const { company, admin } = await employer();
    const recruiters = await five("paid");
    const deal = await offer({ company, recruiters });
    const answer = await hire(admin, deal, { notes: "Signed today" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("etag")).toBe('"1"');
    expect(answer.body.data).toMatchObject({
      application_id: deal.applicationId,
      state: "hired",
      placement_fee: "20000.00",
      placement_fee_cents: 2_000_000,
      fee_percentage: "20.00",
      salary: "100000.00",
      guarantee_days: 90,
      job_title: expect.any(String),
      candidate_name: expect.any(String),
    });
    expect(answer.body.data).not.toHaveProperty("own_shares");

    const id = answer.body.data.id as string;
    const { splits, transactions, snapshot, platform } = await money(id);
    expect(Object.fromEntries(await Promise.all(DEAL_ROLES.map(async (name) => [name, await share(id, name)])))).toEqual({
      candidate_recruiter: "6000.00",
      company_recruiter: "3000.00",
      job_owner: "3000.00",
      candidate_sourcer: "1600.00",
      company_sourcer: "1600.00",
    });
    expect(splits).toHaveLength(5);
    expect(platform).toBe("4800.00");
    expect(transactions.map(({ status }) => status)).toEqual(["pending", "pending", "pending", "pending", "pending"]);
    expect(snapshot).toMatchObject({
      subscriptionTier: "paid",
      candidateRecruiterRate: 3000,
      candidateRecruiterId: recruiters.candidate_recruiter.recruiterId,
    });
    expect(await events(id)).toEqual(["placement.created", "placement_snapshot.created", "placement.splits_created"]);
    expect(await events(deal.applicationId, deal.craId)).toEqual(["cra.hired", "application.stage_changed"]);

    const [application] = await db
      .select()
      .from(applications)
      .where(sql`${applications.id} = ${deal.applicationId}`);
    expect(application).toMatchObject({ stage: "hired", placementId: id, version: 2 });
    expect(application?.hiredAt).not.toBeNull();
    const [cra] = await db
      .select()
      .from(candidateRoleAssignments)
      .where(sql`${candidateRoleAssignments.id} = ${deal.craId}`);
    expect(cra?.state).toBe("hired");
    const audited = await db
      .select()
      .from(auditEvents)
      .where(sql`${auditEvents.subjectId} = any(${`{${id},${deal.craId}}`}::uuid[])`);
    expect(audited.map(({ action }) => action).toSorted()).toEqual(["hired", "placement.created"]);
    const [closer] = await db
      .select()
      .from(recruiterReputation)
      .where(sql`${recruiterReputation.recruiterId} = ${recruiters.candidate_recruiter.recruiterId}`);
    expect(closer).toMatchObject({ totalHires: 1, totalPlacements: 1 });
  });

  it("starts at once when the start date has come", async () => {
    const { company, admin } = await employer();
    const deal = await offer({ company });
    const answer = await hire(admin, deal, { start_date: inDays(-3) });
    expect(answer.body.data).toMatchObject({ state: "active", guarantee_expires_at: `${inDays(87)}T00:00:00.000Z` });
    expect(await events(answer.body.data.id)).toEqual([
      "placement.created",
      "placement_snapshot.created",
      "placement.splits_created",
      "placement.activated",
    ]);
  });

  it("is the company admin's and the platform admin's to make; the hiring manager's only where the company lets them", async () => {
    const { company, admin } = await employer();
    const closer = await on("paid");
    const deal = await offer({ company, recruiters: { candidate_recruiter: closer } });
    const manager = await world.member(company, "hiring_manager");
    const stranger = (await employer()).admin;
    expect((await hire(manager, deal)).status).toBe(403);
    expect((await hire(closer, deal)).status).toBe(403);
    expect((await hire(stranger, deal)).status).toBe(404);
    expect((await world.call("POST", `applications/${deal.applicationId}/hire`, { body: {} })).status).toBe(401);

    await db
      .update(companies)
      .set({ settings: sql`coalesce(settings, '{}') || '{"hiring_manager_may_hire": true}'::jsonb` as never })
      .where(sql`${companies.id} = ${company.id}`);
    const answer = await hire(manager, deal);
    expect(answer.status).toBe(200);
    expect(answer.body.data).not.toHaveProperty("placement_fee");
    expect((await hire(admin, deal)).body.code).toBe("already_hired");

    const another = await offer({ company });
    const ada = await world.platformAdmin();
    expect((await hire(ada, another)).body.errors[0].pointer).toBe("/reason");
    expect((await hire(ada, another, { reason: "Their admin has left" })).status).toBe(200);
    const [audited] = await db
      .select()
      .from(auditEvents)
      .where(sql`${auditEvents.subjectId} = ${another.craId}::uuid`);
    expect(audited?.reason).toBe("override: Their admin has left");
  });

  it("is refused before the offer, with what is allowed instead, and with another version", async () => {
    const { company, admin } = await employer();
    const deal = await offer({ company });
    await db.batch([
      db
        .update(applications)
        .set({ stage: "interview" })
        .where(sql`${applications.id} = ${deal.applicationId}`),
      db
        .update(candidateRoleAssignments)
        .set({ state: "in_process" })
        .where(sql`${candidateRoleAssignments.id} = ${deal.craId}`),
    ]);
    const early = await hire(admin, deal);
    expect([early.status, early.body.code, early.body.from]).toEqual([409, "invalid_transition", "in_process"]);
    expect((await hire(admin, deal, {}, { "if-match": '"7"' })).status).toBe(412);
  });

  it("scenario 38: takes 20 % without a percentage, and refuses a salary or start date that is none", async () => {
    const { company, admin } = await employer();
    const deal = await offer({ company, job: { feePercentage: null } });
    const broken = [
      { salary_cents: 0 },
      { salary_cents: -5 },
      { salary_cents: undefined },
      { salary_cents: 1_000_000, salary: "10000.01" },
      { salary_cents: undefined, salary: 100 },
      { start_date: undefined },
      { start_date: "2026-02-30" },
      { start_date: "soon" },
      { replaces_placement_id: "the last one" },
    ];
    for (const body of broken) {
      const answer = await hire(admin, deal, body);
      expect([answer.status, answer.body.code], JSON.stringify(body)).toEqual([422, "validation_failed"]);
    }
    const answer = await hire(admin, deal, { salary_cents: undefined, salary: "100000.00" });
    expect(answer.body.data).toMatchObject({ fee_percentage: "20.00", placement_fee: "20000.00" });
  });

  it("refuses a fee that no column can hold", async () => {
    const { company, admin } = await employer();
    const answer = await hire(admin, await offer({ company }), { salary_cents: 99_999_999_999 });
    expect(answer.status).toBe(422);
  });
});

describe("22.3.1, 22.3.2 and scenario 33: the worked examples through the API", () => {
  const played = EXAMPLES.filter(({ number }) => number <= 18 || number === 21);

  it.each(played)("$number: $about", async (example) => {
    const { company, admin } = await employer();
    const people = await Promise.all(
      DEAL_ROLES.map(async (name, index) => {
        const tier = example.tiers[index];
        return tier ? [[name, await on(tier, name)] as const] : [];
      }),
    );
    const recruiters = Object.fromEntries(people.flat()) as Partial<Record<DealRole, RecruiterPerson>>;
    if (example.contract) {
      const approver = await world.platformAdmin();
      await db.insert(customContracts).values({
        companyId: company.id,
        feePercentage: example.contract.fee_bp,
        flatFeeCents: example.contract.flat_fee_cents,
        discountPercentage: example.contract.discount_bp,
        contractStartDate: inDays(-30),
        approvedByAdminId: approver.userId,
        approvedAt: daysAgo(30),
      });
    }
    const deal = await offer({
      company,
      recruiters,
      job: { feePercentage: (example.fee_bp ?? null) as never, premiumType: [...(example.premium_type ?? [])] },
    });
    const answer = await hire(admin, deal, { salary_cents: undefined, salary: example.salary });
    expect(answer.status).toBe(200);
    const id = answer.body.data.id as string;
    const { fee, platform } = await money(id);
    expect([fee, platform]).toEqual([example.fee, example.platform]);
    const shares = await Promise.all(DEAL_ROLES.map((name) => share(id, name)));
    expect(shares).toEqual(example.shares.map((text) => (text === null ? null : added(text))));
    const { splits, transactions } = await money(id);
    expect(transactions.map(({ placementSplitId }) => placementSplitId).toSorted()).toEqual(splits.map((split) => split.id).toSorted());
    expect(await events(id)).toEqual(["placement.created", "placement_snapshot.created", "placement.splits_created"]);
  });
});

/** `"6000.00 + 1200.00"` as `"7200.00"`. */
const added = (text: string): string =>
  (text.split(" + ").reduce((total, part) => total + Math.round(Number(part) * 100), 0) / 100).toFixed(2);

describe("who earns at which rate", () => {
  it("22.3.13 and scenario 35: stays as it was at the hire; the snapshot cannot be changed", async () => {
    const { company, admin } = await employer();
    const closer = await on("free");
    const deal = await offer({ company, recruiters: { candidate_recruiter: closer } });
    const id = (await hire(admin, deal)).body.data.id as string;
    await subscribe(closer, "premium");
    expect(await share(id, "candidate_recruiter")).toBe("4000.00");
    expect((await money(id)).snapshot?.candidateRecruiterRate).toBe(2000);
    const change = db
      .update(placementSnapshot)
      .set({ candidateRecruiterRate: 4000 as never })
      .where(sql`${placementSnapshot.placementId} = ${id}`);
    await expect(change).rejects.toMatchObject({ cause: { code: "23001" } });
    await expect(db.delete(placementSnapshot).where(sql`${placementSnapshot.placementId} = ${id}`)).rejects.toMatchObject({
      cause: { code: "23001" },
    });
  });

  it.each([
    ["a premium trial", "premium", { status: "trialing" as const, upgradedAt: null }, 2000],
    ["paid, late since three days", "paid", { status: "past_due" as const, pastDueSince: daysAgo(3) }, 3000],
    ["paid, late since eight days", "paid", { status: "past_due" as const, pastDueSince: daysAgo(8) }, 2000],
    ["premium, canceled but running", "premium", { status: "canceled" as const, currentPeriodEnd: daysAgo(-5) }, 4000],
    ["premium, canceled and over", "premium", { status: "canceled" as const, currentPeriodEnd: daysAgo(1) }, 2000],
  ] as const)("scenario 36: counts %s as it stands", async (_, tier, more, rate) => {
    const { company, admin } = await employer();
    const closer = await world.recruiter();
    await subscribe(closer, tier, more);
    const id = (await hire(admin, await offer({ company, recruiters: { candidate_recruiter: closer } }))).body.data.id as string;
    expect((await money(id)).snapshot?.candidateRecruiterRate).toBe(rate);
  });

  it("scenario 37: leaves the owner's part of a company's own posting with the platform", async () => {
    const { company, admin } = await employer();
    const { job_owner: _, ...recruiters } = await five("paid");
    const deal = await offer({ company, recruiters, job: { createdByUserId: (await world.member(company, "hiring_manager")).userId } });
    const id = (await hire(admin, deal)).body.data.id as string;
    const { snapshot, platform } = await money(id);
    expect(snapshot).toMatchObject({ jobOwnerRecruiterId: null, jobOwnerRate: null });
    expect(platform).toBe("7800.00");
  });

  it("keeps an inactive Closer's money waiting, and leaves an inactive sourcer out", async () => {
    const { company, admin } = await employer();
    const [closer, sourcer] = [await on("paid"), await on("paid")];
    const deal = await offer({ company, recruiters: { candidate_recruiter: closer, candidate_sourcer: sourcer } });
    await db
      .update(recruiterTable)
      .set({ status: "suspended" })
      .where(sql`${recruiterTable.id} in (${closer.recruiterId}, ${sourcer.recruiterId})`);
    const id = (await hire(admin, deal)).body.data.id as string;
    const { snapshot, transactions } = await money(id);
    expect(snapshot?.candidateSourcerRecruiterId).toBeNull();
    expect(transactions.map(({ status, holdReasons }) => [status, holdReasons])).toEqual([["on_hold", ["inactive_at_hire"]]]);
  });

  it("scenario 17: pays the candidate's first sourcer, whoever places them later", async () => {
    const { company, admin } = await employer();
    const [first, later] = [await on("paid", "First"), await on("paid", "Later")];
    const body = { email: "seventeen@people.test", full_name: "Seventeen" };
    const { id: candidateId } = (await world.call("POST", "candidates", { as: first, body })).body.data;
    const again = await world.call("POST", "candidates", { as: later, body });
    expect([again.status, again.body.code]).toEqual([409, "candidate_exists"]);
    const deal = await offer({ company, candidateId, recruiters: { candidate_recruiter: later } });
    const id = (await hire(admin, deal)).body.data.id as string;
    expect((await money(id)).snapshot).toMatchObject({
      candidateRecruiterId: later.recruiterId,
      candidateSourcerRecruiterId: first.recruiterId,
    });
    expect(await share(id, "candidate_sourcer", first)).toBe("1600.00");
  });

  it("22.3.11 and scenario 18: leaves out a company sourcer who is inactive at the hire, and pays them again at the next", async () => {
    const { company, admin } = await employer();
    const [sourcer, platformAdmin] = [await on("paid"), await world.platformAdmin()];
    const setTo = (recruiterStatus: string) =>
      world.call("PATCH", `recruiters/${sourcer.recruiterId}`, {
        as: platformAdmin,
        body: { status: recruiterStatus, reason: "scenario 18" },
      });
    const placed = async () =>
      (await hire(admin, await offer({ company, recruiters: { company_sourcer: sourcer } }))).body.data.id as string;
    const sourcedBy = async (id: string) => {
      const { snapshot } = await money(id);
      return [snapshot?.companySourcerRecruiterId, snapshot?.companySourcerRate];
    };

    expect((await setTo("suspended")).status).toBe(200);
    const without = await placed();
    expect(await sourcedBy(without)).toEqual([null, null]);
    expect((await setTo("active")).status).toBe(200);
    const withThem = await placed();
    expect(await sourcedBy(without)).toEqual([null, null]);
    expect(await sourcedBy(withThem)).toEqual([sourcer.recruiterId, 800]);
  });

  it("scenario 41: charges urgent and niche, and gives the recruiters their bonus", async () => {
    const { company, admin } = await employer();
    const deal = await offer({ company, recruiters: await five("paid"), job: { premiumType: ["urgent", "niche"] } });
    const answer = await hire(admin, deal);
    expect(answer.body.data.placement_fee).toBe("25000.00");
    expect(await share(answer.body.data.id, "candidate_recruiter")).toBe("7200.00");
    expect((await money(answer.body.data.id)).platform).toBe("6760.00");
  });

  it("scenario 42: takes the flat fee whatever the salary", async () => {
    const { company, admin } = await employer();
    await contract(company.id, { flatFeeCents: 1_850_000 as never });
    for (const salary_cents of [9_000_000, 30_000_000]) {
      const answer = await hire(admin, await offer({ company }), { salary_cents });
      expect(answer.body.data).toMatchObject({ placement_fee: "18500.00", fee_percentage: null });
    }
  });

  it("scenario 43: knows a contract that ended yesterday from one that started today", async () => {
    const { company, admin } = await employer();
    await contract(company.id, { feePercentage: 1000 as never, contractStartDate: inDays(-100), contractEndDate: inDays(-1) });
    expect((await hire(admin, await offer({ company }))).body.data.fee_percentage).toBe("20.00");
    await contract(company.id, { feePercentage: 1800 as never, contractStartDate: inDays(0) });
    expect((await hire(admin, await offer({ company }))).body.data.fee_percentage).toBe("18.00");
  });

  it("scenario 46: gives one recruiter two rows for two roles", async () => {
    const { company, admin } = await employer();
    const both = await on("paid");
    const id = (await hire(admin, await offer({ company, recruiters: { candidate_recruiter: both, candidate_sourcer: both } }))).body.data
      .id as string;
    const { splits, transactions } = await money(id);
    expect(splits.map(({ splitAmount }) => splitAmount).toSorted((one, other) => one - other)).toEqual([160_000, 600_000]);
    expect(transactions.reduce((total, { amount }) => total + amount, 0)).toBe(760_000);
  });

  it("signals an upgrade shortly before the hire, and changes no money", async () => {
    const { company, admin } = await employer();
    const closer = await world.recruiter();
    await subscribe(closer, "premium", { upgradedAt: daysAgo(2) });
    const id = (await hire(admin, await offer({ company, recruiters: { candidate_recruiter: closer } }))).body.data.id as string;
    expect(await share(id, "candidate_recruiter")).toBe("8000.00");
    const signals = await db
      .select()
      .from(fraudSignals)
      .where(sql`${fraudSignals.placementId} = ${id}`);
    expect(signals).toMatchObject([{ signalType: "tier_upgrade_before_hire", severity: "medium", recruiterId: closer.recruiterId }]);
    expect(await events(signals[0]?.id ?? "")).toEqual(["fraud_signal.created"]);
  });

  it("leaves a fee of zero with a snapshot and nothing else", async () => {
    const { company, admin } = await employer();
    await contract(company.id, { flatFeeCents: 0 as never });
    const closer = await on("paid");
    const id = (await hire(admin, await offer({ company, recruiters: { candidate_recruiter: closer } }))).body.data.id as string;
    const { splits, transactions, fee } = await money(id);
    expect([splits, transactions, fee]).toEqual([[], [], "0.00"]);
    expect((await world.call("GET", `placements/${id}`, { as: closer })).status).toBe(200);
  });
});

async function contract(companyId: string, fields: Partial<typeof customContracts.$inferInsert>): Promise<void> {
  const approver = await world.platformAdmin();
  await db
    .insert(customContracts)
    .values({ companyId, contractStartDate: inDays(-30), approvedByAdminId: approver.userId, approvedAt: daysAgo(30), ...fields });
}

describe("a team at the hire", () => {
  /** A team of an owner and two members, sharing by the rule given. */
  async function team(rule: { model: "hybrid" | "flat_split"; config: Record<string, number> }) {
    const people = [await on("paid", "Owner"), await on("paid", "Earner"), await on("paid", "Third")] as const;
    const [row] = await db
      .insert(teams)
      .values({ name: "Team", ownerUserId: people[0].userId, status: "active" })
      .returning({ id: teams.id });
    const teamId = row?.id ?? "";
    await db.insert(teamMembers).values(
      people.map(({ recruiterId }, index) => ({
        teamId,
        recruiterId,
        teamRole: index === 0 ? ("owner" as const) : ("member" as const),
        status: "active" as const,
        joinedAt: daysAgo(30 - index),
      })),
    );
    await db
      .insert(teamSplitConfigs)
      .values({ teamId, ...rule, isDefault: true, effectiveFrom: daysAgo(20), createdByUserId: people[0].userId });
    return { teamId, owner: people[0], earner: people[1], third: people[2] };
  }

  it("scenario 44: divides the Closer's share between owner and earner; the owner's own stays whole", async () => {
    const { company, admin } = await employer();
    const { owner, earner } = await team({ model: "hybrid", config: { overhead_bp: 2000 } });
    const shared = (
      await hire(admin, await offer({ company, recruiters: { candidate_recruiter: earner } }), {
        salary_cents: undefined,
        salary: "123457.00",
      })
    ).body.data.id as string;
    expect(await share(shared, "candidate_recruiter", owner)).toBe("1481.48");
    expect(await share(shared, "candidate_recruiter", earner)).toBe("5925.94");
    expect((await money(shared)).transactions).toHaveLength(2);
    const whole = (
      await hire(admin, await offer({ company, recruiters: { candidate_recruiter: owner } }), {
        salary_cents: undefined,
        salary: "123457.00",
      })
    ).body.data.id as string;
    expect((await money(whole)).splits).toMatchObject([{ splitAmount: 740_742, recruiterId: owner.recruiterId }]);
  });

  it("22.3.13 and scenario 45: a new rule is for the next hire", async () => {
    const { company, admin } = await employer();
    const { teamId, owner, earner } = await team({ model: "hybrid", config: { overhead_bp: 2000 } });
    const before = (await hire(admin, await offer({ company, recruiters: { candidate_recruiter: earner } }))).body.data.id as string;
    const rows = (await money(before)).splits;
    const changed = await world.call("POST", "team-split-configs", { as: owner, body: { team_id: teamId, model: "flat_split" } });
    expect(changed.status).toBe(201);
    const after = (await hire(admin, await offer({ company, recruiters: { candidate_recruiter: earner } }))).body.data.id as string;
    expect((await money(before)).splits).toEqual(rows);
    expect((await money(after)).splits.map(({ splitAmount }) => splitAmount)).toEqual([200_000, 200_000, 200_000]);
  });

  it("counts the team's plan for its members when it is the higher one", async () => {
    const { company, admin } = await employer();
    const { teamId, owner, earner } = await team({ model: "flat_split", config: {} });
    const [premium] = await db
      .select()
      .from(plans)
      .where(sql`${plans.tier} = 'premium'`);
    await db
      .insert(subscriptions)
      .values({ userId: owner.userId, teamId, planId: premium?.id ?? "", status: "active", upgradedAt: daysAgo(60) });
    const id = (await hire(admin, await offer({ company, recruiters: { candidate_recruiter: earner } }))).body.data.id as string;
    expect((await money(id)).snapshot?.candidateRecruiterTier).toBe("premium");
  });
});

describe("hiring at the same time", () => {
  it("22.3.3 and scenario 39: lets one of ten win, and tells the others", async () => {
    const { company, admin } = await employer();
    const deal = await offer({ company, recruiters: { candidate_recruiter: await on("paid") } });
    const answers = await Promise.all(Array.from({ length: 10 }, () => hire(admin, deal)));
    expect(answers.map(({ status, body }) => String(body.code ?? status)).toSorted()).toEqual([
      "200",
      ...Array.from({ length: 9 }, () => "already_hired"),
    ]);
    const rows = await placementsOf(deal.applicationId);
    expect(rows).toHaveLength(1);
    expect((await money(rows[0]?.id ?? "")).splits).toHaveLength(1);
    expect(await events(rows[0]?.id ?? "")).toEqual(["placement.created", "placement_snapshot.created", "placement.splits_created"]);
    expect((await hire(admin, deal)).body.code).toBe("already_hired");
  });

  it("22.3.3 and scenario 39: gives ten equal answers under one Idempotency-Key", async () => {
    const { company, admin } = await employer();
    const deal = await offer({ company });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => hire(admin, deal, {}, { "idempotency-key": `hire-${deal.applicationId}` })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await placementsOf(deal.applicationId)).toHaveLength(1);
    expect((await hire(admin, deal, { salary_cents: 1 }, { "idempotency-key": `hire-${deal.applicationId}` })).body.code).toBe(
      "idempotency_key_reused",
    );
  });

  it("counts each other: of five hires at once on a volume role one carries the bonus", async () => {
    const { company, admin } = await employer();
    const closer = await on("paid");
    const first = await offer({
      company,
      recruiters: { candidate_recruiter: closer },
      job: { hiresCommitted: 5, bulkBonus: 1_000_001 as never },
    });
    const others = await Promise.all(
      Array.from({ length: 4 }, () => offer({ company, jobId: first.jobId, recruiters: { candidate_recruiter: closer } })),
    );
    const queue = [first, ...others];
    // a hire that loses three rounds against its neighbours answers 409 conflict and is repeated, as its caller would
    const fees = await Promise.all(
      queue.map(async (deal) => {
        for (;;) {
          const answer = await hire(admin, deal);
          if (answer.status !== 409) return answer.body.data.placement_fee as string;
        }
      }),
    );
    expect(fees.toSorted()).toEqual(["20000.00", "20000.00", "20000.00", "20000.00", "30000.01"]);
  });

  it("scenario 40 and 22.3.5: leaves nothing behind, whichever of its statements fails", { timeout: 60_000 }, async () => {
    const { company, admin } = await employer();
    const recruiters = await five("paid");
    const started = { start_date: inDays(0), notes: "As agreed" };
    const done = await hire(admin, await offer({ company, recruiters }), started);
    const texts = await world.database.statements(done.headers.get("x-request-id") ?? "");
    const writes = [...new Set(texts.filter((text) => /^(insert|update|select billing\.guard)/i.test(text)))];
    for (const table of ["placements", "placement_snapshot", "placement_allocations", "placement_splits", "placement_payout_transactions"])
      expect(
        writes.some((text) => text.includes(`insert into`) && text.includes(`"${table}"`)),
        table,
      ).toBe(true);
    expect(writes.length).toBeGreaterThan(12);

    const deal = await offer({ company, recruiters });
    const total = async () => db.select({ total: sql<number>`count(*)::int` }).from(outbox);
    const told = await total();
    for (const text of writes) {
      const fault = await world.database.fault({
        match: `^${text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)}$`,
        action: "fail",
        code: "XX000",
      });
      expect((await hire(admin, deal, started)).status, text).toBe(500);
      expect((await fault.state()).hits, text).toBe(1);
      await fault.release();
      const [application] = await db
        .select()
        .from(applications)
        .where(sql`${applications.id} = ${deal.applicationId}`);
      const [cra] = await db
        .select()
        .from(candidateRoleAssignments)
        .where(sql`${candidateRoleAssignments.id} = ${deal.craId}`);
      expect([application?.stage, cra?.state, await placementsOf(deal.applicationId)], text).toEqual(["offer", "offer", []]);
    }
    expect(await total()).toEqual(told);
    expect((await hire(admin, deal, started)).status).toBe(200);
  });

  /** What changes while a hire is on its way, and what of its money that decides. */
  const MEANWHILE: [
    string,
    (of: { closer: RecruiterPerson; deal: Offer; companyId: string }) => SQL,
    (settled: Settled) => unknown,
    unknown,
  ][] = [
    [
      "the Closer's plan ends",
      ({ closer }) => sql`update billing.subscriptions set status = 'incomplete' where recruiter_id = ${closer.recruiterId}`,
      ({ snapshot }) => snapshot?.candidateRecruiterRate,
      2000,
    ],
    [
      "the candidate gets a sourcer",
      ({ closer, deal }) =>
        sql`insert into network.candidate_sourcers (candidate_id, sourcer_recruiter_id) values (${deal.candidateId}, ${closer.recruiterId})`,
      ({ snapshot }) => snapshot?.candidateSourcerRate,
      800,
    ],
    [
      "a contract is approved",
      ({ companyId }) =>
        sql`insert into billing.custom_contracts (company_id, fee_percentage, contract_start_date, approved_by_admin_id, approved_at)
            select ${companyId}, 10, current_date - 1, id, now() from identity.users limit 1`,
      ({ fee }) => fee,
      "10000.00",
    ],
    [
      "the Closer joins a team",
      ({ closer }) =>
        sql`with owner as (select id, user_id from network.recruiters where id <> ${closer.recruiterId} limit 1),
            founded as (insert into network.teams (name, owner_user_id, status) select 'Late', user_id, 'active' from owner returning id)
            insert into network.team_members (team_id, recruiter_id, role, status, joined_at)
              select founded.id, owner.id, 'owner', 'active', now() from founded, owner
              union all select founded.id, ${closer.recruiterId}::uuid, 'member', 'active', now() from founded`,
      ({ splits }) => splits.map(({ kind }) => kind).toSorted(),
      ["team_member", "team_overhead"],
    ],
  ];

  it.each(MEANWHILE)("22.3.4: %s between read and commit: it is decided again", async (_, change, part, expected) => {
    const { company, admin } = await employer();
    const closer = await on("paid");
    const deal = await offer({ company, recruiters: { candidate_recruiter: closer } });
    const hold = await world.database.fault({ match: "guard_hire", action: "hold_before", times: 1 });
    const asked = hire(admin, deal);
    await hold.held();
    await db.execute(change({ closer, deal, companyId: company.id }));
    await hold.release();
    const answer = await asked;
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(part(await money(answer.body.data.id))).toEqual(expected);
  });

  it("22.3.8: four deals of one company are hired at once, and three under a threshold are numbers 1, 2 and 3", async () => {
    const { company, admin } = await employer();
    const hireAll = async (count: number) => {
      const deals = await Promise.all(Array.from({ length: count }, () => offer({ company })));
      const answers = await Promise.all(deals.map((deal) => hire(admin, deal)));
      expect(answers.map(({ status }) => status)).toEqual(deals.map(() => 200));
      return Promise.all(answers.map(({ body }) => money(body.data.id)));
    };
    expect(await hireAll(4)).toHaveLength(4);
    const approver = await world.platformAdmin();
    await db.insert(customContracts).values({
      companyId: company.id,
      discountPercentage: 1000 as never,
      discountThreshold: 3,
      contractStartDate: inDays(-1),
      approvedByAdminId: approver.userId,
      approvedAt: daysAgo(1),
    });
    const settled = await hireAll(3);
    expect(settled.map(({ fee, snapshot }) => [snapshot?.feeBasis.contract_hire_number, fee]).toSorted()).toEqual([
      [1, "20000.00"],
      [2, "20000.00"],
      [3, "18000.00"],
    ]);
  });

  it("22.3.14: a volume bonus is charged once, and anew after its carrier failed", async () => {
    const { company, admin } = await employer();
    const recruiters = { candidate_recruiter: await on("paid") };
    const first = await offer({ company, recruiters, job: { hiresCommitted: 5, bulkBonus: 1_000_001 as never } });
    const hireOne = async (deal?: Offer) =>
      (await hire(admin, deal ?? (await offer({ company, recruiters, jobId: first.jobId })))).body.data;
    const fees: string[] = [];
    for (const deal of [first, undefined, undefined, undefined]) fees.push((await hireOne(deal)).placement_fee);
    const carrier = await hireOne();
    const left = await world.call("POST", `placements/${carrier.id}/fail`, { as: admin, body: { reason: "Left" } });
    expect(left.status, JSON.stringify(left.body)).toBe(200);
    fees.push(carrier.placement_fee, (await hireOne()).placement_fee, (await hireOne()).placement_fee);
    expect(fees).toEqual(["20000.00", "20000.00", "20000.00", "20000.00", "30000.01", "30000.01", "20000.00"]);
  });

  it("costs two trips: one read, one commit", async () => {
    const { company, admin } = await employer();
    const deal = await offer({ company, recruiters: await five("paid") });
    const answer = await hire(admin, deal);
    expect((await world.database.counts(answer.headers.get("x-request-id") ?? "")).round_trips).toBe(2);
  });
});

it("a placement is reached by its application, and only once", async () => {
  const { company, admin } = await employer();
  const deal = await offer({ company });
  await hire(admin, deal);
  const [row] = await placementsOf(deal.applicationId);
  const { salaryCents: _, placementFeeCents: __, ...copy } = row ?? ({} as typeof placements.$inferSelect);
  await expect(db.insert(placements).values({ ...copy, id: crypto.randomUUID() })).rejects.toMatchObject({
    cause: { constraint: "placements_application_id_key" },
  });
});
