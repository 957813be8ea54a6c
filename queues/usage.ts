import type { UsageMessage } from "#services/ports.ts";
import { recordUsage } from "#services/usage/record-usage.ts";
import type { Consumer } from "./index.ts";

/** Writes what the limiters counted, all messages in one statement; a repeat changes nothing. */
export const usage: Consumer = async (batch, { ctx }) => {
  await recordUsage(
    ctx,
    batch.messages.map(({ body }) => body as UsageMessage),
  );
  batch.ackAll();
};
