import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { AUTH_METHODS, CLIENT_STATUSES, CLIENT_TYPES } from "#db/schema/api.ts";
import { SCOPES } from "#domain/credentials/scopes.ts";
import { deleteClient, rotateClientSecret, suspendClient, unsuspendClient, updateClient } from "#services/oauth-clients/change-client.ts";
import { createClient } from "#services/oauth-clients/create-client.ts";
import { listClients, type OAuthClient, type ShownClient } from "#services/oauth-clients/oauth-client.ts";
import type { ApiEnv } from "../app.ts";
import { defined, Deleted, deleted, Id, Instant, instant } from "../v2/shapes.ts";
import { IpAllowlist, Name, NewClient, Origins, Reason, RedirectUris, Rotation, Scopes } from "./credential-shapes.ts";
import { listOperation, operation } from "./operation.ts";

const OAuthClientShape = z
  .object({
    id: Id,
    client_id: z.string().openapi({ description: "What the application calls itself (RFC 6749 §2.2)" }),
    account_id: Id,
    created_by: Id,
    name: z.string(),
    type: z.enum(CLIENT_TYPES),
    auth_method: z.enum(AUTH_METHODS),
    secret_last4: z.string().nullable(),
    redirect_uris: z.array(z.string()),
    allowed_origins: z.array(z.string()),
    scopes: z.array(z.enum(SCOPES)),
    ip_allowlist: z.array(z.string()),
    status: z.enum(CLIENT_STATUSES),
    status_reason: z.string().nullable(),
    previous_secret_expires_at: Instant.nullable(),
    approved_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("OAuthClient");

const NewOAuthClientShape = OAuthClientShape.extend({
  client_secret: z.string().nullable().openapi({ description: "It is shown this once; a public client has none" }),
}).openapi("NewOAuthClient");

const OAuthClientChange = z
  .strictObject({
    name: Name.optional(),
    redirect_uris: RedirectUris.optional(),
    allowed_origins: Origins.optional(),
    scopes: Scopes.optional(),
    ip_allowlist: IpAllowlist.optional(),
  })
  .openapi("OAuthClientChange");

/** What leaves the house of a client. */
const present = (client: OAuthClient): z.infer<typeof OAuthClientShape> => ({
  id: client.id,
  client_id: client.publicId,
  account_id: client.ownerAccountId,
  created_by: client.ownerUserId,
  name: client.name,
  type: client.type,
  auth_method: client.authMethod,
  secret_last4: client.last4,
  redirect_uris: client.redirectUris,
  allowed_origins: client.allowedOrigins,
  scopes: client.allowedScopes,
  ip_allowlist: client.ipAllowlist,
  status: client.status,
  status_reason: client.statusReason,
  previous_secret_expires_at: instant(client.prevSecretExpiresAt),
  approved_at: instant(client.approvedAt),
  created_at: client.createdAt.toISOString(),
  updated_at: client.updatedAt.toISOString(),
  version: client.version,
});

const presentWithSecret = (client: ShownClient) => ({ ...present(client), client_secret: client.secret ?? null });

export function oauthClients(api: OpenAPIHono<ApiEnv>): void {
  listOperation<OAuthClient>(api, {
    path: "/oauth-clients",
    need: "session",
    access: ["oauth-clients", "list"],
    summary: "List the account's OAuth clients",
    filters: z.object({ status: z.enum(CLIENT_STATUSES) }),
    item: OAuthClientShape,
    run: listClients,
    present,
  });
  operation(api, {
    method: "post",
    path: "/oauth-clients",
    need: "session",
    access: ["oauth-clients", "create"],
    summary: "Register an OAuth client",
    description: "It waits for approval. The answer is the only one that tells its secret.",
    body: NewClient,
    replies: [201, NewOAuthClientShape],
    revealsSecret: true,
    run: (ctx, { body }) =>
      createClient(ctx, {
        name: body.name,
        type: body.type,
        authMethod: body.auth_method,
        redirectUris: body.redirect_uris,
        allowedOrigins: body.allowed_origins,
        scopes: body.scopes,
        ipAllowlist: body.ip_allowlist,
      }),
    present: presentWithSecret,
  });
  operation<{ id: string }, object, z.infer<typeof OAuthClientChange>, OAuthClient>(api, {
    method: "patch",
    path: "/oauth-clients/{id}",
    need: "session",
    access: ["oauth-clients", "update"],
    summary: "Change an OAuth client",
    description: "Another scope, redirect URI or origin than was approved has it wait for approval again, and its grants with it.",
    body: OAuthClientChange,
    replies: [200, OAuthClientShape],
    run: (ctx, { params, body }) =>
      updateClient(
        ctx,
        params.id,
        defined({
          name: body.name,
          redirectUris: body.redirect_uris,
          allowedOrigins: body.allowed_origins,
          allowedScopes: body.scopes,
          ipAllowlist: body.ip_allowlist,
        }),
      ),
    present,
  });
  operation<{ id: string }, object, undefined, OAuthClient>(api, {
    method: "delete",
    path: "/oauth-clients/{id}",
    need: "session",
    access: ["oauth-clients", "delete"],
    summary: "Delete an OAuth client",
    description: "Every grant of it ends with it, at once.",
    replies: [200, Deleted],
    run: (ctx, { params }) => deleteClient(ctx, params.id),
    present: deleted,
  });
  operation<{ id: string }, object, z.infer<typeof Rotation>, ShownClient>(api, {
    method: "post",
    path: "/oauth-clients/{id}/rotate-secret",
    need: "session",
    access: ["oauth-clients", "rotate-secret"],
    summary: "Give an OAuth client a new secret",
    body: Rotation,
    replies: [200, NewOAuthClientShape],
    revealsSecret: true,
    run: (ctx, { params, body }) => rotateClientSecret(ctx, params.id, body.grace_seconds),
    present: presentWithSecret,
  });
  for (const [verb, run, summary] of [
    ["suspend", suspendClient, "Shut an OAuth client off"],
    ["unsuspend", unsuspendClient, "Let a suspended OAuth client pass again"],
  ] as const) {
    operation<{ id: string }, object, z.infer<typeof Reason>, OAuthClient>(api, {
      method: "post",
      path: `/oauth-clients/{id}/${verb}`,
      need: "admin session",
      access: ["oauth-clients", verb],
      summary,
      body: Reason,
      replies: [200, OAuthClientShape],
      run: (ctx, { params, body }) => run(ctx, params.id, body.reason),
      present,
    });
  }
}
