import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { ORGANIZATION_TYPES } from "#db/schema/identity.ts";
import type { Included } from "#services/listing.ts";
import {
  createOrganization,
  deleteOrganization,
  type OrganizationFields,
  updateOrganization,
} from "#services/organizations/change-organization.ts";
import { getOrganization, listOrganizations } from "#services/organizations/list-organizations.ts";
import { type Organization, organizationNoun } from "#services/organizations/organization.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation, readOperation } from "../operation.ts";
import { defined, Deleted, deleted, Id, included, Instant, OverrideReason, Slug, summary, text } from "./shapes.ts";

const OrganizationShape = z
  .object({
    id: Id,
    name: z.string().openapi({ example: "Acme Holding" }),
    type: z.enum(ORGANIZATION_TYPES),
    slug: z.string(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("Organization");

const fields = { type: z.enum(ORGANIZATION_TYPES).optional(), slug: Slug.optional() };

const OrganizationInput = z.strictObject({ name: text(200), ...fields }).openapi("OrganizationInput");
const OrganizationPatch = z
  .strictObject({ name: text(200).optional(), ...fields, reason: OverrideReason, version: z.int().optional() })
  .openapi("OrganizationPatch");

const filters = z.object({ type: z.enum(ORGANIZATION_TYPES), status: z.enum(["active"]) });

/** What leaves the house of an organization. */
export const organization = (row: Organization | Included<Organization>) => ({
  id: row.id,
  name: row.name,
  type: row.type,
  slug: row.slug,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...included(row, { memberships: summary, companies: summary }),
});

export function organizations(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Organization>(api, {
    path: "/organizations",
    access: ["organizations", "list"],
    summary: "List organizations",
    noun: organizationNoun,
    filters,
    item: OrganizationShape,
    run: listOrganizations,
    present: organization,
  });
  operation(api, {
    method: "post",
    path: "/organizations",
    access: ["organizations", "create"],
    summary: "Open an organization",
    description: "By platform admins.",
    body: OrganizationInput,
    replies: [201, OrganizationShape],
    run: (ctx, { body }) => createOrganization(ctx, { name: body.name, ...defined({ type: body.type, slug: body.slug }) }),
    present: organization,
  });
  readOperation<Organization>(api, {
    path: "/organizations/{id}",
    access: ["organizations", "get"],
    summary: "Read an organization",
    noun: organizationNoun,
    item: OrganizationShape,
    run: getOrganization,
    present: organization,
  });
  operation(api, {
    method: "patch",
    path: "/organizations/{id}",
    params: idParameter,
    access: ["organizations", "update"],
    summary: "Change an organization",
    body: OrganizationPatch,
    replies: [200, OrganizationShape],
    run: (ctx, { params: { id }, body: { version, reason: _, ...words } }) =>
      updateOrganization(ctx, id, defined(words) as Partial<OrganizationFields>, version),
    present: organization,
  });
  operation(api, {
    method: "delete",
    path: "/organizations/{id}",
    params: idParameter,
    access: ["organizations", "delete"],
    summary: "Remove an organization",
    description: "By platform admins. Refused while it has companies.",
    replies: [200, Deleted],
    run: (ctx, { params: { id } }) => deleteOrganization(ctx, id),
    present: deleted,
  });
}
