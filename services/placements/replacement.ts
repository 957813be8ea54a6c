import { placementCredits } from "#db/schema/billing.ts";
import { placements } from "#db/schema/ats.ts";
import { daysAfter } from "#domain/commission/dates.ts";
import { creditEnded, creditUsed } from "#domain/events/invoice.ts";
import { replacementCreated } from "#domain/events/placement.ts";
import { CREDIT_DAYS, giveBack as givingBack, takeCredit } from "#domain/invoices/fall-off.ts";
import { creditInvoice } from "#domain/invoices/invoice.ts";
import { creditEndPosting } from "#domain/ledger/postings.ts";
import type { Cents } from "#domain/money.ts";
import { conflict } from "#domain/refusals.ts";
import { update } from "../commit.ts";
import type { Context } from "../context.ts";
import { giveBack, offOpen } from "../invoices/give-back.ts";
import { type Parts, together } from "../invoices/parts.ts";
import type { ToInvoice } from "../invoices/draft-invoice.ts";
import { posted } from "../ledger/post.ts";
import type { Invoice, MoneyAtHand } from "./money.ts";

/** The new placement, as far as what it replaces is concerned. */
interface Replacing {
  id: string;
  applicationId: string;
  jobId: string;
  candidateId: string;
  companyId: string;
  fee: Cents;
}

/**
 * What a hire does to the failed placement that it replaces (D-36): both are linked, and its credit is
 * taken now, so that it cannot expire meanwhile. A surplus is given back at once.
 *
 * Refuses one that has not failed, was replaced already, is of
 * another role or of the same candidate, or failed more than 60 days ago (409 `conflict`).
 */
export function replacing(ctx: Context, failed: MoneyAtHand, hired: Replacing): { parts: Parts; credited: ToInvoice["credited"] } {
  const { placement, credit, invoice } = failed;
  const now = ctx.now();
  if (placement.state !== "failed" || placement.failedAt === null) {
    throw conflict("Only a placement that has failed is replaced.", { reason: "placement_not_failed" });
  }
  if (placement.replacementPlacementId !== null)
    throw conflict("This placement has its replacement already.", { reason: "already_replaced" });
  if (placement.jobId !== hired.jobId) throw conflict("The replacement is hired for the same role.", { reason: "credit_of_another_role" });
  if (placement.candidateId === hired.candidateId) throw conflict("A replacement is another candidate.", { reason: "same_candidate" });
  if (daysAfter(placement.failedAt, CREDIT_DAYS) <= now) throw conflict("The time to replace it is over.", { reason: "credit_expired" });

  const linked: Parts = {
    write: [update(ctx, placements, placement.id, { replacementPlacementId: hired.id })],
    audit: [
      {
        action: "placement.replaced",
        subject: { type: "placement", id: placement.id },
        before: placement,
        after: { ...placement, replacementPlacementId: hired.id },
        companyId: placement.companyId,
      },
    ],
    events: [replacementCreated(hired, placement.id)],
  };
  if (!credit || !invoice) return { parts: linked, credited: null };

  const use = takeCredit(credit, { placementId: hired.id, jobId: hired.jobId, fee: hired.fee }, now);
  const taken: Parts = {
    write: [
      update(ctx, placementCredits, credit.id, {
        status: use.credit.status,
        usedCents: use.credit.usedCents,
        replacementPlacementId: hired.id,
      }),
    ],
    audit: [
      {
        action: "placement_credit.used",
        subject: { type: "placement_credit", id: credit.id },
        before: credit,
        after: use.credit,
        companyId: credit.companyId,
      },
    ],
    events: [creditUsed(use.credit)],
  };
  const surplus = use.surplus > 0 ? surplusBack(ctx, failed, invoice, use) : null;
  return {
    parts: together(linked, taken, surplus?.parts ?? null),
    credited: { applied: use.applied, invoice: surplus?.invoice ?? invoice },
  };
}

/** What the new fee leaves of a credit goes back; with it the invoice that the credit came from may be settled. */
function surplusBack(
  ctx: Context,
  failed: MoneyAtHand,
  invoice: Invoice,
  { credit, surplus }: ReturnType<typeof takeCredit>,
): { parts: Parts; invoice: Invoice } {
  const given = givingBack(surplus, [invoice]);
  const off = offOpen(given);
  const posting = creditEndPosting({ creditId: credit.id, part: 1, companyId: credit.companyId, left: surplus, open: off });
  const parts = together(
    {
      write: posting ? [posted(ctx, posting, { placementId: credit.placementId })] : [],
      audit: [],
      events: [creditEnded(credit, given.refund)],
    },
    giveBack(ctx, { type: "placement_credit", id: credit.id }, given, [failed]),
  );
  return { parts, invoice: off > 0 ? creditInvoice(invoice, off, failed.payments, ctx.now()).invoice : invoice };
}
