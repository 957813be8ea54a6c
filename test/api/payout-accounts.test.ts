import { eq, sql } from "drizzle-orm";
import { notifications } from "#db/schema/notify.ts";
import { stripeEvents, stripeOperations } from "#db/schema/billing.ts";
import { recruiters } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace, type Person } from "#test/api.ts";
import { describe, expect, it } from "vitest";

const world = await marketplace();
const { controls } = world.stripe;
const urls = { return_url: "https://app.splits.test/account", refresh_url: "https://app.splits.test/account/again" };

const onboard = (person: Person, headers: Record<string, string> = {}) =>
  world.call("POST", "recruiters/me/payout-account/onboarding-link", { as: person, body: urls, headers });
const state = async (person: Person) => (await world.call("GET", "recruiters/me/payout-account", { as: person })).body.data;
const row = async (recruiterId: string) => (await world.db.writer.select().from(recruiters).where(eq(recruiters.id, recruiterId)))[0];
const operationsOf = (recruiterId: string) =>
  world.db.writer.select().from(stripeOperations).where(eq(stripeOperations.subjectId, recruiterId));
const accountsMade = async () => (await controls.requests()).filter(({ method, path }) => method === "POST" && path === "/v1/accounts");
const told = async (recruiterId: string, type: string) =>
  (
    await world.db.writer
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${recruiterId} and ${outbox.eventType} = ${type}`)
  ).map(({ payload }) => payload);

/** A recruiter whose account is made and not yet completed. */
async function begun() {
  const person = await world.recruiter();
  await onboard(person);
  const account = (await row(person.recruiterId))?.stripeConnectAccountId ?? "";
  await world.settle();
  return { ...person, account };
}

describe("onboarding", () => {
  it("makes the account once, leads to Stripe's page, and is ready when Stripe says so", async () => {
    const person = await world.recruiter();
    expect(await state(person)).toMatchObject({ stripe_connect_account_id: null, stripe_connect_onboarded: false, requirements_due: [] });

    const links = [await onboard(person), await onboard(person)];
    expect(links.map(({ status, body }) => [status, body.data.url.includes("/setup/e/acct_")])).toEqual([
      [200, true],
      [200, true],
    ]);
    expect(links[0]?.body.data.url).not.toBe(links[1]?.body.data.url);
    const account = (await row(person.recruiterId))?.stripeConnectAccountId ?? "";
    expect((await operationsOf(person.recruiterId)).map(({ kind, status, stripeObjectId }) => [kind, status, stripeObjectId])).toEqual([
      ["account", "done", account],
    ]);
    expect(await state(person)).toMatchObject({ details_submitted: false, stripe_connect_onboarded: false });

    await controls.completeOnboarding({ account });
    await world.settle();
    expect(await row(person.recruiterId)).toMatchObject({ stripeConnectOnboarded: true, stripeConnectOnboardedAt: expect.any(Date) });
    expect(await told(person.recruiterId, "recruiter.connect_changed")).toEqual([{ recruiter_id: person.recruiterId, onboarded: true }]);
    expect(await state(person)).toMatchObject({ stripe_connect_onboarded: true, details_submitted: true, requirements_due: [] });
    const notices = await world.db.writer.select().from(notifications).where(eq(notifications.recipientUserId, person.userId));
    expect(notices.map(({ template }) => template)).toContain("recruiter.connect_ready");
  });

  it("asks Stripe for transfers only, under the platform's responsibility", async () => {
    await begun();
    const [request] = (await accountsMade()).slice(-1);
    expect(request?.params).toMatchObject({
      capabilities: { transfers: { requested: "true" } },
      controller: { fees: { payer: "application" }, losses: { payments: "application" }, requirement_collection: "stripe" },
    });
    expect(request?.idempotencyKey).toMatch(/^op_[0-9a-f-]{36}_1$/);
  });

  it("makes one account for two requests at the same moment", async () => {
    const person = await world.recruiter();
    const before = (await accountsMade()).length;
    const answers = await Promise.all([onboard(person), onboard(person)]);
    expect(answers.map(({ status }) => [200, 503].includes(status))).toEqual([true, true]);
    expect((await accountsMade()).length - before).toBe(1);
    expect((await onboard(person)).status).toBe(200);
  });

  it("says that Stripe does not answer, and finds the account it made after all", async () => {
    const person = await world.recruiter();
    await controls.fault({ kind: "lost_after", route: "POST /v1/accounts" });
    const answer = await onboard(person);
    expect([answer.status, answer.body.code]).toEqual([503, "service_unavailable"]);
    expect((await operationsOf(person.recruiterId))[0]).toMatchObject({ status: "processing", lastOutcome: "unknown" });

    await world.advance(6 * 60);
    await world.cron("* * * * *");
    await world.settle();
    const account = (await row(person.recruiterId))?.stripeConnectAccountId;
    expect(account).toMatch(/^acct_/);
    expect((await controls.events("account.updated")).length).toBeGreaterThan(0);
    expect((await onboard(person)).status).toBe(200);
  });

  it("is not ready before transfers are active, payouts enabled and details submitted", async () => {
    const person = await begun();
    await controls.completeOnboarding({ account: person.account });
    await controls.setCapability({ account: person.account, capability: "transfers", state: "pending" });
    await world.settle();
    expect((await row(person.recruiterId))?.stripeConnectOnboarded).toBe(false);
    await controls.setCapability({ account: person.account, capability: "transfers", state: "active" });
    await world.settle();
    expect((await row(person.recruiterId))?.stripeConnectOnboarded).toBe(true);
    await controls.setPayoutsEnabled({ account: person.account, enabled: false });
    await world.settle();
    expect((await row(person.recruiterId))?.stripeConnectOnboarded).toBe(false);
    expect(await state(person)).toMatchObject({ requirements_due: ["external_account"] });
  });

  it("shows the dashboard of a completed account only, to the recruiter only", async () => {
    const person = await begun();
    const early = await world.call("POST", "recruiters/me/payout-account/dashboard-link", { as: person });
    expect([early.status, early.body.code, early.body.reason]).toEqual([409, "conflict", "connect_required"]);
    await controls.completeOnboarding({ account: person.account });
    const open = await world.call("POST", "recruiters/me/payout-account/dashboard-link", { as: person });
    expect([open.status, open.body.data.url.includes(person.account)]).toEqual([200, true]);

    const stranger = await world.person();
    expect((await onboard(stranger)).status).toBe(404);
    expect((await world.call("GET", "recruiters/me/payout-account", { as: stranger })).status).toBe(404);
  });
});

describe("what happens on the account", () => {
  it("tells the payee when their bank refuses money", async () => {
    const person = await begun();
    await controls.completeOnboarding({ account: person.account });
    await controls.fundPlatform({ amount: 10_000 });
    await transfer(person.account, 5_000);
    await controls.payOut({ account: person.account, outcome: "failed" });
    await world.settle();
    expect(await told(person.recruiterId, "recruiter.bank_payout_failed")).toEqual([{ recruiter_id: person.recruiterId }]);
  });

  it("keeps an event about an account that is nobody's, and does nothing about it", async () => {
    const response = await fetch(`${world.stripe.url}/v1/accounts`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.stripe.key}` },
      body: new URLSearchParams({ country: "US", "capabilities[transfers][requested]": "true" }),
    });
    const { id } = (await response.json()) as { id: string };
    await controls.completeOnboarding({ account: id });
    await world.settle();
    const rows = await world.db.writer.select().from(stripeEvents).where(eq(stripeEvents.account, id));
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ processedAt, error }) => processedAt !== null && error === null)).toBe(true);
  });
});

/** A transfer that is none of a placement's. */
async function transfer(destination: string, amount: number): Promise<void> {
  await fetch(`${world.stripe.url}/v1/transfers`, {
    method: "POST",
    headers: { authorization: `Bearer ${world.stripe.key}` },
    body: new URLSearchParams({ amount: String(amount), currency: "usd", destination }),
  });
}
