import { eq } from "drizzle-orm";
import { oauthGrants, oauthTokens } from "#db/schema/api.ts";
import { updateOf } from "#db/statements.ts";
import { holdableScopes, ROLE_TYPE_OF, type Scope } from "#domain/credentials/scopes.ts";
import { hashToken } from "#domain/credentials/token.ts";
import type { AccessToken } from "#domain/credentials/record.ts";
import { endsOf } from "#domain/oauth/lives.ts";
import { OAuthRefusal } from "#domain/oauth/refusal.ts";
import { insertAll } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { type Grant, type HeldGrant, subjectOf } from "./grant.ts";

/** What a client may know of tokens that were made for it (RFC 6749 §5.1). */
interface TokenReply {
  access_token: string;
  token_type: "Bearer";
  expires_in: number;
  refresh_token?: string;
  scope: string;
}

/** Tokens that are ready to be written: the reply's text is complete before the commit. */
export interface Issued {
  reply: string;
  write: readonly Statement[];
  access: AccessToken;
}

export interface ToIssue {
  family: { id: string; expiresAt: Date };
  /** What the access token opens, as far as the account may hold it. */
  scopes: readonly Scope[];
  /** The refresh token beside it, which keeps the scopes of its family; null for none. */
  refresh: { scopes: readonly Scope[]; parentId: string | null; generation: number } | null;
}

/**
 * Makes an access token for a grant and, unless told, the refresh token beside it. Refuses with
 * `invalid_scope` when the account may hold none of the scopes.
 */
export async function issue(ctx: Context, { grant, accountKind, plan }: HeldGrant, { family, scopes, refresh }: ToIssue): Promise<Issued> {
  const holdable = holdableScopes(ROLE_TYPE_OF[accountKind], plan);
  const held = scopes.filter((scope) => holdable.includes(scope));
  if (held.length === 0) throw new OAuthRefusal("invalid_scope", "The account may hold none of these scopes");

  const random = grant.publicId.slice(0, 10);
  const access = await ctx.ports.credentialTokens.mint("sna", random);
  const ends = endsOf(ctx.now(), family.expiresAt);
  const common = { grantId: grant.id, familyId: family.id, issuedAt: ctx.now(), familyExpiresAt: family.expiresAt };
  const accessHash = await hashToken(access.text);
  const rows: (typeof oauthTokens.$inferInsert)[] = [
    { ...common, id: ctx.newId(), kind: "access", tokenHash: accessHash, scopes: held, expiresAt: ends.access },
  ];
  const reply: TokenReply = {
    access_token: access.text,
    token_type: "Bearer",
    expires_in: seconds(ends.access) - seconds(ctx.now()),
    scope: held.join(" "),
  };
  if (refresh) {
    const { text } = await ctx.ports.credentialTokens.mint("snr", random);
    const { scopes: kept, parentId, generation } = refresh;
    rows.push({
      ...common,
      id: ctx.newId(),
      kind: "refresh",
      tokenHash: await hashToken(text),
      scopes: [...kept],
      parentId,
      generation,
      expiresAt: ends.refresh,
    });
    reply.refresh_token = text;
  }
  return {
    reply: JSON.stringify(reply),
    write: [
      insertAll(oauthTokens, rows),
      // its id follows the newest server key, under which the tokens are made; its object keeps its name
      updateOf(oauthGrants).set({ lastUsedAt: ctx.now(), publicId: access.publicId }).where(eq(oauthGrants.id, grant.id)) as Statement,
    ],
    access: { hash: accessHash, expiresAt: seconds(ends.access), scopes: held, familyId: family.id },
  };
}

const seconds = (at: Date): number => Math.floor(at.getTime() / 1_000);

/** Tells the grant's object of a new token, so that its first use asks no database. One that is not told reads it. */
export async function letPass(ctx: Context, grant: Pick<Grant, "publicId">, version: number, access: AccessToken): Promise<void> {
  try {
    await ctx.ports.credentials(subjectOf(grant)).addAccessToken(access, version);
  } catch {
    ctx.ports.log("warn", "a new access token could not be told to its object; its first use reads it", { request_id: ctx.request.id });
  }
}
