import { and, type SQL, sql } from "drizzle-orm";
import { webhookDeliveries } from "#db/schema/deliveries.ts";
import { type ReplayFilter, webhooks } from "#db/schema/webhooks.ts";
import { computed, select } from "#db/statements.ts";
import { PUBLISHED_EVENTS } from "#domain/events/published.ts";
import { REPLAY_DAYS } from "#domain/webhooks/replay.ts";

/** What an endpoint missed, and from when on: what a replay job with this filter would send. */
export interface ReplayOffer {
  since: Date;
  deliveries: number;
}

/** What is offered when an endpoint is enabled again. */
export const MISSED = ["dead", "parked", "skipped"] as const;

/** Whether a delivery tells amounts of somebody else than this owner of its endpoint, as those from before it was adopted do. */
export const tellsOthersAmounts = (ownerUserId: SQL): SQL =>
  sql`(${webhookDeliveries.eventType} = any(${text(AMOUNT_EVENTS)}) and exists (
    select from api.events e where e.id = ${webhookDeliveries.eventId} and e.occurred_at = ${webhookDeliveries.eventAt}
      and e.owner_user_id <> ${ownerUserId}))`;
const AMOUNT_EVENTS = PUBLISHED_EVENTS.filter(({ scope }) => scope === "read:payouts").map(({ type }) => type);

/** Whether a delivery may be sent to its endpoint again: what its grant lost, or what is another's by now, may not. */
export const stillTheirs = (): SQL =>
  sql`(${webhookDeliveries.lastErrorClass} is distinct from 'scope_lost' and not
    ${tellsOthersAmounts(sql`(select w.owner_user_id from api.webhooks w where w.id = ${webhookDeliveries.webhookId})`)})`;

const text = (values: readonly string[]) => sql`${`{${values.join(",")}}`}::text[]`;

/**
 * The deliveries that a replay sends again: first ones, tests aside, that the filter names. An event that arrived
 * since, or is on its way again, is not sent once more to make good for its failure; only who asks for what succeeded
 * gets that.
 */
export function replayable(webhookId: string | SQL, { event_types: types, statuses, since, until }: ReplayFilter): SQL | undefined {
  const d = webhookDeliveries;
  return and(
    sql`${d.webhookId} = ${webhookId} and ${d.replayOf} is null and ${d.eventType} <> 'webhook.test'`,
    sql`${d.eventAt} > ops.now() - make_interval(days => ${REPLAY_DAYS})`,
    stillTheirs(),
    statuses ? sql`${d.status} = any(${text(statuses)})` : sql`${d.status} in ('succeeded', 'dead', 'skipped', 'parked')`,
    types && sql`${d.eventType} = any(${text(types)})`,
    since === undefined ? undefined : sql`${d.createdAt} >= ${since}::timestamptz`,
    until === undefined ? undefined : sql`${d.createdAt} < ${until}::timestamptz`,
    statuses && !statuses.includes("succeeded")
      ? sql`not exists (select from ${webhookDeliveries} r where r.event_id = ${d.eventId} and r.event_at = ${d.eventAt}
          and r.webhook_id = ${d.webhookId} and r.replay_of is not null and r.status not in ('dead', 'skipped'))`
      : undefined,
  );
}

/** What an endpoint missed since it began to fail, or was disabled; no row while it is not disabled. */
export const replayOffer = (webhookId: string) => {
  const since = sql`least(${webhooks.failingSince}, ${webhooks.disabledAt})`;
  const missed = replayable(sql`${webhooks.id}`, { statuses: MISSED });
  return select({
    since: sql<Date>`${since}`.mapWith(webhooks.disabledAt).as("since"),
    deliveries: computed<number>(
      "deliveries",
      sql`(select count(*)::int from ${webhookDeliveries} where ${missed} and ${webhookDeliveries.createdAt} >= ${since})`,
    ),
  })
    .from(webhooks)
    .where(sql`${webhooks.id} = ${webhookId}::uuid and ${webhooks.status} = 'disabled'`);
};
