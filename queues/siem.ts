import { pushLogs } from "#services/siem/push-logs.ts";
import type { Consumer } from "./index.ts";

/** Pushes each destination what it has not had yet. One that refuses is tried again with the next minute's message. */
export const siem: Consumer = async (batch, { ctx }) => {
  for (const message of batch.messages) {
    const { destination_ids: ids } = message.body as { destination_ids: readonly string[] };
    for (const id of ids) await pushLogs(ctx, id);
    message.ack();
  }
};
