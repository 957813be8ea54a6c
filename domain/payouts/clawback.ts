import { DEAL_ROLES, type DealRole } from "../commission/deal-roles.ts";
import type { ClawedPart } from "../ledger/postings.ts";
import { cents, divideHalfUp, minus, plus, sum, ZERO, type Cents } from "../money.ts";
import { invalidField } from "../refusals.ts";
import { inFlight, lookUpFirst, type PayoutAnnouncement, type PayoutTransaction } from "./transaction.ts";

/** One payee's row of a role. Its place in the list is its turn for leftover cents (`clawbackTurn`). */
export interface ClawbackRow {
  transaction: PayoutTransaction;
  /** What earlier clawbacks took of it. */
  clawedBack: Cents;
  /** What of its offset paid debts. */
  netted: Cents;
  /** What undecided reversals of its transfer ask back. */
  reversing: Cents;
  /** Whether Stripe was asked since it was last sent, and knows no transfer. */
  lookedUp: boolean;
}

/** The money of a placement as a clawback finds it. */
export interface ClawbackInput {
  /** Per filled role its rows, in turn. */
  roles: ReadonlyMap<DealRole, readonly ClawbackRow[]>;
  /** What the platform kept of the fee. */
  platformShare: Cents;
  /** What earlier clawbacks took of that. */
  platformClawed: Cents;
  /** Before the release what the escrow holds: no more than that can go back. Null after it. */
  escrow: Cents | null;
}

/** What a clawback does to one row. */
export interface RowClawback {
  /** The row as it becomes: net down and, where it was sent before, a new key. */
  transaction: PayoutTransaction;
  amount: Cents;
  /** Taken off before it was sent. */
  unpaid: Cents;
  /** Sent or netted already: a debt of the recruiter. */
  paid: Cents;
  /** What of the debt a reversal of the transfer can bring back; zero where nothing was transferred. */
  reversible: Cents;
  announce: readonly PayoutAnnouncement[];
}

/** A clawback in cents: the parts of the rows and the platform's add up to its amount. */
export interface Clawback {
  byRole: ReadonlyMap<DealRole, Cents>;
  platform: Cents;
  /** The rows that give something, in the order of the roles. */
  rows: RowClawback[];
}

/** What of a row can still be clawed back. What an admin cancelled is the platform's. */
const leftOf = ({ transaction, clawedBack }: ClawbackRow): Cents =>
  minus(minus(transaction.amount, clawedBack), transaction.status === "cancelled" ? cancelledNet(transaction) : ZERO);

/** The net of a cancelled row; zero where a clawback took all of it. */
const cancelledNet = ({ netAmount }: PayoutTransaction): Cents => netAmount;

/** What of the platform's part can still be clawed back: its share, and what an admin cancelled. */
const platformLeft = ({ roles, platformShare, platformClawed }: ClawbackInput): Cents => {
  const rows = [...roles.values()].flat().map(({ transaction }) => transaction);
  const cancelled = rows.filter(({ status: payoutStatus }) => payoutStatus === "cancelled").map(cancelledNet);
  return minus(plus(platformShare, ...cancelled), platformClawed);
};

/** What a placement can still give back: F of MONEY §11. */
export const clawable = (input: ClawbackInput): Cents => plus(...[...input.roles.values()].flat().map(leftOf), platformLeft(input));

/** Who bears a clawback: everybody who shares in the fee, the platform alone, or one payee whose payout should not have been. */
export type BorneBy = "everybody" | "platform" | { payoutId: string };

/**
 * Spreads a clawback over the roles, the platform and the rows of each role, by what of each is left,
 * and takes it off: before sending what is unpaid, as a debt what is paid or was netted. One that the
 * platform bears alone touches no row, and is at most what the platform has left; one that a payout
 * bears alone is at most what was not yet taken from it.
 *
 * Refuses an amount that is not positive or more than is left (`validation_failed`), and the whole of
 * it while a row that gives something is being sent (409 `payout_in_flight`) or was sent before and
 * not looked up (409 `look_up_required`).
 */
