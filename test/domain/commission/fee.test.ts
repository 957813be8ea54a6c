import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contractAtHire, contractYearStart, type ContractPlacement } from "#domain/commission/contract.ts";
import { OPENING_TERMS, placementFee, type FeeBasis, type HireFee, type RoleFee } from "#domain/commission/fee.ts";
import { inForce } from "#domain/commission/in-force.ts";
import { basisPoints, cents, MAX_FEE, MAX_SALARY, toDecimal, ZERO, type BasisPoints } from "#domain/money.ts";
import { Refusal } from "#domain/refusals.ts";
import { contract, money } from "./hires.ts";

const bp = basisPoints;
const standard: RoleFee = { fee_bp: null, premium_type: [] };
const executive: RoleFee = { fee_bp: null, premium_type: ["executive"] };

const feeOf = (salary: string, more: Partial<HireFee> = {}): FeeBasis =>
  placementFee({
    salary: money(salary),
    role: standard,
    terms: OPENING_TERMS,
    contract: null,
    volume: { amount: ZERO, closers: [] },
    incentive: ZERO,
    ...more,
  });

const totalOf = (salary: string, more: Partial<HireFee> = {}) => toDecimal(feeOf(salary, more).total_cents);
const under = (terms: Parameters<typeof contract>[0]) => ({
  contract: { contract: contract(terms), hireNumber: null },
});

describe("the base fee", () => {
  it("scenario 38: is 20 % of the salary where neither role nor contract says more", () => {
    expect(feeOf("100000")).toMatchObject({
      source: "standard",
      fee_bp: 2000,
      total_cents: 2_000_000,
    });
  });

  it("is the role's percentage before the standard one", () => {
    expect(feeOf("100000", { role: { fee_bp: bp(1750), premium_type: ["executive"] } })).toMatchObject({
      source: "job",
      total_cents: 1_750_000,
    });
  });

  it("scenario 61: is 25 % for an executive role, unless a contract states one", () => {
    expect(totalOf("200000", { role: executive })).toBe("50000.00");
    expect(totalOf("200000", { role: executive, ...under({ fee_bp: bp(2200) }) })).toBe("44000.00");
  });

  it("falls to the role where a contract has a discount only", () => {
    expect(totalOf("100000", under({ discount_bp: bp(1000) }))).toBe("18000.00");
  });

  it("scenario 42: is the flat fee whatever the salary, and knows no percentage", () => {
    const flat = under({ flat_fee_cents: cents(1_850_000), fee_bp: bp(1000) });
    expect(totalOf("90000", flat)).toBe("18500.00");
    expect(totalOf("300000", flat)).toBe("18500.00");
    expect(feeOf("90000", flat).fee_bp).toBeNull();
  });

  it("discounts a flat fee too", () => {
    expect(totalOf("90000", under({ flat_fee_cents: cents(10_005), discount_bp: bp(1000) }))).toBe("90.04");
  });
});

describe("the uplifts", () => {
  it("add up, and leave the recruiters what the platform does not keep", () => {
    const fee = feeOf("100000", { role: { fee_bp: null, premium_type: ["urgent", "niche"] } });
    expect(fee).toMatchObject({
      uplift_bp: 2500,
      uplift_cents: 500_000,
      bonus_bp: 2000,
      total_cents: 2_500_000,
    });
  });

  it("of 5 % or less carry no bonus", () => {
    const terms = { ...OPENING_TERMS, urgent_bp: bp(400) };
    expect(feeOf("100000", { terms, role: { fee_bp: null, premium_type: ["urgent"] } }).bonus_bp).toBe(0);
  });

  it("apply to what is charged after the discount", () => {
    const role: RoleFee = { fee_bp: null, premium_type: ["urgent"] };
    expect(feeOf("100000", { role, ...under({ discount_bp: bp(1000) }) })).toMatchObject({
      base_cents: 2_000_000,
      discount_cents: 200_000,
      charged_cents: 1_800_000,
      uplift_cents: 180_000,
      total_cents: 1_980_000,
    });
  });

  it("are none of executive and volume, and none on a flat fee", () => {
    expect(feeOf("100000", { role: { fee_bp: null, premium_type: ["executive", "volume"] } }).uplift_cents).toBe(0);
    const flat = feeOf("1", {
      role: { fee_bp: null, premium_type: ["urgent"] },
      ...under({ flat_fee_cents: cents(100) }),
    });
    expect(flat).toMatchObject({ uplift_cents: 0, bonus_bp: 0 });
  });
});

describe("the bounds", () => {
  const refusal = (salary: number, more: Partial<HireFee> = {}) => {
    try {
      return feeOf("1", { salary: cents(salary), ...more });
    } catch (error) {
      return error;
    }
  };

  it.each([0, -1, MAX_SALARY + 1])("scenario 38: refuses a salary of %i cents", (salary) => {
    const error = refusal(salary);
    expect(error).toBeInstanceOf(Refusal);
    expect(error).toMatchObject({
      code: "validation_failed",
      members: { errors: [{ pointer: "/salary" }] },
    });
  });

  it("refuses a fee that no column can hold, and takes the largest that fits", () => {
    expect(feeOf("499999999.95").total_cents).toBe(MAX_FEE);
    expect(refusal(50_000_000_000)).toMatchObject({ code: "validation_failed" });
    const volume = { amount: cents(1), closers: ["R1"] };
    expect(refusal(49_999_999_995, { volume })).toMatchObject({ code: "validation_failed" });
  });
});

