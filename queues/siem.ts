import { pushLogs } from "#services/siem/push-logs.ts";
import type { Consumer } from "./index.ts";

/** Pushes each destination that the messages name, once, what it has not had yet. One that refuses is tried again with the next minute's message. */
export const siem: Consumer = async (batch, { ctx }) => {
  const ids = batch.messages.flatMap(({ body }) => (body as { destination_ids: readonly string[] }).destination_ids);
  for (const id of new Set(ids)) await pushLogs(ctx, id);
  batch.ackAll();
};
