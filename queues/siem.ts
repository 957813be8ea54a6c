import { pushLogs } from "#services/siem/push-logs.ts";
import type { Consumer } from "./index.ts";

/**
 * Pushes each destination that the messages name, once, what it has not had yet: side by side, as many as a batch has
 * messages, so that a slow one delays nobody's logs but its own. One that refuses, or that we cannot push to, is tried
 * again with the next minute's message.
 */
export const siem: Consumer = async (batch, { ctx }) => {
  const ids = batch.messages.flatMap(({ body }) => (body as { destination_ids: readonly string[] }).destination_ids);
  await Promise.all(
    [...new Set(ids)].map((id) =>
      pushLogs(ctx, id).catch((error: unknown) =>
        ctx.ports.log("error", "logs were not pushed", { destination_id: id, error: error instanceof Error ? error.name : "unknown" }),
      ),
    ),
  );
  batch.ackAll();
};
