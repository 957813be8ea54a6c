import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reputationBand, reputationOf, responsiveness, type ReputationRecord } from "#domain/recruiters/reputation.ts";

const record = (more: Partial<ReputationRecord> = {}): ReputationRecord => ({
  totalSubmissions: 0,
  totalHires: 0,
  completedPlacements: 0,
  failedPlacements: 0,
  collaboration: null,
  avgResponseTimeHours: null,
  pipelineReliability: null,
  ...more,
});

const PERFECT = record({
  totalSubmissions: 12,
  totalHires: 3,
  completedPlacements: 3,
  collaboration: 100,
  avgResponseTimeHours: 1,
  pipelineReliability: 100,
});

describe("reputation", () => {
  it("of a newcomer is neutral throughout", () => {
    expect(reputationOf(record())).toMatchObject({ completion: 50, hireRate: 50, responsiveness: 50, score: 47.5 });
  });

  it("of a perfect record without volume is 95", () => {
    expect(reputationOf(PERFECT)).toMatchObject({ score: 95, band: "elite", volumeBonus: 0 });
  });

  it.each([
    [4, 0],
    [5, 2.5],
    [14, 2.5],
    [15, 5],
    [30, 7.5],
    [50, 10],
  ])("adds for %i completed placements %d, and stops at 100", (completedPlacements, volumeBonus) => {
    const reputation = reputationOf({ ...PERFECT, completedPlacements });
    expect(reputation.volumeBonus).toBe(volumeBonus);
    expect(reputation.score).toBe(Math.min(100, 95 + volumeBonus));
  });

  it("judges hires from five submissions on, completion from three placements on", () => {
    expect(reputationOf(record({ totalSubmissions: 4, totalHires: 4 })).hireRate).toBe(50);
    expect(reputationOf(record({ totalSubmissions: 5, totalHires: 0 })).hireRate).toBe(0);
    expect(reputationOf(record({ totalSubmissions: 20, totalHires: 2 })).hireRate).toBe(40);
    expect(reputationOf(record({ completedPlacements: 2 })).completion).toBe(50);
    expect(reputationOf(record({ completedPlacements: 2, failedPlacements: 2 })).completion).toBe(50);
    expect(reputationOf(record({ completedPlacements: 3, failedPlacements: 1 })).completion).toBe(75);
  });

  it.each([
    [0, 100],
    [4, 100],
    [8, 90],
    [12, 80],
    [18, 70],
    [24, 60],
    [36, 45],
    [48, 30],
    [100, 30],
  ])("values answers after %d hours at %d", (hours, points) => {
    expect(responsiveness(hours)).toBeCloseTo(points, 9);
  });

  it.each([
    [100, "elite"],
    [90, "elite"],
    [89.99, "pro"],
    [70, "pro"],
    [69.99, "active"],
    [40, "active"],
    [39.99, "new"],
    [0, "new"],
  ])("calls %d %s", (score, band) => {
    expect(reputationBand(score)).toBe(band);
  });

  it("stays within 0 and 100 and has two decimals", () => {
    const counts = fc.integer({ min: 0, max: 500 });
    const share = fc.option(fc.double({ min: 0, max: 100, noNaN: true }));
    const records = fc.record({
      totalSubmissions: counts,
      totalHires: counts,
      completedPlacements: counts,
      failedPlacements: counts,
      collaboration: share,
      avgResponseTimeHours: fc.option(fc.double({ min: 0, max: 1000, noNaN: true })),
      pipelineReliability: share,
    });
    fc.assert(
      fc.property(records, (each) => {
        const { score } = reputationOf(each);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(100);
        expect(Number(score.toFixed(2))).toBe(score);
      }),
    );
  });
});
