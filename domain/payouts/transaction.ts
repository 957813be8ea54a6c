import { minus, type Cents } from "../money.ts";
import { conflict, invalidTransition, type Refusal } from "../refusals.ts";
import type { HoldReason } from "./hold-reasons.ts";

export const PAYOUT_STATUSES = ["pending", "processing", "completed", "failed", "on_hold", "cancelled", "reversed"] as const;

export type PayoutStatus = (typeof PAYOUT_STATUSES)[number];

/** A row of `billing.placement_payout_transactions`: one share on its way to one payee. */
export interface PayoutTransaction {
  id: string;
  placementId: string;
  recruiterId: string;
  /** The split; never changes. */
  amount: Cents;
  /** What debts and clawbacks took off before sending. */
  offsetCents: Cents;
  /** amount − offset: what is sent. */
  netAmount: Cents;
  /** What came back after it was sent. */
  reversedCents: Cents;
  status: PayoutStatus;
  /** A set, in the order of `HOLD_REASONS`. The row is on hold exactly while it is not empty. */
  holdReasons: readonly HoldReason[];
  completionReason: "transfer" | "zero_amount" | "offset_in_full" | null;
  /** Set by the release; before it nothing is sent. */
  eligibleAt: Date | null;
  /** Raised after a look-up that found nothing; with it account, net and first send are fixed. */
  keyVersion: number;
  firstSentAt: Date | null;
  lastOutcome: LastOutcome | null;
  leaseToken: string | null;
  leaseUntil: Date | null;
  /** How often it was claimed; leases grow with it. */
  attempts: number;
  /** Refusals that count. */
  retryCount: number;
  nextRetryAt: Date | null;
  failureReason: string | null;
  processingStartedAt: Date | null;
  completedAt: Date | null;
  failedAt: Date | null;
  stripeConnectAccountId: string | null;
  stripeTransferId: string | null;
  stripeDestinationPaymentId: string | null;
}

/** What is known of the last send under the current key. After the first two Stripe may replay a stored answer. */
export type LastOutcome = "refused" | "server_error_2" | "server_error" | "unknown";

/** What a change of a transaction is announced as. */
export type PayoutAnnouncement =
  | { type: "payout.processed"; net: Cents }
  | { type: "payout.failed"; final: boolean; retryCount: number; reason: string }
  | { type: "payout.held"; reasons: readonly HoldReason[] }
  | { type: "payout.unheld" }
  | { type: "payout.connect_required" }
  | { type: "payout.cancelled"; reason: CancelReason }
  | { type: "payout.reversed"; amount: Cents };

export type CancelReason = "placement_failed" | "clawed_back" | "admin";

/** A changed row and what it announces. */
export interface PayoutChange<T extends PayoutTransaction = PayoutTransaction> {
  transaction: T;
  announce: readonly PayoutAnnouncement[];
}

/** What brings a transaction from one status to another (MONEY §10.1). */
type Step = "claim" | "offset_in_full" | "transfer" | "refused" | "held" | "unheld" | "cancelled" | "reversed";

/** Every change of status there is. `cancelled` and `reversed` are final. */
export const TRANSITIONS = {
  pending: { processing: ["claim"], completed: ["offset_in_full", "transfer"], on_hold: ["held"], cancelled: ["cancelled"] },
  processing: { processing: ["claim"], completed: ["transfer"], failed: ["refused"], on_hold: ["held"] },
  failed: { processing: ["claim"], completed: ["transfer", "offset_in_full"], on_hold: ["held"], cancelled: ["cancelled"] },
  on_hold: { pending: ["unheld"], completed: ["transfer", "offset_in_full"], cancelled: ["cancelled"] },
  completed: { reversed: ["reversed"] },
  cancelled: {},
  reversed: {},
} as const satisfies Record<PayoutStatus, Partial<Record<PayoutStatus, readonly Step[]>>>;

/** Whether the table knows the step. */
export function hasTransition(from: PayoutStatus, to: PayoutStatus): boolean {
  return Object.hasOwn(TRANSITIONS[from], to);
}

/** The statuses a row can reach from one. */
export const reachable = (from: PayoutStatus): PayoutStatus[] => PAYOUT_STATUSES.filter((to) => hasTransition(from, to));

/** Nothing from outside touches a row while its call may be out (409 `conflict`). */
export const inFlight = (id: string): Refusal =>
  conflict(`Payout ${id} is being sent. Try again when its outcome is known.`, { reason: "payout_in_flight" });

/** A row that was sent under its current key is looked up at Stripe before its money is touched. */
export const lookUpFirst = (id: string): Refusal =>
  conflict(`Payout ${id} was sent before. It is looked up first.`, { reason: "look_up_required" });

export const noStep = (transaction: PayoutTransaction, to: PayoutStatus): Refusal =>
  invalidTransition("payout", transaction.status, to, reachable(transaction.status));

/** What ends with a lease. */
export const NO_LEASE = { leaseToken: null, leaseUntil: null } as const;

/**
 * Cancels a share: its placement failed, all of it was clawed back, or an admin says so.
 *
 * Refuses a row that is being sent (409 `payout_in_flight`), one that was sent under its key and not
 * looked up since (409 `look_up_required`), and a finished one (`invalid_transition`).
 *
 * @param lookedUp - whether Stripe was asked since it was last sent, and knows no transfer
 */
