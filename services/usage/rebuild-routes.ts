import { sql } from "drizzle-orm";
import { usageRoutesHourly } from "#db/schema/api.ts";
import { requestLog } from "#db/schema/audit.ts";
import { statement } from "#db/statements.ts";
import type { Context } from "../context.ts";

/** Rows that come this late are still added up. */
const REBUILT_HOURS = 3;
/** The upper ends of the latencies that are told apart, in milliseconds; above the last there is one more. */
const LATENCY_BOUNDS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500] as const;

/**
 * Adds up the requests of this hour and the last three by credential and route, in one statement. The
 * log only grows, so a later sum replaces an earlier one. What a session asked belongs to its person,
 * as in the limiter's counts, and not to an account.
 */
export async function rebuildRoutes(ctx: Context): Promise<void> {
  const bounds = sql.raw(`array[${LATENCY_BOUNDS.map((bound) => bound + 1).join(", ")}]`);
  const counts = sql.raw([...LATENCY_BOUNDS, null].map((_, place) => `count(*) filter (where place = ${place})`).join(", "));
  await ctx.database.writer.batch([
    statement(sql`
      insert into ${usageRoutesHourly} (account_id, credential_id, hour, version, route, status_class, count, latency_sum_ms, latency_hist)
      select account, credential_id, hour, version, route, status_class, count(*), sum(latency_ms), array[${counts}]::integer[]
      from (
        select case when credential_kind <> 'user' then account_id end as account, credential_id, date_trunc('hour', ts) as hour,
          split_part(path, '/', 3) as version, method || ' ' || route as route, status / 100 as status_class, latency_ms,
          width_bucket(latency_ms, ${bounds}) as place
        from ${requestLog}
        where seq is not null and credential_id is not null
          and ts >= date_trunc('hour', ops.now()) - make_interval(hours => ${REBUILT_HOURS})
      ) requests
      group by account, credential_id, hour, version, route, status_class
      on conflict (credential_id, hour, version, route, status_class) do update
        set count = excluded.count, latency_sum_ms = excluded.latency_sum_ms, latency_hist = excluded.latency_hist`),
  ]);
}
