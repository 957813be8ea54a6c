import { sql } from "drizzle-orm";
import { webhookDeliveries } from "#db/schema/deliveries.ts";
import { webhooks } from "#db/schema/webhooks.ts";
import { updateOf } from "#db/statements.ts";
import { conflict, notFound } from "#domain/refusals.ts";
import { replayWay } from "#domain/webhooks/replay.ts";
import { commit, deciding, type Guard, insert, newRow, readable, unchanged } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { rowById } from "../listing.ts";
import { requireScope } from "../scopes.ts";
import { type Delivery, deliveryNoun, endpointOf } from "./delivery.ts";

/** Demands that deliveries are as they were read, and locks them. */
export function asRead(deliveries: readonly Pick<Delivery, "id" | "status" | "eventAt">[]): Guard {
  const statuses = JSON.stringify(Object.fromEntries(deliveries.map(({ id, status }) => [id, status])));
  const instants = deliveries.map(({ eventAt }) => eventAt.getTime());
  const [first, last] = [new Date(Math.min(...instants)), new Date(Math.max(...instants))];
  // instants are known to the millisecond, and rows to the microsecond
  return sql`ops.guard_replayed(${statuses}::jsonb, ${first.toISOString()}::timestamptz - interval '1 millisecond', ${last.toISOString()}::timestamptz + interval '1 millisecond')`;
}

/**
 * Sends one delivery again: a final one as a new row with the same `webhook-id`, one that waits by bringing it forward,
 * under an open breaker as its probe. Refuses (409) one that is being sent, one that its endpoint may no longer hear, and
 * an endpoint that is not active.
 *
 * @returns the delivery that is on its way
 */
export async function replayDelivery(ctx: Context, id: string): Promise<Delivery> {
  requireScope(ctx, "manage:webhooks");
  const sent = await deciding(ctx, async () => {
    const [[row], [endpoint]] = await ctx.read(rowById<Delivery>(ctx, deliveryNoun, id), endpointOf(id));
    const before = readable("delivery", id, row);
    if (!endpoint) throw notFound("endpoint of this delivery");
    if (!endpoint.mayHear) throw conflict("What this delivery tells is no longer its endpoint's to hear.");
    const way = replayWay(before.status, endpoint.status);
    const now = ctx.now();
    const fresh = way === "again" ? again(ctx, before) : null;
    const after: Delivery = fresh ?? { ...before, nextAttemptAt: now };
    return commit(ctx, after, {
      expect: [unchanged(webhooks, endpoint), asRead([before])],
      write: [
        fresh
          ? insert(webhookDeliveries, fresh)
          : (updateOf(webhookDeliveries)
              .set({ nextAttemptAt: now })
              .where(sql`${webhookDeliveries.id} = ${id}::uuid`) as Statement),
      ],
      audit: { action: "webhook_delivery.replayed", subject: { type: "webhook_delivery", id }, accountId: before.accountId },
      events: [],
    });
  });
  const brought = ctx.ports.endpoints(sent.webhookId).enqueue([{ deliveryId: sent.id, priority: "live", manual: true }]);
  ctx.ports.later(
    brought.catch(() => ctx.ports.log("warn", "a replay was not told to its endpoint; the sweep finds it", { delivery_id: sent.id })),
  );
  return sent;
}

/** A delivery of the same event to the same endpoint, which repeats another. */
export const again = (
  ctx: Context,
  of: Pick<Delivery, "id" | "eventId" | "eventAt" | "eventType" | "webhookId" | "accountId">,
  replayJobId: string | null = null,
) =>
  newRow(ctx, webhookDeliveries, {
    eventId: of.eventId,
    eventAt: of.eventAt,
    eventType: of.eventType,
    webhookId: of.webhookId,
    accountId: of.accountId,
    nextAttemptAt: ctx.now(),
    replayOf: of.id,
    replayJobId,
  });
