import { describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { ledgerEntries, ledgerTransactions, plans, stripeEvents, stripeOperations, subscriptions } from "#db/schema/billing.ts";
import { teamMembers, teams } from "#db/schema/network.ts";
import type { Tier } from "#domain/commission/rates.ts";
import { type Answer, marketplace } from "#test/api.ts";
import { hires, type RecruiterPerson } from "./hires.ts";

const world = await marketplace();
const { subscribe, offer, hire, money, events } = hires(world);
const db = world.db.writer;
const plan = Object.fromEntries((await db.select().from(plans)).map(({ slug, id }) => [slug, id])) as Record<Tier, string>;

const DAY = 86_400;
const BACK = { success_url: "https://app.splits.test/plans?done=1", cancel_url: "https://app.splits.test/plans" };

const checkout = (as: RecruiterPerson, planId: string, more: Record<string, unknown> = {}) =>
  world.call("POST", "subscriptions/checkout", { as, body: { plan_id: planId, ...BACK, ...more } });
const mine = async (as: { token: string }) => (await world.call("GET", "subscriptions/me", { as })).body.data;
const sessionOf = (url: string): string => url.split("/").at(-1) ?? "";

/** Pays a checkout's page, and lets both sides talk. */
async function pay(url: string): Promise<void> {
  await world.stripe.controls.completeCheckout({ session: sessionOf(url) });
  await world.settle();
}

/** Ends a recruiter's trial, so that a first period is paid. */
async function passTrial(): Promise<void> {
  await world.advance(14 * DAY + 3_600);
  await world.settle();
}

/** A minute of the schedule, and what it causes. */
async function minute(): Promise<void> {
  await world.cron("* * * * *");
  await world.settle();
}

const rowOf = async (id: string) =>
  (
    await db
      .select()
      .from(subscriptions)
      .where(sql`${subscriptions.id} = ${id}`)
  )[0];

describe("a recruiter's plan", () => {
  it("begins with a checkout and a trial, becomes active when it is paid, and is booked", async () => {
    const recruiter = await world.recruiter("Rhea");
    const begun = await checkout(recruiter, plan.premium);
    expect(begun.status).toBe(201);
    expect(begun.body.data.url).toContain("/c/pay/cs_test_");
    const id = begun.body.data.subscription_id as string;
    expect(await mine(recruiter)).toMatchObject({ id, status: "incomplete", effective_tier: "free" });

    await pay(begun.body.data.url);
    expect(await mine(recruiter)).toMatchObject({ id, status: "trialing", tier: "premium", effective_tier: "free" });
    expect((await checkout(recruiter, plan.paid)).body.reason).toBe("subscription_exists");

    await passTrial();
    expect(await mine(recruiter)).toMatchObject({ status: "active", effective_tier: "premium" });
    const row = await rowOf(id);
    const booked = await db
      .select({ amount: ledgerEntries.amountCents, key: ledgerTransactions.idempotencyKey })
      .from(ledgerEntries)
      .innerJoin(ledgerTransactions, sql`${ledgerTransactions.id} = ${ledgerEntries.transactionId}`)
      .where(sql`${ledgerTransactions.kind} = 'subscription'`);
    expect(booked.map(({ amount }) => amount).toSorted((one, other) => one - other)).toEqual([-24_900, 752, 24_148]);
    expect(row?.stripeSubscriptionId).toMatch(/^sub_/);
    expect(await events(id)).toEqual(["subscription.created", "subscription.updated", "subscription.updated"]);
  });

  it("gives the trial once, and one page for one wish", async () => {
    const recruiter = await world.recruiter();
    const [one, same, other] = [
      await checkout(recruiter, plan.paid),
      await checkout(recruiter, plan.paid),
      await checkout(recruiter, plan.premium, { billing_period: "annual" }),
    ];
    expect(same.body.data.url).toBe(one.body.data.url);
    expect(other.body.data.subscription_id).toBe(one.body.data.subscription_id);
    await expect(world.stripe.controls.completeCheckout({ session: sessionOf(one.body.data.url) })).rejects.toThrow(/expired/);
    await pay(other.body.data.url);
    expect(await mine(recruiter)).toMatchObject({ tier: "premium", billing_period: "annual", status: "trialing" });
    await world.call("POST", "subscriptions/cancel", { as: recruiter, body: {} });
    await world.settle();
    await passTrial();
    await minute();
    expect((await mine(recruiter)).status).toBe("none");
    const again = await checkout(recruiter, plan.paid);
    await pay(again.body.data.url);
    expect(await mine(recruiter)).toMatchObject({ status: "active", tier: "paid", effective_tier: "paid" });
  });

  it("moves up and down, and ends with its period", async () => {
    const recruiter = await world.recruiter();
    await pay((await checkout(recruiter, plan.paid)).body.data.url);
    await passTrial();
    const change = (body: Record<string, unknown>) => world.call("POST", "subscriptions/change-plan", { as: recruiter, body });
    expect((await change({ plan_id: plan.paid })).body.reason).toBe("same_plan");
    expect((await change({ plan_id: plan.free })).status).toBe(422);
    const asked = await change({ plan_id: plan.premium });
    expect(asked.body.data).toMatchObject({ change_pending: true, tier: "paid" });
    expect((await change({ plan_id: plan.premium, billing_period: "annual" })).body.reason).toBe("change_pending");
    await world.settle();
    const raised = await mine(recruiter);
    expect(raised).toMatchObject({ change_pending: false, tier: "premium", effective_tier: "premium" });
    await change({ plan_id: plan.paid });
    await world.settle();
    expect(await mine(recruiter)).toMatchObject({ tier: "paid", upgraded_at: raised.upgraded_at });

    const ended = await world.call("POST", "subscriptions/cancel", { as: recruiter, body: {} });
    expect(ended.status).toBe(200);
    await world.settle();
    const ending = await mine(recruiter);
    expect(ending).toMatchObject({ status: "active", cancel_at: ending.current_period_end, effective_tier: "paid" });
    expect((await world.call("POST", "subscriptions/cancel", { as: recruiter, body: {} })).body.reason).toBe("cancellation_pending");
    // the same plan once more takes the cancellation back
    expect((await change({ plan_id: plan.paid })).status).toBe(200);
    await world.settle();
    expect(await mine(recruiter)).toMatchObject({ cancel_at: null, status: "active" });
    await world.call("POST", "subscriptions/cancel", { as: recruiter, body: {} });
    await world.settle();
    await world.advance(32 * DAY);
    await world.settle();
    expect(await mine(recruiter)).toMatchObject({ status: "none", effective_tier: "free" });
  });

  it("22.3.10: is past due when a payment fails: its tier for 6 days 23 hours, free rates from the seventh day on", async () => {
    const recruiter = await world.recruiter();
    const { url, subscription_id: id } = (await checkout(recruiter, plan.premium)).body.data;
    await pay(url);
    await passTrial();
    const company = await world.company();
    const admin = await world.member(company);
    const tierNow = async () => {
      const { body } = await hire(admin, await offer({ company, recruiters: { candidate_recruiter: recruiter } }), {
        start_date: new Date(Date.parse((await mine(recruiter)).current_period_end) + 90 * DAY * 1000).toISOString().slice(0, 10),
      });
      return (await money(body.data.id)).snapshot?.candidateRecruiterTier;
    };
    expect(await tierNow()).toBe("premium");
    await world.stripe.controls.setPaymentMethod({ customer: (await rowOf(id))?.stripeCustomerId ?? "", declines: true });
    const since = new Date((await rowOf(id))?.currentPeriodEnd ?? 0);
    await declineFrom(id);
    await world.advance(31 * DAY);
    await world.settle();
    const late = await rowOf(id);
    expect(late).toMatchObject({ status: "past_due" });
    expect(late?.pastDueSince?.getTime()).toBeGreaterThanOrEqual(since.getTime());
    await db.execute(sql`update billing.subscriptions set past_due_since = ops.now() - interval '6 days 23 hours' where id = ${id}`);
    expect(await tierNow()).toBe("premium");
    await db.execute(sql`update billing.subscriptions set past_due_since = ops.now() - interval '7 days' where id = ${id}`);
    expect(await tierNow()).toBe("free");
  });

  it("is what the provider shows in the end, when two of its events are worked on at once", async () => {
    const recruiter = await world.recruiter();
    const { url, subscription_id: id } = (await checkout(recruiter, plan.paid)).body.data;
    await pay(url);
    await passTrial();
    const subscription = (await rowOf(id))?.stripeSubscriptionId;
    const cancelling = (ends: boolean) => atStripe("POST", `subscriptions/${subscription}`, `cancel_at_period_end=${ends}`);
    expect(await cancelling(true)).toMatchObject({ cancel_at_period_end: true });
    await world.deliver();
    const fault = await world.database.fault({ match: 'update "billing"."subscriptions"', action: "hold_before", times: 1 });
    const slow = world.consume("stripe-events", [{ event_ids: world.sent.stripeEvents.splice(0) }]);
    await fault.held();
    await cancelling(false);
    await world.settle();
    await fault.release();
    await slow;
    expect((await rowOf(id))?.cancelAt).toBeNull();
  });

  it("is booked as well when its invoice is paid from bank to bank", async () => {
    const recruiter = await world.recruiter();
    const begun = await checkout(recruiter, plan.paid);
    const id = begun.body.data.subscription_id as string;
    await pay(begun.body.data.url);
    await declineFrom(id);
    await passTrial();
    expect((await rowOf(id))?.status).toBe("past_due");
    const { data: invoices } = (await atStripe("GET", "invoices?limit=100&status=open")) as {
      data: { id: string; customer: string; amount_due: number }[];
    };
    const customer = (await rowOf(id))?.stripeCustomerId;
    const invoice = invoices.find((each) => each.customer === customer);
    await atStripe("POST", `invoices/${invoice?.id}/pay`, "paid_out_of_band=true");
    await world.settle();
    expect((await rowOf(id))?.status).toBe("active");
    const booked = await db
      .select({ amount: ledgerEntries.amountCents })
      .from(ledgerEntries)
      .innerJoin(ledgerTransactions, sql`${ledgerTransactions.id} = ${ledgerEntries.transactionId}`)
      .where(sql`${ledgerTransactions.idempotencyKey} = ${`subscription:${invoice?.id}`}`);
    expect(booked.map(({ amount }) => amount).toSorted((one, other) => one - other)).toEqual([-9_900, 9_900]);
  });

  it("is for recruiters, and only what the provider bills can be changed there", async () => {
    const recruiter = await world.recruiter();
    await subscribe(recruiter, "paid");
    expect((await checkout(recruiter, plan.premium)).body.reason).toBe("subscription_exists");
    expect((await world.call("POST", "subscriptions/cancel", { as: recruiter, body: {} })).body.reason).toBe("not_billed");
    expect((await world.call("POST", "subscriptions/portal", { as: recruiter, body: { return_url: BACK.cancel_url } })).status).toBe(409);
    const stranger = await world.recruiter();
    expect((await world.call("POST", "subscriptions/change-plan", { as: stranger, body: { plan_id: plan.paid } })).body.reason).toBe(
      "no_subscription",
    );
    expect((await checkout(stranger, plan.free)).status).toBe(422);
    expect((await checkout(stranger, crypto.randomUUID())).status).toBe(422);
    expect((await checkout(stranger, plan.paid, { success_url: "javascript:alert(1)" })).status).toBe(422);
    expect((await checkout((await world.candidate()) as never, plan.paid)).status).toBe(403);
    expect((await checkout((await world.member(await world.company())) as never, plan.paid)).status).toBe(403);
  });

  it("has a portal, and answers 503 while the provider is silent, with nothing lost", async () => {
    const recruiter = await world.recruiter();
    await world.stripe.controls.fault({ route: "POST /v1/checkout/sessions", kind: "503" });
    expect((await checkout(recruiter, plan.paid)).body.code).toBe("service_unavailable");
    await world.stripe.controls.fault({ route: "POST /v1/checkout/sessions", kind: "lost_after" });
    expect((await checkout(recruiter, plan.paid)).status).toBe(503);
    const { url, subscription_id: id } = (await checkout(recruiter, plan.paid)).body.data;
    await pay(url);
    const portal = await world.call("POST", "subscriptions/portal", { as: recruiter, body: { return_url: BACK.cancel_url } });
    expect(portal.status).toBe(201);
    expect(portal.body.data.url).toContain("/p/session/");
    expect((await rowOf(id))?.status).toBe("trialing");
  });

  it("stands behind one row: a second one, and one of nobody, change nothing and leave something to look at", async () => {
    const recruiter = await world.recruiter();
    const { url, subscription_id: id } = (await checkout(recruiter, plan.paid)).body.data;
    await pay(url);
    const row = await rowOf(id);
    const made = async (metadata: string): Promise<string> => {
      const body = `customer=${row?.stripeCustomerId}&items[0][price]=${(await db.select().from(plans)).find(({ slug }) => slug === "paid")?.stripePriceId}&trial_period_days=3${metadata}`;
      return ((await atStripe("POST", "subscriptions", body)) as { id: string }).id;
    };
    const [second, foreign] = [await made(`&metadata[subscription_id]=${id}`), await made("")];
    await world.settle();
    expect(await rowOf(id)).toEqual(row);
    const left = await db
      .select()
      .from(stripeEvents)
      .where(sql`${stripeEvents.type} = 'customer.subscription.created' and ${stripeEvents.payload} ->> 'id' in (${second}, ${foreign})`);
    expect(left.find(({ payload }) => payload["id"] === second)).toMatchObject({
      processedAt: null,
      error: expect.stringContaining("end and refund it"),
    });
    expect(left.find(({ payload }) => payload["id"] === foreign)?.processedAt).not.toBeNull();
    await atStripe("DELETE", `subscriptions/${second}`);
    await world.advance(600);
    await minute();
    const [done] = await db
      .select()
      .from(stripeEvents)
      .where(sql`${stripeEvents.id} = ${left.find(({ payload }) => payload["id"] === second)?.id}`);
    expect(done).toMatchObject({ processedAt: expect.any(Date), error: null });
  });

  it("repeats its answer under one Idempotency-Key", async () => {
    const recruiter = await world.recruiter();
    const once = () =>
      world.call("POST", "subscriptions/checkout", {
        as: recruiter,
        body: { plan_id: plan.paid, ...BACK },
        headers: { "idempotency-key": "checkout-1" },
      });
    const [first, second] = [await once(), await once()];
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
  });
});

/** Something done at Stripe by somebody else than us. */
async function atStripe(method: "GET" | "POST" | "DELETE", path: string, body?: string): Promise<unknown> {
  const answer = await fetch(`${world.stripe.url}/v1/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${world.stripe.key}`,
      ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
    },
    ...(body === undefined ? {} : { body }),
  });
  expect(answer.status).toBe(200);
  return answer.json();
}

