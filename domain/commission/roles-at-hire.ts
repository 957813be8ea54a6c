import type { BasisPoints } from "../money.ts";
import { DEAL_ROLES, type DealRole } from "./deal-roles.ts";
import type { HireInputs, HireRecruiter } from "./hire-inputs.ts";
import { ratesInForce, type Tier } from "./rates.ts";
import { isSharing, teamOf, teamSplitAtHire, type TeamSplit } from "./teams.ts";
import { tierAtHire, type Subscription } from "./tier.ts";

/** A filled role as the hire finds it. */
export interface RoleAtHire {
  role: DealRole;
  recruiterId: string;
  /** Whether the recruiter may earn now; if not, their own rows wait. */
  active: boolean;
  tier: Tier;
  rate: BasisPoints;
  /** The row of `splits_rates` the rate comes from. */
  ratesId: string;
  /** The recruiter's own subscriptions and those of their team. */
  subscriptions: readonly Subscription[];
  /** The team that shares what the role earns; null when the recruiter earns alone. */
  team: { id: string; split: TeamSplit } | null;
}

/**
 * The filled roles of a hire. Sourcers who are not active are left out, the other three are kept:
 * their work was done (D-28, D-29).
 *
 * Refuses with `service_unavailable` when a tier cannot be told.
 */
export const rolesAtHire = (inputs: HireInputs, now: Date): RoleAtHire[] =>
  DEAL_ROLES.flatMap((role) => {
    const recruiterId = namedFor(role, inputs);
    if (recruiterId === null) return [];
    const active = isActive(recruiterId, inputs.recruiters);
    if (!active && SOURCING.has(role)) return [];

    const team = teamOf(recruiterId, inputs.teams);
    const subscriptions = inputs.subscriptions.filter(({ recruiter_id, team_id }) => {
      return team_id === null ? recruiter_id === recruiterId : team_id === team?.id;
    });
    const tier = tierAtHire(subscriptions, now);
    const rates = ratesInForce(inputs.splits_rates, tier, now);
    const shared = team && isSharing(team, now) ? { id: team.id, split: teamSplitAtHire(team, inputs.deal.id, now) } : null;
    return [
      {
        role,
        recruiterId,
        active,
        tier,
        rate: rates[`${role}_bp`],
        ratesId: rates.id,
        subscriptions,
        team: shared,
      },
    ];
  });

const SOURCING: ReadonlySet<DealRole> = new Set(["candidate_sourcer", "company_sourcer"]);

function namedFor(role: DealRole, inputs: HireInputs): string | null {
  switch (role) {
    case "candidate_recruiter":
      return inputs.deal.candidate_recruiter_id;
    case "company_recruiter":
      return inputs.deal.company_recruiter_id;
    case "job_owner":
      return inputs.job.job_owner_recruiter_id;
    case "candidate_sourcer":
      return inputs.candidate_sourcer?.sourcer_recruiter_id ?? null;
    case "company_sourcer":
      return inputs.company_sourcer?.sourcer_recruiter_id ?? null;
  }
}

function isActive(recruiterId: string, recruiters: readonly HireRecruiter[]): boolean {
  const recruiter = recruiters.find(({ id }) => id === recruiterId);
  if (!recruiter) throw new RangeError(`recruiter ${recruiterId} was not read`);
  return recruiter.status === "active" && recruiter.user_status === "active";
}
