import { event, type DomainEvent } from "./catalogue.ts";

interface RelationshipIds {
  id: string;
  recruiterId: string;
  candidateId: string;
}

const subject = (relationship: RelationshipIds) => ({ type: "recruiter_candidate", id: relationship.id });

const facts = (relationship: RelationshipIds) => ({
  relationship_id: relationship.id,
  recruiter_id: relationship.recruiterId,
  candidate_id: relationship.candidateId,
});

type PlainType =
  | "recruiter_candidate.created"
  | "recruiter_candidate.terminated"
  | "recruiter_candidate.expired"
  | "recruiter_candidate.renewed"
  | "candidate.invitation_cancelled"
  | "candidate.invitation_expired";

const plain =
  (type: PlainType) =>
  (relationship: RelationshipIds): DomainEvent =>
    event(type, subject(relationship), facts(relationship));

export const relationshipCreated = plain("recruiter_candidate.created");
export const relationshipTerminated = plain("recruiter_candidate.terminated");
export const relationshipExpired = plain("recruiter_candidate.expired");
export const relationshipRenewed = plain("recruiter_candidate.renewed");
export const invitationCancelled = plain("candidate.invitation_cancelled");
export const invitationExpired = plain("candidate.invitation_expired");

export const candidateInvited = (relationship: RelationshipIds, expiresAt: Date, resend: boolean): DomainEvent =>
  event("candidate.invited", subject(relationship), {
    ...facts(relationship),
    invitation_expires_at: expiresAt.toISOString(),
    resend,
  });

export const consentGiven = (relationship: RelationshipIds, at: Date): DomainEvent =>
  event("candidate.consent_given", subject(relationship), { ...facts(relationship), at: at.toISOString() });

export const consentDeclined = (relationship: RelationshipIds, at: Date): DomainEvent =>
  event("candidate.consent_declined", subject(relationship), { ...facts(relationship), at: at.toISOString() });
