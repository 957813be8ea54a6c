import { sql } from "drizzle-orm";
import { placementInvoices } from "#db/schema/billing.ts";
import { finalizeInvoice as finalize } from "#domain/invoices/invoice.ts";
import { close, type Closing } from "../closing.ts";
import { commit, deciding } from "../commit.ts";
import type { Context } from "../context.ts";
import { guardPlacements, placementOfInvoice, readMoney } from "../placements/money.ts";
import type { SeenInvoice } from "../ports.ts";
import { operation, together } from "./parts.ts";
import { collectionFor, finalizedPosting, invoiceChanged } from "./rows.ts";

/**
 * Stripe finalised an invoice: it is open, and the fee is held in the books (B3). One that is not a
 * draft any more changes nothing; one whose placement fell off meanwhile is voided at Stripe too.
 */
export async function invoiceFinalized(ctx: Context, invoiceId: string, seen: SeenInvoice, closing: Closing): Promise<void> {
  await deciding(ctx, async () => {
    const { money } = await readMoney(ctx, placementOfInvoice(sql`${placementInvoices.id} = ${invoiceId}`));
    const before = money?.invoice;
    if (!money || !before) throw new Error(`there is no invoice ${invoiceId}`);
    const known = { stripeInvoiceId: seen.id, number: seen.number, hostedInvoiceUrl: seen.hostedUrl };
    if (before.status === "void" && before.stripeInvoiceId === null) {
      const parts = together(
        invoiceChanged(ctx, before, { invoice: before, announce: [] }, "invoice.issued_too_late", known),
        operation(
          ctx,
          { type: "placement_invoice", id: before.id },
          {
            kind: "invoice_void",
            company_id: before.companyId,
            placement_id: before.placementId,
            invoice_id: before.id,
            stripe_invoice_id: seen.id,
            amount_cents: before.amountDue,
          },
        ),
      );
      return commit(ctx, null, {
        ...parts,
        expect: [...guardPlacements(money.placement), ...closing.expect],
        write: [...parts.write, ...closing.write],
      });
    }
    if (before.status !== "draft") return close(ctx, closing);

    const change = finalize(before, collectionFor(before), null, seen.finalizedAt ?? ctx.now());
    const invoice = { ...change.invoice, dueDate: seen.dueDate ?? change.invoice.dueDate };
    const parts = invoiceChanged(ctx, before, { ...change, invoice }, "invoice.finalized", known);
    return commit(ctx, null, {
      ...parts,
      expect: [...guardPlacements(money.placement), ...closing.expect],
      write: [...parts.write, finalizedPosting(ctx, invoice), ...closing.write],
    });
  });
}
