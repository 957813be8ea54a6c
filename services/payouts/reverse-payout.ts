import { sql } from "drizzle-orm";
import { payoutReversals, placementPayoutTransactions as transactions, recruiterDebts, stripeOperations } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { debtSettled } from "#domain/events/payout.ts";
import { reversalPosting } from "#domain/ledger/postings.ts";
import { type Cents, ZERO } from "#domain/money.ts";
import { openDebt, type RecruiterDebt, reversalDecided } from "#domain/payouts/net.ts";
import { reversePayout } from "#domain/payouts/transaction.ts";
import { type Closing } from "../closing.ts";
import { commit, deciding, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { posted } from "../ledger/post.ts";
import { payoutParts } from "./change-payout.ts";
import { payoutColumns } from "./facts.ts";
import { type Debt, toDebt } from "./ready-payout.ts";

/** What Stripe took back of a transfer. */
export interface TransferReversal {
  amount: Cents;
  balanceTransactionId: string;
}

/** The debt that a reversal pays, and the payout whose transfer it takes back. */
async function atHand(ctx: Context, operationId: string) {
  const reversalId = sql`(select o.subject_id from ${stripeOperations} o where o.id = ${operationId})`;
  const [[payout], [hash], [debt]] = await ctx.read(
    select(payoutColumns)
      .from(transactions)
      .where(sql`${transactions.id} = (select r.payout_transaction_id from ${payoutReversals} r where r.id = ${reversalId})`),
    select({
      payouts: computed<string>(
        "payouts",
        sql`(select billing.payouts_hash(t.placement_id) from ${transactions} t where t.id = ${payoutReversals.payoutTransactionId})`,
      ),
      debts: computed<string>(
        "debts",
        sql`(select billing.debts_hash(t.recruiter_id) from ${transactions} t where t.id = ${payoutReversals.payoutTransactionId})`,
      ),
    })
      .from(payoutReversals)
      .where(sql`${payoutReversals.id} = ${reversalId}`),
    select()
      .from(recruiterDebts)
      .where(sql`${recruiterDebts.reversalId} = ${reversalId}`),
  );
  if (!payout || !hash || !debt) throw new Error(`operation ${operationId} reverses no payout`);
  return {
    payout,
    debt,
    guards: [
      sql`billing.guard_payouts(${payout.placementId}::uuid, ${hash.payouts})`,
      sql`billing.guard_debts(${payout.recruiterId}::uuid, ${hash.debts})`,
    ],
  };
}

/** A transfer, or a part of it, came back (MONEY §16, B15): the debt is paid by so much, and the rest is left to netting. */
export async function reversalDone(ctx: Context, operationId: string, reversal: TransferReversal, closing: Closing): Promise<void> {
  await deciding(ctx, async () => {
    const { payout, debt: before, guards } = await atHand(ctx, operationId);
    const debt = reversalDecided(toDebt(before), reversal.amount);
    const parts = payoutParts(ctx, payout, reversePayout(payout, reversal.amount), { done: "reversed" });
    const posting = reversalPosting({ operationId, recruiterId: payout.recruiterId, ...reversal });
    await commit(ctx, null, {
      expect: [...guards, ...closing.expect],
      write: [...parts.write, updateDebt(ctx, debt), posted(ctx, posting, { placementId: payout.placementId }), ...closing.write],
      audit: [...parts.audit, { action: "debt.recovered", subject: { type: "debt", id: debt.id }, before, after: debt }],
      events: [...parts.events, ...(openDebt(debt) === ZERO ? [debtSettled(debt)] : [])],
    });
  });
}

/** Stripe takes nothing back (MONEY §16, B15): the debt waits for the payee's next payouts. */
export async function reversalRefused(ctx: Context, operationId: string, reason: string, closing: Closing): Promise<void> {
  await deciding(ctx, async () => {
    const { debt: before, guards } = await atHand(ctx, operationId);
    const debt = reversalDecided(toDebt(before), ZERO);
    await commit(ctx, null, {
      expect: [...guards, ...closing.expect],
      write: [updateDebt(ctx, debt), ...closing.write],
      audit: { action: "debt.left_to_netting", subject: { type: "debt", id: debt.id }, before, after: debt, reason },
      events: [],
    });
  });
}

/** What of a debt changes, with the instant at which nothing of it is open any more. */
export const updateDebt = (ctx: Context, debt: Debt & RecruiterDebt) =>
  update(ctx, recruiterDebts, debt.id, {
    recoveredCents: debt.recoveredCents,
    writtenOffCents: debt.writtenOffCents,
    recovery: debt.recovery,
    settledAt: openDebt(debt) === ZERO ? ctx.now() : null,
  });
