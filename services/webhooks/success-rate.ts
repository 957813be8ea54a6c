import { sql } from "drizzle-orm";
import { outbox } from "#db/schema/ops.ts";
import { select, statement } from "#db/statements.ts";
import { successRateLow } from "#domain/events/webhook.ts";
import { uuidv7 } from "#domain/ids.ts";
import { isRateLow, successPercent } from "#domain/webhooks/endpoint.ts";
import { commit } from "../commit.ts";
import type { Context } from "../context.ts";
import type { Final } from "./webhook.ts";

/** A delivery is final within this time of its event, as a rule; what took longer is not looked for. */
const REACH_DAYS = 8;

/** What became final in the last 24 hours, of everybody's deliveries. */
async function totalSuccess(ctx: Context): Promise<Final> {
  const [found] = await ctx.read(
    statement<Final & Record<string, unknown>>(sql`
      select count(*) filter (where status = 'succeeded')::int as succeeded, count(*) filter (where status = 'dead')::int as dead
      from api.webhook_deliveries
      where status in ('succeeded', 'dead') and completed_at > ops.now() - interval '24 hours' and event_type <> 'webhook.test'
        and event_at > ops.now() - make_interval(days => ${REACH_DAYS})`),
  );
  return found.rows[0] as Final;
}

const DAY_MS = 86_400_000;

/**
 * Tells operators when fewer than nine in ten deliveries of a day arrive, after retries (PLATFORM §13.7): every hour to
 * the log, and once a day by a notice.
 */
export async function watchSuccess(ctx: Context): Promise<void> {
  const final = await totalSuccess(ctx);
  if (!isRateLow(final)) return;
  ctx.ports.log("error", "webhooks.success_rate_low", { ...final, percent: successPercent(final) });
  const yesterday = uuidv7(new Date(ctx.now().getTime() - DAY_MS), 0, new Uint8Array(8));
  const [told] = await ctx.read(
    select({ id: outbox.id })
      .from(outbox)
      .where(sql`${outbox.id} > ${yesterday}::uuid and ${outbox.eventType} = 'webhooks.success_rate_low'`)
      .limit(1),
  );
  if (told.length === 0) await commit(ctx, null, { write: [], audit: [], events: [successRateLow(ctx.newId(), final)] });
}
