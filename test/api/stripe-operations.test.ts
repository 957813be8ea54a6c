import { eq, sql } from "drizzle-orm";
import { companyBillingProfiles, placementInvoices, stripeOperations } from "#db/schema/billing.ts";
import type { Fault } from "#local/stripe/faults.ts";
import { marketplace, type Person } from "#test/api.ts";
import { hires, inDays } from "#test/api/hires.ts";
import { booksHold, postingKeys } from "#test/api/books.ts";
import { afterEach, describe, expect, it } from "vitest";

const world = await marketplace();
const { controls } = world.stripe;
const { offer, hire } = hires(world);
const db = world.db.writer;

afterEach(() => controls.clearFaults());

const HOUR = 3_600;
const DAY = 24 * HOUR;
/** How far the clock of the test is ahead, in seconds. */
let ahead = 0;
/** Longer than the first lease. */
const LEASE = 6 * 60;

/** A hire whose candidate has started, so that its invoice waits to be issued. */
async function started({ profile = true, terms = "net_30" }: { profile?: boolean; terms?: "net_30" | "immediate" } = {}) {
  const company = await world.company();
  const admin = await world.member(company);
  if (profile) await bill(company.id, terms);
  const deal = await offer({ company });
  const answer = await hire(admin, deal, { start_date: inDays(Math.floor(ahead / DAY)) });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  const placementId: string = answer.body.data.id;
  return { company, admin, placementId };
}

