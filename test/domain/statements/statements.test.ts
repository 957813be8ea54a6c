import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CustomContract } from "#domain/contracts/contract.ts";
import { basisPoints, cents, plus, sum, toDecimal, ZERO, type Cents } from "#domain/money.ts";
import { companyCsv, commitmentOf, companyRow, companyStatement, type CompanyEntry } from "#domain/statements/company.ts";
import { csv } from "#domain/statements/csv.ts";
import { instantsOf, monthPeriod, requirePeriod } from "#domain/statements/period.ts";
import {
  RECRUITER_COLUMNS,
  recruiterCsv,
  recruiterRow,
  recruiterStatement,
  type EntryPart,
  type RecruiterEntry,
} from "#domain/statements/recruiter.ts";
import { teamStatement } from "#domain/statements/team.ts";
import { taxTotal } from "#domain/tax/tax-year.ts";
import { money } from "../commission/hires.ts";

const at = (text: string) => new Date(text);
const YEAR = requirePeriod("2026-01-01", "2026-12-31");

const part = (amount: Cents, more: Partial<EntryPart> = {}): EntryPart => ({
  transactionId: "transaction",
  placementId: "placement",
  roleTitle: "Engineer",
  companyName: "Acme",
  dealRole: "candidate_recruiter",
  rate: basisPoints(3000),
  tier: "paid",
  standardAmount: amount,
  bonusAmount: ZERO,
  teamId: null,
  teamPart: null,
  amount,
  transferId: null,
  payoutStatus: "pending",
  ...more,
});

const entry = (
  postingKind: RecruiterEntry["postingKind"],
  day: string,
  amount: string,
  more: Partial<RecruiterEntry> = {},
): RecruiterEntry => ({
  postingKind,
  account: "payable",
  recruiterId: "R",
  at: at(`${day}T12:00:00Z`),
  amount: money(amount),
  parts: [part(money(amount))],
  ...more,
});

