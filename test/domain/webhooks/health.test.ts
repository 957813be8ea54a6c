import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { after, type Health, HEALTHY, leave, probeLost, probing } from "#domain/webhooks/health.ts";
import type { SendOutcome } from "#domain/webhooks/outcome.ts";
import { outcome } from "./outcomes.ts";

const NOW = 1_800_000_000_000;
const FAILS = outcome(500);
const SUCCEEDS = outcome(200);
const SECOND = 1_000;

/** How an endpoint is doing after these, one a second. */
const through = (outcomes: readonly SendOutcome[], health: Health = HEALTHY, from = NOW): Health =>
  outcomes.reduce((known, each, index) => after(known, each, from + index * SECOND), health);
const times = (count: number, each: SendOutcome): SendOutcome[] => Array.from({ length: count }, () => each);

describe("the breaker", () => {
  it("opens after five straight failures, not after four, and not when one in between succeeds", () => {
    expect(through(times(4, FAILS)).breaker).toBe("closed");
    expect(through(times(5, FAILS)).breaker).toBe("open");
    expect(through([...times(4, FAILS), SUCCEEDS, ...times(4, FAILS)]).breaker).toBe("closed");
  });

  it("opens when half of twenty sends within five minutes fail", () => {
    const mixed = Array.from({ length: 19 }, (_, index) => (index % 2 === 0 ? FAILS : SUCCEEDS));
    expect(through(mixed).breaker).toBe("closed");
    expect(through([...mixed, FAILS]).breaker).toBe("open");
    const slow = [...mixed, FAILS].reduce((known, each, index) => after(known, each, NOW + index * 30 * SECOND), HEALTHY);
    expect(slow.breaker).toBe("closed");
  });

  it("lets one probe through after 30 s, doubling to 15 minutes while probes fail, and closes with a success", () => {
    let health = through(times(5, FAILS));
    let now = NOW + 4 * SECOND;
    for (const wait of [30, 60, 120, 240, 480, 900, 900]) {
      expect(leave(health, 0, now + wait * SECOND - 1, false)).toEqual({ may: false, askAgainAt: now + wait * SECOND });
      now += wait * SECOND;
      expect(leave(health, 1, now, false)).toEqual({ may: false, askAgainAt: null }); // beside those still on their way
      expect(leave(health, 0, now, false)).toEqual({ may: true, probe: true });
      health = probing(health);
      expect(leave(health, 0, now, true)).toEqual({ may: false, askAgainAt: null });
      health = after(health, FAILS, now);
    }
    health = after(probing(health), SUCCEEDS, now);
    expect(health).toMatchObject({ breaker: "closed", straight: 0, openings: 0, failingSince: null });
    expect(leave(health, 3, now, false)).toEqual({ may: true, probe: false });
    expect(leave(health, 4, now, false)).toEqual({ may: false, askAgainAt: null });
  });

  it("lets what somebody asked for be the probe before its time, and another one ask when a probe was lost", () => {
    const open = through(times(5, FAILS));
    expect(leave(open, 0, NOW + 5 * SECOND, true)).toEqual({ may: true, probe: true });
    const lost = probeLost(probing(open), NOW + 9 * SECOND);
    expect(leave(lost, 0, NOW + 9 * SECOND, false)).toEqual({ may: true, probe: true });
  });

  it("says nothing of an endpoint for a fault of ours", () => {
    expect(through(times(20, outcome(null, { errorClass: "internal" })))).toEqual(HEALTHY);
  });
});

describe("a rest", () => {
  it("is as long as the receiver asked for; without that 5 s doubling to 60; then one at a time until a success", () => {
    const asked = after(HEALTHY, outcome(429, { retryAfterSeconds: 120 }), NOW);
    expect(leave(asked, 0, NOW + 119 * SECOND, false)).toEqual({ may: false, askAgainAt: NOW + 120 * SECOND });
    expect(leave(asked, 0, NOW + 120 * SECOND, false)).toEqual({ may: true, probe: false });
    expect(leave(asked, 1, NOW + 120 * SECOND, false)).toEqual({ may: false, askAgainAt: null });

    let health = HEALTHY;
    for (const seconds of [5, 10, 20, 40]) {
      health = after(health, outcome(502), NOW);
      expect(health.pausedUntil).toBe(NOW + seconds * SECOND);
    }
    expect(after(health, SUCCEEDS, NOW)).toMatchObject({ pausedUntil: null, gentle: false, restSeconds: 5 });
    for (const each of [outcome(504), outcome(null, { errorClass: "timeout" })])
      expect(after(HEALTHY, each, NOW).pausedUntil).not.toBeNull();
    for (const each of [FAILS, outcome(503), outcome(404), outcome(null)]) expect(after(HEALTHY, each, NOW).pausedUntil).toBeNull();
  });
});

it("whatever happens, never more than four are on their way, and an open breaker sends one at most", () => {
  const any = fc.constantFrom(SUCCEEDS, FAILS, outcome(429), outcome(429, { retryAfterSeconds: 30 }), outcome(null));
  fc.assert(
    fc.property(fc.array(fc.tuple(any, fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 8 })), { maxLength: 60 }), (steps) => {
      let [health, now] = [HEALTHY, NOW];
      for (const [each, seconds, inFlight] of steps) {
        now += seconds * SECOND;
        const answer = leave(health, inFlight, now, false);
        if (answer.may) {
          expect(inFlight).toBeLessThan(4);
          expect(answer.probe).toBe(health.breaker === "open");
          if (health.breaker !== "closed") expect(inFlight).toBe(0);
          if (answer.probe) health = probing(health);
        } else if (answer.askAgainAt !== null) expect(answer.askAgainAt).toBeGreaterThan(now);
        health = after(health, each, now);
        expect(health.failingSince === null).toBe(health.straight === 0);
      }
    }),
  );
});
