import { eq, sql } from "drizzle-orm";
import { accountPlans, accounts, oauthClients, oauthGrants, oauthTokens } from "#db/schema/api.ts";
import { users } from "#db/schema/identity.ts";
import { select, updateOf } from "#db/statements.ts";
import { hashToken } from "#domain/credentials/token.ts";
import { reuseDetected } from "#domain/events/api.ts";
import { requestedScopes } from "#domain/oauth/authorization-request.ts";
import { type PresentedClient, requireApproved } from "#domain/oauth/client.ts";
import { after, REPLAY_SECONDS } from "#domain/oauth/lives.ts";
import { OAuthRefusal } from "#domain/oauth/refusal.ts";
import { decideRefresh, type Refresh } from "#domain/oauth/refresh.ts";
import { openReply, sealReply } from "#domain/oauth/replay-seal.ts";
import { commit, deciding, unchanged } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { forgetNow } from "../credentials/credential-subscriber.ts";
import { type Client, readAsClient } from "./client.ts";
import { grantFields, type HeldGrant, regranted, revokeTokens } from "./grant.ts";
import { issue, letPass } from "./issue.ts";

/** A token with the grant it belongs to. */
export type HeldToken = HeldGrant & { token: typeof oauthTokens.$inferSelect };

const invalidGrant = (): OAuthRefusal => new OAuthRefusal("invalid_grant", "The refresh token is not valid");

/**
 * Exchanges a refresh token for the next pair, exactly once: of several who come at the same time
 * one rotates, and all get its reply. A copy that comes after the grace ends its family, the second
 * time within a day the whole grant (PLATFORM §5.1). Scopes may be narrowed, never widened.
 *
 * @returns the body of the reply
 */
export async function refreshTokens(
  ctx: Context,
  presented: PresentedClient,
  given: { refreshToken: string; scope: string | null },
): Promise<string> {
  const tokenHash = await hashToken(given.refreshToken);
  return deciding(ctx, async () => {
    const [client, [found]] = await readAsClient(ctx, presented, tokenByHash(tokenHash));
    requireApproved(client);
    const held = found?.token.kind === "refresh" ? found : undefined;
    const seen = held && { ...held.token, clientId: held.clientPublicId, reuseDetectedAt: held.grant.reuseDetectedAt };
    const decided = decideRefresh(seen, presented.clientId, ctx.now());
    if (!held || decided.kind === "refuse") throw invalidGrant();
    if (decided.kind === "foreign") throw await refuseForeign(ctx, held, client);
    if (decided.kind === "reused") throw await endReused(ctx, held, decided);
    if (!held.usable) throw invalidGrant();
    if (decided.kind === "repeat") return openReply(held.token.replayReplyEnc ?? "", given.refreshToken, held.token.id);
    return rotate(ctx, held, client, given);
  });
}

/** A token by its hash, of whichever kind. */
export const tokenByHash = (tokenHash: string) =>
  select({ token: oauthTokens, ...grantFields })
    .from(oauthTokens)
    .innerJoin(oauthGrants, eq(oauthGrants.id, oauthTokens.grantId))
    .innerJoin(oauthClients, eq(oauthClients.id, oauthGrants.clientId))
    .innerJoin(accounts, eq(accounts.id, oauthGrants.accountId))
    .innerJoin(accountPlans, eq(accountPlans.accountId, oauthGrants.accountId))
    .innerJoin(users, eq(users.id, oauthGrants.userId))
    .where(eq(oauthTokens.tokenHash, tokenHash));

async function rotate(
  ctx: Context,
  held: HeldToken,
  client: Client,
  { refreshToken, scope }: { refreshToken: string; scope: string | null },
): Promise<string> {
  const { token, grant } = held;
  const allowed = token.scopes.filter((each) => client.allowedScopes.includes(each));
  const issued = await issue(ctx, held, {
    family: { id: token.familyId, expiresAt: token.familyExpiresAt },
    scopes: requestedScopes(scope, allowed),
    refresh: { scopes: token.scopes, parentId: token.id, generation: token.generation + 1 },
  });
  const rotated = {
    rotatedAt: ctx.now(),
    replayReplyEnc: await sealReply(issued.reply, refreshToken, token.id, (count) => ctx.ports.randomBytes(count)),
    replayUntil: after(ctx.now(), { seconds: REPLAY_SECONDS }),
  };
  await commit(ctx, null, {
    expect: [unchanged(oauthGrants, grant), sql`ops.guard_refresh(${token.tokenHash})`],
    write: [updateOf(oauthTokens).set(rotated).where(eq(oauthTokens.id, token.id)) as Statement, ...issued.write],
    audit: { action: "oauth.token_refreshed", subject: { type: "oauth_grant", id: grant.id } },
    events: [],
  });
  await letPass(ctx, grant, grant.version, issued.access);
  return issued.reply;
}

async function endReused(ctx: Context, { token, grant }: HeldToken, { ends }: Extract<Refresh, { kind: "reused" }>): Promise<OAuthRefusal> {
  const fields = {
    reuseDetectedAt: ctx.now(),
    ...(ends === "grant" ? { status: "revoked" as const, revokedReason: "reuse_detected" } : {}),
  };
  const { changed, expect, write, events } = regranted(ctx, grant, fields);
  await commit(ctx, null, {
    expect,
    write: [revokeTokens(ctx, ends === "grant" ? { grantId: grant.id } : { familyIds: [token.familyId] }), ...write],
    audit: {
      action: "oauth.reuse_detected",
      subject: { type: "oauth_grant", id: grant.id },
      accountId: grant.accountId,
      before: grant,
      after: { ...grant, ...fields },
      reason: ends,
    },
    events: [...events, reuseDetected(grant, ends)],
  });
  await forgetNow(ctx, [changed]);
  return invalidGrant();
}

/** Somebody shows a token that was given to another client: it stays as it is, and its account can read of it. */
async function refuseForeign(ctx: Context, { grant }: HeldToken, client: Client): Promise<OAuthRefusal> {
  await commit(ctx, null, {
    write: [],
    audit: {
      action: "oauth.foreign_token_refused",
      subject: { type: "oauth_grant", id: grant.id },
      accountId: grant.accountId,
      reason: `presented by client ${client.publicId}`,
    },
    events: [],
  });
  return invalidGrant();
}
