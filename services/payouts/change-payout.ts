import { placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { payoutAnnounced } from "#domain/events/payout.ts";
import type { PayoutChange, PayoutTransaction } from "#domain/payouts/transaction.ts";
import { type Audit, type Change, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { payoutLog } from "./audit-log.ts";

/** A row of `billing.placement_payout_transactions` with the role it pays. */
export type Payout = typeof transactions.$inferSelect & { dealRole: string };

/** The columns that a step may change, by the rules of `domain/payouts` alone. */
const CHANGING = [
  "status",
  "holdReasons",
  "offsetCents",
  "netAmount",
  "reversedCents",
  "completionReason",
  "eligibleAt",
  "keyVersion",
  "firstSentAt",
  "lastOutcome",
  "leaseToken",
  "leaseUntil",
  "retryCount",
  "nextRetryAt",
  "failureReason",
  "processingStartedAt",
  "completedAt",
  "failedAt",
  "stripeConnectAccountId",
  "stripeTransferId",
  "stripeDestinationPaymentId",
] as const satisfies readonly (keyof PayoutTransaction)[];

/** What was done to a payout, and why where somebody said so. */
export interface Done {
  /** `completed`, `held` …: the audit reads `payout.<done>`. */
  done: string;
  reason?: string | null;
}

/** What a change of a payout adds to a commit. */
export interface PayoutParts extends Pick<Change, "write" | "events"> {
  audit: Audit[];
}

/**
 * A change of a payout as parts of a commit: the columns that differ, a line of the payout audit, the
 * audit of the house, and what is announced. A guard on the row has to stand before it.
 */
export function payoutParts(
  ctx: Context,
  before: Payout,
  { transaction, announce }: PayoutChange<Payout>,
  { done, reason }: Done,
): PayoutParts {
  const fields = Object.fromEntries(
    CHANGING.filter((name) => !same(before[name], transaction[name])).map((name) => [name, transaction[name]]),
  );
  if (Object.keys(fields).length === 0) return { write: [], audit: [], events: [] };
  return {
    write: [
      update(ctx, transactions, before.id, fields),
      ...payoutLog(ctx, [logged(before, transaction, { done, reason: reason ?? null })]),
    ],
    audit: [
      {
        action: `payout.${done}`,
        subject: { type: "payout_transaction", id: before.id },
        before: told(before),
        after: told(transaction),
        reason: reason ?? null,
      },
    ],
    events: announce.map((announced) => payoutAnnounced(transaction, announced)),
  };
}

const same = (one: unknown, other: unknown): boolean => one === other || JSON.stringify(one) === JSON.stringify(other);

/** What the audit compares: no generated columns. */
const told = (payout: Payout) => Object.fromEntries(CHANGING.map((name) => [name, payout[name]]));

function logged(before: Payout, after: Payout, { done, reason }: { done: string; reason: string | null }) {
  return {
    placementId: before.placementId,
    transactionId: before.id,
    eventType: `payout.${done}`,
    action: done,
    oldStatus: before.status,
    newStatus: after.status,
    oldAmountCents: before.netAmount,
    newAmountCents: after.netAmount,
    reason: reason ?? after.failureReason,
    metadata: {
      ...(same(before.holdReasons, after.holdReasons) ? {} : { hold_reasons: after.holdReasons }),
      ...(after.retryCount === before.retryCount ? {} : { retry_count: after.retryCount }),
      ...(after.keyVersion === before.keyVersion ? {} : { key_version: after.keyVersion }),
      ...(after.stripeTransferId === before.stripeTransferId ? {} : { stripe_transfer_id: after.stripeTransferId }),
    },
  };
}
