import { describe, expect, it } from "vitest";
import { countsAs } from "#domain/commission/tier.ts";
import { cents, toDecimal } from "#domain/money.ts";
import { seatDiscount, seatsAmount, seatsOf } from "#domain/subscriptions/seats.ts";
import { isStripeStatus, statusFromStripe, type StripeSubscriptionStatus } from "#domain/subscriptions/stripe-status.ts";
import { changeSubscription, takeFetched, type SubscriptionState, type SubscriptionStatus } from "#domain/subscriptions/subscription.ts";

const at = (text: string) => new Date(text);
const NOW = at("2026-02-20T12:00:00Z");
const LATER = at("2026-02-22T12:00:00Z");
const PERIOD = { start: at("2026-02-01T00:00:00Z"), end: at("2026-03-01T00:00:00Z") };

const subscription = (more: Partial<SubscriptionState> = {}): SubscriptionState => ({
  id: "subscription",
  userId: "user",
  status: "active",
  upgradedAt: null,
  pastDueSince: null,
  canceledAt: null,
  currentPeriodStart: PERIOD.start,
  currentPeriodEnd: PERIOD.end,
  ...more,
});

describe("Stripe's word", () => {
  it.each<[StripeSubscriptionStatus, SubscriptionStatus]>([
    ["incomplete", "incomplete"],
    ["incomplete_expired", "canceled"],
    ["trialing", "trialing"],
    ["active", "active"],
    ["past_due", "past_due"],
    ["unpaid", "past_due"],
    ["paused", "incomplete"],
    ["canceled", "canceled"],
  ])("%s is our %s", (word, ours) => {
    expect(statusFromStripe(word, PERIOD).status).toBe(ours);
    expect(isStripeStatus(word)).toBe(true);
  });

  it("that nobody knows is not guessed", () => {
    expect(isStripeStatus("toString")).toBe(false);
  });

  it("for one that was never paid leaves nothing to use up", () => {
    const expired = statusFromStripe("incomplete_expired", PERIOD);
    expect(expired.currentPeriodEnd).toBeNull();
    const row = { id: "s", recruiter_id: "r", team_id: null, tier: "premium" as const, past_due_since: null, upgraded_at: null };
    expect(countsAs({ ...row, status: expired.status, current_period_end: null }, NOW)).toBe("free");
    expect(statusFromStripe("canceled", PERIOD).currentPeriodEnd).toEqual(PERIOD.end);
  });
});

describe("a fetched subscription", () => {
  const same = { before: "paid", after: "paid" } as const;
  const fetch = (before: Partial<SubscriptionState>, word: StripeSubscriptionStatus, now = NOW) =>
    takeFetched(subscription(before), subscription({ ...before, ...statusFromStripe(word, PERIOD) }), same, now);

  it("is taken as it is, whatever came before", () => {
    expect(fetch({ status: "trialing" }, "past_due")?.subscription).toMatchObject({ status: "past_due", pastDueSince: NOW });
    expect(fetch({ status: "active" }, "paused")?.subscription.status).toBe("incomplete");
    expect(() => changeSubscription(subscription({ status: "trialing" }), subscription({ status: "past_due" }), same, NOW)).toThrow(
      expect.objectContaining({ code: "invalid_transition" }),
    );
  });

  it("keeps the instant it fell behind, through unpaid, and clears it when it is paid", () => {
    const behind = fetch({}, "past_due")!.subscription;
    const unpaid = takeFetched(behind, { ...behind, currentPeriodEnd: at("2026-04-01T00:00:00Z") }, same, LATER)!.subscription;
    expect(unpaid.pastDueSince).toEqual(NOW);
    const paid = takeFetched(unpaid, { ...unpaid, status: "active" }, same, LATER)!.subscription;
    expect(paid).toMatchObject({ pastDueSince: null, upgradedAt: null });
  });

  it("says nothing when nothing is new, and a canceled one stays so", () => {
    expect(fetch({}, "active")).toBeNull();
    expect(fetch({ status: "canceled" }, "active")).toBeNull();
    expect(fetch({}, "canceled")).toMatchObject({ subscription: { canceledAt: NOW }, events: [{ type: "subscription.canceled" }] });
    const raised = takeFetched(subscription(), subscription(), { before: "paid", after: "premium" }, NOW);
    expect(raised?.subscription.upgradedAt).toEqual(NOW);
  });
});

describe("22.3.1: the seats of a team", () => {
  it.each([
    [24_900, 9, "2241.00"],
    [24_900, 10, "1992.00"],
    [9_900, 10, "792.00"],
    [9_900, 12, "950.40"],
    [9_900, 9, "891.00"],
    [249_900, 10, "19992.00"],
    [99_900, 10, "7992.00"],
    [24_900, 0, "0.00"],
  ])("at %i cents, %i of them: %s", (price, seats, amount) => {
    expect(toDecimal(seatsAmount(seats, cents(price)))).toBe(amount);
  });

  it("cost less from the tenth on, and are rounded once", () => {
    expect([9, 10].map(seatDiscount)).toEqual([0, 2000]);
    // 0.8 of 11 cents is 8.8: rounded per seat it would be 1.
    expect(seatsAmount(11, cents(1))).toBe(9);
  });

  it("are its active members without collaborators", () => {
    const member = (role: string, memberStatus = "active") => ({ role, status: memberStatus });
    const members = [
      member("owner"),
      member("admin"),
      member("member"),
      member("collaborator"),
      member("member", "invited"),
      member("member", "removed"),
    ];
    expect(seatsOf(members)).toBe(3);
  });
});
