import { Refusal } from "../refusals.ts";
import { daysAfter } from "./dates.ts";
import { TIERS, type Tier } from "./rates.ts";

/** A recruiter whose payment failed keeps the tier for this long. */
export const PAST_DUE_DAYS = 7;

/** A row of `billing.subscriptions` with the tier of its plan. */
export interface Subscription {
  id: string;
  /** The recruiter whose own subscription it is; null for a team's. */
  recruiter_id: string | null;
  /** The team whose earning members it covers; null for a recruiter's own. */
  team_id: string | null;
  tier: Tier;
  status: "trialing" | "active" | "past_due" | "canceled" | "incomplete";
  /** Set while `past_due`. */
  past_due_since: string | null;
  /** Null when no period ever began. */
  current_period_end: string | null;
  /** When it last came to count for more: its first activation, or a change to a higher plan. */
  upgraded_at: string | null;
}

/**
 * The tier that sets a recruiter's rate: the highest that any of their subscriptions, own or of
 * their team, counts as at the hire. Without one it is free.
 */
export const tierAtHire = (subscriptions: readonly Subscription[], now: Date): Tier =>
  TIERS.findLast((tier) => subscriptions.some((subscription) => countsAs(subscription, now) === tier)) ?? "free";

/** What one subscription counts as at an instant. A trial is free: two weeks of it would double a share (D-21). */
export const countsAs = (subscription: Subscription, now: Date): Tier => (keepsTier(subscription, now) ? subscription.tier : "free");

function keepsTier({ status, past_due_since, current_period_end }: Subscription, now: Date): boolean {
  switch (status) {
    case "active":
      return true;
    case "past_due":
      return now < daysAfter(known(past_due_since), PAST_DUE_DAYS);
    case "canceled":
      return current_period_end !== null && now < new Date(current_period_end);
    case "trialing":
    case "incomplete":
      return false;
  }
}

/** A tier that cannot be told fails the hire; it never falls to free. */
function known(instant: string | null): Date {
  if (instant === null) throw new Refusal("service_unavailable", "A subscription could not be read.");
  return new Date(instant);
}
