import { hashToken } from "#domain/credentials/token.ts";
import type { PresentedClient } from "#domain/oauth/client.ts";
import { commit, deciding } from "../commit.ts";
import type { Context } from "../context.ts";
import { forgetNow } from "../credentials/credential-subscriber.ts";
import { readAsClient } from "./client.ts";
import { regranted, revokeTokens } from "./grant.ts";
import { tokenByHash } from "./refresh-tokens.ts";

/**
 * Revokes a token at its client's own wish: a refresh token with its whole family, an access token
 * alone (RFC 7009 §2.1). A token that is unknown, over, or another client's changes nothing, and
 * the client is not told which (§2.2).
 */
export async function revokeToken(ctx: Context, presented: PresentedClient, token: string): Promise<void> {
  const tokenHash = await hashToken(token);
  await deciding(ctx, async () => {
    const [client, [found]] = await readAsClient(ctx, presented, tokenByHash(tokenHash));
    if (!found || found.grant.clientId !== client.id || found.token.revokedAt !== null) return;
    const { changed, expect, write, events } = regranted(ctx, found.grant, {});
    const { id, kind, familyId } = found.token;
    await commit(ctx, null, {
      expect,
      write: [revokeTokens(ctx, kind === "refresh" ? { familyIds: [familyId] } : { tokenId: id }), ...write],
      audit: {
        action: kind === "refresh" ? "oauth.family_revoked" : "oauth.token_revoked",
        subject: { type: "oauth_grant", id: found.grant.id },
        accountId: found.grant.accountId,
      },
      events,
    });
    await forgetNow(ctx, [changed]);
  });
}
