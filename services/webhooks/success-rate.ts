import { sql } from "drizzle-orm";
import { statement } from "#db/statements.ts";
import { successRateLow } from "#domain/events/webhook.ts";
import { ALERT_BELOW_PERCENT, successPercent } from "#domain/webhooks/endpoint.ts";
import { commit } from "../commit.ts";
import type { Context } from "../context.ts";

/** Below this many final deliveries a share says nothing. */
const FEWEST = 20;
/** A delivery is final within this time of its event, as a rule; what took longer is not looked for. */
const REACH_DAYS = 8;

/** What became final in the last 24 hours, of everybody's deliveries. */
export interface SuccessRate {
  succeeded: number;
  dead: number;
  percent: number | null;
}

export async function totalSuccess(ctx: Context): Promise<SuccessRate> {
  const [found] = await ctx.read(
    statement<{ succeeded: number; dead: number }>(sql`
      select count(*) filter (where status = 'succeeded')::int as succeeded, count(*) filter (where status = 'dead')::int as dead
      from api.webhook_deliveries
      where status in ('succeeded', 'dead') and completed_at > ops.now() - interval '24 hours'
        and event_at > ops.now() - make_interval(days => ${REACH_DAYS})`),
  );
  const { succeeded = 0, dead = 0 } = (found as unknown as { rows: { succeeded: number; dead: number }[] }).rows[0] ?? {};
  return { succeeded, dead, percent: successPercent({ succeeded, dead }) };
}

/** Tells operators when fewer than nine in ten deliveries of a day arrive, after retries (PLATFORM §13.7): hourly to the log, and by a notice. */
export async function watchSuccess(ctx: Context): Promise<void> {
  const { succeeded, dead, percent } = await totalSuccess(ctx);
  if (percent === null || percent >= ALERT_BELOW_PERCENT || succeeded + dead < FEWEST) return;
  ctx.ports.log("error", "webhooks.success_rate_low", { succeeded, dead, percent });
  await commit(ctx, null, { write: [], audit: [], events: [successRateLow(ctx.newId(), { succeeded, dead })] });
}
