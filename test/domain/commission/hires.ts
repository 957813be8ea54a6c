import type { Contract } from "#domain/commission/contract.ts";
import { DEAL_ROLES, type DealRole } from "#domain/commission/deal-roles.ts";
import { OPENING_TERMS } from "#domain/commission/fee.ts";
import { settleHire, type Hire, type SettledHire } from "#domain/commission/hire.ts";
import type { HireInputs, HireJob } from "#domain/commission/hire-inputs.ts";
import { OPENING_RATES, TIERS, type SplitsRates, type Tier } from "#domain/commission/rates.ts";
import type { Team, TeamMember, TeamRule } from "#domain/commission/teams.ts";
import type { Subscription } from "#domain/commission/tier.ts";
import { basisPoints, fromDecimal, toDecimal, type Cents } from "#domain/money.ts";

/** Hires for the tests: one job, one deal, and whatever the test says about it. */

export const NOW = new Date("2026-02-20T12:00:00Z");
export const LONG_AGO = "2025-01-01T00:00:00+00:00";

/** `money("6000.00")` in cents. */
export const money = (text: string): Cents => fromDecimal(text) as Cents;

/** The tier of each role's recruiter in the order of the roles; null where nobody is. */
export type Tiers = readonly (Tier | null)[];

export const all = (tier: Tier): Tiers => DEAL_ROLES.map(() => tier);

export const openingRates = (): SplitsRates[] =>
  TIERS.map((tier) => ({
    id: `rates-${tier}`,
    tier,
    candidate_recruiter_bp: OPENING_RATES[tier].candidate_recruiter,
    company_recruiter_bp: OPENING_RATES[tier].company_recruiter,
    job_owner_bp: OPENING_RATES[tier].job_owner,
    candidate_sourcer_bp: OPENING_RATES[tier].candidate_sourcer,
    company_sourcer_bp: OPENING_RATES[tier].company_sourcer,
    effective_from: LONG_AGO,
    effective_to: null,
  }));

export const subscription = (recruiterId: string, tier: Tier, more: Partial<Subscription> = {}): Subscription => ({
  id: `subscription-${recruiterId}`,
  recruiter_id: recruiterId,
  team_id: null,
  tier,
  status: "active",
  past_due_since: null,
  current_period_end: "2026-03-01T00:00:00Z",
  upgraded_at: LONG_AGO,
  ...more,
});

export const teamSubscription = (teamId: string, tier: Tier, more: Partial<Subscription> = {}): Subscription =>
  subscription(teamId, tier, { recruiter_id: null, team_id: teamId, ...more });

export const job = (more: Partial<HireJob> = {}): HireJob => ({
  id: "job",
  status: "active",
  company_id: "acme",
  job_owner_recruiter_id: null,
  guarantee_days: 90,
  fee_bp: null,
  premium_type: [],
  hires_committed: null,
  bulk_bonus_cents: null,
  ...more,
});

/** A deal whose roles are held by the recruiters named, each on the tier given by `tiers`. */
export function inputsOf(
  recruiters: Partial<Record<DealRole, string>>,
  tiers: Readonly<Record<string, Tier>>,
  more: Partial<HireInputs> = {},
): HireInputs {
  const sourcer = (role: DealRole) => {
    const recruiterId = recruiters[role];
    return recruiterId ? { sourcer_recruiter_id: recruiterId, sourced_at: LONG_AGO } : null;
  };
  const named = [...new Set(Object.values(recruiters))];
  return {
    deal: {
      id: "deal",
      state: "offer",
      application_id: "application",
      candidate_id: "candidate",
      job_id: "job",
      candidate_recruiter_id: recruiters.candidate_recruiter ?? null,
      company_recruiter_id: recruiters.company_recruiter ?? null,
    },
    application: { id: "application", stage: "offer", stage_changed_at: "2026-02-10T00:00:00Z" },
    company: { id: "acme", status: "active" },
    recruiters: named.map((id) => ({ id, status: "active", user_status: "active" })),
    candidate_sourcer: sourcer("candidate_sourcer"),
    company_sourcer: sourcer("company_sourcer"),
    subscriptions: Object.entries(tiers).map(([id, tier]) => subscription(id, tier)),
    splits_rates: openingRates(),
    fee_terms: [{ id: "terms", ...OPENING_TERMS, effective_from: LONG_AGO, effective_to: null }],
    teams: [],
    contracts: [],
    contract_placements: [],
    role_placements: [],
    open_credits: [],
    policy: null,
    ...more,
    job: { ...(more.job ?? job()), job_owner_recruiter_id: recruiters.job_owner ?? null },
  };
}

