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
  const used = (kind: UsageMessage["kind"]) =>
    idArray([...new Set(messages.filter((each) => each.kind === kind).map((each) => each.credential_id))]);
  const newest = Math.max(...rows.map(({ minute }) => minute));
  const at = sql`${new Date((newest + 1) * 60_000).toISOString()}::timestamptz`;
  await ctx.database.writer.batch([
    insertInto(usageMinutes)
      .values([...latest.values()])
      .onConflictDoUpdate({
        target: [usageMinutes.credentialId, usageMinutes.minute],
        set: { admitted: greater("admitted"), overage: greater("overage"), denied: greater("denied") },
      }) as Statement,
    statement(sql`update ${apiKeys} set last_used_at = greatest(last_used_at, ${at}) where id = any(${used("key")})`),
    statement(sql`update ${oauthGrants} set last_used_at = greatest(last_used_at, ${at}) where id = any(${used("grant")})`),
  ] as never);
}
