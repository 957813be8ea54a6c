import { eq, sql } from "drizzle-orm";
import { stripeEvents } from "#db/schema/billing.ts";
import { recruiters } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { compareStripeEvents } from "#services/stripe-events/keep-events.ts";
import { systemContext } from "#workers/system.ts";
import { signature } from "#local/stripe/events.ts";
import { marketplace } from "#test/api.ts";
import type { Webhook } from "#test/stripe.ts";
import { describe, expect, it } from "vitest";

const world = await marketplace();
const { controls } = world.stripe;
const db = world.db.writer;
const MINUTE = 60;

const kept = async (id: string) => await db.select().from(stripeEvents).where(eq(stripeEvents.id, id));
const recruiterRow = async (id: string) => (await db.select().from(recruiters).where(eq(recruiters.id, id)))[0];
const seconds = () => Math.floor(Date.now() / 1_000);

/** A recruiter with an account that nobody has completed; nothing waits at the stand-in. */
async function payee() {
  const person = await world.recruiter();
  const urls = { return_url: "https://app.splits.test/a", refresh_url: "https://app.splits.test/b" };
  await world.call("POST", "recruiters/me/payout-account/onboarding-link", { as: person, body: urls });
  await world.settle();
  return { ...person, account: (await recruiterRow(person.recruiterId))?.stripeConnectAccountId ?? "" };
}

/** A webhook of the test's own making. */
function webhook(event: object, { path = "/stripe/webhooks", secret = world.env.STRIPE_WEBHOOK_SECRET, at = seconds() } = {}): Webhook {
  const body = JSON.stringify(event);
  return { path, body, signature: signature(body, secret, at) };
}

const about = (id: string, type: string, object: object = { object: "widget", id: "wi_1" }) => ({
  id,
  object: "event",
  type,
  created: seconds(),
  livemode: false,
  data: { object },
});

describe("taking an event", () => {
  it("scenario 55: keeps it once, with nothing but what it is about", async () => {
    const given = about("evt_kept", "customer.updated", { object: "customer", id: "cus_1", email: "private@people.test" });
    const answers = await world.deliver([webhook(given), webhook(given), webhook(given)]);
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [200, ""],
      [200, ""],
      [200, ""],
    ]);
    const rows = await kept("evt_kept");
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ type: "customer.updated", account: null, processedAt: null });
    expect(rows[0]?.payload).toEqual({ object: "customer", id: "cus_1" });
    expect(world.sent.stripeEvents.filter((id) => id === "evt_kept")).toHaveLength(1);
  });

  it.each<[string, () => Webhook]>([
    ["another secret", () => webhook(about("evt_bad", "invoice.paid"), { secret: "whsec_of_somebody_else" })],
    ["the other endpoint's secret", () => webhook(about("evt_bad", "invoice.paid"), { path: "/stripe/connect-webhooks" })],
    ["a changed body", () => ({ ...webhook(about("evt_bad", "invoice.paid")), body: JSON.stringify(about("evt_bad", "invoice.voided")) })],
    ["a message six minutes old", () => webhook(about("evt_bad", "invoice.paid"), { at: seconds() - 360 })],
    ["no signature", () => ({ ...webhook(about("evt_bad", "invoice.paid")), signature: "" })],
    ["half a signature", () => ({ ...webhook(about("evt_bad", "invoice.paid")), signature: "t=1" })],
    [
      "a signed body that is not JSON",
      () => ({ path: "/stripe/webhooks", body: "evt", signature: signature("evt", world.env.STRIPE_WEBHOOK_SECRET, seconds()) }),
    ],
    ["a signed body that is no event", () => webhook({ id: "evt_bad" })],
  ])("22.3.31 and scenario 55: refuses %s and keeps nothing", async (_, make) => {
    const [answer] = await world.deliver([make()]);
    expect([answer?.status, answer?.body.code]).toEqual([400, "invalid_parameter"]);
    expect(await kept("evt_bad")).toEqual([]);
  });

  it("refuses a body that is too large", async () => {
    const [answer] = await world.deliver([webhook(about("evt_large", "invoice.paid", { object: "x", id: "x".repeat(300_000) }))]);
    expect([answer?.status, answer?.body.code]).toEqual([413, "body_too_large"]);
  });

  it("takes it although the queue takes no hint; the sweep finds it", async () => {
    const send = world.env.STRIPE_EVENTS.send;
    world.env.STRIPE_EVENTS.send = () => Promise.reject(new Error("the queue is down"));
    const [answer] = await world.deliver([webhook(about("evt_unhinted", "price.created"))]);
    world.env.STRIPE_EVENTS.send = send;
    expect(answer?.status).toBe(200);
    await world.cron("* * * * *");
    await world.drain();
    expect((await kept("evt_unhinted"))[0]?.processedAt).toBeNull();
    await world.advance(MINUTE);
    await world.cron("* * * * *");
    await world.drain();
    expect((await kept("evt_unhinted"))[0]?.processedAt).not.toBeNull();
  });
});

