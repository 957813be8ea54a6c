import { describe, expect, it } from "vitest";
import { addresseeOf } from "#domain/deals/states.ts";
import { approveGate } from "#domain/deals/review.ts";
import { submitApplication } from "#domain/deals/submit.ts";
import {
  candidate,
  closer,
  CLOSER,
  company,
  cra,
  dealIn,
  draft,
  later,
  manager,
  NOW,
  refused,
  stranger,
  submission,
  types,
  client,
  admin,
  accepted,
} from "./deals.ts";

describe("a submission", () => {
  it.each([
    [false, false, ["company"], "awaiting_company", "submitted"],
    [false, true, ["company_recruiter", "company"], "awaiting_company_recruiter", "screen"],
    [true, false, ["candidate_recruiter", "company"], "awaiting_candidate_recruiter", "recruiter_review"],
    [true, true, ["candidate_recruiter", "company_recruiter", "company"], "awaiting_candidate_recruiter", "recruiter_review"],
  ] as const)(
    "scenario 20: with candidate recruiter %s and company recruiter %s passes %s",
    (hasCloser, hasClient, gates, state, stage) => {
      const sides = { closer: hasCloser, client: hasClient };
      const change = submitApplication(draft(sides), candidate, submission(sides), NOW);
      expect(change.deal).toMatchObject({
        cra: {
          state,
          gateSequence: gates,
          currentGate: gates[0],
          hasCandidateRecruiter: hasCloser,
          hasCompanyRecruiter: hasClient,
          gateHistory: [],
          reachedCompanyAt: gates.length === 1 ? NOW : null,
          gatesPassedAt: null,
        },
        application: { stage, submittedAt: NOW },
      });
      expect(types(change)).toEqual(["cra.created", "cra.gate.awaiting_review", "application.submitted"]);
      expect(change.events[1]?.payload).toMatchObject({ gate: gates[0], remaining_gates: gates });
    },
  );

  it("scenario 26: by the closer approves their own gate and starts at the next", () => {
    const change = submitApplication(draft(), closer, submission(), NOW);
    expect(cra(change.deal)).toMatchObject({
      state: "awaiting_company_recruiter",
      currentGate: "company_recruiter",
      gateHistory: [{ gate: "candidate_recruiter", action: "approved", reviewer_user_id: closer.userId, auto: true }],
    });
    expect(types(change)).toEqual(["cra.created", "cra.gate.awaiting_review", "application.submitted"]);
    expect(change.actedAs).toBe("candidate_recruiter");
  });

  it("by a closer who is also the company's recruiter settles both gates with two entries", () => {
    const routing = { candidateRecruiterId: CLOSER, companyRecruiterId: CLOSER };
    const after = cra(submitApplication(draft(), closer, submission({}, { routing }), NOW).deal);
    expect(after.currentGate).toBe("company");
    expect(after.gateHistory.map((entry) => [entry.gate, entry.auto])).toEqual([
      ["candidate_recruiter", true],
      ["company_recruiter", true],
    ]);
    expect(after.reachedCompanyAt).toEqual(NOW);
  });

  it("by the candidate lets one review settle both gates of one recruiter", () => {
    const routing = { candidateRecruiterId: CLOSER, companyRecruiterId: CLOSER };
    const sent = submitApplication(draft(), candidate, submission({}, { routing }), NOW).deal;
    const change = approveGate(sent, closer, { feedbackId: "f1", note: null }, later(1));
    expect(cra(change.deal)).toMatchObject({
      state: "awaiting_company",
      gateHistory: [{ gate: "candidate_recruiter" }, { gate: "company_recruiter" }],
    });
    expect(types(change)).toEqual(["cra.gate.approved", "cra.gate.approved", "cra.gate.awaiting_review", "application.stage_changed"]);
  });

  it("of an ai-reviewed draft works; of any other stage not", () => {
    expect(submitApplication(draft({}, "ai_reviewed"), candidate, submission(), NOW).deal.application.stage).toBe("recruiter_review");
    for (const stage of ["ai_review", "ai_failed", "withdrawn"] as const) {
      expect(refused("invalid_transition", () => submitApplication(draft({}, stage), candidate, submission(), NOW))).toMatchObject({
        from: stage,
        to: "submitted",
      });
    }
    refused("invalid_transition", () => submitApplication(dealIn("offer"), candidate, submission(), NOW));
  });

  it("is for the candidate's side; a platform admin overrides", () => {
    for (const actor of [client, company, manager, stranger])
      refused("forbidden", () => submitApplication(draft(), actor, submission(), NOW));
    expect(submitApplication(draft(), admin, submission(), NOW)).toMatchObject({ actedAs: "platform_admin", override: true });
    const silent = { ...admin, overrideReason: null };
    expect(refused("validation_failed", () => submitApplication(draft(), silent, submission(), NOW)).errors).toMatchObject([
      { pointer: "/reason", code: "required" },
    ]);
    // as the candidate they owe none
    const both = { ...silent, parties: new Set(["candidate", "platform_admin"] as const) };
    expect(submitApplication(draft(), both, submission(), NOW)).toMatchObject({ actedAs: "candidate", override: false });
  });

  it("scenario 25: needs an active job, and a pair without another live deal", () => {
    expect(refused("conflict", () => submitApplication(draft(), candidate, submission({}, { jobActive: false }), NOW))).toEqual({
      reason: "job_not_active",
    });
    refused("duplicate_active_deal", () => submitApplication(draft(), candidate, submission({}, { otherLiveDeal: true }), NOW));
  });

  it("scenario 59: of an accepted proposal opens the gates, and not before", () => {
    expect(refused("invalid_transition", () => approveGate(accepted(), closer, { feedbackId: "f", note: null }, NOW))).toMatchObject({
      from: "awaiting_candidate_recruiter",
    });

    const byCandidate = submitApplication(accepted(), candidate, submission(), later(1));
    expect(byCandidate.deal).toMatchObject({
      cra: { state: "awaiting_candidate_recruiter", currentGate: "candidate_recruiter" },
      application: { stage: "recruiter_review" },
    });
    expect(types(byCandidate)).toEqual(["cra.gate.awaiting_review", "application.submitted"]);

    const byCloser = submitApplication(accepted(), closer, submission(), later(1));
    expect(cra(byCloser.deal)).toMatchObject({
      currentGate: "company_recruiter",
      gateHistory: [{ gate: "candidate_recruiter", auto: true }],
    });
  });

  it("of an accepted proposal asks anew who represents the candidate, and keeps the company recruiter who proposed", () => {
    const proposed = {
      ...accepted(),
      cra: { ...cra(accepted()), companyRecruiterId: "recruiter-outreach", proposalType: "collaboration" as const },
    };
    const after = submitApplication(proposed, candidate, submission({ closer: false }), NOW).deal;
    expect(after).toMatchObject({
      cra: {
        candidateRecruiterId: null,
        hasCandidateRecruiter: false,
        companyRecruiterId: "recruiter-outreach",
        gateSequence: ["company_recruiter", "company"],
      },
      application: { candidateRecruiterId: null, companyRecruiterId: "recruiter-outreach", stage: "screen" },
    });
  });
});

describe("a gate's question goes", () => {
  it.each([
    ["candidate_recruiter", { closer: true, client: true }, "candidate"],
    ["company_recruiter", { closer: true, client: true }, "candidate_recruiter"],
    ["company_recruiter", { closer: false, client: true }, "candidate"],
    ["company", { closer: true, client: true }, "company_recruiter"],
    ["company", { closer: true, client: false }, "candidate_recruiter"],
    ["company", { closer: false, client: false }, "candidate"],
  ] as const)("from %s with %o to the %s", (gate, sides, addressee) => {
    expect(addresseeOf(gate, cra(dealIn("under_review", { ...sides, gate })))).toBe(addressee);
  });

  it("never to the one who asks", () => {
    expect(addresseeOf("company_recruiter", { ...cra(dealIn("awaiting_company_recruiter")), companyRecruiterId: CLOSER })).toBe(
      "candidate",
    );
  });
});
