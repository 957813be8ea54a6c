import { describe, expect, it } from "vitest";
import { advanceDeal, type AdvanceTarget } from "#domain/deals/advance.ts";
import { returnToDraft, triggerAiReview } from "#domain/deals/ai-review.ts";
import { closeDeal } from "#domain/deals/close.ts";
import { startDraft } from "#domain/deals/draft.ts";
import { hireDeal } from "#domain/deals/hire.ts";
import { acceptOffer, declineOffer } from "#domain/deals/offer.ts";
import { isLive } from "#domain/deals/states.ts";
import { submitApplication } from "#domain/deals/submit.ts";
import { withdrawDeal } from "#domain/deals/withdraw.ts";
import {
  accepted,
  admin,
  candidate,
  client,
  closer,
  company,
  dealIn,
  draft,
  later,
  manager,
  NOW,
  refused,
  stranger,
  submission,
  types,
} from "./deals.ts";

const to = (target: AdvanceTarget, reason: string | null = "a reason") => ({ to: target, reason });

describe("after the gates", () => {
  it.each([
    ["submitted_to_company", "screen", "company_feedback"],
    ["submitted_to_company", "in_process", "interview"],
    ["screen", "in_process", "interview"],
    ["in_process", "offer", "offer"],
  ] as const)("%s becomes %s, and the application %s", (from, target, stage) => {
    const change = advanceDeal(dealIn(from), manager, to(target), later(1));
    expect(change.deal).toMatchObject({ cra: { state: target, stateChangedAt: later(1) }, application: { stage } });
    expect(types(change)).toEqual(["cra.stage_changed", "application.stage_changed"]);
  });

  it.each(["submitted_to_company", "screen", "in_process", "offer"] as const)("the company rejects in %s, with a reason", (from) => {
    refused("validation_failed", () => advanceDeal(dealIn(from), company, to("rejected", ""), NOW));
    const change = advanceDeal(dealIn(from), company, to("rejected"), NOW);
    expect(change.deal).toMatchObject({
      cra: { state: "rejected", closedAt: NOW },
      application: { stage: "rejected", declineDetails: "a reason" },
    });
    expect(types(change)).toEqual(["cra.rejected", "application.stage_changed"]);
  });

  it("scenario 31: an illegal jump to hired tells what is allowed", () => {
    expect(refused("invalid_transition", () => advanceDeal(dealIn("submitted_to_company"), company, to("hired"), NOW))).toEqual({
      from: "submitted_to_company",
      to: "hired",
      allowed: ["screen", "in_process", "rejected", "withdrawn"],
    });
    refused("invalid_transition", () => advanceDeal(dealIn("offer"), company, to("hired"), NOW));
  });

  it("an offer becomes a hire only through the hire action, and the refusal says so", () => {
    expect(() => advanceDeal(dealIn("offer"), company, to("hired"), NOW)).toThrow("only through the hire action");
    expect(refused("invalid_transition", () => advanceDeal(dealIn("offer"), company, to("hired"), NOW))).toMatchObject({
      from: "offer",
      to: "hired",
      allowed: ["hired", "rejected", "declined", "withdrawn"],
    });
  });

  it("scenario 29: a recruiter neither hires nor offers nor rejects an offer; the company does", () => {
    for (const actor of [client, closer]) {
      refused("forbidden", () => hireDeal(dealIn("offer"), actor, NOW));
      refused("forbidden", () => advanceDeal(dealIn("offer"), actor, to("hired"), NOW));
      refused("forbidden", () => advanceDeal(dealIn("offer"), actor, to("rejected"), NOW));
      refused("forbidden", () => advanceDeal(dealIn("in_process"), actor, to("offer"), NOW));
    }
    expect(hireDeal(dealIn("offer"), company, NOW).deal.cra?.state).toBe("hired");
    expect(advanceDeal(dealIn("offer"), company, to("rejected"), NOW).deal.cra?.state).toBe("rejected");
  });

  it("the company's recruiter moves a deal only with the permission, and no other recruiter ever", () => {
    expect(advanceDeal(dealIn("screen"), client, to("in_process"), NOW).actedAs).toBe("company_recruiter");
    expect(advanceDeal(dealIn("screen"), client, to("rejected"), NOW).deal.cra?.state).toBe("rejected");
    refused("forbidden", () => advanceDeal(dealIn("screen"), { ...client, mayAdvance: false }, to("in_process"), NOW));
    for (const actor of [closer, candidate, stranger])
      refused("forbidden", () => advanceDeal(dealIn("screen"), actor, to("in_process"), NOW));
  });
});

describe("an offer", () => {
  it("is accepted by the candidate's side, once, and stays an offer", () => {
    const change = acceptOffer(dealIn("offer"), candidate);
    expect(change.deal).toMatchObject({ cra: { state: "offer" }, application: { stage: "offer", acceptedByCandidate: true } });
    expect(types(change)).toEqual(["application.offer_accepted"]);
    refused("conflict", () => acceptOffer(change.deal, candidate));
    refused("forbidden", () => acceptOffer(dealIn("offer"), company));
    expect(acceptOffer(dealIn("offer"), closer).actedAs).toBe("candidate_recruiter");
  });

  it("is declined by the candidate's side, which ends the deal", () => {
    const change = declineOffer(dealIn("offer"), candidate, { reason: "salary", details: null }, later(1));
    expect(change.deal).toMatchObject({
      cra: { state: "declined", declinedAt: later(1), closedAt: later(1) },
      application: { stage: "rejected", declineReason: "salary" },
    });
    expect(types(change)).toEqual(["cra.declined", "application.stage_changed"]);
    expect(change.reputation).toBeUndefined();
    refused("forbidden", () => declineOffer(dealIn("offer"), client, { reason: null, details: null }, NOW));
  });
});

