import { eq, sql } from "drizzle-orm";
import { afterEach, describe, expect, it } from "vitest";
import { clawbacks, placementCredits, placementPayoutTransactions as transactions, stripeOperations } from "#db/schema/billing.ts";
import { stripeClient } from "#integrations/stripe/client.ts";
import { marketplace } from "#test/api.ts";
import { booksHold } from "./books.ts";
import { fourEyes } from "./four-eyes.ts";
import { settledPlacements } from "./settled.ts";

const world = await marketplace();
const { controls } = world.stripe;
const { admin, second, approved } = await fourEyes(world);
const { offer, hire, pass, days, minute, started, pay, paidIn, fail, invoiceOf } = settledPlacements(world);
const db = world.db.writer;
const stripe = await stripeClient({ secretKey: world.stripe.key, base: world.stripe.url });

afterEach(async () => {
  await world.settle();
  await booksHold(world);
});

const act = (path: string, body: Record<string, unknown>, as: { token: string } = admin) => world.call("POST", path, { as, body });
const payoutsOf = (placementId: string) =>
  db.select().from(transactions).where(eq(transactions.placementId, placementId)).orderBy(transactions.id);
const transfersOf = async (placementId: string) =>
  (await world.stripe.transfers()).filter(({ metadata }) => metadata["placement_id"] === placementId);

describe("a company", () => {
  it("replaces a candidate who left by another one, not by themselves", async () => {
    const placement = await started();
    await fail(placement);
    const [{ job_id, candidate_id } = { job_id: "", candidate_id: "" }] = (
      await db.execute<{ job_id: string; candidate_id: string }>(
        sql`select job_id, candidate_id from ats.placements where id = ${placement.id}`,
      )
    ).rows;
    const again = await offer({ company: placement.company, jobId: job_id, candidateId: candidate_id });
    const answer = await act(
      `placements/${placement.id}/replace`,
      { application_id: again.applicationId, salary_cents: 10_000_000, start_date: world.dateIn(0) },
      placement.companyAdmin,
    );
    expect(answer.body).toMatchObject({ code: "conflict", reason: "same_candidate" });
    const [credit] = await db.select().from(placementCredits).where(eq(placementCredits.placementId, placement.id));
    expect(credit).toMatchObject({ status: "open", usedCents: 0 });
  });

  it("reads no half cents, no negative ones and none that no column holds into any amount", async () => {
    const { id } = await started();
    for (const amount of [0, -1, 0.5, 1e21, "100", null]) {
      const wish = { placement_id: id, amount_cents: amount, borne_by: "everybody", reason: "x", approval_id: crypto.randomUUID() };
      expect((await act("clawbacks", wish)).status, String(amount)).toBe(422);
      const company = await world.company();
      const companyAdmin = await world.member(company);
      expect((await hire(companyAdmin, await offer({ company }), { salary_cents: amount })).status, `salary of ${amount}`).toBe(422);
    }
  });
});

describe("somebody with the provider's dashboard", () => {
  it("copies an invoice with all that it says of us: nothing of the copy is ours, and people see it", async () => {
    const { id } = await started();
    const invoice = await invoiceOf(id);
    const original = await stripe.invoices.retrieve(invoice?.stripeInvoiceId ?? "");
    const customer = typeof original.customer === "string" ? original.customer : (original.customer?.id ?? "");
    const copy = await stripe.invoices.create({
      customer,
      currency: "usd",
      auto_advance: false,
      pending_invoice_items_behavior: "exclude",
      collection_method: "send_invoice",
      days_until_due: 30,
      metadata: original.metadata ?? {},
    });
    await stripe.invoiceItems.create({ customer, invoice: copy.id, amount: 2_000_000, currency: "usd" });
    await stripe.invoices.finalizeInvoice(copy.id);
    await world.settle();
    await controls.payInvoice({ invoice: copy.id });
    await world.settle();
    expect(await invoiceOf(id)).toMatchObject({ status: "open", amountPaidCents: 0, stripeInvoiceId: original.id });
    expect((await act("reconciliation-runs", { cut_at: `${world.dateIn(1)}T00:00:00Z` })).status).toBe(201);
    const { body } = await world.call("GET", "reconciliation-breaks?kind=missing_entry&limit=100", { as: admin });
    expect((body.data as { expected: string }[]).map(({ expected }) => expected.split(" ")[0])).toContain("charge");
  });

  it("writes another line on an invoice before it is finalised: what is paid too much goes back", async () => {
    await controls.fault({ kind: "lost_before", route: "POST /v1/invoices/*/finalize", times: 1 });
    const { id } = await started();
    const open = await stripe.invoices.list({ status: "draft", limit: 100 });
    const draft = open.data.find(({ metadata }) => metadata?.["placement_id"] === id);
    expect(draft).toBeDefined();
    await stripe.invoiceItems.create({
      customer: String(draft?.customer),
      invoice: draft?.id ?? "",
      amount: 500,
      currency: "usd",
      description: "Somebody's idea",
    });
    await world.advance(600);
    await minute();
    await pay(id);
    expect(await invoiceOf(id)).toMatchObject({ status: "paid", amountDueCents: 2_000_000 });
    const refunds = await db
      .select()
      .from(stripeOperations)
      .where(sql`${stripeOperations.kind} = 'refund' and ${stripeOperations.request} ->> 'placement_id' = ${id}`);
    expect(refunds.map(({ status, request }) => [status, request["amount_cents"]])).toEqual([["done", 500]]);
  });
});

