import { describe, expect, it } from "vitest";
import { divideVolumeBonus, volumeBonus, type RolePlacement } from "#domain/commission/volume.ts";
import { toDecimal, ZERO } from "#domain/money.ts";
import { money } from "./hires.ts";

const terms = { hires_committed: 5, bulk_bonus_cents: money("10000.01") };

const placement = (number: number, closer: string | null, more: Partial<RolePlacement> = {}): RolePlacement => ({
  id: `p${number}`,
  hired_at: `2026-01-0${number}T00:00:00+00:00`,
  state: "active",
  candidate_recruiter_id: closer,
  bulk_cents: ZERO,
  ...more,
});

const four = [placement(1, "R1"), placement(2, "R1"), placement(3, "R2"), placement(4, null)];
const parts = (...closers: string[]) =>
  [...divideVolumeBonus({ amount: money("10000.01"), closers })].map(([id, amount]) => [id, toDecimal(amount)]);

describe("the volume bonus", () => {
  it("falls due on the fifth standing hire, for those of the five that have a Closer", () => {
    expect(volumeBonus(terms, four, "R2")).toEqual({
      amount: 1_000_001,
      closers: ["R1", "R1", "R2", "R2"],
    });
  });

  it("lists the earliest hire first, in whatever order they were read", () => {
    expect(volumeBonus(terms, four.toReversed(), "R3").closers).toEqual(["R1", "R1", "R2", "R3"]);
  });

  it("is not due on the fourth or the sixth", () => {
    expect(volumeBonus(terms, four.slice(1), "R2").amount).toBe(0);
    expect(volumeBonus(terms, [...four, placement(5, "R2", { bulk_cents: money("10000.01") })], "R2").amount).toBe(0);
  });

  it("does not count failed placements", () => {
    const failed = placement(5, "R9", { state: "failed" });
    expect(volumeBonus(terms, [...four, failed], "R2").closers).toEqual(["R1", "R1", "R2", "R2"]);
  });

  it("is carried anew by the next fifth hire once its carrier has failed, and not while it stands", () => {
    const carrier = placement(5, "R2", { bulk_cents: money("10000.01") });
    expect(volumeBonus(terms, [...four, { ...carrier, state: "failed" }], "R3").amount).toBe(1_000_001);
    expect(volumeBonus(terms, [...four.slice(1), carrier], "R3").amount).toBe(0);
  });

  it("is not made up for on a sixth standing hire when its carrier failed after the fifth", () => {
    const five = [...four, placement(5, "R2", { bulk_cents: money("10000.01"), state: "failed" }), placement(6, "R1")];
    expect(volumeBonus(terms, five, "R3").amount).toBe(0);
  });

  it("is not charged when none of the five has a Closer", () => {
    const none = four.map((earlier) => ({ ...earlier, candidate_recruiter_id: null }));
    expect(volumeBonus(terms, none, null)).toEqual({ amount: 0, closers: [] });
  });

  it("needs a commitment to five hires and an amount", () => {
    expect(volumeBonus({ ...terms, hires_committed: 4 }, four, "R2").amount).toBe(0);
    expect(volumeBonus({ ...terms, hires_committed: null }, four, "R2").amount).toBe(0);
    expect(volumeBonus({ ...terms, bulk_bonus_cents: null }, four, "R2").amount).toBe(0);
  });
});

describe("its division", () => {
  it("gives the remainder to the earliest hire", () => {
    expect(parts("R1", "R1", "R2", "R2")).toEqual([
      ["R1", "5000.01"],
      ["R2", "5000.00"],
    ]);
  });

  it("gives the whole remainder to it, not a cent each", () => {
    expect([
      ...divideVolumeBonus({
        amount: money("0.14"),
        closers: ["R1", "R2", "R3", "R4", "R5"],
      }).values(),
    ]).toEqual([6, 2, 2, 2, 2]);
  });

  it("gives a lone Closer everything", () => {
    expect(parts("R1")).toEqual([["R1", "10000.01"]]);
  });
});
