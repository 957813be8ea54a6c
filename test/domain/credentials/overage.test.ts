import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capUnits, OVERAGE_BLOCK, overageCents, thresholdsCrossed } from "#domain/credentials/overage.ts";
import { decideHour } from "#domain/credentials/rolling-hour.ts";

const cap = fc.integer({ min: 0, max: 1_000_000 });
const price = fc.integer({ min: 1, max: 1_000_000 });

describe("a spend cap", () => {
  it.each([
    [500, 1_000, 5_000],
    [1, 3_000, 3],
    [1, 10_001, 0],
    [0, 1_000, 0],
    [100, 0, 0],
  ])("of %d cents at %d micros buys %d units", (cents, micros, units) => {
    expect(capUnits(cents, micros)).toBe(units);
  });

  it("is never passed by what its units cost, and one unit more would pass it", () => {
    fc.assert(
      fc.property(cap, price, (cents, micros) => {
        const units = capUnits(cents, micros);
        expect(overageCents(units, micros)).toBeLessThanOrEqual(cents);
        expect((units + 1) * micros).toBeGreaterThan(cents * 10_000);
      }),
    );
  });

  it("is told at 50, 80 and 100 per cent, each once, whatever the blocks", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: OVERAGE_BLOCK }), (units, block) => {
        const told: number[] = [];
        for (let drawn = 0; drawn < units;) {
          const next = Math.min(units, drawn + block);
          told.push(...thresholdsCrossed(drawn, next, units));
          drawn = next;
        }
        expect(told).toEqual([50, 80, 100]);
      }),
    );
  });
});

describe("a request beyond the limit", () => {
  const asked = { minuteNow: 1_000, cost: 1, limit: 10, ceilingMultiple: 10, allowance: 5 };
  const full = { minute: 1_000, admitted: 10, overage: 0 };

  it("is a base unit while there is one, however many were paid for", () => {
    expect(decideHour([{ minute: 1_000, admitted: 9, overage: 90 }], asked)).toMatchObject({ kind: "admit", overage: false });
  });

  it.each([
    ["paid for from the allowance", full, {}, { kind: "admit", overage: true }],
    ["in want of a block without allowance", full, { allowance: 0 }, { kind: "need_block" }],
    ["denied where nothing is metered", full, { ceilingMultiple: null }, { kind: "deny" }],
    ["denied at the ceiling", { ...full, overage: 90 }, {}, { kind: "deny" }],
    ["let in below the ceiling", { ...full, overage: 89 }, {}, { kind: "admit", overage: true }],
  ])("is %s", (_, bucket, more, verdict) => {
    expect(decideHour([bucket], { ...asked, ...more })).toMatchObject(verdict);
  });
});
