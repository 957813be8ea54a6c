import { proposalAccepted, proposalDeclined, recruiterProposed } from "../events/application.ts";
import { craAccepted, craDeclined, craProposed } from "../events/cra.ts";
import { invalidField, invalidTransition, Refusal } from "../refusals.ts";
import { actingAs, optional } from "./acting.ts";
import { duplicateActiveDeal, followed, jobNotActive, standing } from "./change.ts";
import type { Actor, Cra, Deal, DealChange, Party, ProposalType } from "./deal.ts";
import { gatesFor, type Routing } from "./gates.ts";
import { craIn, newApplication, newCra } from "./records.ts";
import { AWAITING, type CraState } from "./states.ts";

/** An addressee has this long to answer. */
export const PROPOSAL_WINDOW_HOURS = 72;

export const DECLINE_REASONS = ["not_interested_in_role", "not_interested_in_company", "location", "salary", "other"] as const;

export type DeclineReason = (typeof DECLINE_REASONS)[number];

/** A recruiter and what they are to the job. */
export interface Proposer {
  userId: string;
  recruiterId: string;
  recruiterActive: boolean;
  /** `jobs.company_recruiter_id`, or an active `recruiter_companies` row with `can_submit_candidates`. */
  isCompanyRecruiter: boolean;
  isJobOwner: boolean;
}

export interface Proposal {
  type: ProposalType;
  craId: string;
  applicationId: string;
  jobId: string;
  companyId: string;
  jobActive: boolean;
  candidateId: string;
  /** The recruiter of the candidate's active, consented relationship. */
  candidateRecruiterId: string | null;
  /** The candidate's `marketplace_visibility` is `hidden`. */
  candidateHidden: boolean;
  /** Whether the pair has a live deal already. */
  otherLiveDeal: boolean;
  notes: string | null;
}

/** Who answers a proposal. */
export const answererOf = (type: ProposalType | null): Party => (type === "collaboration" ? "candidate_recruiter" : "candidate");

const noConsent = (detail: string): Refusal => new Refusal("consent_required", detail);

/** Holds the proposer against D-97. Refuses a recruiter without standing, and a type that does not fit the candidate. */
function mayPropose(proposer: Proposer, proposal: Proposal): void {
  const { candidateRecruiterId } = proposal;
  if (!proposer.recruiterActive) {
    throw new Refusal("recruiter_not_active", "Only an active recruiter may propose.");
  }
  if (proposal.type === "opportunity") {
    if (candidateRecruiterId !== proposer.recruiterId) throw noConsent("The candidate has not consented to be represented by you.");
    return;
  }
  const standing = proposer.isCompanyRecruiter || (proposal.type === "collaboration" && proposer.isJobOwner);
  if (!standing) throw noConsent("You do not represent this job's company.");
  if (proposal.type === "company_outreach") {
    if (candidateRecruiterId) throw noConsent("The candidate is represented by a recruiter.");
    if (proposal.candidateHidden) throw noConsent("The candidate does not want to be approached.");
    return;
  }
  if (!candidateRecruiterId || candidateRecruiterId === proposer.recruiterId) {
    throw invalidField("proposal_type", "no_other_recruiter", "A collaboration needs a candidate whom another recruiter represents.");
  }
}

/** A recruiter proposes a job to a candidate, or a deal to the candidate's recruiter (DOMAIN §2.7). */
export function propose(proposer: Proposer, proposal: Proposal, now: Date): DealChange {
  mayPropose(proposer, proposal);
  if (!proposal.jobActive) throw jobNotActive();
  if (proposal.otherLiveDeal) throw duplicateActiveDeal();

  const { type, candidateRecruiterId } = proposal;
  const responseDueAt = new Date(now.getTime() + PROPOSAL_WINDOW_HOURS * 3_600_000);
  const companyRecruiterId = type !== "opportunity" && proposer.isCompanyRecruiter ? proposer.recruiterId : null;
  const pair = {
    jobId: proposal.jobId,
    companyId: proposal.companyId,
    candidateId: proposal.candidateId,
    candidateRecruiterId,
    companyRecruiterId,
  };
  const application = newApplication({ ...pair, id: proposal.applicationId, stage: "recruiter_proposed" }, now);
  const cra: Cra = {
    ...newCra({ ...pair, id: proposal.craId, applicationId: application.id, proposedBy: proposer.userId, state: "proposed" }, now),
    proposalType: type,
    proposedAt: now,
    responseDueAt,
    proposalNotes: optional(proposal.notes),
  };
  return {
    deal: { cra, application },
    feedback: [],
    events: [craProposed(cra, responseDueAt), recruiterProposed(application)],
    actedAs: type === "opportunity" ? "candidate_recruiter" : "company_recruiter",
    override: false,
  };
}

const answering = (deal: Deal, actor: Actor) => actingAs(actor, [answererOf(deal.cra?.proposalType ?? null)], "answer this proposal");

/** The proposal if it still waits for its answer. An overdue one counts as timed out. */
function waiting(deal: Deal, to: CraState, now: Date): Cra {
  const cra = standing(deal, ["proposed"], to);
  if (cra.responseDueAt && cra.responseDueAt <= now) throw invalidTransition("deal", "timed_out", to, []);
  return cra;
}

/**
 * The addressee accepts. The application becomes a draft to be completed; the gates are only
 * provisional, and closed until it is submitted (D-95).
 */
export function acceptProposal(deal: Deal, actor: Actor, input: { routing: Routing; notes: string | null }, now: Date): DealChange {
  const acting = answering(deal, actor);
  const gateSequence = gatesFor({
    candidateRecruiterId: input.routing.candidateRecruiterId,
    companyRecruiterId: deal.cra?.companyRecruiterId ?? input.routing.companyRecruiterId,
  });
  const state = AWAITING[gateSequence[0]];
  const after = craIn(waiting(deal, state, now), state, now, {
    acceptedAt: now,
    gateSequence,
    responseNotes: optional(input.notes),
  });
  const accepted = followed(deal, after, acting, now, {
    events: [craAccepted(after), proposalAccepted(deal.application)],
  });
  return { ...accepted, reputation: "accepted" };
}

/** The addressee declines, which ends the deal. Reason and notes are optional. */
export function declineProposal(
  deal: Deal,
  actor: Actor,
  input: { reason: DeclineReason | null; notes: string | null },
  now: Date,
): DealChange {
  const acting = answering(deal, actor);
  const notes = optional(input.notes);
  const after = craIn(waiting(deal, "declined", now), "declined", now, { declinedAt: now, responseNotes: notes });
  const declined = followed(deal, after, acting, now, {
    application: { declineReason: input.reason, declineDetails: notes },
    events: [craDeclined(after), proposalDeclined(deal.application)],
  });
  return { ...declined, reputation: "declined" };
}
