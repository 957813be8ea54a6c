import { stepReplays } from "#services/replay-jobs/run-replays.ts";
import type { Consumer } from "./index.ts";

/** Two steps of an account's replays are so far apart: 50 deliveries a second. */
const PACE_SECONDS = 1;

/** Takes one step of each account's replays, and comes back for the next as long as there is one. */
export const replays: Consumer = async (batch, { ctx }) => {
  for (const message of batch.messages) {
    const { account_ids: accountIds } = message.body as { account_ids: readonly string[] };
    const more: string[] = [];
    for (const accountId of new Set(accountIds)) if ((await stepReplays(ctx, accountId)) === "more") more.push(accountId);
    if (more.length > 0) await ctx.ports.replays.send(more, PACE_SECONDS);
    message.ack();
  }
};
