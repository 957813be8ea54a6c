import { eq, sql } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { clawbacks, companyBillingProfiles, placementPayoutTransactions as transactions, stripeOperations } from "#db/schema/billing.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { marketplace } from "#test/api.ts";
import { booksHold, signedBalances } from "./books.ts";
import { fourEyes } from "./four-eyes.ts";
import { settledPlacements } from "./settled.ts";

const world = await marketplace();
const { controls } = world.stripe;
const { days, minute, started, pay, paidIn, invoiceOf } = settledPlacements(world);
const { admin, second, requested, approved } = await fourEyes(world);
const db = world.db.writer;

afterEach(async () => {
  await controls.clearFaults();
  await booksHold(world);
  await controls.assertConserved();
});

const act = (path: string, body: Record<string, unknown>, as: { token: string } = admin) => world.call("POST", path, { as, body });

const payoutsOf = (placementId: string) =>
  db
    .select()
    .from(transactions)
    .where(eq(transactions.placementId, placementId))
    .orderBy(sql`${transactions.amountCents} desc`);
const largestOf = async (placementId: string) => {
  const [row] = await payoutsOf(placementId);
  if (!row) throw new Error("no payout");
  return row;
};
const scheduleOf = async (placementId: string) =>
  (await world.call("GET", `payout-schedules?placement_id=${placementId}`, { as: admin })).body.data[0];
const reasonsOf = async (action: string, id: string) =>
  (
    await db
      .select({ reason: auditEvents.reason })
      .from(auditEvents)
      .where(sql`${auditEvents.action} = ${action} and ${auditEvents.subjectId} = ${id}`)
  ).map(({ reason }) => reason);

describe("processing a payout", () => {
  it("sends what is due before the minute's sweep does, and passes no condition over", async () => {
    const { id } = await started();
    await pay(id);
    const payout = await largestOf(id);
    const process = (as: { token: string } = admin) => act(`payout-transactions/${payout.id}/process`, { reason: "They wait" }, as);
    expect((await process()).body).toMatchObject({
      code: "conflict",
      reason: "payout_blocked",
      blockers: ["guarantee_running", "funds_settling"],
    });
    // refused once, and due again: without it nobody would take the row before the next minute
    await controls.fault({ kind: "refuse", route: "POST /v1/transfers", code: "parameter_invalid_integer", times: 1 });
    await days(91);
    await controls.clearFaults();
    const failed = (await payoutsOf(id)).find(({ status }) => status === "failed");
    expect(failed).toBeDefined();
    expect((await act(`payout-transactions/${failed?.id}/process`, { reason: "They wait" })).body.code).toBe("invalid_transition");
    await world.advance(2 * 3_600);
    expect((await act(`payout-transactions/${failed?.id}/process`, { reason: "They wait" })).status).toBe(200);
    await world.settle();
    const [sent] = await db
      .select()
      .from(transactions)
      .where(eq(transactions.id, failed?.id ?? ""));
    expect(sent?.status).toBe("completed");
    expect(await reasonsOf("payout.brought_forward", sent?.id ?? "")).toEqual(["They wait"]);
    expect((await act(`payout-transactions/${sent?.id}/process`, { reason: "Again" })).body).toMatchObject({
      code: "invalid_transition",
      from: "completed",
    });
    await minute();
  });
});

describe("triggering a schedule", () => {
  it("releases what may go at once, and names what it still waits for", async () => {
    const { id } = await started();
    const { id: scheduleId } = await scheduleOf(id);
    const trigger = (as: { token: string } = admin) => act(`payout-schedules/${scheduleId}/trigger`, { reason: "The payees call" }, as);
    expect((await trigger()).body).toMatchObject({ reason: "release_blocked", blockers: ["guarantee_running", "invoice_open"] });
    await pay(id);
    await days(89);
    // the guarantee ends by the sweep of its instant, which also releases: hold it for a review until then
    const hold = await act("escrow-holds", { placement_id: id, reason: "A review" });
    await days(2);
    expect((await trigger()).body).toMatchObject({ reason: "release_blocked", blockers: ["under_review"] });
    const approvalId = await approved("escrow_hold.release", hold.body.data.id, { to: "released" });
    await act(`escrow-holds/${hold.body.data.id}/release`, { approval_id: approvalId, reason: "Nothing found" });
    const triggered = await trigger();
    expect(triggered.body.data).toMatchObject({ status: "processing", trigger_event: "manual", blockers: [] });
    expect((await trigger()).body).toMatchObject({ code: "invalid_transition", from: "processing" });
    await world.settle();
    expect((await payoutsOf(id)).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => "completed"));
    expect(await reasonsOf("placement.released", scheduleId)).toEqual(["The payees call"]);
  });
});

