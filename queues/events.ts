import { handleEvents } from "#services/events/handle-events.ts";
import { SUBSCRIBERS } from "#services/events/subscribers.ts";
import type { Consumer } from "./index.ts";

/** Tells the events named in the messages to their subscribers; a failure brings its message back. */
export const events: Consumer = async (batch, { ctx }) => {
  const named = batch.messages.map((message) => ({ message, ids: (message.body as { event_ids: string[] }).event_ids }));
  const failed = await handleEvents(
    ctx,
    named.flatMap(({ ids }) => ids),
    SUBSCRIBERS,
  ).catch(() => null);
  for (const { message, ids } of named) {
    if (failed && !ids.some((id) => failed.has(id))) message.ack();
    else message.retry({ delaySeconds: Math.min(2 ** message.attempts, 60) });
  }
};
