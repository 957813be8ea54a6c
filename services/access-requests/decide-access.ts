import { nextClientStatus } from "#domain/credentials/client.ts";
import { nextKeyStatus } from "#domain/credentials/key.ts";
import { accessDecided } from "#domain/events/api.ts";
import { administeredKeyNoun, type ApiKey, changedKey, factsOfKey } from "../api-keys/api-key.ts";
import { deciding, expectVersion, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { commitCredentials, grantsOf, grantSubjects } from "../credentials/change-credentials.ts";
import { rowById } from "../listing.ts";
import { administeredClientNoun, changedClient, factsOfClient, type OAuthClient } from "../oauth-clients/oauth-client.ts";
import { requireSession } from "../scopes.ts";

/** A key or client after its decision. */
export type Decided = ({ kind: "api_key" } & ApiKey) | ({ kind: "oauth_client" } & OAuthClient);

/**
 * Approves or rejects a key or client, once: of two deciders the second is refused (409). Whoever made it
 * is told.
 *
 * @param reason - what the owner is told; required for a rejection by the surface
 */
export async function decideAccess(ctx: Context, id: string, decision: "approve" | "reject", reason: string | null): Promise<Decided> {
  requireSession(ctx);
  return deciding(ctx, async () => {
    const [[key], [client], grants] = await ctx.read(
      rowById<ApiKey>(ctx, administeredKeyNoun, id),
      rowById<OAuthClient>(ctx, administeredClientNoun, id),
      grantSubjects(grantsOf(id)),
    );
    const before = readable("request", id, key ?? client);
    expectVersion(ctx, before);
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
