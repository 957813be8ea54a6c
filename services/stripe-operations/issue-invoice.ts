import { eq } from "drizzle-orm";
import { placementInvoices } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { cents } from "#domain/money.ts";
import { invoiceFinalized } from "../invoices/finalize-invoice.ts";
import type { SeenInvoice } from "../ports.ts";
import { customerOf } from "./make-customer.ts";
import type { Performer } from "./performer.ts";

/** What a line says to the company. */
const LINES: Readonly<Record<string, string>> = {
  fee: "Placement fee",
  discount: "Discount of your contract",
  premium_uplift: "Premium role",
  bulk_bonus: "Volume bonus",
  credit_applied: "Credit of an earlier placement",
};

/** Issues a placement's invoice at Stripe Invoicing: create, one item a line, finalise, send (B3). */
export const issueInvoice: Performer<"invoice_issue"> = {
  async perform(held) {
    const { ctx, operation } = held;
    const { request, subjectId: invoiceId } = operation;
    const [[invoice]] = await ctx.read(select().from(placementInvoices).where(eq(placementInvoices.id, invoiceId)));
    if (!invoice) throw new Error(`there is no invoice ${invoiceId}`);
    // the webhook was faster
    if (invoice.status !== "draft" && invoice.stripeInvoiceId) return { objectId: invoice.stripeInvoiceId };

    const customer = await customerOf(held, request.company_id);
    if (!customer) return { waitsFor: "billing_profile_missing", minutes: 10 };
    const { invoices } = ctx.ports;
    const goesOn = invoice.status === "draft";
    const existing = held.mustLookUp || !goesOn ? await invoices.findInvoice(customer.id, operation.id) : null;
    if (!goesOn) return existing && existing.status !== "draft" ? issued(invoiceId, existing) : { objectId: null };
    if (held.mustLookUp) await held.raiseKey();
    const seen = await invoices.issueInvoice(
      {
        operationId: operation.id,
        invoiceId,
        placementId: request.placement_id,
        customerId: customer.id,
        collection: { method: request.collection_method, daysUntilDue: request.days_until_due },
        lines: request.lines.map(({ kind, amount_cents: amount }) => ({ description: LINES[kind] ?? kind, amount: cents(amount) })),
        mailed: customer.mailed,
      },
      (step) => held.key(step),
      existing,
    );
    return issued(invoiceId, seen);
  },
};

const issued = (invoiceId: string, seen: SeenInvoice): Awaited<ReturnType<Performer<"invoice_issue">["perform"]>> => ({
  objectId: seen.id,
  conclude: (ctx, closing) => invoiceFinalized(ctx, invoiceId, seen, closing),
});
