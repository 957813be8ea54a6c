import { eq, type SQL, sql } from "drizzle-orm";
import { oauthClients, oauthGrants } from "#db/schema/api.ts";
import { contains } from "#db/search.ts";
import { computed, select } from "#db/statements.ts";
import { commit, deciding, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { forgetNow } from "../credentials/credential-subscriber.ts";
import type { KeysetNoun } from "../keyset.ts";
import { requireSession } from "../scopes.ts";
import { type Grant, regranted, revokeTokens } from "./grant.ts";

/** A grant as the account's owners and the person who gave it see it. */
export type ShownGrant = Grant & { clientPublicId: string; clientName: string };

/** Within an account all that act for it, elsewhere the caller's own. */
const readableGrants = (): SQL =>
  sql`case when ops.account_id() is null then ${oauthGrants.userId} = ops.user_id() else ${oauthGrants.accountId} = ops.account_id() end`;

const ofClient = (column: "name" | "public_id"): SQL<string> =>
  sql`(select c.${sql.raw(column)} from ${oauthClients} c where c.id = ${oauthGrants.clientId})`;

const {
  id,
  createdAt,
  updatedAt,
  version,
  publicId,
  clientId,
  userId,
  accountId,
  scopes,
  status,
  revokedReason,
  reuseDetectedAt,
  lastUsedAt,
} = oauthGrants;
const columns = {
  id,
  createdAt,
  updatedAt,
  version,
  publicId,
  clientId,
  userId,
  accountId,
  scopes,
  status,
  revokedReason,
  reuseDetectedAt,
  lastUsedAt,
  clientPublicId: computed<string>("client_public_id", ofClient("public_id")),
  clientName: computed<string>("client_name", ofClient("name")),
};

export const grantNoun: KeysetNoun<ShownGrant> = {
  name: "grant",
  table: oauthGrants,
  columns,
  readable: readableGrants,
  filters: {
    status: (value: string) => eq(oauthGrants.status, value as Grant["status"]),
    search: (words: string) => contains([ofClient("name"), ofClient("public_id")], words),
  },
};

/**
 * Ends a whole grant with all its tokens, from the next request on. Once ended it stays as it is.
 * Refuses keys and grants: nobody manages access with a credential.
 */
export async function revokeGrant(ctx: Context, grantId: string): Promise<ShownGrant> {
  requireSession(ctx);
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(
      select(columns)
        .from(oauthGrants)
        .where(sql`${oauthGrants.id} = ${grantId} and ${readableGrants()}`),
    );
    const grant = readable("grant", grantId, found);
    if (grant.status === "revoked") return grant;
    const fields = { status: "revoked" as const, revokedReason: grant.userId === ctx.userId ? "by_person" : "by_account" };
    const { changed, expect, write, events } = regranted(ctx, grant, fields);
    const revoked = { ...grant, ...fields, version: changed.version, updatedAt: ctx.now() };
    await commit(ctx, revoked, {
      expect,
      write: [revokeTokens(ctx, { grantId: grant.id }), ...write],
      audit: {
        action: "oauth.grant_revoked",
        subject: { type: "oauth_grant", id: grant.id },
        accountId: grant.accountId,
        before: grant,
        after: revoked,
      },
      events,
    });
    await forgetNow(ctx, [changed]);
    return revoked;
  });
}
