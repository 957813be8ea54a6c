import { workOnStripeEvents } from "#services/stripe-events/work-on-events.ts";
import type { Consumer } from "./index.ts";

/** Works on the Stripe events named in the messages; one that fails is found again by the sweep. */
export const stripeEvents: Consumer = async (batch, { ctx }) => {
  for (const message of batch.messages) {
    const { event_ids: ids } = message.body as { event_ids: string[] };
    try {
      await workOnStripeEvents(ctx, ids);
      message.ack();
    } catch {
      message.retry({ delaySeconds: Math.min(2 ** message.attempts, 60) });
    }
  }
};
