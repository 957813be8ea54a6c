import { nextKeyStatus, previousSecret } from "#domain/credentials/key.ts";
import { keptOf } from "#domain/credentials/token.ts";
import { credentialSuspended, credentialUnsuspended } from "#domain/events/api.ts";
import { conflict } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { administeredKeyNoun, type ApiKey, apiKeyNoun, changeKey, factsOfKey, type ShownKey } from "./api-key.ts";
import { isOrphaned } from "./suspend-keys-of-leaver.ts";

/** Ends a key at once. Refuses (409) one that has ended already. */
export const revokeKey = (ctx: Context, id: string): Promise<ApiKey> =>
  changeKey(ctx, apiKeyNoun, id, "api_key.revoked", (key) => ({
    fields: { status: nextKeyStatus(key.status, "revoke"), prevSecretHash: null, prevSecretExpiresAt: null },
  }));

/**
 * Gives a key a new secret under the same id, so that subject, count and approval stay, and tells it this
 * once. The old secret passes for the grace, in seconds. Refuses (409) a key that has ended.
 */
export const rotateKey = (ctx: Context, id: string, graceSeconds: number): Promise<ShownKey> =>
  changeKey(ctx, apiKeyNoun, id, "api_key.rotated", async (key) => {
    const status = nextKeyStatus(key.status, "rotate");
    const token = ctx.ports.credentialTokens.mintUnder("snk", key.publicId);
    return {
      fields: { status, ...(await keptOf(token)), ...previousSecret(key, graceSeconds, ctx.now()) },
      secret: token.text,
    };
  });

/**
 * Takes over a key whose maker left the account: id, count and approval stay, it acts for the adopter from
 * now on, under a new secret that is told this once; the old one is dead. Whoever runs the account may do
 * what its role type may, so no scope falls away. Refuses (409) a key that is suspended for another reason.
 */
export const adoptKey = (ctx: Context, id: string): Promise<ShownKey> =>
  changeKey(ctx, apiKeyNoun, id, "api_key.adopted", async (key) => {
    const status = nextKeyStatus(key.status, "adopt");
    if (!isOrphaned(key)) throw conflict("Only a key whose maker left can be adopted.");
    const token = ctx.ports.credentialTokens.mintUnder("snk", key.publicId);
    return {
      fields: {
        status,
        statusReason: null,
        userId: ctx.userId,
        ...(await keptOf(token)),
        ...previousSecret(key, 0, ctx.now()),
      },
      secret: token.text,
    };
  });

/** Shuts a key off, whoever's it is: the kill switch of platform admins. Refuses (409) one that is not in use. */
export const suspendKey = (ctx: Context, id: string, reason: string): Promise<ApiKey> =>
  changeKey(ctx, administeredKeyNoun, id, "api_key.suspended", (key) => ({
    fields: { status: nextKeyStatus(key.status, "suspend"), statusReason: reason },
    events: [credentialSuspended(factsOfKey(key), "admin")],
    reason,
  }));

/** Lets a suspended key pass again. */
export const unsuspendKey = (ctx: Context, id: string, reason: string): Promise<ApiKey> =>
  changeKey(ctx, administeredKeyNoun, id, "api_key.unsuspended", (key) => ({
    fields: { status: nextKeyStatus(key.status, "unsuspend"), statusReason: null },
    events: [credentialUnsuspended(factsOfKey(key))],
    reason,
  }));
