import { placementInvoices } from "#db/schema/billing.ts";
import type { FeeBasis } from "#domain/commission/fee.ts";
import { invoiceAnnounced, invoiceCreated } from "#domain/events/invoice.ts";
import { draftInvoice as draft, finalizeInvoice, invoiceLines, type PlacementInvoice } from "#domain/invoices/invoice.ts";
import { type Cents, ZERO } from "#domain/money.ts";
import { insert, newRow } from "../commit.ts";
import type { Context } from "../context.ts";
import type { BillingProfile, MoneyAtHand } from "../placements/money.ts";
import { operation, type Parts } from "./parts.ts";
import { collectionFor, finalizedPosting, invoiceColumns } from "./rows.ts";

/** What the invoice of a placement rests on. */
export interface ToInvoice {
  placement: { id: string; companyId: string };
  fee: FeeBasis;
  profile: BillingProfile;
  /** What of a credit the placement takes, and the invoice that the credit came from. */
  credited: { applied: Cents; invoice: PlacementInvoice | null } | null;
}

/**
 * The invoice of a placement that becomes active (D-33): a draft and the operation that issues it.
 * With nothing due there is nothing to issue: it is finalised and paid in the same commit. Null
 * without a fee.
 */
export function draftInvoice(ctx: Context, { placement, fee, profile, credited }: ToInvoice): Parts | null {
  const creditApplied = credited?.applied ?? ZERO;
  const drafted = draft({
    id: ctx.newId(),
    placementId: placement.id,
    companyId: placement.companyId,
    fee,
    creditApplied,
    terms: profile.billingTerms,
    hasPaymentMethod: profile.hasPaymentMethod,
  });
  if (!drafted) return null;
  const nothingDue = drafted.amountDue === 0;
  const { invoice, announce } = nothingDue
    ? finalizeInvoice(drafted, collectionFor(drafted), credited?.invoice?.collectibleAt ?? null, ctx.now())
    : { invoice: drafted, announce: [] };
  const row = newRow(ctx, placementInvoices, {
    id: invoice.id,
    placementId: invoice.placementId,
    companyId: invoice.companyId,
    amountDueCents: invoice.amountDue,
    creditAppliedCents: invoice.creditApplied,
    billingTerms: invoice.billingTerms,
    ...invoiceColumns(invoice),
  });
  const issue = nothingDue
    ? null
    : operation(
        ctx,
        { type: "placement_invoice", id: invoice.id },
        {
          kind: "invoice_issue",
          company_id: placement.companyId,
          placement_id: placement.id,
          collection_method: invoice.collectionMethod,
          days_until_due: collectionFor(invoice).daysUntilDue,
          lines: invoiceLines(fee, creditApplied).map((line) => ({ kind: line.kind, amount_cents: line.amount })),
        },
      );
  return {
    write: [insert(placementInvoices, row), ...(nothingDue ? [finalizedPosting(ctx, invoice)] : []), ...(issue?.write ?? [])],
    audit: [
      { action: "invoice.created", subject: { type: "placement_invoice", id: row.id }, after: row, companyId: row.companyId },
      ...(issue?.audit ?? []),
    ],
    events: [invoiceCreated(invoice), ...announce.map((announced) => invoiceAnnounced(invoice, announced)), ...(issue?.events ?? [])],
  };
}

/** The invoice of a placement whose money was read; null when it has one already. */
export const draftInvoiceOf = (ctx: Context, { placement, fee, profile, replaced, invoice }: MoneyAtHand): Parts | null =>
  invoice
    ? null
    : draftInvoice(ctx, {
        placement,
        fee,
        profile,
        credited: replaced?.credit ? { applied: replaced.credit.usedCents, invoice: replaced.invoice } : null,
      });
