import { and, desc, eq, getTableColumns, sql } from "drizzle-orm";
import { events, webhookAttempts, webhookDeliveries } from "#db/schema/deliveries.ts";
import { webhooks } from "#db/schema/webhooks.ts";
import { computed, select } from "#db/statements.ts";
import { maySeePayload } from "#domain/webhooks/endpoint.ts";
import { readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { type Noun, rowById } from "../listing.ts";
import { stillTheirs } from "../replay-jobs/replayable.ts";
import { requireScope } from "../scopes.ts";
import { heldScopes } from "../webhooks/webhook.ts";

/** What the API shows of deliveries, and of their attempts (PLATFORM §17), in days. */
const [SHOWN_DAYS, SHOWN_ATTEMPT_DAYS] = [90, 30];
/** Of one delivery, the newest: an automatic run has four, and whoever asks for more can ask a few times. */
const MOST_ATTEMPTS = 100;

const { sweptAt: _, ...columns } = getTableColumns(webhookDeliveries);

export type Delivery = Omit<typeof webhookDeliveries.$inferSelect, "sweptAt">;

/** The deliveries of the caller's own account. */
export const deliveryNoun = {
  name: "webhook-delivery",
  table: webhookDeliveries,
  columns,
  readable: () =>
    sql`(${webhookDeliveries.accountId} = (select ops.account_id()) and ${webhookDeliveries.eventAt} > ops.now() - make_interval(days => ${SHOWN_DAYS}))`,
  filters: {
    webhook_id: (id: string) => eq(webhookDeliveries.webhookId, id),
    status: (status: Delivery["status"]) => eq(webhookDeliveries.status, status),
    event_type: (type: string) => eq(webhookDeliveries.eventType, type),
    since: (from: Date) => sql`${webhookDeliveries.createdAt} >= ${from.toISOString()}::timestamptz`,
    until: (to: Date) => sql`${webhookDeliveries.createdAt} < ${to.toISOString()}::timestamptz`,
  },
} satisfies Noun<Delivery>;

/** One page of the account's deliveries, newest first. */
export async function listDeliveries(ctx: Context, query: KeysetQuery): Promise<KeysetPage<Delivery>> {
  requireScope(ctx, "manage:webhooks");
  return listAfter<Delivery>(ctx, deliveryNoun, query);
}

/** `ordinal`: which of its delivery's attempts it is, by their instants. */
export type Attempt = typeof webhookAttempts.$inferSelect & { ordinal: number };

/** A delivery with what was sent, and its newest attempts, the oldest of them first. */
export interface DeliveryWithAttempts extends Delivery {
  /** The bytes of the event; null for a caller who may not read what they tell. */
  payload: string | null;
  attemptList: readonly Attempt[];
}

/**
 * One delivery with its attempts. What the event says is shown to whoever holds its scope; amounts to the endpoint's
 * owner alone, whose share they are.
 */
export async function getDelivery(ctx: Context, id: string): Promise<DeliveryWithAttempts> {
  requireScope(ctx, "manage:webhooks");
  const [[row], [event], attempts] = await ctx.read(
    rowById<Delivery>(ctx, deliveryNoun, id),
    select({
      payload: events.payloadText,
      isOwner: computed<boolean>("is_owner", sql`${events.ownerUserId} = ops.user_id()`),
    })
      .from(webhookDeliveries)
      .innerJoin(events, and(eq(events.id, webhookDeliveries.eventId), eq(events.occurredAt, webhookDeliveries.eventAt)))
      .where(eq(webhookDeliveries.id, id)),
    select({
      ...getTableColumns(webhookAttempts),
      ordinal: computed<number>(
        "ordinal",
        sql`(row_number() over (order by ${webhookAttempts.startedAt}, ${webhookAttempts.attemptNo}))::int`,
      ),
    })
      .from(webhookAttempts)
      .where(
        and(
          eq(webhookAttempts.deliveryId, id),
          sql`${webhookAttempts.startedAt} > ops.now() - make_interval(days => ${SHOWN_ATTEMPT_DAYS})`,
        ),
      )
      .orderBy(desc(webhookAttempts.startedAt), desc(webhookAttempts.attemptNo))
      .limit(MOST_ATTEMPTS),
  );
  const delivery = readable("delivery", id, row);
  const shown = event && maySeePayload(delivery.eventType, heldScopes(ctx), event.isOwner);
  return { ...delivery, payload: shown ? event.payload : null, attemptList: attempts.toReversed() };
}

/** The endpoint of a delivery, as far as sending to it goes, and whether it may still hear what this one tells. */
export const endpointOf = (deliveryId: string) =>
  select({
    id: webhooks.id,
    status: webhooks.status,
    version: webhooks.version,
    mayHear: computed<boolean>("may_hear", stillTheirs()),
  })
    .from(webhookDeliveries)
    .innerJoin(webhooks, eq(webhooks.id, webhookDeliveries.webhookId))
    .where(and(eq(webhookDeliveries.id, deliveryId), sql`${webhooks.deletedAt} is null`));
