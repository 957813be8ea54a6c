import { sql } from "drizzle-orm";
import { apiKeys, oauthGrants, usageMinutes } from "#db/schema/api.ts";
import { insertInto, statement } from "#db/statements.ts";
import type { Context, Statement } from "../context.ts";
import { idArray } from "../events/handle-events.ts";
import type { UsageMessage } from "../ports.ts";

/**
 * Keeps what the limiters counted, by subject and minute. A count only grows, so the greater one is the
 * later one and a message that comes twice changes nothing (PLATFORM §8). Moves `last_used_at` along.
 */
export async function recordUsage(ctx: Context, messages: readonly UsageMessage[]): Promise<void> {
  const rows = messages.flatMap(({ credential_id: credentialId, account_id: accountId, minutes }) =>
    minutes.map((minute) => ({ credentialId, accountId, ...minute })),
  );
  // one statement may meet a row once: of a minute that comes twice the later count is kept
  const latest = new Map(rows.map((row) => [`${row.credentialId} ${row.minute}`, row]));
  if (latest.size === 0) return;
  const greater = (name: string) => sql.raw(`greatest(usage_minutes.${name}, excluded.${name})`);
  const lastMinutes = new Map<string, number>();
  for (const { credentialId, minute } of rows) lastMinutes.set(credentialId, Math.max(minute, lastMinutes.get(credentialId) ?? 0));
  /** Moves the last use of the rows of one kind: the end of the last minute that counted anything. */
  const used = (kind: UsageMessage["kind"], table: typeof apiKeys | typeof oauthGrants) => {
    const ids = [...new Set(messages.filter((each) => each.kind === kind).map((each) => each.credential_id))];
    const minutes = ids.map((id) => lastMinutes.get(id) ?? 0);
    return statement(sql`update ${table} set last_used_at = greatest(last_used_at, to_timestamp((used.minute + 1) * 60.0))
      from unnest(${idArray(ids)}, ${`{${minutes.join(",")}}`}::integer[]) as used(id, minute) where ${table.id} = used.id`);
  };
  await ctx.database.writer.batch([
    insertInto(usageMinutes)
      .values([...latest.values()])
      .onConflictDoUpdate({
        target: [usageMinutes.credentialId, usageMinutes.minute],
        set: { admitted: greater("admitted"), overage: greater("overage"), denied: greater("denied") },
      }) as Statement,
    used("key", apiKeys),
    used("grant", oauthGrants),
  ] as never);
}
