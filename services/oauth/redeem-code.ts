import { eq, sql } from "drizzle-orm";
import { accountPlans, accounts, oauthClients, oauthCodes, oauthGrants } from "#db/schema/api.ts";
import { users } from "#db/schema/identity.ts";
import { select, updateOf } from "#db/statements.ts";
import { hashToken } from "#domain/credentials/token.ts";
import { type PresentedClient, requireApproved } from "#domain/oauth/client.ts";
import { after, FAMILY_DAYS } from "#domain/oauth/lives.ts";
import { challengeOf } from "#domain/oauth/pkce.ts";
import { decideRedemption, familiesToEnd } from "#domain/oauth/redemption.ts";
import { OAuthRefusal } from "#domain/oauth/refusal.ts";
import { commit, deciding } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { forgetNow } from "../credentials/credential-subscriber.ts";
import { readAsClient } from "./client.ts";
import { grantFields, type HeldGrant, liveFamilies, regranted, revokeTokens } from "./grant.ts";
import { issue, letPass } from "./issue.ts";

type Code = HeldGrant & { code: typeof oauthCodes.$inferSelect };

const invalidGrant = (because: string): OAuthRefusal => new OAuthRefusal("invalid_grant", because);

/**
 * Redeems an authorization code, once: begins a family of tokens and gives its first pair
 * (PLATFORM §5). A code that comes twice ends what it began; one that comes with a wrong verifier
 * is consumed; after any other fault it stays usable.
 *
 * @returns the body of the reply
 */
export async function redeemCode(
  ctx: Context,
  presented: PresentedClient,
  given: { code: string; redirectUri: string; codeVerifier: string },
): Promise<string> {
  const codeHash = await hashToken(given.code);
  const challenge = await challengeOf(given.codeVerifier);
  return deciding(ctx, async () => {
    const [client, [found], families] = await readAsClient(ctx, presented, codeByHash(codeHash), liveFamilies(grantOfCode(codeHash)));
    requireApproved(client);
    const code = found && { ...found.code, clientId: found.clientPublicId };
    const decided = decideRedemption(code, { clientId: presented.clientId, redirectUri: given.redirectUri, challenge }, ctx.now());
    if (!found || decided.kind === "refuse") throw invalidGrant(decided.kind === "refuse" ? decided.because : "The code is not known");
    if (decided.kind === "replayed") throw await endReplayed(ctx, found);
    if (decided.kind === "consume") throw await consume(ctx, found);
    if (!found.usable) throw invalidGrant("The consent behind the code has ended");
    return redeem(ctx, found, (families as unknown as { rows: { family_id: string }[] }).rows);
  });
}

const codeByHash = (codeHash: string) =>
  select({ code: oauthCodes, ...grantFields })
    .from(oauthCodes)
    .innerJoin(oauthGrants, eq(oauthGrants.id, oauthCodes.grantId))
    .innerJoin(oauthClients, eq(oauthClients.id, oauthGrants.clientId))
    .innerJoin(accounts, eq(accounts.id, oauthGrants.accountId))
    .innerJoin(accountPlans, eq(accountPlans.accountId, oauthGrants.accountId))
    .innerJoin(users, eq(users.id, oauthGrants.userId))
    .where(eq(oauthCodes.codeHash, codeHash));

const grantOfCode = (codeHash: string) => sql`(select c.grant_id from ${oauthCodes} c where c.code_hash = ${codeHash})`;

/** The condition under which a code may be used, asked again under its lock. */
const unused = (codeHash: string) => sql`ops.guard_code(${codeHash})`;

const marked = (ctx: Context, codeHash: string): Statement =>
  updateOf(oauthCodes).set({ consumedAt: ctx.now() }).where(eq(oauthCodes.codeHash, codeHash)) as Statement;

async function redeem(ctx: Context, found: Code, families: readonly { family_id: string }[]): Promise<string> {
  const { code, grant } = found;
  const familyIds = familiesToEnd(families.map((family) => family.family_id));
  const issued = await issue(ctx, found, {
    family: { id: code.familyId, expiresAt: after(ctx.now(), { days: FAMILY_DAYS }) },
    scopes: code.scopes,
    refresh: { scopes: code.scopes, parentId: null, generation: 0 },
  });
  const room = familyIds.length > 0 ? regranted(ctx, grant, {}) : null;
  const subject = { type: "oauth_grant", id: grant.id };
  await commit(ctx, null, {
    expect: [...(room?.expect ?? []), sql`api.guard_families(${grant.id}::uuid, ${families.length}::integer)`, unused(code.codeHash)],
    write: [marked(ctx, code.codeHash), ...(room ? [revokeTokens(ctx, { familyIds }), ...room.write] : []), ...issued.write],
    audit: [
      { action: "oauth.code_redeemed", subject },
      ...(room ? [{ action: "oauth.family_revoked", subject, accountId: grant.accountId, reason: "too_many" }] : []),
    ],
    events: room?.events ?? [],
  });
  if (room) await forgetNow(ctx, [room.changed]);
  await letPass(ctx, grant, room?.changed.version ?? grant.version, issued.access);
  return issued.reply;
}

/** Ends the family that a code began, because somebody else has the code, too. */
async function endReplayed(ctx: Context, { code, grant }: Code): Promise<OAuthRefusal> {
  const { changed, ...change } = regranted(ctx, grant, {});
  await commit(ctx, null, {
    ...change,
    write: [revokeTokens(ctx, { familyIds: [code.familyId] }), ...change.write],
    audit: { action: "oauth.code_replayed", subject: { type: "oauth_grant", id: grant.id }, accountId: grant.accountId },
  });
  await forgetNow(ctx, [changed]);
  return invalidGrant("The code was used before; its tokens are revoked");
}

async function consume(ctx: Context, { code, grant }: Code): Promise<OAuthRefusal> {
  await commit(ctx, null, {
    expect: [unused(code.codeHash)],
    write: [marked(ctx, code.codeHash)],
    audit: { action: "oauth.verifier_refused", subject: { type: "oauth_grant", id: grant.id }, accountId: grant.accountId },
    events: [],
  });
  return invalidGrant("code_verifier does not fit; the code is used up");
}
