import { sql } from "drizzle-orm";
import { statement } from "#db/statements.ts";
import type { Context } from "../context.ts";
import { requireScope } from "../scopes.ts";

/** What became final in one hour, by the hour's beginning. */
export interface HourOfOutcomes {
  start: Date;
  succeeded: number;
  dead: number;
}

const HOURS = 24;

/** What became of an endpoint's deliveries in each of the last 24 hours, the running one last. For an endpoint that the caller sees. */
export async function outcomesByHour(ctx: Context, webhookId: string): Promise<HourOfOutcomes[]> {
  requireScope(ctx, "manage:webhooks");
  const [found] = await ctx.read(
    statement<{ start: string; succeeded: number; dead: number }>(sql`
      select to_char(hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as start,
        count(d.id) filter (where d.status = 'succeeded')::int as succeeded, count(d.id) filter (where d.status = 'dead')::int as dead
      from generate_series(date_trunc('hour', ops.now()) - make_interval(hours => ${HOURS - 1}), date_trunc('hour', ops.now()), interval '1 hour') hour
      left join api.webhook_deliveries d on d.webhook_id = ${webhookId}::uuid and d.account_id = ops.account_id()
        and d.status in ('succeeded', 'dead') and d.event_type <> 'webhook.test' and d.completed_at >= hour and d.completed_at < hour + interval '1 hour'
      group by hour order by hour`),
  );
  const { rows } = found as unknown as { rows: { start: string; succeeded: number; dead: number }[] };
  return rows.map(({ start, succeeded, dead }) => ({ start: new Date(start), succeeded, dead }));
}
