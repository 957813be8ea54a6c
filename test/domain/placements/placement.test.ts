import { describe, expect, it } from "vitest";
import { guaranteeExpiresAt } from "#domain/placements/guarantee.ts";
import {
  activatePlacement,
  completePlacement,
  confirmStart,
  failPlacement,
  PLACEMENT_STATES,
  warnOfGuaranteeEnd,
  type PlacementTimeline,
} from "#domain/placements/placement.ts";

/** The time line of DOMAIN §4.6. */
const placement = (more: Partial<PlacementTimeline> = {}): PlacementTimeline => ({
  id: "placement",
  applicationId: "application",
  craId: "cra",
  jobId: "job",
  candidateId: "candidate",
  companyId: "acme",
  state: "hired",
  hiredAt: new Date("2026-02-20T12:00:00Z"),
  startDate: "2026-03-02",
  guaranteeDays: 90,
  guaranteeExpiresAt: new Date("2026-05-31T00:00:00Z"),
  guaranteeWarnedDays: null,
  completedAt: null,
  ...more,
});

const COMPANY = { isCompanyAdmin: true, isPlatformAdmin: false };
const ADMIN = { isCompanyAdmin: false, isPlatformAdmin: true };
const OTHER = { isCompanyAdmin: false, isPlatformAdmin: false };
const START = new Date("2026-03-02T00:00:00Z");

const types = (change: { events: readonly { type: string }[] } | null) => change?.events.map(({ type }) => type);

describe("a guarantee", () => {
  it.each([
    ["2026-03-02", 90, "2026-05-31T00:00:00.000Z"],
    ["2026-03-02", 0, "2026-03-02T00:00:00.000Z"],
    ["2028-02-28", 1, "2028-02-29T00:00:00.000Z"],
    ["2026-12-31", 365, "2027-12-31T00:00:00.000Z"],
  ])("from %s over %i days ends at %s", (startDate, days, end) => {
    expect(guaranteeExpiresAt(startDate, days).toISOString()).toBe(end);
  });

  it("is announced 14, 7 and 1 days before its end, each once", () => {
    let current = placement({ state: "active" });
    const given: [string, number][] = [];
    for (let day = START.getTime(); day < current.guaranteeExpiresAt.getTime() + 86_400_000 * 3; day += 21_600_000) {
      const change = warnOfGuaranteeEnd(current, new Date(day));
      if (!change) continue;
      current = change.placement;
      given.push([new Date(day).toISOString().slice(0, 10), current.guaranteeWarnedDays ?? 0]);
      expect(change.events).toMatchObject([
        { type: "guarantee.expiring", payload: { placement_id: "placement", days_remaining: current.guaranteeWarnedDays } },
      ]);
    }
    expect(given).toEqual([
      ["2026-05-17", 14],
      ["2026-05-24", 7],
      ["2026-05-30", 1],
    ]);
  });

  it("gives only the latest warning when the run is late, and none that its length has no room for", () => {
    const active = placement({ state: "active" });
    expect(warnOfGuaranteeEnd(active, new Date("2026-05-26T00:00:00Z"))?.placement.guaranteeWarnedDays).toBe(7);
    const short = placement({ state: "active", guaranteeDays: 10, guaranteeExpiresAt: new Date("2026-03-12T00:00:00Z") });
    expect(warnOfGuaranteeEnd(short, START)).toBeNull();
    expect(warnOfGuaranteeEnd(short, new Date("2026-03-05T00:00:00Z"))?.placement.guaranteeWarnedDays).toBe(7);
  });

  it.each(["hired", "completed", "failed"] as const)("of a placement that is %s is not announced", (state) => {
    expect(warnOfGuaranteeEnd(placement({ state }), new Date("2026-05-30T12:00:00Z"))).toBeNull();
  });
});

