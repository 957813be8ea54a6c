import { describe, expect, it } from "vitest";
import { cents, toDecimal } from "#domain/money.ts";
import {
  copyDueDate,
  formState,
  OPENING_THRESHOLDS,
  taxCsv,
  taxForms,
  taxTotal,
  thresholdOf,
  type FormState,
  type PaidTransfer,
  type TaxForm,
  type TaxProfile,
  type TransferReversal,
} from "#domain/tax/tax-year.ts";
import { money } from "../commission/hires.ts";

const at = (text: string) => new Date(text);
const transfer = (amount: string, instant: string): PaidTransfer => ({ recruiterId: "R", net: money(amount), completedAt: at(instant) });
const profile = (more: Partial<TaxProfile> = {}): TaxProfile => ({
  recruiterId: "R",
  form: "w9",
  classification: "individual",
  status: "complete",
  tinLast4: "1234",
  ...more,
});

/** MONEY §21: 900.00 less 300.00 netted is a transfer of 600.00. */
const TRANSFERS = [transfer("1200", "2026-03-10T00:00:00Z"), transfer("600", "2026-09-10T00:00:00Z")];
const REVERSALS: TransferReversal[] = [
  { recruiterId: "R", amount: money("100"), at: at("2026-10-01T00:00:00Z"), transferCompletedAt: at("2026-03-10T00:00:00Z") },
];

const forms = (
  transfers: readonly PaidTransfer[],
  more: Partial<Parameters<typeof taxForms>[0]> = {},
  before: Parameters<typeof taxForms>[1] = [],
) => {
  const year = more.year ?? 2026;
  const totals = [taxTotal("R", year, transfers, REVERSALS)];
  return taxForms({ year, form: "1099-NEC", thresholds: OPENING_THRESHOLDS, totals, profiles: [profile()], ...more }, before);
};

describe("22.3.1: the total of a year", () => {
  it("is what was transferred less what came back in the same year", () => {
    expect(taxTotal("R", 2026, TRANSFERS, REVERSALS)).toEqual({
      recruiterId: "R",
      year: 2026,
      reportable: 170_000,
      repaidPriorYear: 0,
      payments: 2,
    });
    expect(forms(TRANSFERS)[0]?.state).toBe("below_threshold");
  });

  it("counts to the last second of the year, UTC", () => {
    const last = forms([...TRANSFERS, transfer("300", "2026-12-31T23:59:59Z")]);
    expect(last[0]).toMatchObject({ state: "due", total: { reportable: 200_000 } });
    const next = [...TRANSFERS, transfer("300", "2027-01-01T00:00:00Z")];
    expect(forms(next)[0]?.state).toBe("below_threshold");
    expect(taxTotal("R", 2027, next, REVERSALS).reportable).toBe(30_000);
    expect(() => forms(next, { year: 2027 })).toThrow(
      expect.objectContaining({ code: "conflict", members: { reason: "tax_year_without_threshold" } }),
    );
  });

  it("leaves a later reversal out of both years and lists it", () => {
    const later = REVERSALS.map((reversal) => ({ ...reversal, at: at("2027-01-01T00:00:00Z") }));
    expect(taxTotal("R", 2026, TRANSFERS, later).reportable).toBe(180_000);
    expect(taxTotal("R", 2027, TRANSFERS, later)).toMatchObject({ reportable: 0, repaidPriorYear: 10_000 });
  });

  it("is each payee's own", () => {
    expect(taxTotal("other", 2026, TRANSFERS, REVERSALS)).toMatchObject({ reportable: 0, payments: 0 });
  });
});

describe("a form", () => {
  it.each<[number, TaxForm, number, number, FormState]>([
    [2026, "1099-NEC", 199_999, 1, "below_threshold"],
    [2026, "1099-NEC", 200_000, 1, "due"],
    [2025, "1099-NEC", 59_999, 1, "below_threshold"],
    [2025, "1099-NEC", 60_000, 1, "due"],
    [2026, "1099-K", 2_000_000, 201, "below_threshold"],
    [2026, "1099-K", 2_000_001, 200, "below_threshold"],
    [2026, "1099-K", 2_000_001, 201, "due"],
  ])("of %i, %s, for %i cents in %i payments is %s", (year, form, reportable, payments, state) => {
    const total = { recruiterId: "R", year, reportable: cents(reportable), repaidPriorYear: cents(0), payments };
    expect(formState(total, thresholdOf(OPENING_THRESHOLDS, year, form), profile())).toBe(state);
  });

  it.each<[FormState, TaxProfile | null]>([
    ["due", profile({ classification: "partnership" })],
    ["due", profile({ status: "expired" })],
    ["excluded", profile({ classification: "corporation" })],
    ["excluded", profile({ classification: "foreign" })],
    ["excluded", profile({ form: "w8ben" })],
    ["profile_missing", profile({ status: "pending" })],
    ["profile_missing", null],
  ])("is %s for %j", (state, of) => {
    const enough = [...TRANSFERS, transfer("300", "2026-12-01T00:00:00Z")];
    expect(forms(enough, { profiles: of ? [of] : [] })[0]?.state).toBe(state);
  });

  it("that changed after it was handed out is corrected, also when it is no longer due", () => {
    const first = forms([...TRANSFERS, transfer("300", "2026-12-01T00:00:00Z")]);
    expect(first[0]?.corrected).toBe(false);
    expect(forms([...TRANSFERS, transfer("300", "2026-12-01T00:00:00Z")], {}, first)[0]?.corrected).toBe(false);
    expect(forms([...TRANSFERS, transfer("301", "2026-12-01T00:00:00Z")], {}, first)[0]?.corrected).toBe(true);
    expect(forms(TRANSFERS, {}, first)[0]).toMatchObject({ corrected: true, state: "below_threshold" });
  });

  it("is due on 31 January, or the Monday after it", () => {
    expect([2024, 2025, 2026, 2027, 2028].map(copyDueDate)).toEqual(["2025-01-31", "2026-02-02", "2027-02-01", "2028-01-31", "2029-01-31"]);
  });

  it("is a line of CSV", () => {
    const [header, row] = taxCsv(forms([...TRANSFERS, transfer("300", "2026-12-01T00:00:00Z")])).split("\r\n");
    expect(header).toBe("recruiter_id,year,form,state,reportable,repaid_prior_year,payments,classification,tin_last4,corrected");
    expect(row).toBe(`R,2026,1099-NEC,due,${toDecimal(200_000)},0.00,3,individual,1234,no`);
  });
});
