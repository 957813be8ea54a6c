import type { DealRole } from "../commission/deal-roles.ts";
import type { Tier } from "../commission/rates.ts";
import type { BlockerCode } from "../payouts/blockers.ts";
import type { PayoutStatus } from "../payouts/transaction.ts";
import { cents, sum, toDecimal, type BasisPoints, type Cents } from "../money.ts";
import { entriesIn, headingOf, summarize, type AccountEntry, type AccountSummary, type Headings } from "./account.ts";
import { csv, type Column, type Row } from "./csv.ts";
import type { Period } from "./period.ts";

/** What a payable moves by. */
export const PAYABLE_HEADINGS = ["earned", "clawed_back", "cancelled", "netted", "paid_out"] as const;
/** What a debt moves by. */
export const DEBT_HEADINGS = ["incurred", "netted", "reversed", "written_off"] as const;

export type PayableHeading = (typeof PAYABLE_HEADINGS)[number];
export type DebtHeading = (typeof DEBT_HEADINGS)[number];

const PAYABLE: Headings<PayableHeading> = {
  release: "earned",
  clawback: "clawed_back",
  cancel: "cancelled",
  netting: "netted",
  payout: "paid_out",
};

const DEBT: Headings<DebtHeading> = { clawback: "incurred", netting: "netted", reversal: "reversed", writeoff: "written_off" };

/** What an entry means for one transaction: an entry of a recruiter may be of several roles. */
export interface EntryPart {
  transactionId: string;
  placementId: string;
  roleTitle: string;
  companyName: string;
  dealRole: DealRole;
  rate: BasisPoints;
  tier: Tier;
  standardAmount: Cents;
  bonusAmount: Cents;
  teamId: string | null;
  teamPart: "overhead" | "member" | "equal_part" | null;
  /** This part of the entry, signed as it is. */
  amount: Cents;
  transferId: string | null;
  payoutStatus: PayoutStatus;
}

/** An entry on `payable:R` or `debt:R`. Its parts add up to its amount. */
export interface RecruiterEntry extends AccountEntry {
  account: "payable" | "debt";
  recruiterId: string;
  parts: readonly EntryPart[];
}

/** One line of a statement. */
export interface StatementLine extends EntryPart {
  at: Date;
  account: "payable" | "debt";
  kind: PayableHeading | DebtHeading;
  recruiterId: string;
}

/** A share that is not released yet. */
export interface UpcomingPayout {
  transactionId: string;
  placementId: string;
  amount: Cents;
  expectedAt: Date | null;
  blockers: readonly BlockerCode[];
}

/** What a recruiter earned, owes and was paid over a period; every line is a ledger entry, or a part of one. */
export interface RecruiterStatement {
  recruiterId: string;
  period: Period;
  currency: "usd";
  payable: AccountSummary<PayableHeading>;
  debt: AccountSummary<DebtHeading>;
  /** From 1 January of the year the period ends in, to the end of the period. */
  yearToDate: { earned: Cents; paidOut: Cents };
  lines: StatementLine[];
  upcoming: readonly UpcomingPayout[];
}

/**
 * Makes a recruiter's statement. Opening balance and lines add up to the closing balance, for what
 * is owed to them and for what they owe. Throws when the parts of an entry do not add up to it.
 *
 * @param entries - all entries of the recruiter on both accounts, from the first on
 */
export function recruiterStatement(
  recruiterId: string,
  entries: readonly RecruiterEntry[],
  upcoming: readonly UpcomingPayout[],
  period: Period,
): RecruiterStatement {
  const own = entries.filter((entry) => entry.recruiterId === recruiterId);
  const payable = own.filter(({ account }) => account === "payable");
  const yearToDate = summarize(PAYABLE_HEADINGS, PAYABLE, payable, { from: `${period.to.slice(0, 4)}-01-01`, to: period.to });
  return {
    recruiterId,
    period,
    currency: "usd",
    payable: summarize(PAYABLE_HEADINGS, PAYABLE, payable, period),
    debt: summarize(
      DEBT_HEADINGS,
      DEBT,
      own.filter(({ account }) => account === "debt"),
      period,
    ),
    yearToDate: { earned: yearToDate.movements.earned, paidOut: cents(0 - yearToDate.movements.paid_out) },
    lines: entriesIn(own, period).flatMap(linesOf),
    upcoming,
  };
}

/** The lines of an entry: one per transaction it is about. */
export function linesOf(entry: RecruiterEntry): StatementLine[] {
  const { at, account, recruiterId, parts, amount } = entry;
  if (sum(parts.map((part) => part.amount)) !== amount) throw new RangeError("the parts of an entry do not add up to it");
  const kind = account === "payable" ? headingOf(PAYABLE, entry) : headingOf(DEBT, entry);
  return parts.map((part) => ({ ...part, at, account, kind, recruiterId }));
}

/** The columns of a recruiter's lines, in JSON and in CSV alike. */
export const RECRUITER_COLUMNS = [
  { name: "date", kind: "date" },
  { name: "account", kind: "id" },
  { name: "kind", kind: "id" },
  { name: "recruiter_id", kind: "id" },
  { name: "placement_id", kind: "id" },
  { name: "role_title", kind: "text" },
  { name: "company", kind: "text" },
  { name: "role", kind: "id" },
  { name: "rate", kind: "number" },
  { name: "tier", kind: "id" },
  { name: "standard_amount", kind: "amount" },
  { name: "bonus_amount", kind: "amount" },
  { name: "team_id", kind: "id" },
  { name: "team_part", kind: "id" },
  { name: "amount", kind: "amount" },
  { name: "transfer_id", kind: "id" },
  { name: "status", kind: "id" },
] as const satisfies readonly Column[];

type RecruiterColumn = (typeof RECRUITER_COLUMNS)[number]["name"];

/** A line in words and decimals. */
export const recruiterRow = (line: StatementLine): Row<RecruiterColumn> => ({
  date: line.at.toISOString(),
  account: line.account,
  kind: line.kind,
  recruiter_id: line.recruiterId,
  placement_id: line.placementId,
  role_title: line.roleTitle,
  company: line.companyName,
  role: line.dealRole,
  rate: toDecimal(line.rate),
  tier: line.tier,
  standard_amount: toDecimal(line.standardAmount),
  bonus_amount: toDecimal(line.bonusAmount),
  team_id: line.teamId,
  team_part: line.teamPart,
  amount: toDecimal(line.amount),
  transfer_id: line.transferId,
  status: line.payoutStatus,
});

/** The lines of a statement as CSV: the same values as its JSON. */
export const recruiterCsv = (lines: readonly StatementLine[]): string => csv(RECRUITER_COLUMNS, lines.map(recruiterRow));
