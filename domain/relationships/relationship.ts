import { daysAfter, utcDate, yearsAfter } from "../commission/dates.ts";
import type { DomainEvent } from "../events/catalogue.ts";
import {
  candidateInvited,
  consentDeclined,
  consentGiven,
  invitationCancelled,
  invitationExpired,
  relationshipCreated,
  relationshipExpired,
  relationshipRenewed,
  relationshipTerminated,
} from "../events/relationship.ts";
import { INVITATION_DAYS } from "../invitations/mailed.ts";
import { forbidden, invalidField, invalidTransition, notFound, Refusal } from "../refusals.ts";

export const RELATIONSHIP_STATUSES = ["pending", "active", "declined", "cancelled", "expired", "terminated"] as const;

export type RelationshipStatus = (typeof RELATIONSHIP_STATUSES)[number];

/** A consent holds this long. */
export const CONSENT_YEARS = 1;

/** A recruiter who represents a candidate, or asked to. Without consent it represents nobody. */
export interface Relationship {
  id: string;
  recruiterId: string;
  candidateId: string;
  status: RelationshipStatus;
  /** Kept when the invitation is used or dead, so that its token can be told apart from an unknown one. */
  invitationTokenHash: string | null;
  invitedAt: Date | null;
  invitationExpiresAt: Date | null;
  consentGiven: boolean;
  consentGivenAt: Date | null;
  consentIpAddress: string | null;
  consentUserAgent: string | null;
  declinedAt: Date | null;
  declinedReason: string | null;
  relationshipStartDate: Date | null;
  relationshipEndDate: Date | null;
  renewalRequestedBy: string | null;
  renewalRequestedAt: Date | null;
  terminationReason: string | null;
  terminatedBy: string | null;
}

export type RelationshipSide = "recruiter" | "candidate" | "platform_admin";

/** A user as this relationship knows them. */
export interface RelationshipActor {
  userId: string;
  sides: ReadonlySet<RelationshipSide>;
}

/** Where a consent came from. */
export interface ConsentOrigin {
  ipAddress: string | null;
  userAgent: string | null;
}

export interface RelationshipChange {
  relationship: Relationship;
  events: DomainEvent[];
  actedAs: RelationshipSide | "system";
}

const NEXT: Readonly<Record<RelationshipStatus, readonly RelationshipStatus[]>> = {
  pending: ["pending", "cancelled", "active", "declined"],
  active: ["active", "terminated"],
  declined: [],
  cancelled: [],
  expired: ["pending"],
  terminated: [],
};

/** An invitation ran out unanswered, as opposed to a relationship that came to its end. */
const isExpiredInvitation = (relationship: Relationship): boolean => relationship.status === "expired" && !relationship.consentGiven;

const allowedFrom = (relationship: Relationship): readonly RelationshipStatus[] =>
  relationship.status === "expired" && !isExpiredInvitation(relationship) ? [] : NEXT[relationship.status];

const noSuchStep = (relationship: Relationship, to: RelationshipStatus): Refusal =>
  invalidTransition("relationship", relationship.status, to, allowedFrom(relationship));

function actingAs(actor: RelationshipActor, sides: readonly RelationshipSide[], what: string): RelationshipSide {
  const side = sides.find((each) => actor.sides.has(each));
  if (!side) throw forbidden(`You may not ${what} this relationship.`);
  return side;
}

const gone = (): Refusal => new Refusal("gone", "This invitation is no longer valid.");

const isOver = (relationship: Relationship, now: Date): boolean =>
  relationship.invitationExpiresAt !== null && relationship.invitationExpiresAt <= now;

const oneTermAfter = (now: Date): Date => new Date(`${yearsAfter(utcDate(now), CONSENT_YEARS)}${now.toISOString().slice(10)}`);

/** A recruiter asks to represent a candidate. A new invitation is always a fresh row; the old one is history. */
export function invite(
  invitation: { id: string; recruiterId: string; candidateId: string; tokenHash: string },
  now: Date,
): RelationshipChange {
  const expiresAt = daysAfter(now, INVITATION_DAYS);
  const relationship: Relationship = {
    id: invitation.id,
    recruiterId: invitation.recruiterId,
    candidateId: invitation.candidateId,
    status: "pending",
    invitationTokenHash: invitation.tokenHash,
    invitedAt: now,
    invitationExpiresAt: expiresAt,
    consentGiven: false,
    consentGivenAt: null,
    consentIpAddress: null,
    consentUserAgent: null,
    declinedAt: null,
    declinedReason: null,
    relationshipStartDate: null,
    relationshipEndDate: null,
    renewalRequestedBy: null,
    renewalRequestedAt: null,
    terminationReason: null,
    terminatedBy: null,
  };
  return {
    relationship,
    events: [relationshipCreated(relationship), candidateInvited(relationship, expiresAt, false)],
    actedAs: "recruiter",
  };
}

/** A new token and a new expiry for an unanswered invitation; the old token dies. */
export function resendInvitation(relationship: Relationship, actor: RelationshipActor, tokenHash: string, now: Date): RelationshipChange {
  const actedAs = actingAs(actor, ["recruiter", "platform_admin"], "invite again for");
  if (relationship.status !== "pending" && !isExpiredInvitation(relationship)) throw noSuchStep(relationship, "pending");
  const expiresAt = daysAfter(now, INVITATION_DAYS);
  const resent: Relationship = {
    ...relationship,
    status: "pending",
    invitationTokenHash: tokenHash,
    invitedAt: now,
    invitationExpiresAt: expiresAt,
  };
  return { relationship: resent, events: [candidateInvited(resent, expiresAt, true)], actedAs };
}

