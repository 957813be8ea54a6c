import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closeDeal } from "#domain/deals/close.ts";
import { PARTIES, type Deal, type GateHistoryEntry } from "#domain/deals/deal.ts";
import { expireDeal, warnOfExpiry } from "#domain/deals/expire.ts";
import { allowedStages, allowedStates, corresponds, CRA_STATES, isLive, openGate, type CraState } from "#domain/deals/states.ts";
import { Refusal } from "#domain/refusals.ts";
import { ACTION_NAMES, ACTIONS, type ActionName } from "./actions.ts";
import { accepted, as, dealIn, draft, later, NOW, refused } from "./deals.ts";

const GATED: readonly ActionName[] = ["startReview", "approve", "deny", "requestInfo", "skip", "withdraw"];

/** What is legal in each state; everything else is not. Applications that wait for the candidate take more. */
const LEGAL: Readonly<Record<CraState, readonly ActionName[]>> = {
  proposed: ["accept", "decline", "withdraw"],
  awaiting_candidate_recruiter: GATED,
  awaiting_company_recruiter: GATED,
  awaiting_company: GATED,
  under_review: ["approve", "deny", "requestInfo", "skip", "withdraw"],
  info_requested: ["provideInfo", "deny", "skip", "withdraw", "triggerAiReview", "returnToDraft"],
  submitted_to_company: ["toScreen", "toInProcess", "reject", "withdraw"],
  screen: ["toInProcess", "reject", "withdraw"],
  in_process: ["toOffer", "reject", "withdraw"],
  offer: ["reject", "acceptOffer", "declineOffer", "hire", "withdraw"],
  hired: [],
  rejected: [],
  declined: [],
  withdrawn: [],
  timed_out: ["reactivate"],
  closed: [],
};

/** Whoever may do something in some state. */
const everybody = as(...PARTIES);

describe("in every state", () => {
  const cases = CRA_STATES.flatMap((state) => ACTION_NAMES.map((action) => ({ state, action, legal: LEGAL[state].includes(action) })));

  it.each(cases.filter(({ legal }) => legal))("$state allows $action, to a state it lists", ({ state, action }) => {
    const { deal } = ACTIONS[action](dealIn(state), everybody, NOW);
    expect(corresponds(deal.cra, deal.application.stage)).toBe(true);
    const after = deal.cra?.state ?? state;
    if (after !== state) expect(allowedStates(state)).toContain(after);
  });

  it.each(cases.filter(({ legal }) => !legal))("$state refuses $action and tells what is allowed", ({ state, action }) => {
    const deal = dealIn(state);
    const code = action === "hire" && deal.application.stage === "hired" ? "already_hired" : "invalid_transition";
    const told = refused(code, () => ACTIONS[action](deal, everybody, NOW));
    if (code === "already_hired") return;
    const { stage } = deal.application;
    expect([
      [state, allowedStates(state)],
      [stage, allowedStages(stage)],
    ]).toContainEqual([told.from, told.allowed]);
  });

  it.each(["submit", "withdraw", "triggerAiReview"] as const)("a draft allows %s", (action) => {
    expect(ACTIONS[action](draft(), everybody, NOW).deal.application.stage).not.toBe("draft");
    expect(
      corresponds(ACTIONS[action](accepted(), everybody, NOW).deal.cra, ACTIONS[action](accepted(), everybody, NOW).deal.application.stage),
    ).toBe(true);
  });

  it.each(ACTION_NAMES.filter((action) => !["submit", "withdraw", "triggerAiReview"].includes(action)))(
    "a draft refuses %s, with or without an accepted proposal",
    (action) => {
      refused("invalid_transition", () => ACTIONS[action](draft(), everybody, NOW));
      refused("invalid_transition", () => ACTIONS[action](accepted(), everybody, NOW));
    },
  );

  it.each(ACTION_NAMES)("a stranger is refused %s before anything else is said", (action) => {
    for (const state of CRA_STATES) refused("forbidden", () => ACTIONS[action](dealIn(state), as(), NOW));
  });

  it("only a hired deal is closed", () => {
    for (const state of CRA_STATES) {
      if (state === "hired") expect(closeDeal(dealIn(state), NOW).deal.cra?.state).toBe("closed");
      else refused("invalid_transition", () => closeDeal(dealIn(state), NOW));
    }
  });
});

