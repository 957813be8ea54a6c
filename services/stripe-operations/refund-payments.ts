import { sql } from "drizzle-orm";
import { disputes, invoicePayments, placementInvoices } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { cents, type Cents, minus, sum } from "#domain/money.ts";
import { failedAs } from "#domain/stripe-operations/operation.ts";
import { idArray } from "../events/handle-events.ts";
import { refundDone } from "../invoices/refund.ts";
import type { SeenRefund } from "../ports.ts";
import { Impossible } from "./held.ts";
import type { Performer } from "./performer.ts";

const counts = ({ status: state }: SeenRefund): boolean => state !== "failed" && state !== "canceled";

/**
 * Gives an amount back to a company, on the payments of the named invoices, newest payment first (B16).
 * What was refunded for this operation already is listed first and never given twice. What was paid
 * past Stripe cannot be given back by it: for so much the operation ends as `refund_by_hand`, which a
 * platform admin records. More than was paid at all fails as `nothing_to_refund`. While the payer's bank
 * decides on one of the payments nothing is asked: won, it goes back then; lost, the bank took it already.
 */
export const refundPayments: Performer<"refund"> = {
  async perform(held) {
    const { ctx, operation } = held;
    const { invoice_ids: ids, amount_cents: wanted } = operation.request;
    const [rows, [past], [facts]] = await ctx.read(
      select({ id: placementInvoices.id, stripeInvoiceId: placementInvoices.stripeInvoiceId })
        .from(placementInvoices)
        .where(sql`${placementInvoices.id} = any(${idArray(ids)})`),
      paidPastStripe(ids),
      settledOtherwise(operation.id, ids),
    );
    if (facts?.isDisputed) return { waitsFor: "dispute_open", minutes: 60 };
    const { invoices } = ctx.ports;
    const charges = [];
    for (const id of ids) {
      const stripeInvoiceId = rows.find((row) => row.id === id)?.stripeInvoiceId;
      if (stripeInvoiceId) charges.push(...(await invoices.charges(stripeInvoiceId)));
    }
    const isOurs = ({ operationId }: SeenRefund): boolean => operationId === operation.id;
    const made: SeenRefund[] = charges.flatMap(({ refunds }) => refunds.filter((refund) => isOurs(refund) && counts(refund)));
    let left = minus(cents(wanted), sum([cents(facts?.charged ?? 0), ...made.map(({ amount }) => amount)]));

    const room = sum(charges.map(roomOf));
    const byHand = cents(Math.max(0, left - room));
    if (byHand > (past?.amount ?? 0)) throw new Impossible("nothing_to_refund");
    left = minus(left, byHand);
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
      conclude: (_, closing) => {
        if (byHand === 0) return refundDone(ctx, operation.id, arrived, closing);
        ctx.ports.log("error", "a refund has to be made by hand", { operation_id: operation.id, amount_cents: byHand });
        return refundDone(ctx, operation.id, arrived, held.closing(failedAs("refund_by_hand").fields));
      },
    };
  },
};

/** What the books know to have been paid of these invoices from bank to bank, in cents. */
const paidPastStripe = (ids: readonly string[]) =>
  select({ amount: computed<number>("amount", sql`coalesce(sum(${invoicePayments.grossCents}), 0)::float8`) })
    .from(invoicePayments)
    .where(sql`${invoicePayments.invoiceId} = any(${idArray(ids)}) and ${invoicePayments.balanceTransactionId} is null`);

/** Whether a bank still decides on these invoices, and what of the refund a lost chargeback took already, in cents. */
const settledOtherwise = (operationId: string, ids: readonly string[]) =>
  select({
    isDisputed: computed<boolean>(
      "is_disputed",
      sql`exists (select from ${disputes} d join ${placementInvoices} i on i.placement_id = d.placement_id
        where i.id = any(${idArray(ids)}) and d.dispute_type = 'chargeback' and d.status in ('open', 'under_review'))`,
    ),
    charged: computed<number>(
      "charged",
      sql`(select coalesce(-sum(e.amount_cents), 0)::float8 from billing.ledger_transactions l join billing.ledger_entries e on e.transaction_id = l.id
        join billing.ledger_accounts a on a.id = e.account_id and a.code like 'disputed:%'
        where l.kind = 'refund' and split_part(l.idempotency_key, ':', 2) = ${operationId})`,
    ),
  }).from(sql`(select 1) once`);

/** What of a payment can still go back. */
const roomOf = ({ paid, refunds }: { paid: Cents; refunds: readonly SeenRefund[] }): Cents =>
  minus(paid, sum(refunds.filter(counts).map(({ amount }) => amount)));
