import { sql } from "drizzle-orm";
import { stripeOperations } from "#db/schema/billing.ts";
import { updateOf } from "#db/statements.ts";
import { creditInvoice } from "#domain/invoices/invoice.ts";
import type { GivenBack } from "#domain/invoices/fall-off.ts";
import { type Cents, sum } from "#domain/money.ts";
import type { Context, Statement } from "../context.ts";
import type { Related } from "../placements/money.ts";
import { operation, type Parts, together } from "./parts.ts";
import { invoiceChanged } from "./rows.ts";

/** What an amount given back takes off invoices, as the ledger's postings need it. */
export const offOpen = ({ offInvoices }: GivenBack): Cents => sum(offInvoices.map(({ amount }) => amount));

/**
 * Gives an amount back to a company: open parts of invoices are voided or credit-noted, the rest is
 * refunded out of what was paid of them, the latest first, each by an operation of its own.
 *
 * @param on - the credit that ends; null where a replacement fails, which is then the intent itself
 * @param of - the placements whose invoices are meant, the earliest first
 */
export function giveBack(ctx: Context, on: { type: string; id: string } | null, given: GivenBack, of: readonly Related[]): Parts {
  const invoiced = of.flatMap(({ invoice, payments }) => (invoice ? [{ invoice, payments }] : []));
  const off = given.offInvoices.map(({ invoiceId, amount }) => {
    const taken = invoiced.find(({ invoice }) => invoice.id === invoiceId);
    if (!taken) throw new Error(`invoice ${invoiceId} is none of those given`);
    const { invoice, payments } = taken;
    const change = creditInvoice(invoice, amount, payments, ctx.now());
    return together(
      invoiceChanged(ctx, invoice, change, "invoice.credited"),
      operation(ctx, on ?? { type: "placement_invoice", id: invoice.id }, {
        kind: change.operation,
        company_id: invoice.companyId,
        placement_id: invoice.placementId,
        invoice_id: invoice.id,
        stripe_invoice_id: invoice.stripeInvoiceId,
        amount_cents: amount,
      }),
    );
  });
  const last = of.at(-1)?.placement;
  const refund =
    given.refund > 0 && last
      ? operation(ctx, on ?? { type: "placement", id: last.id }, {
          kind: "refund",
          company_id: last.companyId,
          placement_id: last.id,
          invoice_ids: invoiced.map(({ invoice }) => invoice.id).toReversed(),
          amount_cents: given.refund,
        })
      : null;
  return together(...off, refund);
}

/** An invoice that was never issued is not to be issued any more; a call that is out comes back to a void invoice. */
export const stopIssuing = (ctx: Context, invoiceId: string): Statement =>
  updateOf(stripeOperations)
    .set({ status: "failed", failureReason: "placement_failed", version: sql`${stripeOperations.version} + 1`, updatedAt: ctx.now() })
    .where(
      sql`${stripeOperations.kind} = 'invoice_issue' and ${stripeOperations.subjectId} = ${invoiceId} and ${stripeOperations.status} = 'pending'`,
    ) as Statement;
