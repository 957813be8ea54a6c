import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextStep, retryAfterSeconds, type SendOutcome } from "#domain/webhooks/outcome.ts";
import type { AttemptTrigger } from "#domain/webhooks/words.ts";
import { outcome } from "./outcomes.ts";

const NOW = new Date("2026-11-21T12:00:00Z");

const step = (of: SendOutcome, attempts = 0, trigger: AttemptTrigger = "auto", random = 0.5) => nextStep(of, { attempts, trigger, random });

describe("what comes after a send", () => {
  it.each([
    [200, "succeeded"],
    [299, "succeeded"],
    [301, "retrying"],
    [404, "retrying"],
    [429, "retrying"],
    [500, "retrying"],
    [null, "retrying"],
    [410, "dead"],
  ] as const)("of an answer %s is %s", (status, expected) => {
    expect(step(outcome(status)).status).toBe(expected);
  });

  it("is one send and three retries, after 60, 600 and 3,600 s within a fifth, and then the end", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        for (const [attempts, planned] of [60, 600, 3_600].entries()) {
          const { status, retryInSeconds, spends } = step(outcome(500), attempts, "auto", random);
          expect([status, spends]).toEqual(["retrying", true]);
          expect(retryInSeconds).toBeGreaterThanOrEqual(planned * 0.8);
          expect(retryInSeconds).toBeLessThanOrEqual(planned * 1.2);
        }
        expect(step(outcome(500), 3, "auto", random)).toEqual({ status: "dead", retryInSeconds: null, spends: true, disables: false });
      }),
    );
  });

  it("is never before the receiver asked for it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_600 }), fc.integer({ min: 0, max: 2 }), (seconds, attempts) => {
        expect(step(outcome(429, { retryAfterSeconds: seconds }), attempts).retryInSeconds).toBeGreaterThanOrEqual(seconds);
      }),
    );
  });

  it("spends no attempt when a probe fails or a fault is ours, and a test is sent once", () => {
    expect(step(outcome(500), 3, "probe")).toMatchObject({ status: "parked", spends: false });
    expect(step(outcome(null, { errorClass: "internal" }), 3)).toMatchObject({ status: "retrying", spends: false });
    expect(step(outcome(null, { errorClass: "body_too_large" }), 3)).toMatchObject({ status: "retrying", spends: false });
    expect(step(outcome(500), 0, "test")).toMatchObject({ status: "dead", disables: false });
    expect(step(outcome(410), 0, "probe")).toMatchObject({ status: "dead", disables: true });
  });
});

describe("Retry-After", () => {
  it.each([
    ["120", 120],
    [" 7 ", 7],
    ["0", 0],
    ["999999", 3_600],
    ["Sat, 21 Nov 2026 12:01:30 GMT", 90],
    ["Sat, 21 Nov 2026 11:00:00 GMT", 0],
    ["soon", null],
    ["-5", null],
    ["", null],
    [null, null],
  ])("%j asks for %s s", (header, seconds) => {
    expect(retryAfterSeconds(header, NOW)).toBe(seconds);
  });
});
