import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEAL_ROLES, type DealRole } from "#domain/commission/deal-roles.ts";
import { OPENING_TERMS, placementFee, type FeeBasis } from "#domain/commission/fee.ts";
import { OPENING_RATES, TIERS } from "#domain/commission/rates.ts";
import { earned, splitFee, type SplittableFee } from "#domain/commission/split.ts";
import { basisPoints, cents, plus, portion, sum, toDecimal, ZERO, type BasisPoints } from "#domain/money.ts";
import { EXAMPLES, type Example } from "./examples.ts";
import { money, type Tiers } from "./hires.ts";
import { distance, exactly, halfUp, isLess, naiveSplit, ratio, times, type NaiveCase } from "./naive.ts";

type Rates = ReadonlyMap<DealRole, BasisPoints>;

const ratesOf = (tiers: Tiers): Rates =>
  new Map(
    DEAL_ROLES.flatMap((role, index) => {
      const tier = tiers[index];
      return tier ? [[role, OPENING_RATES[tier][role]] as const] : [];
    }),
  );

const feeOf = ({ salary, fee_bp, premium_type = [], contract }: Example): FeeBasis =>
  placementFee({
    salary: money(salary),
    role: { fee_bp: fee_bp === undefined ? null : basisPoints(fee_bp), premium_type },
    terms: OPENING_TERMS,
    contract: contract ? { contract, hireNumber: null } : null,
    volume: { amount: ZERO, closers: [] },
    incentive: ZERO,
  });

describe("22.3.1: the worked examples", () => {
  it.each(EXAMPLES)("example $number: $about", (example) => {
    const fee = feeOf(example);
    const { shares, platform } = splitFee(fee, ratesOf(example.tiers), money(example.incentive ?? "0"));

    expect(toDecimal(fee.total_cents)).toBe(example.fee);
    const told = DEAL_ROLES.map((role) => {
      const share = shares.get(role);
      if (!share) return null;
      const extra = plus(share.bonus, share.incentive);
      return extra === 0 ? toDecimal(share.standard) : `${toDecimal(share.standard)} + ${toDecimal(extra)}`;
    });
    expect(told).toEqual(example.shares);
    expect(toDecimal(platform)).toBe(example.platform);
  });
});

const fee = (charged: number, upliftBp = 0): SplittableFee => ({
  charged_cents: cents(charged),
  uplift_cents: portion(cents(charged), basisPoints(upliftBp)),
  bonus_bp: basisPoints(Math.max(0, upliftBp - 500)),
});

const amounts = (split: ReturnType<typeof splitFee>) => [...split.shares.values()].map(earned);

/** Any mix of tiers and empty roles; uplifts up to half the fee, twice what the terms add up to. */
const tiers = fc.array(fc.constantFrom(...TIERS, null), { minLength: 5, maxLength: 5 });
const charged = fc.oneof(fc.nat(2_000), fc.nat(9_999_999_999));
const upliftBp = fc.oneof(fc.constantFrom(0, 500, 1000, 1500, 2500), fc.nat(5_000));

describe("the cent correction", () => {
  it("takes a cent from the last role that was rounded up", () => {
    const { shares, platform } = splitFee(fee(10_005), ratesOf(DEAL_ROLES.map(() => "premium" as const)));
    expect([...shares.values()].map(earned)).toEqual([4002, 2001, 2001, 1001, 1000]);
    expect(platform).toBe(0);
  });

  it("takes two from the last two when five equal rates of 20 % round up", () => {
    const equal = new Map(DEAL_ROLES.map((role) => [role, basisPoints(2000)]));
    expect(amounts(splitFee(fee(3), equal))).toEqual([1, 1, 1, 0, 0]);
  });

  it("does nothing while the platform keeps something", () => {
    expect(amounts(splitFee(fee(10_005), ratesOf([null, "premium", "premium", "premium", "premium"])))).toEqual([2001, 2001, 1001, 1001]);
  });

  it("is one cent at most for any small fee at the opening rates without an uplift", () => {
    const rates = ratesOf(DEAL_ROLES.map(() => "premium" as const));
    for (let charged = 0; charged <= 20_000; charged++) {
      const { shares } = splitFee(fee(charged), rates);
      const taken = [...shares].map(([role, share]) => portion(cents(charged), rates.get(role)!) - share.standard);
      expect(taken.reduce((a, b) => a + b)).toBeLessThanOrEqual(1);
    }
  });

  it("does not hide rates above 100 %", () => {
    const tooMuch = new Map(DEAL_ROLES.map((role) => [role, basisPoints(3000)]));
    expect(() => splitFee(fee(10_000), tooMuch)).toThrow(RangeError);
  });
});

