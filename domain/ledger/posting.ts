import { cents, ZERO, type Cents } from "../money.ts";
import { accountOf, type AccountCode } from "./accounts.ts";

/** What a ledger transaction is about. Its key begins with it. */
export const POSTING_KINDS = [
  "invoice",
  "paid",
  "falloff",
  "credit_end",
  "release",
  "payout",
  "netting",
  "clawback",
  "reversal",
  "refund",
  "dispute",
  "uncollectible",
  "cancel",
  "writeoff",
  "subscription",
  "sla",
  "sweep",
  "topup",
] as const;

export type PostingKind = (typeof POSTING_KINDS)[number];

/** One line of a posting. */
export interface Entry {
  account: AccountCode;
  /** Debit +, credit −; never zero. */
  amount: Cents;
  /** Stripe's balance transaction: on every entry of `stripe_balance`, and nowhere else. */
  balanceTransactionId: string | null;
}

/**
 * A ledger transaction to be inserted. Its key is unique in the ledger, so whatever repeats posts
 * once. Entries stand in the order of account codes, which is the order batches lock them in.
 */
export interface Posting {
  /** `payout:<transaction id>` and so on (MONEY §13). */
  key: string;
  kind: PostingKind;
  entries: readonly Entry[];
}

export const debit = (account: AccountCode, amount: Cents, balanceTransactionId: string | null = null): Entry => ({
  account,
  amount,
  balanceTransactionId,
});

export const credit = (account: AccountCode, amount: Cents, balanceTransactionId: string | null = null): Entry =>
  debit(account, cents(0 - amount), balanceTransactionId);

/** The key of a posting: its kind and the ids of its occasion. */
export const postingKey = (kind: PostingKind, ...ids: readonly (string | number)[]): string => [kind, ...ids].join(":");

/**
 * Makes a posting from lines in any order: one entry per account, none of zero. Throws what
 * `checkPosting` throws.
 */
export function post(kind: PostingKind, key: string, lines: readonly Entry[]): Posting {
  return checkPosting({ kind, key, entries: merged(lines) });
}

/** The same, or null when nothing moves. */
export function postIfAny(kind: PostingKind, key: string, lines: readonly Entry[]): Posting | null {
  return merged(lines).length === 0 ? null : post(kind, key, lines);
}

function merged(lines: readonly Entry[]): Entry[] {
  const entries = new Map<AccountCode, Entry>();
  for (const line of lines) {
    const earlier = entries.get(line.account);
    entries.set(line.account, earlier ? together(earlier, line) : line);
  }
  return [...entries.values()].filter(({ amount }) => amount !== 0).toSorted(byAccount);
}

function together(one: Entry, other: Entry): Entry {
  const ids = new Set([one.balanceTransactionId, other.balanceTransactionId].filter((id) => id !== null));
  if (ids.size > 1) throw new RangeError("a posting moves the Stripe balance once: one balance transaction, one entry");
  return { ...one, amount: cents(one.amount + other.amount), balanceTransactionId: [...ids][0] ?? null };
}

const byAccount = (one: Entry, other: Entry): number => (one.account < other.account ? -1 : Number(one.account > other.account));

/**
 * Holds a posting to the law of the ledger, and returns it. Throws when it does not balance, has
 * fewer than two entries, names an account twice, out of order or not at all, has an entry of zero,
 * moves the Stripe balance without a balance transaction, or has a key of another kind: each is a bug.
 */
export function checkPosting(posting: Posting): Posting {
  const { key, kind, entries } = posting;
  const refuse = (why: string): never => {
    throw new RangeError(`posting ${key}: ${why}`);
  };
  if (!key.startsWith(`${kind}:`) || key.length === kind.length + 1) refuse(`the key is not of kind ${kind}`);
  if (entries.length < 2) refuse("it has fewer than two entries");
  entries.forEach(({ account, amount, balanceTransactionId }, index) => {
    const before = entries[index - 1];
    const isStripe = accountOf(account).name === "stripe_balance";
    if (!Number.isSafeInteger(amount) || amount === 0) refuse(`the entry of ${account} is no amount`);
    if (before && before.account === account) refuse(`${account} has two entries`);
    if (before && before.account > account) refuse("the entries are not in the order of account codes");
    if (isStripe !== (balanceTransactionId !== null)) refuse(`a balance transaction belongs to stripe_balance, and to it alone`);
  });
  const total = entries.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  if (total !== 0n) refuse(`it is off balance by ${total}`);
  return posting;
}

/** A posting's entries as one text: what is hashed, so that one key can never stand for two contents. */
export const entriesText = ({ entries }: Posting): string =>
  entries
    .map(({ account, amount, balanceTransactionId }) => [account, amount, balanceTransactionId].filter((part) => part !== null).join(" "))
    .join("\n");

/** What a posting moves on one account: debit +, credit −. */
export const amountOn = ({ entries }: Posting, account: AccountCode): Cents =>
  entries.find((entry) => entry.account === account)?.amount ?? ZERO;

/**
 * Takes a wrong posting back: the same entries with the other sign, linked by `reverses`. One that
 * moved the Stripe balance is not taken back, because Stripe's balance transaction stands: it is
 * corrected by what Stripe does next.
 *
 * @param correctionId - names the correction: `<kind>:<what was wrong>:corrected:<id>`
 */
export function takeBack(posting: Posting, correctionId: string): Posting & { reverses: string } {
  const entries = posting.entries.map((entry): Entry => ({ ...entry, amount: cents(0 - entry.amount) }));
  if (entries.some(({ balanceTransactionId }) => balanceTransactionId !== null)) {
    throw new RangeError(`posting ${posting.key} moved the Stripe balance and cannot be taken back here`);
  }
  const key = `${posting.key}:corrected:${correctionId}`;
  return { ...checkPosting({ key, kind: posting.kind, entries }), reverses: posting.key };
}
