import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { KEY_STATUSES } from "#db/schema/api.ts";
import { ROLE_TYPES, SCOPES } from "#domain/credentials/scopes.ts";
import { displayOf } from "#domain/credentials/token.ts";
import { type ApiKey, listKeys, type ShownKey } from "#services/api-keys/api-key.ts";
import { adoptKey, revokeKey, rotateKey, suspendKey, unsuspendKey } from "#services/api-keys/change-key.ts";
import { createKey } from "#services/api-keys/create-key.ts";
import type { ApiEnv } from "../app.ts";
import { Id, Instant, instant } from "../v2/shapes.ts";
import { NewKey, Reason, Rotation } from "./credential-shapes.ts";
import { listOperation, operation } from "./operation.ts";

const ApiKeyShape = z
  .object({
    id: Id,
    account_id: Id,
    created_by: Id,
    name: z.string(),
    display: z.string().openapi({ description: "The key without its secret", example: "snk_live_0123456789dDjpyi_…uNac" }),
    env: z.enum(["live", "test"]),
    role_type: z.enum(ROLE_TYPES),
    scopes: z.array(z.enum(SCOPES)),
    ip_allowlist: z.array(z.string()),
    status: z.enum(KEY_STATUSES),
    status_reason: z.string().nullable(),
    expires_at: Instant.nullable(),
    previous_secret_expires_at: Instant.nullable(),
    approved_at: Instant.nullable(),
    last_used_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("ApiKey");

const NewApiKeyShape = ApiKeyShape.extend({
  secret: z.string().openapi({ description: "The whole key. It is shown this once" }),
}).openapi("NewApiKey");

/** What leaves the house of a key. */
const present = (key: ApiKey): z.infer<typeof ApiKeyShape> => ({
  id: key.id,
  account_id: key.accountId,
  created_by: key.userId,
  name: key.name,
  display: displayOf({ ...key, type: "snk" }),
  env: key.env,
  role_type: key.roleType,
  scopes: key.scopes,
  ip_allowlist: key.ipAllowlist,
  status: key.status,
  status_reason: key.statusReason,
  expires_at: instant(key.expiresAt),
  previous_secret_expires_at: instant(key.prevSecretExpiresAt),
  approved_at: instant(key.approvedAt),
  last_used_at: instant(key.lastUsedAt),
  created_at: key.createdAt.toISOString(),
  updated_at: key.updatedAt.toISOString(),
  version: key.version,
});

const presentWithSecret = (key: ShownKey) => ({ ...present(key), secret: key.secret });

export function apiKeys(api: OpenAPIHono<ApiEnv>): void {
  listOperation<ApiKey>(api, {
    path: "/api-keys",
    need: "session",
    access: ["api-keys", "list"],
    summary: "List the account's keys",
    filters: z.object({ status: z.enum(KEY_STATUSES) }),
    item: ApiKeyShape,
    run: listKeys,
    present,
  });
  operation(api, {
    method: "post",
    path: "/api-keys",
    need: "session",
    access: ["api-keys", "create"],
    summary: "Make a key",
    description: "It waits for approval. The answer is the only one that tells its secret.",
    body: NewKey,
    replies: [201, NewApiKeyShape],
    revealsSecret: true,
    run: (ctx, { body }) =>
      createKey(ctx, { name: body.name, scopes: body.scopes, ipAllowlist: body.ip_allowlist, expiresAt: body.expires_at ?? null }),
    present: presentWithSecret,
  });
  operation<{ id: string }, object, undefined, ApiKey>(api, {
    method: "delete",
    path: "/api-keys/{id}",
    need: "session",
    access: ["api-keys", "revoke"],
    summary: "Revoke a key",
    description: "At once and for good.",
    replies: [200, ApiKeyShape],
    run: (ctx, { params }) => revokeKey(ctx, params.id),
    present,
  });
  operation<{ id: string }, object, z.infer<typeof Rotation>, ShownKey>(api, {
    method: "post",
    path: "/api-keys/{id}/rotate",
    need: "session",
    access: ["api-keys", "rotate"],
    summary: "Give a key a new secret",
    description: "Id, count and approval stay. A second rotation within the grace ends the secret before at once.",
    body: Rotation,
    replies: [200, NewApiKeyShape],
    revealsSecret: true,
    run: (ctx, { params, body }) => rotateKey(ctx, params.id, body.grace_seconds),
    present: presentWithSecret,
  });
  operation<{ id: string }, object, undefined, ShownKey>(api, {
    method: "post",
    path: "/api-keys/{id}/adopt",
    need: "session",
    access: ["api-keys", "adopt"],
    summary: "Take over a key whose maker left",
    description: "Id, count and approval stay; it acts for you from now on, under a new secret. The old one is dead.",
    replies: [200, NewApiKeyShape],
    revealsSecret: true,
    run: (ctx, { params }) => adoptKey(ctx, params.id),
    present: presentWithSecret,
  });
  for (const [verb, run, summary] of [
    ["suspend", suspendKey, "Shut a key off"],
    ["unsuspend", unsuspendKey, "Let a suspended key pass again"],
  ] as const) {
    operation<{ id: string }, object, z.infer<typeof Reason>, ApiKey>(api, {
      method: "post",
      path: `/api-keys/{id}/${verb}`,
      need: "admin session",
      access: ["api-keys", verb],
      summary,
      body: Reason,
      replies: [200, ApiKeyShape],
      run: (ctx, { params, body }) => run(ctx, params.id, body.reason),
      present,
    });
  }
}
