import { placementPayoutTransactions } from "#db/schema/billing.ts";
import { payoutAnnounced, payoutDue } from "#domain/events/payout.ts";
import { holdPayout, unholdPayout } from "#domain/payouts/hold.ts";
import type { PayoutChange } from "#domain/payouts/transaction.ts";
import { update } from "../commit.ts";
import type { Context } from "../context.ts";
import { payoutLog } from "../payouts/audit-log.ts";
import type { MoneyAtHand, TransactionRow } from "../placements/money.ts";
import { type Parts, together } from "./parts.ts";

/** What can still be paid: neither settled nor over. */
const OPEN: readonly string[] = ["pending", "on_hold", "failed"];

/** One share whose wait began or ended. */
function changed(ctx: Context, before: TransactionRow, { transaction, announce }: PayoutChange<TransactionRow>): Parts {
  const { status: newStatus, holdReasons, nextRetryAt } = transaction;
  return {
    write: [
      update(ctx, placementPayoutTransactions, before.id, { status: newStatus, holdReasons: [...holdReasons], nextRetryAt }),
      ...payoutLog(ctx, [
        {
          placementId: before.placementId,
          transactionId: before.id,
          eventType: "transaction",
          action: "hold_changed",
          oldStatus: before.status,
          newStatus,
          reason: "invoice_uncollectible",
        },
      ]),
    ],
    audit: [{ action: "payout.hold_changed", subject: { type: "payout_transaction", id: before.id }, before, after: transaction }],
    events: announce.map((announced) => payoutAnnounced(transaction, announced)),
  };
}

/** The shares of an invoice that was given up wait; nothing is cancelled. */
export const holdUncollectible = (ctx: Context, { transactions }: MoneyAtHand): Parts =>
  together(
    ...transactions
      .filter((row) => OPEN.includes(row.status))
      .map((row) => changed(ctx, row, holdPayout(row, "invoice_uncollectible", "system"))),
  );

/** It was paid after all: they wait for it no longer. */
export const liftUncollectible = (ctx: Context, { transactions }: MoneyAtHand): Parts =>
  together(
    ...transactions
      .filter((row) => row.holdReasons.includes("invoice_uncollectible"))
      .map((row) => {
        const unheld = unholdPayout(row, "invoice_uncollectible", "system");
        const parts = changed(ctx, row, unheld);
        return unheld.due ? { ...parts, events: [...parts.events, payoutDue(row.id)] } : parts;
      }),
  );
