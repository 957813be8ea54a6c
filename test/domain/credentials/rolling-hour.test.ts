import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bucket, decideHour, nextRelease } from "#domain/credentials/rolling-hour.ts";

/** A subject with a limit, whose requests come when the test says; it counts as the object does. */
class Subject {
  readonly #buckets: Bucket[] = [];
  readonly admittedAt: number[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  decide(second: number) {
    return decideHour(this.#buckets, {
      minuteNow: Math.floor(second / 60),
      cost: 1,
      limit: this.#limit,
      ceilingMultiple: null,
      allowance: 0,
    });
  }

  ask(second: number) {
    const verdict = this.decide(second);
    if (verdict.kind !== "admit") return verdict;
    const bucket = this.#buckets.find(({ minute }) => minute === verdict.minute);
    if (bucket) bucket.admitted++;
    else this.#buckets.push({ minute: verdict.minute, admitted: 1, overage: 0 });
    this.admittedAt.push(second);
    return verdict;
  }
}

/** Bursts of up to half as many again as the limit, with pauses of up to a little more than an hour. */
const visits = (limit: number) =>
  fc.array(fc.record({ pause: fc.oneof(fc.nat(90), fc.nat(4_000)), calls: fc.nat(Math.ceil(limit * 1.5)) }), {
    minLength: 1,
    maxLength: 30,
  });

/** The most admissions that any 3,600 seconds hold. */
function busiestHour(seconds: readonly number[]): number {
  let first = 0;
  let most = 0;
  seconds.forEach((second, last) => {
    while ((seconds[first] as number) <= second - 3_600) first++;
    most = Math.max(most, last - first + 1);
  });
  return most;
}

describe.each([5, 100, 1_000])("with %i requests an hour", (limit) => {
  const runs = { numRuns: limit === 1_000 ? 40 : 150 };

  it("no span of 3,600 seconds ever holds more", () => {
    fc.assert(
      fc.property(fc.nat(3_599), visits(limit), (start, arrivals) => {
        const subject = new Subject(limit);
        let second = 1_789_000_000 + start;
        for (const { pause, calls } of arrivals) {
          second += pause;
          for (let call = 0; call < calls; call++) subject.ask(second);
        }
        expect(busiestHour(subject.admittedAt)).toBeLessThanOrEqual(limit);
      }),
      runs,
    );
  });

  it("whoever waits until retry_at is admitted, and one second earlier never is", () => {
    fc.assert(
      fc.property(fc.nat(3_599), visits(limit), (start, arrivals) => {
        const subject = new Subject(limit);
        let second = 1_789_000_000 + start;
        for (const { pause, calls } of arrivals) {
          second += pause;
          for (let call = 0; call < calls; call++) {
            const verdict = subject.ask(second);
            if (verdict.kind !== "deny") continue;
            expect(subject.decide(verdict.retryAt).kind).toBe("admit");
            expect(subject.decide(verdict.retryAt - 1).kind).toBe("deny");
            expect(verdict.retryAt % 60).toBe(0);
            // a slot comes back within 61 minutes of its use
            expect(verdict.retryAt - (subject.admittedAt.at(-limit) ?? 0)).toBeLessThanOrEqual(3_660);
            break;
          }
        }
      }),
      runs,
    );
  });
});

describe("the rolling hour", () => {
  const at = (minute: number) => ({ minuteNow: minute, cost: 1, limit: 3, ceilingMultiple: null, allowance: 0 });
  const bucket = (minute: number, admitted: number, overage = 0): Bucket => ({ minute, admitted, overage });

  it("waits for as many old buckets as a lowered limit needs", () => {
    const verdict = decideHour([bucket(100, 2), bucket(110, 4), bucket(120, 2)], at(130));
    expect(verdict).toEqual({ kind: "deny", minute: 130, used: 8, retryAt: (110 + 61) * 60 });
  });

  it("counts in the newest minute when a clock runs behind", () => {
    expect(decideHour([bucket(100, 1)], at(98))).toEqual({ kind: "admit", overage: false, minute: 100, used: 2 });
  });

  it("takes a paid unit only once the base is used, and none beyond the ceiling", () => {
    const metered = { ...at(100), ceilingMultiple: 2, allowance: 5 };
    expect(decideHour([bucket(100, 2)], metered)).toMatchObject({ kind: "admit", overage: false });
    expect(decideHour([bucket(100, 3)], metered)).toMatchObject({ kind: "admit", overage: true });
    expect(decideHour([bucket(100, 3)], { ...metered, allowance: 0 })).toMatchObject({ kind: "need_block" });
    expect(decideHour([bucket(100, 3, 3)], metered)).toMatchObject({ kind: "deny", retryAt: (100 + 61) * 60 });
    // paid units never delay those of the base
    expect(decideHour([bucket(100, 2, 9)], metered)).toMatchObject({ kind: "admit", overage: false });
  });

  it("frees the next unit when the oldest bucket that holds one is over", () => {
    expect(nextRelease([bucket(100, 0, 2), bucket(101, 1), bucket(105, 1)], 110)).toBe((101 + 61) * 60);
    expect(nextRelease([bucket(40, 3)], 110)).toBeNull();
  });
});
