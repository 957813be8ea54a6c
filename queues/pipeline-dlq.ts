import { failureOf } from "#domain/pipeline/failure.ts";
import { recordFailures } from "#services/pipeline/record-failures.ts";
import type { Consumer } from "./index.ts";

/** What no consumer could finish: kept for people to look at, and told to the log. The rows stay as they are and the sweeps go on. */
export const pipelineDlq: Consumer = async (batch, { ctx }) => {
  const failures = batch.messages.map(({ body }) => failureOf(body));
  await recordFailures(ctx, failures);
  for (const [index, message] of batch.messages.entries()) {
    ctx.ports.log("error", "a message was given up by its queue", { message_id: message.id, queue: failures[index]?.queue });
  }
  batch.ackAll();
};
