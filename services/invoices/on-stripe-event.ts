import { sql } from "drizzle-orm";
import { stripeOperations } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import type { Closing } from "../closing.ts";
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
  if (!seen?.operationId) return false;
  const { amount, balanceTransactionId, failureBalanceTransactionId } = seen;
  const [[operation]] = await ctx.read(
    select({ id: stripeOperations.id })
      .from(stripeOperations)
      .where(sql`${stripeOperations.kind} = 'refund' and ${stripeOperations.id} = ${seen.operationId}`),
  );
  if (!operation) return false;
  if (seen.status === "failed" || seen.status === "canceled") {
    await refundFailed(ctx, operation.id, { amount, balanceTransactionId, failureBalanceTransactionId }, closing);
    return true;
  }
  if (balanceTransactionId === null) return false; // still on its way
  await refundDone(ctx, operation.id, [{ amount, balanceTransactionId }], closing);
  return true;
}