describe("a placement", () => {
  it("starts on its start date", () => {
    expect(activatePlacement(placement(), new Date("2026-03-01T23:59:59Z"))).toBeNull();
    const change = activatePlacement(placement(), START);
    expect(change?.placement.state).toBe("active");
    expect(types(change)).toEqual(["placement.activated"]);
  });

  it.each(PLACEMENT_STATES.filter((state) => state !== "hired"))("that is %s does not start again", (state) => {
    expect(activatePlacement(placement({ state }), START)).toBeNull();
    expect(() => confirmStart(placement({ state }), COMPANY, { startDate: null }, START)).toThrow(
      expect.objectContaining({ code: "invalid_transition", members: { from: state, to: "active", allowed: [] } }),
    );
  });

  it("is complete when its guarantee is over, to the instant", () => {
    const active = placement({ state: "active" });
    expect(completePlacement(active, new Date("2026-05-30T23:59:59Z"))).toBeNull();
    const end = new Date("2026-05-31T00:00:00Z");
    const change = completePlacement(active, end);
    expect(change?.placement).toMatchObject({ state: "completed", completedAt: end });
    expect(types(change)).toEqual(["placement.completed"]);
  });

  it.each(PLACEMENT_STATES.filter((state) => state !== "active"))("that is %s is not completed", (state) => {
    expect(completePlacement(placement({ state }), new Date("2027-01-01T00:00:00Z"))).toBeNull();
  });

  it("without a guarantee is complete at its start", () => {
    const without = placement({ guaranteeDays: 0, guaranteeExpiresAt: START });
    const started = activatePlacement(without, START);
    expect(started && completePlacement(started.placement, START)?.placement.state).toBe("completed");
  });

  it("moved to another start counts its guarantee anew and waits for that day (D-108)", () => {
    const change = confirmStart(
      placement({ guaranteeWarnedDays: 14 }),
      COMPANY,
      { startDate: "2026-03-16" },
      new Date("2026-03-01T08:00:00Z"),
    );
    expect(change).toMatchObject({
      startDateChanged: true,
      placement: {
        state: "hired",
        startDate: "2026-03-16",
        guaranteeExpiresAt: new Date("2026-06-14T00:00:00Z"),
        guaranteeWarnedDays: null,
      },
      events: [],
    });
  });

  it("confirmed by the company is active, with its own date or an earlier one", () => {
    expect(confirmStart(placement(), COMPANY, { startDate: null }, START)).toMatchObject({
      startDateChanged: false,
      placement: { state: "active", startDate: "2026-03-02" },
    });
    const early = confirmStart(placement(), COMPANY, { startDate: "2026-02-25" }, new Date("2026-02-26T08:00:00Z"));
    expect(early.placement).toMatchObject({ state: "active", guaranteeExpiresAt: new Date("2026-05-26T00:00:00Z") });
    expect(types(early)).toEqual(["placement.activated"]);
  });

  it("is put off for two years after the hire at the most, however often", () => {
    const waiting = placement({ hiredAt: new Date("2026-02-20T09:00:00Z") });
    const putOff = (startDate: string, at: string) => () => confirmStart(waiting, COMPANY, { startDate }, new Date(at));
    expect(putOff("2028-02-20", "2028-02-19T09:00:00Z")().placement.startDate).toBe("2028-02-20");
    expect(putOff("2028-02-21", "2028-02-19T09:00:00Z")).toThrow(expect.objectContaining({ code: "validation_failed" }));
  });

  it("is confirmed by the company, or by a platform admin in its place", () => {
    expect(confirmStart(placement(), ADMIN, { startDate: null }, START).placement.state).toBe("active");
    expect(() => confirmStart(placement({ state: "active" }), OTHER, { startDate: null }, START)).toThrow(
      expect.objectContaining({ code: "forbidden" }),
    );
  });

  it.each(["2026-02-30", "2026-2-3", "tomorrow", ""])("refuses %j as a start date", (startDate) => {
    expect(() => confirmStart(placement(), COMPANY, { startDate }, START)).toThrow(expect.objectContaining({ code: "validation_failed" }));
  });
});

describe("a placement that fails", () => {
  const failing = (more: Partial<PlacementTimeline>, at: string, actor: Parameters<typeof failPlacement>[1] = COMPANY) =>
    failPlacement({ ...placement(more), failedAt: null, failureReason: null, withinGuarantee: null }, actor, "Left", new Date(at));

  it("22.3.15: is inside its guarantee until the second before it ends, and outside at it (MONEY §21)", () => {
    const inside = failing({ state: "active" }, "2026-05-30T23:59:59Z");
    expect(inside.placement).toMatchObject({ state: "failed", withinGuarantee: true, failureReason: "Left" });
    expect(inside.placement.failedAt).toEqual(new Date("2026-05-30T23:59:59Z"));
    expect(inside.events).toMatchObject([{ type: "placement.failed", payload: { placement_id: "placement", within_guarantee: true } }]);
    expect(() => failing({ state: "active" }, "2026-05-31T00:00:00Z")).toThrow(
      expect.objectContaining({ code: "conflict", members: { reason: "guarantee_expired" } }),
    );
    expect(() => failing({ state: "completed" }, "2026-05-30T00:00:00Z")).toThrow(expect.objectContaining({ code: "conflict" }));
  });

  it("may fail before it starts, and never twice", () => {
    expect(failing({}, "2026-02-21T00:00:00Z").placement.state).toBe("failed");
    expect(() => failing({ state: "failed" }, "2026-03-10T00:00:00Z")).toThrow(expect.objectContaining({ code: "invalid_transition" }));
  });

  it("is the company's to report, or the platform's in its place", () => {
    const nobody = { isCompanyAdmin: false, isPlatformAdmin: false };
    expect(() => failing({ state: "active" }, "2026-03-10T00:00:00Z", nobody)).toThrow(expect.objectContaining({ code: "forbidden" }));
    expect(failing({ state: "active" }, "2026-03-10T00:00:00Z").placement.state).toBe("failed");
    const platform = { isCompanyAdmin: false, isPlatformAdmin: true };
    expect(failing({ state: "active" }, "2026-03-10T00:00:00Z", platform).placement.state).toBe("failed");
  });
});
