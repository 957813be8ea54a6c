import { basisPoints, plus, sum, ZERO, type BasisPoints, type Cents } from "../money.ts";
import { DEAL_ROLES, type DealRole } from "./deal-roles.ts";
import type { FeeBasis } from "./fee.ts";
import type { Tier } from "./rates.ts";
import type { RoleAtHire } from "./roles-at-hire.ts";
import { earned, splitFee, type RoleShare } from "./split.ts";
import { divideAmongTeam } from "./team-split.ts";
import type { TeamSplit } from "./teams.ts";
import { divideVolumeBonus } from "./volume.ts";

/** The columns of each role. Together they are empty or filled; the two of the team only with a filled role. */
const ROLE_COLUMNS = {
  candidate_recruiter: {
    recruiter: "candidateRecruiterId",
    rate: "candidateRecruiterRate",
    tier: "candidateRecruiterTier",
    team: "candidateRecruiterTeamId",
    split: "candidateRecruiterSplitConfig",
  },
  company_recruiter: {
    recruiter: "companyRecruiterId",
    rate: "companyRecruiterRate",
    tier: "companyRecruiterTier",
    team: "companyRecruiterTeamId",
    split: "companyRecruiterSplitConfig",
  },
  job_owner: {
    recruiter: "jobOwnerRecruiterId",
    rate: "jobOwnerRate",
    tier: "jobOwnerTier",
    team: "jobOwnerTeamId",
    split: "jobOwnerSplitConfig",
  },
  candidate_sourcer: {
    recruiter: "candidateSourcerRecruiterId",
    rate: "candidateSourcerRate",
    tier: "candidateSourcerTier",
    team: "candidateSourcerTeamId",
    split: "candidateSourcerSplitConfig",
  },
  company_sourcer: {
    recruiter: "companySourcerRecruiterId",
    rate: "companySourcerRate",
    tier: "companySourcerTier",
    team: "companySourcerTeamId",
    split: "companySourcerSplitConfig",
  },
} as const satisfies Record<DealRole, Record<string, string>>;

type Column<Kind extends "recruiter" | "rate" | "tier" | "team" | "split"> = (typeof ROLE_COLUMNS)[DealRole][Kind];

type RoleColumns = Record<Column<"recruiter">, string | null> &
  Record<Column<"rate">, BasisPoints | null> &
  Record<Column<"tier">, Tier | null> &
  Record<Column<"team">, string | null> &
  Record<Column<"split">, TeamSplit | null>;

/**
 * A row of `billing.placement_snapshot`: who earns, at what rate, of which fee. It never changes,
 * and every amount of the placement follows from it alone.
 */
export interface PlacementSnapshot extends RoleColumns {
  placementId: string;
  totalPlacementFee: Cents;
  /** The tier all filled roles share; null when none is filled. */
  subscriptionTier: Tier | "mixed" | null;
  feeBasis: FeeBasis;
  contractId: string | null;
  feeTermsId: string;
  /** The rows of `splits_rates` the rates were taken from. */
  splitsRatesIds: readonly string[];
  policyVersion: string | null;
  createdAt: Date;
}

/** What a snapshot holds beside the roles. */
export type SnapshotFacts = Pick<PlacementSnapshot, "placementId" | "feeBasis" | "feeTermsId" | "policyVersion" | "createdAt">;

/** Freezes the roles and the fee of a hire. */
export function takeSnapshot(facts: SnapshotFacts, roles: readonly RoleAtHire[]): PlacementSnapshot {
  const tiers = new Set(roles.map(({ tier }) => tier));
  return {
    ...facts,
    ...roleColumns(roles),
    totalPlacementFee: facts.feeBasis.total_cents,
    subscriptionTier: tiers.size > 1 ? "mixed" : (roles[0]?.tier ?? null),
    contractId: facts.feeBasis.contract?.id ?? null,
    splitsRatesIds: [...new Set(roles.map(({ ratesId }) => ratesId))],
  };
}

function roleColumns(roles: readonly RoleAtHire[]): RoleColumns {
  const columns = DEAL_ROLES.flatMap((role): [string, unknown][] => {
    const filled = roles.find((atHire) => atHire.role === role);
    const names = ROLE_COLUMNS[role];
    return [
      [names.recruiter, filled?.recruiterId ?? null],
      [names.rate, filled?.rate ?? null],
      [names.tier, filled?.tier ?? null],
      [names.team, filled?.team?.id ?? null],
      [names.split, filled?.team?.split ?? null],
    ];
  });
  return Object.fromEntries(columns) as RoleColumns;
}

