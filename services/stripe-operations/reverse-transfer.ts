import { cents } from "#domain/money.ts";
import { reversalDone, reversalRefused } from "../payouts/reverse-payout.ts";
import type { Performer } from "./performer.ts";

/** Takes an amount back from a payee's account (B15). Refused once, the debt goes on to netting. */
export const reverseTransfer: Performer<"transfer_reversal"> = {
  once: true,
  async perform(held) {
    const { ctx, operation } = held;
    const { stripe_transfer_id: transferId, amount_cents: amount } = operation.request;
    const { connect } = ctx.ports;
    const found = held.mustLookUp
      ? (await connect.reversals(transferId)).find(({ operationId }) => operationId === operation.id)
      : undefined;
    if (held.mustLookUp && !found) await held.raiseKey();
    const reversal = found ?? (await connect.reverseTransfer({ transferId, amount: cents(amount), operationId: operation.id }, held.key()));
    const { id, balanceTransactionId } = reversal;
    if (balanceTransactionId === null) throw new Error(`reversal ${id} has no balance transaction yet`);
    return {
      objectId: id,
      conclude: (_, closing) => reversalDone(ctx, operation.id, { amount: reversal.amount, balanceTransactionId }, closing),
    };
  },
  givenUp: ({ ctx, operation }, reason, closing) => reversalRefused(ctx, operation.id, reason, closing),
};
