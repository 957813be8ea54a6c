import { type SQL, sql } from "drizzle-orm";
import { ledgerTransactions, placementInvoices, stripeOperations } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { refundPosting } from "#domain/ledger/postings.ts";
import { cents, type Cents, minus } from "#domain/money.ts";
import { conflict } from "#domain/refusals.ts";
import { reopened } from "#domain/stripe-operations/operation.ts";
import { type Guard, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { posted } from "../ledger/post.ts";
import { type Parts, together } from "./parts.ts";
import { type Refund, refundNoun } from "./refunds.ts";

/** A refund that is not done, and how many postings it has. */
export type UndoneRefund = Refund & { parts: number };

/**
 * The refunds that are still due out of a placement's payments, the oldest first.
 *
 * @param of - gives the placement's id
 */
export const undoneRefunds = (of: SQL) =>
  select({
    ...refundNoun.columns,
    parts: computed<number>(
      "parts",
      sql`(select count(*)::int from ${ledgerTransactions} l where l.kind = 'refund' and split_part(l.idempotency_key, ':', 2) = ${stripeOperations.id}::text)`,
    ),
  })
    .from(stripeOperations)
    .where(
      sql`${stripeOperations.kind} = 'refund' and ${stripeOperations.status} <> 'done'
        and ${stripeOperations.request} -> 'invoice_ids' ? (select i.id::text from ${placementInvoices} i where i.placement_id = ${of})`,
    )
    .orderBy(stripeOperations.createdAt, stripeOperations.id);

/**
 * A lost chargeback took money that was due back to the company anyway: by so much the refunds are done, and
 * what is left of one is asked for again.
 *
 * Refuses (409 `refund_on_its_way`) while one of them is being asked for.
 *
 * @param taken - what the bank took, in cents
 * @returns the parts of the commit, its guards, and what of the amount was not due
 */
export function settleRefunds(
  ctx: Context,
  undone: readonly UndoneRefund[],
  { taken, companyId }: { taken: Cents; companyId: string },
): { parts: Parts; guards: Guard[]; left: Cents } {
  const settled: { refund: UndoneRefund; amount: Cents; open: Cents }[] = [];
  let left = taken;
  for (const refund of undone) {
    const open = minus(cents(refund.request.amount_cents), cents(refund.refundedCents));
    const amount = cents(Math.min(open, left));
    if (amount === 0) continue;
    if (refund.status === "processing") throw conflict("A refund is on its way.", { reason: "refund_on_its_way" });
    left = minus(left, amount);
    settled.push({ refund, amount, open });
  }
  const parts = settled.map(({ refund: before, amount, open }): Parts => {
    const { id } = before;
    const isDone = amount === open;
    const fields = isDone ? ({ status: "done", failureReason: null } as const) : reopened(ctx.now());
    const posting = refundPosting({ operationId: id, part: before.parts + 1, companyId, amount, money: { through: "chargeback" } });
    const about = { type: "stripe_operation", id };
    return {
      write: [update(ctx, stripeOperations, id, fields), posted(ctx, posting, { placementId: before.request.placement_id })],
      audit: [{ action: "refund.charged_back", subject: about, before, after: { ...before, ...fields }, companyId }],
      events: isDone ? [] : [event("stripe.work", about, { operation_id: id })],
    };
  });
  return { parts: together(...parts), guards: settled.map(({ refund }) => unchanged(stripeOperations, refund)), left };
}

/** A chargeback was won: what Stripe refused to refund because of it is asked for again. */
export function reopenRefunds(ctx: Context, undone: readonly UndoneRefund[]): { parts: Parts; guards: Guard[] } {
  const refused = undone.filter(({ status, failureReason }) => status === "failed" && failureReason === "charge_disputed");
  const parts = refused.map((before): Parts => {
    const fields = reopened(ctx.now());
    const about = { type: "stripe_operation", id: before.id };
    return {
      write: [update(ctx, stripeOperations, before.id, fields)],
      audit: [{ action: "refund.reopened", subject: about, before, after: { ...before, ...fields }, reason: "the chargeback was won" }],
      events: [event("stripe.work", about, { operation_id: before.id })],
    };
  });
  return { parts: together(...parts), guards: refused.map((refund) => unchanged(stripeOperations, refund)) };
}