/** A deal with one recruiter per filled role, named as the role. */
export function dealOf(tiers: Tiers, more: Partial<HireInputs> = {}): HireInputs {
  const filled = DEAL_ROLES.flatMap((role, index) => {
    const tier = tiers[index];
    return tier ? [[role, tier] as const] : [];
  });
  return inputsOf(Object.fromEntries(filled.map(([role]) => [role, role])), Object.fromEntries(filled), more);
}

/** A deal with a Closer only. */
export const closedBy = (recruiterId: string, tier: Tier, more: Partial<HireInputs> = {}): HireInputs =>
  inputsOf({ candidate_recruiter: recruiterId }, { [recruiterId]: tier }, more);

export const inactive = (inputs: HireInputs, recruiterId: string): HireInputs => ({
  ...inputs,
  recruiters: inputs.recruiters.map((recruiter) => (recruiter.id === recruiterId ? { ...recruiter, status: "inactive" } : recruiter)),
});

export const contract = (more: Partial<Contract> = {}): Contract => ({
  id: "contract",
  flat_fee_cents: null,
  fee_bp: null,
  discount_bp: null,
  discount_threshold: 0,
  contract_start_date: "2026-01-01",
  contract_end_date: null,
  ...more,
});

export const member = (recruiterId: string, day: number, more: Partial<TeamMember> = {}): TeamMember => ({
  recruiter_id: recruiterId,
  role: "member",
  status: "active",
  joined_at: `2025-06-${day.toString().padStart(2, "0")}T00:00:00+00:00`,
  ...more,
});

/** The team of MONEY §21: owner O, then A, E and B in the order in which they joined. */
export const team = (rule: TeamRule | null, more: Partial<Team> = {}): Team => ({
  id: "team",
  status: "active",
  suspended_reason: null,
  grace_until: null,
  members: [member("O", 1, { role: "owner" }), member("A", 2), member("E", 3), member("B", 4)],
  split_configs: rule ? [{ id: "config", cra_id: null, is_default: true, effective_from: LONG_AGO, rule }] : [],
  ...more,
});

export const HYBRID: TeamRule = { model: "hybrid", overhead_bp: basisPoints(2000) };
export const TIERED: TeamRule = { model: "tiered_split", owner_bp: basisPoints(3000) };
export const FLAT: TeamRule = { model: "flat_split" };
export const INDIVIDUAL: TeamRule = { model: "individual_credit" };

/** Settles a hire at `NOW`, starting on 2 March, with ids counted from one. */
export function settle(inputs: HireInputs, salary: string, more: Partial<Hire> = {}): SettledHire {
  let ids = 0;
  return settleHire(inputs, {
    placementId: "placement",
    salary: money(salary),
    startDate: "2026-03-02",
    now: NOW,
    newId: () => `id-${++ids}`,
    ...more,
  });
}

/** Who gets what in a role: `{ O: "1481.48", E: "5925.94" }`. */
export const paidFor = (role: DealRole, { splits }: Pick<SettledHire, "splits">): Record<string, string> =>
  Object.fromEntries(splits.filter((split) => split.role === role).map((split) => [split.recruiterId, toDecimal(split.splitAmount)]));
