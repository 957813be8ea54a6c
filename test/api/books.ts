import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { placements } from "#db/schema/ats.ts";
import {
  clawbacks,
  ledgerAccounts,
  ledgerEntries,
  ledgerTransactions,
  payoutSchedules,
  placementAllocations,
  placementCredits,
  placementInvoices,
  placementPayoutTransactions,
  recruiterDebts,
  stripeOperations,
} from "#db/schema/billing.ts";
import type { AccountCode } from "#domain/ledger/accounts.ts";
import type { Books } from "#domain/ledger/books.ts";
import { type Inequality, inequalities, type MoneyRows, type PlacementMoney } from "#domain/ledger/equalities.ts";
import { cents, type Cents } from "#domain/money.ts";
import type { Marketplace, worlds } from "#test/api.ts";

type World = Pick<Marketplace, "db">;

/** What every account of a world's ledger holds: debit +, credit −. */
export async function signedBalances(world: World): Promise<Map<AccountCode, Cents>> {
  const rows = await world.db.writer
    .select({ code: ledgerAccounts.code, signed: sql<string>`sum(${ledgerEntries.amountCents})` })
    .from(ledgerEntries)
    .innerJoin(ledgerAccounts, sql`${ledgerAccounts.id} = ${ledgerEntries.accountId}`)
    .groupBy(ledgerAccounts.code);
  return new Map(rows.map(({ code, signed }) => [code as AccountCode, cents(Number(signed))]));
}

/** The keys of all postings about a placement, in the order they were made. */
export const postingKeys = async (world: World, placementId: string): Promise<string[]> =>
  (
    await world.db.writer
      .select({ key: ledgerTransactions.idempotencyKey })
      .from(ledgerTransactions)
      .where(sql`${ledgerTransactions.placementId} = ${placementId}`)
      .orderBy(ledgerTransactions.id)
  ).map(({ key }) => key);

/** Holds the books of a world against its rows: each equality of MONEY §13. */
export async function booksHold(world: World): Promise<void> {
  expect(await disagreements(world)).toEqual([]);
}

/**
 * What has to be true of every world when its tests are over, whatever they did to it: the ledger sums to
 * zero, no payout has a second transfer that stayed, and the stand-in neither made nor lost money.
 */
export async function nothingLost({ db, stripe }: (typeof worlds)[number]): Promise<void> {
  const [sums, rows] = await db.writer.batch([
    db.writer.select({ sum: sql<string>`coalesce(sum(${ledgerEntries.amountCents}), 0)` }).from(ledgerEntries),
    db.writer
      .select({ id: placementPayoutTransactions.id, transfer: placementPayoutTransactions.stripeTransferId })
      .from(placementPayoutTransactions),
  ]);
  expect(sums).toEqual([{ sum: "0" }]);

  const known = new Map(rows.map(({ id, transfer }) => [id, transfer]));
  const stray = (await stripe.transfers()).filter(({ id, reversed, metadata }) => {
    const payout = metadata["payout_transaction_id"] ?? "";
    return known.has(payout) && known.get(payout) !== id && !reversed;
  });
  expect(stray).toEqual([]);
  await stripe.controls.assertConserved();
}

/** Where the ledger and the rows of a world disagree; empty when all is well. */
async function disagreements(world: World): Promise<Inequality[]> {
  const [signed, rows] = await Promise.all([signedBalances(world), moneyRows(world)]);
  const books: Books = { postings: new Map(), signed, balanceTransactionIds: new Set() };
  return inequalities(books, rows);
}

