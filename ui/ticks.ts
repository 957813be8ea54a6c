/**
 * The marks of an axis that begins at 0: steps of 1, 2 or 5 times a power of ten, never less than
 * one, the last at or above the largest value.
 *
 * @param count - about how many steps
 */
export function niceTicks(largest: number, count = 4): number[] {
  const rough = Math.max(largest, 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10));
  return Array.from({ length: Math.ceil(Math.max(largest, 1) / step) + 1 }, (_, index) => index * step);
}
