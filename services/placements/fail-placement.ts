import { inArray, sql } from "drizzle-orm";
import { placements } from "#db/schema/ats.ts";
import { placementCredits, placementPayoutTransactions } from "#db/schema/billing.ts";
import { updateOf } from "#db/statements.ts";
import { closeDeal } from "#domain/deals/close.ts";
import { creditEnded, creditOpened } from "#domain/events/invoice.ts";
import { payoutAnnounced } from "#domain/events/payout.ts";
import { fallOff, type GivenBack, type PlacementCredit } from "#domain/invoices/fall-off.ts";
import { voidInvoice } from "#domain/invoices/invoice.ts";
import { creditEndPosting, falloffPosting } from "#domain/ledger/postings.ts";
import { type Cents, ZERO } from "#domain/money.ts";
import { cancelPayout } from "#domain/payouts/transaction.ts";
import { failPlacement as decide } from "#domain/placements/placement.ts";
import { commit, deciding, expectVersion, insert, newRow, readable, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { dealChange, readDeal } from "../deals/change-deal.ts";
import { giveBack, offOpen, stopIssuing } from "../invoices/give-back.ts";
import { type Parts, together } from "../invoices/parts.ts";
import { invoiceChanged } from "../invoices/rows.ts";
import { posted } from "../ledger/post.ts";
import { rowById } from "../listing.ts";
import { payoutLog } from "../payouts/audit-log.ts";
import { guardPayouts, guardPlacements, type MoneyAtHand, moneyAtHand, MONEY_STATEMENTS, moneyStatements } from "./money.ts";
import { cancelSchedule } from "./cancel-schedule.ts";
import { endGuaranteeHold } from "./pass-time.ts";
import { type Placement, placementNoun } from "./placement.ts";

/**
 * The candidate is gone inside the guarantee: the company says so, once (B5). Nobody is paid, the hold
 * is forfeited, and what was invoiced becomes a credit for a replacement of the same role; a
 * replacement that fails is given back at once.
 *
 * Refuses once the guarantee is over, to the instant (409 `conflict`, `reason: "guarantee_expired"`).
 */
export async function failPlacement(ctx: Context, id: string, reason: string): Promise<Placement> {
  return deciding(ctx, async () => {
    const deal = await readDeal(ctx, { placementId: id }, ...moneyStatements(sql`${id}::uuid`), rowById<Placement>(ctx, placementNoun, id));
    const money = moneyAtHand(deal.more.slice(0, MONEY_STATEMENTS));
    const before = readable("placement", id, (deal.more[MONEY_STATEMENTS] as Placement[])[0]);
    if (!money) throw new Error(`placement ${id} has no money`);
    expectVersion(ctx, before);
    const { isPlatformAdmin, adminCompanyIds } = ctx.access;
    const actor = { isPlatformAdmin, isCompanyAdmin: adminCompanyIds.includes(before.companyId) };
    if (isPlatformAdmin && !actor.isCompanyAdmin) ctx.override();
    const { placement, events } = decide(before, actor, reason, ctx.now());
    const after: Placement = { ...placement, version: before.version + 1, updatedAt: ctx.now() };
    const { parts } = dealChange(ctx, deal, closeDeal(deal, ctx.now()), { action: "closed", reason: "the placement has failed" });
    const touched = together(
      cancelPayouts(ctx, money),
      endGuaranteeHold(ctx, money, "forfeited"),
      cancelSchedule(ctx, money),
      moneyBack(ctx, money),
    );
    const { state, failedAt, failureReason, withinGuarantee } = placement;
    return commit(ctx, after, {
      expect: [
        ...guardPlacements(money.placement, money.replaced?.placement),
        guardPayouts(money),
        unchanged(placements, before),
        ...(parts.expect ?? []),
      ],
      write: [update(ctx, placements, id, { state, failedAt, failureReason, withinGuarantee }), ...parts.write, ...touched.write],
      audit: [
        {
          action: "placement.failed",
          subject: { type: "placement", id },
          before,
          after,
          companyId: before.companyId,
        },
        ...[parts.audit].flat(),
        ...touched.audit,
      ],
      events: [...events, ...parts.events, ...touched.events],
    });
  });
}

/** Nobody is paid for a candidate who is gone. What was worth nothing is settled already. */
function cancelPayouts(ctx: Context, { placement, transactions }: MoneyAtHand): Parts {
  const cancelled = transactions
    .filter((row) => row.status !== "completed" && row.status !== "cancelled" && row.status !== "reversed")
    .map((row) => ({ row, change: cancelPayout(row, "placement_failed", false) }));
  if (cancelled.length === 0) return together();
  return {
    write: [
      updateOf(placementPayoutTransactions)
        .set({
          status: "cancelled",
          holdReasons: [],
          nextRetryAt: null,
          version: sql`${placementPayoutTransactions.version} + 1`,
          updatedAt: ctx.now(),
        })
        .where(
          inArray(
            placementPayoutTransactions.id,
            cancelled.map(({ row }) => row.id),
          ),
        ) as Statement,
      ...payoutLog(
        ctx,
        cancelled.map(({ row }) => ({
          placementId: placement.id,
          transactionId: row.id,
          eventType: "transaction",
          action: "cancelled",
          oldStatus: row.status,
          newStatus: "cancelled",
          reason: "placement_failed",
        })),
      ),
    ],
    audit: cancelled.map(({ row, change }) => ({
      action: "payout.cancelled",
      subject: { type: "payout_transaction", id: row.id },
      before: row,
      after: change.transaction,
    })),
    events: cancelled.flatMap(({ row, change }) => change.announce.map((announced) => payoutAnnounced(row, announced))),
  };
}

/** What becomes of the invoice, by the table of MONEY §8. */
function moneyBack(ctx: Context, money: MoneyAtHand): Parts {
  const { placement, invoice, escrow, replaced } = money;
  const used = replaced?.credit && replaced.invoice ? { credit: replaced.credit, invoice: replaced.invoice } : null;
  const isPosted = invoice !== null && invoice.finalizedAt !== null;
  const unposted = used && !isPosted ? used.credit.usedCents : ZERO;
  const what = fallOff(
    {
      creditId: ctx.newId(),
      placementId: placement.id,
      companyId: placement.companyId,
      jobId: placement.jobId,
      invoice,
      escrow,
      credited: used && { invoice: used.invoice, unposted },
    },
    ctx.now(),
  );
  const draft = invoice?.status === "draft" ? voidDraft(ctx, money) : null;
  switch (what.effect) {
    case "voided":
      return together(draft);
    case "credit":
      return what.credit ? openCredit(ctx, money, what.credit) : together();
    case "given_back":
      return together(draft, used ? backToCompany(ctx, money, used.credit, unposted, what.givenBack) : null);
  }
}

/** A draft is void, and is not issued any more. */
function voidDraft(ctx: Context, { invoice }: MoneyAtHand): Parts | null {
  if (!invoice) return null;
  const changed = invoiceChanged(ctx, invoice, voidInvoice(invoice, ctx.now()), "invoice.voided");
  return { ...changed, write: [...changed.write, stopIssuing(ctx, invoice.id)] };
}

function openCredit(ctx: Context, { placement, escrow }: MoneyAtHand, credit: PlacementCredit): Parts {
  const row = newRow(ctx, placementCredits, {
    id: credit.id,
    placementId: credit.placementId,
    companyId: credit.companyId,
    jobId: credit.jobId,
    amountCents: credit.amount,
    usedCents: credit.usedCents,
    status: credit.status,
    expiresAt: credit.expiresAt,
  });
  const posting = falloffPosting({ placementId: placement.id, companyId: placement.companyId, escrow, open: null });
  return {
    write: [insert(placementCredits, row), ...(posting ? [posted(ctx, posting, { placementId: placement.id })] : [])],
    audit: [{ action: "placement_credit.opened", subject: { type: "placement_credit", id: row.id }, after: row, companyId: row.companyId }],
    events: [creditOpened(credit)],
  };
}

/** A replacement that fails gives no second credit: open parts of both invoices are taken off, paid parts go back. */
function backToCompany(ctx: Context, money: MoneyAtHand, credit: PlacementCredit, unposted: Cents, given: GivenBack): Parts {
  const { placement, escrow, replaced } = money;
  const open = offOpen(given);
  const { companyId } = placement;
  // either its own invoice was finalised and its escrow holds everything, or nothing of it was, and the credit does
  const posting =
    unposted > 0
      ? creditEndPosting({ creditId: credit.id, part: credit.amount > credit.usedCents ? 2 : 1, companyId, left: unposted, open })
      : falloffPosting({ placementId: placement.id, companyId, escrow, open });
  return together(
    {
      write: posting ? [posted(ctx, posting, { placementId: placement.id })] : [],
      audit: [],
      events: [creditEnded(credit, given.refund)],
    },
    giveBack(ctx, null, given, replaced ? [replaced, money] : [money]),
  );
}
