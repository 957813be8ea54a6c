import { forbidden } from "../refusals.ts";
import { holdReasonSet, mayAdd, mayRemove, type HoldReason } from "./hold-reasons.ts";
import { hasTransition, inFlight, noStep, type PayoutChange, type PayoutTransaction } from "./transaction.ts";

/**
 * Adds a reason to wait. The first one puts the row on hold; one that is there changes nothing.
 *
 * Refuses a row that is being sent (409 `payout_in_flight`): a dispute, a hold of the placement and
 * the kill switch reach it through its blockers. Refuses a finished row and a hand that may not.
 */
export function holdPayout<T extends PayoutTransaction>(transaction: T, reason: HoldReason, hand: "system" | "admin"): PayoutChange<T> {
  if (!mayAdd(reason, hand)) throw forbidden(`${reason} is not added by hand.`);
  if (transaction.status === "processing") throw inFlight(transaction.id);
  return putOnHold(transaction, [reason]);
}

/** Puts a row on hold for reasons that came up; the holder of its lease may do so while it is processing. */
export function putOnHold<T extends PayoutTransaction>(transaction: T, reasons: readonly HoldReason[]): PayoutChange<T> {
  const holdReasons = holdReasonSet([...transaction.holdReasons, ...reasons]);
  if (transaction.status === "on_hold") return { transaction: { ...transaction, holdReasons }, announce: [] };
  if (!hasTransition(transaction.status, "on_hold")) throw noStep(transaction, "on_hold");
  if (holdReasons.length === 0) throw new RangeError(`payout ${transaction.id} is held for no reason`);
  return {
    transaction: { ...transaction, status: "on_hold", holdReasons, nextRetryAt: null, leaseToken: null, leaseUntil: null },
    announce: [{ type: "payout.held", reasons: holdReasons }],
  };
}

/** A row after a reason has gone. */
export interface Unheld<T extends PayoutTransaction> extends PayoutChange<T> {
  /** It was released before, so it goes to the queue again. */
  due: boolean;
}

/**
 * Removes a reason. With the last one the row is pending again; one that is not there changes nothing.
 *
 * Refuses a hand that may not: only an admin ends `admin_hold`, `fraud_review`, `policy_hold` and
 * `request_mismatch`.
 */
export function unholdPayout<T extends PayoutTransaction>(transaction: T, reason: HoldReason, hand: "system" | "admin"): Unheld<T> {
  if (!mayRemove(reason, hand)) {
    throw forbidden(hand === "system" ? `Only an admin ends ${reason}.` : `${reason} ends by itself.`);
  }
  if (!transaction.holdReasons.includes(reason)) return { transaction, announce: [], due: false };
  const holdReasons = transaction.holdReasons.filter((held) => held !== reason);
  if (holdReasons.length > 0) return { transaction: { ...transaction, holdReasons }, announce: [], due: false };
  return {
    transaction: { ...transaction, status: "pending", holdReasons },
    announce: [{ type: "payout.unheld" }],
    due: transaction.eligibleAt !== null,
  };
}
