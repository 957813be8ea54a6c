import type { Addressee, Cra } from "../deals/deal.ts";
import type { Gate } from "../deals/states.ts";
import { event, type DomainEvent } from "./catalogue.ts";

const subject = (cra: Cra) => ({ type: "candidate_role_assignment", id: cra.id });

const facts = (cra: Cra) => ({
  assignment_id: cra.id,
  application_id: cra.applicationId,
  job_id: cra.jobId,
  candidate_id: cra.candidateId,
  candidate_recruiter_id: cra.candidateRecruiterId,
  company_recruiter_id: cra.companyRecruiterId,
});

const move = (before: Cra, after: Cra) => ({
  ...facts(after),
  old_state: before.state,
  new_state: after.state,
});

export const craProposed = (cra: Cra, responseDueAt: Date): DomainEvent =>
  event("cra.proposed", subject(cra), {
    ...facts(cra),
    proposal_type: cra.proposalType ?? "opportunity",
    response_due_at: responseDueAt.toISOString(),
  });

export const craAccepted = (cra: Cra): DomainEvent => event("cra.accepted", subject(cra), facts(cra));

export const craDeclined = (cra: Cra): DomainEvent => event("cra.declined", subject(cra), facts(cra));

export const craTimedOut = (before: Cra, after: Cra): DomainEvent => event("cra.timed_out", subject(after), move(before, after));

export const craCreated = (cra: Cra): DomainEvent =>
  event("cra.created", subject(cra), { ...facts(cra), gate_sequence: cra.gateSequence, state: cra.state });

/** `remaining_gates` are those still open, this one first. */
export const gateAwaitingReview = (cra: Cra, gate: Gate): DomainEvent =>
  event("cra.gate.awaiting_review", subject(cra), {
    ...facts(cra),
    gate,
    gate_sequence: cra.gateSequence,
    remaining_gates: cra.gateSequence.slice(cra.gateSequence.indexOf(gate)),
  });

export const gateReviewStarted = (cra: Cra, gate: Gate, reviewerUserId: string): DomainEvent =>
  event("cra.gate.review_started", subject(cra), { ...facts(cra), gate, reviewer_user_id: reviewerUserId });

const reviewed = (cra: Cra, gate: Gate, nextGate: Gate | null, reviewerUserId: string) => ({
  ...facts(cra),
  gate,
  next_gate: nextGate,
  reviewer_user_id: reviewerUserId,
});

export const gateApproved = (cra: Cra, gate: Gate, nextGate: Gate | null, reviewerUserId: string): DomainEvent =>
  event("cra.gate.approved", subject(cra), reviewed(cra, gate, nextGate, reviewerUserId));

export const gateSkipped = (cra: Cra, gate: Gate, nextGate: Gate | null, reviewerUserId: string): DomainEvent =>
  event("cra.gate.skipped", subject(cra), reviewed(cra, gate, nextGate, reviewerUserId));

export const gateDenied = (cra: Cra, gate: Gate, reviewerUserId: string): DomainEvent =>
  event("cra.gate.denied", subject(cra), reviewed(cra, gate, null, reviewerUserId));

export const gateInfoRequested = (cra: Cra, gate: Gate, addressee: Addressee, feedbackId: string): DomainEvent =>
  event("cra.gate.info_requested", subject(cra), { ...facts(cra), gate, addressee, feedback_id: feedbackId });

export const gateInfoProvided = (cra: Cra, gate: Gate, feedbackId: string): DomainEvent =>
  event("cra.gate.info_provided", subject(cra), { ...facts(cra), gate, feedback_id: feedbackId });

export const allGatesPassed = (before: Cra, after: Cra): DomainEvent => event("cra.all_gates_passed", subject(after), move(before, after));

export const craStageChanged = (before: Cra, after: Cra): DomainEvent => event("cra.stage_changed", subject(after), move(before, after));

export const craHired = (before: Cra, after: Cra): DomainEvent => event("cra.hired", subject(after), move(before, after));

export const craRejected = (before: Cra, after: Cra): DomainEvent => event("cra.rejected", subject(after), move(before, after));

export const craWithdrawn = (before: Cra, after: Cra): DomainEvent =>
  event("cra.withdrawn", subject(after), {
    ...move(before, after),
    reached_company: after.reachedCompanyAt !== null,
  });

export const craClosed = (before: Cra, after: Cra): DomainEvent => event("cra.closed", subject(after), move(before, after));
