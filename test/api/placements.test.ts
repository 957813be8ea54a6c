import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { candidateRoleAssignments, applications, placements } from "#db/schema/ats.ts";
import { recruiterReputation, teams } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { connect } from "#db/connection.ts";
import { Context } from "#services/context.ts";
import { MINUTELY } from "#services/upkeep/upkeep.ts";
import { portsOf } from "#workers/runtime.ts";
import { marketplace } from "#test/api.ts";
import { hires, inDays } from "./hires.ts";

const world = await marketplace();
const { subscribe, offer, hire, events } = hires(world);
const db = world.db.writer;
const DAY = 86_400;

beforeEach(() => world.database.setClock(0));

/** What the scheduler does in a minute. */
async function minute(): Promise<void> {
  const ctx = new Context({
    caller: { kind: "system" },
    audience: "public",
    database: connect({ url: world.env.DATABASE_URL, endpoint: world.env.LOCAL_NEON_ENDPOINT, requestId: "cron" }),
    ports: portsOf(world.env, (work) => void work.catch(() => undefined)),
    request: { id: "cron", method: "CRON", path: "/", ip: null, userAgent: null, organizationId: null, ifMatch: null, idempotency: null },
  });
  for (const step of MINUTELY) await step(ctx);
}

/** A hire with a Closer and a sourcer, and the people around it. */
async function hired(body: Record<string, unknown> = {}, job: Record<string, unknown> = {}) {
  const company = await world.company();
  const admin = await world.member(company);
  const candidate = await world.candidate();
  const [closer, sourcer] = [await world.recruiter("Closer"), await world.recruiter("Sourcer")];
  await subscribe(closer, "paid");
  const deal = await offer({
    company,
    candidateId: candidate.candidateId,
    recruiters: { candidate_recruiter: closer, candidate_sourcer: sourcer },
    job,
  });
  const answer = await hire(admin, deal, body);
  expect(answer.status).toBe(200);
  return { company, admin, candidate, closer, sourcer, deal, id: answer.body.data.id as string };
}

const get = (id: string, as: { token: string } | null, query = "") => world.call("GET", `placements/${id}${query}`, as ? { as } : {});

const confirm = (id: string, as: { token: string }, body: Record<string, unknown> = {}) =>
  world.call("POST", `placements/${id}/confirm-start`, { as, body });