describe("the incentive", () => {
  it("is capped by the platform's share", () => {
    const { shares, platform } = splitFee(fee(10_000), ratesOf(["paid", "paid", "paid", "paid", "paid"]), cents(9_999));
    expect(shares.get("candidate_recruiter")).toEqual({
      standard: 3000,
      bonus: 0,
      incentive: 2400,
    });
    expect(platform).toBe(0);
  });

  it("stays with the platform when there is no Closer", () => {
    expect(splitFee(fee(10_000), ratesOf([null, "paid", null, null, null]), cents(500)).platform).toBe(8500);
  });
});

describe("for any fee, tiers, empty roles and uplift", () => {
  const runs = { numRuns: 20_000 };

  it("property 1 and 2: shares and platform add up to the fee, and none is negative", () => {
    const check = fc.property(charged, upliftBp, tiers, fc.nat(100_000), (charged, upliftBp, tiers, offer) => {
      const whole = fee(charged, upliftBp);
      const split = splitFee(whole, ratesOf(tiers), cents(offer));
      expect(plus(sum(amounts(split)), split.platform)).toBe(whole.charged_cents + whole.uplift_cents);
      expect(Math.min(split.platform, ...amounts(split))).toBeGreaterThanOrEqual(0);
    });
    fc.assert(check, runs);
  });

  it("property 3: a standard share is less than a cent from its exact value", () => {
    const check = fc.property(charged, upliftBp, tiers, (charged, upliftBp, tiers) => {
      const rates = ratesOf(tiers);
      for (const [role, { standard }] of splitFee(fee(charged, upliftBp), rates).shares) {
        const exact = times(ratio(charged), ratio(rates.get(role)!, 10_000));
        expect(isLess(distance(ratio(standard), exact), ratio(1))).toBe(true);
      }
    });
    fc.assert(check, runs);
  });

  it("property 4: equal rates give equal cents but for the cent correction, which takes two at the most", () => {
    const check = fc.property(charged, upliftBp, tiers, (charged, upliftBp, tiers) => {
      const rates = ratesOf(tiers);
      const whole = fee(charged, upliftBp);
      const { shares } = splitFee(whole, rates);
      const taken = [...shares].map(([role, { standard }]) => portion(whole.charged_cents, rates.get(role)!) - standard);
      expect(taken.every((cent) => cent === 0 || cent === 1)).toBe(true);
      expect(taken.filter((cent) => cent === 1).length).toBeLessThanOrEqual(2);
    });
    fc.assert(check, runs);
  });

  it("property 5: the order in which roles are given does not matter", () => {
    const check = fc.property(
      charged,
      upliftBp,
      tiers,
      fc.shuffledSubarray([...DEAL_ROLES], { minLength: 5 }),
      (charged, upliftBp, tiers, order) => {
        const rates = ratesOf(tiers);
        const shuffled = new Map(order.flatMap((role) => (rates.has(role) ? [[role, rates.get(role)!] as const] : [])));
        const inOrder = splitFee(fee(charged, upliftBp), rates);
        const outOfOrder = splitFee(fee(charged, upliftBp), shuffled);
        expect([...outOfOrder.shares]).toEqual([...inOrder.shares]);
        expect(outOfOrder.platform).toBe(inOrder.platform);
      },
    );
    fc.assert(check, { numRuns: 5_000 });
  });
});

