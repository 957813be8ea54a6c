import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import {
  ledgerTransactions,
  placementPayoutTransactions as transactions,
  reconciliationBreaks,
  stripeOperations,
  taxThresholds,
} from "#db/schema/billing.ts";
import { outbox } from "#db/schema/ops.ts";
import { stripeClient } from "#integrations/stripe/client.ts";
import { marketplace } from "#test/api.ts";
import { booksHold } from "./books.ts";
import { fourEyes } from "./four-eyes.ts";
import { settledPlacements } from "./settled.ts";

const world = await marketplace();
const { admin, second, approved } = await fourEyes(world);
const { days, started, pay, invoiceOf } = settledPlacements(world);
const db = world.db.writer;
const stripe = await stripeClient({ secretKey: world.stripe.key, base: world.stripe.url });
const post = (path: string, body: object, as = admin) => world.call("POST", path, { as, body });

/** A run over everything until now, and what it opened and healed. */
async function reconcile(): Promise<{ opened: string[]; healed: number }> {
  const before = await openBreaks();
  const { status, body } = await post("reconciliation-runs", { cut_at: new Date(Date.now() + 400 * 86_400_000).toISOString() });
  if (status !== 201) throw new Error(JSON.stringify(body));
  const after = await openBreaks();
  return {
    opened: after.filter(({ id }) => !before.some((old) => old.id === id)).map(({ kind, subject }) => `${kind} ${subject}`),
    healed: body.data.healed,
  };
}

const openBreaks = async () =>
  db
    .select()
    .from(reconciliationBreaks)
    .where(sql`${reconciliationBreaks.resolvedAt} is null`)
    .orderBy(reconciliationBreaks.kind, reconciliationBreaks.subject);

const paid = async (placementId: string) =>
  db
    .select()
    .from(transactions)
    .where(sql`${transactions.placementId} = ${placementId}`)
    .orderBy(transactions.id);

const payoutsOn = async (): Promise<boolean> =>
  (await world.call("GET", "switches", { as: admin })).body.data.find(({ name }: { name: string }) => name === "payouts.enabled").enabled;

async function switchOn(): Promise<void> {
  const row = (await world.call("GET", "switches", { as: admin })).body.data.find(
    ({ name }: { name: string }) => name === "payouts.enabled",
  );
  const approval_id = await approved("switch.change", row.id, { enabled: true });
  expect((await post(`switches/${row.id}/change`, { enabled: true, reason: "Cleared", approval_id })).status).toBe(200);
}