/** The recruiter takes the invitation back. */
export function cancelInvitation(relationship: Relationship, actor: RelationshipActor): RelationshipChange {
  const actedAs = actingAs(actor, ["recruiter", "platform_admin"], "cancel");
  if (relationship.status !== "pending") throw noSuchStep(relationship, "cancelled");
  const cancelled: Relationship = { ...relationship, status: "cancelled" };
  return { relationship: cancelled, events: [invitationCancelled(cancelled)], actedAs };
}

/**
 * The invitation a token opens. Refuses an unknown token with `not_found`, an expired or cancelled
 * one with `gone`, an answered one with `invalid_transition`.
 */
export function openInvitation(found: Relationship | undefined, now: Date, to: RelationshipStatus = "active"): Relationship {
  if (!found) throw notFound("invitation");
  if (found.status === "cancelled" || isExpiredInvitation(found)) throw gone();
  if (found.status !== "pending") throw noSuchStep(found, to);
  if (isOver(found, now)) throw gone();
  return found;
}

/**
 * The candidate consents, by token or signed in: the relationship is active for twelve months.
 *
 * @param input.representedByOther - whether the candidate has an active relationship already
 */
export function acceptInvitation(
  found: Relationship | undefined,
  input: ConsentOrigin & { representedByOther: boolean },
  now: Date,
): RelationshipChange {
  const invitation = openInvitation(found, now, "active");
  if (input.representedByOther) {
    throw new Refusal("active_relationship_exists", "The candidate is represented by a recruiter.");
  }
  const active: Relationship = {
    ...invitation,
    status: "active",
    consentGiven: true,
    consentGivenAt: now,
    consentIpAddress: input.ipAddress,
    consentUserAgent: input.userAgent,
    relationshipStartDate: now,
    relationshipEndDate: oneTermAfter(now),
  };
  return { relationship: active, events: [consentGiven(active, now)], actedAs: "candidate" };
}

/** The candidate does not want to be represented. The reason is optional. */
export function declineInvitation(
  found: Relationship | undefined,
  input: ConsentOrigin & { reason: string | null },
  now: Date,
): RelationshipChange {
  const invitation = openInvitation(found, now, "declined");
  const declined: Relationship = {
    ...invitation,
    status: "declined",
    declinedAt: now,
    declinedReason: input.reason?.trim() || null,
    consentIpAddress: input.ipAddress,
    consentUserAgent: input.userAgent,
  };
  return { relationship: declined, events: [consentDeclined(declined, now)], actedAs: "candidate" };
}

/** Ends an invitation or a relationship whose time is over; null when it is not. */
export function expireRelationship(relationship: Relationship, now: Date): RelationshipChange | null {
  const expired: Relationship = { ...relationship, status: "expired" };
  if (relationship.status === "pending" && isOver(relationship, now)) {
    return { relationship: expired, events: [invitationExpired(expired)], actedAs: "system" };
  }
  const end = relationship.relationshipEndDate;
  if (relationship.status === "active" && end && end <= now) {
    return { relationship: expired, events: [relationshipExpired(expired)], actedAs: "system" };
  }
  return null;
}

/**
 * Another twelve months from now. A recruiter's request waits for the candidate; the candidate's
 * word, with or without a request, is the confirmation.
 */
export function renewRelationship(relationship: Relationship, actor: RelationshipActor, now: Date): RelationshipChange {
  const actedAs = actingAs(actor, ["candidate", "recruiter"], "renew");
  const end = relationship.relationshipEndDate;
  if (relationship.status !== "active" || (end && end <= now)) throw noSuchStep(relationship, "active");
  if (actedAs === "recruiter") {
    return {
      relationship: { ...relationship, renewalRequestedBy: actor.userId, renewalRequestedAt: now },
      events: [],
      actedAs,
    };
  }
  const renewed: Relationship = {
    ...relationship,
    relationshipEndDate: oneTermAfter(now),
    renewalRequestedBy: null,
    renewalRequestedAt: null,
  };
  return { relationship: renewed, events: [relationshipRenewed(renewed)], actedAs };
}

/** Either side ends the relationship, with a reason. What becomes of the open deals is decided per deal. */
export function terminateRelationship(
  relationship: Relationship,
  actor: RelationshipActor,
  input: { reason: string | null },
): RelationshipChange {
  const actedAs = actingAs(actor, ["recruiter", "candidate", "platform_admin"], "end");
  const reason = input.reason?.trim();
  if (!reason) throw invalidField("reason", "required", "reason is required.");
  if (relationship.status !== "active") throw noSuchStep(relationship, "terminated");
  const terminated: Relationship = {
    ...relationship,
    status: "terminated",
    terminationReason: reason,
    terminatedBy: actor.userId,
    renewalRequestedBy: null,
    renewalRequestedAt: null,
  };
  return { relationship: terminated, events: [relationshipTerminated(terminated)], actedAs };
}

/** Whether a recruiter represents the candidate at an instant. */
export const isRepresenting = (relationship: Relationship, now: Date): boolean =>
  relationship.status === "active" &&
  relationship.consentGiven &&
  (relationship.relationshipEndDate === null || relationship.relationshipEndDate > now);

/** Started days until an open invitation or an active relationship ends, never below 0; null for any other. */
export function daysUntilExpiry(relationship: Relationship, now: Date): number | null {
  const end = { pending: relationship.invitationExpiresAt, active: relationship.relationshipEndDate }[
    relationship.status as "pending" | "active"
  ];
  return end ? Math.max(0, Math.ceil((end.getTime() - now.getTime()) / 86_400_000)) : null;
}
