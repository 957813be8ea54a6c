import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { RELATIONSHIP_STATUSES } from "#db/schema/network.ts";
import { inviteCandidate } from "#services/recruiter-candidates/invite-candidate.ts";
import { invitationsAfter, readInvitation } from "#services/recruiter-candidates/list-relationships.ts";
import type { EnrichedRelationship } from "#services/recruiter-candidates/relationship.ts";
import type { ApiEnv } from "../app.ts";
import { Email, Id, text } from "../v2/shapes.ts";
import { listOperation, operation } from "./operation.ts";
import { at, born, id, instant, oneOf } from "./shapes.ts";

const CandidateInvitation = z
  .object({
    id: id("The invitation"),
    candidate_id: id("Who was asked"),
    recruiter_id: id("Who asked"),
    status: oneOf("pending until they answer; submit them once it is active", RELATIONSHIP_STATUSES),
    invited_at: at("When it was mailed").nullable(),
    expires_at: at("Until when they may answer").nullable(),
    consent_given_at: at("When they agreed").nullable(),
    declined_at: at("When they declined").nullable(),
    represented_until: at("Until when the consent holds").nullable(),
    ...born,
  })
  .openapi("CandidateInvitation");

const present = (row: EnrichedRelationship): z.infer<typeof CandidateInvitation> => ({
  id: row.id,
  candidate_id: row.candidateId,
  recruiter_id: row.recruiterId,
  status: row.status,
  invited_at: instant(row.invitedAt),
  expires_at: instant(row.invitationExpiresAt),
  consent_given_at: instant(row.consentGivenAt),
  declined_at: instant(row.declinedAt),
  represented_until: instant(row.relationshipEndDate),
  created_at: instant(row.createdAt),
  updated_at: instant(row.updatedAt),
  version: row.version,
});

const CandidateInvitationInput = z
  .strictObject({
    candidate_id: Id.optional().openapi({ description: "Somebody you may see" }),
    candidate: z
      .strictObject({ name: text(200), email: Email })
      .optional()
      .openapi({ description: "Anybody, by their address, in place of candidate_id" }),
  })
  .refine(({ candidate_id: byId, candidate }) => (byId === undefined) !== (candidate === undefined), {
    path: ["candidate_id"],
    message: "candidate_id or candidate names who is invited, and not both",
  })
  .openapi("CandidateInvitationInput", { example: { candidate: { name: "Kim Example", email: "kim@example.com" } } });

export function candidateInvitations(api: OpenAPIHono<ApiEnv>): void {
  listOperation<EnrichedRelationship>(api, {
    path: "/candidate-invitations",
    need: "read:candidates",
    access: ["candidate-invitations", "list"],
    summary: "List whom you asked to be represented by you",
    description: "A recruiter's own, with what became of them.",
    filters: z.object({ status: z.enum(RELATIONSHIP_STATUSES), candidate_id: Id }),
    item: CandidateInvitation,
    run: invitationsAfter,
    present,
  });
  operation<object, object, z.infer<typeof CandidateInvitationInput>, EnrichedRelationship>(api, {
    method: "post",
    path: "/candidate-invitations",
    need: "write:submissions",
    access: ["candidate-invitations", "create"],
    summary: "Ask a candidate to be represented by you",
    description:
      "Mails an invitation that holds for seven days. By address it answers alike whether we knew it or not. Once the status is `active` the candidate can be submitted; an invitation that is still open answers 409 `conflict`, somebody you represent already 409 `active_relationship_exists`.",
    body: CandidateInvitationInput,
    replies: [201, CandidateInvitation],
    run: (ctx, { body: { candidate, candidate_id: candidateId } }) =>
      inviteCandidate(ctx, candidate ? { email: candidate.email, fullName: candidate.name } : { candidateId: candidateId as string }),
    present,
  });
  operation<{ id: string }, object, undefined, EnrichedRelationship>(api, {
    method: "get",
    path: "/candidate-invitations/{id}",
    need: "read:candidates",
    access: ["candidate-invitations", "get"],
    summary: "Read an invitation, and whether it was answered",
    replies: [200, CandidateInvitation],
    run: (ctx, { params }) => readInvitation(ctx, params.id),
    present,
  });
}
