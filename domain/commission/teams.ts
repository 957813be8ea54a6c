import { basisPoints, type BasisPoints } from "../money.ts";

/** How a team divides what one of its members earns in one role. */
export type TeamRule =
  /** The earner keeps all. */
  | { model: "individual_credit" }
  /** The owner takes a part of it; the owner's own earnings are exempt. */
  | { model: "hybrid"; overhead_bp: BasisPoints }
  /** The owner takes a part, the other members share the rest equally. */
  | { model: "tiered_split"; owner_bp: BasisPoints }
  /** All members share equally. */
  | { model: "flat_split" };

/** A row of `network.team_split_configs`. */
export interface TeamSplitConfig {
  id: string;
  /** Set in an override for one deal. */
  cra_id: string | null;
  is_default: boolean;
  effective_from: string;
  rule: TeamRule;
}

export interface TeamMember {
  recruiter_id: string;
  role: "owner" | "admin" | "member" | "collaborator";
  status: "active" | "invited" | "removed";
  joined_at: string;
}

/** A team of a recruiter in the deal, with all its members and rules. */
export interface Team {
  id: string;
  status: "active" | "suspended";
  suspended_reason: "below_minimum" | "owner_unpaid" | "admin" | null;
  /** Set when the team fell below its minimum: until then it goes on sharing. */
  grace_until: string | null;
  members: readonly TeamMember[];
  split_configs: readonly TeamSplitConfig[];
}

/** A team's rule and who it meets, frozen at the hire; stored as `<role>_split_config`. */
export interface TeamSplit {
  /** Null when the team never chose a rule. */
  split_config_id: string | null;
  rule: TeamRule;
  owner_recruiter_id: string;
  /** The active earning members. */
  members: readonly Pick<TeamMember, "recruiter_id" | "joined_at">[];
}

/** The rule of a team that has not chosen one: 20 % to the owner (D-40). */
export const DEFAULT_TEAM_RULE: TeamRule = { model: "hybrid", overhead_bp: basisPoints(2000) };

/** The team a recruiter earns in, suspended or not. There is at most one (D-15); null without one. */
export const teamOf = (recruiterId: string, teams: readonly Team[]): Team | null =>
  teams.find(({ members }) => members.some((member) => member.recruiter_id === recruiterId && isEarning(member))) ?? null;

/** Collaborators never share and are never shared. */
const isEarning = ({ role, status }: TeamMember): boolean => status === "active" && role !== "collaborator";

/** Whether a team divides what its members earn: it is active, or below its minimum and still in grace. */
export function isSharing({ status, suspended_reason, grace_until }: Team, now: Date): boolean {
  const inGrace = grace_until !== null && now < new Date(grace_until);
  if (status === "active") return grace_until === null || inGrace;
  return suspended_reason === "below_minimum" && inGrace;
}

/** Freezes a team's rule for one deal, its owner and its earning members. */
export function teamSplitAtHire(team: Team, craId: string, now: Date): TeamSplit {
  const earning = team.members.filter(isEarning);
  const owner = earning.find(({ role }) => role === "owner");
  if (!owner) throw new RangeError(`team ${team.id} has no owner`);
  const config = configInForce(team.split_configs, craId, now);
  return {
    split_config_id: config?.id ?? null,
    rule: config?.rule ?? DEFAULT_TEAM_RULE,
    owner_recruiter_id: owner.recruiter_id,
    members: earning.map(({ recruiter_id, joined_at }) => ({ recruiter_id, joined_at })),
  };
}

/** The override for this deal before the team's default; of each, the latest that has begun. */
function configInForce(configs: readonly TeamSplitConfig[], craId: string, now: Date): TeamSplitConfig | undefined {
  const begun = configs.filter(({ effective_from }) => new Date(effective_from) <= now).toSorted(latestFirst);
  const override = begun.find(({ cra_id }) => cra_id === craId);
  return override ?? begun.find(({ cra_id, is_default }) => cra_id === null && is_default);
}

const latestFirst = (one: TeamSplitConfig, other: TeamSplitConfig): number =>
  Date.parse(other.effective_from) - Date.parse(one.effective_from) || (one.id < other.id ? 1 : -1);
