import { conflict, forbidden } from "#domain/refusals.ts";
import { readable } from "../commit.ts";
import { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { followInvoice } from "./follow-invoice.ts";
import { type InvoiceView, invoiceNoun } from "./invoice.ts";

/** A platform admin has an invoice fetched from Stripe; the books follow what it shows. Refuses one that was never issued. */
export async function refreshInvoice(ctx: Context, id: string): Promise<InvoiceView> {
  const one = async (): Promise<InvoiceView> => {
    const [[row]] = await ctx.read(rowById<InvoiceView>(ctx, invoiceNoun, id));
    return readable("invoice", id, row);
  };
  const { stripeInvoiceId } = await one();
  if (!ctx.access.isPlatformAdmin) throw forbidden("Only platform admins fetch invoices anew.");
  if (stripeInvoiceId === null) throw conflict("The invoice has not been issued yet.", { reason: "not_issued" });
  const { invoices } = ctx.ports;
  const [seen, payments] = await Promise.all([invoices.invoice(stripeInvoiceId), invoices.payments(stripeInvoiceId)]);
  // what is booked by the way is no reply to this request
  const { caller, audience, database, ports, request } = ctx;
  const aside = new Context({ caller, audience, database, ports, request: { ...request, idempotency: null } });
  await followInvoice(aside, seen, payments);
  return one();
}
