import { inTurns } from "#domain/webhooks/in-turns.ts";
import type { Context } from "../context.ts";
import type { DeliveryMessage } from "../ports.ts";

/** What a queue takes at once. */
const MESSAGES_A_BATCH = 100;

/** Tells the queue of deliveries that are due, accounts taking turns. */
export async function sendDeliveries(ctx: Context, deliveries: readonly (DeliveryMessage & { account_id: string })[]): Promise<void> {
  const messages = inTurns(deliveries, ({ account_id }) => account_id).map(({ account_id, ...message }) => message);
  for (let sent = 0; sent < messages.length; sent += MESSAGES_A_BATCH) {
    await ctx.ports.deliveries.send(messages.slice(sent, sent + MESSAGES_A_BATCH));
  }
}
