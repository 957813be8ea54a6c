import { describe, expect, it } from "vitest";
import { failingStage } from "#domain/webhooks/failing.ts";
import { inTurns } from "#domain/webhooks/in-turns.ts";

const SINCE = new Date("2026-11-01T00:00:00Z");
const hours = (count: number): Date => new Date(SINCE.getTime() + count * 3_600_000);

describe("an endpoint that goes on failing", () => {
  it.each([
    [59, null, null],
    [60, null, 50],
    [89, 50, null],
    [90, 50, 75],
    [119, 75, null],
    [120, 75, 100],
    [120, null, 100],
  ])("after %d hours, told of %s before, has come to %s", (after, told, stage) => {
    const endpoint = { failingSince: SINCE, lastFailureAt: hours(after), failingAlertedPercent: told };
    expect(failingStage(endpoint, hours(after))).toBe(stage);
  });

  it("is not disabled for a failure of days ago", () => {
    expect(failingStage({ failingSince: SINCE, lastFailureAt: hours(96), failingAlertedPercent: 75 }, hours(120))).toBeNull();
  });
});

it("accounts take turns, each in its own order", () => {
  const items = ["a1", "a2", "a3", "b1", "c1", "c2"];
  expect(inTurns(items, (item) => item.charAt(0))).toEqual(["a1", "b1", "c1", "a2", "c2", "a3"]);
});
