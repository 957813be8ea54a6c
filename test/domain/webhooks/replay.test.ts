import { describe, expect, it } from "vitest";
import { replayStep, replaySpan, replayWay } from "#domain/webhooks/replay.ts";

const NOW = new Date("2026-11-20T12:00:00Z");
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000);

describe("the span of a replay (PLATFORM §13.6)", () => {
  it.each([
    ["everything", null, null, daysAgo(90), NOW],
    ["what is within reach", daysAgo(30), daysAgo(10), daysAgo(30), daysAgo(10)],
    ["what is older than 90 days", daysAgo(400), daysAgo(10), daysAgo(90), daysAgo(10)],
    ["what has not happened yet", daysAgo(1), daysAgo(-1), daysAgo(1), NOW],
  ])("of %s ends at both its ends", (_, since, until, from, to) => {
    expect(replaySpan({ since, until }, NOW)).toEqual({ since: from, until: to });
  });

  it.each([
    [daysAgo(10), daysAgo(10)],
    [daysAgo(10), daysAgo(20)],
    [null, daysAgo(91)],
    [daysAgo(-1), null],
  ])("from %s to %s is none", (since, until) => {
    expect(() => replaySpan({ since, until }, NOW)).toThrow(expect.objectContaining({ code: "validation_failed" }));
  });
});

describe("a replay of one delivery", () => {
  it.each([
    ["succeeded", "again"],
    ["dead", "again"],
    ["skipped", "again"],
    ["pending", "forward"],
    ["retrying", "forward"],
    ["parked", "forward"],
  ] as const)("that is %s sends it %s", (status, way) => {
    expect(replayWay(status, "active")).toBe(way);
    for (const endpoint of ["unverified", "disabled"] as const)
      expect(() => replayWay(status, endpoint)).toThrow(expect.objectContaining({ code: "conflict" }));
  });

  it("that is being sent is refused", () => {
    expect(() => replayWay("in_flight", "active")).toThrow(expect.objectContaining({ code: "conflict" }));
  });
});

it("a replay job is paused, resumed and cancelled from where that makes sense", () => {
  const steps = (["running", "paused", "done", "cancelled"] as const).map((status) =>
    (["pause", "resume", "cancel"] as const).map((action) => replayStep(status, action)),
  );
  expect(steps).toEqual([
    ["paused", null, "cancelled"],
    [null, "running", "cancelled"],
    [null, null, null],
    [null, null, null],
  ]);
});
