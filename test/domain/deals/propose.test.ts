import { describe, expect, it } from "vitest";
import { acceptProposal, declineProposal, propose, type Proposal, type Proposer } from "#domain/deals/propose.ts";
import { candidate, client, CLIENT, closer, CLOSER, company, cra, dealIn, later, NOW, refused, stranger, types } from "./deals.ts";

const proposer = (more: Partial<Proposer> = {}): Proposer => ({
  userId: "user-proposer",
  recruiterId: CLOSER,
  recruiterActive: true,
  isCompanyRecruiter: false,
  isJobOwner: false,
  ...more,
});

const proposal = (more: Partial<Proposal> = {}): Proposal => ({
  type: "opportunity",
  craId: "cra-1",
  applicationId: "application-1",
  jobId: "job-1",
  companyId: "company-1",
  jobActive: true,
  candidateId: "candidate-1",
  candidateRecruiterId: CLOSER,
  candidateHidden: false,
  otherLiveDeal: false,
  notes: "You would like this one.",
  ...more,
});

const asClient = proposer({ recruiterId: CLIENT, isCompanyRecruiter: true });
const routing = { candidateRecruiterId: CLOSER, companyRecruiterId: null };

describe("a proposal", () => {
  it.each([
    ["opportunity", proposer(), proposal(), CLOSER, null],
    ["company_outreach", asClient, proposal({ candidateRecruiterId: null }), null, CLIENT],
    ["collaboration", asClient, proposal(), CLOSER, CLIENT],
    ["collaboration", proposer({ recruiterId: "owner", isJobOwner: true }), proposal(), CLOSER, null],
  ] as const)("as %s names the two recruiters", (type, by, what, candidateRecruiterId, companyRecruiterId) => {
    const change = propose(by, { ...what, type }, NOW);
    expect(change.deal).toMatchObject({
      cra: { state: "proposed", proposalType: type, candidateRecruiterId, companyRecruiterId, responseDueAt: later(3), currentGate: null },
      application: { stage: "recruiter_proposed", candidateRecruiterId, companyRecruiterId, submittedAt: null },
    });
    expect(types(change)).toEqual(["cra.proposed", "application.recruiter_proposed"]);
  });

  it("scenario 28: needs the candidate's consent or the company's side", () => {
    for (const candidateRecruiterId of [null, "another"])
      refused("consent_required", () => propose(proposer(), proposal({ candidateRecruiterId }), NOW));
    refused("consent_required", () => propose(proposer(), proposal({ type: "company_outreach", candidateRecruiterId: null }), NOW));
    refused("consent_required", () =>
      propose(
        proposer({ recruiterId: "owner", isJobOwner: true }),
        proposal({ type: "company_outreach", candidateRecruiterId: null }),
        NOW,
      ),
    );
    refused("consent_required", () => propose(asClient, proposal({ type: "company_outreach" }), NOW));
    refused("consent_required", () =>
      propose(asClient, proposal({ type: "company_outreach", candidateRecruiterId: null, candidateHidden: true }), NOW),
    );
  });

  it("for a collaboration needs another recruiter on the candidate's side", () => {
    for (const candidateRecruiterId of [null, CLIENT])
      refused("validation_failed", () => propose(asClient, proposal({ type: "collaboration", candidateRecruiterId }), NOW));
  });

  it("needs an active recruiter, an active job and a free pair", () => {
    refused("recruiter_not_active", () => propose(proposer({ recruiterActive: false }), proposal(), NOW));
    refused("conflict", () => propose(proposer(), proposal({ jobActive: false }), NOW));
    refused("duplicate_active_deal", () => propose(proposer(), proposal({ otherLiveDeal: true }), NOW));
  });

  it("is accepted by its addressee and becomes a draft without an open gate", () => {
    const change = acceptProposal(dealIn("proposed"), candidate, { routing, notes: "Gladly" }, later(1));
    expect(change.deal).toMatchObject({
      cra: { state: "awaiting_candidate_recruiter", currentGate: null, acceptedAt: later(1), responseNotes: "Gladly" },
      application: { stage: "draft" },
    });
    expect(types(change)).toEqual(["cra.accepted", "application.proposal_accepted"]);
    expect(change.reputation).toBe("accepted");
    for (const actor of [closer, client, company, stranger])
      refused("forbidden", () => acceptProposal(dealIn("proposed"), actor, { routing, notes: null }, NOW));
  });

  it("as a collaboration is answered by the candidate's recruiter", () => {
    const deal = dealIn("proposed", {}, { proposalType: "collaboration" });
    expect(acceptProposal(deal, closer, { routing, notes: null }, NOW).actedAs).toBe("candidate_recruiter");
    refused("forbidden", () => declineProposal(deal, candidate, { reason: null, notes: null }, NOW));
  });

  it("is declined, which ends the deal", () => {
    const change = declineProposal(dealIn("proposed"), candidate, { reason: "location", notes: "Too far" }, later(1));
    expect(change.deal).toMatchObject({
      cra: { state: "declined", declinedAt: later(1), closedAt: later(1), responseNotes: "Too far" },
      application: { stage: "rejected", declineReason: "location", declineDetails: "Too far" },
    });
    expect(types(change)).toEqual(["cra.declined", "application.proposal_declined"]);
    expect(change.reputation).toBe("declined");
  });

  it("cannot be answered twice or after its window", () => {
    refused("invalid_transition", () => acceptProposal(dealIn("awaiting_company"), candidate, { routing, notes: null }, NOW));
    const due = cra(dealIn("proposed")).responseDueAt ?? NOW;
    expect(refused("invalid_transition", () => acceptProposal(dealIn("proposed"), candidate, { routing, notes: null }, due)).from).toBe(
      "timed_out",
    );
    expect(acceptProposal(dealIn("proposed"), candidate, { routing, notes: null }, new Date(due.getTime() - 1)).reputation).toBe(
      "accepted",
    );
  });
});