describe("working on events", () => {
  it("looks for nothing of the platform's behind an event of a recruiter's account", async () => {
    const { account } = await payee();
    const types = ["charge.dispute.created", "invoice.paid", "customer.updated", "transfer.created", "refund.failed"];
    const before = (await controls.requests()).length;
    await world.deliver(
      types.map((type) =>
        webhook(
          { ...about(`evt_theirs_${type}`, type, { object: "thing", id: "th_1" }), account },
          { path: "/stripe/connect-webhooks", secret: world.env.STRIPE_CONNECT_WEBHOOK_SECRET },
        ),
      ),
    );
    await world.drain();
    for (const type of types)
      expect((await kept(`evt_theirs_${type}`))[0]).toMatchObject({ account, processedAt: expect.any(Date), error: null });
    expect((await controls.requests()).length).toBe(before);
  });

  it("only marks a type that nobody knows, and an object that is none of ours", async () => {
    await world.deliver([
      webhook(about("evt_unknown", "quantum.entangled")),
      webhook(
        { ...about("evt_foreign", "account.updated", { object: "account", id: "acct_foreign" }), account: "acct_foreign" },
        {
          path: "/stripe/connect-webhooks",
          secret: world.env.STRIPE_CONNECT_WEBHOOK_SECRET,
        },
      ),
    ]);
    await world.drain();
    for (const id of ["evt_unknown", "evt_foreign"]) {
      expect((await kept(id))[0]).toMatchObject({ processedAt: expect.any(Date), error: null, attempts: 1 });
    }
  });

  it("comes to the same end when events come twice and out of order", async () => {
    const person = await payee();
    await controls.completeOnboarding({ account: person.account });
    await controls.setPayoutsEnabled({ account: person.account, enabled: false });
    await controls.setPayoutsEnabled({ account: person.account, enabled: true });
    const waiting = await world.stripe.webhooks();
    await world.deliver([...waiting, ...waiting].toReversed());
    await world.drain();
    await world.consume("stripe-events", [{ event_ids: waiting.map(({ body }) => (JSON.parse(body) as { id: string }).id) }]);
    expect((await recruiterRow(person.recruiterId))?.stripeConnectOnboarded).toBe(true);
    const told = await db.select().from(outbox).where(eq(outbox.subjectId, person.recruiterId));
    expect(told.filter(({ eventType }) => eventType === "recruiter.connect_changed")).toHaveLength(1);
  });

  it("is done once by two consumers at the same moment", async () => {
    const person = await payee();
    await controls.completeOnboarding({ account: person.account });
    await world.deliver();
    const ids = world.sent.stripeEvents.splice(0);
    await Promise.all(Array.from({ length: 4 }, () => world.consume("stripe-events", [{ event_ids: ids }])));
    const told = await db.select().from(outbox).where(eq(outbox.subjectId, person.recruiterId));
    expect(told.filter(({ eventType }) => eventType === "recruiter.connect_changed")).toHaveLength(1);
  });

  it("does not let an older answer be the last word, when two events of one account are worked on at once", async () => {
    const person = await payee();
    await controls.completeOnboarding({ account: person.account });
    await world.deliver();
    const fault = await world.database.fault({ match: 'update "network"."recruiters"', action: "hold_before", times: 1 });
    const slow = world.consume("stripe-events", [{ event_ids: world.sent.stripeEvents.splice(0) }]);
    await fault.held();
    await controls.setPayoutsEnabled({ account: person.account, enabled: false });
    await world.settle();
    await fault.release();
    await slow;
    expect((await recruiterRow(person.recruiterId))?.stripeConnectOnboarded).toBe(false);
  });

  it("keeps one that fails with its reason, and works on it when Stripe answers again", async () => {
    const person = await payee();
    await controls.completeOnboarding({ account: person.account });
    await controls.fault({ kind: "503", route: "GET /v1/accounts/*", times: 100 });
    const ids = (
      await world.stripe.webhooks().then(async (waiting) => {
        await world.deliver(waiting);
        return waiting.map(({ body }) => JSON.parse(body) as { id: string; type: string });
      })
    )
      .filter(({ type }) => type === "account.updated")
      .map(({ id }) => id);
    await world.drain();
    const [failed] = await kept(ids[0] ?? "");
    expect(failed).toMatchObject({ processedAt: null, attempts: 1, error: "stripe 503" });
    await controls.clearFaults();
    await world.advance(3 * MINUTE);
    await world.cron("* * * * *");
    await world.drain();
    expect((await kept(ids[0] ?? ""))[0]).toMatchObject({ processedAt: expect.any(Date), error: null });
    expect((await recruiterRow(person.recruiterId))?.stripeConnectOnboarded).toBe(true);
  });

  it("22.3.31: finds at night what never arrived, and works on it", async () => {
    const person = await payee();
    await controls.setDelivery({ dropTypes: ["account.updated", "topup.succeeded"] });
    await controls.completeOnboarding({ account: person.account });
    await controls.fundPlatform({ amount: 1_000 });
    await world.settle();
    await controls.setDelivery({ dropTypes: [] });
    expect((await recruiterRow(person.recruiterId))?.stripeConnectOnboarded).toBe(false);

    await world.cron("10 3 * * *");
    await world.drain();
    expect((await recruiterRow(person.recruiterId))?.stripeConnectOnboarded).toBe(true);
    const [funded] = await controls.events("topup.succeeded");
    expect((await kept(funded?.id ?? ""))[0]).toMatchObject({ account: null, processedAt: expect.any(Date) });
  });
});

