import { sql } from "drizzle-orm";
import { placements } from "#db/schema/ats.ts";
import { type approvals, ledgerTransactions, placementInvoices, stripeOperations } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { invoiceRefunded } from "#domain/events/invoice.ts";
import { refundPosting } from "#domain/ledger/postings.ts";
import { cents, type Cents, minus } from "#domain/money.ts";
import { conflict } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { approvalById, useApproval } from "../approvals/use-approval.ts";
import { commit, deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { posted } from "../ledger/post.ts";
import { rowById } from "../listing.ts";
import { guardPlacements, type PlacementRow, toInvoice } from "../placements/money.ts";
import { type Refund, refundNoun } from "./refunds.ts";

/** What a platform admin paid back from bank to bank, and another one approved. */
export interface PaidByHand {
  amount: Cents;
  approvalId: string;
  /** Names the bank's reference. */
  reason: string;
}

/**
 * Notes that a refund was paid by hand, where Stripe could not: its money came past Stripe, or the bank
 * sent it back. By an approval of `refund.record` for exactly the amount.
 *
 * Refuses whoever is no platform admin, a refund that Stripe is still asked for (409 `refund_on_its_way`),
 * and another amount than what is open of it (409 `refund_differs`).
 */
export async function recordRefund(ctx: Context, id: string, paid: PaidByHand): Promise<Refund> {
  return deciding(ctx, async () => {
    const of = (name: string) => sql`(select (o.request ->> ${name})::uuid from ${stripeOperations} o where o.id = ${id}::uuid)`;
    const [[row], [placement], [invoice], [counted], [found]] = (await ctx.read(
      rowById<Refund>(ctx, refundNoun, id),
      select()
        .from(placements)
        .where(sql`${placements.id} = ${of("placement_id")}`),
      select()
        .from(placementInvoices)
        .where(
          sql`${placementInvoices.id} = (select (o.request -> 'invoice_ids' ->> 0)::uuid from ${stripeOperations} o where o.id = ${id}::uuid)`,
        ),
      select({ parts: computed<number>("parts", sql`count(*)::int`) }).from(ledgerTransactions)
        .where(sql`${ledgerTransactions.placementId} = ${of("placement_id")} and ${ledgerTransactions.kind} = 'refund'
          and split_part(${ledgerTransactions.idempotencyKey}, ':', 2) = ${id}`),
      approvalById(paid.approvalId),
    )) as unknown as [
      Refund[],
      PlacementRow[],
      (typeof placementInvoices.$inferSelect)[],
      { parts: number }[],
      (typeof approvals.$inferSelect)[],
    ];
    const before = readable("refund", id, row);
    requirePlatformAdmin(ctx, "record refunds");
    expectVersion(ctx, before);
    if (!placement || !invoice) throw new Error(`refund ${id} is about no placement`);
    if (before.status !== "failed") throw conflict("Stripe is still asked for this refund, or made it.", { reason: "refund_on_its_way" });
    const open = minus(cents(before.request.amount_cents), cents(before.refundedCents));
    if (paid.amount !== open) throw conflict(`Of this refund ${open} cents are open.`, { reason: "refund_differs" });
    const used = useApproval(ctx, found, { action: "refund.record", subjectId: id, request: { amount_cents: paid.amount } });
    const { companyId } = placement;
    const posting = refundPosting({
      operationId: id,
      part: (counted?.parts ?? 0) + 1,
      companyId,
      amount: paid.amount,
      money: { through: "bank" },
    });
    const fields = { status: "done", failureReason: null } as const;
    const refundedCents = before.request.amount_cents;
    const after: Refund = { ...before, ...fields, refundedCents, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [used.guard, ...guardPlacements(placement), unchanged(stripeOperations, before)],
      write: [used.write, update(ctx, stripeOperations, id, fields), posted(ctx, posting, { placementId: placement.id })],
      audit: [
        used.audit,
        { action: "refund.recorded", subject: { type: "stripe_operation", id }, before, after, companyId, reason: paid.reason },
      ],
      events: [used.event, invoiceRefunded(toInvoice(invoice), paid.amount)],
    });
  });
}
