import { cents, ZERO, type Cents } from "../money.ts";
import { accountOf, naturalBalance, type AccountCode } from "./accounts.ts";
import { checkPosting, entriesText, type Posting } from "./posting.ts";

/** All postings so far and what they add up to. */
export interface Books {
  /** In the order in which they were posted. */
  postings: ReadonlyMap<string, Posting>;
  /** Per account: debit +, credit −. */
  signed: ReadonlyMap<AccountCode, Cents>;
  /** The balance transactions of Stripe that have an entry. */
  balanceTransactionIds: ReadonlySet<string>;
}

export const EMPTY_BOOKS: Books = { postings: new Map(), signed: new Map(), balanceTransactionIds: new Set() };

/** Thrown where an account would fall below its floor: the database's trigger refuses the same. */
export class FloorBroken extends RangeError {
  readonly account: AccountCode;

  constructor(account: AccountCode, balance: Cents) {
    super(`${account} would hold ${balance}`);
    this.name = "FloorBroken";
    this.account = account;
  }
}

/**
 * Posts to the books. A key that is there already with the same entries changes nothing: it is done.
 *
 * Throws on a key with other entries, on a balance transaction that has its entry already, on a
 * posting `checkPosting` refuses, and `FloorBroken` where an account would fall below its floor.
 */
export function postTo(books: Books, posting: Posting): Books {
  checkPosting(posting);
  const earlier = books.postings.get(posting.key);
  if (earlier && entriesText(earlier) === entriesText(posting)) return books;
  if (earlier) throw new RangeError(`posting ${posting.key} is there with other entries`);

  const signed = new Map(books.signed);
  const balanceTransactionIds = new Set(books.balanceTransactionIds);
  for (const { account, amount, balanceTransactionId } of posting.entries) {
    const balance = cents((signed.get(account) ?? 0) + amount);
    const { floor } = accountOf(account);
    if (floor !== null && naturalBalance(account, balance) < floor) throw new FloorBroken(account, naturalBalance(account, balance));
    signed.set(account, balance);
    if (balanceTransactionId === null) continue;
    if (balanceTransactionIds.has(balanceTransactionId)) throw new RangeError(`${balanceTransactionId} has its entry already`);
    balanceTransactionIds.add(balanceTransactionId);
  }
  return { postings: new Map([...books.postings, [posting.key, posting]]), signed, balanceTransactionIds };
}

/** What an account holds, as people read it: an asset its debit, a liability its credit. */
export const balanceOf = (books: Books, account: AccountCode): Cents => naturalBalance(account, books.signed.get(account) ?? ZERO);

/** The sum of all entries. It is zero. */
export const trialBalance = (books: Books): Cents => cents([...books.signed.values()].reduce<number>((sum, amount) => sum + amount, 0));