describe("reconciliation", () => {
  let placement: Awaited<ReturnType<typeof started>>;
  let rows: Awaited<ReturnType<typeof paid>>;

  beforeAll(async () => {
    placement = await started();
    await pay(placement.id);
    await days(91);
    await days(1);
    rows = await paid(placement.id);
  }, 60_000);

  it("finds nothing wrong with a placement that went its whole way", async () => {
    expect(rows.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => "completed"));
    await booksHold(world);
    expect(await reconcile()).toEqual({ opened: [], healed: 0 });
    const { body } = await world.call("GET", "reconciliation-runs", { as: admin });
    expect(body.data[0].checked).toMatchObject({ transfers: 5, placements: 1 });
  });

  it("books what the platform moves to and from its own bank", async () => {
    await world.stripe.controls.fundPlatform({ amount: 500_000 });
    await world.stripe.controls.drainPlatform({ amount: 100_000 });
    await world.settle();
    expect(await reconcile()).toEqual({ opened: [], healed: 0 });
    const kinds = await db
      .select({ kind: ledgerTransactions.kind })
      .from(ledgerTransactions)
      .where(sql`${ledgerTransactions.kind} in ('sweep', 'topup')`)
      .orderBy(ledgerTransactions.kind);
    expect(kinds.map(({ kind }) => kind)).toEqual(["sweep", "topup"]);
    expect(await reconcile()).toEqual({ opened: [], healed: 0 });
  });

  it("22.3.32: an alien transfer opens a break, which heals when it comes back", async () => {
    const alien = await stripe.transfers.create({ amount: 1_000, currency: "usd", destination: rows[0]?.stripeConnectAccountId ?? "" });
    await world.settle();
    const movement = String(alien.balance_transaction);
    // our books do not know the movement either, and so not the balance
    expect(await reconcile()).toEqual({
      opened: [`alien_transfer ${alien.id}`, `missing_entry ${movement}`, "stripe_balance_differs stripe_balance"],
      healed: 0,
    });
    expect(await reconcile()).toEqual({ opened: [], healed: 0 });
    expect(await payoutsOn()).toBe(true);
    await stripe.transfers.createReversal(alien.id, { amount: 1_000 });
    await world.settle();
    const healing = await reconcile();
    // both movements stay without an entry: people have to say what they were
    expect(healing.healed).toBe(2);
    expect(healing.opened.map((one) => one.split(" ")[0])).toEqual(["missing_entry"]);
    for (const { id, kind } of await openBreaks()) {
      expect(kind).toBe("missing_entry");
      expect((await post(`reconciliation-breaks/${id}/resolve`, { resolution: "A test transfer" })).status).toBe(200);
    }
    // resolved by people, it is not opened again
    expect(await reconcile()).toEqual({ opened: [], healed: 0 });
  });

  it("22.3.32: a changed amount opens a break, and healing closes it", async () => {
    const row = rows[0];
    // nobody can change it in the ledger; so the transfer says something else than the transaction
    const taking = (offset: number) =>
      db.execute(
        sql`update billing.placement_payout_transactions set offset_cents = ${offset}, net_amount = amount - ${offset} / 100.0 where id = ${row?.id}`,
      );
    await db.execute(sql`alter table billing.placement_payout_transactions disable trigger user`);
    await taking(1);
    expect(await reconcile()).toEqual({ opened: [`transfer_differs ${row?.id}`], healed: 0 });
    expect(await payoutsOn()).toBe(false);
    const told = await db
      .select()
      .from(outbox)
      .where(sql`${outbox.eventType} = 'reconciliation.break_opened' and ${outbox.payload} ->> 'severity' = 'critical'`);
    expect(told.length).toBe(1);
    await taking(0);
    await db.execute(sql`alter table billing.placement_payout_transactions enable trigger user`);
    expect(await reconcile()).toEqual({ opened: [], healed: 1 });
    // what is healed turns nothing on by itself
    expect(await payoutsOn()).toBe(false);
    await switchOn();
  });

  it("22.3.23 and 22.3.32: a double transfer pauses payouts, and a critical break takes two to resolve", async () => {
    const row = rows[1];
    const double = await stripe.transfers.create({
      amount: row?.netCents ?? 0,
      currency: "usd",
      destination: row?.stripeConnectAccountId ?? "",
      metadata: { payout_transaction_id: row?.id ?? "" },
    });
    await world.settle();
    const { opened } = await reconcile();
    expect(opened).toContain(`double_transfer ${row?.id}`);
    expect(await payoutsOn()).toBe(false);
    const found = (await openBreaks()).find(({ kind }) => kind === "double_transfer");
    const path = `reconciliation-breaks/${found?.id}`;
    expect((await world.call("PATCH", path, { as: admin, body: { owner_user_id: second.userId } })).body.data.owner_user_id).toBe(
      second.userId,
    );
    const stranger = await world.recruiter();
    expect((await world.call("PATCH", path, { as: admin, body: { owner_user_id: stranger.userId } })).status).toBe(422);
    expect((await world.call("GET", path, { as: stranger })).status).toBe(404);
    expect((await world.call("GET", "reconciliation-breaks", { as: stranger })).status).toBe(403);
    expect((await post("reconciliation-runs", {}, stranger)).status).toBe(403);
    expect((await post(`${path}/resolve`, { resolution: "Asked back" })).status).toBe(422);
    const approval_id = await approved("break.resolve", found?.id ?? "");
    expect((await post(`${path}/resolve`, { resolution: "Asked back", approval_id })).body.data.resolution).toBe("Asked back");
    await stripe.transfers.createReversal(double.id, { amount: row?.netCents ?? 0 });
    await switchOn();
  });

  it("a clawback after the payout, its reversals and the tax year agree with one another", async () => {
    const payee = placement.people.candidate_recruiter;
    const year = new Date(rows[0]?.completedAt ?? 0).getUTCFullYear();
    await db
      .insert(taxThresholds)
      .values({ year, form: "1099-NEC", cents: 200_000 as never })
      .onConflictDoNothing();
    const reportable = async () => {
      const { body } = await world.call("GET", `tax-totals?year=${year}`, { as: payee });
      return body.data.map((each: { reportable: string; state: string }) => [each.reportable, each.state]);
    };
    expect(await reportable()).toEqual([["6000.00", "due"]]);
    await reconcile();
    const approval_id = await approved("clawback", placement.id, { amount_cents: 1_500_000 });
    const made = await post("clawbacks", { placement_id: placement.id, amount_cents: 1_500_000, reason: "Goodwill", approval_id });
    expect([made.status, made.body]).toEqual([201, made.body]);
    await world.settle();
    await booksHold(world);
    expect(await reportable()).toEqual([["1500.00", "below_threshold"]]);
    expect((await reconcile()).opened).toEqual([]);
  });

  it("an operation that was given up is a break until somebody has seen to it", async () => {
    const about = { company_id: placement.company.id, placement_id: placement.id, invoice_ids: [], amount_cents: 1 };
    const given = { subjectType: "x", status: "failed", nextAttemptAt: new Date() } as const;
    const [refund, ended] = await db
      .insert(stripeOperations)
      .values([
        { ...given, kind: "credit_note", subjectId: crypto.randomUUID(), request: about, failureReason: "refused" },
        // it was stopped on purpose
        { ...given, kind: "invoice_issue", subjectId: crypto.randomUUID(), request: about, failureReason: "placement_failed" },
      ])
      .returning({ id: stripeOperations.id });
    expect((await reconcile()).opened).toEqual([`operation_failed ${refund?.id}`]);
    await db
      .update(stripeOperations)
      .set({ status: "done" })
      .where(sql`${stripeOperations.id} in (${refund?.id}, ${ended?.id})`);
    await reconcile();
    expect((await openBreaks()).filter(({ kind }) => kind === "operation_failed")).toEqual([]);
  });

  it("of more breaks than one run opens the rest is opened by the next minute, not the next day", async () => {
    const about = { company_id: placement.company.id, placement_id: placement.id, invoice_ids: [], amount_cents: 1 };
    const given = { subjectType: "many", status: "failed", nextAttemptAt: new Date(), failureReason: "refused", request: about } as const;
    await db
      .insert(stripeOperations)
      .values(Array.from({ length: 520 }, () => ({ ...given, kind: "credit_note" as const, subjectId: crypto.randomUUID() })));
    const failed = async () => (await openBreaks()).filter(({ kind }) => kind === "operation_failed").length;
    const first = await post("reconciliation-runs", {});
    expect(first.body.data).toMatchObject({ opened: 500, postponed: 20 });
    expect(await failed()).toBe(500);
    await world.cron("* * * * *");
    expect(await failed()).toBe(520);
    const runs = async () => (await world.call("GET", "reconciliation-runs", { as: admin })).body.pagination.total;
    const after = await runs();
    await world.cron("* * * * *");
    expect(await runs()).toBe(after);
    await db
      .update(stripeOperations)
      .set({ status: "done" })
      .where(sql`${stripeOperations.subjectType} = 'many'`);
    await reconcile();
    expect(await failed()).toBe(0);
  });

  it("holds an invoice against Stripe's for as long as it is open", async () => {
    const slow = await started();
    await days(60);
    await reconcile();
    await world.stripe.controls.setDelivery({ dropTypes: ["invoice.paid", "invoice_payment.paid"] });
    await world.stripe.controls.payInvoice({ invoice: (await invoiceOf(slow.id))?.stripeInvoiceId ?? "" });
    await world.settle();
    await world.stripe.controls.setDelivery({ dropTypes: [] });
    expect((await reconcile()).opened).toContain(`invoice_differs ${(await invoiceOf(slow.id))?.id}`);
  });

  it("22.3.32: a missing entry opens a break, and healing closes it", async () => {
    const { id } = await started();
    await world.stripe.controls.payInvoice({ invoice: (await invoiceOf(id))?.stripeInvoiceId ?? "" });
    await world.deliver(); // and nobody has worked on it yet
    const { opened } = await reconcile();
    expect(opened.map((one) => one.split(" ")[0])).toContain("missing_entry");
    await world.settle();
    expect(await reconcile()).toEqual({ opened: [], healed: opened.length });
  });

  it("a silent provider is a wait, not a break", async () => {
    await world.stripe.controls.fault({ method: "GET", path: "/v1/balance", kind: "stored_500", times: 1 } as never);
    const answer = await post("reconciliation-runs", {});
    expect([answer.status, answer.body.code]).toEqual([503, "service_unavailable"]);
    await world.stripe.controls.clearFaults();
  });
});
