import type { PayoutTransaction } from "#domain/payouts/transaction.ts";
import { ZERO } from "#domain/money.ts";
import { money } from "../commission/hires.ts";

/** A transaction for the tests: 6,000.00, pending and not released. */
export const payout = (more: Partial<PayoutTransaction> = {}): PayoutTransaction => ({
  id: "transaction",
  placementId: "placement",
  recruiterId: "recruiter",
  amount: money("6000.00"),
  offsetCents: ZERO,
  netAmount: more.amount ?? money("6000.00"),
  reversedCents: ZERO,
  status: "pending",
  holdReasons: [],
  completionReason: null,
  eligibleAt: null,
  keyVersion: 1,
  firstSentAt: null,
  lastOutcome: null,
  leaseToken: null,
  leaseUntil: null,
  attempts: 0,
  retryCount: 0,
  nextRetryAt: null,
  failureReason: null,
  processingStartedAt: null,
  completedAt: null,
  failedAt: null,
  stripeConnectAccountId: null,
  stripeTransferId: null,
  stripeDestinationPaymentId: null,
  ...more,
});

/** Whether a row wants to be sent, said a second time and in other words than the rules do. */
export const isDue = ({ status: payoutStatus, nextRetryAt }: PayoutTransaction, now: Date): boolean =>
  payoutStatus === "pending" || (payoutStatus === "failed" && !!nextRetryAt && nextRetryAt <= now);
