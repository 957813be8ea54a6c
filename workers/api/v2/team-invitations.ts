import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { TEAM_INVITATION_ROLES } from "#db/schema/network.ts";
import { INVITATION_STATUSES } from "#domain/invitations/mailed.ts";
import type { Included } from "#services/listing.ts";
import { acceptTeamInvitation } from "#services/team-invitations/accept-team-invitation.ts";
import { inviteByMail } from "#services/team-invitations/invite-by-mail.ts";
import {
  getTeamInvitation,
  listTeamInvitations,
  TEAM_INVITATION,
  type TeamInvitation,
  teamInvitationNoun,
} from "#services/team-invitations/team-invitation.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { mailedOperations } from "./mailed-invitations.ts";
import { Email, Id, included, Instant, OverrideReason, summary } from "./shapes.ts";
import { MemberShape, teamMember } from "./team-members.ts";

const InvitationShape = z
  .object({
    id: Id,
    team_id: Id,
    email: z.string(),
    role: z.enum(TEAM_INVITATION_ROLES),
    status: z.enum(INVITATION_STATUSES),
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

const Preview = z
  .object({ team_name: z.string(), role: z.enum(TEAM_INVITATION_ROLES), status: z.enum(INVITATION_STATUSES), expires_at: Instant })
  .openapi("TeamInvitationPreview", { description: "What whoever holds the token may know" });

const InvitationInput = z
  .strictObject({ team_id: Id, email: Email, role: z.enum(TEAM_INVITATION_ROLES), reason: OverrideReason })
  .openapi("TeamInvitationInput");

const invitation = (row: TeamInvitation | Included<TeamInvitation>) => ({
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

const preview = ({ teamName, teamRole, status, expiresAt }: TeamInvitation) => ({
  team_name: teamName,
  role: teamRole,
  status,
  expires_at: expiresAt.toISOString(),
});

export function teamInvitations(api: OpenAPIHono<ApiEnv>): void {
  listOperation<TeamInvitation>(api, {
    path: "/team-invitations",
    access: ["team-invitations", "list"],
    summary: "List the mailed invitations of your teams",
    noun: teamInvitationNoun,
    filters: z.object({ team_id: Id, status: z.enum(INVITATION_STATUSES), role: z.enum(TEAM_INVITATION_ROLES) }),
    item: InvitationShape,
    run: listTeamInvitations,
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
  readOperation<TeamInvitation>(api, {
    path: "/team-invitations/{id}",
    access: ["team-invitations", "get"],
    summary: "Read an invitation",
    noun: teamInvitationNoun,
    item: InvitationShape,
    run: getTeamInvitation,
    present: invitation,
  });
  mailedOperations(api, {
    resource: "team-invitations",
    kind: TEAM_INVITATION,
    item: InvitationShape,
    present: invitation,
    preview: Preview,
    presentPreview: preview,
    accept: {
      summary: "Join the team",
      description: "As a recruiter, signed in with the address that was invited.",
      reply: MemberShape,
      run: acceptTeamInvitation,
      present: teamMember,
    },
  });
}