/** Every payment with the subscription's own method fails from now on. */
async function declineFrom(id: string): Promise<void> {
  const row = await rowOf(id);
  const { id: method } = await world.stripe.controls.setPaymentMethod({ customer: row?.stripeCustomerId ?? "", declines: true });
  await atStripe("POST", `subscriptions/${row?.stripeSubscriptionId}`, `default_payment_method=${method}`);
}

describe("a team's plan", () => {
  /** A team with so many earning members and a collaborator. */
  async function teamOf(size: number) {
    const people = await Promise.all(Array.from({ length: size + 1 }, () => world.recruiter("Member")));
    const [owner, ...others] = people as [RecruiterPerson, ...RecruiterPerson[]];
    const [row] = await db.insert(teams).values({ name: "Team", ownerUserId: owner.userId, status: "active" }).returning({ id: teams.id });
    const teamId = row?.id ?? "";
    await db.insert(teamMembers).values(
      people.map(({ recruiterId }, index) => ({
        teamId,
        recruiterId,
        teamRole: index === 0 ? ("owner" as const) : index === size ? ("collaborator" as const) : ("member" as const),
        status: "active" as const,
        joinedAt: new Date(),
      })),
    );
    return { owner, teamId, members: others };
  }

  const preview = async (as: RecruiterPerson, teamId: string, query = "") =>
    (await world.call("GET", `subscriptions/preview?plan_id=${plan.premium}&team_id=${teamId}${query}`, { as })).body.data;

  it("22.3.33: costs 2,241.00 for nine and 1,992.00 for ten, before and at the provider; the seats follow the members", async () => {
    const { owner, teamId, members } = await teamOf(10);
    expect(await preview(owner, teamId)).toMatchObject({ seats: 10, amount: "1992.00", discount: "20.00", unit_price: "249.00" });
    expect(await preview(owner, teamId, "&seats=9")).toMatchObject({ amount: "2241.00", discount: "0.00" });
    const paidOnes = await world.call("GET", `subscriptions/preview?plan_id=${plan.paid}&team_id=${teamId}&seats=12`, { as: owner });
    expect(paidOnes.body.data.amount).toBe("950.40");

    const { url, subscription_id: id } = (await checkout(owner, plan.premium, { team_id: teamId })).body.data;
    await pay(url);
    await passTrial();
    expect(await rowOf(id)).toMatchObject({ status: "active", seats: 10 });
    expect(await lastInvoice(id)).toBe(199_200);
    expect((await mine(members[0] as RecruiterPerson)).effective_tier).toBe("premium");
    // the collaborator has no part in it
    expect((await mine(members[9] as RecruiterPerson)).effective_tier).toBe("free");

    const [leaver] = await db
      .select()
      .from(teamMembers)
      .where(sql`${teamMembers.teamId} = ${teamId} and ${teamMembers.recruiterId} = ${members[0]?.recruiterId ?? ""}`);
    expect((await world.call("DELETE", `team-members/${leaver?.id}`, { as: owner })).status).toBe(200);
    await minute();
    expect((await rowOf(id))?.seats).toBe(9);
    await minute();
    const operations = await db
      .select()
      .from(stripeOperations)
      .where(sql`${stripeOperations.subjectId} = ${id}`);
    expect(operations.map((operation) => operation.status)).toEqual(["done"]);
    expect(await periodInvoice(id)).toBe(224_100);
  });

  it("22.3.33: leaves its members to their own plans when it is unpaid for a week, and goes on when it is paid", async () => {
    const { owner, teamId, members } = await teamOf(3);
    const { url, subscription_id: id } = (await checkout(owner, plan.premium, { team_id: teamId })).body.data;
    await pay(url);
    await passTrial();
    const member = members[0] as RecruiterPerson;
    await subscribe(member, "paid");
    expect((await mine(member)).effective_tier).toBe("premium");
    await declineFrom(id);
    await world.advance(31 * DAY);
    await world.settle();
    expect((await rowOf(id))?.status).toBe("past_due");
    expect((await mine(member)).effective_tier).toBe("premium");
    await db.execute(sql`update billing.subscriptions set past_due_since = ops.now() - interval '7 days' where id = ${id}`);
    await minute();
    expect((await mine(member)).effective_tier).toBe("paid");
    const team = async () => (await world.call("GET", `teams/${teamId}`, { as: owner })).body.data;
    expect(await team()).toMatchObject({ status: "suspended", suspended_reason: "owner_unpaid" });

    const open = await openInvoice(id);
    await world.stripe.controls.payInvoice({ invoice: open, method: "card" });
    await world.settle();
    expect((await rowOf(id))?.status).toBe("active");
    expect(await team()).toMatchObject({ status: "active", suspended_reason: null });
    expect((await mine(member)).effective_tier).toBe("premium");
  });

  it.each([
    ["dissolved", (teamId, owner) => world.call("DELETE", `teams/${teamId}`, { as: owner })],
    [
      "handed over",
      (teamId, owner, { recruiterId }) =>
        world.call("POST", `teams/${teamId}/transfer-ownership`, { as: owner, body: { recruiter_id: recruiterId } }),
    ],
  ] as const satisfies readonly [string, (teamId: string, owner: RecruiterPerson, heir: RecruiterPerson) => Promise<Answer>][])(
    "keeps it from being %s, also when it begins at that moment",
    async (_, end) => {
      const { owner, teamId, members } = await teamOf(3);
      const fault = await world.database.fault({ match: 'update "network"."teams"', action: "hold_before", times: 1 });
      const ending = end(teamId, owner, members[0] as RecruiterPerson);
      await fault.held();
      expect((await checkout(owner, plan.premium, { team_id: teamId })).status).toBe(201);
      await fault.release();
      expect((await ending).body).toMatchObject({ code: "conflict", reason: "subscription_exists" });
    },
  );

  it("is its owner's to pay", async () => {
    const { owner, teamId, members } = await teamOf(3);
    expect((await checkout(members[0] as RecruiterPerson, plan.paid, { team_id: teamId })).status).toBe(403);
    expect((await checkout(await world.recruiter(), plan.paid, { team_id: teamId })).status).toBe(404);
    expect((await checkout(owner, plan.paid, { team_id: teamId })).status).toBe(201);
  });

  interface Invoice {
    id: string;
    status: string;
    total: number;
    billing_reason: string;
  }

  async function invoicesOf(id: string): Promise<Invoice[]> {
    const customer = (await rowOf(id))?.stripeCustomerId ?? "";
    return ((await atStripe("GET", `invoices?customer=${customer}&limit=100`)) as { data: Invoice[] }).data;
  }
  const lastInvoice = async (id: string) => (await invoicesOf(id))[0]?.total;
  const openInvoice = async (id: string) => (await invoicesOf(id)).find((invoice) => invoice.status === "open")?.id ?? "";

  /** What the next period costs, with what was prorated left out. */
  async function periodInvoice(id: string): Promise<number> {
    await world.advance(31 * DAY);
    await world.settle();
    const [invoice] = await invoicesOf(id);
    const { data } = (await atStripe("GET", `invoices/${invoice?.id}/lines?limit=100`)) as {
      data: { amount: number; parent: { type: string } }[];
    };
    return data.filter(({ parent }) => parent.type === "subscription_item_details").reduce((sum, { amount }) => sum + amount, 0);
  }
});
