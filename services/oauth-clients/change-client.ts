import { nextClientStatus, requireAddresses, requireSecret, widens } from "#domain/credentials/client.ts";
import { previousSecret } from "#domain/credentials/key.ts";
import { requireHoldable, ROLE_TYPE_OF, type Scope } from "#domain/credentials/scopes.ts";
import { keptOf } from "#domain/credentials/token.ts";
import { accessRequested, credentialSuspended, credentialUnsuspended } from "#domain/events/api.ts";
import { deciding, expectVersion, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { commitCredentials, grantsOf, grantSubjects } from "../credentials/change-credentials.ts";
import { ownAccount } from "../credentials/own-account.ts";
import { rowById } from "../listing.ts";
import { requireSession } from "../scopes.ts";
import {
  administeredClientNoun,
  changeClient,
  changedClient,
  factsOfClient,
  type OAuthClient,
  oauthClientNoun,
  type ShownClient,
} from "./oauth-client.ts";

export interface ClientEdits {
  name?: string;
  redirectUris?: string[];
  allowedOrigins?: string[];
  allowedScopes?: Scope[];
  ipAllowlist?: string[];
}

/**
 * Changes what the owner says of a client. One that asks for more than was approved — a scope, a
 * redirect URI, an origin, another name before people — waits for approval again, and its grants with it; what it gives up is gone at
 * once. Refuses (409) more for a suspended one, and any change of a rejected one.
 */
export async function updateClient(ctx: Context, id: string, edits: ClientEdits): Promise<OAuthClient> {
  requireSession(ctx);
  return deciding(ctx, async () => {
    const [[row], grants, [found]] = await ctx.read(
      rowById<OAuthClient>(ctx, oauthClientNoun, id),
      grantSubjects(grantsOf(id)),
      ownAccount(),
    );
    const before = readable("client", id, row);
    const account = readable("account", "", found);
    expectVersion(ctx, before);
    const allowedScopes = edits.allowedScopes && requireHoldable(edits.allowedScopes, ROLE_TYPE_OF[account.kind], account.plan);
    const edited = { ...before, ...edits, ...(allowedScopes ? { allowedScopes } : {}) };
    requireAddresses(before.type, edited);
    const more = widens(before, edited);
    const status = nextClientStatus(before.status, more ? "widen" : "edit");
    const { after, change } = changedClient(ctx, before, grants, "oauth_client.updated", {
      fields: {
        ...edits,
        ...(allowedScopes ? { allowedScopes } : {}),
        status,
        ...(more ? { approvedBy: null, approvedAt: null } : {}),
      },
      events: more && !account.waits ? [accessRequested(factsOfClient(before))] : [],
    });
    return commitCredentials(ctx, after, [change]);
  });
}

/** Ends a client and every grant of it, at once and for good. */
export const deleteClient = (ctx: Context, id: string): Promise<OAuthClient> =>
  changeClient(ctx, oauthClientNoun, id, "oauth_client.deleted", (client) => ({
    fields: { status: nextClientStatus(client.status, "delete") },
  }));

/** As `rotateKey`, for the secret of a confidential client. Refuses (409) a public one. */
export const rotateClientSecret = (ctx: Context, id: string, graceSeconds: number): Promise<ShownClient> =>
  changeClient(ctx, oauthClientNoun, id, "oauth_client.secret_rotated", async (client) => {
    requireSecret(client);
    const status = nextClientStatus(client.status, "rotate");
    const token = ctx.ports.credentialTokens.mintUnder("snc", client.publicId);
    return {
      fields: { status, ...(await keptOf(token)), ...previousSecret(client, graceSeconds, ctx.now()) },
      secret: token.text,
    };
  });

/** Shuts a client and its grants off, whoever's it is: the kill switch of platform admins. */
export const suspendClient = (ctx: Context, id: string, reason: string): Promise<OAuthClient> =>
  changeClient(ctx, administeredClientNoun, id, "oauth_client.suspended", (client) => ({
    fields: { status: nextClientStatus(client.status, "suspend"), statusReason: reason },
    events: [credentialSuspended(factsOfClient(client), "admin")],
    reason,
  }));

/** Lets a suspended client and its grants pass again. */
export const unsuspendClient = (ctx: Context, id: string, reason: string): Promise<OAuthClient> =>
  changeClient(ctx, administeredClientNoun, id, "oauth_client.unsuspended", (client) => ({
    fields: { status: nextClientStatus(client.status, "unsuspend"), statusReason: null },
    events: [credentialUnsuspended(factsOfClient(client))],
    reason,
  }));
