import { describe, expect, it } from "vitest";
import { returnToDraft, triggerAiReview } from "#domain/deals/ai-review.ts";
import { approveGate, denyGate, provideInfo, requestInfo, skipGate, startReview } from "#domain/deals/review.ts";
import { submitApplication } from "#domain/deals/submit.ts";
import {
  admin,
  candidate,
  client,
  closer,
  company,
  cra,
  dealIn,
  later,
  manager,
  NOW,
  refused,
  stranger,
  submission,
  andThen,
  types,
} from "./deals.ts";

const approve = (note: string | null = null) => ({ feedbackId: "f", note });
const answer = (message = "Here it is.") => ({ feedbackId: "f2", message, inResponseToId: "f1", openRequestId: "f1" });

describe("the gates", () => {
  it("scenario 21: pass from the closer to the client to the company", () => {
    const first = approveGate(dealIn("awaiting_candidate_recruiter"), closer, approve(), later(1));
    const second = andThen(first, (deal) => approveGate(deal, client, approve("A strong one."), later(2)));
    const third = andThen(second, (deal) => approveGate(deal, company, approve(), later(3)));

    expect([first, second, third].map(({ deal }) => [deal.cra?.state, deal.application.stage])).toEqual([
      ["awaiting_company_recruiter", "screen"],
      ["awaiting_company", "submitted"],
      ["submitted_to_company", "company_review"],
    ]);
    expect(cra(third.deal)).toMatchObject({ currentGate: "none", reachedCompanyAt: later(2), gatesPassedAt: later(3) });
    expect(cra(third.deal).gateHistory.map((entry) => [entry.gate, entry.action, entry.notes])).toEqual([
      ["candidate_recruiter", "approved", undefined],
      ["company_recruiter", "approved", "A strong one."],
      ["company", "approved", undefined],
    ]);
    expect(second.feedback).toMatchObject([{ feedbackType: "approval_note", gateName: "company_recruiter", visibility: "gate" }]);
    expect(types(first)).toEqual(["cra.gate.approved", "cra.gate.awaiting_review", "application.stage_changed"]);
    expect(types(third)).toEqual(["cra.gate.approved", "cra.all_gates_passed", "application.stage_changed"]);
    expect(third.events[1]?.payload).toMatchObject({ old_state: "awaiting_company", new_state: "submitted_to_company" });
  });

  it("scenario 22: are only for the reviewer of the current one; a platform admin overrides", () => {
    const deal = dealIn("awaiting_candidate_recruiter");
    for (const actor of [client, company, manager, candidate, stranger])
      refused("forbidden", () => approveGate(deal, actor, approve(), NOW));
    expect(approveGate(deal, admin, approve(), NOW)).toMatchObject({ actedAs: "platform_admin", override: true });
    expect(approveGate(dealIn("awaiting_company"), manager, approve(), NOW)).toMatchObject({ actedAs: "hiring_manager", override: false });
    for (const actor of [closer, client, candidate])
      refused("forbidden", () => denyGate(dealIn("awaiting_company"), actor, { feedbackId: "f", reason: "no" }, NOW));
  });

  it("scenario 23: deny with a reason only", () => {
    const deal = dealIn("under_review", { gate: "company_recruiter" });
    for (const reason of [null, "", "  "]) {
      expect(refused("validation_failed", () => denyGate(deal, client, { feedbackId: "f", reason }, NOW)).errors).toMatchObject([
        { pointer: "/reason", code: "required" },
      ]);
    }
    const change = denyGate(deal, client, { feedbackId: "f", reason: "Too junior" }, later(1));
    expect(change.deal).toMatchObject({
      cra: { state: "rejected", currentGate: "none", closedAt: later(1), gateHistory: [{ action: "denied", notes: "Too junior" }] },
      application: { stage: "rejected", closedAt: later(1), declineDetails: "Too junior" },
    });
    expect(change.feedback).toMatchObject([{ feedbackType: "denial_reason", messageText: "Too junior", visibility: "shared" }]);
    expect(types(change)).toEqual(["cra.gate.denied", "application.stage_changed"]);
  });

  it("scenario 24: wait for the answer of the one who was asked", () => {
    const asked = requestInfo(dealIn("awaiting_company_recruiter"), client, { feedbackId: "f1", message: "Notice period?" }, later(1));
    expect(asked.deal).toMatchObject({
      cra: { state: "info_requested", currentGate: "company_recruiter" },
      application: { stage: "screen" },
    });
    expect(asked.feedback).toMatchObject([{ id: "f1", feedbackType: "info_request", addresseeType: "candidate_recruiter" }]);
    expect(types(asked)).toEqual(["cra.gate.info_requested"]);

    for (const actor of [candidate, client, company, admin]) refused("forbidden", () => provideInfo(asked.deal, actor, answer(), later(2)));
    refused("validation_failed", () => provideInfo(asked.deal, closer, answer(""), later(2)));
    refused("validation_failed", () => provideInfo(asked.deal, closer, { ...answer(), inResponseToId: "other" }, later(2)));

    const given = provideInfo(asked.deal, closer, answer(), later(2));
    expect(given.deal).toMatchObject({
      cra: { state: "awaiting_company_recruiter", currentGate: "company_recruiter" },
      application: { stage: "screen" },
    });
    expect(cra(given.deal).gateHistory.map((entry) => entry.action)).toEqual(["info_requested", "info_provided"]);
    expect(given.feedback).toMatchObject([
      { id: "f2", feedbackType: "info_response", inResponseToId: "f1", createdByType: "candidate_recruiter" },
    ]);
    expect(types(given)).toEqual(["cra.gate.info_provided"]);
  });

  it("ask the candidate in recruiter_request, and come back to where they asked", () => {
    const asked = requestInfo(
      dealIn("under_review", { gate: "candidate_recruiter" }),
      closer,
      { feedbackId: "f1", message: "Salary?" },
      NOW,
    );
    expect(asked.deal.application.stage).toBe("recruiter_request");
    expect(types(asked)).toEqual(["cra.gate.info_requested", "application.stage_changed"]);
    const given = provideInfo(asked.deal, candidate, answer(), NOW);
    expect(given.deal).toMatchObject({ cra: { state: "awaiting_candidate_recruiter" }, application: { stage: "recruiter_review" } });
    expect(types(given)).toEqual(["cra.gate.info_provided", "application.stage_changed"]);
  });

  it("take a reworked and resubmitted application as the answer", () => {
    const asked = requestInfo(dealIn("awaiting_candidate_recruiter"), closer, { feedbackId: "f1", message: "More detail" }, NOW);
    refused("forbidden", () => returnToDraft(asked.deal, closer, NOW));
    const reworking = returnToDraft(asked.deal, candidate, NOW);
    expect(types(reworking)).toEqual(["application.returned_to_draft", "application.stage_changed"]);
    expect(reworking.deal.cra?.state).toBe("info_requested");
    refused("invalid_transition", () => provideInfo(reworking.deal, candidate, answer(), NOW));

    const question = { requestId: "f1", feedbackId: "f2" };
    refused("forbidden", () => submitApplication(reworking.deal, closer, submission({}, { question }), NOW));
    const again = submitApplication(reworking.deal, candidate, submission({}, { question, jobActive: false }), later(1));
    expect(again.deal).toMatchObject({
      cra: { state: "awaiting_candidate_recruiter", currentGate: "candidate_recruiter" },
      application: { stage: "recruiter_review", submittedAt: NOW },
    });
    expect(again.feedback).toMatchObject([{ feedbackType: "info_response", inResponseToId: "f1" }]);
    expect(types(again)).toEqual(["cra.gate.info_provided", "application.stage_changed"]);
  });

  it("let an assessment be asked for while reworking", () => {
    const asked = requestInfo(dealIn("awaiting_candidate_recruiter"), closer, { feedbackId: "f1", message: "More" }, NOW);
    const change = triggerAiReview(asked.deal, candidate, NOW);
    expect(change.deal.application.stage).toBe("ai_review");
    expect(types(change)).toEqual(["application.ai_review.triggered", "application.stage_changed"]);
  });

  it("can be claimed by their reviewer, which changes no stage", () => {
    const change = startReview(dealIn("awaiting_company"), manager, later(1));
    expect(change.deal).toMatchObject({ cra: { state: "under_review", currentGate: "company" }, application: { stage: "submitted" } });
    expect(types(change)).toEqual(["cra.gate.review_started"]);
    refused("forbidden", () => startReview(dealIn("awaiting_company"), client, NOW));
    refused("invalid_transition", () => startReview(change.deal, manager, NOW));
  });

  it("are skipped by an admin when their recruiter is gone, with a reason", () => {
    const gone = { reason: "suspended", recruiterGone: true };
    const atClient = dealIn("info_requested", { gate: "company_recruiter" });
    refused("forbidden", () => skipGate(dealIn("awaiting_candidate_recruiter"), company, gone, NOW));
    refused("forbidden", () => skipGate(atClient, client, gone, NOW));
    refused("validation_failed", () => skipGate(atClient, company, { ...gone, reason: " " }, NOW));
    refused("conflict", () => skipGate(atClient, company, { ...gone, recruiterGone: false }, NOW));

    const skipped = skipGate(atClient, company, gone, later(1));
    expect(skipped).toMatchObject({ actedAs: "company_admin", override: false });
    expect(skipped.deal).toMatchObject({
      cra: { state: "awaiting_company", reachedCompanyAt: later(1), gateHistory: [{ action: "skipped", notes: "suspended" }] },
      application: { stage: "submitted" },
    });
    expect(types(skipped)).toEqual(["cra.gate.skipped", "cra.gate.awaiting_review", "application.stage_changed"]);

    const past = skipGate(dealIn("awaiting_company"), admin, gone, NOW);
    expect(past.deal.cra?.state).toBe("submitted_to_company");
    expect(types(past)).toEqual(["cra.gate.skipped", "cra.all_gates_passed", "application.stage_changed"]);
  });

  it("refuse the person before the form, and the form before the state", () => {
    const over = dealIn("rejected");
    refused("forbidden", () => denyGate(over, candidate, { feedbackId: "f", reason: null }, NOW));
    refused("validation_failed", () => denyGate(over, closer, { feedbackId: "f", reason: null }, NOW));
    refused("invalid_transition", () => denyGate(over, closer, { feedbackId: "f", reason: "no" }, NOW));
  });
});
