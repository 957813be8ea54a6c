import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { CONNECTION_STATUSES } from "#db/schema/network.ts";
import type { Permissions } from "#domain/relationships/connection.ts";
import type { Included } from "#services/listing.ts";
import {
  permitConnection,
  respondToConnection,
  takeBackConnection,
  terminateConnection,
} from "#services/recruiter-companies/change-connection.ts";
import { type Connection, connectionNoun } from "#services/recruiter-companies/connection.ts";
import { getConnection, listConnections } from "#services/recruiter-companies/list-connections.ts";
import { openConnection } from "#services/recruiter-companies/open-connection.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation, readOperation } from "../operation.ts";
import { recruiter } from "./recruiters.ts";
import { defined, Id, included, Instant, instant, OverrideReason, summary, text } from "./shapes.ts";

const PERMISSIONS = [
  "can_view_jobs",
  "can_submit_candidates",
  "can_view_applications",
  "can_advance_candidates",
  "can_create_jobs",
  "can_edit_jobs",
] as const;

const PermissionsShape = z
  .object(Object.fromEntries(PERMISSIONS.map((name) => [name, z.boolean()])) as Record<(typeof PERMISSIONS)[number], z.ZodBoolean>)
  .openapi("RecruiterPermissions");
const PermissionsInput = z.strictObject(PermissionsShape.shape).partial().openapi("RecruiterPermissionsInput");

const ConnectionShape = z
  .object({
    id: Id,
    recruiter_id: Id,
    company_id: Id,
    status: z.enum(CONNECTION_STATUSES),
    permissions: PermissionsShape,
    invited_by: Id.nullable().openapi({ description: "Who invited on the company's side; null when the recruiter asked" }),
    request_message: z.string().nullable(),
    terms_acknowledged_at: Instant.nullable(),
    started_at: Instant.nullable(),
    ended_at: Instant.nullable(),
    termination_reason: z.string().nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("RecruiterCompany");

const ConnectionInput = z
  .strictObject({
    company_id: Id,
    recruiter_id: Id.optional().openapi({ description: "Whom the company invites; without it the calling recruiter asks" }),
    permissions: PermissionsInput.optional(),
    request_message: text(2_000).nullish(),
    terms_acknowledged: z.boolean().optional(),
    reason: OverrideReason,
  })
  .openapi("RecruiterCompanyInput");

const AnswerInput = z
  .strictObject({
    decision: z.enum(["accept", "decline"]),
    permissions: PermissionsInput.optional(),
    terms_acknowledged: z.boolean().optional(),
    reason: OverrideReason,
    version: z.int().optional(),
  })
  .openapi("RecruiterCompanyAnswer");

const TerminationInput = z.strictObject({ reason: text(2_000), version: z.int().optional() }).openapi("RecruiterCompanyTermination");

const PermissionsPatch = z
  .strictObject({ permissions: PermissionsInput, reason: OverrideReason, version: z.int().optional() })
  .openapi("RecruiterCompanyPatch");

const filters = z.object({ recruiter_id: Id, company_id: Id, status: z.enum(CONNECTION_STATUSES) });

const toPermissions = (given: z.infer<typeof PermissionsInput> | undefined): Partial<Permissions> | null =>
  given ? (defined(given) as Partial<Permissions>) : null;

/** What leaves the house of a connection. */
export const connection = (row: Connection | Included<Connection>) => ({
  id: row.id,
  recruiter_id: row.recruiterId,
  company_id: row.companyId,
  status: row.status,
  permissions: { ...row.permissions },
  invited_by: row.invitedBy,
  request_message: row.requestMessage,
  terms_acknowledged_at: instant(row.termsAcknowledgedAt),
  terms_acknowledged_by: row.termsAcknowledgedBy,
  started_at: instant(row.startedAt),
  ended_at: instant(row.endedAt),
  termination_reason: row.terminationReason,
  terminated_by: row.terminatedBy,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...included(row, { recruiter, company: summary }),
});

export function recruiterCompanies(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Connection>(api, {
    path: "/recruiter-companies",
    access: ["recruiter-companies", "list"],
    summary: "List connections of recruiters and companies",
    noun: connectionNoun,
    filters,
    item: ConnectionShape,
    run: listConnections,
    present: connection,
  });
  operation(api, {
    method: "post",
    path: "/recruiter-companies",
    access: ["recruiter-companies", "create"],
    summary: "Ask a company, or invite a recruiter",
    description: "A recruiter asks for themselves; with `recruiter_id` the company's admin invites that recruiter.",
    body: ConnectionInput,
    replies: [201, ConnectionShape],
    run: (ctx, { body }) =>
      openConnection(ctx, {
        companyId: body.company_id,
        recruiterId: body.recruiter_id ?? null,
        permissions: toPermissions(body.permissions),
        requestMessage: body.request_message ?? null,
        termsAcknowledged: body.terms_acknowledged ?? false,
      }),
    present: connection,
  });
  readOperation<Connection>(api, {
    path: "/recruiter-companies/{id}",
    access: ["recruiter-companies", "get"],
    summary: "Read a connection",
    noun: connectionNoun,
    item: ConnectionShape,
    run: getConnection,
    present: connection,
  });
  operation(api, {
    method: "patch",
    path: "/recruiter-companies/{id}",
    params: idParameter,
    access: ["recruiter-companies", "update"],
    summary: "Say what a recruiter may do",
    description: "By the company's admins. Permissions that are not named stay.",
    body: PermissionsPatch,
    replies: [200, ConnectionShape],
    run: (ctx, { params: { id }, body }) => permitConnection(ctx, id, toPermissions(body.permissions) ?? {}, body.version),
    present: connection,
  });
  operation(api, {
    method: "delete",
    path: "/recruiter-companies/{id}",
    params: idParameter,
    access: ["recruiter-companies", "delete"],
    summary: "Take a request or an invitation back",
    description: "By the side that asked, while it is not answered. The row stays as history.",
    replies: [200, z.object({ id: Id, deleted: z.literal(true) })],
    run: (ctx, { params: { id } }) => takeBackConnection(ctx, id),
    present: ({ id }) => ({ id, deleted: true }),
  });
  operation(api, {
    method: "post",
    path: "/recruiter-companies/{id}/respond",
    params: idParameter,
    access: ["recruiter-companies", "respond"],
    summary: "Accept or decline",
    description: "By the side that was asked: the company's admin, or the recruiter who was invited.",
    body: AnswerInput,
    replies: [200, ConnectionShape],
    run: (ctx, { params: { id }, body }) =>
      respondToConnection(ctx, id, {
        accept: body.decision === "accept",
        permissions: toPermissions(body.permissions),
        termsAcknowledged: body.terms_acknowledged ?? false,
        version: body.version,
      }),
    present: connection,
  });
  operation(api, {
    method: "post",
    path: "/recruiter-companies/{id}/terminate",
    params: idParameter,
    access: ["recruiter-companies", "terminate"],
    summary: "End a connection",
    body: TerminationInput,
    replies: [200, ConnectionShape],
    run: (ctx, { params: { id }, body }) => terminateConnection(ctx, id, body.reason, body.version),
    present: connection,
  });
}
