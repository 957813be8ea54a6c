import { sql } from "drizzle-orm";
import { afterAll, describe, expect, it } from "vitest";
import { placements } from "#db/schema/ats.ts";
import {
  escrowHolds,
  payoutSchedules,
  placementCredits,
  placementInvoices,
  placementPayoutTransactions,
  stripeOperations,
} from "#db/schema/billing.ts";
import { outbox } from "#db/schema/ops.ts";
import { DEAL_ROLES, type DealRole } from "#domain/commission/deal-roles.ts";
import { marketplace, type Person } from "#test/api.ts";
import { fourEyes } from "#test/api/four-eyes.ts";
import { booksHold, postingKeys, signedBalances } from "./books.ts";
import { hires, type Offer, type RecruiterPerson } from "./hires.ts";
import { settledPlacements } from "./settled.ts";

const world = await marketplace();
const { subscribe, offer, hire } = hires(world);
const { payees } = settledPlacements(world);
const db = world.db.writer;
const DAY = 86_400;

let ahead = 0;
/** Moves time on to an instant; it never stands still, so a test may find itself a moment behind it. */
async function until(instant: Date): Promise<void> {
  const seconds = Math.ceil((instant.getTime() - Date.now()) / 1_000) - ahead;
  if (seconds <= 0) return;
  ahead += seconds;
  await world.advance(seconds);
}
const days = async (count: number): Promise<void> => {
  ahead += count * DAY;
  await world.advance(count * DAY);
};
const midnight = (date: string): Date => new Date(`${date}T00:00:00Z`);
const seconds = (at: Date, count: number): Date => new Date(at.getTime() + count * 1_000);

/** One minute of the schedule, and what it sets going. */
async function minute(): Promise<void> {
  await world.settle();
  await world.cron("* * * * *");
  await world.settle();
}

async function employer(terms: Record<string, unknown> = {}) {
  const company = await world.company();
  const admin = await world.member(company);
  const answer = await world.call("PUT", `company-billing-profiles/${company.id}`, {
    as: admin,
    body: { billing_email: "books@acme.test", ...terms },
  });
  expect(answer.status).toBe(200);
  return { company, admin };
}

async function five(): Promise<Record<DealRole, RecruiterPerson>> {
  const people = await Promise.all(
    DEAL_ROLES.map(async (name) => {
      const recruiter = await world.recruiter(name);
      await subscribe(recruiter, "paid");
      return [name, recruiter] as const;
    }),
  );
  return Object.fromEntries(people) as Record<DealRole, RecruiterPerson>;
}

interface Setting {
  company: Awaited<ReturnType<typeof world.company>>;
  admin: Person;
  recruiters: Record<DealRole, RecruiterPerson>;
}

const setting = async (terms: Record<string, unknown> = {}): Promise<Setting> => ({ ...(await employer(terms)), recruiters: await five() });

/** A hire that starts in so many days; 0 starts at once. */
async function hired({ company, admin, recruiters }: Setting, startsIn = 0, job: Parameters<typeof offer>[0]["job"] = {}) {
  const deal = await offer({ company, recruiters, job });
  const answer = await hire(admin, deal, { start_date: world.dateIn(startsIn) });
  expect(answer.body, JSON.stringify(answer.body)).toMatchObject({ data: { placement_fee_cents: 2_000_000 } });
  await world.settle();
  return { deal, id: answer.body.data.id as string };
}

/** Another candidate of the same role, hired in place of one who left. */
async function replace({ company, admin, recruiters }: Setting, failed: { deal: Offer; id: string }, salaryCents: number, startsIn = 0) {
  const deal = await offer({ company, recruiters, jobId: failed.deal.jobId });
  const answer = await world.call("POST", `placements/${failed.id}/replace`, {
    as: admin,
    body: { application_id: deal.applicationId, salary_cents: salaryCents, start_date: world.dateIn(startsIn) },
  });
  await world.settle();
  return { answer, deal, id: answer.body.data?.id as string };
}

const fail = async (as: Person, id: string) => {
  const answer = await world.call("POST", `placements/${id}/fail`, { as, body: { reason: "Left after the first weeks" } });
  await world.settle();
  return answer;
};

/** Everything the tables hold about a placement's money. */
async function rows(id: string) {
  const [[placement], [invoice], [hold], schedules, transactions, [credit]] = await db.batch([
    db
      .select()
      .from(placements)
      .where(sql`${placements.id} = ${id}`),
    db
      .select()
      .from(placementInvoices)
      .where(sql`${placementInvoices.placementId} = ${id}`),
    db
      .select()
      .from(escrowHolds)
      .where(sql`${escrowHolds.placementId} = ${id}`),
    db
      .select()
      .from(payoutSchedules)
      .where(sql`${payoutSchedules.placementId} = ${id}`),
    db
      .select()
      .from(placementPayoutTransactions)
      .where(sql`${placementPayoutTransactions.placementId} = ${id}`),
    db
      .select()
      .from(placementCredits)
      .where(sql`${placementCredits.placementId} = ${id}`),
  ]);
  return { placement, invoice, hold, schedule: schedules[0], transactions, credit };
}

