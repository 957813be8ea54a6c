import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { TEAM_INVITATION_ROLES, TEAM_INVITATION_STATUSES } from "#db/schema/network.ts";
import type { Included } from "#services/listing.ts";
import { acceptInvitation, declineInvitation, type OpenInvitation, openInvitation } from "#services/team-invitations/answer-invitation.ts";
import { inviteByMail, resendInvitation, revokeInvitation } from "#services/team-invitations/send-invitation.ts";
import { getInvitation, type Invitation, invitationNoun, listInvitations } from "#services/team-invitations/team-invitation.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { Email, Id, included, Instant, OverrideReason, summary } from "./shapes.ts";
import { MemberShape, teamMember } from "./team-members.ts";

const InvitationShape = z
  .object({
    id: Id,
    team_id: Id,
    email: z.string(),
    role: z.enum(TEAM_INVITATION_ROLES),
    status: z.enum(TEAM_INVITATION_STATUSES),
    issued_at: Instant,
    expires_at: Instant,
    invited_by_user_id: Id,
    accepted_by_recruiter_id: Id.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("TeamInvitation");

const OpenInvitationShape = z
  .object({ team_name: z.string(), role: z.enum(TEAM_INVITATION_ROLES), status: z.enum(TEAM_INVITATION_STATUSES), expires_at: Instant })
  .openapi("OpenTeamInvitation", { description: "What whoever holds the token may know" });

const InvitationInput = z
  .strictObject({ team_id: Id, email: Email, role: z.enum(TEAM_INVITATION_ROLES), reason: OverrideReason })
  .openapi("TeamInvitationInput");

const Action = z.strictObject({ reason: OverrideReason, version: z.int().optional() }).openapi("TeamInvitationAction");
const tokenParameter = z.object({
  token: z
    .string()
    .min(1)
    .max(200)
    .openapi({ param: { in: "path", name: "token" } }),
});

const invitation = (row: Invitation | Included<Invitation>) => ({
  id: row.id,
  team_id: row.teamId,
  email: row.email,
  role: row.teamRole,
  status: row.status,
  issued_at: row.issuedAt.toISOString(),
  expires_at: row.expiresAt.toISOString(),
  invited_by_user_id: row.invitedByUserId,
  accepted_by_recruiter_id: row.acceptedByRecruiterId,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...included(row, { team: summary }),
});

const open = ({ teamName, teamRole, status, expiresAt }: OpenInvitation) => ({
  team_name: teamName,
  role: teamRole,
  status,
  expires_at: expiresAt.toISOString(),
});

export function teamInvitations(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Invitation>(api, {
    path: "/team-invitations",
    access: ["team-invitations", "list"],
    summary: "List the mailed invitations of your teams",
    noun: invitationNoun,
    filters: z.object({ team_id: Id, status: z.enum(TEAM_INVITATION_STATUSES), role: z.enum(TEAM_INVITATION_ROLES) }),
    item: InvitationShape,
    run: listInvitations,
    present: invitation,
  });
  operation(api, {
    method: "post",
    path: "/team-invitations",
    access: ["team-invitations", "create"],
    summary: "Invite somebody into a team by mail",
    description: "The mail carries the token, which is good for seven days. The answer does not tell whether the address is known.",
    body: InvitationInput,
    replies: [201, InvitationShape],
    run: (ctx, { body }) => inviteByMail(ctx, { teamId: body.team_id, email: body.email, teamRole: body.role }),
    present: invitation,
  });
  operation(api, {
    method: "get",
    path: "/team-invitations/tokens/{token}",
    access: ["team-invitations", "get-by-token"],
    summary: "Read an invitation by its token",
    description: "404 for an unknown token, 410 for one whose invitation is over, 409 for an accepted one.",
    audience: "public",
    params: tokenParameter,
    replies: [200, OpenInvitationShape],
    run: (ctx, { params }) => openInvitation(ctx, params.token),
    present: open,
  });
  operation(api, {
    method: "post",
    path: "/team-invitations/tokens/{token}/accept",
    access: ["team-invitations", "accept"],
    summary: "Join the team",
    description: "As a recruiter, signed in with the address that was invited.",
    audience: "person",
    params: tokenParameter,
    replies: [200, MemberShape],
    run: (ctx, { params }) => acceptInvitation(ctx, params.token),
    present: teamMember,
  });
  operation(api, {
    method: "post",
    path: "/team-invitations/tokens/{token}/decline",
    access: ["team-invitations", "decline"],
    summary: "Decline to join",
    audience: "person",
    params: tokenParameter,
    replies: [200, OpenInvitationShape],
    run: (ctx, { params }) => declineInvitation(ctx, params.token),
    present: open,
  });
  readOperation<Invitation>(api, {
    path: "/team-invitations/{id}",
    access: ["team-invitations", "get"],
    summary: "Read an invitation",
    noun: invitationNoun,
    item: InvitationShape,
    run: getInvitation,
    present: invitation,
  });
  operation(api, {
    method: "post",
    path: "/team-invitations/{id}/resend",
    access: ["team-invitations", "resend"],
    summary: "Mail an invitation again",
    description: "With a new token and seven new days; the old token dies.",
    params: z.object({ id: Id }),
    body: Action,
    replies: [200, InvitationShape],
    run: (ctx, { params, body }) => resendInvitation(ctx, params.id, body.version),
    present: invitation,
  });
  operation(api, {
    method: "post",
    path: "/team-invitations/{id}/revoke",
    access: ["team-invitations", "revoke"],
    summary: "Take an invitation back",
    params: z.object({ id: Id }),
    body: Action,
    replies: [200, InvitationShape],
    run: (ctx, { params, body }) => revokeInvitation(ctx, params.id, body.version),
    present: invitation,
  });
}
