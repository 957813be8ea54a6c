import type { Closing } from "../closing.ts";
import type { Context } from "../context.ts";
import type { ProviderEvent } from "../ports.ts";
import { recordTransfer } from "./record-transfer.ts";

/**
 * A transfer was made, changed or reversed: the payout it names is completed with it, if it is not yet.
 * A transfer of nobody's payout, a second one, and one that differs are left to the reconciliation, and
 * people are called; what a reversal we asked for brought is committed by its own operation.
 */
export async function transferTold(ctx: Context, event: ProviderEvent, closing: Closing): Promise<boolean> {
  if (event.object.id === null) return false;
  const transfer = await ctx.ports.transfers.retrieve(event.object.id);
  if (!transfer) throw new Error("the transfer could not be read");
  const recorded = await recordTransfer(ctx, transfer, closing);
  if (recorded !== "recorded" && recorded !== "known") {
    ctx.ports.log("error", "a transfer is not what it should be", {
      transfer_id: transfer.id,
      transaction_id: transfer.transactionId,
      what: recorded,
    });
  }
  return recorded === "recorded" || recorded === "transfer_differs";
}
