import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { SCOPES } from "#domain/credentials/scopes.ts";
import { listAfter } from "#services/keyset.ts";
import { grantNoun, revokeGrant, type ShownGrant } from "#services/oauth/revoke-grant.ts";
import type { ApiEnv } from "../app.ts";
import { Id } from "../v2/shapes.ts";
import { listOperation, operation } from "./operation.ts";

const OAuthGrant = z
  .object({
    id: Id,
    client_id: z.string(),
    client_name: z.string(),
    user_id: Id,
    account_id: Id,
    scopes: z.array(z.enum(SCOPES)),
    status: z.enum(["active", "revoked"]),
    revoked_reason: z.string().nullable(),
    last_used_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    version: z.int(),
  })
  .openapi("OAuthGrant");

const present = (grant: ShownGrant): z.infer<typeof OAuthGrant> => ({
  id: grant.id,
  client_id: grant.clientPublicId,
  client_name: grant.clientName,
  user_id: grant.userId,
  account_id: grant.accountId,
  scopes: [...grant.scopes],
  status: grant.status,
  revoked_reason: grant.revokedReason,
  last_used_at: grant.lastUsedAt?.toISOString() ?? null,
  created_at: grant.createdAt.toISOString(),
  version: grant.version,
});

export function oauthGrants(api: OpenAPIHono<ApiEnv>): void {
  listOperation<ShownGrant>(api, {
    path: "/oauth-grants",
    need: "session",
    access: ["oauth-grants", "list"],
    summary: "List what people let applications do",
    filters: z.object({ status: z.enum(["active", "revoked"]) }),
    item: OAuthGrant,
    run: (ctx, query) => listAfter(ctx, grantNoun, query),
    present,
  });
  operation<{ id: string }, object, undefined, ShownGrant>(api, {
    method: "delete",
    path: "/oauth-grants/{id}",
    need: "session",
    access: ["oauth-grants", "delete"],
    summary: "End what an application may do",
    description: "The whole grant with all its tokens, from the next request on.",
    replies: [200, OAuthGrant],
    run: (ctx, { params }) => revokeGrant(ctx, params.id),
    present,
  });
}
