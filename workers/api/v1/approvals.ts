import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { ACCOUNT_KINDS, CLIENT_STATUSES, KEY_STATUSES } from "#db/schema/api.ts";
import { CREDENTIAL_KINDS } from "#db/schema/requests.ts";
import { SCOPES } from "#domain/credentials/scopes.ts";
import { type AccessRequest, listAccessRequests } from "#services/access-requests/access-request.ts";
import { decideAccess, type Decided } from "#services/access-requests/decide-access.ts";
import type { ApiEnv } from "../app.ts";
import { Id, Instant, instant, text } from "../v2/shapes.ts";
import { listOperation, operation } from "./operation.ts";

const AccessRequestShape = z
  .object({
    id: Id.openapi({ description: "The key or client itself" }),
    kind: z.enum(CREDENTIAL_KINDS),
    account: z.object({ id: Id, kind: z.enum(ACCOUNT_KINDS), name: z.string() }),
    requested_by: Id,
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    redirect_uris: z.array(z.string()),
    created_at: Instant,
    updated_at: Instant,
  })
  .openapi("AccessRequest");

const Decision = z
  .strictObject({ decision: z.enum(["approve", "reject"]), reason: text(1_000).nullish() })
  .superRefine(({ decision, reason }, issues) => {
    if (decision === "reject" && !reason) issues.addIssue({ code: "custom", path: ["reason"], message: "a rejection has a reason" });
  })
  .openapi("AccessDecision");

const DecidedShape = z
  .object({
    id: Id,
    kind: z.enum(CREDENTIAL_KINDS),
    account_id: Id,
    status: z.enum([...new Set([...KEY_STATUSES, ...CLIENT_STATUSES])]),
    status_reason: z.string().nullable(),
    approved_at: Instant.nullable(),
    version: z.int(),
  })
  .openapi("DecidedAccess");

const request = (row: AccessRequest): z.infer<typeof AccessRequestShape> => ({
  id: row.id,
  kind: row.kind,
  account: { id: row.accountId, kind: row.accountKind, name: row.accountName },
  requested_by: row.requestedBy,
  name: row.name,
  scopes: row.scopes,
  redirect_uris: row.redirectUris,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
});

const decided = (row: Decided): z.infer<typeof DecidedShape> => ({
  id: row.id,
  kind: row.kind,
  account_id: row.kind === "api_key" ? row.accountId : row.ownerAccountId,
  status: row.status,
  status_reason: row.statusReason,
  approved_at: instant(row.approvedAt),
  version: row.version,
});

export function approvals(api: OpenAPIHono<ApiEnv>): void {
  listOperation<AccessRequest>(api, {
    path: "/approvals",
    need: "admin session",
    access: ["approvals", "list"],
    summary: "List what waits for approval",
    filters: z.object({ kind: z.enum(CREDENTIAL_KINDS), account_id: Id, account_kind: z.enum(ACCOUNT_KINDS) }),
    item: AccessRequestShape,
    run: listAccessRequests,
    present: request,
  });
  operation<{ id: string }, object, z.infer<typeof Decision>, Decided>(api, {
    method: "post",
    path: "/approvals/{id}",
    need: "admin session",
    access: ["approvals", "decide"],
    summary: "Approve or reject a key or an OAuth client",
    description:
      "A decision is final. Whoever made the credential is told, with the reason. What an admin asked for, another one approves, if there is one: 409 with `reason` `own_request`.",
    body: Decision,
    replies: [200, DecidedShape],
    run: (ctx, { params, body }) => decideAccess(ctx, params.id, body.decision, body.reason ?? null),
    present: decided,
  });
}
