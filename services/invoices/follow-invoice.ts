import { sql } from "drizzle-orm";
import { invoicePayments, placementInvoices } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { invoicePaymentFailed } from "#domain/events/invoice.ts";
import { close, type Closing, NO_CLOSING } from "../closing.ts";
import { commit } from "../commit.ts";
import type { Context } from "../context.ts";
import { toInvoice } from "../placements/money.ts";
import type { SeenInvoice, SeenPayment } from "../ports.ts";
import { invoiceFinalized } from "./finalize-invoice.ts";
import { invoiceGivenUp } from "./mark-uncollectible.ts";
import { invoicePaid } from "./pay-invoice.ts";

/** What is still to be booked of an invoice, in the order of its life. */
type Step = (closing: Closing) => Promise<void>;

/** What the books know of an invoice that Stripe shows. A copy made there says all that the original says of us, and is none of ours. */
async function known(ctx: Context, seen: SeenInvoice) {
  const [[row], payments] = await ctx.read(
    select()
      .from(placementInvoices)
      .where(
        sql`${placementInvoices.stripeInvoiceId} = ${seen.id} or (${placementInvoices.id} = ${seen.invoiceId} and ${placementInvoices.stripeInvoiceId} is null)`,
      ),
    select({ stripeId: invoicePayments.stripeInvoicePaymentId })
      .from(invoicePayments)
      .where(sql`${invoicePayments.invoiceId} in (select i.id from ${placementInvoices} i where i.stripe_invoice_id = ${seen.id})`),
  );
  return { invoice: row ? toInvoice(row) : null, booked: new Set(payments.map(({ stripeId }) => stripeId)) };
}

/**
 * Brings the books to where Stripe shows an invoice: finalised, paid by each of its payments, given
 * up. What is booked already changes nothing, so it does not matter in which order, how often or how
 * late Stripe tells of it. The last step commits `closing`; without a step, `closing` is committed alone.
 *
 * We void at Stripe what is void in the books already (MONEY §8). One that somebody voided there, given up or not, takes
 * nobody's share by itself: people are called, the reconciliation keeps a break, and two admins settle it
 * by cancelling the placement's schedule (`cancelRelease`).
 *
 * @returns false when the invoice is none of a placement, and nothing was committed
 */
export async function followInvoice(
  ctx: Context,
  seen: SeenInvoice,
  payments: readonly SeenPayment[],
  closing: Closing = NO_CLOSING,
): Promise<boolean> {
  const { invoice, booked } = await known(ctx, seen);
  if (!invoice) return false;
  const isIssued = seen.status !== "draft";
  const steps: Step[] = [];
  if (isIssued && (invoice.status === "draft" || (invoice.status === "void" && invoice.stripeInvoiceId === null))) {
    steps.push((its) => invoiceFinalized(ctx, invoice.id, seen, its));
  }
  for (const payment of payments.filter(({ id }) => !booked.has(id))) {
    steps.push((its) => invoicePaid(ctx, invoice.id, payment, its));
  }
  if (seen.status === "uncollectible" && invoice.status !== "uncollectible") steps.push((its) => invoiceGivenUp(ctx, invoice.id, its));
  if (seen.status === "void" && invoice.status !== "void")
    ctx.ports.log("error", "an invoice was voided at the provider, and not by us", { invoice_id: invoice.id, status: invoice.status });
  if (steps.length === 0) await close(ctx, closing);
  for (const [index, step] of steps.entries()) await step(index === steps.length - 1 ? closing : NO_CLOSING);
  return true;
}

/** Stripe could not collect an invoice: the company is told. */
export async function invoiceNotCollected(ctx: Context, seen: SeenInvoice, closing: Closing): Promise<boolean> {
  const { invoice } = await known(ctx, seen);
  if (!invoice) return false;
  await commit(ctx, null, {
    expect: closing.expect,
    write: closing.write,
    audit: { action: "invoice.payment_failed", subject: { type: "placement_invoice", id: invoice.id }, companyId: invoice.companyId },
    events: [invoicePaymentFailed(invoice)],
  });
  return true;
}