describe("contracts", () => {
  const on = (instant: string, terms: Parameters<typeof contract>[0]) => contractAtHire([contract(terms)], [], new Date(instant));
  const year2026 = { contract_start_date: "2026-01-01", contract_end_date: "2026-12-31" };

  it("scenario 43: hold from their first to their last day, by the UTC date of the hire", () => {
    expect(on("2025-12-31T23:59:59Z", year2026)).toBeNull();
    expect(on("2026-01-01T00:00:00Z", year2026)).not.toBeNull();
    expect(on("2026-12-31T23:59:59Z", year2026)).not.toBeNull();
    expect(on("2027-01-01T00:00:00Z", year2026)).toBeNull();
    expect(on("2045-01-01T00:00:00Z", { contract_end_date: null })).not.toBeNull();
  });

  it.each([
    ["2026-03-15", "2026-03-15", "2026-03-15"],
    ["2026-03-15", "2027-03-14", "2026-03-15"],
    ["2026-03-15", "2027-03-15", "2027-03-15"],
    ["2024-02-29", "2025-02-27", "2024-02-29"],
    ["2024-02-29", "2025-02-28", "2025-02-28"],
    ["2024-02-29", "2028-02-28", "2027-02-28"],
    ["2024-02-29", "2028-02-29", "2028-02-29"],
  ])("of %s count the year of %s from %s", (start, date, yearStart) => {
    expect(contractYearStart(start, date)).toBe(yearStart);
  });

  describe("with a threshold", () => {
    const threshold = contract({
      discount_bp: bp(1000),
      discount_threshold: 3,
      contract_start_date: "2024-02-29",
    });
    const placement = (id: string, hiredOn: string, more: Partial<ContractPlacement> = {}): ContractPlacement => ({
      id,
      contract_id: threshold.id,
      hired_at: `${hiredOn}T10:00:00+00:00`,
      state: "active",
      ...more,
    });
    const atHire = (placements: ContractPlacement[]) => contractAtHire([threshold], placements, new Date("2025-06-01T00:00:00Z"));
    const hires = [1, 2, 3].map((n) => placement(`p${n}`, `2025-03-0${n}`));

    it("discount from that hire of the year on, and not before", () => {
      const fees = [0, 1, 2, 3].map((n) => totalOf("100000", { contract: atHire(hires.slice(0, n)) }));
      expect(fees).toEqual(["20000.00", "20000.00", "18000.00", "18000.00"]);
    });

    it("do not count a hire that failed", () => {
      const [first, second] = hires;
      const contract = atHire([first!, { ...second!, state: "failed" }]);
      expect(contract?.hireNumber).toBe(2);
      expect(totalOf("100000", { contract })).toBe("20000.00");
    });

    it("count this year's hires under this contract only", () => {
      const lastYear = placement("p0", "2025-02-27");
      const firstDay = placement("p1", "2025-02-28");
      const other = placement("p2", "2025-03-01", { contract_id: "another" });
      expect(atHire([lastYear, firstDay, other])?.hireNumber).toBe(2);
    });

    it("keep the number beside the fee", () => {
      expect(feeOf("100000", { contract: atHire(hires) }).contract_hire_number).toBe(4);
      expect(feeOf("100000", under({ discount_bp: bp(1000) })).contract_hire_number).toBeNull();
    });
  });
});

describe("a versioned row", () => {
  const rows = [
    {
      id: "old",
      effective_from: "2025-01-01T00:00:00+00:00",
      effective_to: "2026-01-01T00:00:00+00:00",
    },
    { id: "new", effective_from: "2026-01-01T00:00:00+00:00", effective_to: null },
  ];

  it("is in force from its first instant until before its last", () => {
    expect(inForce(rows, new Date("2025-01-01T00:00:00Z")).id).toBe("old");
    expect(inForce(rows, new Date("2025-12-31T23:59:59.999Z")).id).toBe("old");
    expect(inForce(rows, new Date("2026-01-01T00:00:00Z")).id).toBe("new");
    expect(() => inForce(rows, new Date("2024-12-31T23:59:59Z"))).toThrow(RangeError);
  });
});

describe("property 9: the fee", () => {
  const salary = fc.integer({ min: 1, max: 1_000_000_000 });
  const rate = fc.nat(10_000).map(bp);
  const role = (fee_bp: BasisPoints): RoleFee => ({ fee_bp, premium_type: ["urgent", "niche"] });
  const total = (salary: number, feeBp: BasisPoints, discountBp: BasisPoints) =>
    feeOf("1", { salary: cents(salary), role: role(feeBp), ...under({ discount_bp: discountBp }) }).total_cents;

  it("never falls as the salary rises", () => {
    fc.assert(
      fc.property(salary, fc.nat(1_000), rate, rate, (salary, more, feeBp, discountBp) => {
        expect(total(salary + more, feeBp, discountBp)).toBeGreaterThanOrEqual(total(salary, feeBp, discountBp));
      }),
      { numRuns: 5_000 },
    );
  });

  it("never rises as the discount rises", () => {
    fc.assert(
      fc.property(salary, rate, rate, rate, (salary, feeBp, one, other) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        expect(total(salary, feeBp, more)).toBeLessThanOrEqual(total(salary, feeBp, less));
      }),
      { numRuns: 5_000 },
    );
  });
});
