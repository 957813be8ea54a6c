import type { Contract, ContractPlacement } from "./contract.ts";
import type { FeeTermsRow, RoleFee } from "./fee.ts";
import type { SplitsRates } from "./rates.ts";
import type { Team } from "./teams.ts";
import type { Subscription } from "./tier.ts";
import type { RolePlacement, VolumeTerms } from "./volume.ts";

/**
 * Everything the money of a hire depends on, read in one statement: the jsonb that
 * `billing.hire_inputs(cra_id)` returns. Money is whole cents, rates are whole basis points, instants
 * are ISO strings with an offset, dates are `YYYY-MM-DD`. Lists come in any order; what depends on
 * the clock is chosen in code. A hire holds only if all of it is unchanged at the commit (MONEY §16).
 */
export interface HireInputs {
  deal: HireDeal;
  application: HireApplication;
  job: HireJob;
  company: HireCompany;
  /** The recruiter of each filled role once, sourcers included, whatever their status. */
  recruiters: readonly HireRecruiter[];
  /** Who brought the candidate; null when nobody did. */
  candidate_sourcer: Sourcer | null;
  /** Who brought the job's company; null when nobody did. */
  company_sourcer: Sourcer | null;
  /** Every subscription, of any status, of these recruiters and of the teams below. */
  subscriptions: readonly Subscription[];
  /** Of each tier, the rates in force and the next. */
  splits_rates: readonly SplitsRates[];
  /** The fee terms in force and the next. */
  fee_terms: readonly FeeTermsRow[];
  /**
   * The teams in which these recruiters are active and not collaborators, with all members, every
   * default rule and the overrides for this deal.
   */
  teams: readonly Team[];
  /** The company's approved contracts. */
  contracts: readonly Contract[];
  /** The company's placements under an approved contract with a threshold, at least of its running year. */
  contract_placements: readonly ContractPlacement[];
  /** The role's placements, if it is a volume role; else empty. */
  role_placements: readonly RolePlacement[];
  /** What failed placements of the role left for their replacement; one that is taken is taken under lock. */
  open_credits: readonly OpenCredit[];
  /** The payout policy that governs the placement; null where none does. */
  policy: { version: string } | null;
}

/** An open row of `billing.placement_credits`. */
export interface OpenCredit {
  id: string;
  placement_id: string;
  amount_cents: number;
  expires_at: string;
}

/** The deal record. Money reads it here for the last time. */
export interface HireDeal {
  id: string;
  state: string;
  application_id: string;
  candidate_id: string;
  job_id: string;
  candidate_recruiter_id: string | null;
  company_recruiter_id: string | null;
}

export interface HireApplication {
  id: string;
  stage: string;
  /** While the stage is `offer`: when the offer was made. */
  stage_changed_at: string;
}

export interface HireJob extends RoleFee, VolumeTerms {
  id: string;
  status: string;
  company_id: string;
  job_owner_recruiter_id: string | null;
  /** 0 to 365. */
  guarantee_days: number;
}

export interface HireCompany {
  id: string;
  status: "active" | "inactive";
}

export interface HireRecruiter {
  id: string;
  status: "pending" | "active" | "suspended" | "inactive";
  user_status: "active" | "deactivated";
}

/** A row of `network.candidate_sourcers` or `network.company_sourcers`. */
export interface Sourcer {
  sourcer_recruiter_id: string;
  sourced_at: string;
}
