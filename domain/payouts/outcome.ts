import type { Cents } from "../money.ts";
import { conflict } from "../refusals.ts";
import type { BlockerCode } from "./blockers.ts";
import { isPastHorizon } from "./claim.ts";
import { putOnHold } from "./hold.ts";
import type { HoldReason } from "./hold-reasons.ts";
import {
  hasTransition,
  inFlight,
  lookUpFirst,
  MAX_REFUSALS,
  NO_LEASE,
  noStep,
  type PayoutChange,
  type PayoutTransaction,
} from "./transaction.ts";

/** A transfer as Stripe shows it. */
export interface Transfer {
  id: string;
  amount: Cents;
  destination: string;
  destinationPaymentId: string | null;
}

/** What came back from a call; `null` when nothing did: a timeout, a broken connection. */
export type StripeAnswer = { httpStatus: number; transfer: Transfer | null; errorType: string | null; errorCode: string | null } | null;

/** What an answer means (MONEY §10.3). */
export type Outcome =
  | { outcome: "done"; transfer: Transfer }
  /** Our balance is too small. */
  | { outcome: "platform_balance" }
  /** About the destination account; whether it can still receive is asked next. */
  | { outcome: "destination"; reason: string }
  | { outcome: "refused"; reason: string }
  /** The same key with another request: our bug. */
  | { outcome: "mismatch" }
  /** Nothing is known: the same key again. */
  | { outcome: "unknown" }
  | { outcome: "server_error" };

/** Statuses that say nothing about the transfer, although they begin with a 4. */
const UNKNOWN_STATUSES: readonly number[] = [401, 409, 429];

/** What Stripe says when the destination account, or its capability, is the matter. */
const DESTINATION_CODES: readonly string[] = [
  "account_closed",
  "account_invalid",
  "insufficient_capabilities_for_transfer",
  "no_account",
  "transfers_not_allowed",
];

/** Reads an answer to a transfer. An answer that cannot be read says nothing. */
export function classify(answer: StripeAnswer): Outcome {
  if (answer === null) return { outcome: "unknown" };
  const { httpStatus, transfer, errorType, errorCode } = answer;
  if (httpStatus >= 200 && httpStatus < 300) return transfer ? { outcome: "done", transfer } : { outcome: "unknown" };
  if (httpStatus >= 500) return { outcome: "server_error" };
  if (httpStatus < 400 || UNKNOWN_STATUSES.includes(httpStatus)) return { outcome: "unknown" };
  if (errorType === "idempotency_error") return { outcome: "mismatch" };
  if (errorCode === "balance_insufficient") return { outcome: "platform_balance" };
  const reason = errorCode ?? errorType ?? `http_${httpStatus}`;
  return DESTINATION_CODES.includes(reason) ? { outcome: "destination", reason } : { outcome: "refused", reason };
}

/** A settled row: what it becomes, what is announced, and whether people are called. */
export interface Settled<T extends PayoutTransaction = PayoutTransaction> extends PayoutChange<T> {
  /** Called for: our balance is empty, our request is wrong, or an admin has to decide. */
  alert: "platform_balance" | "request_mismatch" | "payout_failed" | null;
}

/** The second try comes an hour after the first refusal, the third six hours after the second (D-99). */
const RETRY_HOURS = [1, 6] as const;

/**
 * Commits the outcome of a send to its row.
 *
 * @param canReceive - asked again after an outcome about the destination: whether the payee's account
 *   can receive; null when that could not be told, or was not asked
 */
export function settlePayout<T extends PayoutTransaction>(
  transaction: T,
  outcome: Outcome,
  canReceive: boolean | null,
  now: Date,
): Settled<T> {
  if (transaction.status !== "processing") throw new RangeError(`payout ${transaction.id} is not processing`);
  const refused: T = { ...transaction, lastOutcome: "refused" };
  switch (outcome.outcome) {
    case "done":
      return completePayout(transaction, outcome.transfer, now);
    case "platform_balance":
      return { ...putOnHold(refused, ["platform_balance"]), alert: "platform_balance" };
    case "mismatch":
      return { ...putOnHold(refused, ["request_mismatch"]), alert: "request_mismatch" };
    case "destination": {
      if (canReceive === null) return { ...stays({ ...transaction, lastOutcome: "unknown" }), alert: null };
      if (canReceive) return refuse(refused, outcome.reason, now);
      const { transaction: held, announce } = putOnHold(refused, ["connect_required"]);
      return { transaction: held, announce: [...announce, { type: "payout.connect_required" }], alert: null };
    }
    case "refused":
      return refuse(refused, outcome.reason, now);
    case "unknown":
      return { ...stays({ ...transaction, lastOutcome: "unknown" }), alert: null };
    case "server_error": {
      const again = transaction.lastOutcome === "server_error" || transaction.lastOutcome === "server_error_2";
      return { ...stays({ ...transaction, lastOutcome: again ? "server_error_2" : "server_error" }), alert: null };
    }
  }
}

