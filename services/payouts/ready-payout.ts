import { eq, sql } from "drizzle-orm";
import { placementPayoutTransactions as transactions, recruiterDebts } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { debtSettled, payoutDue } from "#domain/events/payout.ts";
import { nettingPosting } from "#domain/ledger/postings.ts";
import { ZERO } from "#domain/money.ts";
import { isDue } from "#domain/payouts/claim.ts";
import { holdChanges, payoutBlockers } from "#domain/payouts/blockers.ts";
import { putOnHold, unholdPayout } from "#domain/payouts/hold.ts";
import type { HoldReason } from "#domain/payouts/hold-reasons.ts";
import { netDebts, openDebt, recoverDebt, type RecruiterDebt } from "#domain/payouts/net.ts";
import type { PayoutChange } from "#domain/payouts/transaction.ts";
import { commit, deciding, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { posted } from "../ledger/post.ts";
import { type Payout, payoutParts } from "./change-payout.ts";
import { payoutFacts, type PayoutWithFacts, toBlockerFacts } from "./facts.ts";

/** A row of `billing.recruiter_debts`. */
export type Debt = typeof recruiterDebts.$inferSelect;

/** A debt in the words of domain/payouts. */
export const toDebt = (debt: Debt): Debt & RecruiterDebt => ({ ...debt, amount: debt.amountCents });

/**
 * Does what stands between a payout and its claim: puts it on hold for what its payee or its placement
 * has to settle first, or takes the payee's open debts off it.
 *
 * @returns whether it may be claimed now
 */
export async function readyPayout(ctx: Context, id: string): Promise<boolean> {
  return deciding(ctx, async () => {
    const [[row], [hashes], debts] = await ctx.read(payoutFacts(eq(transactions.id, id)), hashesOf(id), openDebtsOf(id));
    if (!row || !hashes || !isDue(row, ctx.now()) || (await commitHolds(ctx, row))) return false;
    const blockers = payoutBlockers(toBlockerFacts(row), ctx.now());
    if (blockers.length !== 1 || blockers[0] !== "netting_pending") return false;
    return net(ctx, row, hashes, debts);
  });
}

const hashesOf = (id: string) =>
  select({
    payouts: computed<string>("payouts", sql`billing.payouts_hash(${transactions.placementId})`),
    debts: computed<string>("debts", sql`billing.debts_hash(${transactions.recruiterId})`),
  })
    .from(transactions)
    .where(eq(transactions.id, id));

const openDebtsOf = (id: string) =>
  select()
    .from(recruiterDebts)
    .where(
      sql`${recruiterDebts.settledAt} is null and ${recruiterDebts.recruiterId} = (select t.recruiter_id from ${transactions} t where t.id = ${id})`,
    );

/** Netting (MONEY §16, B8): debts recovered and the net lowered in one commit, with a posting each. */
async function net(ctx: Context, payout: Payout, hashes: { payouts: string; debts: string }, debts: readonly Debt[]): Promise<boolean> {
  const byId = new Map(debts.map((debt) => [debt.id, toDebt(debt)]));
  const netted = netDebts(payout, [...byId.values()], ctx.now());
  const recovered = netted.nettings.flatMap(({ debtId, amount }) => {
    const debt = byId.get(debtId);
    return debt ? [recoverDebt(debt, amount)] : [];
  });
  const settled = recovered.filter((debt) => openDebt(debt) === ZERO);
  const parts = payoutParts(ctx, payout, netted, { done: "netted" });
  await commit(ctx, null, {
    expect: [
      sql`billing.guard_payouts(${payout.placementId}::uuid, ${hashes.payouts})`,
      sql`billing.guard_debts(${payout.recruiterId}::uuid, ${hashes.debts})`,
    ],
    write: [
      ...recovered.map((debt) =>
        update(ctx, recruiterDebts, debt.id, {
          recoveredCents: debt.recoveredCents,
          ...(openDebt(debt) === ZERO ? { settledAt: ctx.now() } : {}),
        }),
      ),
      ...parts.write,
      ...netted.nettings.map(({ debtId, amount }) =>
        posted(ctx, nettingPosting({ transactionId: payout.id, debtId, recruiterId: payout.recruiterId, amount }), {
          placementId: payout.placementId,
        }),
      ),
    ],
    audit: parts.audit,
    events: [...parts.events, ...settled.map(debtSettled)],
  });
  return netted.transaction.netAmount > 0;
}

/** Puts one payout on hold, or frees it, as its facts say now. Answers whether that changed anything. */
export async function commitHolds(ctx: Context, row: PayoutWithFacts, alsoRemove: readonly HoldReason[] = []): Promise<boolean> {
  const { add, remove } = holdChanges(toBlockerFacts(row), ctx.now());
  const changed = changedHolds(row, add, [...remove, ...alsoRemove]);
  const isHeld = changed.transaction.status === "on_hold";
  const parts = payoutParts(ctx, row, changed, { done: isHeld ? "held" : "unheld" });
  if (parts.write.length === 0) return false;
  const isFree = changed.transaction.status === "pending" && row.eligibleAt !== null;
  await commit(ctx, null, {
    expect: [unchanged(transactions, row)],
    ...parts,
    events: [...parts.events, ...(isFree ? [payoutDue(row.id)] : [])],
  });
  return true;
}

function changedHolds(payout: Payout, add: readonly HoldReason[], remove: readonly HoldReason[]): PayoutChange<Payout> {
  const added = add.length > 0 ? putOnHold(payout, add) : { transaction: payout, announce: [] };
  const told = add.includes("connect_required") ? [{ type: "payout.connect_required" } as const] : [];
  return remove.reduce<PayoutChange<Payout>>(
    (change, reason) => {
      const { transaction, announce } = unholdPayout(change.transaction, reason, "system");
      return { transaction, announce: [...change.announce, ...announce] };
    },
    { transaction: added.transaction, announce: [...added.announce, ...told] },
  );
}
