import type { Consumer } from "./index.ts";

/** What no consumer could finish: told to the log. The rows stay as they are and the sweeps go on. */
export const pipelineDlq: Consumer = async (batch, { ctx }) => {
  for (const message of batch.messages) {
    ctx.ports.log("error", "a message was given up by its queue", { message_id: message.id, attempts: message.attempts });
    message.ack();
  }
};