describe("cancelling a schedule", () => {
  it("gives everything back before the release, by two admins: shares cancelled, invoice void, books even", async () => {
    const { id, company } = await started();
    const { id: scheduleId } = await scheduleOf(id);
    const cancel = (approvalId: string) => act(`payout-schedules/${scheduleId}/cancel`, { approval_id: approvalId, reason: "A sham hire" });
    const waiting = await requested("clawback", id, { amount_cents: 2_000_000 });
    expect((await cancel(waiting)).body.reason).toBe("approval_pending");
    await world.call("POST", `approvals/${waiting}/approve`, { as: second, body: {} });
    expect((await cancel(waiting)).body.data).toMatchObject({ id: scheduleId, status: "cancelled" });
    expect((await cancel(waiting)).body.code).toBe("invalid_transition");
    await world.settle();
    expect(await scheduleOf(id)).toMatchObject({ status: "cancelled" });
    expect((await payoutsOf(id)).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => "cancelled"));
    expect(await invoiceOf(id)).toMatchObject({ status: "void" });
    expect((await signedBalances(world)).get(`receivable:${company.id}`) ?? 0).toBe(0);
  });

  it("takes exactly what the escrow holds, and refunds what was paid", async () => {
    const { id, company } = await started();
    await pay(id);
    const { id: scheduleId } = await scheduleOf(id);
    const less = await approved("clawback", id, { amount_cents: 1_999_999 });
    const body = (approvalId: string) => ({ approval_id: approvalId, reason: "Agreed" });
    expect((await act(`payout-schedules/${scheduleId}/cancel`, body(less))).body.reason).toBe("approval_differs");
    await act(`approvals/${less}/reject`, { reason: "Not that much" });
    const all = await approved("clawback", id, { amount_cents: 2_000_000 });
    expect((await act(`payout-schedules/${scheduleId}/cancel`, body(all))).status).toBe(200);
    // the payment has to arrive before it can go back, and what it cost the platform comes out of its own
    await controls.fundPlatform({ amount: 100_000 });
    await days(8);
    expect((await signedBalances(world)).get(`refund_due:${company.id}`) ?? 0).toBe(0);
    expect(
      await db
        .select()
        .from(stripeOperations)
        .where(sql`${stripeOperations.kind} = 'refund' and ${stripeOperations.request} ->> 'placement_id' = ${id}`),
    ).toMatchObject([{ status: "done" }]);
  });

  it("settles an invoice that was voided in the provider's dashboard, which is a break until then", async () => {
    const { id, company } = await started();
    const stripeInvoiceId = (await invoiceOf(id))?.stripeInvoiceId ?? "";
    const log = vi.spyOn(console, "error");
    const voided = await fetch(`${world.stripe.url}/v1/invoices/${stripeInvoiceId}/void`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.stripe.key}` },
    });
    expect(voided.status).toBe(200);
    await world.settle();
    expect(await invoiceOf(id)).toMatchObject({ status: "open" });
    expect(log.mock.calls.map(([line]) => JSON.parse(String(line)).message)).toEqual([
      "an invoice was voided at the provider, and not by us",
    ]);
    log.mockRestore();
    const breaks = async () =>
      (await world.call("GET", `reconciliation-breaks?open=true&subject=${(await invoiceOf(id))?.id}`, { as: admin })).body.data;
    const reconcile = () => act("reconciliation-runs", { cut_at: new Date(Date.now() + 400 * 86_400_000).toISOString() });
    await reconcile();
    expect(await breaks()).toMatchObject([{ kind: "invoice_differs" }]);
    const { id: scheduleId } = await scheduleOf(id);
    const all = await approved("clawback", id, { amount_cents: 2_000_000 });
    expect((await act(`payout-schedules/${scheduleId}/cancel`, { approval_id: all, reason: "The claim was dropped" })).status).toBe(200);
    await minute();
    expect(await invoiceOf(id)).toMatchObject({ status: "void" });
    await reconcile();
    expect(await breaks()).toEqual([]);
    expect((await signedBalances(world)).get(`escrow:${id}`) ?? 0).toBe(0);
    expect((await signedBalances(world)).get(`refund_due:${company.id}`) ?? 0).toBe(0);
  });
});

describe("an invoice that was given up, and then voided in the provider's dashboard", () => {
  it("is a break until two admins cancel the release: owed again, taken off, void, and the books even", async () => {
    const { id, company } = await started();
    const { id: invoiceId, stripeInvoiceId } = (await invoiceOf(id)) ?? { id: "", stripeInvoiceId: "" };
    expect((await act(`placement-invoices/${invoiceId}/mark-uncollectible`, { reason: "Insolvent" })).status).toBe(200);
    await world.settle();
    const voided = await fetch(`${world.stripe.url}/v1/invoices/${stripeInvoiceId}/void`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.stripe.key}` },
    });
    expect(voided.status).toBe(200);
    vi.spyOn(console, "error").mockReturnValue();
    await world.settle();
    vi.restoreAllMocks();
    expect(await invoiceOf(id)).toMatchObject({ status: "uncollectible" });
    const breaks = async () => (await world.call("GET", `reconciliation-breaks?open=true&subject=${invoiceId}`, { as: admin })).body.data;
    const reconcile = () => act("reconciliation-runs", { cut_at: new Date(Date.now() + 400 * 86_400_000).toISOString() });
    await reconcile();
    expect(await breaks()).toMatchObject([{ kind: "invoice_differs" }]);

    const { id: scheduleId } = await scheduleOf(id);
    const all = await approved("clawback", id, { amount_cents: 2_000_000 });
    expect((await act(`payout-schedules/${scheduleId}/cancel`, { approval_id: all, reason: "Struck off" })).status).toBe(200);
    await world.settle();
    expect(await invoiceOf(id)).toMatchObject({ status: "void", creditedCents: 2_000_000 });
    expect((await payoutsOf(id)).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => "cancelled"));
    await reconcile();
    expect(await breaks()).toEqual([]);
    const balances = await signedBalances(world);
    for (const account of [`escrow:${id}`, `receivable:${company.id}`, `refund_due:${company.id}`] as const)
      expect(balances.get(account) ?? 0).toBe(0);
  });

  it("gives back what was paid of it before", async () => {
    const { id, company } = await started();
    await paidIn(id, 600_000);
    const invoiceId = (await invoiceOf(id))?.id ?? "";
    expect((await act(`placement-invoices/${invoiceId}/mark-uncollectible`, { reason: "Insolvent" })).status).toBe(200);
    await world.settle();
    const { id: scheduleId } = await scheduleOf(id);
    const all = await approved("clawback", id, { amount_cents: 2_000_000 });
    expect((await act(`payout-schedules/${scheduleId}/cancel`, { approval_id: all, reason: "Agreed" })).status).toBe(200);
    await days(8);
    await days(1);
    expect(await invoiceOf(id)).toMatchObject({ status: "paid", amountPaidCents: 600_000, creditedCents: 1_400_000 });
    expect((await signedBalances(world)).get(`refund_due:${company.id}`) ?? 0).toBe(0);
  });
});