describe("two at the same moment", () => {
  it("three ways of taking the same money back never take more than was paid", async () => {
    const { id } = await started();
    await paidIn(id, 2_000_000);
    await days(91);
    const rows = await payoutsOf(id);
    expect(rows.map(({ status }) => status)).toEqual(rows.map(() => "completed"));
    const largest = rows.toSorted((one, other) => other.netCents - one.netCents)[0];
    const wishes = [
      { path: "clawbacks", action: "clawback", subject: id, amount: 2_000_000, body: { placement_id: id, borne_by: "everybody" } },
      { path: "clawbacks", action: "refund.above_policy", subject: id, amount: 480_000, body: { placement_id: id, borne_by: "platform" } },
      {
        path: `payout-transactions/${largest?.id}/reverse`,
        action: "payout.reverse",
        subject: largest?.id ?? "",
        amount: largest?.netCents ?? 0,
        body: {},
      },
    ] as const;
    const ready = await Promise.all(
      wishes.map(async ({ path, action, subject, amount, body }) => ({
        path,
        body: {
          ...body,
          amount_cents: amount,
          reason: "All of it",
          approval_id: await approved(action, subject, { amount_cents: amount }),
        },
      })),
    );
    const answers = await Promise.all(ready.map(({ path, body }, index) => act(path, body, index % 2 ? second : admin)));
    for (const { status, body } of answers) expect([200, 201, 409, 422], JSON.stringify(body)).toContain(status);
    const made = await db.select().from(clawbacks).where(eq(clawbacks.placementId, id));
    const total = made.reduce((sum, { refundCents }) => sum + refundCents, 0);
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThanOrEqual(2_000_000);
    await world.settle();
    await minute();
  });

  it("four sweeps and every message twice send each share once", async () => {
    const { id } = await started();
    await paidIn(id, 2_000_000);
    await pass(91);
    await Promise.all(Array.from({ length: 4 }, () => world.cron("* * * * *")));
    const ids = (await payoutsOf(id)).map((row) => row.id);
    await Promise.all([
      ...Array.from({ length: 4 }, () => world.consume("payouts", [{ transaction_ids: ids }])),
      world.cron("* * * * *"),
      world.settle(),
    ]);
    await minute();
    expect((await payoutsOf(id)).map(({ status }) => status)).toEqual(ids.map(() => "completed"));
    expect((await transfersOf(id)).map(({ metadata }) => metadata["payout_transaction_id"]).toSorted()).toEqual(ids.toSorted());
  });

  it("22.3.25: the switch goes off in mid-run: what is under way is recorded, and no new call is made", async () => {
    const { id } = await started();
    await paidIn(id, 2_000_000);
    await pass(91);
    const hold = await world.database.fault({ match: "claim_payout", action: "hold_after", times: 1 });
    const run = minute();
    await hold.held();
    const row = (await world.call("GET", "switches", { as: admin })).body.data.find(
      ({ name }: { name: string }) => name === "payouts.enabled",
    );
    expect((await act(`switches/${row.id}/change`, { enabled: false, reason: "Something is odd" })).status).toBe(200);
    await hold.release();
    await run;
    expect((await transfersOf(id)).length).toBe(1);
    expect((await payoutsOf(id)).map(({ status }) => status).toSorted()).toEqual(["completed", "pending", "pending", "pending", "pending"]);
    const approval_id = await approved("switch.change", row.id, { enabled: true });
    expect((await act(`switches/${row.id}/change`, { enabled: true, reason: "It was nothing", approval_id })).status).toBe(200);
    await minute();
    expect((await transfersOf(id)).length).toBe(5);
  });

  it("a credit's last minute: it is given back or used, never both", async () => {
    const placement = await started();
    await paidIn(placement.id, 2_000_000);
    await fail(placement);
    const { jobId } = (await db.select().from(placementCredits).where(eq(placementCredits.placementId, placement.id)))[0] ?? { jobId: "" };
    const { applicationId } = await offer({ company: placement.company, jobId });
    await pass(59);
    const hold = await world.database.fault({ match: "guard_hire", action: "hold_before", times: 1 });
    const asked = act(
      `placements/${placement.id}/replace`,
      { application_id: applicationId, salary_cents: 10_000_000, start_date: world.dateIn(0) },
      placement.companyAdmin,
    );
    await hold.held();
    await days(1);
    await hold.release();
    expect((await asked).body).toMatchObject({ code: "conflict" });
    const [credit] = await db.select().from(placementCredits).where(eq(placementCredits.placementId, placement.id));
    expect(credit).toMatchObject({ status: "refunded", usedCents: 0 });
  });
});