describe("a hire", () => {
  it("is the company admin's; a hiring manager's only where the company lets them", () => {
    const change = hireDeal(dealIn("offer"), company, later(1));
    expect(change.deal).toMatchObject({ cra: { state: "hired", closedAt: null }, application: { stage: "hired", hiredAt: later(1) } });
    expect(types(change)).toEqual(["cra.hired", "application.stage_changed"]);
    expect(hireDeal(dealIn("offer"), manager, NOW).actedAs).toBe("hiring_manager");
    refused("forbidden", () => hireDeal(dealIn("offer"), { ...manager, mayHire: false }, NOW));
    expect(hireDeal(dealIn("offer"), admin, NOW).override).toBe(true);
  });

  it("happens once", () => {
    refused("already_hired", () => hireDeal(dealIn("hired"), company, NOW));
    refused("already_hired", () => hireDeal(dealIn("closed"), company, NOW));
  });

  it("scenario 64: keeps the pair until the placement is over", () => {
    expect(isLive("hired")).toBe(true);
    const change = closeDeal(dealIn("hired"), later(90));
    expect(change.deal).toMatchObject({
      cra: { state: "closed", closedAt: later(90) },
      application: { stage: "hired", closedAt: later(90) },
    });
    expect(types(change)).toEqual(["cra.closed"]);
    expect(change.actedAs).toBe("system");
    expect(isLive("closed")).toBe(false);
    expect(submitApplication(draft(), candidate, submission({}, { craId: "cra-2" }), later(91)).deal.cra?.id).toBe("cra-2");
  });
});

describe("a withdrawal", () => {
  it("is possible at any time before the hire, and keeps the gate", () => {
    const change = withdrawDeal(
      dealIn("under_review", { gate: "company" }, { reachedCompanyAt: NOW }),
      candidate,
      { note: null },
      later(1),
    );
    expect(change.deal).toMatchObject({
      cra: { state: "withdrawn", currentGate: "company", closedAt: later(1) },
      application: { stage: "withdrawn" },
    });
    expect(types(change)).toEqual(["cra.withdrawn", "application.withdrawn", "application.stage_changed"]);
    expect(change.events[0]?.payload).toMatchObject({ reached_company: true });
    for (const state of ["hired", "closed", "rejected", "withdrawn"] as const) {
      expect(refused("invalid_transition", () => withdrawDeal(dealIn(state), candidate, { note: null }, NOW))).toMatchObject({
        to: "withdrawn",
      });
    }
  });

  it("of a draft tells only that", () => {
    expect(types(withdrawDeal(draft(), candidate, { note: null }, NOW))).toEqual(["application.withdrawn"]);
    expect(types(withdrawDeal(accepted(), candidate, { note: null }, NOW))).toEqual(["cra.withdrawn", "application.withdrawn"]);
    refused("invalid_transition", () => withdrawDeal(draft({}, "withdrawn"), candidate, { note: null }, NOW));
  });

  it("by the recruiter needs a note; nobody else may", () => {
    refused("validation_failed", () => withdrawDeal(dealIn("screen"), closer, { note: null }, NOW));
    expect(withdrawDeal(dealIn("screen"), closer, { note: "Took another job" }, NOW).deal.application.declineDetails).toBe(
      "Took another job",
    );
    for (const actor of [client, company, manager, stranger])
      refused("forbidden", () => withdrawDeal(dealIn("screen"), actor, { note: "x" }, NOW));
  });
});

describe("an application before its submission", () => {
  it("is begun by the candidate's side", () => {
    const { application } = draft();
    const change = startDraft(closer, application, NOW);
    expect(change.deal).toMatchObject({ cra: null, application: { stage: "draft" } });
    expect(types(change)).toEqual(["application.created"]);
    refused("forbidden", () => startDraft(company, application, NOW));
  });

  it("is assessed and edited, which only the specific event tells", () => {
    expect(types(triggerAiReview(draft(), closer, NOW))).toEqual(["application.ai_review.triggered"]);
    expect(types(triggerAiReview(draft({}, "ai_failed"), candidate, NOW))).toEqual(["application.ai_review.triggered"]);
    expect(types(returnToDraft(draft({}, "ai_reviewed"), candidate, NOW))).toEqual(["application.returned_to_draft"]);
    expect(types(returnToDraft(draft({}, "ai_failed"), closer, NOW))).toEqual(["application.returned_to_draft"]);
    expect(refused("invalid_transition", () => triggerAiReview(draft({}, "ai_reviewed"), candidate, NOW))).toMatchObject({
      from: "ai_reviewed",
      to: "ai_review",
    });
    refused("invalid_transition", () => returnToDraft(draft(), candidate, NOW));
    refused("invalid_transition", () => returnToDraft(dealIn("screen"), candidate, NOW));
    refused("forbidden", () => triggerAiReview(draft(), company, NOW));
  });
});
