import { contractYear, placementsInYear, type CommittedPlacement, type ContractYear, type CustomContract } from "../contracts/contract.ts";
import { utcDate } from "../commission/dates.ts";
import { toDecimal } from "../money.ts";
import { entriesIn, headingOf, summarize, type AccountEntry, type AccountSummary, type Headings } from "./account.ts";
import { csv, type Column, type Row } from "./csv.ts";
import type { Period } from "./period.ts";

/** What a company owes moves by. */
export const RECEIVABLE_HEADINGS = ["invoiced", "paid", "credited", "given_up"] as const;
/** What a company has in credits moves by. */
export const CREDIT_HEADINGS = ["granted", "used", "ended", "lost"] as const;
/** What is to be paid back to a company moves by. */
export const REFUND_HEADINGS = ["overpaid", "due", "refunded"] as const;

export type CompanyHeading = (typeof RECEIVABLE_HEADINGS)[number] | (typeof CREDIT_HEADINGS)[number] | (typeof REFUND_HEADINGS)[number];

const RECEIVABLE: Headings<(typeof RECEIVABLE_HEADINGS)[number]> = {
  invoice: "invoiced",
  paid: "paid",
  falloff: "credited",
  credit_end: "credited",
  clawback: "credited",
  uncollectible: "given_up",
};

const CREDIT: Headings<(typeof CREDIT_HEADINGS)[number]> = {
  falloff: "granted",
  invoice: "used",
  credit_end: "ended",
  clawback: "lost",
};

const REFUND: Headings<(typeof REFUND_HEADINGS)[number]> = {
  paid: "overpaid",
  falloff: "due",
  credit_end: "due",
  clawback: "due",
  refund: "refunded",
};

/** An entry on one of a company's accounts. */
export interface CompanyEntry extends AccountEntry {
  account: "receivable" | "credit" | "refund_due";
  placementId: string | null;
  roleTitle: string | null;
  /** The invoice's number, where it is about one. */
  invoiceNumber: string | null;
}

/** One line of a company's statement. */
export interface CompanyLine extends CompanyEntry {
  kind: CompanyHeading;
}

/** What a company was invoiced, paid and got back. Never how a fee was split. */
export interface CompanyStatement {
  companyId: string;
  period: Period;
  currency: "usd";
  receivable: AccountSummary<(typeof RECEIVABLE_HEADINGS)[number]>;
  credit: AccountSummary<(typeof CREDIT_HEADINGS)[number]>;
  refundDue: AccountSummary<(typeof REFUND_HEADINGS)[number]>;
  lines: CompanyLine[];
  /** Null without an approved contract in force. */
  commitment: Commitment | null;
}

/** How far a company is with what it committed to. */
export interface Commitment {
  contractId: string;
  year: ContractYear;
  /** Placements of the contract year that have not failed. */
  placements: number;
  minimum: number | null;
  /** Whether the next hire gets the contract's discount. */
  discountReached: boolean;
}

/**
 * Makes a company's statement. On each of the three accounts opening balance and lines add up to the
 * closing balance.
 *
 * @param entries - all entries on the company's accounts, from the first on
 */
export function companyStatement(
  companyId: string,
  entries: readonly CompanyEntry[],
  commitment: Commitment | null,
  period: Period,
): CompanyStatement {
  const on = (account: CompanyEntry["account"]) => entries.filter((entry) => entry.account === account);
  return {
    companyId,
    period,
    currency: "usd",
    receivable: summarize(RECEIVABLE_HEADINGS, RECEIVABLE, on("receivable"), period),
    credit: summarize(CREDIT_HEADINGS, CREDIT, on("credit"), period),
    refundDue: summarize(REFUND_HEADINGS, REFUND, on("refund_due"), period),
    lines: entriesIn(entries, period).map((entry) => ({ ...entry, kind: kindOf(entry) })),
    commitment,
  };
}

function kindOf(entry: CompanyEntry): CompanyHeading {
  switch (entry.account) {
    case "receivable":
      return headingOf(RECEIVABLE, entry);
    case "credit":
      return headingOf(CREDIT, entry);
    case "refund_due":
      return headingOf(REFUND, entry);
  }
}

/** The commitment of the contract in force on a day; null without an approved one. */
export function commitmentOf(
  contracts: readonly CustomContract[],
  placements: readonly CommittedPlacement[],
  now: Date,
): Commitment | null {
  const today = utcDate(now);
  const contract = contracts.find(({ approvedAt, startDate, endDate }) => {
    return approvedAt !== null && startDate <= today && (endDate === null || today <= endDate);
  });
  if (!contract) return null;
  const year = contractYear(contract.startDate, today);
  const made = placementsInYear(contract.id, year, placements);
  return {
    contractId: contract.id,
    year,
    placements: made,
    minimum: contract.minPlacementsPerYear,
    discountReached: contract.discountBp !== null && made + 1 >= contract.discountThreshold,
  };
}

/** The columns of a company's lines, in JSON and in CSV alike. */
export const COMPANY_COLUMNS = [
  { name: "date", kind: "date" },
  { name: "account", kind: "id" },
  { name: "kind", kind: "id" },
  { name: "placement_id", kind: "id" },
  { name: "role_title", kind: "text" },
  { name: "invoice_number", kind: "text" },
  { name: "amount", kind: "amount" },
] as const satisfies readonly Column[];

type CompanyColumn = (typeof COMPANY_COLUMNS)[number]["name"];

/** A line in words and decimals. */
export const companyRow = (line: CompanyLine): Row<CompanyColumn> => ({
  date: line.at.toISOString(),
  account: line.account,
  kind: line.kind,
  placement_id: line.placementId,
  role_title: line.roleTitle,
  invoice_number: line.invoiceNumber,
  amount: toDecimal(line.amount),
});

/** The lines of a company's statement as CSV: the same values as its JSON. */
export const companyCsv = (lines: readonly CompanyLine[]): string => csv(COMPANY_COLUMNS, lines.map(companyRow));