export function clawBack(input: ClawbackInput, amount: Cents, now: Date, borneBy: BorneBy = "everybody"): Clawback {
  const alone = typeof borneBy === "object" ? rowOf(input, borneBy.payoutId) : null;
  const all = alone ? leftOf(alone.row) : borneBy === "platform" ? platformLeft(input) : clawable(input);
  const left = input.escrow !== null && input.escrow < all ? input.escrow : all;
  if (amount <= 0 || amount > left) throw invalidField("amount_cents", "out_of_range", `Between 1 and ${left} cents can be clawed back.`);
  if (borneBy === "platform") return { byRole: new Map(), platform: amount, rows: [] };
  if (alone) return { byRole: new Map([[alone.dealRole, amount]]), platform: ZERO, rows: [takeFrom(alone.row, amount, now)] };

  const shares = [...input.roles].map(([dealRole, rows]) => ({ dealRole, left: sum(rows.map(leftOf)) }));
  const { byRole, platform } = spreadOverRoles(amount, shares, platformLeft(input));
  const rows = DEAL_ROLES.flatMap((dealRole) => {
    const inRole = input.roles.get(dealRole) ?? [];
    const parts = spreadOverRows(byRole.get(dealRole) ?? ZERO, inRole.map(leftOf));
    return inRole.flatMap((row, index) => {
      const part = parts[index] ?? ZERO;
      return part > 0 ? [takeFrom(row, part, now)] : [];
    });
  });
  return { byRole, platform, rows };
}

function rowOf({ roles }: ClawbackInput, payoutId: string): { dealRole: DealRole; row: ClawbackRow } {
  for (const [dealRole, rows] of roles) {
    const row = rows.find(({ transaction }) => transaction.id === payoutId);
    if (row) return { dealRole, row };
  }
  throw new RangeError(`payout ${payoutId} is none of this placement`);
}

/** What of each share is left, as `spreadOverRoles` weighs it. */
export interface RoleLeft {
  dealRole: DealRole;
  left: Cents;
}

/**
 * Spreads an amount by what is left of each share; the platform takes literally the remainder. Where
 * rounding would make that negative, the last roles that were rounded up give a cent less; where it is
 * more than the platform has left, the first that were rounded down give a cent more.
 *
 * @param amount - in cents, at most all that is left
 * @returns cents per role and for the platform; they sum to the amount, each within what is left
 */
export function spreadOverRoles(
  amount: Cents,
  shares: readonly RoleLeft[],
  platformLeft: Cents,
): { byRole: Map<DealRole, Cents>; platform: Cents } {
  const whole = plus(...shares.map(({ left }) => left), platformLeft);
  const parts = DEAL_ROLES.flatMap((dealRole) => {
    const left = shares.find((share) => share.dealRole === dealRole)?.left;
    return left === undefined ? [] : [roundedPart(dealRole, amount, left, whole)];
  });
  const rest = minus(amount, sum(parts.map(({ part }) => part)));
  const [direction, missing] = rest < 0 ? ["up" as const, 0 - rest] : ["down" as const, Math.max(0, rest - platformLeft)];
  const rounded = parts.filter((part) => part.rounded === direction);
  const correcting = new Set(direction === "up" ? rounded.slice(rounded.length - missing) : rounded.slice(0, missing));
  if (correcting.size !== missing) throw new RangeError(`a clawback of ${amount} does not fit what is left`);

  const step = direction === "up" ? -1 : 1;
  const byRole = new Map(parts.map((part) => [part.dealRole, correcting.has(part) ? cents(part.part + step) : part.part]));
  return { byRole, platform: minus(amount, sum(byRole.values())) };
}

interface RoundedPart {
  dealRole: DealRole;
  part: Cents;
  rounded: "up" | "down" | null;
}

function roundedPart(dealRole: DealRole, amount: Cents, left: Cents, whole: Cents): RoundedPart {
  const product = BigInt(amount) * BigInt(left);
  const part = divideHalfUp(product, BigInt(whole));
  const exact = part * BigInt(whole);
  const rounded = exact > product ? "up" : exact < product ? "down" : null;
  return { dealRole, part: cents(Number(part)), rounded };
}

/**
 * Spreads a role's part over its rows by what of each is left; leftover cents go one each in turn,
 * never beyond what a row has left.
 *
 * @returns cents per row, in the same order; they sum to the amount
 */
