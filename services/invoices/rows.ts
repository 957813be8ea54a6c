import { placementInvoices } from "#db/schema/billing.ts";
import { invoiceAnnounced } from "#domain/events/invoice.ts";
import { type Collection, collectionOf, type InvoiceChange, type PlacementInvoice } from "#domain/invoices/invoice.ts";
import { invoicePosting } from "#domain/ledger/postings.ts";
import { update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { posted } from "../ledger/post.ts";
import type { Invoice } from "../placements/money.ts";
import type { Parts } from "./parts.ts";

/** What of an invoice its rules change, by the names of its columns. */
export const invoiceColumns = (invoice: PlacementInvoice) => ({
  status: invoice.status,
  amountPaidCents: invoice.amountPaid,
  creditedCents: invoice.creditedCents,
  collectionMethod: invoice.collectionMethod,
  dueDate: invoice.dueDate,
  collectibleAt: invoice.collectibleAt,
  finalizedAt: invoice.finalizedAt,
  paidAt: invoice.paidAt,
  voidedAt: invoice.voidedAt,
});

/** A changed invoice: its row, the audit and what is announced. */
export const invoiceChanged = (
  ctx: Context,
  before: Invoice,
  { invoice, announce }: InvoiceChange,
  action: string,
  more: Partial<typeof placementInvoices.$inferInsert> = {},
  reason: string | null = null,
): Parts => ({
  write: [update(ctx, placementInvoices, before.id, { ...invoiceColumns(invoice), ...more })],
  audit: [{ action, subject: { type: "placement_invoice", id: before.id }, before, after: invoice, companyId: before.companyId, reason }],
  events: announce.map((announced) => invoiceAnnounced(invoice, announced)),
});

/** How an invoice is collected, as its row says. */
export const collectionFor = ({ billingTerms, collectionMethod }: PlacementInvoice): Collection =>
  collectionOf(billingTerms, collectionMethod === "charge_automatically");

/** The books of a finalised invoice: the fee is held from now on. */
export const finalizedPosting = (ctx: Context, invoice: PlacementInvoice): Statement =>
  posted(
    ctx,
    invoicePosting({
      invoiceId: invoice.id,
      placementId: invoice.placementId,
      companyId: invoice.companyId,
      due: invoice.amountDue,
      creditApplied: invoice.creditApplied,
    }),
    { placementId: invoice.placementId },
  );