const statuses = async (id: string) => [...new Set((await rows(id)).transactions.map((row) => row.status))];

/** Pays an invoice at Stripe, in whole or in part. */
async function pay(id: string, given: { amount?: number; outside?: boolean } = {}): Promise<void> {
  const { invoice } = await rows(id);
  await world.stripe.controls.payInvoice({ invoice: invoice?.stripeInvoiceId ?? "", ...given });
  await world.settle();
}

const told = async (subject: string): Promise<string[]> =>
  (
    await db
      .select({ type: outbox.eventType })
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${subject}`)
      .orderBy(outbox.id)
  ).map(({ type }) => type);

const operationsOf = async (companyId: string): Promise<string[]> =>
  (
    await db
      .select()
      .from(stripeOperations)
      .where(sql`${stripeOperations.request} ->> 'company_id' = ${companyId} and ${stripeOperations.kind} <> 'invoice_issue'`)
      .orderBy(stripeOperations.createdAt, stripeOperations.id)
  ).map(({ kind, status, request }) => `${kind} ${String(request["amount_cents"])} ${status}`);

const owedBack = async (companyId: string): Promise<number> => 0 - ((await signedBalances(world)).get(`refund_due:${companyId}`) ?? 0);

afterAll(async () => {
  await world.settle();
  await world.stripe.controls.assertConserved();
  const { available, pending } = await world.stripe.controls.balance();
  expect((await signedBalances(world)).get("stripe_balance") ?? 0).toBe(available + pending);
});

describe("the money of a placement", () => {
  it("22.3.15 and scenario 47: follows the time line: held at the hire, invoiced at the start, released and paid out when complete", async () => {
    const set = { ...(await employer()), recruiters: await payees() };
    const { id } = await hired(set, 10);
    const startDate = world.dateIn(10);
    const first = await rows(id);
    expect(first).toMatchObject({
      placement: { state: "hired" },
      hold: { status: "active", holdAmountCents: 2_000_000, releaseScheduledDate: world.dateIn(100) },
      schedule: { status: "scheduled", scheduledDate: world.dateIn(100) },
    });
    expect(first.invoice).toBeUndefined();

    await until(seconds(midnight(startDate), -30));
    await minute();
    expect((await rows(id)).placement?.state).toBe("hired");
    await until(midnight(startDate));
    await minute();
    const started = await rows(id);
    expect(started).toMatchObject({
      placement: { state: "active" },
      invoice: { status: "open", amountDueCents: 2_000_000, billingTerms: "net_30", dueDate: world.dateIn(30) },
    });
    expect(started.invoice?.stripeInvoiceId).toMatch(/^in_/);
    expect(await postingKeys(world, id)).toEqual([`invoice:${started.invoice?.id}`]);
    await booksHold(world);

    await days(26);
    await pay(id);
    const paid = await rows(id);
    expect(paid.invoice).toMatchObject({ status: "paid", amountPaidCents: 2_000_000 });
    expect(paid.invoice?.collectibleAt).not.toBeNull();
    expect(await told(paid.invoice?.id ?? "")).toEqual(["invoice.created", "invoice.finalized", "invoice.paid"]);
    await booksHold(world);

    const end = midnight(first.schedule?.scheduledDate ?? "");
    await until(seconds(end, -30));
    await minute();
    const waiting = await rows(id);
    expect(waiting.placement?.state).toBe("active");
    expect(waiting.transactions.map(({ status, attempts }) => [status, attempts])).toEqual(Array(5).fill(["pending", 0]));
    await until(end);
    await minute();
    const done = await rows(id);
    expect(done).toMatchObject({ placement: { state: "completed" }, hold: { status: "released" } });
    expect(done.transactions.map(({ status }) => status)).toEqual(Array(5).fill("completed"));
    expect(new Set(done.transactions.map(({ stripeTransferId }) => stripeTransferId)).size).toBe(5);
    expect(await told(done.schedule?.id ?? "")).toContain("payout_schedule.released");
    const books = await signedBalances(world);
    expect(books.get(`payable:${set.recruiters.candidate_recruiter.recruiterId}`)).toBe(0);
    expect(books.get(`escrow:${id}`)).toBe(0);
    await booksHold(world);
  });

  it("22.3.16 and scenario 48: releases nothing of an unpaid invoice, however long the guarantee is over, and 7 days after it was paid past Stripe", async () => {
    const set = await setting();
    const { id } = await hired(set);
    await days(90);
    for (let day = 0; day < 10; day++) {
      await days(1);
      await minute();
    }
    const late = await rows(id);
    expect(late).toMatchObject({ placement: { state: "completed" }, schedule: { status: "scheduled" }, invoice: { status: "open" } });
    expect(await statuses(id)).toEqual(["pending"]);
    const admin = await world.platformAdmin();
    const shown = await world.call("GET", `payout-schedules?placement_id=${id}&include=transactions`, { as: admin });
    expect(shown.body.data[0]).toMatchObject({ status: "scheduled", blockers: ["invoice_overdue"] });
    expect(shown.body.data[0].transactions).toHaveLength(5);
    await booksHold(world);

    await pay(id, { outside: true });
    const { invoice } = await rows(id);
    expect(invoice).toMatchObject({ status: "paid" });
    expect((invoice?.collectibleAt?.getTime() ?? 0) - (invoice?.paidAt?.getTime() ?? 0)).toBe(7 * DAY * 1_000);
    await booksHold(world);
    await until(seconds(invoice?.collectibleAt ?? new Date(), -60));
    await minute();
    expect((await rows(id)).schedule?.status).toBe("scheduled");
    await until(invoice?.collectibleAt ?? new Date());
    await minute();
    expect((await rows(id)).schedule?.releasedAt).not.toBeNull();
    await booksHold(world);
  });

  it("22.3.17: books partial payments as they come, and is paid only when nothing is left", async () => {
    const set = await setting();
    const { id } = await hired(set);
    await pay(id, { amount: 500_000 });
    expect((await rows(id)).invoice).toMatchObject({ status: "open", amountPaidCents: 500_000, collectibleAt: null });
    await booksHold(world);
    await days(91);
    await minute();
    expect((await rows(id)).schedule?.status).toBe("scheduled");
    await pay(id, { amount: 1_500_000 });
    expect((await rows(id)).invoice).toMatchObject({ status: "paid", amountPaidCents: 2_000_000 });
    await booksHold(world);
    await days(8);
    await minute();
    expect((await rows(id)).schedule?.releasedAt).not.toBeNull();
    await booksHold(world);
  });

  it("scenario 52: completes at the start without a guarantee, and pays when the invoice is settled", async () => {
    const set = await setting();
    const { id } = await hired(set, 0, { guaranteeDays: 0 });
    expect((await rows(id)).hold).toBeUndefined();
    await minute();
    expect((await rows(id)).placement?.state).toBe("completed");
    expect((await fail(set.admin, id)).body).toMatchObject({ code: "conflict", reason: "guarantee_expired" });
    await pay(id);
    await days(8);
    await minute();
    expect((await rows(id)).schedule?.releasedAt).not.toBeNull();
    await booksHold(world);
  });

  it("moves hold and schedule with another start date, and invoices a start that has come", async () => {
    const set = await setting();
    const { id } = await hired(set, 10);
    const confirm = (body: Record<string, unknown>) => world.call("POST", `placements/${id}/confirm-start`, { as: set.admin, body });
    expect((await confirm({ start_date: world.dateIn(20) })).status).toBe(200);
    expect(await rows(id)).toMatchObject({
      hold: { releaseScheduledDate: world.dateIn(110) },
      schedule: { scheduledDate: world.dateIn(110) },
    });
    expect((await confirm({})).body.data.state).toBe("active");
    await world.settle();
    expect((await rows(id)).invoice).toMatchObject({ status: "open" });
    await booksHold(world);
  });

  it("holds the payouts of an invoice that was given up, and lets them go when it is paid after all", async () => {
    const set = await setting();
    const { id } = await hired(set);
    const { invoice } = await rows(id);
    const mark = (as: Person) =>
      world.call("POST", `placement-invoices/${invoice?.id}/mark-uncollectible`, { as, body: { reason: "Insolvent" } });
    expect((await mark(set.admin)).status).toBe(403);
    const answer = await mark(await world.platformAdmin());
    expect(answer.body.data).toMatchObject({ status: "uncollectible" });
    await world.settle();
    expect((await rows(id)).transactions.every(({ holdReasons }) => holdReasons.includes("invoice_uncollectible"))).toBe(true);
    await booksHold(world);
    await pay(id);
    expect(await statuses(id)).toEqual(["pending"]);
    expect((await rows(id)).invoice?.status).toBe("paid");
    await booksHold(world);
  });

  it("reminds on the due date and 7, 14 and 30 days after it, once each", async () => {
    const set = await setting();
    const { id } = await hired(set);
    const { invoice } = await rows(id);
    for (const count of [29, 1, 0, 7, 7, 16, 10]) {
      await days(count);
      await world.cron("10 3 * * *");
    }
    expect((await told(invoice?.id ?? "")).filter((type) => type === "invoice.overdue")).toHaveLength(4);
    expect((await rows(id)).invoice?.remindedDays).toBe(30);
  });

  it("rests while a credit may end it, and goes on when a replacement has taken the credit", async () => {
    const set = await setting();
    const [resting, used] = [await hired(set), await hired(set)];
    for (const { id } of [resting, used]) await fail(set.admin, id);
    await replace(set, used, 10_000_000);
    await days(30);
    await world.cron("10 3 * * *");
    const reminded = async (id: string) => (await rows(id)).invoice?.remindedDays;
    expect([await reminded(resting.id), await reminded(used.id)]).toEqual([null, 0]);
  });
});

describe("what Stripe tells", () => {
  it("of a payment that failed is told to the company and changes nothing", async () => {
    const set = await setting();
    const { id } = await hired(set);
    const { invoice } = await rows(id);
    await world.stripe.controls.failPayment({ invoice: invoice?.stripeInvoiceId ?? "" });
    await world.settle();
    expect(await told(invoice?.id ?? "")).toContain("invoice.payment_failed");
    expect((await rows(id)).invoice?.status).toBe("open");
    const heard = await world.call("GET", "notifications?category=billing", { as: set.admin });
    expect(heard.body.data.length).toBeGreaterThan(0);
    await booksHold(world);
  });

  it("of a payment while the invoice is being voided goes back by a refund", async () => {
    const set = await setting({ billing_terms: "net_90" });
    const { id } = await hired(set);
    await fail(set.admin, id);
    await days(61);
    await world.cron("* * * * *"); // the books void it; Stripe has not heard of it yet
    const { invoice } = await rows(id);
    expect(invoice?.status).toBe("void");
    await world.stripe.controls.payInvoice({ invoice: invoice?.stripeInvoiceId ?? "" });
    await world.settle();
    expect(await operationsOf(set.company.id)).toEqual(["invoice_void 2000000 done", "refund 2000000 done"]);
    expect(await owedBack(set.company.id)).toBe(0);
    await booksHold(world);
  });

  it("of an invoice that was issued after its placement fell off ends in a void one", async () => {
    const set = await setting();
    const deal = await offer({ company: set.company, recruiters: set.recruiters });
    const answer = await hire(set.admin, deal, { start_date: world.dateIn(0) });
    const id = answer.body.data.id as string;
    await world.stripe.controls.fault({ kind: "lost_after", route: "POST /v1/invoices/*/finalize" });
    await world.drain();
    await world.stripe.webhooks(); // lost too
    expect((await fail(set.admin, id)).status).toBe(200);
    expect((await rows(id)).invoice).toMatchObject({ status: "void", stripeInvoiceId: null });
    await days(1);
    await minute();
    const { invoice } = await rows(id);
    expect(invoice?.stripeInvoiceId).toMatch(/^in_/);
    expect(await operationsOf(set.company.id)).toEqual(["invoice_void 2000000 done"]);
    expect(await postingKeys(world, id)).toEqual([]);
    await booksHold(world);
  });

  it("of a refund that the bank sent back makes it due again; the third is for people, who record what they paid", async () => {
    const set = await setting();
    const { id } = await hired(set);
    await pay(id);
    await fail(set.admin, id);
    await days(61);
    await minute();
    const refund = async () =>
      (
        await db
          .select()
          .from(stripeOperations)
          .where(sql`${stripeOperations.kind} = 'refund' and ${stripeOperations.request} ->> 'placement_id' = ${id}`)
      )[0];
    const returned = async () => {
      await world.stripe.controls.failRefund({ refund: (await refund())?.stripeObjectId ?? "" });
      await world.settle();
      await booksHold(world);
    };
    await returned();
    expect(await operationsOf(set.company.id)).toEqual(["refund 2000000 pending"]);
    expect(await owedBack(set.company.id)).toBe(2_000_000);
    await days(1);
    await minute();
    expect(await operationsOf(set.company.id)).toEqual(["refund 2000000 done"]);
    expect(await owedBack(set.company.id)).toBe(0);
    await returned();
    await days(1);
    await minute();
    await returned();
    expect(await operationsOf(set.company.id)).toEqual(["refund 2000000 failed"]);
    expect(await owedBack(set.company.id)).toBe(2_000_000);

    const { admin, second, approved } = await fourEyes(world);
    const path = `refunds/${(await refund())?.id}`;
    const record = (amount: number, approvalId: string) =>
      world.call("POST", `${path}/record`, {
        as: admin,
        body: { amount_cents: amount, approval_id: approvalId, reason: "Wire 4711" },
      });
    const approvalId = await approved("refund.record", (await refund())?.id ?? "", { amount_cents: 2_000_000 });
    expect((await record(1_999_999, approvalId)).body).toMatchObject({ status: 409, reason: "refund_differs" });
    expect((await record(2_000_000, approvalId)).body.data).toMatchObject({ status: "done", refunded: "20000.00" });
    expect((await record(2_000_000, approvalId)).body).toMatchObject({ status: 409, reason: "refund_on_its_way" });
    expect((await world.call("GET", `refunds?company_id=${set.company.id}`, { as: second })).body.data).toMatchObject([
      { amount_cents: 2_000_000, refunded_cents: 2_000_000, status: "done" },
    ]);
    expect(await owedBack(set.company.id)).toBe(0);
    await booksHold(world);
  });

  it("of a refund that came back before we booked it leaves it due, with both ways in the books", async () => {
    const set = await setting();
    const { id } = await hired(set);
    await pay(id);
    await fail(set.admin, id);
    await days(61);
    await world.stripe.controls.setDelivery({ dropTypes: ["refund.created", "refund.updated"] });
    // Stripe makes the refund, and our booking of it fails
    await world.database.fault({ action: "fail", match: "guard_operation", times: 1 });
    await minute();
    await world.stripe.controls.setDelivery({ dropTypes: [] });
    expect(await operationsOf(set.company.id)).toEqual(["refund 2000000 processing"]);
    const refunds = await fetch(`${world.stripe.url}/v1/refunds?limit=1`, { headers: { authorization: `Bearer ${world.stripe.key}` } });
    const [made] = ((await refunds.json()) as { data: { id: string }[] }).data;
    await world.stripe.controls.failRefund({ refund: made?.id ?? "" });
    await world.settle();
    await booksHold(world);
    expect(await operationsOf(set.company.id)).toEqual(["refund 2000000 pending"]);
    expect(await owedBack(set.company.id)).toBe(2_000_000);
    await days(1);
    await minute();
    expect(await operationsOf(set.company.id)).toEqual(["refund 2000000 done"]);
    expect(await owedBack(set.company.id)).toBe(0);
    await booksHold(world);
  });

  it("of money that came past Stripe gives back by hand what Stripe never had", async () => {
    const set = await setting();
    const { id } = await hired(set);
    const { invoice } = await rows(id);
    await world.stripe.controls.payInvoice({ invoice: invoice?.stripeInvoiceId ?? "", amount: 500_000 });
    await world.settle();
    await fetch(`${world.stripe.url}/v1/invoices/${invoice?.stripeInvoiceId}/pay`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.stripe.key}`, "content-type": "application/x-www-form-urlencoded" },
      body: "paid_out_of_band=true",
    });
    await world.settle();
    expect((await rows(id)).invoice).toMatchObject({ status: "paid", amountPaidCents: 2_000_000 });
    await booksHold(world);
    await fail(set.admin, id);
    await days(61);
    await minute();
    expect(await operationsOf(set.company.id)).toEqual(["refund 2000000 failed"]);
    expect(await owedBack(set.company.id)).toBe(1_500_000);
    const { admin, approved } = await fourEyes(world);
    const [refund] = (await world.call("GET", `refunds?placement_id=${id}`, { as: admin })).body.data;
    expect(refund).toMatchObject({ failure_reason: "refund_by_hand", refunded_cents: 500_000 });
    const approvalId = await approved("refund.record", refund.id, { amount_cents: 1_500_000 });
    const answer = await world.call("POST", `refunds/${refund.id}/record`, {
      as: admin,
      body: { amount_cents: 1_500_000, approval_id: approvalId, reason: "Wire 4712" },
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(await owedBack(set.company.id)).toBe(0);
    await booksHold(world);
  });

  it("22.3.31: twice, late or in any order ends in the same books", async () => {
    const set = await setting();
    const deal = await offer({ company: set.company, recruiters: set.recruiters });
    const answer = await hire(set.admin, deal, { start_date: world.dateIn(0) });
    const id = answer.body.data.id as string;
    await world.drain();
    const early = await world.stripe.webhooks();
    const { invoice } = await rows(id);
    await world.stripe.controls.payInvoice({ invoice: invoice?.stripeInvoiceId ?? "" });
    const late = await world.stripe.webhooks();
    await world.deliver([...late.toReversed(), ...early, ...late]);
    await world.settle();
    expect((await rows(id)).invoice).toMatchObject({ status: "paid", amountPaidCents: 2_000_000 });
    await booksHold(world);
    const again = await world.call("POST", `placement-invoices/${invoice?.id}/refresh`, { as: await world.platformAdmin() });
    expect(again.body.data).toMatchObject({ status: "paid", amount_paid: "20000.00" });
    await booksHold(world);
  });
});

