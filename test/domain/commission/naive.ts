import { DEAL_ROLES, type DealRole } from "#domain/commission/deal-roles.ts";

/**
 * The fee and its split once more, in fractions of whole numbers and without a thought for speed.
 * With `exactly` nothing is rounded at all; with `halfUp` each named step is.
 */
export interface Ratio {
  n: bigint;
  d: bigint;
}

export const ratio = (n: number | bigint, d: number | bigint = 1): Ratio => ({
  n: BigInt(n),
  d: BigInt(d),
});
export const add = (a: Ratio, b: Ratio): Ratio => (a.d === b.d ? { n: a.n + b.n, d: a.d } : { n: a.n * b.d + b.n * a.d, d: a.d * b.d });
export const subtract = (a: Ratio, b: Ratio): Ratio => add(a, { n: -b.n, d: b.d });
export const times = (a: Ratio, b: Ratio): Ratio => ({ n: a.n * b.n, d: a.d * b.d });
export const isLess = (a: Ratio, b: Ratio): boolean => a.n * b.d < b.n * a.d;
export const distance = (a: Ratio, b: Ratio): Ratio => (isLess(a, b) ? subtract(b, a) : subtract(a, b));

export type Rounding = (value: Ratio) => Ratio;
export const exactly: Rounding = (value) => value;
export const halfUp: Rounding = (value) => {
  const floor = value.n / value.d;
  const rest = subtract(value, ratio(floor));
  return ratio(isLess(rest, ratio(1, 2)) ? floor : floor + 1n);
};

export interface NaiveCase {
  salary: number;
  feeBp: number;
  discountBp: number;
  upliftBp: number;
  rates: ReadonlyMap<DealRole, number>;
}

export interface NaiveSplit {
  charged: Ratio;
  total: Ratio;
  shares: Map<DealRole, { standard: Ratio; bonus: Ratio }>;
  platform: Ratio;
}

const percent = (bp: number): Ratio => ratio(bp, 10_000);

export function naiveSplit({ salary, feeBp, discountBp, upliftBp, rates }: NaiveCase, round: Rounding): NaiveSplit {
  const base = round(times(ratio(salary), percent(feeBp)));
  const charged = subtract(base, round(times(base, percent(discountBp))));
  const total = add(charged, round(times(charged, percent(upliftBp))));
  const bonusRate = percent(upliftBp > 500 ? upliftBp - 500 : 0);

  const shares = new Map<DealRole, { standard: Ratio; bonus: Ratio }>();
  const exact = new Map<DealRole, Ratio>();
  let platform = total;
  for (const role of DEAL_ROLES) {
    if (!rates.has(role)) continue;
    const wanted = times(charged, percent(rates.get(role)!));
    const standard = round(wanted);
    const bonus = round(times(standard, bonusRate));
    shares.set(role, { standard, bonus });
    exact.set(role, wanted);
    platform = subtract(platform, add(standard, bonus));
  }
  for (const role of DEAL_ROLES.toReversed()) {
    const share = shares.get(role);
    if (!share || !isLess(platform, ratio(0)) || !isLess(exact.get(role)!, share.standard)) continue;
    share.standard = subtract(share.standard, ratio(1));
    platform = add(platform, ratio(1));
  }
  return { charged, total, shares, platform };
}
