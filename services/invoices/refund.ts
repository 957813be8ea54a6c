import { type SQL, sql } from "drizzle-orm";
import { ledgerTransactions, placementInvoices, stripeOperations } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { invoiceRefunded } from "#domain/events/invoice.ts";
import { credit, debit, post, postingKey } from "#domain/ledger/posting.ts";
import { refundPosting } from "#domain/ledger/postings.ts";
import { type Cents, plus, ZERO } from "#domain/money.ts";
import { settleOperation } from "#domain/stripe-operations/operation.ts";
import { close, type Closing } from "../closing.ts";
import { commit, deciding, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { posted } from "../ledger/post.ts";
import { guardPlacements, type PlacementRow, toInvoice } from "../placements/money.ts";
import { placements } from "#db/schema/ats.ts";

/** One refund that Stripe made for an operation. */
export interface RefundPart {
  amount: Cents;
  balanceTransactionId: string;
}

/** The placement that an operation is about. */
const placementOf = (operationId: string): SQL =>
  sql`(select (o.request ->> 'placement_id')::uuid from ${stripeOperations} o where o.id = ${operationId})`;

/** An operation, the placement it is about, and what of it the books know. */
async function atHand(ctx: Context, operationId: string) {
  const [[operation], [placement], [invoice], known] = await ctx.read(
    select()
      .from(stripeOperations)
      .where(sql`${stripeOperations.id} = ${operationId}`),
    select()
      .from(placements)
      .where(sql`${placements.id} = ${placementOf(operationId)}`),
    select()
      .from(placementInvoices)
      .where(
        sql`${placementInvoices.id} = (select (o.request -> 'invoice_ids' ->> 0)::uuid from ${stripeOperations} o where o.id = ${operationId})`,
      ),
    select({
      key: ledgerTransactions.idempotencyKey,
      balanceTransactions: computed<string[]>(
        "balance_transactions",
        sql`(select coalesce(jsonb_agg(e.balance_transaction_id), '[]') from billing.ledger_entries e
          where e.transaction_id = ${ledgerTransactions.id} and e.balance_transaction_id is not null)`,
      ),
    })
      .from(ledgerTransactions)
      .where(sql`${ledgerTransactions.kind} = 'refund' and ${ledgerTransactions.idempotencyKey} like ${`refund:${operationId}%`}`),
  );
  if (!operation || !placement || !invoice) throw new Error(`refund operation ${operationId} is about no placement`);
  const posted = new Set(known.flatMap(({ balanceTransactions }) => balanceTransactions));
  return { operation, placement: placement as PlacementRow, invoice: toInvoice(invoice), posted, parts: known.length };
}

/**
 * Refunds reached the company (B16): what was due is paid. One operation may take several, one per
 * payment; those in the books already change nothing.
 */
export async function refundDone(ctx: Context, operationId: string, refunds: readonly RefundPart[], closing: Closing): Promise<void> {
  await deciding(ctx, async () => {
    const { operation, placement, invoice, posted: known, parts } = await atHand(ctx, operationId);
    const fresh = refunds.filter(({ balanceTransactionId }) => !known.has(balanceTransactionId));
    const of = { placementId: placement.id };
    const { companyId } = placement;
    const postings = fresh.map(({ amount, balanceTransactionId }, index) =>
      posted(
        ctx,
        refundPosting({ operationId, part: parts + index + 1, companyId, amount, money: { through: "stripe", balanceTransactionId } }),
        of,
      ),
    );
    const total = plus(ZERO, ...fresh.map(({ amount }) => amount));
    return commit(ctx, null, {
      expect: [...guardPlacements(placement), ...closing.expect],
      write: [...postings, ...closing.write],
      audit:
        fresh.length === 0
          ? []
          : [
              {
                action: "refund.done",
                subject: { type: "stripe_operation", id: operationId },
                before: { status: operation.status },
                after: { status: "done", refunded: total },
                companyId,
              },
            ],
      events: total > 0 ? [invoiceRefunded(invoice, total)] : [],
    });
  });
}

/** A refund that the company's bank did not take. */
export interface ReturnedRefund {
  amount: Cents;
  /** Stripe's, of the money that left; null for a refund that never did. */
  balanceTransactionId: string | null;
  /** Stripe's, of the money that came back. */
  failureBalanceTransactionId: string | null;
}

/**
 * A refund came back from the company's bank: what left is with us again, and is due to them again. It
 * is tried again as after any refusal, and after the third a platform admin pays by hand. One that is
 * told of twice, or before it was booked, ends the same.
 */
export async function refundFailed(ctx: Context, operationId: string, returned: ReturnedRefund, closing: Closing): Promise<void> {
  const { amount, balanceTransactionId: left, failureBalanceTransactionId: back } = returned;
  await deciding(ctx, async () => {
    const { operation, placement, posted: known, parts } = await atHand(ctx, operationId);
    const { companyId } = placement;
    const isNew = back === null ? operation.status === "done" : !known.has(back);
    if (!isNew) return close(ctx, closing);
    const leaving =
      left !== null && back !== null && !known.has(left)
        ? [refundPosting({ operationId, part: parts + 1, companyId, amount, money: { through: "stripe", balanceTransactionId: left } })]
        : [];
    // the same two accounts as the refund, the other way
    const returning =
      back === null
        ? []
        : [
            post("refund", postingKey("refund", operationId, parts + leaving.length + 1), [
              debit("stripe_balance", amount, back),
              credit(`refund_due:${companyId}`, amount),
            ]),
          ];
    const { fields, final } = settleOperation(operation, { outcome: "refused", reason: "refund_failed" }, false, ctx.now());
    if (final) ctx.ports.log("error", "a refund was sent back by the bank for good", { operation_id: operationId });
    return commit(ctx, null, {
      expect: [...guardPlacements(placement), unchanged(stripeOperations, operation), ...closing.expect],
      write: [
        ...[...leaving, ...returning].map((posting) => posted(ctx, posting, { placementId: placement.id })),
        update(ctx, stripeOperations, operationId, fields),
        ...closing.write,
      ],
      audit: {
        action: "refund.failed",
        subject: { type: "stripe_operation", id: operationId },
        before: { status: operation.status },
        after: { status: fields.status, retryCount: fields.retryCount },
        companyId,
      },
      events: [],
    });
  });
}
