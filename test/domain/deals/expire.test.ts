import { describe, expect, it } from "vitest";
import { expireDeal, expiresAt, reactivateDeal, warnOfExpiry } from "#domain/deals/expire.ts";
import { isLive } from "#domain/deals/states.ts";
import { SYSTEM_USER_ID } from "#domain/ids.ts";
import { accepted, admin, closer, company, dealIn, draft, later, NOW, refused, types, type Sides } from "./deals.ts";

const ms = (days: number, off: number) => new Date(later(days).getTime() + off);
const free = { otherLiveDeal: false };

describe("waiting", () => {
  it.each<[Parameters<typeof dealIn>[0], Parameters<typeof dealIn>[1] & Sides, number]>([
    ["proposed", {}, 3],
    ["info_requested", { gate: "candidate_recruiter" }, 7],
    ["awaiting_candidate_recruiter", {}, 14],
    ["awaiting_company_recruiter", {}, 14],
    ["under_review", { gate: "company" }, 14],
    ["submitted_to_company", {}, 14],
    ["screen", {}, 14],
  ])("in %s %o lasts %i days", (state, sides, days) => {
    const deal = dealIn(state, sides);
    expect(expiresAt(deal)).toEqual(later(days));
    expect(expireDeal(deal, ms(days, -1))).toBeNull();
    const change = expireDeal(deal, later(days));
    expect(change?.deal).toMatchObject({
      cra: { state: "timed_out", stateBeforeTimeout: state, timedOutAt: later(days), closedAt: later(days) },
      application: { stage: "expired", stageBeforeExpiry: deal.application.stage, expiredAt: later(days) },
    });
    expect(change?.deal.cra?.currentGate).toBe(deal.cra?.currentGate);
    expect(change?.actedAs).toBe("system");
  });

  it.each(["in_process", "offer", "hired", "closed", "rejected", "withdrawn", "timed_out"] as const)("has no end in %s", (state) => {
    expect(expiresAt(dealIn(state))).toBeNull();
    expect(expireDeal(dealIn(state), later(1000))).toBeNull();
    expect(warnOfExpiry(dealIn(state), later(1000))).toBeNull();
  });

  it("has no end for a draft", () => {
    for (const deal of [draft(), accepted()]) expect(expireDeal(deal, later(1000))).toBeNull();
  });

  it("starts anew when the deal moves at its gate", () => {
    expect(expiresAt(dealIn("under_review", { gate: "company" }, { stateChangedAt: later(5) }))).toEqual(later(19));
  });

  it("scenario 27: for an answer to a proposal ends after 72 hours and counts against the recruiter", () => {
    const change = expireDeal(dealIn("proposed"), later(3));
    expect(change?.reputation).toBe("timed_out");
    expect(change && types(change)).toEqual(["cra.timed_out", "application.expired"]);
    expect(isLive("timed_out")).toBe(false);
  });

  it("scenario 60: in screen is warned of on day 12, ends on day 14, and can be brought back", () => {
    const deal = dealIn("awaiting_company_recruiter");
    expect(warnOfExpiry(deal, ms(12, -1))).toBeNull();
    const warned = warnOfExpiry(deal, later(12));
    if (!warned) throw new Error("no warning");
    expect(warned.events).toMatchObject([{ type: "application.expiration_warning", payload: { expires_at: later(14).toISOString() } }]);
    expect(warned.deal.application.stageChangedAt).toEqual(NOW);
    expect(warnOfExpiry(warned.deal, later(13))).toBeNull();

    const expired = expireDeal(warned.deal, later(14));
    if (!expired) throw new Error("not expired");
    expect(types(expired)).toEqual(["cra.timed_out", "application.expired", "application.stage_changed"]);
    expect(expired.events[2]?.payload).toMatchObject({ old_stage: "screen", new_stage: "expired", changed_by: SYSTEM_USER_ID });
    expect(expired.reputation).toBeUndefined();

    refused("duplicate_active_deal", () => reactivateDeal(expired.deal, admin, { otherLiveDeal: true }, later(15)));
    for (const actor of [company, closer]) refused("forbidden", () => reactivateDeal(expired.deal, actor, free, later(15)));
    const back = reactivateDeal(expired.deal, admin, free, later(15));
    expect(back.deal).toMatchObject({
      cra: {
        state: "awaiting_company_recruiter",
        currentGate: "company_recruiter",
        stateBeforeTimeout: null,
        timedOutAt: null,
        closedAt: null,
      },
      application: { stage: "screen", stageBeforeExpiry: null, expiredAt: null, closedAt: null, expiryWarnedAt: null },
    });
    expect(types(back)).toEqual(["cra.stage_changed", "application.reactivated", "application.stage_changed"]);
    expect(expiresAt(back.deal)).toEqual(later(29));
  });

  it("is warned of again after the deal moved", () => {
    const warned = warnOfExpiry(dealIn("awaiting_company"), later(13));
    if (!warned?.deal.cra) throw new Error("no warning");
    const moved = { ...warned.deal, cra: { ...warned.deal.cra, state: "under_review" as const, stateChangedAt: ms(13, 1) } };
    expect(warnOfExpiry(moved, later(26))).not.toBeNull();
  });

  it("for an answer that never came cannot be brought back", () => {
    const expired = expireDeal(dealIn("proposed"), later(3));
    refused("invalid_transition", () => reactivateDeal(expired?.deal ?? draft(), admin, free, later(4)));
    refused("invalid_transition", () => reactivateDeal(dealIn("screen"), admin, free, later(4)));
  });
});