describe("a fall-off", () => {
  it("22.3.18 and scenario 51: on day 40 forfeits the hold, cancels the payouts and leaves a credit for 60 days, then a refund", async () => {
    const set = await setting();
    const { id } = await hired(set);
    await pay(id);
    await days(40);
    const answer = await fail(set.admin, id);
    expect(answer.body.data).toMatchObject({ state: "failed", within_guarantee: true });
    const failed = await rows(id);
    expect(failed).toMatchObject({
      hold: { status: "forfeited" },
      schedule: { status: "cancelled" },
      credit: { amountCents: 2_000_000, usedCents: 0, status: "open" },
      invoice: { status: "paid" },
    });
    expect(await statuses(id)).toEqual(["cancelled"]);
    expect(failed.credit?.expiresAt.getTime()).toBe((failed.placement?.failedAt?.getTime() ?? 0) + 60 * DAY * 1_000);
    expect((await fail(set.admin, id)).body.code).toBe("invalid_transition");
    await booksHold(world);

    const seen = await world.call("GET", `placement-credits?company_id=${set.company.id}`, { as: set.admin });
    expect(seen.body.data).toMatchObject([{ placement_id: id, amount: "20000.00", used: "0.00", status: "open" }]);

    await until(seconds(failed.credit?.expiresAt ?? new Date(), -60));
    await minute();
    expect((await rows(id)).credit?.status).toBe("open");
    await until(failed.credit?.expiresAt ?? new Date());
    await minute();
    expect((await rows(id)).credit?.status).toBe("refunded");
    expect(await operationsOf(set.company.id)).toEqual(["refund 2000000 done"]);
    expect(await owedBack(set.company.id)).toBe(0);
    await booksHold(world);
  });

  it("22.3.18 and scenario 63: of an open invoice voids it at day 60, and its payment meanwhile goes back", async () => {
    const set = await setting({ billing_terms: "net_90" });
    const { id } = await hired(set);
    await days(5);
    await fail(set.admin, id);
    await booksHold(world);
    await days(61);
    await minute();
    const ended = await rows(id);
    expect(ended).toMatchObject({ credit: { status: "voided" }, invoice: { status: "void", creditedCents: 2_000_000 } });
    expect(await operationsOf(set.company.id)).toEqual(["invoice_void 2000000 done"]);
    expect(await postingKeys(world, id)).toEqual([`invoice:${ended.invoice?.id}`, `falloff:${id}`, `credit_end:${ended.credit?.id}`]);
    await booksHold(world);
  });

  it("of a partly paid invoice credit-notes what is open and refunds what was paid", async () => {
    const set = await setting({ billing_terms: "net_90" });
    const { id } = await hired(set);
    await pay(id, { amount: 750_000 });
    await fail(set.admin, id);
    await days(61);
    await minute();
    expect(await rows(id)).toMatchObject({
      credit: { status: "refunded" },
      invoice: { status: "paid", creditedCents: 1_250_000, amountPaidCents: 750_000 },
    });
    expect(await operationsOf(set.company.id)).toEqual(["credit_note 1250000 done", "refund 750000 done"]);
    await booksHold(world);
  });

  it("scenario 63: before the start voids the draft at once and leaves no credit", async () => {
    const set = await setting();
    const { id } = await hired(set, 10);
    expect((await fail(set.admin, id)).status).toBe(200);
    expect(await rows(id)).toMatchObject({ credit: undefined, invoice: undefined, hold: { status: "forfeited" } });
    await minute();
    expect(await postingKeys(world, id)).toEqual([]);
    await booksHold(world);
  });

  it("of an invoice that was given up leaves a credit over what was paid, and a later payment goes back", async () => {
    const set = await setting();
    const { id } = await hired(set);
    await pay(id, { amount: 600_000 });
    const { invoice } = await rows(id);
    const body = { reason: "Insolvent" };
    await world.call("POST", `placement-invoices/${invoice?.id}/mark-uncollectible`, { as: await world.platformAdmin(), body });
    await world.settle();
    expect((await fail(set.admin, id)).status).toBe(200);
    expect((await rows(id)).credit).toMatchObject({ amountCents: 600_000 });
    await booksHold(world);
    await pay(id);
    expect(await operationsOf(set.company.id)).toEqual(["refund 1400000 done"]);
    await booksHold(world);
    await days(61);
    await minute();
    expect(await operationsOf(set.company.id)).toEqual(["refund 1400000 done", "refund 600000 done"]);
    await booksHold(world);
  });

  it("happens once, however often it is reported at the same time, and never beside the completion", async () => {
    const set = await setting();
    const { id } = await hired(set);
    await pay(id);
    const answers = await Promise.all([1, 2, 3, 4].map(() => fail(set.admin, id)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    expect((await told(id)).filter((type) => type === "placement.failed")).toHaveLength(1);
    await booksHold(world);
  });

  it("22.3.15: is inside until the second before the guarantee ends, and outside at it", async () => {
    const set = await setting();
    const [one, other] = [await hired(set), await hired(set)];
    const end = midnight((await rows(one.id)).schedule?.scheduledDate ?? "");
    await until(seconds(end, -20));
    expect((await fail(set.admin, one.id)).status).toBe(200);
    await until(end);
    expect((await fail(set.admin, other.id)).body).toMatchObject({ code: "conflict", reason: "guarantee_expired" });
    await minute();
    expect((await rows(other.id)).placement?.state).toBe("completed");
    await booksHold(world);
  });

  it("is the company's and the platform's to report", async () => {
    const set = await setting();
    const { id } = await hired(set);
    expect((await fail(set.recruiters.candidate_recruiter, id)).status).toBe(403);
    expect((await fail(await world.member(set.company, "hiring_manager"), id)).status).toBe(403);
    expect((await fail((await employer()).admin, id)).status).toBe(404);
    expect((await fail(await world.platformAdmin(), id)).status).toBe(200);
  });
});

describe("a replacement", () => {
  it("22.3.18 and scenario 51: has splits and a guarantee of its own, and an invoice over what its credit does not cover", async () => {
    const set = await setting();
    const first = await hired(set);
    await pay(first.id);
    await days(40);
    await fail(set.admin, first.id);
    const second = await replace(set, first, 11_000_000);
    expect(second.answer.body.data).toMatchObject({ replaces_placement_id: first.id, placement_fee: "22000.00", state: "active" });
    expect(await rows(first.id)).toMatchObject({
      placement: { replacementPlacementId: second.id },
      credit: { status: "used", usedCents: 2_000_000, replacementPlacementId: second.id },
    });
    expect((await rows(second.id)).invoice).toMatchObject({ status: "open", amountDueCents: 200_000, creditAppliedCents: 2_000_000 });
    const lines = await world.call("GET", `placement-invoices?placement_id=${second.id}&include=lines,credits`, { as: set.admin });
    expect(lines.body.data[0].lines).toMatchObject([
      { kind: "fee", amount: "22000.00" },
      { kind: "credit_applied", amount: "-20000.00" },
    ]);
    expect((await rows(second.id)).transactions.map(({ amount }) => amount).toSorted((a, b) => b - a)[0]).toBe(660_000);
    await booksHold(world);
    expect((await replace(set, first, 11_000_000)).answer.body).toMatchObject({ code: "conflict", reason: "already_replaced" });

    await pay(second.id);
    await days(98);
    await minute();
    expect((await rows(second.id)).schedule?.releasedAt).not.toBeNull();
    expect((await rows(first.id)).credit?.status).toBe("used");
    await booksHold(world);
  });

  it("22.3.18: that costs less gives the surplus back at once and has nothing to pay", async () => {
    const set = await setting();
    const first = await hired(set);
    await pay(first.id);
    await days(40);
    await fail(set.admin, first.id);
    const second = await replace(set, first, 9_000_000);
    expect((await rows(second.id)).invoice).toMatchObject({ status: "paid", amountDueCents: 0, creditAppliedCents: 1_800_000 });
    expect((await rows(second.id)).invoice?.collectibleAt).toEqual((await rows(first.id)).invoice?.collectibleAt);
    expect(await operationsOf(set.company.id)).toEqual(["refund 200000 done"]);
    await booksHold(world);
    await days(98);
    await minute();
    expect((await rows(second.id)).schedule?.releasedAt).not.toBeNull();
    await booksHold(world);
  });

  it("is covered at once by an invoice whose open part its surplus took off", async () => {
    const set = await setting({ billing_terms: "net_90" });
    const first = await hired(set);
    await pay(first.id, { amount: 1_800_000 });
    await fail(set.admin, first.id);
    const second = await replace(set, first, 9_000_000);
    expect(await rows(first.id)).toMatchObject({ invoice: { status: "paid", creditedCents: 200_000 } });
    expect((await rows(second.id)).invoice?.collectibleAt).not.toBeNull();
    expect((await rows(second.id)).invoice?.collectibleAt).toEqual((await rows(first.id)).invoice?.collectibleAt);
    await booksHold(world);
  });

  it("waits for the invoice whose credit it used, when that is open", async () => {
    const set = await setting({ billing_terms: "net_90" });
    const first = await hired(set);
    await days(10);
    await fail(set.admin, first.id);
    const second = await replace(set, first, 9_000_000);
    expect(await rows(first.id)).toMatchObject({ invoice: { status: "open", creditedCents: 200_000 } });
    expect((await rows(second.id)).invoice).toMatchObject({ status: "paid", collectibleAt: null });
    expect(await operationsOf(set.company.id)).toEqual(["credit_note 200000 done"]);
    await days(91);
    await minute();
    const admin = await world.platformAdmin();
    const shown = await world.call("GET", `payout-schedules?placement_id=${second.id}`, { as: admin });
    expect(shown.body.data[0].blockers).toEqual(["credited_invoice_open", "funds_settling"]);
    await booksHold(world);
    await pay(first.id);
    await days(8);
    await minute();
    expect((await rows(second.id)).schedule?.releasedAt).not.toBeNull();
    await booksHold(world);
  });

  it("22.3.18: that fails too leaves no second credit: what is open is taken off, what was paid goes back", async () => {
    const set = await setting();
    const first = await hired(set);
    await pay(first.id);
    await fail(set.admin, first.id);
    const second = await replace(set, first, 11_000_000);
    await fail(set.admin, second.id);
    expect(await rows(second.id)).toMatchObject({ credit: undefined, invoice: { status: "void" } });
    expect(await operationsOf(set.company.id)).toEqual(["invoice_void 200000 done", "refund 2000000 done"]);
    expect(await owedBack(set.company.id)).toBe(0);
    await booksHold(world);
  });

  it("that fails before its own invoice gives back what the credit held", async () => {
    const set = await setting();
    const first = await hired(set);
    await pay(first.id);
    await fail(set.admin, first.id);
    const second = await replace(set, first, 9_000_000, 20);
    await booksHold(world);
    await fail(set.admin, second.id);
    expect(await operationsOf(set.company.id)).toEqual(["refund 200000 done", "refund 1800000 done"]);
    await booksHold(world);
  });

  it("is one of those that are hired at the same time", async () => {
    const set = await setting();
    const first = await hired(set);
    await pay(first.id);
    await fail(set.admin, first.id);
    const tries = await Promise.all([1, 2, 3].map(() => replace(set, first, 10_000_000)));
    expect(tries.map(({ answer }) => answer.status).toSorted()).toEqual([200, 409, 409]);
    expect((await rows(first.id)).credit).toMatchObject({ status: "used", usedCents: 2_000_000 });
    await booksHold(world);
  });

  it("without a fee takes nothing of the credit, which goes back at once", async () => {
    const set = await setting();
    const first = await hired(set);
    await pay(first.id);
    await fail(set.admin, first.id);
    await db.execute(sql`update ats.jobs set fee_percentage = 0 where id = ${first.deal.jobId}`);
    const second = await replace(set, first, 10_000_000);
    expect(second.answer.body.data).toMatchObject({ placement_fee: "0.00" });
    expect(await rows(second.id)).toMatchObject({ invoice: undefined, hold: undefined, schedule: undefined, transactions: [] });
    expect(await operationsOf(set.company.id)).toEqual(["refund 2000000 done"]);
    await booksHold(world);
  });

  it("is refused for another role, for a placement that stands, and after 60 days", async () => {
    const set = await setting();
    const [first, other] = [await hired(set), await hired(set)];
    expect((await replace(set, first, 9_000_000)).answer.body).toMatchObject({ code: "conflict", reason: "placement_not_failed" });
    await fail(set.admin, first.id);
    const elsewhere = await replace(set, { ...first, deal: other.deal }, 9_000_000);
    expect(elsewhere.answer.body).toMatchObject({ code: "conflict", reason: "credit_of_another_role" });
    await days(61);
    expect((await replace(set, first, 9_000_000)).answer.body).toMatchObject({ code: "conflict", reason: "credit_expired" });
    const stranger = await setting();
    const own = await hired(stranger);
    expect((await replace(stranger, { id: first.id, deal: own.deal }, 9_000_000)).answer.status).toBe(404);
  });
});

describe("who sees the money of a company", () => {
  it("shows an invoice to the company's admins, its status to whoever earns of it, and nobody else anything", async () => {
    const set = await setting();
    const { id } = await hired(set);
    const { invoice } = await rows(id);
    const get = (as: Person, query = "") => world.call("GET", `placement-invoices/${invoice?.id}${query}`, { as });
    const own = await get(set.admin, "?include=lines,payments,credits,refunds,placement");
    expect(own.body.data).toMatchObject({ amount_due: "20000.00", status: "open", lines: [{ kind: "fee" }], payments: [] });
    const earner = await get(set.recruiters.job_owner);
    expect(earner.body.data).toMatchObject({ status: "open", placement_id: id });
    expect(earner.body.data).not.toHaveProperty("amount_due");
    expect((await get(set.recruiters.job_owner, "?include=payments")).status).toBe(403);
    expect((await get(await world.recruiter())).status).toBe(404);
    expect((await get(await world.member(set.company, "hiring_manager"))).status).toBe(404);
    expect((await world.call("GET", "placement-invoices", { as: await world.candidate() })).status).toBe(403);
    expect((await world.call("GET", "placement-credits", { as: set.recruiters.job_owner })).status).toBe(403);
    expect((await world.call("GET", "escrow-holds", { as: set.admin })).status).toBe(403);
    const dates = await world.call("GET", `placements/${id}?include=hold,invoice`, { as: set.admin });
    expect(dates.body.data.hold).toMatchObject([{ status: "active", release_scheduled_date: world.dateIn(90) }]);
    expect(dates.body.data.invoice.amount_due).toBe("20000.00");
  });

  it("tells one of two who say for the first time at once how a company is billed", async () => {
    const company = await world.company();
    const admin = await world.member(company);
    const say = (email: string) =>
      world.call("PUT", `company-billing-profiles/${company.id}`, { as: admin, body: { billing_email: email } });
    // both have read that there is none, and one commits before the other
    const first = await world.database.fault({ action: "hold_before", match: 'insert into "billing"\\."company_billing_profiles"' });
    const both = [say("one@acme.test"), say("two@acme.test")];
    await Promise.race(both);
    await first.release();
    const answers = await Promise.all(both);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.reason).toBe("profile_exists");
  });

  it("lets a company's admins say how it is billed, and nobody else", async () => {
    const { company, admin } = await employer();
    const path = `company-billing-profiles/${company.id}`;
    const changed = await world.call("PATCH", path, { as: admin, body: { billing_terms: "net_60", version: 1 } });
    expect(changed.body.data).toMatchObject({ billing_terms: "net_60", billing_email: "books@acme.test", version: 2 });
    expect((await world.call("PATCH", path, { as: admin, body: { billing_terms: "net_30", version: 1 } })).status).toBe(412);
    expect((await world.call("PATCH", path, { as: admin, body: { stripe_customer_id: "cus_1" } })).status).toBe(422);
    expect((await world.call("GET", path, { as: await world.recruiter() })).status).toBe(404);
    const manager = await world.member(company, "hiring_manager");
    expect((await world.call("PUT", path, { as: manager, body: { billing_email: "x@y.test" } })).status).toBe(403);
  });
});
