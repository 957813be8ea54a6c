import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { MEMBERSHIP_ROLES } from "#db/schema/identity.ts";
import type { Included } from "#services/listing.ts";
import { createMembership, deleteMembership, type MembershipChanges, updateMembership } from "#services/memberships/change-membership.ts";
import { getMembership, listMemberships } from "#services/memberships/list-memberships.ts";
import { type Membership, membershipNoun } from "#services/memberships/membership.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation, readOperation } from "../operation.ts";
import { defined, Deleted, deleted, Id, included, Instant, OverrideReason, summary } from "./shapes.ts";

export const MembershipShape = z
  .object({
    id: Id,
    user_id: Id,
    role_name: z.enum(MEMBERSHIP_ROLES),
    organization_id: Id,
    company_id: Id.nullable().openapi({ description: "Null: all companies of the organization" }),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("Membership");

const MembershipInput = z
  .strictObject({
    user_id: Id.openapi({ description: "Somebody the caller can see; anybody else is invited" }),
    role_name: z.enum(MEMBERSHIP_ROLES),
    organization_id: Id,
    company_id: Id.nullish(),
    reason: OverrideReason,
  })
  .openapi("MembershipInput");

const MembershipPatch = z
  .strictObject({
    role_name: z.enum(MEMBERSHIP_ROLES).optional(),
    company_id: Id.nullish(),
    reason: OverrideReason,
    version: z.int().optional(),
  })
  .openapi("MembershipPatch");

const filters = z.object({ organization_id: Id, user_id: Id, role_name: z.enum(MEMBERSHIP_ROLES) });

/** What leaves the house of a membership. */
export const membership = (row: Membership | Included<Membership>) => ({
  id: row.id,
  user_id: row.userId,
  role_name: row.roleName,
  organization_id: row.organizationId,
  company_id: row.companyId,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...included(row, { user: summary }),
});

export function memberships(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Membership>(api, {
    path: "/memberships",
    access: ["memberships", "list"],
    summary: "List memberships",
    noun: membershipNoun,
    filters,
    item: MembershipShape,
    run: listMemberships,
    present: membership,
  });
  operation(api, {
    method: "post",
    path: "/memberships",
    access: ["memberships", "create"],
    summary: "Take somebody into an organization",
    body: MembershipInput,
    replies: [201, MembershipShape],
    run: (ctx, { body }) =>
      createMembership(ctx, {
        userId: body.user_id,
        roleName: body.role_name,
        organizationId: body.organization_id,
        companyId: body.company_id ?? null,
      }),
    present: membership,
  });
  readOperation<Membership>(api, {
    path: "/memberships/{id}",
    access: ["memberships", "get"],
    summary: "Read a membership",
    noun: membershipNoun,
    item: MembershipShape,
    run: getMembership,
    present: membership,
  });
  operation(api, {
    method: "patch",
    path: "/memberships/{id}",
    params: idParameter,
    access: ["memberships", "update"],
    summary: "Change a membership",
    description: "The last admin of an organization stays one.",
    body: MembershipPatch,
    replies: [200, MembershipShape],
    run: (ctx, { params: { id }, body }) =>
      updateMembership(ctx, id, defined({ roleName: body.role_name, companyId: body.company_id }) as MembershipChanges, body.version),
    present: membership,
  });
  operation(api, {
    method: "delete",
    path: "/memberships/{id}",
    params: idParameter,
    access: ["memberships", "delete"],
    summary: "Take somebody out of an organization",
    description: "The last admin of an organization stays.",
    replies: [200, Deleted],
    run: (ctx, { params: { id } }) => deleteMembership(ctx, id),
    present: deleted,
  });
}
