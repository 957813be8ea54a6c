/** Paid units are handed to a subject in blocks of this many. */
export const OVERAGE_BLOCK = 100;

/** How much of the spend cap is worth a notice, in per cent. */
const NOTICES = [50, 80, 100] as const;

/**
 * The units that a spend cap buys: rounded down, so that spend never passes it. A cent is 10,000 micros.
 *
 * @param unitPriceMicros - the price of a unit, in millionths of a dollar; without a price nothing is sold
 */
export const capUnits = (spendCapCents: number, unitPriceMicros: number): number =>
  unitPriceMicros > 0 ? Math.floor((spendCapCents * 10_000) / unitPriceMicros) : 0;

/** What so many units cost, in whole cents, rounded up as an invoice would show no part of one. */
export const overageCents = (units: number, unitPriceMicros: number): number => Math.ceil((units * unitPriceMicros) / 10_000);

/** The notices, in per cent, that lie above what was drawn before and not above what is drawn now. */
export const thresholdsCrossed = (before: number, after: number, cap: number): number[] =>
  NOTICES.filter((percent) => before < (cap * percent) / 100 && after >= (cap * percent) / 100);
