import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import {
  clawbacks,
  disputes,
  invoicePayments,
  placementCredits,
  placementInvoices,
  placementPayoutTransactions as transactions,
  stripeEvents,
  stripeOperations,
} from "#db/schema/billing.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace } from "#test/api.ts";
import { booksHold, postingKeys, signedBalances } from "./books.ts";
import { fourEyes } from "./four-eyes.ts";
import { inDays } from "./hires.ts";
import { settledPlacements } from "./settled.ts";

const world = await marketplace();
const { controls } = world.stripe;
const { days, minute, started, pay, paidIn, fail, replace, invoiceOf } = settledPlacements(world);
const { admin: platformAdmin, approved } = await fourEyes(world);
const db = world.db.writer;

async function charged(): Promise<{
  id: string;
  companyId: string;
  charge: string;
  admin: Awaited<ReturnType<typeof started>>["companyAdmin"];
}> {
  const { id, company, companyAdmin } = await started();
  await pay(id);
  const [payment] = await db
    .select({ charge: invoicePayments.chargeId })
    .from(invoicePayments)
    .innerJoin(placementInvoices, sql`${placementInvoices.id} = ${invoicePayments.invoiceId}`)
    .where(sql`${placementInvoices.placementId} = ${id}`);
  return { id, companyId: company.id, charge: payment?.charge ?? "", admin: companyAdmin };
}

const disputesOf = (placementId: string) =>
  db
    .select()
    .from(disputes)
    .where(sql`${disputes.placementId} = ${placementId}`);

const statesOf = async (placementId: string): Promise<string[]> => [
  ...new Set(
    (
      await db
        .select()
        .from(transactions)
        .where(sql`${transactions.placementId} = ${placementId}`)
    ).map(({ status, holdReasons }) => [status, ...holdReasons].join(" ")),
  ),
];

const disputed = async (companyId: string): Promise<number> => (await signedBalances(world)).get(`disputed:${companyId}`) ?? 0;

const disputeKeys = async (placementId: string, disputeId: string): Promise<string[]> =>
  (await postingKeys(world, placementId)).filter((key) => key.startsWith("dispute:")).map((key) => key.replace(disputeId, "<id>"));

const badDebt = async (): Promise<number> => (await signedBalances(world)).get("bad_debt") ?? 0;

