import { daysAfter } from "./dates.ts";
import type { Tier } from "./rates.ts";
import { countsAs, type Subscription } from "./tier.ts";

/** A tier reached this shortly before the offer or the hire is worth a look (D-43). */
export const UPGRADE_WATCH_DAYS = 7;

/** The facts of the fraud signal `tier_upgrade_before_hire` (medium). It changes no money. */
export interface UpgradeBeforeHire {
  recruiterId: string;
  tier: Tier;
  upgradedAt: Date;
}

/**
 * When a recruiter came to the tier that set their rate, if that was within a week before the offer
 * or the hire; null otherwise. Who also holds the tier by an older subscription did not upgrade.
 */
export function upgradeBeforeHire(subscriptions: readonly Subscription[], tier: Tier, offeredAt: Date, hiredAt: Date): Date | null {
  if (tier === "free") return null;
  const holding = subscriptions.filter((subscription) => countsAs(subscription, hiredAt) === tier);
  const since = new Date(Math.min(...holding.map(({ upgraded_at }) => Date.parse(upgraded_at ?? NEVER))));
  return [offeredAt, hiredAt].some((event) => shortlyBefore(event, since)) ? since : null;
}

/** Held from the beginning. */
const NEVER = "1970-01-01T00:00:00Z";

const shortlyBefore = (event: Date, instant: Date): boolean => instant <= event && event <= daysAfter(instant, UPGRADE_WATCH_DAYS);
