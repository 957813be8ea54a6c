import { cents, minus, plus, ZERO, type Cents } from "../money.ts";
import { lookUpFirst, type PayoutChange, type PayoutTransaction } from "./transaction.ts";

/** A row of `billing.recruiter_debts`. */
export interface RecruiterDebt {
  id: string;
  recruiterId: string;
  amount: Cents;
  recoveredCents: Cents;
  writtenOffCents: Cents;
  /** While Stripe decides on a reversal, nothing is netted: no debt is recovered twice. */
  recovery: "reversing" | "netting";
  createdAt: Date;
}

/** What is still owed. */
export const openDebt = ({ amount, recoveredCents, writtenOffCents }: RecruiterDebt): Cents =>
  minus(amount, plus(recoveredCents, writtenOffCents));

/** What one transaction pays of one debt: a posting each. */
export interface Netting {
  debtId: string;
  amount: Cents;
}

/** A transaction after its payee's debts were taken off. */
export interface Netted<T extends PayoutTransaction> extends PayoutChange<T> {
  nettings: Netting[];
}

/**
 * Takes a payee's open debts off a released transaction before its first send, oldest first. A row
 * of which nothing is left is completed, `offset_in_full`.
 *
 * Changes nothing where there is nothing to net. Refuses a row that was sent under its key
 * (409 `look_up_required`), and throws on one that is not pending or failed, or not released.
 */
export function netDebts<T extends PayoutTransaction>(transaction: T, debts: readonly RecruiterDebt[], now: Date): Netted<T> {
  if ((transaction.status !== "pending" && transaction.status !== "failed") || transaction.eligibleAt === null)
    throw new RangeError(`payout ${transaction.id} is not to be netted`);
  if (transaction.firstSentAt) throw lookUpFirst(transaction.id);

  const nettings: Netting[] = [];
  let left = transaction.netAmount;
  for (const debt of nettable(transaction.recruiterId, debts)) {
    const amount = cents(Math.min(left, openDebt(debt)));
    if (amount === 0) break;
    nettings.push({ debtId: debt.id, amount });
    left = minus(left, amount);
  }
  if (nettings.length === 0) return { transaction, announce: [], nettings };

  const netted: T = { ...transaction, offsetCents: minus(transaction.amount, left), netAmount: left };
  if (left > 0) return { transaction: netted, announce: [], nettings };
  return {
    transaction: { ...netted, status: "completed", completionReason: "offset_in_full", completedAt: now, nextRetryAt: null },
    announce: [{ type: "payout.processed", net: ZERO }],
    nettings,
  };
}

/** A payee's debts that netting may recover, oldest first. */
export const nettable = (recruiterId: string, debts: readonly RecruiterDebt[]): RecruiterDebt[] =>
  debts
    .filter((debt) => debt.recruiterId === recruiterId && debt.recovery === "netting" && openDebt(debt) > 0)
    .toSorted((one, other) => one.createdAt.getTime() - other.createdAt.getTime() || (one.id < other.id ? -1 : 1));

/** Books a recovery of a debt. Throws on more than is open. */
export function recoverDebt<D extends RecruiterDebt>(debt: D, amount: Cents): D {
  if (amount <= 0 || amount > openDebt(debt)) throw new RangeError(`debt ${debt.id} has ${openDebt(debt)} open, not ${amount}`);
  return { ...debt, recoveredCents: plus(debt.recoveredCents, amount) };
}

/**
 * What a reversal decided: the part that came back is recovered, the rest is left to netting. A
 * refused one recovers nothing.
 */
export const reversalDecided = <D extends RecruiterDebt>(debt: D, cameBack: Cents): D => ({
  ...(cameBack > 0 ? recoverDebt(debt, cameBack) : debt),
  recovery: "netting",
});

/** Gives up what is left of a debt; four eyes see to it. Refuses while a reversal is undecided by throwing. */
export function writeOffDebt<D extends RecruiterDebt>(debt: D): D {
  if (debt.recovery === "reversing") throw new RangeError(`debt ${debt.id} waits for its reversal`);
  return { ...debt, writtenOffCents: plus(debt.writtenOffCents, openDebt(debt)) };
}
