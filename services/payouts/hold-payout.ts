import { sql } from "drizzle-orm";
import { type approvals, placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { payoutDue } from "#domain/events/payout.ts";
import { cancelPosting } from "#domain/ledger/postings.ts";
import type { HoldReason } from "#domain/payouts/hold-reasons.ts";
import { holdPayout as decideHold, unholdPayout as decideUnhold } from "#domain/payouts/hold.ts";
import { cancelPayout as decideCancel, type PayoutChange } from "#domain/payouts/transaction.ts";
import { conflict } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { approvalById, type UsedApproval, useApproval } from "../approvals/use-approval.ts";
import { type Change, commit, deciding, expectVersion, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { posted } from "../ledger/post.ts";
import { rowById } from "../listing.ts";
import { guardPayouts, guardPlacements, type MoneyAtHand, readMoney, type TransactionRow } from "../placements/money.ts";
import { payoutChanged } from "./change-hold.ts";
import { type Transaction, transactionNoun } from "./transaction.ts";

type AdminHold = Extract<HoldReason, "admin_hold" | "fraud_review" | "policy_hold">;

/** Stops a share for a reason of the house's own. Refuses one that is being sent (409) or finished. Platform admins only. */
export const holdPayout = (ctx: Context, id: string, holdReason: AdminHold, reason: string): Promise<Transaction> =>
  change(ctx, id, null, ({ row }) => {
    if (row.holdReasons.includes(holdReason)) throw conflict(`This payout is on ${holdReason} already.`, { reason: "held_already" });
    return { decided: decideHold(row, holdReason, "admin"), because: { action: "held", reason }, more: null };
  });

/**
 * Ends a hold of the house's own, by an approval of `payout.unhold` for exactly this reason. Refuses a
 * hold that ends by itself.
 */
export const unholdPayout = (ctx: Context, id: string, holdReason: HoldReason, approvalId: string, reason: string): Promise<Transaction> =>
  change(ctx, id, approvalId, ({ row, approval }) => {
    if (!row.holdReasons.includes(holdReason)) throw conflict(`This payout is not on ${holdReason}.`, { reason: "not_held" });
    const unheld = decideUnhold(row, holdReason, "admin");
    const used = useApproval(ctx, approval, { action: "payout.unhold", subjectId: id, request: { hold_reason: holdReason } });
    return {
      decided: unheld,
      because: { action: "unheld", reason },
      more: { used, write: [], events: unheld.due ? [payoutDue(id)] : [] },
    };
  });

/**
 * Cancels a share for good, by an approval of `payout.cancel`; released, its money stays with the
 * platform. A share that was sent before is asked for at the provider first, and refused (409) when
 * that cannot be told or when its money has gone.
 */
export const cancelPayout = (ctx: Context, id: string, approvalId: string, reason: string): Promise<Transaction> =>
  change(ctx, id, approvalId, async ({ row, approval }) => {
    const cancelled = decideCancel(row, "admin", row.firstSentAt === null || (await isUnsent(ctx, row)));
    const used = useApproval(ctx, approval, { action: "payout.cancel", subjectId: id, request: {} });
    const { recruiterId, netAmount: net, eligibleAt, placementId } = row;
    const write = eligibleAt && net > 0 ? [posted(ctx, cancelPosting({ transactionId: id, recruiterId, net }), { placementId })] : [];
    return { decided: cancelled, because: { action: "cancelled", reason }, more: { used, write, events: [] } };
  });

/** Whether the provider was asked for the share's transfers and knows none. */
async function isUnsent(ctx: Context, row: TransactionRow): Promise<boolean> {
  const known = await ctx.ports.transfers.ofPlacement(row.placementId);
  return known !== null && !known.some(({ transactionId }) => transactionId === row.id);
}

interface Decided {
  decided: PayoutChange<TransactionRow>;
  because: { action: string; reason: string };
  more: { used: UsedApproval; write: Change["write"]; events: Change["events"] } | null;
}

/** What an admin decides about one share: read with all the money of its placement, and committed under its guards. */
async function change(
  ctx: Context,
  id: string,
  approvalId: string | null,
  decide: (found: {
    row: TransactionRow;
    approval: typeof approvals.$inferSelect | undefined;
    money: MoneyAtHand;
  }) => Decided | Promise<Decided>,
): Promise<Transaction> {
  return deciding(ctx, async () => {
    const { money, more } = await readMoney(
      ctx,
      sql`(select t.placement_id from ${transactions} t where t.id = ${id}::uuid)`,
      rowById<Transaction>(ctx, transactionNoun, id),
      approvalById(approvalId),
    );
    const [[found], [approval]] = more as [Transaction[], (typeof approvals.$inferSelect)[]];
    const before = readable("payout transaction", id, found);
    requirePlatformAdmin(ctx, "hold and cancel payouts");
    expectVersion(ctx, before);
    const row = money?.transactions.find((each) => each.id === id);
    if (!money || !row) throw new Error(`payout ${id} has no placement`);
    const { decided, because, more: along } = await decide({ row, approval, money });
    const parts = payoutChanged(ctx, row, decided, because);
    const after: Transaction = { ...before, ...decided.transaction, version: row.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [...(along ? [along.used.guard] : []), ...guardPlacements(money.placement), guardPayouts(money)],
      write: [...(along ? [along.used.write] : []), ...parts.write, ...(along?.write ?? [])],
      audit: [...(along ? [along.used.audit] : []), ...parts.audit],
      events: [...(along ? [along.used.event] : []), ...parts.events, ...(along?.events ?? [])],
    });
  });
}
