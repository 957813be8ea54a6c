import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { SUSPENSION_REASONS, TEAM_STATUSES } from "#db/schema/network.ts";
import type { Included } from "#services/listing.ts";
import { createTeam, deleteTeam, type TeamFields, updateTeam } from "#services/teams/change-team.ts";
import { transferOwnership } from "#services/teams/transfer-ownership.ts";
import { getOwnTeams, getTeam, listTeams, type Team, teamNoun } from "#services/teams/team.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { defined, Deleted, deleted, Id, included, Instant, instant, OverrideReason, text } from "./shapes.ts";
import { teamMember } from "./team-members.ts";
import { splitConfig } from "./team-split-configs.ts";

const TeamShape = z
  .object({
    id: Id,
    name: z.string(),
    owner_user_id: Id,
    billing_organization_id: Id.nullable(),
    status: z.enum(TEAM_STATUSES),
    suspended_reason: z.enum(SUSPENSION_REASONS).nullable(),
    grace_until: Instant.nullable().openapi({ description: "Until then a team below its minimum goes on sharing" }),
    earning_members: z.int(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("Team");

const fields = { name: text(200), billing_organization_id: Id.nullish() };
const TeamInput = z.strictObject(fields).openapi("TeamInput");
const TeamPatch = z
  .strictObject({ ...fields, name: fields.name.optional(), reason: OverrideReason, version: z.int().optional() })
  .openapi("TeamPatch");

const toFields = (body: { name?: string | undefined; billing_organization_id?: string | null | undefined }): Partial<TeamFields> =>
  defined({ name: body.name, billingOrganizationId: body.billing_organization_id }) as Partial<TeamFields>;

/** What leaves the house of a team. */
const team = (row: Team | Included<Team>) => ({
  id: row.id,
  name: row.name,
  owner_user_id: row.ownerUserId,
  billing_organization_id: row.billingOrganizationId,
  status: row.status,
  suspended_reason: row.suspendedReason,
  grace_until: instant(row.graceUntil),
  earning_members: row.earningMembers,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...included(row, { members: teamMember, split_config: splitConfig }),
});

export function teams(api: OpenAPIHono<ApiEnv>): void {
  operation(api, {
    method: "get",
    path: "/teams/me",
    access: ["teams", "get-me"],
    summary: "List the teams you are in",
    audience: "person",
    replies: [200, z.array(TeamShape)],
    run: (ctx) => getOwnTeams(ctx),
    present: (rows) => rows.map(team),
  });
  listOperation<Team>(api, {
    path: "/teams",
    access: ["teams", "list"],
    summary: "List teams",
    noun: teamNoun,
    filters: z.object({ status: z.enum(TEAM_STATUSES) }),
    item: TeamShape,
    run: listTeams,
    present: team,
  });
  operation(api, {
    method: "post",
    path: "/teams",
    access: ["teams", "create"],
    summary: "Found a team",
    description: "It is suspended, `below_minimum`, until three earning members are in it.",
    body: TeamInput,
    replies: [201, TeamShape],
    run: (ctx, { body }) => createTeam(ctx, { name: body.name, ...toFields(body) }),
    present: team,
  });
  readOperation<Team>(api, {
    path: "/teams/{id}",
    access: ["teams", "get"],
    summary: "Read a team",
    noun: teamNoun,
    item: TeamShape,
    run: getTeam,
    present: team,
  });
  operation(api, {
    method: "patch",
    path: "/teams/{id}",
    access: ["teams", "update"],
    summary: "Change a team",
    params: z.object({ id: Id }),
    body: TeamPatch,
    replies: [200, TeamShape],
    run: (ctx, { params, body }) => updateTeam(ctx, params.id, toFields(body), body.version),
    present: team,
  });
  operation(api, {
    method: "delete",
    path: "/teams/{id}",
    access: ["teams", "delete"],
    summary: "Dissolve a team",
    description: "Everybody leaves; placements that were settled stay as they are.",
    params: z.object({ id: Id }),
    replies: [200, Deleted],
    run: (ctx, { params }) => deleteTeam(ctx, params.id),
    present: deleted,
  });
  operation(api, {
    method: "post",
    path: "/teams/{id}/transfer-ownership",
    access: ["teams", "transfer-ownership"],
    summary: "Hand a team over",
    description: [
      "By its owner, who goes on as an admin, or by a platform admin with a reason. The new owner is a member who shares in the team.",
      "Placements that were settled stay as they are. Not while a subscription of the team runs: it is the owner's to pay.",
    ].join(" "),
    params: z.object({ id: Id }),
    body: z.strictObject({ recruiter_id: Id, reason: OverrideReason }).openapi("TransferOwnershipInput"),
    replies: [200, TeamShape],
    run: (ctx, { params, body }) => transferOwnership(ctx, params.id, body.recruiter_id),
    present: team,
  });
}
