import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { BILLING_TERMS, COLLECTION_METHODS, INVOICE_STATUSES, type invoicePayments } from "#db/schema/billing.ts";
import { cents, type Cents } from "#domain/money.ts";
import type { Included } from "#services/listing.ts";
import { getInvoice, type InvoiceLines, invoiceNoun, type InvoiceView, linesOf, listInvoices } from "#services/invoices/invoice.ts";
import { markUncollectible } from "#services/invoices/mark-uncollectible.ts";
import { refreshInvoice } from "#services/invoices/refresh-invoice.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { credit } from "./placement-credits.ts";
import { amount, amountShape, Day, Id, included, Instant, instant, summary, text } from "./shapes.ts";

const InvoiceShape = z
  .object({
    id: Id,
    placement_id: Id,
    status: z.enum(INVOICE_STATUSES),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
    company_id: Id.optional().openapi({ description: "Of what follows, a recruiter sees nothing" }),
    job_title: z.string().optional(),
    ...amountShape("amount_due"),
    ...amountShape("amount_paid"),
    ...amountShape("credited"),
    ...amountShape("credit_applied"),
    currency: z.string().optional(),
    collection_method: z.enum(COLLECTION_METHODS).optional(),
    billing_terms: z.enum(BILLING_TERMS).optional(),
    due_date: Day.nullable().optional(),
    number: z.string().nullable().optional(),
    hosted_invoice_url: z.string().nullable().optional(),
    waits_for: z
      .enum(["billing_profile_missing"])
      .nullable()
      .optional()
      .openapi({ description: "Why a draft is not issued yet, where the company has to act" }),
  })
  .catchall(z.unknown())
  .openapi("PlacementInvoice");

/** What leaves the house of an invoice: all to the company's admins, to whoever earns of it its status. */
export const invoice = (row: InvoiceView | Included<InvoiceView>) => ({
  id: row.id,
  placement_id: row.placementId,
  status: row.status,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...(row.seesAmounts
    ? {
        company_id: row.companyId,
        job_title: row.jobTitle,
        ...amount("amount_due", row.amountDueCents),
        ...amount("amount_paid", row.amountPaidCents),
        ...amount("credited", row.creditedCents),
        ...amount("credit_applied", row.creditAppliedCents),
        currency: row.currency,
        collection_method: row.collectionMethod,
        billing_terms: row.billingTerms,
        due_date: row.dueDate,
        number: row.number,
        hosted_invoice_url: row.hostedInvoiceUrl,
        waits_for: row.waitsFor,
        finalized_at: instant(row.finalizedAt),
        paid_at: instant(row.paidAt),
        voided_at: instant(row.voidedAt),
        collectible_at: instant(row.collectibleAt),
      }
    : {}),
  ...included(row, { lines, payments: payment, credits: credit, refunds: refund, placement: summary }),
});

const lines = (row: InvoiceLines) => linesOf(row).map(({ kind, amount: value }) => ({ kind, ...amount("amount", value) }));

/** What a company paid; what the provider kept of it is the platform's business. */
const payment = (row: typeof invoicePayments.$inferSelect) => ({
  id: row.id,
  ...amount("amount", row.grossCents),
  paid_at: row.paidAt.toISOString(),
  through: row.balanceTransactionId === null ? "bank" : "card_or_debit",
});

const refund = (row: { id: string; status: string; amountCents: number; createdAt: Date }) => ({
  id: row.id,
  ...amount("amount", cents(row.amountCents) as Cents),
  status: row.status === "done" ? "refunded" : "pending",
  created_at: row.createdAt.toISOString(),
});

export function placementInvoices(api: OpenAPIHono<ApiEnv>): void {
  listOperation<InvoiceView>(api, {
    path: "/placement-invoices",
    access: ["placement-invoices", "list"],
    summary: "List invoices of placements",
    noun: invoiceNoun,
    filters: z.object({ company_id: Id, placement_id: Id, status: z.enum(INVOICE_STATUSES) }),
    item: InvoiceShape,
    run: listInvoices,
    present: invoice,
  });
  readOperation<InvoiceView>(api, {
    path: "/placement-invoices/{id}",
    access: ["placement-invoices", "get"],
    summary: "Read an invoice",
    noun: invoiceNoun,
    item: InvoiceShape,
    run: getInvoice,
    present: invoice,
  });
  operation(api, {
    method: "post",
    path: "/placement-invoices/{id}/mark-uncollectible",
    access: ["placement-invoices", "mark-uncollectible"],
    summary: "Give an invoice up",
    description: "For platform admins. Its payouts wait, nothing is cancelled, and a later payment revives it.",
    params: z.object({ id: Id }),
    body: z.strictObject({ reason: text(2_000) }).openapi("MarkUncollectibleInput"),
    replies: [200, InvoiceShape],
    run: (ctx, { params, body }) => markUncollectible(ctx, params.id, body.reason),
    present: invoice,
  });
  operation(api, {
    method: "post",
    path: "/placement-invoices/{id}/refresh",
    access: ["placement-invoices", "refresh"],
    summary: "Fetch an invoice from the payment provider",
    description: "For platform admins. Books what the provider shows and we do not know yet.",
    params: z.object({ id: Id }),
    replies: [200, InvoiceShape],
    run: (ctx, { params }) => refreshInvoice(ctx, params.id),
    present: invoice,
  });
}