describe("whatever happens", () => {
  const past = { reachedCompanyAt: NOW, gatesPassedAt: NOW };
  const start = fc.constantFrom<() => Deal>(
    () => dealIn("submitted_to_company", {}, past),
    () => dealIn("offer", {}, past),
    () => draft(),
    () => draft({ closer: false, client: false }),
    () => dealIn("proposed"),
    () => dealIn("proposed", {}, { proposalType: "collaboration" }),
  );
  /** Most steps go forward, taken by somebody who may, so that walks get far before they end. */
  const FORWARD = ["submit", "accept", "approve", "toScreen", "toInProcess", "toOffer", "hire", "provideInfo", "skip"] as const;
  const step = fc.record({
    action: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...FORWARD, "close" as const, "assessed" as const) },
      { weight: 1, arbitrary: fc.constantFrom(...ACTION_NAMES, "expire" as const, "warn" as const) },
    ),
    parties: fc.oneof(fc.constant([...PARTIES]), fc.subarray([...PARTIES], { minLength: 1 })),
    days: fc.integer({ min: 0, max: 5 }),
  });

  it("record and application correspond, and history only grows", () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 40 }), (begin, steps) => {
        let deal = begin();
        let now = NOW;
        for (const { action, parties, days } of steps) {
          now = new Date(now.getTime() + days * 86_400_000);
          const before: Deal = deal;
          const history: readonly GateHistoryEntry[] = before.cra?.gateHistory ?? [];
          const frozen = JSON.stringify(before);
          try {
            if (action === "expire") deal = expireDeal(deal, now)?.deal ?? deal;
            else if (action === "warn") deal = warnOfExpiry(deal, now)?.deal ?? deal;
            else if (action === "close") deal = closeDeal(deal, now).deal;
            else if (action === "assessed") deal = assessed(deal);
            else {
              const change = ACTIONS[action](deal, as(...parties), now);
              deal = change.deal;
              expect(change.override).toBe(change.actedAs === "platform_admin");
              const moved = before.application.stage !== deal.application.stage && before.application.submittedAt !== null;
              expect(change.events.some((event) => event.type === "application.stage_changed")).toBe(moved);
            }
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
          }
          expect(JSON.stringify(before)).toBe(frozen);
          holds(deal);
          expect((deal.cra?.gateHistory ?? []).slice(0, history.length)).toEqual(history);
          reached.add(deal.cra?.state ?? deal.application.stage);
        }
      }),
      { numRuns: 1000, seed: 20260301 },
    );
    expect([...reached]).toEqual(expect.arrayContaining([...CRA_STATES]));
  });

  /** The assessment comes from elsewhere. */
  const assessed = (deal: Deal): Deal =>
    deal.application.stage === "ai_review"
      ? { ...deal, application: { ...deal.application, stage: "ai_reviewed", stageChangedAt: later(0) } }
      : deal;

  function holds({ cra, application }: Deal): void {
    expect(corresponds(cra, application.stage), `${cra?.state} beside ${application.stage}`).toBe(true);
    if (!cra) return;
    expect(cra.closedAt !== null).toBe(!isLive(cra.state));
    expect(cra.hasCandidateRecruiter).toBe(cra.candidateRecruiterId !== null);
    expect(cra.hasCompanyRecruiter).toBe(cra.companyRecruiterId !== null);
    if (cra.state !== "proposed")
      expect([application.candidateRecruiterId, application.companyRecruiterId]).toEqual([
        cra.candidateRecruiterId,
        cra.companyRecruiterId,
      ]);
    if (openGate(cra) === "company" || cra.gatesPassedAt) expect(cra.reachedCompanyAt).not.toBeNull();
  }
});
