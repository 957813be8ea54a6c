/**
 * Money is whole cents, rates are whole basis points (percent × 100). Both are branded, so one
 * cannot stand where the other is meant. Products are computed in BigInt; a float never appears.
 */
declare const unit: unique symbol;

/** An amount in whole US cents. */
export type Cents = number & { readonly [unit]: "cents" };

/** A rate in whole basis points: 2000 is 20 %. */
export type BasisPoints = number & { readonly [unit]: "basis points" };

/** The largest fee a `decimal(10,2)` column can hold: 99,999,999.99. */
export const MAX_FEE = 9_999_999_999 as Cents;

/** The largest salary a `numeric(12,2)` column can hold: 9,999,999,999.99. */
export const MAX_SALARY = 999_999_999_999 as Cents;

export const ZERO = 0 as Cents;
const WHOLE = 10_000n;

/** Takes a whole number as cents. Throws on anything else: that is a bug, not bad input. */
export function cents(amount: number): Cents {
  if (!Number.isSafeInteger(amount)) throw new RangeError("cents are whole numbers");
  return amount as Cents;
}

/** Takes a whole number as basis points. Throws on anything else. */
export function basisPoints(rate: number): BasisPoints {
  if (!Number.isSafeInteger(rate)) throw new RangeError("basis points are whole numbers");
  return rate as BasisPoints;
}

export function sum(amounts: Iterable<Cents>): Cents {
  let total = 0;
  for (const amount of amounts) total += amount;
  return cents(total);
}

export const plus = (...amounts: readonly Cents[]): Cents => sum(amounts);

export const minus = (from: Cents, amount: Cents): Cents => cents(from - amount);

/** Integer division rounding half up. Neither argument is negative. */
export const divideHalfUp = (dividend: bigint, divisor: bigint): bigint => (2n * dividend + divisor) / (2n * divisor);

/** The part of `amount` that `rate` stands for, rounded half up to the cent. */
export function portion(amount: Cents, rate: BasisPoints): Cents {
  return cents(Number(divideHalfUp(BigInt(amount) * BigInt(rate), WHOLE)));
}

/** Whether `portion(amount, rate)` rounded up, and so gave more than the exact share. */
export function roundsUp(amount: Cents, rate: BasisPoints): boolean {
  return BigInt(portion(amount, rate)) * WHOLE > BigInt(amount) * BigInt(rate);
}

/**
 * Divides `total` into `count` equal parts without losing a cent: the leftover cents go one each
 * to the first parts.
 */
export function allocate(total: Cents, count: number): Cents[] {
  const base = Math.floor(total / count);
  const leftover = total - base * count;
  return Array.from({ length: count }, (_, index) => cents(base + (index < leftover ? 1 : 0)));
}

/** `2000000` as `"20000.00"`. */
export function toDecimal(amount: number): string {
  const sign = amount < 0 ? "-" : "";
  const digits = Math.abs(amount).toString().padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** `"20000.00"`, `"20000"` or `"17.5"` in hundredths; null when it has more than two decimals or is no number. */
export function fromDecimal(text: string): number | null {
  const match = /^(-?)(\d{1,13})(?:\.(\d{1,2}))?$/.exec(text);
  if (!match) return null;
  const hundredths = Number(match[2]) * 100 + Number((match[3] ?? "").padEnd(2, "0"));
  return match[1] ? -hundredths : hundredths;
}
