import { csv, type Column, type Row } from "../statements/csv.ts";
import { minus, sum, toDecimal, type Cents } from "../money.ts";
import { conflict } from "../refusals.ts";

/** A transfer to a payee, in the year it was completed. Stripe's fees are not taken off. */
export interface PaidTransfer {
  recruiterId: string;
  net: Cents;
  completedAt: Date;
}

/** What came back of a transfer. */
export interface TransferReversal {
  recruiterId: string;
  amount: Cents;
  at: Date;
  transferCompletedAt: Date;
}

/** What a payee was paid in a UTC calendar year. */
export interface TaxTotal {
  recruiterId: string;
  year: number;
  /** Transfers of the year − what of them came back in the same year. */
  reportable: Cents;
  /** What came back in this year of earlier years' transfers: it changes neither year. */
  repaidPriorYear: Cents;
  /** How many transfers. */
  payments: number;
}

/**
 * The totals of one payee and year. What was netted was never transferred, so a debt lowers a total
 * once.
 */
export function taxTotal(
  recruiterId: string,
  year: number,
  transfers: readonly PaidTransfer[],
  reversals: readonly TransferReversal[],
): TaxTotal {
  const paid = transfers.filter((transfer) => transfer.recruiterId === recruiterId && yearOf(transfer.completedAt) === year);
  const back = reversals.filter((reversal) => reversal.recruiterId === recruiterId && yearOf(reversal.at) === year);
  const ofYear = back.filter(({ transferCompletedAt }) => yearOf(transferCompletedAt) === year);
  const earlier = back.filter(({ transferCompletedAt }) => yearOf(transferCompletedAt) < year);
  return {
    recruiterId,
    year,
    reportable: minus(sum(paid.map(({ net }) => net)), sum(ofYear.map(({ amount }) => amount))),
    repaidPriorYear: sum(earlier.map(({ amount }) => amount)),
    payments: paid.length,
  };
}

const yearOf = (at: Date): number => at.getUTCFullYear();

export type TaxForm = "1099-NEC" | "1099-K";

/** A row of `billing.tax_thresholds`. Counsel confirms them before use. */
export interface TaxThreshold {
  year: number;
  form: TaxForm;
  /** From so much on a form is due. */
  cents: Cents;
  /** And from so many payments on; null where their number does not matter. */
  minCount: number | null;
}

/** The rows the marketplace opens with. "More than" is stored as the next cent and the next payment. */
export const OPENING_THRESHOLDS: readonly TaxThreshold[] = [
  { year: 2025, form: "1099-NEC", cents: 60_000 as Cents, minCount: null },
  { year: 2026, form: "1099-NEC", cents: 200_000 as Cents, minCount: null },
  { year: 2026, form: "1099-K", cents: 2_000_001 as Cents, minCount: 201 },
];

/** What of a tax profile decides on a form. */
export interface TaxProfile {
  recruiterId: string;
  form: "w9" | "w8ben" | "w8bene";
  classification: "individual" | "partnership" | "corporation" | "foreign";
  status: "missing" | "pending" | "complete" | "expired";
  tinLast4: string | null;
}

/** What a payee gets for a year. A payee above the threshold without a profile is for people to settle. */
export type FormState = "due" | "below_threshold" | "excluded" | "profile_missing";

/** One payee's form of one year. */
export interface TaxFormRow {
  total: TaxTotal;
  form: TaxForm;
  state: FormState;
  classification: TaxProfile["classification"] | null;
  tinLast4: string | null;
  /** It replaces one that was handed out with other numbers. */
  corrected: boolean;
}

/** The threshold of a year and form. Refuses a year without a row (409 `tax_year_without_threshold`). */
export function thresholdOf(thresholds: readonly TaxThreshold[], year: number, form: TaxForm): TaxThreshold {
  const found = thresholds.find((threshold) => threshold.year === year && threshold.form === form);
  if (!found) throw conflict(`There is no threshold for ${form} in ${year}.`, { reason: "tax_year_without_threshold" });
  return found;
}

/**
 * Produces the forms of a year: which payees get one, and who is excluded. A row that says otherwise
 * than the one handed out before is marked corrected.
 *
 * Refuses a year without a threshold (409).
 *
 * @param handedOut - the rows of the last run; empty for the first
 */
export function taxForms(
  input: {
    year: number;
    form: TaxForm;
    thresholds: readonly TaxThreshold[];
    totals: readonly TaxTotal[];
    profiles: readonly TaxProfile[];
  },
  handedOut: readonly TaxFormRow[],
): TaxFormRow[] {
  const threshold = thresholdOf(input.thresholds, input.year, input.form);
  return input.totals
    .filter(({ year }) => year === input.year)
    .map((total) => {
      const profile = input.profiles.find(({ recruiterId }) => recruiterId === total.recruiterId) ?? null;
      const state = formState(total, threshold, profile);
      const before = handedOut.find((row) => row.total.recruiterId === total.recruiterId && row.form === input.form);
      const corrected = before !== undefined && before.state === "due" && (before.corrected || differs(before, total, state));
      return {
        total,
        form: input.form,
        state,
        classification: profile?.classification ?? null,
        tinLast4: profile?.tinLast4 ?? null,
        corrected,
      };
    });
}

/** Whether a form is due: at the threshold or above it, to a US individual or partnership. */
export function formState(total: TaxTotal, threshold: TaxThreshold, profile: TaxProfile | null): FormState {
  const isReached = total.reportable >= threshold.cents && total.payments >= (threshold.minCount ?? 0);
  if (!isReached) return "below_threshold";
  if (!profile || profile.status === "missing" || profile.status === "pending") return "profile_missing";
  const isExcluded = profile.form !== "w9" || profile.classification === "corporation" || profile.classification === "foreign";
  return isExcluded ? "excluded" : "due";
}

const differs = (before: TaxFormRow, total: TaxTotal, state: FormState): boolean =>
  before.total.reportable !== total.reportable || before.state !== state;

/** The date a payee's copy is due: 31 January after the year, or the Monday after it on a weekend. `YYYY-MM-DD`. */
export function copyDueDate(year: number): string {
  const due = new Date(Date.UTC(year + 1, 0, 31));
  const weekday = due.getUTCDay();
  const moved = weekday === 6 ? 2 : weekday === 0 ? 1 : 0;
  due.setUTCDate(due.getUTCDate() + moved);
  return due.toISOString().slice(0, 10);
}

const COLUMNS = [
  { name: "recruiter_id", kind: "id" },
  { name: "year", kind: "number" },
  { name: "form", kind: "id" },
  { name: "state", kind: "id" },
  { name: "reportable", kind: "amount" },
  { name: "repaid_prior_year", kind: "amount" },
  { name: "payments", kind: "number" },
  { name: "classification", kind: "id" },
  { name: "tin_last4", kind: "id" },
  { name: "corrected", kind: "id" },
] as const satisfies readonly Column[];

/** A form in words and decimals. */
export const taxRow = ({ total, form, state, classification, tinLast4, corrected }: TaxFormRow): Row<(typeof COLUMNS)[number]["name"]> => ({
  recruiter_id: total.recruiterId,
  year: total.year,
  form,
  state,
  reportable: toDecimal(total.reportable),
  repaid_prior_year: toDecimal(total.repaidPriorYear),
  payments: total.payments,
  classification,
  tin_last4: tinLast4,
  corrected: corrected ? "yes" : "no",
});

/** The forms of a year as CSV. */
export const taxCsv = (rows: readonly TaxFormRow[]): string => csv(COLUMNS, rows.map(taxRow));
