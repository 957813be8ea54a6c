import { sql } from "drizzle-orm";
import { apiKeys } from "#db/schema/api.ts";
import { requireRoom } from "#domain/credentials/key.ts";
import { requireHoldable, ROLE_TYPE_OF, type Scope } from "#domain/credentials/scopes.ts";
import { keptOf } from "#domain/credentials/token.ts";
import { accessRequested } from "#domain/events/api.ts";
import { invalidField } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { ownAccount } from "../credentials/own-account.ts";
import { requireSession } from "../scopes.ts";
import { factsOfKey, type ShownKey } from "./api-key.ts";

export interface NewKey {
  name: string;
  scopes: readonly Scope[];
  /** Networks in their one spelling; empty lets every address pass. */
  ipAllowlist: readonly string[];
  expiresAt: Date | null;
}

/**
 * Makes a key, which waits for approval, and tells its secret this once. Refuses scopes that it may not
 * hold, an end in the past (422), and one more than the plan allows (`resource_limit_reached`).
 */
export async function createKey(ctx: Context, given: NewKey): Promise<ShownKey> {
  requireSession(ctx);
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(ownAccount());
    const account = readable("account", "", found);
    const roleType = ROLE_TYPE_OF[account.kind];
    const scopes = requireHoldable(given.scopes, roleType, account.plan);
    if (given.expiresAt && given.expiresAt <= ctx.now()) throw invalidField("expires_at", "in_the_past", "is in the past");
    requireRoom(account.keys, account.maxKeys);
    const token = await ctx.ports.credentialTokens.mint("snk");
    const key = newRow(ctx, apiKeys, {
      publicId: token.publicId,
      accountId: account.id,
      userId: ctx.userId,
      roleType,
      name: given.name,
      env: token.env,
      ...(await keptOf(token)),
      scopes,
      ipAllowlist: [...given.ipAllowlist],
      expiresAt: given.expiresAt,
    });
    return commit<ShownKey>(
      ctx,
      { ...key, secret: token.text },
      {
        expect: [sql`ops.guard_keys(${account.id}::uuid, ${account.keys}::integer)`],
        write: [insert(apiKeys, key)],
        audit: { action: "api_key.created", subject: { type: "api_key", id: key.id }, after: key, accountId: account.id },
        events: account.waits ? [] : [accessRequested(factsOfKey(key))],
      },
    );
  });
}
