import { handleEvents } from "#services/events/handle-events.ts";
import { SUBSCRIBERS } from "#services/events/subscribers.ts";
import type { Consumer } from "./index.ts";

/** Tells the events named in the messages to their subscribers; a failure brings the message back. */
export const events: Consumer = async (batch, { ctx }) => {
  for (const message of batch.messages) {
    const { event_ids: ids } = message.body as { event_ids: string[] };
    try {
      await handleEvents(ctx, ids, SUBSCRIBERS);
      message.ack();
    } catch {
      message.retry({ delaySeconds: Math.min(2 ** message.attempts, 60) });
    }
  }
};
