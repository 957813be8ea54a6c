import { runPayout } from "#services/payouts/run-payout.ts";
import type { Consumer } from "./index.ts";

/** Runs the payouts named in the messages. Stripe's refusals are outcomes; only our own faults bring a message back. */
export const payouts: Consumer = async (batch, { ctx }) => {
  for (const message of batch.messages) {
    const { transaction_ids: ids } = message.body as { transaction_ids: string[] };
    let isDone = true;
    for (const id of ids) {
      try {
        await runPayout(ctx, id);
      } catch (error) {
        isDone = false;
        ctx.ports.log("error", "a payout could not be run", { transaction_id: id, error: error instanceof Error ? error.name : "unknown" });
      }
    }
    if (isDone) message.ack();
    else message.retry({ delaySeconds: Math.min(2 ** message.attempts, 60) });
  }
};
