import { keepFailures } from "#services/upkeep/keep-failures.ts";
import type { Consumer } from "./index.ts";

/** What no consumer could finish is a fault of ours: kept, and told to the log. The rows stay as they are and the sweeps go on. */
export const pipelineDlq: Consumer = async (batch, { ctx }) => {
  for (const message of batch.messages) {
    ctx.ports.log("error", "a message was given up by its queue", { message_id: message.id, attempts: message.attempts });
  }
  await keepFailures(
    ctx,
    batch.messages.map(({ id, body }) => ({ id, body })),
  );
  batch.ackAll();
};
