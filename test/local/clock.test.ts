import { afterEach, describe, expect, it, vi } from "vitest";
import { cronsOf, matchesCron, startClock } from "#local/clock.ts";

// 2026-11-22 is a Sunday.
const CASES: [cron: string, instant: string, matches: boolean][] = [
  ["* * * * *", "2026-11-22T04:48:59Z", true],
  ["20 * * * *", "2026-11-22T04:20:00Z", true],
  ["20 * * * *", "2026-11-22T04:21:00Z", false],
  ["10 3 * * *", "2026-11-22T03:10:00Z", true],
  ["10 3 * * *", "2026-11-22T15:10:00Z", false],
  ["*/15 * * * *", "2026-11-22T04:45:00Z", true],
  ["*/15 * * * *", "2026-11-22T04:50:00Z", false],
  ["5/20 * * * *", "2026-11-22T04:45:00Z", true],
  ["10-30/10 * * * *", "2026-11-22T04:40:00Z", false],
  ["1,31-33 9-17 * * *", "2026-11-22T17:32:00Z", true],
  ["0 0 1 jan *", "2027-01-01T00:00:00Z", true],
  ["0 0 * * 1", "2026-11-22T00:00:00Z", true],
  ["0 0 * * SUN", "2026-11-22T00:00:00Z", true],
  ["0 0 * * 2-6", "2026-11-22T00:00:00Z", false],
  ["0 0 22 * MON", "2026-11-22T00:00:00Z", true],
  ["0 0 1 * SUN", "2026-11-22T00:00:00Z", true],
  ["0 0 1 * MON", "2026-11-22T00:00:00Z", false],
];

describe("matchesCron", () => {
  it.each(CASES)("%s at %s is %s", (cron, instant, matches) => {
    expect(matchesCron(cron, new Date(instant))).toBe(matches);
  });

  it.each(["* * * *", "60 * * * *", "* * * * 0", "* * 0 * *", "*/0 * * * *", "9-5 * * * *", "x * * * *", "1,, * * * *", "*-3 * * * *"])(
    "refuses what it cannot read: %s",
    (cron) => {
      expect(() => matchesCron(cron, new Date())).toThrow(cron);
    },
  );
});

it("finds the crons of a wrangler.toml", () => {
  expect(cronsOf('name = "x"\n\n[triggers]\n# why\ncrons = ["* * * * *", "10 3 * * *"] # sweep\n\n[[queues]]\n')).toEqual([
    "* * * * *",
    "10 3 * * *",
  ]);
  expect(cronsOf('name = "x"\n')).toEqual([]);
});

describe("startClock", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("calls the Worker once a minute that a cron names, and no more after its stop", async () => {
    vi.useFakeTimers({ now: new Date("2026-11-22T04:18:30Z") });
    const called: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      const { origin, pathname, searchParams } = new URL(url);
      called.push(`${origin}${pathname} ${searchParams.get("cron")} ${new Date(Number(searchParams.get("time"))).toISOString()}`);
      return new Response("ok");
    });
    const clock = startClock({ worker: "http://127.0.0.1:8787", crons: ["20 * * * *", "*/2 4 * * *", "0 5 * * *"] });
    await vi.advanceTimersByTimeAsync(4 * 60_000);
    clock.stop();
    await vi.advanceTimersByTimeAsync(60 * 60_000);
    const path = "http://127.0.0.1:8787/cdn-cgi/handler/scheduled";
    expect(called).toEqual([
      `${path} 20 * * * * 2026-11-22T04:20:00.000Z`,
      `${path} */2 4 * * * 2026-11-22T04:20:00.000Z`,
      `${path} */2 4 * * * 2026-11-22T04:22:00.000Z`,
    ]);
  });

  it("goes on when the Worker does not answer", async () => {
    vi.useFakeTimers({ now: new Date("2026-11-22T04:18:30Z") });
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const away = vi.fn(async () => Promise.reject(new Error("connection refused")));
    vi.stubGlobal("fetch", away);
    const clock = startClock({ worker: "http://127.0.0.1:8787", crons: ["* * * * *"] });
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    clock.stop();
    expect(away).toHaveBeenCalledTimes(2);
    expect(warn).toHaveBeenCalledTimes(2);
    warn.mockRestore();
  });

  it("refuses an unreadable cron at once", () => {
    expect(() => startClock({ worker: "http://127.0.0.1:8787", crons: ["every minute"] })).toThrow("every minute");
  });
});
