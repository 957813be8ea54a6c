import { sql } from "drizzle-orm";
import { apiKeys } from "#db/schema/api.ts";
import { select } from "#db/statements.ts";
import { KEY_WARNING_DAYS, keyWarning, nextKeyStatus } from "#domain/credentials/key.ts";
import { keyExpiring } from "#domain/events/api.ts";
import { deciding } from "../commit.ts";
import type { Context } from "../context.ts";
import { commitCredentials } from "../credentials/change-credentials.ts";
import { changedKey, factsOfKey } from "./api-key.ts";

/** A step takes this many rows; the rest waits for the next run. */
const ROWS_A_STEP = 100;

/** Says of keys whose end has come that they are expired. Their objects refuse them from that second on in any case. */
export async function expireKeys(ctx: Context): Promise<void> {
  await deciding(ctx, async () => {
    const [due] = await ctx.read(
      select()
        .from(apiKeys)
        .where(sql`${apiKeys.status} in ('pending', 'active', 'suspended') and ${apiKeys.expiresAt} <= ops.now()`)
        .orderBy(apiKeys.accountId, apiKeys.id)
        .limit(ROWS_A_STEP),
    );
    if (due.length === 0) return;
    const expired = due.map((key) =>
      changedKey(ctx, key, "api_key.expired", {
        fields: { status: nextKeyStatus(key.status, "expire"), prevSecretHash: null, prevSecretExpiresAt: null },
      }),
    );
    await commitCredentials(
      ctx,
      null,
      expired.map(({ change }) => change),
    );
  });
}

/** Warns of the end of active keys, 14 and 3 days ahead. */
export async function warnOfKeyEnds(ctx: Context): Promise<void> {
  const [first, last] = KEY_WARNING_DAYS;
  await deciding(ctx, async () => {
    const [due] = await ctx.read(
      select()
        .from(apiKeys)
        .where(
          sql`${apiKeys.status} = 'active' and ${apiKeys.expiresAt} between ops.now() and ops.now() + make_interval(days => ${first})
            and coalesce(${apiKeys.expiryWarnedDays}, ${first + 1}) > ${last}`,
        )
        .orderBy(apiKeys.accountId, apiKeys.id),
    );
    const warned = due.flatMap((key) => {
      const days = key.expiresAt && keyWarning({ ...key, expiresAt: key.expiresAt, warnedDays: key.expiryWarnedDays }, ctx.now());
      return days === null
        ? []
        : [changedKey(ctx, key, "api_key.warned", { fields: { expiryWarnedDays: days }, events: [keyExpiring(factsOfKey(key), days)] })];
    });
    if (warned.length === 0) return;
    await commitCredentials(
      ctx,
      null,
      warned.map(({ change }) => change),
    );
  });
}
