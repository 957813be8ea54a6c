import type { Price, Recurring } from "./things.ts";

/** What so many units cost, in cents. Volume: the tier of the whole quantity; graduated: each tier its own part. */
export function amountOf(price: Price, quantity: number): number {
  if (!price.tiers) return (price.unit_amount ?? 0) * quantity;
  let from = 0;
  let total = 0;
  for (const tier of price.tiers) {
    const to = tier.up_to ?? Infinity;
    if (price.tiers_mode === "volume") {
      if (quantity <= to) return (tier.flat_amount ?? 0) + (tier.unit_amount ?? 0) * quantity;
      continue;
    }
    if (quantity <= from && !(from === 0 && quantity === 0)) break;
    total += (tier.flat_amount ?? 0) + (tier.unit_amount ?? 0) * (Math.min(quantity, to) - from);
    from = to;
  }
  return total;
}

/** The unit price that a line shows, in cents: of the tier that a volume quantity falls into. */
export function unitOf(price: Price, quantity: number): number {
  if (!price.tiers) return price.unit_amount ?? 0;
  return price.tiers.find((tier) => quantity <= (tier.up_to ?? Infinity))?.unit_amount ?? 0;
}

/** The end of a period that begins at `start`, in seconds. A month's end stays the month's end: 31 January, 28 February, 31 March. */
export function periodEnd(start: number, { interval, interval_count }: Recurring, anchor: number): number {
  if (interval === "day" || interval === "week") return start + interval_count * (interval === "day" ? 1 : 7) * 86_400;
  const months = interval_count * (interval === "month" ? 1 : 12);
  const from = new Date(start * 1000);
  const wanted = new Date(anchor * 1000).getUTCDate();
  const to = new Date(from);
  to.setUTCDate(1);
  to.setUTCMonth(to.getUTCMonth() + months);
  const last = new Date(Date.UTC(to.getUTCFullYear(), to.getUTCMonth() + 1, 0)).getUTCDate();
  to.setUTCDate(Math.min(wanted, last));
  return Math.floor(to.getTime() / 1000);
}
