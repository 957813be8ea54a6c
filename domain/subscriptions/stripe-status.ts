import type { SubscriptionState, SubscriptionStatus } from "./subscription.ts";

/** What a subscription at Stripe counts as here (MONEY §12). */
const STATUSES = {
  incomplete: "incomplete",
  incomplete_expired: "canceled",
  trialing: "trialing",
  active: "active",
  past_due: "past_due",
  unpaid: "past_due",
  paused: "incomplete",
  canceled: "canceled",
} as const satisfies Record<string, SubscriptionStatus>;

export type StripeSubscriptionStatus = keyof typeof STATUSES;

/** Whether Stripe's word is one we know. An unknown one is not guessed. */
export const isStripeStatus = (word: string): word is StripeSubscriptionStatus => Object.hasOwn(STATUSES, word);

/**
 * The status and the period of a subscription as Stripe shows it; the period is that of its item. One
 * that was never paid and has expired is canceled now: it has no period to use up.
 */
export function statusFromStripe(
  word: StripeSubscriptionStatus,
  period: { start: Date; end: Date } | null,
): Pick<SubscriptionState, "status" | "currentPeriodStart" | "currentPeriodEnd"> {
  const counted = word === "incomplete_expired" ? null : period;
  return { status: STATUSES[word], currentPeriodStart: counted?.start ?? null, currentPeriodEnd: counted?.end ?? null };
}
