import { TIERS, type Tier } from "../commission/rates.ts";
import { type DomainEvent, event } from "../events/catalogue.ts";
import { invalidField, invalidTransition } from "../refusals.ts";

export type SubscriptionStatus = "trialing" | "active" | "past_due" | "canceled" | "incomplete";

/** What the rules look at of a subscription. */
export interface SubscriptionState {
  id: string;
  userId: string;
  status: SubscriptionStatus;
  /** When it last came to count for more: its activation, or a change to a higher plan. */
  upgradedAt: Date | null;
  /** Set while `past_due`. */
  pastDueSince: Date | null;
  canceledAt: Date | null;
  currentPeriodStart: Date | null;
  currentPeriodEnd: Date | null;
}

const NEXT: Readonly<Record<SubscriptionStatus, readonly SubscriptionStatus[]>> = {
  incomplete: ["trialing", "active", "canceled"],
  trialing: ["active", "canceled"],
  active: ["past_due", "canceled"],
  past_due: ["active", "canceled"],
  canceled: [],
};

/** A new subscription with the instants its status asks for. */
export function startSubscription<S extends SubscriptionState>(
  subscription: S,
  tier: Tier,
  now: Date,
): { subscription: S; events: DomainEvent[] } {
  requirePeriod(subscription);
  const started: S = {
    ...subscription,
    upgradedAt: subscription.status === "active" ? now : null,
    pastDueSince: subscription.status === "past_due" ? now : null,
    canceledAt: null,
  };
  return { subscription: started, events: [told("subscription.created", started, tier)] };
}

/**
 * Brings a subscription to another status or plan. `upgradedAt` moves with the activation and with
 * each move to a higher tier, `pastDueSince` is set once on entering `past_due` and cleared on leaving.
 * Refuses a step there is not with `invalid_transition`; a canceled one never changes again.
 */
export function changeSubscription<S extends SubscriptionState>(
  before: S,
  after: S,
  tiers: { before: Tier; after: Tier },
  now: Date,
): { subscription: S; events: DomainEvent[] } {
  requirePeriod(after);
  const moved = before.status !== after.status;
  if (before.status === "canceled" || (moved && !NEXT[before.status].includes(after.status))) {
    throw invalidTransition("subscription", before.status, after.status, NEXT[before.status]);
  }
  return advanced(before, after, tiers, now);
}

/**
 * Takes a subscription as it was fetched from Stripe. The fetched state counts, whatever came before,
 * so the order of events does not matter; null when it says nothing new. A canceled one stays so:
 * Stripe never revives it.
 */
export function takeFetched<S extends SubscriptionState>(
  before: S,
  fetched: S,
  tiers: { before: Tier; after: Tier },
  now: Date,
): { subscription: S; events: DomainEvent[] } | null {
  requirePeriod(fetched);
  const isSame = tiers.before === tiers.after && (Object.keys(fetched) as (keyof S)[]).every((name) => alike(before[name], fetched[name]));
  return isSame || before.status === "canceled" ? null : advanced(before, fetched, tiers, now);
}

const alike = (one: unknown, other: unknown): boolean =>
  one === other || (one instanceof Date && other instanceof Date && one.getTime() === other.getTime());

/** The instants that follow from a change. */
function advanced<S extends SubscriptionState>(
  before: S,
  after: S,
  tiers: { before: Tier; after: Tier },
  now: Date,
): { subscription: S; events: DomainEvent[] } {
  const moved = before.status !== after.status;
  const activated = moved && after.status === "active" && before.status !== "past_due";
  const raised = TIERS.indexOf(tiers.after) > TIERS.indexOf(tiers.before);
  const changed: S = {
    ...after,
    upgradedAt: activated || raised ? now : before.upgradedAt,
    pastDueSince: after.status === "past_due" ? (before.pastDueSince ?? now) : null,
    canceledAt: moved && after.status === "canceled" ? now : before.canceledAt,
  };
  return { subscription: changed, events: [told(eventOf(before, changed), changed, tiers.after)] };
}

function requirePeriod({ currentPeriodStart: start, currentPeriodEnd: end }: SubscriptionState): void {
  if (start && end && end <= start) throw invalidField("current_period_end", "out_of_range", "the period ends after it begins");
}

type SubscriptionEvent = "subscription.created" | "subscription.updated" | "subscription.past_due" | "subscription.canceled";

function eventOf(before: SubscriptionState, after: SubscriptionState): SubscriptionEvent {
  if (before.status === after.status) return "subscription.updated";
  if (after.status === "past_due") return "subscription.past_due";
  return after.status === "canceled" ? "subscription.canceled" : "subscription.updated";
}

const told = (type: SubscriptionEvent, { id, userId, status }: SubscriptionState, tier: Tier): DomainEvent =>
  event(type, { type: "subscription", id }, { subscription_id: id, user_id: userId, tier, status });