describe("the accounts whose own events are compared", () => {
  it("are all of those that wait for something, a hundred a day, each as far back as its turn was ago", async () => {
    await db.execute(sql`with person as (
        insert into identity.users (email, name) select 'payee-' || n || '@waiting.test', 'Payee' from generate_series(1, 250) n returning id, email
      )
      insert into network.recruiters (user_id, name, status, stripe_connect_account_id) select id, 'Payee', 'active', 'acct_' || split_part(email::text, '@', 1) from person`);
    const asked = new Map<string, number[]>();
    for (let day = 0; day < 3; day++) {
      const ctx = systemContext(world.env, { waitUntil: () => undefined }, "nightly");
      const since = (from: Date, account: string | null) => {
        if (account?.startsWith("acct_payee-")) asked.set(account, [...(asked.get(account) ?? []), ctx.now().getTime() - from.getTime()]);
        return Promise.resolve([]);
      };
      Object.assign(ctx.ports, { providerEvents: { since } });
      await compareStripeEvents(ctx);
      await world.advance(24 * 60 * MINUTE);
    }
    expect(asked.size).toBe(250);
    expect([...asked.values()].every((days) => days.length === 1 && days[0] === 5 * 86_400_000)).toBe(true);
  });
});

describe("what platform admins see", () => {
  it("lists events with what became of them, never the objects", async () => {
    const admin = await world.platformAdmin();
    await world.deliver([
      webhook(about("evt_listed", "customer.created", { object: "customer", id: "cus_2", email: "private@people.test" })),
    ]);
    const waiting = await world.call("GET", "stripe-events?processed=false&type=customer.created", { as: admin });
    expect(waiting.body.data).toMatchObject([
      { id: "evt_listed", object: { type: "customer", id: "cus_2" }, account: null, processed_at: null, attempts: 0, error: null },
    ]);
    expect(JSON.stringify(waiting.body)).not.toContain("private@people.test");
    await world.drain();
    expect((await world.call("GET", "stripe-events?processed=false&type=customer.created", { as: admin })).body.data).toEqual([]);
    const person = await world.recruiter();
    expect((await world.call("GET", "stripe-events", { as: person })).status).toBe(403);
  });
});
