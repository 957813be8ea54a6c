import type { Application } from "../deals/deal.ts";
import { event, type DomainEvent } from "./catalogue.ts";

const subject = (application: Application) => ({ type: "application", id: application.id });

const facts = (application: Application) => ({
  application_id: application.id,
  job_id: application.jobId,
  candidate_id: application.candidateId,
  candidate_recruiter_id: application.candidateRecruiterId,
  company_recruiter_id: application.companyRecruiterId,
});

const move = (before: Application, after: Application, changedBy: string) => ({
  ...facts(after),
  old_stage: before.stage,
  new_stage: after.stage,
  changed_by: changedBy,
});

/** Types that tell nothing but which application it was. */
type PlainType =
  | "application.created"
  | "application.recruiter_proposed"
  | "application.proposal_accepted"
  | "application.proposal_declined"
  | "application.ai_review.triggered"
  | "application.returned_to_draft"
  | "application.expired"
  | "application.offer_accepted"
  | "application.reactivated";

const plain =
  (type: PlainType) =>
  (application: Application): DomainEvent =>
    event(type, subject(application), facts(application));

export const applicationCreated = plain("application.created");
export const recruiterProposed = plain("application.recruiter_proposed");
export const proposalAccepted = plain("application.proposal_accepted");
export const proposalDeclined = plain("application.proposal_declined");
export const aiReviewTriggered = plain("application.ai_review.triggered");
export const returnedToDraft = plain("application.returned_to_draft");
export const applicationExpired = plain("application.expired");
export const offerAccepted = plain("application.offer_accepted");
export const applicationReactivated = plain("application.reactivated");

/** The candidate's side left: the candidate, or the recruiter for them. */
export const applicationWithdrawn = (before: Application, after: Application, by: "candidate" | "recruiter"): DomainEvent =>
  event("application.withdrawn", subject(after), { ...facts(after), old_stage: before.stage, withdrawn_by: by });

export const applicationUpdated = (application: Application, updatedFields: readonly string[]): DomainEvent =>
  event("application.updated", subject(application), { ...facts(application), updated_fields: updatedFields });

/** The first submission; a later one is a stage change. */
export const applicationSubmitted = (before: Application, after: Application, changedBy: string): DomainEvent =>
  event("application.submitted", subject(after), move(before, after, changedBy));

export const stageChanged = (before: Application, after: Application, changedBy: string): DomainEvent =>
  event("application.stage_changed", subject(after), move(before, after, changedBy));

export const expirationWarning = (application: Application, expiresAt: Date): DomainEvent =>
  event("application.expiration_warning", subject(application), {
    ...facts(application),
    expires_at: expiresAt.toISOString(),
  });

/** The candidate wishes to withdraw; it happens at `effectiveAt` unless they change their mind. `reachedCompany`: so the company hears of it. */
export const withdrawalRequested = (application: Application, effectiveAt: Date, reachedCompany: boolean): DomainEvent =>
  event("application.withdrawal_requested", subject(application), {
    ...facts(application),
    effective_at: effectiveAt.toISOString(),
    reached_company: reachedCompany,
  });

export const withdrawalUndone = (application: Application, reachedCompany: boolean): DomainEvent =>
  event("application.withdrawal_undone", subject(application), { ...facts(application), reached_company: reachedCompany });

export const documentAdded = (application: Application, documentId: string): DomainEvent =>
  event("application.document_added", subject(application), { ...facts(application), document_id: documentId });

export const availabilityGiven = (application: Application, availabilityId: string, reachedCompany: boolean): DomainEvent =>
  event("application.availability_given", subject(application), {
    ...facts(application),
    availability_id: availabilityId,
    reached_company: reachedCompany,
  });

export const messageSent = (application: Application, messageId: string, reachedCompany: boolean): DomainEvent =>
  event("application.message_sent", subject(application), {
    ...facts(application),
    message_id: messageId,
    reached_company: reachedCompany,
  });

export const noteCreated = (application: Application, noteId: string): DomainEvent =>
  event("application.note.created", subject(application), { ...facts(application), note_id: noteId });