describe("reversing a payout", () => {
  it("is a clawback that its payee bears alone, by two admins, to the cent", async () => {
    const { id, people } = await started();
    await pay(id);
    const payout = await largestOf(id);
    const reverse = async (amount: number, approvalId: string, as: { token: string } = admin) =>
      act(`payout-transactions/${payout.id}/reverse`, { amount_cents: amount, approval_id: approvalId, reason: "The wrong person" }, as);
    const some = async (amount: number) => reverse(amount, await approved("payout.reverse", payout.id, { amount_cents: amount }));
    const early = await approved("payout.reverse", payout.id, { amount_cents: 100_000 });
    expect((await reverse(100_000, early)).body).toMatchObject({ code: "invalid_transition", from: "pending" });
    await days(91);
    expect((await largestOf(id)).status).toBe("completed");
    expect((await reverse(100_000, early, people.candidate_recruiter)).status).toBe(403);
    expect((await reverse(100_001, early)).body.reason).toBe("approval_expired");
    const part = await some(100_000);
    expect(part.body.data).toMatchObject({ id: payout.id, status: "completed" });
    await world.settle();
    expect(await largestOf(id)).toMatchObject({ status: "completed", reversedCents: 100_000 });
    const over = await approved("payout.reverse", payout.id, { amount_cents: 500_001 });
    expect((await reverse(500_001, over)).body.code).toBe("validation_failed");
    await act(`approvals/${over}/reject`, { reason: "Over" });
    await some(500_000);
    await world.settle();
    expect(await payoutsOf(id)).toMatchObject([
      { status: "reversed", reversedCents: 600_000 },
      ...Array.from({ length: 4 }, () => ({ status: "completed", reversedCents: 0 })),
    ]);
    expect(await db.select().from(clawbacks).where(eq(clawbacks.placementId, id))).toMatchObject([
      { refundCents: 100_000, platformCents: 0, cause: "admin" },
      { refundCents: 500_000, platformCents: 0, cause: "admin" },
    ]);
    await minute();
  });
});

describe("a company's payment method", () => {
  it("is chosen on the provider's page, for a customer that is made once, and charges invoices from then on", async () => {
    const company = await world.company();
    const companyAdmin = await world.member(company);
    const path = `company-billing-profiles/${company.id}`;
    const open = (as: { token: string } = companyAdmin) =>
      act(`${path}/setup-intent`, { return_url: "https://app.splits.test/billing" }, as);
    expect((await open()).status).toBe(404);
    await world.call("PUT", path, { as: companyAdmin, body: { billing_email: "books@acme.test", billing_terms: "immediate" } });
    await controls.fault({ kind: "503", route: "POST /v1/customers", times: 1 });
    expect((await open()).status).toBe(503);
    await controls.clearFaults();
    await world.advance(600);
    await minute();
    const pages = await Promise.all([open(), open()]);
    expect(pages.map(({ status }) => status)).toEqual([201, 201]);
    expect(pages[0]?.body.data.url).toContain("/p/session/");
    const profile = async () => (await db.select().from(companyBillingProfiles).where(eq(companyBillingProfiles.companyId, company.id)))[0];
    const customer = (await profile())?.stripeCustomerId ?? "";
    expect(customer).toMatch(/^cus_/);
    await controls.setPaymentMethod({ customer });
    await world.settle();
    expect(await profile()).toMatchObject({ hasPaymentMethod: true });
    expect((await open(await world.member(company, "hiring_manager"))).status).toBe(403);
    expect((await open(await world.recruiter())).status).toBe(403);
  });
});