/** The rows of MONEY §14 as the equalities need them. */
async function moneyRows({ db }: World): Promise<MoneyRows> {
  const read = db.writer;
  const [placed, allocations, schedules, invoices, credits, transactions, debts, operations, clawed, refunded] = await read.batch([
    read.select().from(placements),
    read.select().from(placementAllocations),
    read.select().from(payoutSchedules),
    read.select().from(placementInvoices),
    read.select().from(placementCredits),
    read.select().from(placementPayoutTransactions),
    read.select().from(recruiterDebts),
    read
      .select()
      .from(stripeOperations)
      .where(sql`${stripeOperations.kind} = 'refund'`),
    read.select().from(clawbacks),
    read
      .select({
        operationId: sql<string>`split_part(${ledgerTransactions.idempotencyKey}, ':', 2)`,
        refunded: sql<string>`sum(${ledgerEntries.amountCents})`,
      })
      .from(ledgerTransactions)
      .innerJoin(ledgerEntries, sql`${ledgerEntries.transactionId} = ${ledgerTransactions.id}`)
      .innerJoin(ledgerAccounts, sql`${ledgerAccounts.id} = ${ledgerEntries.accountId} and ${ledgerAccounts.code} like 'refund_due:%'`)
      .where(sql`${ledgerTransactions.kind} = 'refund'`)
      .groupBy(sql`1`),
  ]);
  const sumOf = (amounts: readonly number[]): Cents => cents(amounts.reduce((sum, amount) => sum + amount, 0));
  const openOf = (invoice: (typeof invoices)[number]): Cents =>
    invoice.status === "open" || invoice.status === "uncollectible"
      ? cents(invoice.amountDueCents - invoice.amountPaidCents - invoice.creditedCents)
      : cents(0);
  const invoiceOf = (placementId: string | null) => invoices.find((invoice) => invoice.placementId === placementId);
  const isIssued = (placementId: string | null): boolean => {
    const invoice = invoiceOf(placementId);
    return invoice !== undefined && invoice.finalizedAt !== null;
  };

  const moneyOf = (placement: (typeof placed)[number]): PlacementMoney => {
    const own = clawed.filter(({ placementId }) => placementId === placement.id);
    const released = schedules.some((schedule) => schedule.placementId === placement.id && schedule.releasedAt !== null);
    const invoice = invoiceOf(placement.id);
    const stage = placement.state === "failed" ? "failed" : released ? "released" : isIssued(placement.id) ? "held" : "not_invoiced";
    return {
      placementId: placement.id,
      fee: placement.placementFee,
      platformShare: cents(allocations.find(({ placementId }) => placementId === placement.id)?.platformCents ?? 0),
      stage,
      clawedBack: sumOf(own.map(({ refundCents }) => refundCents)),
      platformClawed: sumOf(own.map(({ platformCents }) => platformCents)),
      uncollectible: invoice?.status === "uncollectible" ? openOf(invoice) : cents(0),
      cancelledByAdmin: sumOf(
        transactions.filter((row) => row.placementId === placement.id && row.status === "cancelled").map(({ netCents }) => netCents),
      ),
    };
  };

  /** What of a credit is neither posted nor ended: all of an open one, of a used one what its replacement's invoice has yet to take. */
  const creditLeft = (credit: (typeof credits)[number]): Cents => {
    if (credit.status === "open") return cents(credit.amountCents - credit.usedCents);
    if (credit.status !== "used" || isIssued(credit.replacementPlacementId)) return cents(0);
    const replacement = placed.find(({ id }) => id === credit.replacementPlacementId);
    return replacement?.state === "failed" ? cents(0) : cents(credit.usedCents);
  };

  return {
    placements: placed.map(moneyOf),
    invoices: invoices.map((invoice) => ({
      companyId: invoice.companyId,
      open: openOf(invoice),
      uncollectible: invoice.status === "uncollectible",
    })),
    credits: credits.map((credit) => ({ companyId: credit.companyId, left: creditLeft(credit) })),
    transactions: transactions.map((row) => ({
      recruiterId: row.recruiterId,
      net: cents(row.netCents),
      payoutStatus: row.status,
      eligible: row.eligibleAt !== null,
    })),
    debts: debts.map((debt) => ({
      recruiterId: debt.recruiterId,
      open: cents(debt.amountCents - debt.recoveredCents - debt.writtenOffCents),
    })),
    refunds: operations.map(({ id, request }) => ({
      companyId: String(request["company_id"]),
      undone: cents(Number(request["amount_cents"]) - Number(refunded.find(({ operationId }) => operationId === id)?.refunded ?? 0)),
    })),
  };
}