export function spreadOverRows(amount: Cents, rowsLeft: readonly Cents[]): Cents[] {
  if (amount === 0) return rowsLeft.map(() => ZERO);
  const whole = BigInt(sum(rowsLeft));
  const parts = rowsLeft.map((left) => Number((BigInt(amount) * BigInt(left)) / whole));
  let leftover = amount - parts.reduce((total, part) => total + part, 0);
  return parts.map((part, index) => {
    const hasRoom = leftover > 0 && part < (rowsLeft[index] ?? ZERO);
    if (hasRoom) leftover -= 1;
    return cents(part + (hasRoom ? 1 : 0));
  });
}

/** The order of MONEY §7 in which payees of one role get, and give, leftover cents: the earner, then by joining, then by id. */
export function clawbackTurn(earner: string, members: readonly { recruiter_id: string; joined_at: string }[]) {
  const joined = new Map(members.map(({ recruiter_id, joined_at }) => [recruiter_id, Date.parse(joined_at)]));
  const place = (recruiterId: string) => (recruiterId === earner ? -Infinity : (joined.get(recruiterId) ?? Infinity));
  return (one: string, other: string): number => {
    const [first, second] = [place(one), place(other)];
    if (first !== second) return first < second ? -1 : 1;
    return one < other ? -1 : Number(one > other);
  };
}

function takeFrom(row: ClawbackRow, amount: Cents, now: Date): RowClawback {
  const { transaction, lookedUp } = row;
  if (transaction.status === "processing") throw inFlight(transaction.id);
  if (isSettled(transaction))
    return { transaction, amount, unpaid: ZERO, paid: amount, reversible: reversibleOf(row, amount), announce: [] };
  const unpaid = cents(Math.min(amount, transaction.netAmount));
  if (transaction.firstSentAt && unpaid > 0 && !lookedUp) throw lookUpFirst(transaction.id);
  const paid = minus(amount, unpaid);
  return { ...takenOff(row, unpaid, now), amount, unpaid, paid, reversible: ZERO };
}

/** What of a paid part the transfer still holds and nobody asks back yet. */
function reversibleOf({ transaction, reversing }: ClawbackRow, amount: Cents): Cents {
  if (transaction.status !== "completed" || transaction.stripeTransferId === null) return ZERO;
  const transferred = minus(transaction.netAmount, plus(transaction.reversedCents, reversing));
  return cents(Math.max(0, Math.min(amount, transferred)));
}

/** Rows whose money is spent: what is taken from them is owed. */
const isSettled = ({ status: payoutStatus }: PayoutTransaction): boolean =>
  payoutStatus === "completed" || payoutStatus === "reversed" || payoutStatus === "cancelled";

/** Takes an unpaid part off a row. With nothing left it is cancelled, or offset in full if a part of it was netted. */
function takenOff({ transaction, netted }: ClawbackRow, unpaid: Cents, now: Date): Pick<RowClawback, "transaction" | "announce"> {
  if (unpaid === 0) return { transaction, announce: [] };
  const netAmount = minus(transaction.netAmount, unpaid);
  const taken = { ...withNewKey(transaction), offsetCents: plus(transaction.offsetCents, unpaid), netAmount };
  if (netAmount > 0) return { transaction: taken, announce: [] };
  const closed = { ...taken, holdReasons: [], nextRetryAt: null };
  if (netted === 0) {
    return { transaction: { ...closed, status: "cancelled" }, announce: [{ type: "payout.cancelled", reason: "clawed_back" }] };
  }
  return {
    transaction: { ...closed, status: "completed", completionReason: "offset_in_full", completedAt: now },
    announce: [{ type: "payout.processed", net: ZERO }],
  };
}

/** A new key for a row whose net changes after it was sent; its look-up found nothing. */
const withNewKey = (transaction: PayoutTransaction): PayoutTransaction =>
  transaction.firstSentAt === null
    ? transaction
    : { ...transaction, keyVersion: transaction.keyVersion + 1, firstSentAt: null, lastOutcome: null };

/** What a clawback after the release takes from each recruiter, as the ledger posts it. */
export function clawedParts(rows: readonly RowClawback[]): ClawedPart[] {
  const parts = new Map<string, ClawedPart>();
  for (const { transaction, unpaid, paid } of rows) {
    const { recruiterId } = transaction;
    const earlier = parts.get(recruiterId) ?? { recruiterId, unpaid: ZERO, paid: ZERO };
    parts.set(recruiterId, { recruiterId, unpaid: plus(earlier.unpaid, unpaid), paid: plus(earlier.paid, paid) });
  }
  return [...parts.values()];
}