/** A reader of CSV, written from RFC 4180 and not from the writer. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = "";
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index]!;
    if (quoted && char === '"' && text[index + 1] === '"') cell += text[++index];
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === ",") cell = (rows.at(-1)!.push(cell), "");
    else if (!quoted && char === "\r" && text[index + 1] === "\n") {
      rows.at(-1)!.push(cell);
      rows.push([]);
      cell = "";
      index++;
    } else cell += char;
  }
  rows.pop();
  return rows;
}

describe("a period", () => {
  it("is a UTC month, or 366 days at most", () => {
    expect(monthPeriod("2026-02")).toEqual({ from: "2026-02-01", to: "2026-02-28" });
    expect(monthPeriod("2028-02").to).toBe("2028-02-29");
    expect(monthPeriod("2026-12").to).toBe("2026-12-31");
    expect(requirePeriod("2026-01-01", "2027-01-01")).toBeDefined();
    const refused = expect.objectContaining({ code: "validation_failed" });
    expect(() => requirePeriod("2026-01-01", "2027-01-02")).toThrow(refused);
    expect(() => requirePeriod("2026-01-02", "2026-01-01")).toThrow(refused);
    expect(() => requirePeriod("2026-02-30", "2026-03-01")).toThrow(refused);
    expect(() => requirePeriod("2026-01-01", "x")).toThrow(refused);
    expect(() => monthPeriod("2026-13")).toThrow(refused);
    expect(instantsOf(monthPeriod("2026-02"))).toEqual({ start: at("2026-02-01T00:00:00Z"), end: at("2026-03-01T00:00:00Z") });
  });
});

describe("a recruiter's statement", () => {
  const entries = [
    entry("release", "2026-01-10", "6000"),
    entry("payout", "2026-01-11", "-6000"),
    entry("release", "2026-02-10", "3000"),
    entry("clawback", "2026-02-11", "-750"),
    entry("cancel", "2026-02-12", "-50"),
    entry("netting", "2026-02-13", "-200"),
    entry("payout", "2026-03-01", "-2000"),
    entry("clawback", "2026-02-11", "700", { account: "debt" }),
    entry("netting", "2026-02-13", "-200", { account: "debt" }),
    entry("reversal", "2026-02-14", "-300", { account: "debt" }),
    entry("writeoff", "2026-03-14", "-200", { account: "debt" }),
    entry("release", "2026-02-10", "99", { recruiterId: "other" }),
  ];

  it("adds up: opening, earned, clawed back, cancelled, netted, paid out, closing; debts the same way", () => {
    const { payable, debt, yearToDate, lines } = recruiterStatement("R", entries, [], monthPeriod("2026-02"));
    expect(payable).toEqual({
      opening: 0,
      movements: { earned: 300_000, clawed_back: -75_000, cancelled: -5_000, netted: -20_000, paid_out: 0 },
      closing: 200_000,
    });
    expect(debt).toEqual({
      opening: 0,
      movements: { incurred: 70_000, netted: -20_000, reversed: -30_000, written_off: 0 },
      closing: 20_000,
    });
    expect(yearToDate).toEqual({ earned: 900_000, paidOut: 600_000 });
    expect(lines.map(({ kind, amount }) => `${kind} ${toDecimal(amount)}`)).toEqual([
      "earned 3000.00",
      "clawed_back -750.00",
      "incurred 700.00",
      "cancelled -50.00",
      "netted -200.00",
      "netted -200.00",
      "reversed -300.00",
    ]);
    const march = recruiterStatement("R", entries, [], monthPeriod("2026-03"));
    expect([march.payable.opening, march.payable.closing, march.debt.opening, march.debt.closing]).toEqual([200_000, 0, 20_000, 0]);
  });

  it("ends at midnight, to the second", () => {
    const late = [
      entry("release", "2026-02-28", "1", { at: at("2026-02-28T23:59:59Z") }),
      entry("release", "2026-03-01", "2", { at: at("2026-03-01T00:00:00Z") }),
    ];
    expect(recruiterStatement("R", late, [], monthPeriod("2026-02")).payable.closing).toBe(100);
    expect(recruiterStatement("R", late, [], monthPeriod("2026-03")).payable).toMatchObject({ opening: 100, closing: 300 });
  });

  it("shows one line per role of an entry, and refuses parts that do not add up", () => {
    const two = [part(money("6000")), part(money("1600"), { dealRole: "candidate_sourcer", transactionId: "other" })];
    const shown = recruiterStatement("R", [entry("release", "2026-01-10", "7600", { parts: two })], [], YEAR);
    expect(shown.lines.map(({ dealRole }) => dealRole)).toEqual(["candidate_recruiter", "candidate_sourcer"]);
    expect(() => recruiterStatement("R", [entry("release", "2026-01-10", "7600.01", { parts: two })], [], YEAR)).toThrow(RangeError);
  });

  it("has a place for every entry, or says so", () => {
    expect(() => recruiterStatement("R", [entry("invoice", "2026-01-10", "1")], [], YEAR)).toThrow(RangeError);
    expect(() => recruiterStatement("R", [entry("payout", "2026-01-10", "1", { account: "debt" })], [], YEAR)).toThrow(RangeError);
  });

  it("is the same as CSV and as JSON", () => {
    const titles = ['Head of "R&D", EMEA', "=HYPERLINK(1)", "  @sum", "+1", "-1", "\tx", "plain", "line\r\nbreak", "＝1"];
    const tricky = titles.map((roleTitle, day) =>
      entry("release", `2026-01-${10 + day}`, "5", { parts: [part(money("5"), { roleTitle, transferId: day % 2 ? "tr" : null })] }),
    );
    const { lines } = recruiterStatement("R", [...tricky, entry("payout", "2026-02-01", "-5")], [], YEAR);
    const [header, ...rows] = parse(recruiterCsv(lines));
    expect(header).toEqual(RECRUITER_COLUMNS.map(({ name }) => name));
    const column = header!.indexOf("role_title");
    expect(rows.map((row) => row[column]!.startsWith("'"))).toEqual([false, true, true, true, true, true, false, false, true, false]);
    const plain = rows.map((row) => Object.fromEntries(row.map((cell, index) => [header![index]!, cell.replace(/^'/, "")])));
    const json = lines
      .map(recruiterRow)
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? "" : String(value)])));
    expect(plain).toEqual(json);
    expect(rows.at(-1)![header!.indexOf("amount")]).toBe("-5.00");
  });
});

describe("CSV", () => {
  it("is RFC 4180", () => {
    const columns = [
      { name: "a", kind: "text" },
      { name: "b", kind: "amount" },
    ] as const;
    expect(
      csv(columns, [
        { a: 'x,"y"', b: "-1.00" },
        { a: null, b: 3 },
      ]),
    ).toBe('a,b\r\n"x,""y""",-1.00\r\n,3\r\n');
    expect(csv(columns, [])).toBe("a,b\r\n");
  });
});

describe("a team's statement", () => {
  const shared = (
    recruiterId: string,
    postingKind: RecruiterEntry["postingKind"],
    amount: string,
    more: Partial<EntryPart> = {},
  ): RecruiterEntry =>
    entry(postingKind, "2026-06-01", amount, { recruiterId, parts: [part(money(amount), { teamId: "T", teamPart: "member", ...more })] });
  const entries = [
    shared("O", "release", "1481.48", { teamPart: "overhead" }),
    shared("E", "release", "5925.94"),
    shared("E", "payout", "-5925.94"),
    shared("E", "release", "100", { placementId: "second" }),
  ];

  it("has totals per member and per placement for its owner", () => {
    const { total, byMember, byPlacement, lines } = teamStatement("T", entries, { sees: "all" }, YEAR);
    expect(total).toEqual({ earned: 750_742, paidOut: 592_594 });
    expect([...byMember]).toEqual([
      ["O", { earned: 148_148, paidOut: 0 }],
      ["E", { earned: 602_594, paidOut: 592_594 }],
    ]);
    expect([...byPlacement!]).toEqual([
      ["placement", { earned: 740_742, paidOut: 592_594 }],
      ["second", { earned: 10_000, paidOut: 0 }],
    ]);
    expect(lines).toHaveLength(4);
  });

  it("shows a member their own lines and the team's total", () => {
    const { total, byMember, byPlacement, lines } = teamStatement("T", entries, { sees: "own", recruiterId: "O" }, YEAR);
    expect(total.earned).toBe(750_742);
    expect([...byMember.keys()]).toEqual(["O"]);
    expect(byPlacement).toBeNull();
    expect(lines.map(({ recruiterId }) => recruiterId)).toEqual(["O"]);
  });
});

describe("a company's statement", () => {
  const line = (account: CompanyEntry["account"], postingKind: CompanyEntry["postingKind"], day: string, amount: string): CompanyEntry => ({
    account,
    postingKind,
    at: at(`${day}T00:00:00Z`),
    amount: money(amount),
    placementId: "placement",
    roleTitle: "=Engineer",
    invoiceNumber: "SN-1",
  });
  const entries = [
    line("receivable", "invoice", "2026-03-02", "20000"),
    line("receivable", "paid", "2026-03-28", "-20000"),
    line("credit", "falloff", "2026-04-11", "20000"),
    line("credit", "invoice", "2026-05-01", "-18000"),
    line("credit", "credit_end", "2026-05-01", "-2000"),
    line("refund_due", "credit_end", "2026-05-01", "2000"),
    line("refund_due", "refund", "2026-05-03", "-2000"),
  ];

  it("adds up on each account", () => {
    const statement = companyStatement("acme", entries, null, monthPeriod("2026-05"));
    expect(statement.receivable).toEqual({ opening: 0, movements: { invoiced: 0, paid: 0, credited: 0, given_up: 0 }, closing: 0 });
    expect(statement.credit).toEqual({
      opening: 2_000_000,
      movements: { granted: 0, used: -1_800_000, ended: -200_000, lost: 0 },
      closing: 0,
    });
    expect(statement.refundDue).toEqual({ opening: 0, movements: { overpaid: 0, due: 200_000, refunded: -200_000 }, closing: 0 });
    expect(statement.lines.map(({ kind }) => kind)).toEqual(["used", "ended", "due", "refunded"]);
    const [, first] = parse(companyCsv(statement.lines));
    expect(first).toEqual(["2026-05-01T00:00:00.000Z", "credit", "used", "placement", "'=Engineer", "SN-1", "-18000.00"]);
    expect(companyRow(statement.lines[0]!).role_title).toBe("=Engineer");
  });

  it("tells the commitment of the contract in force", () => {
    const contract: CustomContract = {
      id: "contract",
      companyId: "acme",
      feeBp: null,
      flatFee: null,
      discountBp: basisPoints(1000),
      discountThreshold: 3,
      minPlacementsPerYear: 5,
      startDate: "2026-01-01",
      endDate: null,
      termsDocumentUrl: null,
      approvedByUserId: "admin",
      approvedAt: at("2026-01-01T00:00:00Z"),
    };
    const placements = ["2026-02-01", "2026-03-01"].map((day) => ({
      contractId: "contract",
      hiredAt: at(`${day}T00:00:00Z`),
      state: "active" as const,
    }));
    const now = at("2026-04-01T00:00:00Z");
    expect(commitmentOf([contract], placements, now)).toEqual({
      contractId: "contract",
      year: { from: "2026-01-01", to: "2027-01-01" },
      placements: 2,
      minimum: 5,
      discountReached: true,
    });
    expect(commitmentOf([contract], placements.slice(1), now)?.discountReached).toBe(false);
    expect(commitmentOf([{ ...contract, approvedAt: null }], placements, now)).toBeNull();
  });
});

describe("property 12: any ledger", () => {
  const KINDS = ["release", "clawback", "cancel", "netting", "payout"] as const;
  const random = fc.array(
    fc.tuple(fc.constantFrom(...KINDS), fc.nat(900), fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom("R", "S")),
    { maxLength: 60, size: "max" },
  );
  const entriesOf = (history: readonly (readonly [(typeof KINDS)[number], number, number, string])[]): RecruiterEntry[] =>
    history.map(([postingKind, day, amount, recruiterId]) => {
      const signed = cents(postingKind === "release" ? amount : -amount);
      const instant = new Date(Date.UTC(2025, 0, 1) + day * 86_400_000);
      return { postingKind, account: "payable", recruiterId, at: instant, amount: signed, parts: [part(signed)] };
    });

  it("opening and lines are closing, and one period's closing is the next one's opening", () => {
    const check = fc.property(random, (history) => {
      const entries = entriesOf(history);
      const months = Array.from({ length: 30 }, (_, month) => new Date(Date.UTC(2025, month, 1)).toISOString().slice(0, 7));
      let closing: Cents = ZERO;
      for (const month of months) {
        const { payable, lines } = recruiterStatement("R", entries, [], monthPeriod(month));
        expect(payable.opening).toBe(closing);
        expect(plus(payable.opening, sum(lines.map(({ amount }) => amount)))).toBe(payable.closing);
        closing = payable.closing;
      }
      expect(closing).toBe(sum(entries.filter(({ recruiterId }) => recruiterId === "R").map(({ amount }) => amount)));
    });
    fc.assert(check, { numRuns: 300 });
  });

  it("the year totals of all payees are what was completed less what came back", () => {
    const check = fc.property(random, (history) => {
      const transfers = entriesOf(history).filter(({ postingKind }) => postingKind === "payout");
      const paid = transfers.map(({ recruiterId, at, amount }) => ({ recruiterId, net: cents(0 - amount), completedAt: at }));
      const back = paid
        .filter((_, index) => index % 3 === 0)
        .map((transfer) => ({
          recruiterId: transfer.recruiterId,
          amount: transfer.net,
          at: new Date(transfer.completedAt.getTime() + 40 * 86_400_000),
          transferCompletedAt: transfer.completedAt,
        }));
      const totals = ["R", "S"].flatMap((recruiterId) => [2025, 2026, 2027, 2028].map((year) => taxTotal(recruiterId, year, paid, back)));
      expect(sum(totals.map(({ reportable, repaidPriorYear }) => cents(reportable - repaidPriorYear)))).toBe(
        cents(sum(paid.map(({ net }) => net)) - sum(back.map(({ amount }) => amount))),
      );
    });
    fc.assert(check, { numRuns: 500 });
  });
});