export function cancelPayout<T extends PayoutTransaction>(transaction: T, reason: CancelReason, lookedUp: boolean): PayoutChange<T> {
  if (transaction.status === "processing") throw inFlight(transaction.id);
  if (!hasTransition(transaction.status, "cancelled")) throw noStep(transaction, "cancelled");
  if (transaction.firstSentAt && !lookedUp) throw lookUpFirst(transaction.id);
  return {
    transaction: { ...transaction, status: "cancelled", holdReasons: [], nextRetryAt: null },
    announce: [{ type: "payout.cancelled", reason }],
  };
}

/**
 * Books what came back of a transfer. When everything did, the row is reversed; a part only counts.
 * Throws on more than is left of it.
 */
export function reversePayout<T extends PayoutTransaction>(transaction: T, amount: Cents): PayoutChange<T> {
  if (transaction.status !== "completed") throw noStep(transaction, "reversed");
  const left = minus(transaction.netAmount, transaction.reversedCents);
  if (amount <= 0 || amount > left) throw new RangeError(`payout ${transaction.id} cannot come back by ${amount}: ${left} are left`);
  const reversedCents = minus(transaction.netAmount, minus(left, amount));
  if (amount < left) return { transaction: { ...transaction, reversedCents }, announce: [] };
  return {
    transaction: { ...transaction, reversedCents, status: "reversed" },
    announce: [{ type: "payout.reversed", amount: reversedCents }],
  };
}

/** Only what was transferred comes back: refuses a payout that was not sent (`invalid_transition`) and one that moved no money (409). */
export function requireTransferred(transaction: PayoutTransaction): void {
  if (transaction.status !== "completed") throw noStep(transaction, "reversed");
  if (transaction.stripeTransferId === null)
    throw conflict(`Payout ${transaction.id} was settled without a transfer.`, { reason: "nothing_transferred" });
}

/** What the database's checks would refuse of a row, in words; empty for a sound one (MONEY §15). */
export function faultsOf(row: PayoutTransaction): string[] {
  const sent = row.status === "completed" || row.status === "reversed";
  const checks: readonly [boolean, string][] = [
    [row.netAmount === row.amount - row.offsetCents, "net = amount − offset"],
    [row.offsetCents >= 0 && row.offsetCents <= row.amount, "0 ≤ offset ≤ amount"],
    [row.reversedCents >= 0 && row.reversedCents <= row.netAmount, "0 ≤ reversed ≤ net"],
    [(row.status === "on_hold") === row.holdReasons.length > 0, "on_hold ⇔ hold reasons"],
    [new Set(row.holdReasons).size === row.holdReasons.length, "hold reasons are a set"],
    [(row.status === "processing") === (row.leaseToken !== null), "processing ⇔ lease token"],
    [(row.leaseToken === null) === (row.leaseUntil === null), "lease token ⇔ lease end"],
    [row.status !== "processing" || row.processingStartedAt !== null, "processing ⇒ since when"],
    [!sent || row.stripeTransferId !== null || row.netAmount === 0, "completed or reversed ⇒ transfer id or net = 0"],
    [sent === (row.completionReason !== null), "completed or reversed ⇔ completion reason"],
    [sent === (row.completedAt !== null), "completed or reversed ⇔ completed_at"],
    [row.status !== "failed" || row.failureReason !== null, "failed ⇒ failure reason"],
    [row.status !== "failed" || row.retryCount >= MAX_REFUSALS === (row.nextRetryAt === null), "failed: final ⇔ no next try"],
    [row.retryCount <= MAX_REFUSALS, "at most three refusals"],
    [row.status !== "reversed" || row.reversedCents === row.netAmount, "reversed ⇒ all came back"],
    [row.keyVersion >= 1, "keys count from 1"],
  ];
  return checks.flatMap(([holds, check]) => (holds ? [] : [check]));
}

/** Refusals per payout (D-99). */
export const MAX_REFUSALS = 3;

/** What the database's trigger would refuse of a change, in words; empty for a legal one (MONEY §15). */
export function illegalIn(before: PayoutTransaction, after: PayoutTransaction): string[] {
  const sameKey = before.keyVersion === after.keyVersion;
  const inUse = sameKey && before.firstSentAt !== null;
  const checks: readonly [boolean, string][] = [
    [before.status === after.status || hasTransition(before.status, after.status), `${before.status} → ${after.status}`],
    [before.id === after.id && before.amount === after.amount && before.recruiterId === after.recruiterId, "amount and payee are fixed"],
    [before.stripeTransferId === null || before.stripeTransferId === after.stripeTransferId, "the transfer id is set once"],
    [sameKey || after.keyVersion === before.keyVersion + 1, "the key version stays or grows by one"],
    [!inUse || before.netAmount === after.netAmount, "net is fixed while a key is in use"],
    [!inUse || before.stripeConnectAccountId === after.stripeConnectAccountId, "the account is fixed while a key is in use"],
    [!inUse || before.firstSentAt?.getTime() === after.firstSentAt?.getTime(), "the first send is fixed while a key is in use"],
    [after.reversedCents >= before.reversedCents, "what came back stays back"],
  ];
  return checks.flatMap(([holds, check]) => (holds ? [] : [check]));
}
