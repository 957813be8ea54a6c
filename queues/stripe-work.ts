import { runOperation } from "#services/stripe-operations/run-operations.ts";
import type { Consumer } from "./index.ts";

/** Works on the operations named in the messages. What Stripe refuses is an outcome; only a fault of our own brings a message back. */
export const stripeWork: Consumer = async (batch, { ctx }) => {
  for (const message of batch.messages) {
    const { operation_ids: ids } = message.body as { operation_ids: string[] };
    let failed = false;
    for (const id of ids) {
      try {
        await runOperation(ctx, id);
      } catch (error) {
        failed = true;
        ctx.ports.log("error", "an operation towards Stripe could not be worked on", {
          operation_id: id,
          error: error instanceof Error ? error.message : "unknown",
        });
      }
    }
    if (failed) message.retry({ delaySeconds: Math.min(2 ** message.attempts, 60) });
    else message.ack();
  }
};
