import { oauthClients } from "#db/schema/api.ts";
import { type AuthMethod, authMethodOf, type ClientType, requireAddresses } from "#domain/credentials/client.ts";
import { requireHoldable, ROLE_TYPE_OF, type Scope } from "#domain/credentials/scopes.ts";
import { keptOf } from "#domain/credentials/token.ts";
import { accessRequested } from "#domain/events/api.ts";
import { commit, deciding, insert, newRow, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { ownAccount } from "../credentials/own-account.ts";
import { requireSession } from "../scopes.ts";
import { factsOfClient, type ShownClient } from "./oauth-client.ts";

export interface NewClient {
  name: string;
  type: ClientType;
  /** Unless told, a confidential client sends its secret in the header. */
  authMethod?: AuthMethod | undefined;
  redirectUris: readonly string[];
  allowedOrigins: readonly string[];
  scopes: readonly Scope[];
  ipAllowlist: readonly string[];
}

/**
 * Registers an application, which waits for approval. A confidential one is told its secret this once.
 * Refuses (422) addresses that break a rule and scopes that no credential of the account may hold.
 */
export async function createClient(ctx: Context, given: NewClient): Promise<ShownClient> {
  requireSession(ctx);
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(ownAccount());
    const account = readable("account", "", found);
    const allowedScopes = requireHoldable(given.scopes, ROLE_TYPE_OF[account.kind], account.plan);
    const authMethod = authMethodOf(given.type, given.authMethod);
    requireAddresses(given.type, given);
    const token = await ctx.ports.credentialTokens.mint("snc");
    const confidential = given.type === "confidential";
    const client = newRow(ctx, oauthClients, {
      publicId: token.publicId,
      ownerAccountId: account.id,
      ownerUserId: ctx.userId,
      name: given.name,
      type: given.type,
      authMethod,
      ...(confidential ? await keptOf(token) : {}),
      redirectUris: [...given.redirectUris],
      allowedOrigins: [...given.allowedOrigins],
      allowedScopes,
      ipAllowlist: [...given.ipAllowlist],
    });
    return commit<ShownClient>(
      ctx,
      { ...client, ...(confidential ? { secret: token.text } : {}) },
      {
        write: [insert(oauthClients, client)],
        audit: { action: "oauth_client.created", subject: { type: "oauth_client", id: client.id }, after: client, accountId: account.id },
        events: account.waits ? [] : [accessRequested(factsOfClient(client))],
      },
    );
  });
}
