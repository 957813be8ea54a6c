import { eq } from "drizzle-orm";
import {
  companyBillingProfiles,
  payoutReversals,
  placementInvoices,
  placementPayoutTransactions,
  recruiterDebts,
  stripeOperations,
  taxProfiles,
} from "#db/schema/billing.ts";
import { recruiters } from "#db/schema/network.ts";
import { marketplace } from "#test/api.ts";
import { booksHold } from "#test/api/books.ts";
import { fourEyes } from "#test/api/four-eyes.ts";
import { hires, inDays } from "#test/api/hires.ts";
import { afterEach, describe, expect, it } from "vitest";

const world = await marketplace();
const { controls } = world.stripe;
const { offer, hire } = hires(world);
const { admin, approved } = await fourEyes(world);
const db = world.db.writer;

const DAY = 86_400;
let ahead = 0;

afterEach(async () => {
  await controls.clearFaults();
  await booksHold(world);
  await controls.assertConserved();
});

async function later(seconds: number): Promise<void> {
  ahead += seconds;
  await world.advance(seconds);
  for (let minutes = 0; minutes < 3; minutes++) {
    await world.cron("* * * * *");
    await world.settle();
  }
}

/** A share of 4,000.00 that reached its recruiter's account. */
async function paidOut() {
  const recruiter = await world.recruiter();
  const urls = { return_url: "https://app.splits.test/a", refresh_url: "https://app.splits.test/b" };
  await world.call("POST", "recruiters/me/payout-account/onboarding-link", { as: recruiter, body: urls });
  const [row] = await db.select().from(recruiters).where(eq(recruiters.id, recruiter.recruiterId));
  const account = row?.stripeConnectAccountId ?? "";
  await controls.completeOnboarding({ account });
  await db
    .insert(taxProfiles)
    .values({ recruiterId: recruiter.recruiterId, form: "w9", classification: "individual", status: "complete", completedAt: new Date() });
  const company = await world.company();
  await db.insert(companyBillingProfiles).values({ companyId: company.id, billingEmail: "books@acme.test" });
  const deal = await offer({ company, recruiters: { candidate_recruiter: recruiter }, job: { guaranteeDays: 0 } });
  const answer = await hire(await world.member(company), deal, { start_date: inDays(Math.floor(ahead / DAY)) });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  const placementId: string = answer.body.data.id;
  await world.settle();
  const [invoice] = await db.select().from(placementInvoices).where(eq(placementInvoices.placementId, placementId));
  await controls.payInvoice({ invoice: invoice?.stripeInvoiceId ?? "" });
  await world.settle();
  await later(8 * DAY);
  const transaction = await transactionOf(placementId);
  expect(transaction).toMatchObject({ status: "completed", completionReason: "transfer", netCents: 400_000 });
  return { placementId, account, recruiterId: recruiter.recruiterId };
}

const transactionOf = async (placementId: string) =>
  (await db.select().from(placementPayoutTransactions).where(eq(placementPayoutTransactions.placementId, placementId)))[0];
const operationOf = async (placementId: string) =>
  (
    await db
      .select({ operation: stripeOperations })
      .from(stripeOperations)
      .innerJoin(payoutReversals, eq(payoutReversals.id, stripeOperations.subjectId))
      .innerJoin(placementPayoutTransactions, eq(placementPayoutTransactions.id, payoutReversals.payoutTransactionId))
      .where(eq(placementPayoutTransactions.placementId, placementId))
  )[0]?.operation;
const debtOf = async (recruiterId: string) =>
  (await db.select().from(recruiterDebts).where(eq(recruiterDebts.recruiterId, recruiterId)))[0];

/** Two admins take an amount of a placement's fee back. */
async function clawBack(placementId: string, cents: number): Promise<void> {
  const approvalId = await approved("clawback", placementId, { amount_cents: cents });
  const body = { placement_id: placementId, amount_cents: cents, reason: "Billed by mistake", approval_id: approvalId };
  const answer = await world.call("POST", "clawbacks", { as: admin, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
}

describe("a share that reached its account", () => {
  it("names the payout that brought it to the bank", async () => {
    const { placementId, account } = await paidOut();
    expect((await transactionOf(placementId))?.stripePayoutId).toBeNull();
    const payout = await controls.payOut({ account });
    await world.settle();
    expect((await transactionOf(placementId))?.stripePayoutId).toBe(payout.id);
  });
});

describe("taking a transfer back", () => {
  it("takes the recruiter's part back once, although the answer is lost and the key forgotten", async () => {
    const { placementId, account, recruiterId } = await paidOut();
    await controls.fault({ kind: "lost_after", route: "POST /v1/transfers/*/reversals" });
    await clawBack(placementId, 1_000_000);
    await world.drain();
    expect(await operationOf(placementId)).toMatchObject({ status: "processing", lastOutcome: "unknown" });
    await later(25 * 3_600);
    expect(await operationOf(placementId)).toMatchObject({ status: "done", keyVersion: 1 });
    expect(await transactionOf(placementId)).toMatchObject({ status: "completed", reversedCents: 200_000 });
    expect(await debtOf(recruiterId)).toMatchObject({ amountCents: 200_000, recoveredCents: 200_000 });
    expect((await controls.balance(account)).available).toBe(200_000);
  });

  it("22.3.28: leaves the debt to netting when the account is empty, and asks no second time", async () => {
    const { placementId, account, recruiterId } = await paidOut();
    await controls.payOut({ account });
    await clawBack(placementId, 2_000_000);
    await world.settle();
    expect(await operationOf(placementId)).toMatchObject({ status: "failed", failureReason: "balance_insufficient" });
    expect(await debtOf(recruiterId)).toMatchObject({ amountCents: 400_000, recoveredCents: 0, recovery: "netting" });
    const asked = async () => (await controls.requests()).filter(({ path }) => path.endsWith("/reversals")).length;
    const before = await asked();
    await later(2 * DAY);
    expect(await asked()).toBe(before);
  });
});
