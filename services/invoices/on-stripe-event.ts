import { sql } from "drizzle-orm";
import { ledgerEntries, stripeOperations } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { close, type Closing } from "../closing.ts";
import type { Context } from "../context.ts";
import type { ProviderEvent } from "../ports.ts";
import { followInvoice, invoiceNotCollected } from "./follow-invoice.ts";
import { refundDone, refundFailed } from "./refund.ts";

/** An invoice changed at Stripe: it is fetched with its payments, and the books follow. */
export async function invoiceMoved(ctx: Context, { object }: ProviderEvent, closing: Closing): Promise<boolean> {
  if (!object.id) return false;
  const { invoices } = ctx.ports;
  const [seen, payments] = await Promise.all([invoices.invoice(object.id), invoices.payments(object.id)]);
  return followInvoice(ctx, seen, payments, closing);
}

/** A payment of an invoice arrived. */
export async function invoicePaymentArrived(ctx: Context, { object }: ProviderEvent, closing: Closing): Promise<boolean> {
  const payment = object.id ? await ctx.ports.invoices.payment(object.id) : null;
  if (!payment) return false;
  return followInvoice(ctx, await ctx.ports.invoices.invoice(payment.stripeInvoiceId), [payment], closing);
}

/** An attempt to collect an invoice failed. */
export async function invoicePaymentRefused(ctx: Context, { object }: ProviderEvent, closing: Closing): Promise<boolean> {
  return object.id ? invoiceNotCollected(ctx, await ctx.ports.invoices.invoice(object.id), closing) : false;
}

/** A refund was made, moved on, or came back: the books follow what it is now. */
export async function refundMoved(ctx: Context, { object }: ProviderEvent, closing: Closing): Promise<boolean> {
  const seen = object.id ? await ctx.ports.invoices.refund(object.id) : null;
  if (!seen?.operationId || !seen.balanceTransactionId) return false;
  const [[operation], [booked]] = await ctx.read(
    select({ id: stripeOperations.id })
      .from(stripeOperations)
      .where(sql`${stripeOperations.kind} = 'refund' and ${stripeOperations.id} = ${seen.operationId}`),
    select({ transactionId: ledgerEntries.transactionId })
      .from(ledgerEntries)
      .where(sql`${ledgerEntries.balanceTransactionId} = ${seen.balanceTransactionId}`),
  );
  if (!operation) return false;
  const part = { amount: seen.amount, balanceTransactionId: seen.balanceTransactionId };
  if (seen.status === "failed" || seen.status === "canceled") {
    // what never left the books did not come back to them
    if (booked === undefined || !seen.failureBalanceTransactionId) return false;
    await refundFailed(ctx, operation.id, { ...part, balanceTransactionId: seen.failureBalanceTransactionId }, closing);
    return true;
  }
  if (booked !== undefined) {
    await close(ctx, closing);
    return true;
  }
  await refundDone(ctx, operation.id, [part], closing);
  return true;
}
