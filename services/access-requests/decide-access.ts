import { sql } from "drizzle-orm";
import { users } from "#db/schema/identity.ts";
import { select } from "#db/statements.ts";
import { nextClientStatus } from "#domain/credentials/client.ts";
import { nextKeyStatus } from "#domain/credentials/key.ts";
import { accessDecided } from "#domain/events/api.ts";
import { conflict } from "#domain/refusals.ts";
import { administeredKeyNoun, type ApiKey, changedKey, factsOfKey } from "../api-keys/api-key.ts";
import { deciding, expectVersion, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { commitCredentials, grantsOf, grantSubjects } from "../credentials/change-credentials.ts";
import { rowById } from "../listing.ts";
import { administeredClientNoun, changedClient, factsOfClient, type OAuthClient } from "../oauth-clients/oauth-client.ts";
import { requireSession } from "../scopes.ts";

/** A key or client after its decision. */
export type Decided = ({ kind: "api_key" } & ApiKey) | ({ kind: "oauth_client" } & OAuthClient);

/** Another platform admin who could decide, if there is one. */
const anotherAdmin = () =>
  select({ id: users.id })
    .from(users)
    .where(
      sql`${users.status} = 'active' and ${users.deletedAt} is null and ${users.id} <> ops.user_id() and exists (
        select from identity.user_roles r where r.user_id = ${users.id} and r.role_name = 'platform_admin' and r.deleted_at is null)`,
    )
    .limit(1);

/**
 * Approves or rejects a key or client, once: of two deciders the second is refused (409). Whoever made it
 * is told. Nobody approves what they asked for themselves while another platform admin could (409
 * `own_request`); to reject it is to take it back.
 *
 * @param reason - what the owner is told; required for a rejection by the surface
 */
export async function decideAccess(ctx: Context, id: string, decision: "approve" | "reject", reason: string | null): Promise<Decided> {
  requireSession(ctx);
  return deciding(ctx, async () => {
    const [[key], [client], grants, [other]] = await ctx.read(
      rowById<ApiKey>(ctx, administeredKeyNoun, id),
      rowById<OAuthClient>(ctx, administeredClientNoun, id),
      grantSubjects(grantsOf(id)),
      anotherAdmin(),
    );
    const before = readable("request", id, key ?? client);
    expectVersion(ctx, before);
    const maker = key ? key.userId : (client as OAuthClient).ownerUserId;
    if (decision === "approve" && other && maker === ctx.userId) {
      throw conflict("You asked for this yourself: another platform admin has to approve it.", { reason: "own_request" });
    }
    const approval = decision === "approve" ? { approvedBy: ctx.userId, approvedAt: ctx.now() } : {};
    const told = decision === "approve" ? "approved" : "rejected";
    const why = reason === null ? {} : { reason };
    if (key) {
      const { after, change } = changedKey(ctx, key, `api_key.${told}`, {
        fields: { status: nextKeyStatus(key.status, decision), statusReason: reason, ...approval },
        events: [accessDecided(factsOfKey(key), told)],
        ...why,
      });
      return commitCredentials<Decided>(ctx, { kind: "api_key", ...after }, [change]);
    }
    const { after, change } = changedClient(ctx, before as OAuthClient, grants, `oauth_client.${told}`, {
      fields: { status: nextClientStatus((before as OAuthClient).status, decision), statusReason: reason, ...approval },
      events: [accessDecided(factsOfClient(before as OAuthClient), told)],
      ...why,
    });
    return commitCredentials<Decided>(ctx, { kind: "oauth_client", ...after }, [change]);
  });
}
