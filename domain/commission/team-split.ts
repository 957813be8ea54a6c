import { allocate, minus, portion, type BasisPoints, type Cents } from "../money.ts";
import type { TeamSplit } from "./teams.ts";

/** What one member gets of a role's amount. */
export interface TeamPart {
  recruiterId: string;
  amount: Cents;
  kind: "team_overhead" | "team_member";
}

/**
 * Divides the amount of one role among the team of its earner. Leftover cents of equal parts go one
 * each to the earner first, then by `joined_at`, then by recruiter id (D-39).
 *
 * @param earner - the recruiter of the role, a member of the team
 * @returns the owner's part first, if it is apart; the parts sum to the amount and none is negative
 */
export function divideAmongTeam(amount: Cents, earner: string, split: TeamSplit): TeamPart[] {
  const { rule, owner_recruiter_id: owner } = split;
  const members = inTurn(split.members, earner);
  switch (rule.model) {
    case "individual_credit":
      return equalParts(amount, [earner]);
    case "flat_split":
      return equalParts(amount, members);
    case "hybrid":
      return earner === owner ? equalParts(amount, [earner]) : afterOwner(amount, owner, rule.overhead_bp, [earner]);
    case "tiered_split":
      return afterOwner(
        amount,
        owner,
        rule.owner_bp,
        members.filter((member) => member !== owner),
      );
  }
}

/** The owner's part, and the rest equally to the others; all to the owner when there is nobody else. */
function afterOwner(amount: Cents, owner: string, rate: BasisPoints, others: readonly string[]): TeamPart[] {
  const overhead = others.length > 0 ? portion(amount, rate) : amount;
  const rest = minus(amount, overhead);
  return [{ recruiterId: owner, amount: overhead, kind: "team_overhead" }, ...equalParts(rest, others)];
}

const equalParts = (amount: Cents, recruiterIds: readonly string[]): TeamPart[] =>
  allocate(amount, recruiterIds.length).flatMap((part, index): TeamPart[] => {
    const recruiterId = recruiterIds[index];
    return recruiterId === undefined ? [] : [{ recruiterId, amount: part, kind: "team_member" }];
  });

/** The members in the order in which they get leftover cents. */
function inTurn(members: TeamSplit["members"], earner: string): string[] {
  const byJoining = members.toSorted(
    (one, other) => Date.parse(one.joined_at) - Date.parse(other.joined_at) || (one.recruiter_id < other.recruiter_id ? -1 : 1),
  );
  const others = byJoining.map((member) => member.recruiter_id).filter((recruiterId) => recruiterId !== earner);
  return [earner, ...others];
}
