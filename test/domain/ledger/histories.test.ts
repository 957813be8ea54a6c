import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inequalities, type MoneyRows } from "#domain/ledger/equalities.ts";
import type { PostingKind } from "#domain/ledger/posting.ts";
import { cents } from "#domain/money.ts";
import { faultsOf } from "#domain/payouts/transaction.ts";
import { openHouse, STEPS, type Step } from "./house.ts";

/** A hire is as likely as the steps that need one, so that histories get somewhere. */
const LIKELY = [
  ...STEPS,
  "hire",
  "invoice",
  "payAll",
  "payAll",
  "release",
  "release",
  "send",
  "clawBack",
  "reverse",
  "net",
  "net",
] as const;

const history: fc.Arbitrary<Step[]> = fc.array(fc.tuple(fc.constantFrom(...LIKELY), fc.nat(2 ** 28)), {
  minLength: 1,
  maxLength: 300,
  size: "max",
});

describe("property 11: any history of the house", () => {
  it("keeps every equality of the ledger after each step, and every row sound", () => {
    const seen = new Set<PostingKind>();
    const check = fc.property(history, (steps) => {
      const house = openHouse();
      for (const step of steps) {
        house.take(step);
        expect(inequalities(house.books(), house.rows())).toEqual([]);
        expect(house.transactions().flatMap(faultsOf)).toEqual([]);
      }
      for (const { kind } of house.books().postings.values()) seen.add(kind);
    });
    fc.assert(check, { numRuns: 1_000 });
    // A history that never gets to a clawback proves nothing about one.
    expect([...seen].toSorted()).toEqual(
      [
        "cancel",
        "clawback",
        "credit_end",
        "dispute",
        "falloff",
        "invoice",
        "netting",
        "paid",
        "payout",
        "refund",
        "release",
        "reversal",
        "uncollectible",
        "writeoff",
      ].toSorted(),
    );
  }, 120_000);
});

describe("the equalities", () => {
  const story: readonly Step[] = [
    ["hire", 10_000_001],
    ["invoice", 0],
    ["payAll", 1],
    ["release", 0],
    ["send", 0],
    ["clawBack", 1_000_001],
  ];

  function told() {
    const house = openHouse();
    for (const step of story) house.take(step);
    return house;
  }

  it("hold at the end of a story", () => {
    const house = told();
    expect(inequalities(house.books(), house.rows())).toEqual([]);
  });

  it.each<[keyof MoneyRows, object]>([
    ["placements", { platformClawed: cents(0) }],
    ["invoices", { open: cents(1), uncollectible: false }],
    ["refunds", { undone: cents(1) }],
    ["debts", { open: cents(0) }],
  ])("notice one row of %s that says otherwise", (name, lie) => {
    const house = told();
    const rows = house.rows();
    const [first, ...others] = rows[name];
    const changed = { ...rows, [name]: [{ ...first, ...lie }, ...others] } as MoneyRows;
    expect(inequalities(house.books(), changed)).toHaveLength(1);
  });

  it("notice a missing row", () => {
    const house = told();
    expect(inequalities(house.books(), { ...house.rows(), refunds: [] })).toMatchObject([{ account: "refund_due:company-1", expected: 0 }]);
    expect(inequalities(house.books(), { ...house.rows(), transactions: [] }).length).toBeGreaterThan(0);
  });
});
