import { describe, expect, it } from "vitest";
import { DEAL_ROLES } from "#domain/commission/deal-roles.ts";
import { OPENING_RATES, ratesInForce, TIERS } from "#domain/commission/rates.ts";
import { tierAtHire, type Subscription } from "#domain/commission/tier.ts";
import { upgradeBeforeHire } from "#domain/commission/upgrade-before-hire.ts";
import { basisPoints, sum, type Cents } from "#domain/money.ts";
import { NOW, openingRates, subscription, teamSubscription } from "./hires.ts";

const own = (more: Partial<Subscription>) => subscription("R", "paid", more);
const ago = (days: number, ms = 0) => new Date(NOW.getTime() - days * 86_400_000 + ms).toISOString();

describe("22.3.10: the tier at hire", () => {
  it.each<[string, Partial<Subscription>, string]>([
    ["active", { status: "active" }, "paid"],
    ["trialing", { status: "trialing" }, "free"],
    ["incomplete", { status: "incomplete" }, "free"],
    ["past due for 6 days and 23 hours", { status: "past_due", past_due_since: ago(7, 3_600_000) }, "paid"],
    ["past due for a millisecond less than 7 days", { status: "past_due", past_due_since: ago(7, 1) }, "paid"],
    ["past due for exactly 7 days", { status: "past_due", past_due_since: ago(7) }, "free"],
    ["canceled, a millisecond before the period ends", { status: "canceled", current_period_end: ago(0, 1) }, "paid"],
    ["canceled, when the period ends", { status: "canceled", current_period_end: ago(0) }, "free"],
    ["canceled before any period", { status: "canceled", current_period_end: null }, "free"],
  ])("of a subscription that is %s", (_, more, tier) => {
    expect(tierAtHire([own(more)], NOW)).toBe(tier);
  });

  it("scenario 36: is free while trialing premium, and falls 7 days into a failed payment", () => {
    const rate = (more: Partial<Subscription>, tier: "paid" | "premium") =>
      ratesInForce(openingRates(), tierAtHire([subscription("R", tier, more)], NOW), NOW).candidate_recruiter_bp;
    expect(rate({ status: "trialing" }, "premium")).toBe(2000);
    expect(rate({ status: "past_due", past_due_since: ago(3) }, "paid")).toBe(3000);
    expect(rate({ status: "past_due", past_due_since: ago(8) }, "paid")).toBe(2000);
  });

  it("is free without a subscription", () => {
    expect(tierAtHire([], NOW)).toBe("free");
  });

  it("is the higher of own and team, whichever that is", () => {
    expect(tierAtHire([own({}), teamSubscription("team", "premium")], NOW)).toBe("premium");
    expect(tierAtHire([own({}), teamSubscription("team", "premium", { status: "trialing" })], NOW)).toBe("paid");
    expect(tierAtHire([own({}), teamSubscription("team", "free")], NOW)).toBe("paid");
  });

  it("fails the hire when it cannot be told, and does not fall to free", () => {
    const unreadable = own({ status: "past_due", past_due_since: null });
    expect(() => tierAtHire([unreadable], NOW)).toThrow(expect.objectContaining({ code: "service_unavailable" }));
  });
});

describe("the opening rates", () => {
  it("leave 0, 24 and 48 % to the platform when all five roles share a tier", () => {
    const filled = (tier: (typeof TIERS)[number]) => sum(DEAL_ROLES.map((role) => OPENING_RATES[tier][role] as number as Cents));
    expect(TIERS.map((tier) => 10_000 - filled(tier))).toEqual([4800, 2400, 0]);
  });

  it("give way to the next row at its instant", () => {
    const next = {
      ...openingRates()[1]!,
      id: "next",
      candidate_recruiter_bp: basisPoints(3100),
      effective_from: NOW.toISOString(),
    };
    const rows = [...openingRates().map((row) => (row.tier === "paid" ? { ...row, effective_to: NOW.toISOString() } : row)), next];
    expect(ratesInForce(rows, "paid", new Date(NOW.getTime() - 1)).id).toBe("rates-paid");
    expect(ratesInForce(rows, "paid", NOW).id).toBe("next");
  });
});

describe("an upgrade before the hire", () => {
  const offered = new Date(ago(10));
  const upgraded = (daysAgo: number, ms = 0) => own({ upgraded_at: ago(daysAgo, ms) });
  const noticed = (...subscriptions: Subscription[]) => upgradeBeforeHire(subscriptions, "paid", offered, NOW);

  it.each([
    ["on the day of the hire", upgraded(0), true],
    ["exactly 7 days before the hire", upgraded(7), true],
    ["more than 7 days before the hire, after the offer", upgraded(7, -1), false],
    ["exactly 7 days before the offer", upgraded(17), true],
    ["more than 7 days before the offer", upgraded(17, -1), false],
  ])("%s is noticed or not", (_, subscription, due) => {
    expect(noticed(subscription)).toEqual(due ? new Date(subscription.upgraded_at!) : null);
  });

  it("is none when an older subscription gave the same tier", () => {
    expect(noticed(upgraded(1), teamSubscription("team", "paid"))).toBeNull();
  });

  it("is noticed when the older subscription gave less", () => {
    expect(noticed(upgraded(1), teamSubscription("team", "free"))).not.toBeNull();
  });

  it("is none for a recruiter on free rates", () => {
    expect(upgradeBeforeHire([own({ status: "trialing", upgraded_at: ago(1) })], "free", offered, NOW)).toBeNull();
  });
});
