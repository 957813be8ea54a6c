import { describe, expect, it } from "vitest";
import type { Actor } from "#domain/deals/deal.ts";
import { requestStage, type RequestableStage } from "#domain/deals/request-stage.ts";
import type { CraState } from "#domain/deals/states.ts";
import { admin, client, closer, company, dealIn, draft, manager, NOW, stranger } from "./deals.ts";

/** The state it comes to, or the refusal. */
function asked(state: CraState, actor: Actor, stage: RequestableStage, reason: string | null = "a reason"): string {
  try {
    const { deal } = requestStage(dealIn(state), actor, { stage, reason, feedbackId: "f" }, NOW);
    return deal.cra?.state ?? "";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("a stage that is asked for", () => {
  it.each<[CraState, Actor, RequestableStage, string]>([
    // whoever reviews passes their gate with it
    ["awaiting_candidate_recruiter", closer, "screen", "awaiting_company_recruiter"],
    ["awaiting_company_recruiter", client, "screen", "awaiting_company"],
    ["awaiting_company", company, "screen", "screen"],
    ["awaiting_company", manager, "interview", "in_process"],
    ["awaiting_company", admin, "interview", "in_process"],
    // and no gate of others
    ["awaiting_company", client, "screen", "forbidden"],
    ["awaiting_company_recruiter", company, "screen", "forbidden"],
    ["awaiting_candidate_recruiter", closer, "interview", "forbidden"],
    // behind the gates, one step at a time
    ["submitted_to_company", company, "screen", "screen"],
    ["submitted_to_company", client, "interview", "in_process"],
    ["screen", company, "interview", "in_process"],
    ["screen", company, "screen", "invalid_transition"],
    ["offer", company, "interview", "invalid_transition"],
    ["screen", closer, "interview", "forbidden"],
    ["screen", stranger, "interview", "forbidden"],
    // a rejection ends it wherever it stands
    ["awaiting_candidate_recruiter", closer, "rejected", "rejected"],
    ["awaiting_company", company, "rejected", "rejected"],
    ["in_process", company, "rejected", "rejected"],
    ["offer", client, "rejected", "forbidden"],
    ["rejected", company, "rejected", "invalid_transition"],
  ])("of a deal in %s", (state, actor, stage, due) => {
    expect(asked(state, actor, stage)).toBe(due);
  });

  it("rejects nobody without a reason", () => {
    for (const state of ["awaiting_company", "in_process"] as const)
      expect(asked(state, company, "rejected", null)).toBe("validation_failed");
  });

  it("is not reached from a draft", () => {
    const from = () => requestStage(draft(), company, { stage: "screen", reason: null, feedbackId: "f" }, NOW);
    expect(from).toThrow(expect.objectContaining({ code: "invalid_transition" }));
  });

  it("is told as every step on the way", () => {
    const { events, feedback, deal } = requestStage(
      dealIn("awaiting_company"),
      company,
      { stage: "screen", reason: "Good", feedbackId: "f" },
      NOW,
    );
    expect(events.map(({ type }) => type)).toEqual([
      "cra.gate.approved",
      "cra.all_gates_passed",
      "application.stage_changed",
      "cra.stage_changed",
      "application.stage_changed",
    ]);
    expect(feedback.map(({ feedbackType, messageText }) => [feedbackType, messageText])).toEqual([["approval_note", "Good"]]);
    expect(deal.application.stage).toBe("company_feedback");
  });
});