/** What one payee gets for one role, as `billing.placement_splits` keeps it. */
export interface SplitShare {
  recruiterId: string;
  role: DealRole;
  /** The role's rate; 0 in a row that holds only a volume bonus. */
  splitPercentage: BasisPoints;
  /** Everything: standard share, bonus, incentive, volume bonus. */
  splitAmount: Cents;
  /** What of it is a bonus; in the row of a team, only a volume bonus (D-14). */
  bonusAmount: Cents;
  kind: "standard" | "team_member" | "team_overhead" | "volume_bonus";
  teamId: string | null;
  splitConfigId: string | null;
}

/** A row of `billing.placement_allocations`: the two parts add up to the total fee. */
export interface PlacementAllocation {
  placementId: string;
  splitsCents: Cents;
  platformCents: Cents;
}

/**
 * The amounts of a placement, from its snapshot alone: one share per payee and role, and what the
 * platform keeps. A fee of zero has no shares (D-45).
 */
export function recompute(snapshot: PlacementSnapshot): {
  shares: SplitShare[];
  allocation: PlacementAllocation;
} {
  const { placementId, feeBasis, totalPlacementFee } = snapshot;
  const roles = frozenRoles(snapshot);
  const { shares: byRole, platform } = splitFee(feeBasis, new Map(roles.map(({ role, rate }) => [role, rate])), feeBasis.incentive_cents);
  const parts = roles.flatMap((role) => {
    const share = byRole.get(role.role);
    return share ? payees(role, share) : [];
  });
  const shares = totalPlacementFee === 0 ? [] : addUp([...parts, ...volumeShares(feeBasis)]);
  return {
    shares,
    allocation: {
      placementId,
      splitsCents: sum(shares.map(({ splitAmount }) => splitAmount)),
      platformCents: platform,
    },
  };
}

interface FrozenRole {
  role: DealRole;
  recruiterId: string;
  rate: BasisPoints;
  teamId: string | null;
  split: TeamSplit | null;
}

const frozenRoles = (snapshot: PlacementSnapshot): FrozenRole[] =>
  DEAL_ROLES.flatMap((role) => {
    const names = ROLE_COLUMNS[role];
    const recruiterId = snapshot[names.recruiter];
    const rate = snapshot[names.rate];
    if (recruiterId === null || rate === null) return [];
    return [{ role, recruiterId, rate, teamId: snapshot[names.team], split: snapshot[names.split] }];
  });

/** The payees of one role: its recruiter, or the team that shares with them. */
function payees({ role, recruiterId, rate, teamId, split }: FrozenRole, share: RoleShare): SplitShare[] {
  const amount = earned(share);
  const splitConfigId = split?.split_config_id ?? null;
  const row = { role, splitPercentage: rate, teamId, splitConfigId };
  if (!split) {
    const bonusAmount = plus(share.bonus, share.incentive);
    return [{ ...row, recruiterId, splitAmount: amount, bonusAmount, kind: "standard" }];
  }
  return divideAmongTeam(amount, recruiterId, split).map((part) => ({
    ...row,
    recruiterId: part.recruiterId,
    splitAmount: part.amount,
    bonusAmount: ZERO,
    kind: part.kind,
  }));
}

/** The volume bonus goes to the Closers of five hires, past any team (D-101). */
const volumeShares = ({ bulk_cents, bulk_closers }: FeeBasis): SplitShare[] =>
  [...divideVolumeBonus({ amount: bulk_cents, closers: bulk_closers })].map(([recruiterId, amount]) => ({
    recruiterId,
    role: "candidate_recruiter",
    splitPercentage: basisPoints(0),
    splitAmount: amount,
    bonusAmount: amount,
    kind: "volume_bonus",
    teamId: null,
    splitConfigId: null,
  }));

/** One share per payee and role: what comes later is added to what is there. */
function addUp(parts: readonly SplitShare[]): SplitShare[] {
  const shares = new Map<string, SplitShare>();
  for (const part of parts) {
    const key = `${part.role} ${part.recruiterId}`;
    const earlier = shares.get(key);
    shares.set(key, earlier ? { ...earlier, ...added(earlier, part) } : part);
  }
  return [...shares.values()];
}

const added = (one: SplitShare, other: SplitShare): Pick<SplitShare, "splitAmount" | "bonusAmount"> => ({
  splitAmount: plus(one.splitAmount, other.splitAmount),
  bonusAmount: plus(one.bonusAmount, other.bonusAmount),
});

/** Who holds a role by the snapshot, and the team's rule that was frozen for it. */
export function roleColumnsOf(snapshot: PlacementSnapshot, role: DealRole): { recruiterId: string | null; split: TeamSplit | null } {
  const columns = ROLE_COLUMNS[role];
  return { recruiterId: snapshot[columns.recruiter], split: snapshot[columns.split] };
}
