import type { DealRole } from "../commission/deal-roles.ts";
import { daysAfter } from "../commission/dates.ts";
import type { Cents } from "../money.ts";
import type { BlockerCode } from "./blockers.ts";
import { MAX_REFUSALS, type PayoutTransaction } from "./transaction.ts";

const MINUTE_MS = 60_000;

/** The first lease; each further one is twice as long. */
const FIRST_LEASE_MINUTES = 5;
const LONGEST_LEASE_MINUTES = 360;

/** Stripe may forget an idempotency key after 24 hours. Before that is near, a send is looked up. */
const KEY_SAFE_HOURS = 20;

/** So long an outcome may stay unknown before the payout fails as `unresolved` (M-8). */
export const RETRY_HORIZON_DAYS = 7;

/** No call begins so near the end of its lease: it takes 20 seconds at most. */
const QUIET_END_MS = 60_000;

/** Minutes of the lease of a row that was claimed `attempts` times before: 5, 10, 20 … 360. */
export const leaseMinutes = (attempts: number): number => Math.min(FIRST_LEASE_MINUTES * 2 ** Math.min(attempts, 7), LONGEST_LEASE_MINUTES);

/** What a claim is made with. */
export interface ClaimInput {
  now: Date;
  leaseToken: string;
  /** Where the payee receives at this moment. */
  connectAccountId: string;
  /** Every unmet condition (`payoutBlockers`). */
  blockers: readonly BlockerCode[];
}

/** A claimed row, and what its holder does with it. */
export interface Claim<T extends PayoutTransaction = PayoutTransaction> {
  transaction: T;
  /** Stripe is asked first whether the transfer is there. */
  mustLookUp: boolean;
  /** False when something came up since it was first sent: looked up, but not sent. */
  maySend: boolean;
}

/**
 * Claims a due row, as the one statement of MONEY §10.2 does: one that is pending, failed and due, or
 * processing under a lease that has ended. Null when there is nothing to claim.
 */
export function claimPayout<T extends PayoutTransaction>(transaction: T, input: ClaimInput): Claim<T> | null {
  const { now, leaseToken, blockers } = input;
  const isFree = blockers.length === 0;
  const isLapsed = transaction.status === "processing" && transaction.leaseUntil !== null && transaction.leaseUntil < now;
  if (!isLapsed && !(isDue(transaction, now) && transaction.netAmount > 0 && isFree)) return null;

  const claimed: T = {
    ...transaction,
    status: "processing",
    leaseToken,
    leaseUntil: new Date(now.getTime() + leaseMinutes(transaction.attempts) * MINUTE_MS),
    attempts: transaction.attempts + 1,
    nextRetryAt: null,
    processingStartedAt: isLapsed ? transaction.processingStartedAt : now,
    firstSentAt: transaction.firstSentAt ?? now,
    stripeConnectAccountId: transaction.firstSentAt ? transaction.stripeConnectAccountId : input.connectAccountId,
  };
  return { transaction: claimed, mustLookUp: mustLookUp(claimed, now), maySend: isFree };
}

/** Whether a row wants to be claimed at this instant, were nothing in its way. */
export const isDue = ({ status: payoutStatus, retryCount, nextRetryAt }: PayoutTransaction, now: Date): boolean =>
  payoutStatus === "pending" || (payoutStatus === "failed" && retryCount < MAX_REFUSALS && nextRetryAt !== null && nextRetryAt <= now);

/**
 * Whether Stripe is asked before anything is sent: its stored refusal would only be replayed, its key
 * may be forgotten, or the time for an answer is over.
 */
export function mustLookUp(transaction: PayoutTransaction, now: Date): boolean {
  const { lastOutcome, firstSentAt } = transaction;
  const isStored = lastOutcome === "refused" || lastOutcome === "server_error_2";
  const isOld = firstSentAt !== null && now.getTime() - firstSentAt.getTime() > KEY_SAFE_HOURS * 60 * MINUTE_MS;
  return isStored || isOld || isPastHorizon(transaction, now);
}

/** Whether seven days of processing brought no definite answer. */
export const isPastHorizon = ({ processingStartedAt }: Pick<PayoutTransaction, "processingStartedAt">, now: Date): boolean =>
  processingStartedAt !== null && daysAfter(processingStartedAt, RETRY_HORIZON_DAYS) <= now;

/** Whether a call may still begin under the lease: not in its last 60 seconds. */
export const mayBeginCall = ({ leaseUntil }: Pick<PayoutTransaction, "leaseUntil">, now: Date): boolean =>
  leaseUntil !== null && leaseUntil.getTime() - now.getTime() > QUIET_END_MS;

/** What asks Stripe for a transfer. Fixed per key. */
export interface TransferRequest {
  idempotencyKey: string;
  amount: Cents;
  currency: "usd";
  destination: string;
  transferGroup: string;
  metadata: { payout_transaction_id: string; placement_id: string; role: DealRole };
}

export const idempotencyKey = ({ id, keyVersion }: Pick<PayoutTransaction, "id" | "keyVersion">): string => `ppt_${id}_${keyVersion}`;

export const transferGroup = (placementId: string): string => `placement_${placementId}`;

/** The request of a claimed row. Throws on one that is not claimed or has nothing to send. */
export function transferRequest(transaction: PayoutTransaction, dealRole: DealRole): TransferRequest {
  const { id, placementId, netAmount, stripeConnectAccountId: destination } = transaction;
  if (transaction.status !== "processing" || destination === null || netAmount <= 0) throw new RangeError(`payout ${id} is not to be sent`);
  return {
    idempotencyKey: idempotencyKey(transaction),
    amount: netAmount,
    currency: "usd",
    destination,
    transferGroup: transferGroup(placementId),
    metadata: { payout_transaction_id: id, placement_id: placementId, role: dealRole },
  };
}
