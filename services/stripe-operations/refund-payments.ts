import { sql } from "drizzle-orm";
import { placementInvoices } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { cents, type Cents, minus, sum } from "#domain/money.ts";
import { idArray } from "../events/handle-events.ts";
import { refundDone } from "../invoices/refund.ts";
import type { SeenRefund } from "../ports.ts";
import { Impossible } from "./held.ts";
import type { Performer } from "./performer.ts";

const counts = ({ status: state }: SeenRefund): boolean => state !== "failed" && state !== "canceled";

/**
 * Gives an amount back to a company, on the payments of the named invoices, newest payment first (B16).
 * What was refunded for this operation already is listed first and never given twice. More than was
 * paid through Stripe cannot be given back by it: the operation fails as `nothing_to_refund`.
 */
export const refundPayments: Performer<"refund"> = {
  async perform(held) {
    const { ctx, operation } = held;
    const { invoice_ids: ids, amount_cents: wanted } = operation.request;
    const [rows] = await ctx.read(
      select({ id: placementInvoices.id, stripeInvoiceId: placementInvoices.stripeInvoiceId })
        .from(placementInvoices)
        .where(sql`${placementInvoices.id} = any(${idArray(ids)})`),
    );
    const { invoices } = ctx.ports;
    const charges = [];
    for (const id of ids) {
      const stripeInvoiceId = rows.find((row) => row.id === id)?.stripeInvoiceId;
      if (stripeInvoiceId) charges.push(...(await invoices.charges(stripeInvoiceId)));
    }
    const isOurs = ({ operationId }: SeenRefund): boolean => operationId === operation.id;
    const made: SeenRefund[] = charges.flatMap(({ refunds }) => refunds.filter((refund) => isOurs(refund) && counts(refund)));
    let left = minus(cents(wanted), sum(made.map(({ amount }) => amount)));

    const room = sum(charges.map(roomOf));
    if (left > room) throw new Impossible("nothing_to_refund");
    if (left > 0 && held.mustLookUp) await held.raiseKey();
    for (const charge of charges) {
      const amount = left < roomOf(charge) ? left : roomOf(charge);
      if (amount <= 0) continue;
      const { paymentIntentId } = charge;
      made.push(await invoices.createRefund({ paymentIntentId, amount, operationId: operation.id }, held.key(paymentIntentId)));
      left = minus(left, amount);
    }
    // one that is still on its way has no balance transaction: its event brings it
    const arrived = made.flatMap(({ amount, balanceTransactionId }) => (balanceTransactionId ? [{ amount, balanceTransactionId }] : []));
    return {
      objectId: made[0]?.id ?? null,
      conclude: (_, closing) => refundDone(ctx, operation.id, arrived, closing),
    };
  },
};

/** What of a payment can still go back. */
const roomOf = ({ paid, refunds }: { paid: Cents; refunds: readonly SeenRefund[] }): Cents =>
  minus(paid, sum(refunds.filter(counts).map(({ amount }) => amount)));
