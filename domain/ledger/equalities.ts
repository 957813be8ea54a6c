import { cents, minus, plus, sum, ZERO, type Cents } from "../money.ts";
import type { AccountCode } from "./accounts.ts";
import { balanceOf, trialBalance, type Books } from "./books.ts";

/** What the rows of a placement say about its money. */
export interface PlacementMoney {
  placementId: string;
  fee: Cents;
  /** What the platform kept when the fee was split. */
  platformShare: Cents;
  /** `held` from the finalised invoice until release or failure; only then the escrow holds anything. */
  stage: "not_invoiced" | "held" | "released" | "failed";
  /** All that was clawed back of it. */
  clawedBack: Cents;
  /** The platform's part of that. */
  platformClawed: Cents;
  /** What was given up of the invoices behind its escrow. */
  uncollectible: Cents;
  /** Net amounts of transactions an admin cancelled, before or after the release. */
  cancelledByAdmin: Cents;
}

/** The rows of §14 as far as the ledger has to agree with them. */
export interface MoneyRows {
  placements: readonly PlacementMoney[];
  /** `open` is what the company still owes of a finalised invoice. */
  invoices: readonly { companyId: string; open: Cents; uncollectible: boolean }[];
  /** `left` is what of a credit is neither posted to a finalised invoice nor ended. */
  credits: readonly { companyId: string; left: Cents }[];
  transactions: readonly { recruiterId: string; net: Cents; payoutStatus: string; eligible: boolean }[];
  debts: readonly { recruiterId: string; open: Cents }[];
  refunds: readonly { companyId: string; undone: Cents }[];
}

/** A place where the ledger and the rows disagree: a break for reconciliation. */
export interface Inequality {
  account: AccountCode | "all entries";
  expected: Cents;
  actual: Cents;
}

const OWED: readonly string[] = ["pending", "processing", "failed", "on_hold"];

/** What a placement's escrow holds by its rows. */
export const expectedEscrow = ({ stage, fee, clawedBack, uncollectible }: PlacementMoney): Cents =>
  stage === "held" ? minus(minus(fee, clawedBack), uncollectible) : ZERO;

/** What the platform has earned by its rows: its share of each released placement, and what was cancelled. */
export const expectedRevenue = (placements: readonly PlacementMoney[]): Cents =>
  sum(
    placements
      .filter(({ stage }) => stage === "released")
      .map(({ platformShare, platformClawed, cancelledByAdmin }) => plus(minus(platformShare, platformClawed), cancelledByAdmin)),
  );

/**
 * Holds the books against the rows: each equality of MONEY §13, per account. An account that only
 * one of the two knows counts as zero on the other side.
 *
 * @returns the disagreements; empty when all is well
 */
export function inequalities(books: Books, rows: MoneyRows): Inequality[] {
  const expected = new Map<AccountCode, Cents>([["platform_revenue", expectedRevenue(rows.placements)]]);
  const add = (account: AccountCode, amount: Cents) => expected.set(account, plus(expected.get(account) ?? ZERO, amount));

  for (const placement of rows.placements) add(`escrow:${placement.placementId}`, expectedEscrow(placement));
  for (const { companyId, open, uncollectible } of rows.invoices) add(`receivable:${companyId}`, uncollectible ? ZERO : open);
  for (const { companyId, left } of rows.credits) add(`credit:${companyId}`, left);
  for (const { companyId, undone } of rows.refunds) add(`refund_due:${companyId}`, undone);
  for (const { recruiterId, open } of rows.debts) add(`debt:${recruiterId}`, open);
  for (const { recruiterId, net, payoutStatus, eligible } of rows.transactions) {
    add(`payable:${recruiterId}`, eligible && OWED.includes(payoutStatus) ? net : ZERO);
  }
  for (const account of books.signed.keys()) if (HELD_TO_ROWS.test(account)) add(account, ZERO);

  const all: Inequality = { account: "all entries", expected: ZERO, actual: trialBalance(books) };
  const each = [...expected].map(([account, amount]): Inequality => ({ account, expected: amount, actual: balanceOf(books, account) }));
  return [all, ...each].filter(({ expected, actual }) => expected !== cents(actual));
}

/** The accounts that have an equality; the others are held against Stripe. */
const HELD_TO_ROWS = /^(escrow|receivable|credit|refund_due|debt|payable):/;