describe("who sees what of a placement", () => {
  it("scenario 54: the company reads the total and never the split; a recruiter without a role nothing", async () => {
    const { id, admin, company, closer, sourcer, candidate } = await hired();
    const own = await get(id, admin);
    expect(own.body.data).toMatchObject({ placement_fee: "20000.00", fee_percentage: "20.00", salary: "100000.00" });
    expect(JSON.stringify(own.body)).not.toContain(closer.recruiterId);
    expect((await get(id, admin, "?include=splits")).status).toBe(403);
    expect((await get(id, admin, "?include=transactions")).status).toBe(403);
    expect((await world.call("GET", "placement-splits", { as: admin })).status).toBe(403);
    expect((await world.call("GET", "payout-transactions", { as: admin })).status).toBe(403);
    const total = await get(id, admin, "?include=snapshot,job,candidate,company");
    expect(total.body.data.snapshot).toEqual({
      id,
      placement_id: id,
      created_at: expect.any(String),
      total_placement_fee: "20000.00",
      total_placement_fee_cents: 2_000_000,
    });
    expect(total.body.data.company.id).toBe(company.id);
    expect((await get(id, await world.recruiter())).status).toBe(404);

    const manager = await get(id, await world.member(company, "hiring_manager"));
    expect(manager.status).toBe(200);
    for (const hidden of ["placement_fee", "fee_percentage"]) expect(manager.body.data).not.toHaveProperty(hidden);

    const share = await get(id, closer, "?include=splits,snapshot,transactions");
    expect(share.body.data.own_shares).toEqual([
      {
        role: "candidate_recruiter",
        rate: "30.00",
        amount: "6000.00",
        amount_cents: 600_000,
        bonus_amount: "0.00",
        bonus_amount_cents: 0,
        kind: "standard",
      },
    ]);
    expect(share.body.data.splits).toHaveLength(1);
    expect(share.body.data.transactions).toMatchObject([{ status: "pending", amount: "6000.00", hold_reason: null }]);
    expect(share.body.data.snapshot.roles).toEqual([
      { role: "candidate_recruiter", recruiter_id: closer.recruiterId, rate: "30.00", tier: "paid", team_id: null },
    ]);
    expect(JSON.stringify(share.body)).not.toMatch(/20000\.00|2000000|100000\.00/);

    const discovery = await get(id, sourcer);
    expect(discovery.body.data.own_shares).toMatchObject([{ role: "candidate_sourcer", amount: "1200.00" }]);

    const hiredPerson = await get(id, candidate);
    expect(Object.keys(hiredPerson.body.data).toSorted()).toEqual([
      "application_id",
      "candidate_id",
      "company_id",
      "company_name",
      "created_at",
      "hired_at",
      "id",
      "job_id",
      "job_title",
      "start_date",
      "state",
      "updated_at",
      "version",
    ]);
    expect((await get(id, candidate, "?include=snapshot")).status).toBe(403);

    const everything = await get(id, await world.platformAdmin(), "?include=snapshot,splits,transactions");
    expect(everything.body.data.snapshot).toMatchObject({
      platform_amount: "12800.00",
      subscription_tier: "mixed",
      fee_basis: { total_cents: 2_000_000 },
    });
    expect(everything.body.data.splits).toHaveLength(2);
    expect((await get(id, null)).status).toBe(401);
    expect((await get(id, await world.person())).status).toBe(403);
  });

  it("lists to each what is theirs, and filters it", async () => {
    const { id, admin, closer, sourcer, candidate, company, deal } = await hired();
    const { admin: otherAdmin } = await hired();
    for (const person of [admin, closer, sourcer, candidate]) {
      const listed = await world.call("GET", "placements", { as: person });
      expect(listed.body.data.map((row: { id: string }) => row.id)).toEqual([id]);
      expect(listed.body.pagination.total).toBe(1);
    }
    expect((await world.call("GET", `placements?company_id=${company.id}`, { as: otherAdmin })).body.data).toEqual([]);
    const found = async (query: string) => (await world.call("GET", `placements?${query}`, { as: admin })).body.data.length;
    expect(await found(`state=hired&job_id=${deal.jobId}&candidate_id=${deal.candidateId}`)).toBe(1);
    expect(await found("state=active")).toBe(0);
    expect(await found("guarantee_status=running")).toBe(1);
    expect(await found("guarantee_status=over")).toBe(0);
    expect(await found(`hired_after=${inDays(-1)}T00:00:00Z&hired_before=${inDays(1)}T00:00:00Z`)).toBe(1);
    expect(await found(`recruiter_id=${closer.recruiterId}`)).toBe(1);
    // who sourced is none of the company's business (D-5)
    expect(await found(`recruiter_id=${sourcer.recruiterId}`)).toBe(0);
    expect((await world.call("GET", "placements?salary=1", { as: admin })).status).toBe(400);
  });

  it("lets nobody make one beside the hire, or change its money", async () => {
    const { id, admin } = await hired();
    expect((await world.call("POST", "placements", { as: admin, body: {} })).status).toBe(405);
    expect((await world.call("PATCH", `placements/${id}`, { as: admin, body: {} })).status).toBe(405);
  });
});