/** 5,000.00 of it goes back to the company, as two admins want. */
const goodwill = async (placementId: string) => {
  const answer = await world.call("POST", "clawbacks", {
    as: platformAdmin,
    body: {
      placement_id: placementId,
      amount_cents: 500_000,
      reason: "Goodwill",
      approval_id: await approved("clawback", placementId, { amount_cents: 500_000 }),
    },
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
};
const refundOf = async (placementId: string) =>
  (
    await db
      .select()
      .from(stripeOperations)
      .where(sql`${stripeOperations.kind} = 'refund' and ${stripeOperations.request} ->> 'placement_id' = ${placementId}`)
  )[0];
/** The bank disputes a charge, Stripe refuses each try to refund it, and we hear nothing of it until afterwards. */
async function refusedFor(charge: string) {
  await controls.setDelivery({ dropTypes: ["charge.dispute.created", "charge.dispute.funds_withdrawn"] });
  const opened = await controls.openDispute({ charge });
  await world.settle();
  for (const hours of [2, 7]) {
    await world.advance(hours * 3_600);
    await minute();
  }
  await controls.setDelivery({ dropTypes: [] });
  return opened;
}

async function lost(charge: string): Promise<void> {
  const opened = await controls.openDispute({ charge });
  await world.settle();
  await controls.loseDispute({ dispute: opened.id });
  await world.settle();
  await minute();
}

describe("a chargeback", () => {
  it("22.3.30: keeps every open share, and won lets them go: disputed is back at zero", async () => {
    const placement = await charged();
    const opened = await controls.openDispute({ charge: placement.charge, reason: "fraudulent" });
    await world.settle();
    const [row] = await disputesOf(placement.id);
    expect(row).toMatchObject({
      disputeType: "chargeback",
      status: "open",
      stripeDisputeId: opened.id,
      amountCents: 2_000_000,
      raisedBy: null,
    });
    expect(await statesOf(placement.id)).toEqual(["on_hold dispute_open"]);
    expect(await disputed(placement.companyId)).toBe(2_000_000);
    await booksHold(world);
    // nobody here decides on it
    const admin = await world.platformAdmin();
    const early = await world.call("POST", `disputes/${row?.id}/dismiss`, { as: admin, body: { resolution: "I say so" } });
    expect([early.status, early.body.reason]).toEqual([409, "decided_by_bank"]);
    const seen = await world.call("GET", `disputes/${row?.id}`, { as: placement.admin });
    expect(seen.body.data).toMatchObject({ dispute_type: "chargeback", amount: "20000.00" });

    await controls.winDispute({ dispute: opened.id });
    await world.settle();
    expect((await disputesOf(placement.id))[0]).toMatchObject({ status: "dismissed", resolution: "won" });
    expect(await statesOf(placement.id)).toEqual(["pending"]);
    expect(await disputed(placement.companyId)).toBe(0);
    expect(await disputeKeys(placement.id, row?.id ?? "")).toEqual(["dispute:<id>:1", "dispute:<id>:2"]);
    await booksHold(world);
  });

  it("22.3.30: lost is clawed back from everybody, and disputed is back at zero", async () => {
    const placement = await charged();
    const opened = await controls.openDispute({ charge: placement.charge });
    await controls.loseDispute({ dispute: opened.id });
    await world.settle();
    await minute();
    const [row] = await disputesOf(placement.id);
    expect(row).toMatchObject({ status: "resolved", resolution: "lost" });
    const made = await db
      .select()
      .from(clawbacks)
      .where(sql`${clawbacks.placementId} = ${placement.id}`);
    expect(made.map(({ cause, causeId, refundCents }) => [cause, causeId, refundCents])).toEqual([["chargeback", row?.id, 2_000_000]]);
    expect(await statesOf(placement.id)).toEqual(["cancelled"]);
    expect(await disputed(placement.companyId)).toBe(0);
    await booksHold(world);
    await minute();
    expect((await disputesOf(placement.id)).length).toBe(1);
  });

  it("22.3.31: is the same however often, late and shuffled its events come", async () => {
    const placement = await charged();
    const opened = await controls.openDispute({ charge: placement.charge });
    await controls.winDispute({ dispute: opened.id });
    const told = (await world.stripe.webhooks()).toReversed();
    await world.deliver([...told, ...told]);
    await world.settle();
    await world.deliver(told);
    await world.settle();
    const [row, ...more] = await disputesOf(placement.id);
    expect([row?.status, more]).toEqual(["dismissed", []]);
    expect(await disputeKeys(placement.id, row?.id ?? "")).toEqual(["dispute:<id>:1", "dispute:<id>:2"]);
    expect(await statesOf(placement.id)).toEqual(["pending"]);
    expect(await disputed(placement.companyId)).toBe(0);
    const announced = await db
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${row?.id}`)
      .orderBy(outbox.id);
    expect(announced.map(({ eventType }) => eventType)).toEqual(["dispute.opened", "dispute.updated"]);
    await booksHold(world);
  });

  it("a part of a payment is withdrawn as a part", async () => {
    const placement = await charged();
    const opened = await controls.openDispute({ charge: placement.charge, amount: 500_000 });
    await world.settle();
    expect(await disputed(placement.companyId)).toBe(500_000);
    await controls.loseDispute({ dispute: opened.id });
    await world.settle();
    await minute();
    expect(await disputed(placement.companyId)).toBe(0);
    // example 1 of MONEY §21: 5,000.00 of 20,000.00
    const rows = await db
      .select()
      .from(transactions)
      .where(sql`${transactions.placementId} = ${placement.id}`);
    expect(rows.map(({ offsetCents }) => offsetCents).toSorted((one, other) => other - one)).toEqual([
      150_000, 75_000, 75_000, 40_000, 40_000,
    ]);
    expect(await statesOf(placement.id)).toEqual(["pending"]);
    await booksHold(world);
  });

  it("larger than what its placement has left takes that, and the rest is lost", async () => {
    const placement = await charged();
    await days(8);
    const before = await badDebt();
    await goodwill(placement.id);
    const opened = await refusedFor(placement.charge);
    // the company has the refund by wire, and its bank takes the whole payment back all the same
    const refund = (await refundOf(placement.id))?.id ?? "";
    const recorded = await world.call("POST", `refunds/${refund}/record`, {
      as: platformAdmin,
      body: {
        amount_cents: 500_000,
        approval_id: await approved("refund.record", refund, { amount_cents: 500_000 }),
        reason: "Wire 4713",
      },
    });
    expect(recorded.status, JSON.stringify(recorded.body)).toBe(200);
    await controls.loseDispute({ dispute: opened.id });
    await world.settle();
    await minute();
    expect((await disputesOf(placement.id))[0]).toMatchObject({ status: "resolved", resolution: "lost" });
    expect(await statesOf(placement.id)).toEqual(["cancelled"]);
    expect([await disputed(placement.companyId), (await badDebt()) - before]).toEqual([0, 500_000]);
    await booksHold(world);
  });

  it("that took a part of a credit leaves the rest of it to the replacement", async () => {
    const placement = await started();
    const [, second = ""] = await paidIn(placement.id, 1_200_000, 800_000);
    await fail(placement);
    await lost(second);
    const replacement = await replace(placement, { salary_cents: 11_000_000, start_date: inDays(20) });
    await days(21);
    expect(await invoiceOf(replacement)).toMatchObject({ creditAppliedCents: 1_200_000, amountDueCents: 1_000_000, status: "open" });
    expect(await disputed(placement.company.id)).toBe(0);
    await booksHold(world);
  });

  it("keeps the replacement waiting that its money paid for, and lost is taken from it", async () => {
    const placement = await started();
    const [charge = ""] = await paidIn(placement.id, 2_000_000);
    await fail(placement);
    const replacement = await replace(placement, { start_date: inDays(41) });
    const opened = await controls.openDispute({ charge });
    await world.settle();
    await days(21);
    expect(await invoiceOf(replacement)).toMatchObject({ status: "paid", amountDueCents: 0, creditAppliedCents: 2_000_000 });
    expect(await statesOf(replacement)).toEqual(["on_hold dispute_open"]);
    const before = await badDebt();
    await controls.loseDispute({ dispute: opened.id });
    await world.settle();
    await minute();
    await minute();
    expect((await disputesOf(placement.id))[0]).toMatchObject({ status: "resolved", resolution: "lost" });
    expect(await statesOf(replacement)).toEqual(["cancelled"]);
    expect([await disputed(placement.company.id), (await badDebt()) - before]).toEqual([0, 0]);
    await booksHold(world);
  });

  it("keeps a credit from being given back while the bank decides, and from being given back twice", async () => {
    const placement = await started();
    const [charge = ""] = await paidIn(placement.id, 2_000_000);
    await fail(placement);
    const opened = await controls.openDispute({ charge });
    await world.settle();
    await days(61);
    const [credit] = await db
      .select()
      .from(placementCredits)
      .where(sql`${placementCredits.placementId} = ${placement.id}`);
    expect(credit?.status).toBe("open");
    await controls.loseDispute({ dispute: opened.id });
    await world.settle();
    await minute();
    const [over] = await db
      .select()
      .from(placementCredits)
      .where(sql`${placementCredits.placementId} = ${placement.id}`);
    expect(over?.status).toBe("voided");
    expect(await disputed(placement.company.id)).toBe(0);
    await booksHold(world);
  });

  it("of a payment that is not known yet waits; of one that is none of ours is let go after a day", async () => {
    const placement = await charged();
    const held = await db
      .select()
      .from(invoicePayments)
      .where(sql`${invoicePayments.chargeId} = ${placement.charge}`);
    await db.execute(sql`alter table billing.invoice_payments disable trigger user`);
    await db
      .update(invoicePayments)
      .set({ chargeId: null, paymentIntentId: null })
      .where(sql`${invoicePayments.id} = ${held[0]?.id}`);
    await db.execute(sql`alter table billing.invoice_payments enable trigger user`);
    await controls.openDispute({ charge: placement.charge });
    await world.settle();
    expect(await disputesOf(placement.id)).toEqual([]);
    const waiting = async () =>
      (
        await db
          .select()
          .from(stripeEvents)
          .where(sql`${stripeEvents.type} like 'charge.dispute.%' and ${stripeEvents.processedAt} is null`)
      ).length;
    expect(await waiting()).toBe(2);
    await world.advance(25 * 3_600);
    await minute();
    expect(await waiting()).toBe(0);
    expect(await disputesOf(placement.id)).toEqual([]);
  });
});

describe("a refund that the payer's bank came before", () => {
  const owed = async (companyId: string): Promise<number> => (await signedBalances(world)).get(`refund_due:${companyId}`) ?? 0;

  it("waits while the bank decides; lost, the bank gave it back, and only the rest is clawed back", async () => {
    const { id, companyId, charge } = await charged();
    await days(8);
    const before = await badDebt();
    await goodwill(id);
    const opened = await controls.openDispute({ charge });
    await world.settle();
    expect(await refundOf(id)).toMatchObject({ status: "pending", failureReason: "charge_disputed", retryCount: 1 });
    await world.advance(2 * 3_600);
    await minute();
    expect(await refundOf(id)).toMatchObject({ status: "pending", failureReason: "dispute_open", retryCount: 1 });
    await booksHold(world);
    await controls.loseDispute({ dispute: opened.id });
    await world.settle();
    await minute();
    expect(await refundOf(id)).toMatchObject({ status: "done" });
    const taken = await db
      .select()
      .from(clawbacks)
      .where(sql`${clawbacks.placementId} = ${id}`);
    expect(taken.map(({ refundCents }) => refundCents).toSorted()).toEqual([1_500_000, 500_000]);
    expect([await disputed(companyId), await owed(companyId), await badDebt()]).toEqual([0, 0, before]);
    await booksHold(world);
  });

  it("that was given up is done by a lost chargeback, also of a placement that fell off, and nothing is lost with it", async () => {
    const placement = await started();
    const [charge = ""] = await paidIn(placement.id, 2_000_000);
    await fail(placement);
    await controls.setDelivery({ dropTypes: ["charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"] });
    await days(59);
    const opened = await controls.openDispute({ charge });
    await days(2);
    for (const hours of [2, 7]) {
      await world.advance(hours * 3_600);
      await minute();
    }
    expect(await refundOf(placement.id)).toMatchObject({ status: "failed", failureReason: "charge_disputed" });
    const before = await badDebt();
    await controls.loseDispute({ dispute: opened.id });
    await controls.setDelivery({ dropTypes: [] });
    await world.cron("10 3 * * *");
    await world.settle();
    await minute();
    expect(await refundOf(placement.id)).toMatchObject({ status: "done", failureReason: null });
    expect([await disputed(placement.company.id), await owed(placement.company.id), await badDebt()]).toEqual([0, 0, before]);
    await booksHold(world);
  });

  it("that was given up is asked for again when the chargeback is won", async () => {
    const { id, companyId, charge } = await charged();
    await days(8);
    await goodwill(id);
    const opened = await refusedFor(charge);
    expect(await refundOf(id)).toMatchObject({ status: "failed", failureReason: "charge_disputed" });
    await controls.winDispute({ dispute: opened.id });
    await world.settle();
    await minute();
    await days(1);
    expect(await refundOf(id)).toMatchObject({ status: "done" });
    expect([await disputed(companyId), await owed(companyId)]).toEqual([0, 0]);
    await booksHold(world);
  });
});