/** Stays in processing until its lease ends, and is claimed again. */
const stays = <T extends PayoutTransaction>(transaction: T): PayoutChange<T> => ({ transaction, announce: [] });

/** Counts a refusal; the third is final. */
function refuse<T extends PayoutTransaction>(transaction: T, reason: string, now: Date): Settled<T> {
  return fail(transaction, Math.min(transaction.retryCount + 1, MAX_REFUSALS), reason, now);
}

function fail<T extends PayoutTransaction>(transaction: T, retryCount: number, reason: string, now: Date): Settled<T> {
  const hours = RETRY_HOURS[retryCount - 1];
  const final = hours === undefined;
  return {
    transaction: {
      ...transaction,
      ...NO_LEASE,
      status: "failed",
      retryCount,
      nextRetryAt: final ? null : new Date(now.getTime() + hours * 3_600_000),
      failureReason: reason,
      failedAt: now,
    },
    announce: [{ type: "payout.failed", final, retryCount, reason }],
    alert: final ? "payout_failed" : null,
  };
}

/** What a transfer of another amount, to another account, or a second one means for the house. */
export type TransferBreak = "double_transfer" | "unexpected_transfer" | "transfer_differs";

/**
 * Completes a row with the transfer that Stripe shows, by an answer, a look-up or an event. A row
 * that is completed with it stays as it is: events come twice and late.
 *
 * A transfer that differs from what was asked puts the row on hold and calls people. Throws
 * `invalid_transition` on one of a row that is finished otherwise: `transferBreak` says so before.
 */
export function completePayout<T extends PayoutTransaction>(transaction: T, transfer: Transfer, now: Date): Settled<T> {
  const broken = transferBreak(transaction, transfer);
  if (transaction.stripeTransferId === transfer.id) return { transaction, announce: [], alert: null };
  if (broken === "transfer_differs") return { ...putOnHold(transaction, ["request_mismatch"]), alert: "request_mismatch" };
  if (broken !== null || !hasTransition(transaction.status, "completed")) throw noStep(transaction, "completed");
  return {
    transaction: {
      ...transaction,
      ...NO_LEASE,
      status: "completed",
      holdReasons: [],
      completionReason: "transfer",
      completedAt: now,
      nextRetryAt: null,
      failureReason: null,
      stripeTransferId: transfer.id,
      stripeDestinationPaymentId: transfer.destinationPaymentId,
    },
    announce: [{ type: "payout.processed", net: transaction.netAmount }],
    alert: null,
  };
}

/**
 * What is wrong with a transfer that names this row; null when it is the one that was asked for. A
 * second one is a double, one for a row that was never sent, cancelled or settled without is unexpected.
 */
export function transferBreak(transaction: PayoutTransaction, transfer: Transfer): TransferBreak | null {
  if (transaction.stripeTransferId !== null) return transaction.stripeTransferId === transfer.id ? null : "double_transfer";
  if (transaction.firstSentAt === null || !hasTransition(transaction.status, "completed")) return "unexpected_transfer";
  const isAsked = transfer.amount === transaction.netAmount && transfer.destination === transaction.stripeConnectAccountId;
  return isAsked ? null : "transfer_differs";
}

/**
 * Completes a released row with a transfer that people made at Stripe, where sending it failed for good.
 *
 * Refuses a row that is being sent (409 `payout_in_flight`), one that is not released (`not_released`), one
 * that was sent before and not looked up (`look_up_required`), and a transfer of another amount or to
 * somebody else's account (`transfer_differs`), or of which something came back (`transfer_reversed`).
 *
 * @param payeeAccount - where the payee receives now
 * @param lookedUp - whether Stripe was asked since it was last sent, and knows no transfer
 */
