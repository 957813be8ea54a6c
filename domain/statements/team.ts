import { cents, plus, ZERO, type Cents } from "../money.ts";
import { entriesIn } from "./account.ts";
import type { Period } from "./period.ts";
import { linesOf, type RecruiterEntry, type StatementLine } from "./recruiter.ts";

/** What was earned and paid out, in cents; clawed back, cancelled and netted amounts are not part of either. */
export interface EarnedAndPaid {
  earned: Cents;
  paidOut: Cents;
}

/** What a team's placements brought its members over a period. Money goes to each member's own account (D-42). */
export interface TeamStatement {
  teamId: string;
  period: Period;
  currency: "usd";
  total: EarnedAndPaid;
  /** Per member; for a member only their own. */
  byMember: ReadonlyMap<string, EarnedAndPaid>;
  /** Per placement; for the owner and admins alone. */
  byPlacement: ReadonlyMap<string, EarnedAndPaid> | null;
  lines: StatementLine[];
}

/** Who reads: owner and admins see every member, a member their own lines and the team's total. */
export type TeamReader = { sees: "all" } | { sees: "own"; recruiterId: string };

/**
 * Makes a team's statement from the entries of all who ever shared in it.
 *
 * @param entries - about roles that the team shared, and no other
 */
export function teamStatement(teamId: string, entries: readonly RecruiterEntry[], reader: TeamReader, period: Period): TeamStatement {
  const lines = entriesIn(entries, period).flatMap(linesOf);
  const seen = reader.sees === "all" ? lines : lines.filter(({ recruiterId }) => recruiterId === reader.recruiterId);
  const payable = lines.filter(({ account }) => account === "payable");
  const seenPayable = seen.filter(({ account }) => account === "payable");
  return {
    teamId,
    period,
    currency: "usd",
    total: payable.reduce(added, { earned: ZERO, paidOut: ZERO }),
    byMember: totalsBy(seenPayable, ({ recruiterId }) => recruiterId),
    byPlacement: reader.sees === "all" ? totalsBy(payable, ({ placementId }) => placementId) : null,
    lines: seen,
  };
}

function totalsBy(lines: readonly StatementLine[], keyOf: (line: StatementLine) => string): Map<string, EarnedAndPaid> {
  const totals = new Map<string, EarnedAndPaid>();
  for (const line of lines) totals.set(keyOf(line), added(totals.get(keyOf(line)) ?? { earned: ZERO, paidOut: ZERO }, line));
  return totals;
}

const added = ({ earned, paidOut }: EarnedAndPaid, { kind, amount }: StatementLine): EarnedAndPaid => ({
  earned: kind === "earned" ? plus(earned, amount) : earned,
  paidOut: kind === "paid_out" ? cents(paidOut - amount) : paidOut,
});
