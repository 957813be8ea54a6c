import { eq } from "drizzle-orm";
import { placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { payoutDue } from "#domain/events/payout.ts";
import { payoutBlockers } from "#domain/payouts/blockers.ts";
import { isDue } from "#domain/payouts/claim.ts";
import { inFlight, noStep } from "#domain/payouts/transaction.ts";
import { conflict } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { commit, deciding, expectVersion, readable, unchanged } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { payoutFacts, toBlockerFacts } from "./facts.ts";
import { type Transaction, transactionNoun } from "./transaction.ts";

/**
 * Brings one due payout to its runner now. DOMAIN's `process` is the claim of MONEY §10.2: that stays
 * the runner's, so that nobody sends beside it, and what this saves is the wait for the next minute.
 * No condition is passed over; a debt of the payee is netted on the way.
 *
 * Refuses whoever is no platform admin, a payout that is being sent (409 `payout_in_flight`), is over or
 * is not due again (`invalid_transition`), and one that still waits (409 `payout_blocked`, with `blockers`).
 */
export async function processPayout(ctx: Context, id: string, reason: string): Promise<Transaction> {
  return deciding(ctx, async () => {
    const [[row], [facts]] = await ctx.read(rowById<Transaction>(ctx, transactionNoun, id), payoutFacts(eq(transactions.id, id)));
    const payout = readable("payout transaction", id, row);
    requirePlatformAdmin(ctx, "process payouts");
    expectVersion(ctx, payout);
    if (!facts) throw new Error(`payout ${id} has no placement`);
    if (payout.status === "processing") throw inFlight(id);
    const blockers = payoutBlockers(toBlockerFacts(facts), ctx.now()).filter((code) => code !== "netting_pending");
    if (payout.status === "on_hold" || (isDue(payout, ctx.now()) && blockers.length > 0))
      throw conflict("This payout still waits.", { reason: "payout_blocked", blockers });
    if (!isDue(payout, ctx.now())) throw noStep(payout, "processing");
    return commit(ctx, payout, {
      expect: [unchanged(transactions, payout)],
      write: [],
      audit: { action: "payout.brought_forward", subject: { type: "payout_transaction", id }, before: payout, after: payout, reason },
      events: [payoutDue(id)],
    });
  });
}
