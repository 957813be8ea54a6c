import { placementPayoutTransactions } from "#db/schema/billing.ts";
import { payoutAnnounced, payoutDue } from "#domain/events/payout.ts";
import type { HoldReason } from "#domain/payouts/hold-reasons.ts";
import { holdPayout, unholdPayout } from "#domain/payouts/hold.ts";
import type { PayoutChange } from "#domain/payouts/transaction.ts";
import { update } from "../commit.ts";
import type { Context } from "../context.ts";
import type { Parts } from "../invoices/parts.ts";
import { together } from "../invoices/parts.ts";
import type { TransactionRow } from "../placements/money.ts";
import { payoutLog } from "./audit-log.ts";

/** What can still be paid and is not being sent: a hold reaches the others through their blockers. */
const HOLDABLE: readonly string[] = ["pending", "on_hold", "failed"];

/** A share whose hold or end was decided, as parts of a commit. */
export function payoutChanged(
  ctx: Context,
  before: TransactionRow,
  { transaction, announce }: PayoutChange<TransactionRow>,
  because: { action: string; reason: string },
): Parts {
  const { status: newStatus, holdReasons, nextRetryAt } = transaction;
  return {
    write: [
      update(ctx, placementPayoutTransactions, before.id, { status: newStatus, holdReasons: [...holdReasons], nextRetryAt }),
      ...payoutLog(ctx, [
        {
          placementId: before.placementId,
          transactionId: before.id,
          eventType: "transaction",
          action: because.action,
          oldStatus: before.status,
          newStatus,
          oldAmountCents: before.netCents,
          newAmountCents: before.netCents,
          reason: because.reason,
        },
      ]),
    ],
    audit: [
      {
        action: `payout.${because.action}`,
        subject: { type: "payout_transaction", id: before.id },
        before,
        after: transaction,
        reason: because.reason,
      },
    ],
    events: announce.map((announced) => payoutAnnounced(transaction, announced)),
  };
}

/** Every open share of a placement waits for a reason of the system. */
export const holdAll = (ctx: Context, transactions: readonly TransactionRow[], reason: HoldReason): Parts =>
  together(
    ...transactions
      .filter((row) => HOLDABLE.includes(row.status) && !row.holdReasons.includes(reason))
      .map((row) => payoutChanged(ctx, row, holdPayout(row, reason, "system"), { action: "held", reason })),
  );

/** A reason of the system is over: the shares that waited for nothing else are due again. */
export const freeAll = (ctx: Context, transactions: readonly TransactionRow[], reason: HoldReason): Parts =>
  together(
    ...transactions
      .filter((row) => row.holdReasons.includes(reason))
      .map((row) => {
        const freed = unholdPayout(row, reason, "system");
        const parts = payoutChanged(ctx, row, freed, { action: "unheld", reason });
        return freed.due ? { ...parts, events: [...parts.events, payoutDue(row.id)] } : parts;
      }),
  );
