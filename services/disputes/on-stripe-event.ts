import { eq, sql } from "drizzle-orm";
import { disputes, invoicePayments, ledgerTransactions, placementInvoices } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { afterBank, isOpen } from "#domain/disputes/dispute.ts";
import { disputeOpened } from "#domain/events/dispute.ts";
import { disputePosting } from "#domain/ledger/postings.ts";
import { cents } from "#domain/money.ts";
import type { Closing } from "../closing.ts";
import { commit, deciding, insert, newRow } from "../commit.ts";
import type { Context } from "../context.ts";
import { type Parts, together } from "../invoices/parts.ts";
import { reopenRefunds, type UndoneRefund, undoneRefunds } from "../invoices/settle-refunds.ts";
import { posted } from "../ledger/post.ts";
import { holdAll } from "../payouts/change-hold.ts";
import { guardPayouts, guardPlacements, readMoney } from "../placements/money.ts";
import type { ProviderEvent, SeenChargeback } from "../ports.ts";
import { disputeMoved } from "./decide-dispute.ts";

type DisputeRow = typeof disputes.$inferSelect;

/** A chargeback may be told before the payment that it takes back; after this long it is no payment of ours. */
const UNKNOWN_PAYMENT_HOURS = 24;

/**
 * A payer's bank takes a payment back, moves the money, or decides (MONEY §11): every open share of the
 * placement waits, and what was withdrawn or came back is posted. Whatever of it is done already is not
 * done again, so the events of one chargeback may come in any order, late and twice. A payment that is
 * not known yet is tried again; one that is still unknown after a day is none of a placement.
 */
export async function chargebackChanged(ctx: Context, event: ProviderEvent, closing: Closing): Promise<boolean> {
  if (event.object.id === null) return false;
  const seen = await ctx.ports.chargebacks.chargeback(event.object.id);
  return deciding(ctx, async () => {
    const of = placementOfPayment(seen);
    const { money, more } = await readMoney(
      ctx,
      of,
      select()
        .from(disputes)
        .where(sql`${disputes.placementId} = ${of}`),
      select({
        movements: computed<number>(
          "movements",
          sql`(select count(*)::int from ${ledgerTransactions} l where l.kind = 'dispute' and split_part(l.idempotency_key, ':', 2) = ${disputes.id}::text)`,
        ),
      })
        .from(disputes)
        .where(eq(disputes.stripeDisputeId, seen.id)),
      undoneRefunds(placementOfPayment(seen)),
    );
    if (!money) {
      const waited = ctx.now().getTime() - event.created.getTime();
      if (waited < UNKNOWN_PAYMENT_HOURS * 3_600_000) throw new Error("the payment of this chargeback is not known yet");
      return false;
    }
    const [all, [counted], undone] = more as [DisputeRow[], { movements: number }[], UndoneRefund[]];
    const known = all.find(({ stripeDisputeId }) => stripeDisputeId === seen.id);
    const before =
      known ??
      newRow(ctx, disputes, {
        placementId: money.placement.id,
        disputeType: "chargeback",
        reason: seen.reason,
        stripeDisputeId: seen.id,
        amountCents: seen.amount,
      });
    const decided = afterBank(before, seen.decision, ctx.now());
    const after: DisputeRow = { ...decided, version: before.version + 1, updatedAt: ctx.now() };
    const { id: placementId, companyId } = money.placement;
    const postings = seen.movements.slice(counted?.movements ?? 0).map((movement, index) =>
      posted(
        ctx,
        disputePosting({
          disputeId: before.id,
          movement: (counted?.movements ?? 0) + index + 1,
          companyId,
          direction: movement.amount < 0 ? "withdrawn" : "reinstated",
          amount: cents(Math.abs(movement.amount)),
          fee: cents(Math.abs(movement.fee)),
          balanceTransactionId: movement.balanceTransactionId,
        }),
        { placementId },
      ),
    );
    const opened: Parts | null = known
      ? null
      : {
          write: [insert(disputes, before)],
          audit: [{ action: "dispute.opened", subject: { type: "dispute", id: before.id }, after: before, companyId }],
          events: [disputeOpened(before)],
        };
    const isHeld = isOpen(after) ? holdAll(ctx, money.transactions, "dispute_open") : null;
    const isMoved = decided.status !== before.status || decided.resolution !== before.resolution;
    const moved = isMoved ? disputeMoved(ctx, { before, after, all, money }, "dispute.decided_by_bank", decided.resolution) : null;
    const isWon = isMoved && decided.resolution === "won";
    const again = reopenRefunds(ctx, isWon ? undone : []);
    const parts = together(opened, isHeld, moved, again.parts);
    if (parts.write.length === 0 && postings.length === 0) return false;
    await commit(ctx, null, {
      expect: [...guardPlacements(money.placement), guardPayouts(money), ...again.guards, ...closing.expect],
      write: [...parts.write, ...postings, ...closing.write],
      audit: parts.audit,
      events: parts.events,
    });
    return true;
  });
}

const placementOfPayment = ({ chargeId, paymentIntentId }: SeenChargeback) =>
  sql`(select i.placement_id from ${placementInvoices} i join ${invoicePayments} p on p.invoice_id = i.id
    where p.charge_id = ${chargeId} or p.payment_intent_id = ${paymentIntentId} limit 1)`;
