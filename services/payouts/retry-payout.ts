import { placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { payoutDue } from "#domain/events/payout.ts";
import { retryPayout as decide } from "#domain/payouts/outcome.ts";
import { forbidden } from "#domain/refusals.ts";
import { commit, deciding, expectVersion, readable, unchanged } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { payoutParts } from "./change-payout.ts";
import { type Transaction, transactionNoun } from "./transaction.ts";

/**
 * A platform admin adds one attempt to a failed payout, now; what was sent before is looked up first.
 * Refuses everybody else (`forbidden`), and a payout that has not failed (`invalid_transition`).
 */
export async function retryPayout(ctx: Context, id: string): Promise<Transaction> {
  return deciding(ctx, async () => {
    const [[row]] = await ctx.read(rowById<Transaction>(ctx, transactionNoun, id));
    const before = readable("payout transaction", id, row);
    if (!ctx.access.isPlatformAdmin) throw forbidden("Only platform admins try a payout again.");
    expectVersion(ctx, before);
    const transaction = decide(before, ctx.now());
    const parts = payoutParts(ctx, before, { transaction, announce: [] }, { done: "retried" });
    const after: Transaction = { ...transaction, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(transactions, before)],
      write: parts.write,
      audit: parts.audit,
      events: [...parts.events, payoutDue(id)],
    });
  });
}
