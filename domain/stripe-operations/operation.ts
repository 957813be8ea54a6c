import type { Outcome } from "../payouts/outcome.ts";
import { MAX_REFUSALS, type LastOutcome, NO_LEASE } from "../payouts/transaction.ts";

/** A row of `billing.stripe_operations`, as its rules need it. They are those of a payout (MONEY §17.3). */
export interface StripeOperation {
  id: string;
  status: "pending" | "processing" | "done" | "failed";
  keyVersion: number;
  firstSentAt: Date | null;
  lastOutcome: LastOutcome | null;
  leaseToken: string | null;
  leaseUntil: Date | null;
  processingStartedAt: Date | null;
  retryCount: number;
  nextAttemptAt: Date;
  stripeObjectId: string | null;
  failureReason: string | null;
}

/** The second try comes an hour after the first refusal, the third six hours after the second. */
const RETRY_HOURS = [1, 6] as const;

/** The key of a step under the version that is in use; a step is named where an operation has several. */
export const operationKey = ({ id, keyVersion }: Pick<StripeOperation, "id" | "keyVersion">, step?: string): string =>
  `op_${id}_${keyVersion}${step === undefined ? "" : `_${step}`}`;

/** What an outcome makes of an operation, and whether people are called because it is given up. */
export interface SettledOperation {
  fields: Partial<Omit<StripeOperation, "id">>;
  final: boolean;
}

/**
 * Decides on the outcome of a call. What is unknown waits for the lease to end and is asked again with
 * the same key; a refusal is tried again after 1 and 6 hours, the third is final; too small a balance
 * does not count.
 *
 * @param once - whether the first refusal is final already
 */
export function settleOperation(
  operation: StripeOperation,
  outcome: Exclude<Outcome, { outcome: "done" }>,
  once: boolean,
  now: Date,
): SettledOperation {
  switch (outcome.outcome) {
    case "unknown":
      return { fields: { lastOutcome: "unknown" }, final: false };
    case "server_error": {
      const again = operation.lastOutcome === "server_error" || operation.lastOutcome === "server_error_2";
      return { fields: { lastOutcome: again ? "server_error_2" : "server_error" }, final: false };
    }
    case "mismatch":
      return { fields: failed(operation.retryCount, "request_mismatch"), final: true };
    case "platform_balance":
      if (once) return { fields: failed(MAX_REFUSALS, "balance_insufficient"), final: true };
      return { fields: later(operation.retryCount, "balance_insufficient", 1, now), final: false };
    case "destination":
    case "refused": {
      const retryCount = Math.min(operation.retryCount + 1, MAX_REFUSALS);
      const hours = RETRY_HOURS[retryCount - 1];
      if (once || hours === undefined) return { fields: failed(MAX_REFUSALS, outcome.reason), final: true };
      return { fields: later(retryCount, outcome.reason, hours, now), final: false };
    }
  }
}

/** Given up for good: `unresolved` after seven days without an answer and a look-up that found nothing (M-8), or what cannot be done. */
export const failedAs = (reason: string): SettledOperation => ({ fields: failed(MAX_REFUSALS, reason), final: true });

/** An operation that was given up, with one attempt more: due now, and looked up before anything is sent. */
export const reopened = (now: Date) =>
  ({ status: "pending", retryCount: MAX_REFUSALS - 1, lastOutcome: "refused", processingStartedAt: null, nextAttemptAt: now }) as const;

const failed = (retryCount: number, failureReason: string) =>
  ({ ...NO_LEASE, status: "failed", lastOutcome: "refused", retryCount, failureReason }) as const;

const later = (retryCount: number, failureReason: string, hours: number, now: Date) =>
  ({
    ...NO_LEASE,
    status: "pending",
    lastOutcome: "refused",
    retryCount,
    failureReason,
    nextAttemptAt: new Date(now.getTime() + hours * 3_600_000),
  }) as const;