/** A placement that fell off with its invoice issued and paid as given; its credit has run out, and the operation that follows waits. */
async function creditEnded(...payments: number[]) {
  const { admin, placementId } = await started();
  await world.settle();
  const { stripeInvoiceId: invoice } = (await invoiceOf(placementId)) as { stripeInvoiceId: string };
  for (const amount of payments) {
    await controls.payInvoice({ invoice, amount });
    await world.settle();
    await later(HOUR);
  }
  const answer = await world.call("POST", `placements/${placementId}/fail`, { as: admin, body: { reason: "Left in the first week" } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  await world.settle();
  ahead += 61 * DAY;
  await world.advance(61 * DAY);
  await world.cron("* * * * *");
  return { placementId, invoice };
}

const bill = (companyId: string, billingTerms: "net_30" | "immediate" = "net_30") =>
  db.insert(companyBillingProfiles).values({ companyId, billingTerms, billingEmail: `books.${companyId}@acme.test` });

const operationOf = async (placementId: string, kind = "invoice_issue") =>
  (
    await db
      .select()
      .from(stripeOperations)
      .where(sql`${stripeOperations.kind} = ${kind} and ${stripeOperations.request} ->> 'placement_id' = ${placementId}`)
  )[0];
const invoiceOf = async (placementId: string) =>
  (await db.select().from(placementInvoices).where(eq(placementInvoices.placementId, placementId)))[0];

/** The invoices that the stand-in has for a placement. */
async function issuedFor(placementId: string): Promise<{ id: string; status: string; total: number; lines: { data: unknown[] } }[]> {
  const response = await fetch(`${world.stripe.url}/v1/invoices?limit=100`, { headers: { authorization: `Bearer ${world.stripe.key}` } });
  const { data } = (await response.json()) as {
    data: { id: string; status: string; total: number; lines: { data: unknown[] }; metadata: Record<string, string> }[];
  };
  return data.filter(({ metadata }) => metadata["placement_id"] === placementId);
}

/** Time goes by, the minute sweep runs, and both sides do what they can. */
async function later(seconds: number): Promise<void> {
  ahead += seconds;
  await world.advance(seconds);
  await world.cron("* * * * *");
  await world.settle();
}

/** One invoice, open on both sides, and in the books once. */
async function isIssuedOnce(placementId: string): Promise<void> {
  const invoices = await issuedFor(placementId);
  expect(invoices.map(({ status, total }) => [status, total])).toEqual([["open", 2_000_000]]);
  expect(await operationOf(placementId)).toMatchObject({
    status: "done",
    stripeObjectId: invoices[0]?.id,
    leaseToken: null,
    failureReason: null,
  });
  expect(await invoiceOf(placementId)).toMatchObject({ status: "open", stripeInvoiceId: invoices[0]?.id, finalizedAt: expect.any(Date) });
  expect((await postingKeys(world, placementId)).filter((key) => key.startsWith("invoice:"))).toHaveLength(1);
}

describe("issuing an invoice", () => {
  it("makes the customer once, then creates, fills, finalises and sends", async () => {
    const { company, placementId } = await started();
    await world.settle();
    await isIssuedOnce(placementId);
    const [profile] = await db.select().from(companyBillingProfiles).where(eq(companyBillingProfiles.companyId, company.id));
    expect(profile?.stripeCustomerId).toMatch(/^cus_/);
    const { id } = (await operationOf(placementId)) as { id: string };
    const keys = (await controls.requests()).flatMap(({ idempotencyKey }) =>
      idempotencyKey?.startsWith(`op_${id}`) ? [idempotencyKey] : [],
    );
    expect(keys).toEqual(["create", "item_0", "finalize", "send"].map((step) => `op_${id}_1_${step}`));
    await booksHold(world);
  });

  it("charges a company on immediate terms at once when it has a payment method, and gives it a week otherwise", async () => {
    const { company, admin, placementId } = await started({ terms: "immediate" });
    await world.settle();
    expect(await invoiceOf(placementId)).toMatchObject({ status: "open", collectionMethod: "send_invoice" });
    const profile = async () => (await db.select().from(companyBillingProfiles).where(eq(companyBillingProfiles.companyId, company.id)))[0];
    await controls.setPaymentMethod({ customer: (await profile())?.stripeCustomerId ?? "" });
    await world.settle();
    expect((await profile())?.hasPaymentMethod).toBe(true);

    const again = await hire(admin, await offer({ company }), { start_date: inDays(Math.floor(ahead / DAY)) });
    await world.settle();
    await later(HOUR);
    expect(await invoiceOf(again.body.data.id)).toMatchObject({ status: "paid", collectionMethod: "charge_automatically" });
    await booksHold(world);
  });

  it.each<[string, Fault]>([
    ["the create", { kind: "lost_after", route: "POST /v1/invoices" }],
    ["the item", { kind: "lost_after", route: "POST /v1/invoiceitems" }],
    ["the finalize", { kind: "lost_after", route: "POST /v1/invoices/*/finalize" }],
    ["the send", { kind: "lost_after", route: "POST /v1/invoices/*/send" }],
    ["the customer", { kind: "lost_after", route: "POST /v1/customers" }],
  ])("asks again with the same key when the answer to %s is lost", async (_, fault) => {
    const { placementId } = await started();
    await controls.fault(fault);
    await world.drain();
    expect((await operationOf(placementId))?.status).not.toBe("done");
    await later(LEASE);
    await later(LEASE);
    await isIssuedOnce(placementId);
    expect((await operationOf(placementId))?.keyVersion).toBe(1);
  });

  it.each<[string, Fault["kind"]]>([
    ["without an invoice behind it", "stored_500"],
    ["with an invoice behind it", "500_after"],
  ])("looks up before it raises the key, when Stripe stored a 500 %s", async (_, kind) => {
    const { placementId } = await started();
    await controls.fault({ kind, route: "POST /v1/invoices" });
    await world.drain();
    expect(await operationOf(placementId)).toMatchObject({ status: "processing", lastOutcome: "server_error", keyVersion: 1 });
    await later(LEASE);
    expect(await operationOf(placementId)).toMatchObject({ status: "processing", lastOutcome: "server_error_2", keyVersion: 1 });
    await later(2 * LEASE);
    await isIssuedOnce(placementId);
    expect(await operationOf(placementId)).toMatchObject({ keyVersion: 2, lastOutcome: null });
  });

  it("goes on where it stood when the keys may be forgotten", async () => {
    const { placementId } = await started();
    await controls.fault({ kind: "503", route: "POST /v1/invoices/*/finalize" });
    await world.drain();
    await later(25 * HOUR);
    await isIssuedOnce(placementId);
    expect((await operationOf(placementId))?.keyVersion).toBe(2);
  });

  it("tries again 1 and 6 hours after a refusal; the third is final", async () => {
    const { placementId } = await started();
    await controls.fault({ kind: "refuse", code: "parameter_invalid_integer", route: "POST /v1/invoices", times: 3 });
    await world.drain();
    expect(await operationOf(placementId)).toMatchObject({ status: "pending", retryCount: 1, failureReason: "parameter_invalid_integer" });
    await later(HOUR - 60);
    expect((await operationOf(placementId))?.retryCount).toBe(1);
    await later(120);
    expect(await operationOf(placementId)).toMatchObject({ status: "pending", retryCount: 2, keyVersion: 2 });
    await later(6 * HOUR + 60);
    expect(await operationOf(placementId)).toMatchObject({ status: "failed", retryCount: 3, keyVersion: 3, leaseToken: null });
    await later(24 * HOUR);
    expect(await issuedFor(placementId)).toEqual([]);
    expect((await invoiceOf(placementId))?.status).toBe("draft");
  });

  it("is tried once more by an admin, who says why, and looked up before it is sent", async () => {
    const { admin: companyAdmin, placementId } = await started();
    await controls.fault({ kind: "refuse", code: "email_invalid", route: "POST /v1/invoices", times: 3 });
    await world.drain();
    await later(HOUR + 60);
    await later(6 * HOUR + 60);
    const { id } = (await operationOf(placementId)) as { id: string };
    const platformAdmin = await world.platformAdmin();
    const listed = await world.call("GET", `stripe-operations?status=failed&kind=invoice_issue`, { as: platformAdmin });
    expect(listed.body.data).toContainEqual(expect.objectContaining({ id, failure_reason: "email_invalid", retry_count: 3 }));

    const retry = (as: Person) => world.call("POST", `stripe-operations/${id}/retry`, { as, body: { reason: "The address is right now" } });
    expect((await retry(companyAdmin)).status).toBe(404);
    expect((await retry(platformAdmin)).body.data).toMatchObject({ status: "pending", retry_count: 2 });
    const again = await retry(platformAdmin);
    expect([again.status, again.body.code]).toEqual([409, "invalid_transition"]);
    await world.settle();
    await isIssuedOnce(placementId);
  });

  it("is issued after two refusals", async () => {
    const { placementId } = await started();
    await controls.fault({ kind: "refuse", code: "whatever", route: "POST /v1/invoices", times: 2 });
    await world.drain();
    await later(HOUR + 60);
    await later(6 * HOUR + 60);
    await isIssuedOnce(placementId);
  });

  it("is done by one of eight consumers, and a repeated message does nothing", async () => {
    const { placementId } = await started();
    const { id } = (await operationOf(placementId)) as { id: string };
    world.sent.stripeWork.splice(0);
    const messages = [{ operation_ids: [id] }];
    await Promise.all(Array.from({ length: 8 }, () => world.consume("stripe-work", messages)));
    await world.consume("stripe-work", messages);
    await isIssuedOnce(placementId);
    expect((await operationOf(placementId))?.attempts).toBe(1);
  });

  it("survives that its commit fails after Stripe did everything", async () => {
    const { placementId } = await started();
    const fault = await world.database.fault({
      match: "placement_invoices.*stripe_invoice_id|billing\\.post",
      action: "fail",
      code: "57P01",
      times: 3,
    });
    await world.drain();
    await fault.release();
    await later(LEASE);
    await isIssuedOnce(placementId);
  });

  it("changes nothing any more when its consumer wakes after the lease", async () => {
    const { placementId } = await started();
    const fault = await world.database.fault({ match: "guard_operation", action: "hold_before" });
    const slow = world.drain();
    await fault.held();
    await later(LEASE);
    await isIssuedOnce(placementId);
    await fault.release();
    await slow;
    await isIssuedOnce(placementId);
    expect((await operationOf(placementId))?.attempts).toBe(2);
    await booksHold(world);
  });

  it("is finalised by the webhook when that is faster, and done all the same", async () => {
    const { placementId } = await started();
    await controls.fault({ kind: "lost_after", route: "POST /v1/invoices/*/send" });
    await world.settle();
    expect((await invoiceOf(placementId))?.status).toBe("open");
    await later(LEASE);
    await isIssuedOnce(placementId);
  });

  it("waits for the company's billing profile without calling anybody", async () => {
    const { company, placementId } = await started({ profile: false });
    const before = (await controls.requests()).length;
    await world.drain();
    expect(await operationOf(placementId)).toMatchObject({ status: "pending", failureReason: "billing_profile_missing", attempts: 0 });
    expect((await controls.requests()).length).toBe(before);
    await bill(company.id);
    await later(11 * 60);
    await isIssuedOnce(placementId);
  });

  it("says to the company that it waits for its profile, and follows the profile afterwards", async () => {
    const { company, admin, placementId } = await started({ profile: false });
    await world.drain();
    const [invoice] = (await world.call("GET", `placement-invoices?placement_id=${placementId}`, { as: admin })).body.data;
    expect(invoice).toMatchObject({ status: "draft", waits_for: "billing_profile_missing" });
    const path = `company-billing-profiles/${company.id}`;
    const ready = async () => (await world.call("GET", `${path}/billing-readiness`, { as: admin })).body.data;
    expect(await ready()).toMatchObject({
      ready: false,
      missing: ["billing_profile"],
      collection_method: null,
      waiting_invoices: [{ id: invoice.id, placement_id: placementId }],
    });
    const put = await world.call("PUT", path, { as: admin, body: { billing_email: "old@acme.test", billing_name: "Acme" } });
    expect(put.status).toBe(200);
    await later(11 * 60);
    await isIssuedOnce(placementId);
    expect(await ready()).toMatchObject({
      ready: true,
      missing: [],
      collection_method: "send_invoice",
      days_until_due: 30,
      waiting_invoices: [],
    });

    const customer = async () => {
      const [profile] = await db.select().from(companyBillingProfiles).where(eq(companyBillingProfiles.companyId, company.id));
      const answer = await fetch(`${world.stripe.url}/v1/customers/${profile?.stripeCustomerId}`, {
        headers: { authorization: `Bearer ${world.stripe.key}` },
      });
      const { email, name } = (await answer.json()) as { email: string; name: string };
      return [email, name];
    };
    expect(await customer()).toEqual(["old@acme.test", "Acme"]);
    for (const billing_email of ["new@acme.test", "newest@acme.test"]) {
      await world.call("PATCH", path, { as: admin, body: { billing_email } });
      await world.settle();
      expect(await customer()).toEqual([billing_email, "Acme"]);
    }
  });

  it("never sends another request under a key that is in use", async () => {
    const { placementId } = await started();
    await controls.fault({ kind: "503", route: "POST /v1/invoices/*/finalize" });
    await world.drain();
    await db
      .update(stripeOperations)
      .set({ request: sql`jsonb_set(${stripeOperations.request}, '{lines,0,amount_cents}', '1')` })
      .where(sql`${stripeOperations.request} ->> 'placement_id' = ${placementId}`);
    await later(LEASE);
    expect(await operationOf(placementId)).toMatchObject({ status: "failed", failureReason: "request_mismatch" });
    expect((await invoiceOf(placementId))?.status).toBe("draft");
  });

  it("is given up after seven days without an answer, and a look-up that finds nothing", async () => {
    const { placementId } = await started();
    await controls.fault({ kind: "503", route: "POST /v1/invoices", times: 1_000 });
    await world.drain();
    for (let day = 0; day < 6; day++) await later(24 * HOUR);
    expect(await operationOf(placementId)).toMatchObject({ status: "processing", retryCount: 0 });
    await later(24 * HOUR + LEASE);
    expect(await operationOf(placementId)).toMatchObject({ status: "failed", failureReason: "unresolved", retryCount: 3 });
  });
});

/** The refunds that the stand-in has for a placement's invoice, oldest first, in cents. */
const refunded = async (): Promise<number[]> => {
  const response = await fetch(`${world.stripe.url}/v1/refunds?limit=100`, { headers: { authorization: `Bearer ${world.stripe.key}` } });
  return ((await response.json()) as { data: { amount: number }[] }).data.map(({ amount }) => amount).toReversed();
};

describe("giving money back", () => {
  it("voids an invoice of which nothing was paid, although the answer is lost", async () => {
    const { placementId } = await creditEnded();
    await controls.fault({ kind: "lost_after", route: "POST /v1/invoices/*/void" });
    await world.drain();
    expect(await operationOf(placementId, "invoice_void")).toMatchObject({ status: "processing", lastOutcome: "unknown" });
    await later(LEASE);
    expect(await operationOf(placementId, "invoice_void")).toMatchObject({ status: "done", keyVersion: 1 });
    expect((await issuedFor(placementId)).map(({ status }) => status)).toEqual(["void"]);
    await booksHold(world);
  });

  it("refunds newest payment first, once, although the answer is lost and the keys are forgotten", async () => {
    const { placementId } = await creditEnded(1_500_000, 500_000);
    const before = (await refunded()).length;
    await controls.fault({ kind: "lost_after", route: "POST /v1/refunds" });
    await world.drain();
    expect(await operationOf(placementId, "refund")).toMatchObject({ status: "processing" });
    await later(25 * HOUR);
    expect(await operationOf(placementId, "refund")).toMatchObject({ status: "done" });
    expect((await refunded()).slice(before)).toEqual([500_000, 1_500_000]);
    await booksHold(world);
    await controls.assertConserved();
  });

  it("does not count that the balance is too small, and refunds when it is funded", async () => {
    const { placementId } = await creditEnded(2_000_000);
    await controls.fault({ kind: "refuse", code: "balance_insufficient", route: "POST /v1/refunds", times: 2 });
    await world.drain();
    await later(HOUR + 60);
    expect(await operationOf(placementId, "refund")).toMatchObject({
      status: "pending",
      retryCount: 0,
      failureReason: "balance_insufficient",
    });
    await later(HOUR + 60);
    expect(await operationOf(placementId, "refund")).toMatchObject({ status: "done", retryCount: 0, failureReason: null });
    await booksHold(world);
  });

  it("credits what is open and refunds what was paid", async () => {
    const { placementId } = await creditEnded(1_200_000);
    const before = (await refunded()).length;
    await world.settle();
    expect(await operationOf(placementId, "credit_note")).toMatchObject({ status: "done" });
    expect(await operationOf(placementId, "refund")).toMatchObject({ status: "done" });
    expect((await refunded()).slice(before)).toEqual([1_200_000]);
    await booksHold(world);
  });

  it("credits what is left when a part of it is paid at that moment, and gives that part back", async () => {
    const { placementId, invoice } = await creditEnded(1_200_000);
    const before = (await refunded()).length;
    await controls.payInvoice({ invoice, amount: 300_000 });
    await world.settle();
    await later(HOUR);
    expect((await issuedFor(placementId)).map(({ status }) => status)).toEqual(["paid"]);
    expect((await refunded()).slice(before).reduce((total, amount) => total + amount, 0)).toBe(1_500_000);
    await booksHold(world);
  });

  it("refuses to refund more than was paid through Stripe, and leaves a row to look at", async () => {
    const { placementId } = await creditEnded(2_000_000);
    const before = (await refunded()).length;
    await db
      .update(stripeOperations)
      .set({ request: sql`jsonb_set(${stripeOperations.request}, '{amount_cents}', '2000001')` })
      .where(sql`${stripeOperations.kind} = 'refund' and ${stripeOperations.request} ->> 'placement_id' = ${placementId}`);
    await world.drain();
    expect(await operationOf(placementId, "refund")).toMatchObject({ status: "failed", failureReason: "nothing_to_refund" });
    expect((await refunded()).length).toBe(before);
  });
});
