import { sql } from "drizzle-orm";
import { statement } from "#db/statements.ts";
import type { DeliveryPriority } from "#domain/webhooks/outcome.ts";
import type { Context } from "../context.ts";
import { sendDeliveries } from "./send-deliveries.ts";

const ROWS_A_RUN = 1_000;
/** One delivery is not named again before. */
const SWEPT_EVERY_SECONDS = 300;

/** What a sweep looks for. */
export interface SweepSettings {
  /** How long past its time a delivery counts as forgotten. */
  ageSeconds: number;
  /** Of one endpoint at most so many a run. */
  perEndpoint: number;
}

/**
 * Finds deliveries that an object, an alarm or a queue has lost, and names them anew: those past their time, and
 * those that somebody claimed and never recorded (PLATFORM §13.4). Those of an endpoint that is no longer active
 * are parked with it.
 */
export async function sweepDeliveries(ctx: Context, { ageSeconds, perEndpoint }: SweepSettings): Promise<void> {
  const late = sql`d.next_attempt_at < ops.now() - make_interval(secs => ${ageSeconds})`;
  const [swept] = await ctx.claim(
    statement<{ delivery_id: string; webhook_id: string; account_id: string; priority: DeliveryPriority }>(sql`
      with late as (
        select d.id, d.event_at from api.webhooks w
        cross join lateral (
          select d.id, d.event_at, d.next_attempt_at from api.webhook_deliveries d
          where d.webhook_id = w.id and d.status in ('pending', 'in_flight', 'retrying', 'parked') and ${late}
            and (d.swept_at is null or d.swept_at < ops.now() - make_interval(secs => ${SWEPT_EVERY_SECONDS}))
          order by d.next_attempt_at limit ${perEndpoint}
        ) d
        where w.status = 'active' and w.deleted_at is null
        order by d.next_attempt_at limit ${ROWS_A_RUN})
      update api.webhook_deliveries d set
        swept_at = ops.now(),
        status = case d.status when 'in_flight' then 'retrying' else d.status end
      from late where d.id = late.id and d.event_at = late.event_at and d.status in ('pending', 'in_flight', 'retrying', 'parked') and ${late}
      returning d.id as delivery_id, d.webhook_id, d.account_id, case when d.replay_of is null then 'live' else 'replay' end as priority`),
    statement(sql`
      update api.webhook_deliveries d set status = 'parked', next_attempt_at = null
      from api.webhooks w
      where w.id = d.webhook_id and (w.status <> 'active' or w.deleted_at is not null) and d.status = 'in_flight' and ${late}`),
  );
  await sendDeliveries(ctx, swept.rows);
}
