import { sql } from "drizzle-orm";
import { type approvals, placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { recruiters } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { completeByHand } from "#domain/payouts/outcome.ts";
import { conflict, type Refusal } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { approvalById, useApproval } from "../approvals/use-approval.ts";
import { commit, deciding, expectVersion, readable, unchanged } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { payoutParts } from "./change-payout.ts";
import { paid } from "./record-transfer.ts";
import { type Transaction, transactionNoun } from "./transaction.ts";

const TAKEN = (): Refusal => conflict("This transfer paid another payout.", { reason: "transfer_of_another" });

/**
 * Completes a payout with a transfer that people made at the payment provider, where sending it failed
 * for good: by an approval of `payout.complete` for exactly this transfer. What was sent before is asked
 * for first.
 *
 * Refuses whoever is no platform admin, what `completeByHand` refuses, a transfer that is not there
 * (409 `no_such_transfer`) and one that paid another payout (409 `transfer_of_another`).
 */
export async function completePayout(
  ctx: Context,
  id: string,
  given: { transferId: string; approvalId: string; reason: string },
): Promise<Transaction> {
  return deciding(
    ctx,
    async () => {
      const [[row], [payee], [approval]] = (await ctx.read(
        rowById<Transaction>(ctx, transactionNoun, id),
        select({ account: recruiters.stripeConnectAccountId })
          .from(recruiters)
          .where(sql`${recruiters.id} = (select t.recruiter_id from ${transactions} t where t.id = ${id}::uuid)`),
        approvalById(given.approvalId),
      )) as unknown as [Transaction[], { account: string | null }[], (typeof approvals.$inferSelect)[]];
      const before = readable("payout transaction", id, row);
      requirePlatformAdmin(ctx, "complete payouts");
      expectVersion(ctx, before);
      const used = useApproval(ctx, approval, {
        action: "payout.complete",
        subjectId: id,
        request: { stripe_transfer_id: given.transferId },
      });
      const transfer = await ctx.ports.transfers.retrieve(given.transferId);
      if (!transfer) throw conflict("The payment provider shows no such transfer.", { reason: "no_such_transfer" });
      if (transfer.transactionId !== null && transfer.transactionId !== id) throw TAKEN();
      const lookedUp = before.firstSentAt === null || (await knowsNoOther(ctx, before, given.transferId));
      const decided = completeByHand(before, transfer, payee?.account ?? null, lookedUp, ctx.now());
      const parts = payoutParts(ctx, before, decided, { done: "completed_by_hand", reason: given.reason });
      const after: Transaction = { ...decided.transaction, version: before.version + 1, updatedAt: ctx.now() };
      return commit(ctx, after, {
        expect: [used.guard, unchanged(transactions, before)],
        write: [used.write, ...parts.write, paid(ctx, after, transfer)],
        audit: [used.audit, ...parts.audit],
        events: [used.event, ...parts.events],
      });
    },
    { payout_transactions_transfer_key: TAKEN },
  );
}

/** Whether the provider was asked for the payout's transfers and knows none but this one. */
async function knowsNoOther(ctx: Context, { id, placementId }: Transaction, transferId: string): Promise<boolean> {
  const known = await ctx.ports.transfers.ofPlacement(placementId);
  return known !== null && !known.some((transfer) => transfer.transactionId === id && transfer.id !== transferId);
}