describe("property 10: a second, naive implementation", () => {
  /** Our fee and split, in the words of the naive one. */
  function ours({ salary, feeBp, discountBp, upliftBp, rates }: NaiveCase) {
    const basis = placementFee({
      salary: cents(salary),
      role: { fee_bp: basisPoints(feeBp), premium_type: ["urgent"] },
      terms: { ...OPENING_TERMS, urgent_bp: basisPoints(upliftBp) },
      contract: {
        hireNumber: null,
        contract: {
          id: "contract",
          flat_fee_cents: null,
          fee_bp: null,
          discount_bp: basisPoints(discountBp),
          discount_threshold: 0,
          contract_start_date: "2026-01-01",
          contract_end_date: null,
        },
      },
      volume: { amount: ZERO, closers: [] },
      incentive: ZERO,
    });
    return { basis, split: splitFee(basis, rates as Rates) };
  }

  const cases: fc.Arbitrary<NaiveCase> = fc.record({
    salary: fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 100_000_000 })),
    feeBp: fc.oneof(fc.constantFrom(1750, 2000, 2500, 10_000), fc.nat(10_000)),
    discountBp: fc.oneof(fc.constantFrom(0, 1000), fc.nat(10_000)),
    upliftBp,
    rates: tiers.map(ratesOf),
  });

  it("agrees to the cent in 100,000 random cases, and within rounding with exact fractions", () => {
    const within = (tolerance: number, cents: number, exact: { n: bigint; d: bigint }) =>
      !isLess(ratio(tolerance), distance(ratio(cents), exact));

    const check = fc.property(cases, (random) => {
      const { basis, split } = ours(random);
      const stepwise = naiveSplit(random, halfUp);
      const exact = naiveSplit(random, exactly);

      const same = [...split.shares].every(([role, share]) => {
        const naive = stepwise.shares.get(role)!;
        return BigInt(share.standard) === naive.standard.n && BigInt(share.bonus) === naive.bonus.n;
      });
      // Base and discount round by half a cent each; every later step adds its own half.
      const near = [...split.shares].every(([role, share]) => {
        const wanted = exact.shares.get(role)!;
        return within(2, share.standard, wanted.standard) && within(3, share.bonus, wanted.bonus);
      });
      return (
        same &&
        near &&
        BigInt(basis.total_cents) === stepwise.total.n &&
        BigInt(split.platform) === stepwise.platform.n &&
        split.shares.size === stepwise.shares.size &&
        within(1, basis.charged_cents, exact.charged) &&
        within(3, basis.total_cents, exact.total)
      );
    });
    fc.assert(check, { numRuns: 100_000 });
  });

  it("agrees with exact fractions where nothing needs rounding", () => {
    const whole = fc.record({
      salary: fc.integer({ min: 1, max: 100 }).map((n) => n * 100_000_000),
      feeBp: fc.constantFrom(1500, 2000, 2500),
      discountBp: fc.constantFrom(0, 1000, 2000),
      upliftBp: fc.constantFrom(0, 1000, 1500, 2500),
      rates: tiers.map(ratesOf),
    });
    const check = fc.property(whole, (random) => {
      const { split } = ours(random);
      const exact = naiveSplit(random, exactly);
      const equal = (cents: number, { n, d }: { n: bigint; d: bigint }) => BigInt(cents) * d === n;
      expect(equal(split.platform, exact.platform)).toBe(true);
      for (const [role, { standard, bonus }] of split.shares) {
        expect(equal(standard, exact.shares.get(role)!.standard)).toBe(true);
        expect(equal(bonus, exact.shares.get(role)!.bonus)).toBe(true);
      }
    });
    fc.assert(check, { numRuns: 2_000 });
  });
});