export function completeByHand<T extends PayoutTransaction>(
  transaction: T,
  transfer: Transfer & { reversed: Cents },
  payeeAccount: string | null,
  lookedUp: boolean,
  now: Date,
): PayoutChange<T> {
  if (transaction.status === "processing") throw inFlight(transaction.id);
  if (!hasTransition(transaction.status, "completed")) throw noStep(transaction, "completed");
  if (transaction.eligibleAt === null) throw conflict("This payout is not released yet.", { reason: "not_released" });
  if (transaction.firstSentAt && !lookedUp) throw lookUpFirst(transaction.id);
  if (transfer.amount !== transaction.netAmount || transfer.destination !== payeeAccount)
    throw conflict("The transfer is of another amount, or to another account.", { reason: "transfer_differs" });
  if (transfer.reversed > 0) throw conflict("Something of this transfer came back.", { reason: "transfer_reversed" });
  const keyed: T = {
    ...transaction,
    keyVersion: transaction.firstSentAt ? transaction.keyVersion + 1 : transaction.keyVersion,
    firstSentAt: now,
    lastOutcome: null,
    stripeConnectAccountId: transfer.destination,
  };
  return completePayout(keyed, transfer, now);
}

/** What a look-up of a claimed row leads to. */
export type AfterLookUp<T extends PayoutTransaction = PayoutTransaction> =
  | ({ next: "commit" } & Settled<T>)
  /** The key was raised; the row is sent under it. */
  | { next: "send"; transaction: T }
  /** Nothing is to be done until the lease ends. */
  | { next: "leave"; transaction: T };

/** What was looked up, and what stands in the way of sending. */
export interface LookUp {
  /** The transfers that name the row in their metadata, of all pages of its group. */
  found: readonly Transfer[];
  /** Unmet conditions at the claim; none when it may be sent. */
  blockers: readonly BlockerCode[];
  /** Where the payee receives now; a new key takes it anew. */
  connectAccountId: string;
}

/** The unmet conditions that a row under lease is held for. */
const HELD_FOR: Partial<Record<BlockerCode, HoldReason>> = {
  connect_required: "connect_required",
  tax_profile_missing: "tax_profile_missing",
  dispute_open: "dispute_open",
  invoice_uncollectible: "invoice_uncollectible",
};

/**
 * Decides after a look-up under the lease (MONEY §10.2): a transfer that is there completes the row;
 * another one, or two, stop it; with none it is held, left, given up after seven days, or its key is
 * raised. The key is never raised without a look-up that found nothing.
 */
export function afterLookUp<T extends PayoutTransaction>(transaction: T, lookUp: LookUp, now: Date): AfterLookUp<T> {
  if (transaction.status !== "processing") throw new RangeError(`payout ${transaction.id} is not processing`);
  const [found, second] = lookUp.found;
  if (second) return { next: "commit", ...putOnHold(transaction, ["request_mismatch"]), alert: "request_mismatch" };
  if (found) return { next: "commit", ...completePayout(transaction, found, now) };

  const reasons = lookUp.blockers.flatMap((code) => HELD_FOR[code] ?? []);
  if (reasons.length > 0) return { next: "commit", ...putOnHold(transaction, reasons), alert: null };
  if (lookUp.blockers.length > 0) return { next: "leave", transaction };
  if (isPastHorizon(transaction, now)) {
    return { next: "commit", ...fail({ ...transaction, lastOutcome: "server_error_2" }, MAX_REFUSALS, "unresolved", now) };
  }
  return { next: "send", transaction: raiseKey(transaction, lookUp.connectAccountId, now) };
}

/** A new key after a look-up that found nothing: account and first send are taken anew, the outcome is forgotten. */
const raiseKey = <T extends PayoutTransaction>(transaction: T, connectAccountId: string, now: Date): T => ({
  ...transaction,
  keyVersion: transaction.keyVersion + 1,
  firstSentAt: now,
  stripeConnectAccountId: connectAccountId,
  lastOutcome: null,
});

/**
 * An admin adds one attempt to a failed payout, now. What was sent before is looked up first.
 * Refuses any other status (`invalid_transition`).
 */
export function retryPayout<T extends PayoutTransaction>(transaction: T, now: Date): T {
  if (transaction.status !== "failed") throw noStep(transaction, "processing");
  return { ...transaction, retryCount: Math.min(transaction.retryCount, MAX_REFUSALS - 1), nextRetryAt: now };
}