describe("confirming a start", () => {
  it("begins the work when no date is given, once", async () => {
    const { id, admin } = await hired();
    const answer = await confirm(id, admin);
    expect(answer.body.data).toMatchObject({ state: "active", version: 2 });
    expect((await events(id)).at(-1)).toBe("placement.activated");
    const again = await confirm(id, admin);
    expect([again.status, again.body.code]).toEqual([409, "invalid_transition"]);
  });

  it("moves the start, and the end of the guarantee with it, and no money", async () => {
    const { id, admin } = await hired();
    const later = await confirm(id, admin, { start_date: inDays(20) });
    expect(later.body.data).toMatchObject({
      state: "hired",
      start_date: inDays(20),
      guarantee_expires_at: `${inDays(110)}T00:00:00.000Z`,
      placement_fee: "20000.00",
    });
    const earlier = await confirm(id, admin, { start_date: inDays(-1) });
    expect(earlier.body.data).toMatchObject({ state: "active", guarantee_expires_at: `${inDays(89)}T00:00:00.000Z` });
  });

  it("is the company admin's, on a version they hold", async () => {
    const { id, admin, closer, company, candidate } = await hired();
    expect((await confirm(id, closer)).status).toBe(403);
    expect((await confirm(id, candidate)).status).toBe(403);
    expect((await confirm(id, await world.member(company, "hiring_manager"))).status).toBe(403);
    expect((await confirm(id, await world.recruiter())).status).toBe(404);
    expect((await confirm(id, admin, { start_date: "2026-13-01" })).status).toBe(422);
    expect(
      (await world.call("POST", `placements/${id}/confirm-start`, { as: admin, body: {}, headers: { "if-match": '"9"' } })).status,
    ).toBe(412);
    const answers = await Promise.all(Array.from({ length: 5 }, () => confirm(id, admin)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe("time passes", () => {
  const stateOf = async (id: string) =>
    (
      await db
        .select()
        .from(placements)
        .where(sql`${placements.id} = ${id}`)
    )[0];
  const warnings = async (id: string) =>
    (
      await db
        .select()
        .from(outbox)
        .where(sql`${outbox.subjectId} = ${id}::uuid and ${outbox.eventType} = 'guarantee.expiring'`)
        .orderBy(outbox.id)
    ).map(({ payload }) => payload["days_remaining"]);

  it("starts a placement on its day, warns before its guarantee ends, completes it and closes the deal", async () => {
    const { id, deal, closer, admin, company } = await hired({}, { guaranteeDays: 30 });
    await minute();
    expect((await stateOf(id))?.state).toBe("hired");

    await world.database.setClock(11 * DAY);
    await minute();
    await minute();
    expect((await stateOf(id))?.state).toBe("active");
    expect((await events(id)).filter((type) => type === "placement.activated")).toHaveLength(1);
    expect(await warnings(id)).toEqual([]);

    for (const day of [27, 34, 34, 39]) {
      await world.database.setClock(day * DAY);
      await minute();
    }
    expect(await warnings(id)).toEqual([14, 7, 1]);
    expect((await stateOf(id))?.state).toBe("active");

    await world.database.setClock(41 * DAY);
    await minute();
    await minute();
    const done = await stateOf(id);
    expect(done?.state).toBe("completed");
    expect(done?.completedAt).not.toBeNull();
    expect((await events(id)).filter((type) => type === "placement.completed")).toHaveLength(1);
    const [cra] = await db
      .select()
      .from(candidateRoleAssignments)
      .where(sql`${candidateRoleAssignments.id} = ${deal.craId}`);
    const [application] = await db
      .select()
      .from(applications)
      .where(sql`${applications.id} = ${deal.applicationId}`);
    expect([cra?.state, application?.stage]).toEqual(["closed", "hired"]);
    expect(application?.closedAt).not.toBeNull();
    expect((await events(deal.craId)).at(-1)).toBe("cra.closed");
    const [record] = await db
      .select()
      .from(recruiterReputation)
      .where(sql`${recruiterReputation.recruiterId} = ${closer.recruiterId}`);
    expect(record?.completedPlacements).toBe(1);

    // the pair is free again (D-103)
    await world.database.setClock(0);
    const second = await offer({ company, candidateId: deal.candidateId, jobId: deal.jobId });
    expect((await hire(admin, second)).status).toBe(200);
  });

  it("completes a placement without a guarantee at its start, without a warning", async () => {
    const { id } = await hired({ start_date: inDays(0) }, { guaranteeDays: 0 });
    await minute();
    expect((await stateOf(id))?.state).toBe("completed");
    expect(await warnings(id)).toEqual([]);
  });

  it("gives a late run only the latest warning", async () => {
    const { id } = await hired({ start_date: inDays(-86) });
    await minute();
    await minute();
    expect(await warnings(id)).toEqual([7]);
  });

  it("suspends a team whose grace is over", async () => {
    const owner = await world.recruiter();
    const [team] = await db
      .insert(teams)
      .values({ name: "Thin", ownerUserId: owner.userId, status: "active", graceUntil: new Date(Date.now() - 1_000) })
      .returning({ id: teams.id });
    await minute();
    const [row] = await db
      .select()
      .from(teams)
      .where(sql`${teams.id} = ${team?.id}`);
    expect(row).toMatchObject({ status: "suspended", suspendedReason: "below_minimum", graceUntil: null });
    expect(await events(team?.id ?? "")).toEqual(["team.suspended"]);
  });
});
