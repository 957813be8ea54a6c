import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { TEAM_MEMBER_STATUSES, TEAM_ROLES } from "#db/schema/network.ts";
import type { Included } from "#services/listing.ts";
import { deleteMember, inviteMember, updateMember } from "#services/teams/change-member.ts";
import { getMember, listMembers, type Member, memberNoun } from "#services/teams/member.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { Deleted, deleted, Id, included, Instant, instant, OverrideReason, summary } from "./shapes.ts";

export const MemberShape = z
  .object({
    id: Id,
    team_id: Id,
    recruiter_id: Id,
    role: z.enum(TEAM_ROLES),
    status: z.enum(TEAM_MEMBER_STATUSES),
    joined_at: Instant.nullable(),
    name: z.string().optional(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("TeamMember");

/** A team has one owner, who founded it. */
const AssignableRole = z.enum(["admin", "member", "collaborator"]);

const MemberInput = z
  .strictObject({ team_id: Id, recruiter_id: Id, role: AssignableRole, reason: OverrideReason })
  .openapi("TeamMemberInput");

const MemberPatch = z
  .strictObject({
    status: z.literal("active").optional(),
    role: AssignableRole.optional(),
    reason: OverrideReason,
    version: z.int().optional(),
  })
  .openapi("TeamMemberPatch", { description: "`status: active` accepts one's own invitation" });

/** What leaves the house of a membership. */
export const teamMember = (row: Member & { name?: string }) => ({
  id: row.id,
  team_id: row.teamId,
  recruiter_id: row.recruiterId,
  role: row.teamRole,
  status: row.status,
  joined_at: instant(row.joinedAt),
  ...(row.name === undefined ? {} : { name: row.name }),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

const withIncludes = (row: Included<Member>) => ({ ...teamMember(row), ...included(row, { recruiter: summary, team: summary }) });

export function teamMembers(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Member>(api, {
    path: "/team-members",
    access: ["team-members", "list"],
    summary: "List team members",
    noun: memberNoun,
    filters: z.object({ team_id: Id, status: z.enum(TEAM_MEMBER_STATUSES), role: z.enum(TEAM_ROLES) }),
    item: MemberShape,
    run: listMembers,
    present: withIncludes,
  });
  operation(api, {
    method: "post",
    path: "/team-members",
    access: ["team-members", "create"],
    summary: "Invite a recruiter into a team",
    body: MemberInput,
    replies: [201, MemberShape],
    run: (ctx, { body }) => inviteMember(ctx, { teamId: body.team_id, recruiterId: body.recruiter_id, teamRole: body.role }),
    present: teamMember,
  });
  readOperation<Member>(api, {
    path: "/team-members/{id}",
    access: ["team-members", "get"],
    summary: "Read a team member",
    noun: memberNoun,
    item: MemberShape,
    run: getMember,
    present: withIncludes,
  });
  operation(api, {
    method: "patch",
    path: "/team-members/{id}",
    access: ["team-members", "update"],
    summary: "Accept an invitation, or change what a member is",
    params: z.object({ id: Id }),
    body: MemberPatch,
    replies: [200, MemberShape],
    run: (ctx, { params, body }) =>
      updateMember(ctx, params.id, { accept: body.status === "active", teamRole: body.role, version: body.version }),
    present: teamMember,
  });
  operation(api, {
    method: "delete",
    path: "/team-members/{id}",
    access: ["team-members", "delete"],
    summary: "Remove a member, leave, or withdraw an invitation",
    params: z.object({ id: Id }),
    replies: [200, Deleted],
    run: (ctx, { params }) => deleteMember(ctx, params.id),
    present: deleted,
  });
}
