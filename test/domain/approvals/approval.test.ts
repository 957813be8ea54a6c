import { describe, expect, it } from "vitest";
import { type Approval, approvalEnd, approve, isExecutive, reject, useUp } from "#domain/approvals/approval.ts";
import { takesTwo } from "#domain/payouts/switches.ts";
import type { Refusal } from "#domain/refusals.ts";
import { completeProfile } from "#domain/tax/tax-profile.ts";
import { changesALot, requireWithinWhole } from "#domain/terms/change.ts";
import { OPENING_RATES } from "#domain/commission/rates.ts";
import { basisPoints, type BasisPoints } from "#domain/money.ts";

const NOW = new Date("2026-05-01T12:00:00Z");
const approval = (more: Partial<Approval> = {}): Approval => ({
  id: "a1",
  action: "payout.unhold",
  subjectId: "s1",
  request: { hold_reason: "admin_hold", amount_cents: 100 },
  reason: "It is due",
  requestedBy: "one",
  approvedBy: null,
  status: "requested",
  expiresAt: approvalEnd(NOW),
  ...more,
});
const later = (ms: number): Date => new Date(NOW.getTime() + ms);
const DAY_MS = 86_400_000;

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    const { code, members } = error as Refusal;
    return members.reason ?? code;
  }
  return "done";
}

describe("an approval", () => {
  const wanted = { action: "payout.unhold", subjectId: "s1", request: { amount_cents: 100, hold_reason: "admin_hold" } } as const;
  const given = approval({ status: "approved", approvedBy: "two" });

  it("is given by another than who asked, until its last millisecond", () => {
    expect(refusal(() => approve(approval(), "one", [], NOW))).toBe("forbidden");
    expect(refusal(() => approve(approval(), "three", ["three"], NOW))).toBe("forbidden");
    expect(approve(approval(), "two", ["one"], later(DAY_MS - 1))).toMatchObject({ status: "approved", approvedBy: "two" });
    expect(refusal(() => approve(approval(), "two", [], later(DAY_MS)))).toBe("approval_expired");
    expect(refusal(() => approve(given, "two", [], NOW))).toBe("invalid_transition");
    expect(reject(given, NOW)).toMatchObject({ status: "rejected", approvedBy: null });
    expect(refusal(() => reject(approval({ status: "used" }), NOW))).toBe("invalid_transition");
  });

  it.each<[string, Approval, Partial<Parameters<typeof useUp>[1]>, Date, string]>([
    ["for exactly what was asked, in any order of its members", given, {}, NOW, "done"],
    ["pending", approval(), {}, NOW, "approval_pending"],
    ["used", { ...given, status: "used" }, {}, NOW, "approval_not_open"],
    ["rejected", { ...given, status: "rejected" }, {}, NOW, "approval_not_open"],
    ["expired a moment ago", given, {}, later(DAY_MS), "approval_expired"],
    ["expired and marked", { ...given, status: "expired" }, {}, NOW, "approval_expired"],
    ["for another row", given, { subjectId: "s2" }, NOW, "approval_of_another"],
    ["for another action", given, { action: "payout.cancel" }, NOW, "approval_of_another"],
    ["for another amount", given, { request: { ...wanted.request, amount_cents: 101 } }, NOW, "approval_differs"],
    ["for an amount in another type", given, { request: { ...wanted.request, amount_cents: "100" } }, NOW, "approval_differs"],
    ["for more than was asked", given, { request: { ...wanted.request, more: true } }, NOW, "approval_differs"],
    ["for less than was asked", given, { request: { amount_cents: 100 } }, NOW, "approval_differs"],
  ])("is used %s", (_, found, more, now, expected) => {
    expect(refusal(() => useUp(found, { ...wanted, ...more }, now))).toBe(expected);
  });

  it.each([
    ["executive: the board agreed", true],
    ["Executive: yes", true],
    ["executive:", false],
    ["the executive: no", false],
    ["because", false],
  ])("with the reason %s is an executive's: %s", (reason, expected) => {
    expect(isExecutive({ reason })).toBe(expected);
  });
});

it.each([
  ["payouts.enabled", true, true],
  ["payouts.enabled", false, false],
  ["payouts.require_tax_profile", true, false],
  ["payouts.require_tax_profile", false, true],
  ["unheard.of", true, true],
  ["unheard.of", false, true],
])("turning %s to %s takes two: %s", (name, enabled, expected) => {
  expect(takesTwo(name, enabled)).toBe(expected);
});

describe("a change of rates", () => {
  const bp = (...rates: number[]): BasisPoints[] => rates.map(basisPoints);
  it.each([
    [2_000, 2_100, false],
    [2_000, 2_101, true],
    [2_000, 1_900, false],
    [2_000, 1_899, true],
    [0, 1, true],
    [0, 0, false],
  ])("from %i to %i is large: %s", (before, after, expected) => {
    expect(changesALot(bp(500, before), bp(500, after))).toBe(expected);
  });

  it("never lets a mix of tiers earn more than the fee", () => {
    const { free, paid, premium } = OPENING_RATES;
    expect(refusal(() => requireWithinWhole([free, paid, premium]))).toBe("done");
    expect(refusal(() => requireWithinWhole([{ ...free, candidate_sourcer: basisPoints(1_001) }, paid, premium]))).toBe(
      "validation_failed",
    );
  });
});

describe("a tax declaration", () => {
  const declared = { form: "w8ben", classification: "foreign", tinLast4: "1234" } as const;
  it("of a foreign payee ends with the third year after", () => {
    expect(completeProfile(declared, new Date("2026-01-01T00:00:00Z")).expiresAt).toEqual(new Date("2030-01-01T00:00:00Z"));
    expect(completeProfile(declared, new Date("2026-12-31T23:59:59Z")).expiresAt).toEqual(new Date("2030-01-01T00:00:00Z"));
    expect(completeProfile({ ...declared, form: "w9", classification: "individual" }, NOW).expiresAt).toBeNull();
  });

  it("is signed by whom its form is for", () => {
    expect(refusal(() => completeProfile({ ...declared, form: "w9" }, NOW))).toBe("validation_failed");
    expect(refusal(() => completeProfile({ ...declared, classification: "corporation" }, NOW))).toBe("validation_failed");
  });
});
