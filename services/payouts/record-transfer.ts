import { eq, sql } from "drizzle-orm";
import { placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { payoutPosting } from "#domain/ledger/postings.ts";
import { completePayout, transferBreak, type TransferBreak } from "#domain/payouts/outcome.ts";
import { type Closing, NO_CLOSING } from "../closing.ts";
import { commit, deciding, unchanged } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { posted } from "../ledger/post.ts";
import type { ShownTransfer } from "../ports.ts";
import { type Payout, payoutParts } from "./change-payout.ts";
import { payoutColumns } from "./facts.ts";

/** What a transfer turned out to be: booked now, booked before, of nobody's payout, or wrong. Only the first and `transfer_differs` committed anything. */
export type Recorded = "recorded" | "known" | "alien" | TransferBreak;

/**
 * Completes the payout that a transfer names in its metadata: by an event, or by an answer that came
 * late. What is completed with it already stays as it is, so it may be told twice, late and in any order.
 * A transfer that differs from what was asked puts its payout on hold; any other wrong one is for the
 * reconciliation, which the answer names.
 */
export async function recordTransfer(ctx: Context, transfer: ShownTransfer, closing: Closing = NO_CLOSING): Promise<Recorded> {
  const { transactionId } = transfer;
  if (!transactionId || !UUID.test(transactionId)) return "alien";
  return deciding(ctx, async () => {
    const [[payout]] = await ctx.read(select(payoutColumns).from(transactions).where(eq(transactions.id, transactionId)));
    if (!payout) return "alien";
    const broken = transferBreak(payout, transfer);
    if (payout.stripeTransferId === transfer.id) return "known";
    if (broken === "double_transfer" || broken === "unexpected_transfer") return broken;
    const settled = completePayout(payout, transfer, ctx.now());
    const parts = payoutParts(ctx, payout, settled, { done: broken ? "held" : "completed" });
    if (parts.write.length === 0) return "known";
    await commit(ctx, null, {
      expect: [
        sql`billing.guard_payout(${payout.id}::uuid, null::uuid, ${transfer.id})`,
        unchanged(transactions, payout),
        ...closing.expect,
      ],
      write: [...parts.write, ...(broken ? [] : [paid(ctx, settled.transaction, transfer)]), ...closing.write],
      audit: parts.audit,
      events: parts.events,
    });
    return broken ?? "recorded";
  });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The ledger's side of a transfer. */
export const paid = (ctx: Context, payout: Payout, { balanceTransactionId }: ShownTransfer): Statement =>
  posted(ctx, payoutPosting({ transactionId: payout.id, recruiterId: payout.recruiterId, net: payout.netAmount, balanceTransactionId }), {
    placementId: payout.placementId,
  });
