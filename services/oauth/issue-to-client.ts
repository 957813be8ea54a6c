import { eq, sql } from "drizzle-orm";
import { accountPlans, accounts, oauthClients, oauthGrants } from "#db/schema/api.ts";
import { users } from "#db/schema/identity.ts";
import { computed, select } from "#db/statements.ts";
import type { Scope } from "#domain/credentials/scopes.ts";
import { requestedScopes } from "#domain/oauth/authorization-request.ts";
import { type PresentedClient, requireApproved } from "#domain/oauth/client.ts";
import { ACCESS_SECONDS, after } from "#domain/oauth/lives.ts";
import { OAuthRefusal } from "#domain/oauth/refusal.ts";
import { commit, deciding } from "../commit.ts";
import type { Context } from "../context.ts";
import { forgetNow } from "../credentials/credential-subscriber.ts";
import { readAsClient } from "./client.ts";
import { grantWith } from "./grant-with.ts";
import { issue, letPass } from "./issue.ts";

/**
 * Gives a confidential client an access token of its own: it acts as the person who owns it, within
 * the account that owns it (DESIGN R-22). There is no refresh token; it asks again.
 *
 * @returns the body of the reply
 */
export async function issueToClient(ctx: Context, presented: PresentedClient, scope: string | null): Promise<string> {
  return deciding(ctx, async () => {
    const [client, [owner], [grant]] = await readAsClient(ctx, presented, ownerOf(presented.clientId), ownGrant(presented.clientId));
    if (client.type === "public") throw new OAuthRefusal("unauthorized_client", "client_credentials is for confidential clients");
    requireApproved(client);
    if (!owner?.usable) throw new OAuthRefusal("unauthorized_client", "The owner or the account of the client is not active");
    const scopes: readonly Scope[] = requestedScopes(scope, client.allowedScopes);
    const asked = { clientId: client.id, userId: client.ownerUserId, accountId: client.ownerAccountId };
    const granted = await grantWith(ctx, asked, grant, scopes);
    const held = { grant: granted.grant, clientPublicId: client.publicId, usable: true, accountKind: owner.accountKind, plan: owner.plan };
    const issued = await issue(ctx, held, {
      family: { id: ctx.newId(), expiresAt: after(ctx.now(), { seconds: ACCESS_SECONDS }) },
      scopes,
      refresh: null,
    });
    await commit(ctx, null, {
      expect: granted.expect,
      write: [...granted.write, ...issued.write],
      audit: [...granted.audit, { action: "oauth.client_token_issued", subject: { type: "oauth_grant", id: granted.grant.id } }],
      events: granted.events,
    });
    await forgetNow(ctx, granted.changed);
    await letPass(ctx, granted.grant, granted.grant.version, issued.access);
    return issued.reply;
  });
}

const ownerOf = (publicId: string) =>
  select({
    accountKind: accounts.kind,
    plan: accountPlans.plan,
    usable: computed<boolean>("usable", sql`(${users.status} = 'active' and ${accounts.status} = 'active')`),
  })
    .from(oauthClients)
    .innerJoin(accounts, eq(accounts.id, oauthClients.ownerAccountId))
    .innerJoin(accountPlans, eq(accountPlans.accountId, oauthClients.ownerAccountId))
    .innerJoin(users, eq(users.id, oauthClients.ownerUserId))
    .where(eq(oauthClients.publicId, publicId));

const ownGrant = (publicId: string) =>
  select()
    .from(oauthGrants)
    .where(
      sql`${oauthGrants.status} = 'active' and (${oauthGrants.clientId}, ${oauthGrants.userId}, ${oauthGrants.accountId})
        in (select c.id, c.owner_user_id, c.owner_account_id from ${oauthClients} c where c.public_id = ${publicId})`,
    );
