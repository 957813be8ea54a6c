import { describe, expect, it } from "vitest";
import {
  allowedStages,
  allowedStates,
  APPLICATION_STAGES,
  corresponds,
  CRA_STATES,
  isLive,
  stageOf,
  type ApplicationStage,
} from "#domain/deals/states.ts";
import { accepted, cra, dealIn } from "./deals.ts";

const WRITING: readonly ApplicationStage[] = ["draft", "ai_review", "ai_reviewed", "ai_failed"];
const beside = (deal: Parameters<typeof corresponds>[0]) => APPLICATION_STAGES.filter((stage) => corresponds(deal, stage));

describe("states and stages", () => {
  it.each([
    ["proposed", ["recruiter_proposed"]],
    ["awaiting_candidate_recruiter", ["recruiter_review"]],
    ["awaiting_company_recruiter", ["screen"]],
    ["awaiting_company", ["submitted"]],
    ["submitted_to_company", ["company_review"]],
    ["screen", ["company_feedback"]],
    ["in_process", ["interview"]],
    ["offer", ["offer"]],
    ["hired", ["hired"]],
    ["closed", ["hired"]],
    ["rejected", ["rejected"]],
    ["declined", ["rejected"]],
    ["withdrawn", ["withdrawn"]],
    ["timed_out", ["expired"]],
  ] as const)("%s stands beside %s", (state, stages) => {
    expect(beside(cra(dealIn(state)))).toEqual(stages);
  });

  it.each([
    ["candidate_recruiter", "recruiter_review"],
    ["company_recruiter", "screen"],
    ["company", "submitted"],
  ] as const)("a review at the gate %s shows %s", (gate, stage) => {
    expect(stageOf(cra(dealIn("under_review", { gate })))).toBe(stage);
  });

  it("asks the candidate in recruiter_request, where they may rework, and others without a change", () => {
    expect(beside(cra(dealIn("info_requested", { gate: "candidate_recruiter" })))).toEqual([...WRITING, "recruiter_request"]);
    expect(beside(cra(dealIn("info_requested", { gate: "company_recruiter" })))).toEqual(["screen"]);
    expect(beside(cra(dealIn("info_requested", { gate: "company" })))).toEqual(["submitted"]);
    expect(stageOf(cra(dealIn("info_requested", { gate: "company", closer: false, client: false })))).toBe("recruiter_request");
  });

  it("is written before it is submitted, with and without an accepted proposal", () => {
    expect(beside(null)).toEqual([...WRITING, "withdrawn"]);
    expect(beside(cra(accepted()))).toEqual(WRITING);
  });

  it("frees the pair in exactly five states", () => {
    expect(CRA_STATES.filter((state) => !isLive(state))).toEqual(["rejected", "declined", "withdrawn", "timed_out", "closed"]);
  });

  it("lists only states and stages there are, each once, and never the one it starts from", () => {
    for (const state of CRA_STATES) {
      expect(new Set(allowedStates(state)).size).toBe(allowedStates(state).length);
      expect(allowedStates(state)).not.toContain(state);
    }
    for (const stage of APPLICATION_STAGES) expect(allowedStages(stage)).not.toContain(stage);
  });
});
