import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { accountPlans } from "#db/schema/api.ts";
import { companyBillingProfiles, plans, stripeOperations, subscriptions } from "#db/schema/billing.ts";
import { marketplace, type Marketplace, type Person } from "../api.ts";
import { managementOf } from "./management.ts";

let world: Marketplace;
let admin: Person;
let management: ReturnType<typeof managementOf>;

beforeAll(async () => {
  world = await marketplace();
  management = managementOf(world);
  admin = await world.platformAdmin();
});

const put = (accountId: string, body: Record<string, unknown>, who: Person = admin) =>
  management.call(who, "PUT", `/account-plans/${accountId}`, { reason: "agreed", ...body });
const choose = (who: Person, body: unknown) => management.call(who, "PATCH", "/account-plan", body);

describe("a plan", () => {
  it("is the standard one at first, and its owner reads it", async () => {
    const rosa = await world.recruiter("Rosa");
    const answer = await management.call(rosa, "GET", "/account-plan");
    expect(answer.body.data).toEqual({
      account_id: rosa.recruiterId,
      plan: "standard",
      custom_limit: null,
      requests_per_hour: 100,
      overage_available: false,
      overage_enabled: false,
      spend_cap_cents: 0,
      unit_price_micros: 0,
      max_keys: 5,
      max_webhooks: 10,
      updated_at: expect.any(String),
      version: 1,
    });
    expect(answer.headers.get("etag")).toBe('"1"');
  });

  it("acts on the next request of every credential, and keeps the count", async () => {
    const rosa = await world.recruiter("Rosa");
    const keys = [await management.approvedKey(rosa, admin), await management.approvedKey(rosa, admin)];
    const client = await management.newClient(await world.member(await world.company()));
    await management.decide(admin, client.id, "approve");
    const grant = await management.grantOf(client.id, rosa, rosa.recruiterId);
    const standing = async ({ token }: { token: string }) => {
      const { headers } = await management.call({ token }, "GET", "/me");
      return [headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-used")];
    };
    const all = [...keys, grant];
    expect(await Promise.all(all.map(standing))).toEqual(all.map(() => ["100", "1"]));
    expect((await put(rosa.recruiterId, { plan: "premium" })).body.data).toMatchObject({
      plan: "premium",
      requests_per_hour: 1_000,
      version: 2,
    });
    expect(await Promise.all(all.map(standing))).toEqual(all.map(() => ["1000", "2"]));
    await put(rosa.recruiterId, { plan: "enterprise", custom_limit: 25_000 });
    expect(await Promise.all(all.map(standing))).toEqual(all.map(() => ["25000", "3"]));
    await put(rosa.recruiterId, { plan: "standard" });
    expect(await Promise.all(all.map(standing))).toEqual(all.map(() => ["100", "4"]));
  });

  it("is changed by platform admins alone, within its bounds", async () => {
    const rosa = await world.recruiter("Rosa");
    expect((await put(rosa.recruiterId, { plan: "enterprise" }, rosa)).body.code).toBe("role_type_not_permitted");
    expect((await put(crypto.randomUUID(), { plan: "premium" })).status).toBe(404);
    for (const wrong of [
      { plan: "gold" },
      { plan: "premium", custom_limit: 5_000 },
      { plan: "enterprise", custom_limit: 0 },
      { plan: "premium", reason: "" },
    ]) {
      expect((await put(rosa.recruiterId, wrong)).status, JSON.stringify(wrong)).toBe(422);
    }
    const late = await management.call(
      admin,
      "PUT",
      `/account-plans/${rosa.recruiterId}`,
      { plan: "premium", reason: "r" },
      { "if-match": '"7"' },
    );
    expect(late.status).toBe(412);
  });

  it("of one account is changed once at a time, with a key that is rotated meanwhile", async () => {
    const rosa = await world.recruiter("Rosa");
    const key = await management.approvedKey(rosa, admin);
    const answers = await Promise.all([
      put(rosa.recruiterId, { plan: "premium" }),
      put(rosa.recruiterId, { plan: "premium" }),
      management.call(rosa, "POST", `/api-keys/${key.id}/rotate`, { grace_seconds: 60 }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    // made, approved, changed three times: no change was lost
    expect((await management.keyRow(key.id)).version).toBe(5);
    const { headers } = await management.call({ token: answers[2]!.body.data.secret }, "GET", "/me");
    expect(headers.get("x-ratelimit-limit")).toBe("1000");
  });
});

/** A company said how it is billed. */
const billed = (companyId: string) =>
  world.db.writer.insert(companyBillingProfiles).values({ companyId, billingEmail: `books.${companyId}@people.test` });

/** A recruiter pays for a plan. */
async function subscribed(who: Person & { recruiterId: string }): Promise<void> {
  const [paid] = await world.db.reader.select().from(plans).where(eq(plans.slug, "paid"));
  const { userId, recruiterId } = who;
  const subscription = { userId, recruiterId, planId: paid?.id ?? "", status: "active" as const, stripeCustomerId: `cus_${userId}` };
  await world.db.writer.insert(subscriptions).values(subscription);
}

describe("paid units", () => {
  it("are sold to nobody who could not be billed", async () => {
    const acme = await world.company();
    const [anna, rosa] = [await world.member(acme), await world.recruiter("Rosa")];
    for (const [who, accountId] of [
      [anna, acme.id],
      [rosa, rosa.recruiterId],
    ] as const) {
      await put(accountId, { plan: "premium" });
      const refused = await choose(who, { overage_enabled: true, spend_cap_cents: 500 });
      expect([refused.status, refused.body.code]).toEqual([409, "conflict"]);
      expect((await choose(who, { overage_enabled: false, spend_cap_cents: 500 })).status).toBe(200);
    }
    await subscribed(rosa);
    expect((await choose(rosa, { overage_enabled: true })).body.data.overage_enabled).toBe(true);
  });

  it("make the customer of a company that said how it is billed, once", async () => {
    const acme = await world.company();
    const anna = await world.member(acme);
    await put(acme.id, { plan: "premium" });
    await billed(acme.id);
    for (const on of [true, false, true]) expect((await choose(anna, { overage_enabled: on })).status).toBe(200);
    await world.settle();
    const [profile] = await world.db.reader.select().from(companyBillingProfiles).where(eq(companyBillingProfiles.companyId, acme.id));
    expect(profile?.stripeCustomerId).toMatch(/^cus_/);
    const wanted = await world.db.reader.select().from(stripeOperations).where(eq(stripeOperations.subjectId, acme.id));
    expect(wanted.map(({ kind, status }) => [kind, status])).toEqual([["customer", "done"]]);
  });

  it("are switched on by the owner where the plan sells them", async () => {
    const acme = await world.company();
    const [anna, manager] = [await world.member(acme), await world.member(acme, "hiring_manager")];
    expect((await choose(anna, { overage_enabled: true })).body.code).toBe("plan_required");
    expect((await choose(anna, { spend_cap_cents: 500 })).body.data).toMatchObject({ spend_cap_cents: 500, overage_enabled: false });
    await put(acme.id, { plan: "premium" });
    await billed(acme.id);
    expect((await choose(manager, { overage_enabled: true })).body.code).toBe("role_type_not_permitted");
    expect((await choose(anna, { overage_enabled: true })).body.data).toMatchObject({
      overage_available: true,
      overage_enabled: true,
      spend_cap_cents: 500,
    });
    for (const wrong of [{ spend_cap_cents: -1 }, { spend_cap_cents: 100_000_001 }, { plan: "enterprise" }]) {
      expect((await choose(anna, wrong)).status).toBe(422);
    }
    // a lower plan takes the switch with it, so that the next upgrade does not turn it on
    await put(acme.id, { plan: "standard" });
    expect((await put(acme.id, { plan: "premium" })).body.data).toMatchObject({ overage_enabled: false, spend_cap_cents: 500 });
  });

  it("let a key pass beyond its limit from the next request on", async () => {
    const rosa = await world.recruiter("Rosa");
    await put(rosa.recruiterId, { plan: "enterprise", custom_limit: 3 });
    await subscribed(rosa);
    const key = await management.approvedKey(rosa, admin);
    for (let count = 0; count < 3; count++) expect((await management.call(key, "GET", "/me")).status).toBe(200);
    expect((await choose(rosa, { overage_enabled: true, spend_cap_cents: 100 })).status).toBe(200);
    const answer = await management.call(key, "GET", "/me");
    expect([answer.status, answer.headers.get("x-overage")]).toEqual([200, "1"]);
    // a cap of nothing is reached; raised, it counts at once
    const other = await world.recruiter("Other");
    await put(other.recruiterId, { plan: "enterprise", custom_limit: 4 });
    await subscribed(other);
    const capped = await management.approvedKey(other, admin);
    await choose(other, { overage_enabled: true });
    for (let count = 0; count < 4; count++) await management.call(capped, "GET", "/me");
    expect((await management.call(capped, "GET", "/me")).body.code).toBe("spend_cap_reached");
    await choose(other, { spend_cap_cents: 100 });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11_000 }); // what the isolate remembers of a denial is over
    expect((await management.call(capped, "GET", "/me")).headers.get("x-overage")).toBe("1");
    vi.useRealTimers();

    const [plan] = await world.db.reader.select().from(accountPlans).where(eq(accountPlans.accountId, rosa.recruiterId));
    expect(plan).toMatchObject({ overageEnabled: true, spendCapCents: 100, version: 3 });
  });
});
