import { describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { plans, subscriptions } from "#db/schema/billing.ts";
import { teamMembers, teams } from "#db/schema/network.ts";
import { marketplace } from "#test/api.ts";
import { daysAgo, hires } from "./hires.ts";

const world = await marketplace();
const { subscribe, events } = hires(world);
const db = world.db.writer;
const operator = await world.platformAdmin();
const plan = Object.fromEntries((await db.select().from(plans)).map(({ slug, id }) => [slug, id])) as Record<
  "free" | "paid" | "premium",
  string
>;

const create = (userId: string, more: Record<string, unknown> = {}, as: { token: string } = operator) =>
  world.call("POST", "subscriptions", { as, body: { user_id: userId, plan_id: plan.paid, status: "active", ...more } });
const patch = (id: string, body: Record<string, unknown>, as: { token: string } = operator) =>
  world.call("PATCH", `subscriptions/${id}`, { as, body });
const mine = async (as: { token: string }) => (await world.call("GET", "subscriptions/me", { as })).body.data;

describe("one's own subscription", () => {
  it("is the free plan with status none for who has none (D-2)", async () => {
    expect(await mine(await world.recruiter())).toMatchObject({
      id: null,
      tier: "free",
      status: "none",
      effective_tier: "free",
      plan: { slug: "free", price: "0.00" },
    });
    expect(await mine(await world.person())).toMatchObject({ tier: "free", status: "none" });
    expect((await world.call("GET", "subscriptions/me")).status).toBe(401);
  });

  it("comes with its plan, and the tier a hire would use", async () => {
    const [active, trying, late] = [await world.recruiter(), await world.recruiter(), await world.recruiter()];
    await subscribe(active, "premium");
    await subscribe(trying, "premium", { status: "trialing", upgradedAt: null });
    await subscribe(late, "paid", { status: "past_due", pastDueSince: daysAgo(8) });
    expect(await mine(active)).toMatchObject({ tier: "premium", status: "active", effective_tier: "premium", plan: { slug: "premium" } });
    expect(await mine(trying)).toMatchObject({ tier: "premium", status: "trialing", effective_tier: "free" });
    expect(await mine(late)).toMatchObject({ tier: "paid", status: "past_due", effective_tier: "free" });
  });

  it("22.3.10: takes the team's tier when that is higher (D-80)", async () => {
    const [owner, member] = [await world.recruiter(), await world.recruiter()];
    const [team] = await db.insert(teams).values({ name: "Team", ownerUserId: owner.userId, status: "active" }).returning({ id: teams.id });
    const teamId = team?.id ?? "";
    await db
      .insert(teamMembers)
      .values({ teamId, recruiterId: member.recruiterId, teamRole: "member", status: "active", joinedAt: new Date() });
    expect((await create(owner.userId, { team_id: teamId, plan_id: plan.premium })).status).toBe(201);
    expect(await mine(member)).toMatchObject({ status: "none", effective_tier: "premium" });
    expect((await world.call("GET", "entitlements/me", { as: member })).body.data).toMatchObject({
      tier: "premium",
      entitlements: { early_access: true },
    });
    expect((await create(member.userId, { team_id: teamId })).status).toBe(422);
    expect((await create(owner.userId, { team_id: teamId })).body.reason).toBe("subscription_exists");
  });

  it("entitles to what the plan says, a trial included", async () => {
    const entitled = async (as: { token: string }) => (await world.call("GET", "entitlements/me", { as })).body.data;
    const trying = await world.recruiter();
    await subscribe(trying, "paid", { status: "trialing", upgradedAt: null });
    expect(await entitled(trying)).toEqual({
      tier: "paid",
      plan: "paid",
      entitlements: { early_access: true, referral_codes: null, saved_jobs: null },
    });
    expect(await entitled(await world.person())).toEqual({
      tier: "free",
      plan: "free",
      entitlements: { early_access: false, referral_codes: 1, saved_jobs: 10 },
    });
  });
});

describe("entering and changing subscriptions", () => {
  it("is for platform admins", async () => {
    const recruiter = await world.recruiter();
    expect((await create(recruiter.userId, {}, recruiter)).status).toBe(403);
    const { id } = (await create(recruiter.userId)).body.data;
    expect((await patch(id, { status: "canceled" }, recruiter)).status).toBe(403);
    expect((await patch(id, { status: "canceled" }, await world.recruiter())).status).toBe(404);
    expect((await create(crypto.randomUUID())).status).toBe(422);
    expect((await create(recruiter.userId, { plan_id: crypto.randomUUID() })).status).toBe(422);
    expect((await create(recruiter.userId, { status: "canceled" })).status).toBe(422);
    expect(
      (await create(recruiter.userId, { current_period_start: "2026-02-01T00:00:00Z", current_period_end: "2026-01-01T00:00:00Z" })).status,
    ).toBe(422);
  });

  it("gives a person one that runs, and a new one after it was canceled", async () => {
    const recruiter = await world.recruiter();
    const answers = await Promise.all([create(recruiter.userId), create(recruiter.userId), create(recruiter.userId)]);
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([201, 409, 409]);
    const id = answers.find(({ status }) => status === 201)?.body.data.id as string;
    await patch(id, { status: "canceled" });
    expect((await create(recruiter.userId)).status).toBe(201);
  });

  it("notes each activation and each move to a higher tier, and when a payment failed", async () => {
    const recruiter = await world.recruiter();
    const created = (await create(recruiter.userId, { status: "trialing" })).body.data;
    expect(created).toMatchObject({
      recruiter_id: recruiter.recruiterId,
      upgraded_at: null,
      past_due_since: null,
      tier: "paid",
      version: 1,
    });
    const activated = (await patch(created.id, { status: "active" })).body.data;
    expect(activated.upgraded_at).not.toBeNull();

    const failed = (await patch(created.id, { status: "past_due" })).body.data;
    expect(failed.past_due_since).not.toBeNull();
    expect((await patch(created.id, { billing_period: "annual" })).body.data.past_due_since).toBe(failed.past_due_since);
    const recovered = (await patch(created.id, { status: "active" })).body.data;
    expect(recovered).toMatchObject({ past_due_since: null, upgraded_at: activated.upgraded_at });

    const raised = (await patch(created.id, { plan_id: plan.premium })).body.data;
    expect(raised.tier).toBe("premium");
    expect(Date.parse(raised.upgraded_at)).toBeGreaterThan(Date.parse(activated.upgraded_at));
    const lowered = (await patch(created.id, { plan_id: plan.paid })).body.data;
    expect(lowered.upgraded_at).toBe(raised.upgraded_at);

    const canceled = (await patch(created.id, { status: "canceled" })).body.data;
    expect(canceled.canceled_at).not.toBeNull();
    const revived = await patch(created.id, { status: "active" });
    expect([revived.status, revived.body.code, revived.body.allowed]).toEqual([409, "invalid_transition", []]);
    expect(await events(created.id)).toEqual([
      "subscription.created",
      "subscription.updated",
      "subscription.past_due",
      "subscription.updated",
      "subscription.updated",
      "subscription.updated",
      "subscription.updated",
      "subscription.canceled",
    ]);
  });

  it("refuses a stale version", async () => {
    const { id } = (await create((await world.recruiter()).userId)).body.data;
    expect((await patch(id, { status: "past_due", version: 3 })).status).toBe(412);
    expect((await patch(id, { status: "incomplete" })).body).toMatchObject({
      code: "invalid_transition",
      from: "active",
      to: "incomplete",
    });
  });
});

it("lists one's own to a recruiter, all to the platform, and nothing to companies and candidates", async () => {
  const [one, other] = [await world.recruiter(), await world.recruiter()];
  const id = await subscribe(one, "paid");
  const foreign = await subscribe(other, "paid");
  const listed = await world.call("GET", "subscriptions?include=plan&status=active", { as: one });
  expect(listed.body.data.map((row: { id: string; plan: { slug: string } }) => [row.id, row.plan.slug])).toEqual([[id, "paid"]]);
  expect((await world.call("GET", `subscriptions/${foreign}`, { as: one })).status).toBe(404);
  expect((await world.call("GET", `subscriptions/${foreign}`, { as: operator })).status).toBe(200);
  const [{ total } = { total: 0 }] = await db.select({ total: sql<number>`count(*)::int` }).from(subscriptions);
  expect((await world.call("GET", "subscriptions", { as: operator })).body.pagination.total).toBe(total);
  expect((await world.call("GET", "subscriptions", { as: await world.candidate() })).status).toBe(403);
  expect((await world.call("GET", "subscriptions", { as: await world.member(await world.company()) })).status).toBe(403);
});
