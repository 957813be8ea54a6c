import type { AccountName } from "../ledger/accounts.ts";
import type { PostingKind } from "../ledger/posting.ts";
import { plus, sum, ZERO, type Cents } from "../money.ts";
import { instantsOf, type Period } from "./period.ts";

/** One ledger entry on an account that a statement shows. */
export interface AccountEntry {
  postingKind: PostingKind;
  account: AccountName;
  at: Date;
  /** As people read the account: + adds to what it holds, − takes from it. */
  amount: Cents;
}

/** The sum of each heading of an account over a period. */
export interface AccountSummary<Heading extends string> {
  opening: Cents;
  /** Signed: opening and all of them add up to closing. */
  movements: Readonly<Record<Heading, Cents>>;
  closing: Cents;
}

/** Under which heading an entry stands, by what it is about. */
export type Headings<Heading extends string> = Partial<Record<PostingKind, Heading>>;

/** The heading of an entry. Throws where the account has none for it: an entry left out would not add up. */
export function headingOf<Heading extends string>(headings: Headings<Heading>, { postingKind, account }: AccountEntry): Heading {
  const heading = headings[postingKind];
  if (!heading) throw new RangeError(`a ${postingKind} posting has no place in the statement of ${account}`);
  return heading;
}

/** The entries of a period, oldest first. */
export function entriesIn<E extends AccountEntry>(entries: readonly E[], period: Period): E[] {
  const { start, end } = instantsOf(period);
  return entries.filter(({ at }) => at >= start && at < end).toSorted((one, other) => one.at.getTime() - other.at.getTime());
}

/**
 * Sums an account over a period. What was before it is the opening balance; what comes after is left
 * out.
 *
 * @param entries - all entries of one account, from its first on
 * @returns opening + movements = closing
 */
export function summarize<Heading extends string>(
  names: readonly Heading[],
  headings: Headings<Heading>,
  entries: readonly AccountEntry[],
  period: Period,
): AccountSummary<Heading> {
  const { start } = instantsOf(period);
  const opening = sum(entries.filter(({ at }) => at < start).map(({ amount }) => amount));
  const movements = Object.fromEntries(names.map((name) => [name, ZERO])) as Record<Heading, Cents>;
  for (const entry of entriesIn(entries, period)) {
    const heading = headingOf(headings, entry);
    movements[heading] = plus(movements[heading], entry.amount);
  }
  return { opening, movements, closing: plus(opening, ...Object.values<Cents>(movements)) };
}
