import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { RECRUITER_STATUSES, RELATIONSHIP_STATUSES } from "#db/schema/network.ts";
import type { Included } from "#services/listing.ts";
import { cancelInvitation } from "#services/recruiter-candidates/cancel-invitation.ts";
import { acceptInvitation, declineInvitation, getInvitation, type Invitation } from "#services/recruiter-candidates/invitation.ts";
import { inviteCandidate } from "#services/recruiter-candidates/invite-candidate.ts";
import { getRelationship, listRelationships } from "#services/recruiter-candidates/list-relationships.ts";
import { type EnrichedRelationship, EXPIRY_STATUSES, relationshipNoun } from "#services/recruiter-candidates/relationship.ts";
import { renewRelationship } from "#services/recruiter-candidates/renew-relationship.ts";
import { resendInvitation } from "#services/recruiter-candidates/resend-invitation.ts";
import { terminateRelationship } from "#services/recruiter-candidates/terminate-relationship.ts";
import { updateRelationship } from "#services/recruiter-candidates/update-relationship.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation, readOperation } from "../operation.ts";
import { candidate } from "./candidates.ts";
import { recruiter } from "./recruiters.ts";
import { Id, included, Instant, instant, InstantInput, OverrideReason, text } from "./shapes.ts";

const RelationshipShape = z
  .object({
    id: Id,
    recruiter_id: Id,
    candidate_id: Id,
    status: z.enum(RELATIONSHIP_STATUSES),
    recruiter_name: z.string(),
    recruiter_email: z.string(),
    recruiter_bio: z.string().nullable(),
    recruiter_status: z.enum(RECRUITER_STATUSES),
    days_until_expiry: z.int().nullable().openapi({ description: "Until an open invitation or an active relationship ends" }),
    invited_at: Instant.nullable(),
    invitation_expires_at: Instant.nullable(),
    consent_given: z.boolean(),
    consent_given_at: Instant.nullable(),
    relationship_start_date: Instant.nullable(),
    relationship_end_date: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("RecruiterRelationship");

const InvitationShape = z
  .object({
    id: Id,
    status: z.enum(RELATIONSHIP_STATUSES),
    recruiter_name: z.string(),
    recruiter_email: z.string(),
    recruiter_bio: z.string().nullable(),
    candidate_name: z.string(),
    invited_at: Instant.nullable(),
    invitation_expires_at: Instant.nullable(),
    consent_given: z.boolean(),
    consent_given_at: Instant.nullable(),
    relationship_start_date: Instant.nullable(),
    relationship_end_date: Instant.nullable(),
  })
  .openapi("RecruiterInvitation");

const InvitationInput = z
  .strictObject({
    candidate_id: Id.optional(),
    email: z.string().trim().toLowerCase().max(254).pipe(z.email()).optional(),
    full_name: text(200).optional(),
  })
  .superRefine((body, issues) => {
    const named = body.candidate_id !== undefined;
    if (named === (body.email !== undefined))
      issues.addIssue({
        code: "custom",
        path: [named ? "email" : "candidate_id"],
        message: "give either candidate_id, or email and full_name",
      });
    else if (!named && body.full_name === undefined)
      issues.addIssue({ code: "custom", path: ["full_name"], message: "is required with email" });
    else if (named && body.full_name !== undefined)
      issues.addIssue({ code: "custom", path: ["full_name"], message: "goes with email only" });
  })
  .openapi("RecruiterInvitationInput");

const Version = z.strictObject({ reason: OverrideReason, version: z.int().optional() }).openapi("VersionInput");

const TerminationInput = z
  .strictObject({
    reason: text(2_000),
    deals: z
      .array(z.strictObject({ assignment_id: Id.toLowerCase(), decision: z.enum(["keep", "withdraw"]) }))
      .refine((named) => new Set(named.map((each) => each.assignment_id)).size === named.length, "names a deal twice")
      .max(20)
      .optional(),
    version: z.int().optional(),
  })
  .openapi("RelationshipTerminationInput");

const CorrectionInput = z
  .strictObject({ relationship_end_date: InstantInput, reason: text(2_000), version: z.int().optional() })
  .openapi("RelationshipPatch");

const filters = z.object({
  recruiter_id: Id,
  candidate_id: Id,
  status: z.enum(RELATIONSHIP_STATUSES),
  consent_status: z.enum(["given", "pending", "declined"]),
  expiry_status: z.enum(EXPIRY_STATUSES),
});

/** What leaves the house of a relationship. The token's hash never does; where the consent came from is for the candidate and platform admins. */
export const relationship = (row: EnrichedRelationship | Included<EnrichedRelationship>) => ({
  id: row.id,
  recruiter_id: row.recruiterId,
  candidate_id: row.candidateId,
  status: row.status,
  recruiter_name: row.recruiterName,
  recruiter_email: row.recruiterEmail,
  recruiter_bio: row.recruiterBio,
  recruiter_status: row.recruiterStatus,
  days_until_expiry: row.daysUntilExpiry,
  invited_at: instant(row.invitedAt),
  invitation_expires_at: instant(row.invitationExpiresAt),
  consent_given: row.consentGiven,
  consent_given_at: instant(row.consentGivenAt),
  declined_at: instant(row.declinedAt),
  declined_reason: row.declinedReason,
  relationship_start_date: instant(row.relationshipStartDate),
  relationship_end_date: instant(row.relationshipEndDate),
  renewal_requested_at: instant(row.renewalRequestedAt),
  renewal_requested_by: row.renewalRequestedBy,
  termination_reason: row.terminationReason,
  terminated_by: row.terminatedBy,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...(row.isCandidate || row.isAdmin ? { consent_ip_address: row.consentIpAddress, consent_user_agent: row.consentUserAgent } : {}),
  ...included(row, { recruiter, candidate }),
});

/** What whoever holds the token may know. */
const invitation = (row: Invitation) => ({
  id: row.id,
  status: row.status,
  recruiter_name: row.recruiterName,
  recruiter_email: row.recruiterEmail,
  recruiter_bio: row.recruiterBio,
  candidate_name: row.candidateName,
  invited_at: instant(row.invitedAt),
  invitation_expires_at: instant(row.invitationExpiresAt),
  consent_given: row.consentGiven,
  consent_given_at: instant(row.consentGivenAt),
  relationship_start_date: instant(row.relationshipStartDate),
  relationship_end_date: instant(row.relationshipEndDate),
});

const tokenParameter = z.object({
  token: z
    .string()
    .min(1)
    .max(200)
    .openapi({ param: { in: "path", name: "token" } }),
});

export function recruiterCandidates(api: OpenAPIHono<ApiEnv>): void {
  listOperation<EnrichedRelationship>(api, {
    path: "/recruiter-candidates",
    access: ["recruiter-candidates", "list"],
    summary: "List relationships of recruiters and candidates",
    noun: relationshipNoun,
    filters,
    item: RelationshipShape,
    run: listRelationships,
    present: relationship,
  });
  operation(api, {
    method: "post",
    path: "/recruiter-candidates",
    access: ["recruiter-candidates", "create"],
    summary: "Invite a candidate",
    description: "By active recruiters, for themselves. The candidate answers with the token of the mail; no answer here carries it.",
    body: InvitationInput,
    replies: [201, RelationshipShape],
    run: (ctx, { body }) =>
      inviteCandidate(
        ctx,
        body.candidate_id === undefined ? { email: body.email ?? "", fullName: body.full_name ?? "" } : { candidateId: body.candidate_id },
      ),
    present: relationship,
  });
  operation(api, {
    method: "get",
    path: "/recruiter-candidates/invitations/{token}",
    access: ["recruiter-candidates", "get-invitation"],
    summary: "Read an invitation by its token",
    description: "404 for an unknown token, 410 for an expired or cancelled one, 409 for an answered one.",
    audience: "public",
    params: tokenParameter,
    replies: [200, InvitationShape],
    run: (ctx, { params: { token } }) => getInvitation(ctx, token),
    present: invitation,
  });
  operation(api, {
    method: "post",
    path: "/recruiter-candidates/invitations/{token}/accept",
    access: ["recruiter-candidates", "accept-invitation"],
    summary: "Consent to be represented",
    description: "The token is enough. Who is signed in must be the invited person and is linked to the candidate.",
    audience: "public",
    params: tokenParameter,
    replies: [200, InvitationShape],
    run: (ctx, { params: { token } }) => acceptInvitation(ctx, token),
    present: invitation,
  });
  operation(api, {
    method: "post",
    path: "/recruiter-candidates/invitations/{token}/decline",
    access: ["recruiter-candidates", "decline-invitation"],
    summary: "Decline to be represented",
    audience: "public",
    params: tokenParameter,
    body: z.strictObject({ reason: text(2_000).optional() }).openapi("RecruiterInvitationDecline"),
    replies: [200, InvitationShape],
    run: (ctx, { params: { token }, body: { reason } }) => declineInvitation(ctx, token, reason ?? null),
    present: invitation,
  });
  readOperation<EnrichedRelationship>(api, {
    path: "/recruiter-candidates/{id}",
    access: ["recruiter-candidates", "get"],
    summary: "Read a relationship",
    noun: relationshipNoun,
    item: RelationshipShape,
    run: getRelationship,
    present: relationship,
  });
  operation(api, {
    method: "patch",
    path: "/recruiter-candidates/{id}",
    params: idParameter,
    access: ["recruiter-candidates", "update"],
    summary: "Correct the end of a relationship",
    description: "By platform admins, with a reason. Consent and status have actions of their own.",
    body: CorrectionInput,
    replies: [200, RelationshipShape],
    run: (ctx, { params: { id }, body }) =>
      updateRelationship(ctx, id, { relationshipEndDate: body.relationship_end_date, reason: body.reason, version: body.version }),
    present: relationship,
  });
  operation(api, {
    method: "delete",
    path: "/recruiter-candidates/{id}",
    params: idParameter,
    access: ["recruiter-candidates", "delete"],
    summary: "Take an unanswered invitation back",
    description: "The same as cancelling it; the row stays as history.",
    replies: [200, z.object({ id: Id, deleted: z.literal(true) })],
    run: (ctx, { params: { id } }) => cancelInvitation(ctx, id),
    present: ({ id }) => ({ id, deleted: true }),
  });
  for (const [verb, summary, run] of [
    ["resend-invitation", "Mail an unanswered invitation again, with a new token", resendInvitation],
    ["cancel-invitation", "Take an unanswered invitation back", cancelInvitation],
    ["renew", "Renew a relationship for twelve months", renewRelationship],
  ] as const) {
    operation(api, {
      method: "post",
      path: `/recruiter-candidates/{id}/${verb}`,
      params: idParameter,
      access: ["recruiter-candidates", verb],
      summary,
      body: Version,
      replies: [200, RelationshipShape],
      run: (ctx, { params: { id }, body: { version } }) => run(ctx, id, version),
      present: relationship,
    });
  }
  operation(api, {
    method: "post",
    path: "/recruiter-candidates/{id}/terminate",
    params: idParameter,
    access: ["recruiter-candidates", "terminate"],
    summary: "End a relationship",
    description:
      "By the recruiter, the candidate or a platform admin. Open deals are kept with their recruiter unless `deals` says `withdraw`.",
    body: TerminationInput,
    replies: [200, RelationshipShape],
    run: (ctx, { params: { id }, body }) =>
      terminateRelationship(ctx, id, {
        reason: body.reason,
        deals: (body.deals ?? []).map(({ assignment_id, decision }) => ({ assignmentId: assignment_id, decision })),
        version: body.version,
      }),
    present: relationship,
  });
}
