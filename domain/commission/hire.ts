import { ZERO, type BasisPoints, type Cents } from "../money.ts";
import { contractAtHire } from "./contract.ts";
import { midnightAfter, utcDate } from "./dates.ts";
import { placementFee, type FeeBasis } from "./fee.ts";
import type { HireInputs } from "./hire-inputs.ts";
import { inForce } from "./in-force.ts";
import { rolesAtHire, type RoleAtHire } from "./roles-at-hire.ts";
import { recompute, takeSnapshot, type PlacementAllocation, type PlacementSnapshot, type SplitShare } from "./snapshot.ts";
import { upgradeBeforeHire, type UpgradeBeforeHire } from "./upgrade-before-hire.ts";
import { volumeBonus } from "./volume.ts";

/** What the company says about the hire, and what makes it reproducible. */
export interface Hire {
  placementId: string;
  /** First-year base salary. */
  salary: Cents;
  /** `YYYY-MM-DD`. */
  startDate: string;
  now: Date;
  newId: () => string;
}

/** A row of `ats.placements`, as a hire makes it. */
export interface NewPlacement {
  id: string;
  craId: string;
  applicationId: string;
  jobId: string;
  candidateId: string;
  companyId: string;
  state: "hired" | "active";
  salary: Cents;
  /** Null with a flat fee. */
  feePercentage: BasisPoints | null;
  placementFee: Cents;
  hiredAt: Date;
  startDate: string;
  guaranteeDays: number;
  /** Exclusive. */
  guaranteeExpiresAt: Date;
}

/** A row of `billing.placement_splits`. */
export interface PlacementSplit extends SplitShare {
  id: string;
  placementId: string;
}

/** A row of `billing.placement_payout_transactions`, as a hire makes it. */
export type NewPayoutTransaction = {
  id: string;
  placementSplitId: string;
  placementId: string;
  recruiterId: string;
  amount: Cents;
  netAmount: Cents;
} & PayoutStart;

type PayoutStart =
  | { status: "pending"; holdReasons: readonly []; completionReason: null; completedAt: null }
  | {
      status: "on_hold";
      holdReasons: readonly ["inactive_at_hire"];
      completionReason: null;
      completedAt: null;
    }
  | {
      status: "completed";
      holdReasons: readonly [];
      completionReason: "zero_amount";
      completedAt: Date;
    };

/** A row of `billing.escrow_holds`: the fee is held until the guarantee is over. */
export interface GuaranteeHold {
  id: string;
  placementId: string;
  holdAmountCents: Cents;
  holdReason: "guarantee_period";
  heldAt: Date;
  /** `YYYY-MM-DD`. */
  releaseScheduledDate: string;
  status: "active";
}

/** A row of `billing.payout_schedules`: when the release is asked for. */
export interface ReleaseSchedule {
  id: string;
  placementId: string;
  /** `YYYY-MM-DD`. */
  scheduledDate: string;
  triggerEvent: "guarantee_complete";
  status: "scheduled";
}

/** The money of a hire: what it inserts, and what it noticed. */
export interface SettledHire {
  placement: NewPlacement;
  snapshot: PlacementSnapshot;
  allocation: PlacementAllocation;
  splits: PlacementSplit[];
  /** One per split, in the same order. */
  transactions: NewPayoutTransaction[];
  /** Null without a guarantee or without a fee. */
  hold: GuaranteeHold | null;
  /** Null without a fee. */
  schedule: ReleaseSchedule | null;
  /** The filled roles, as they were found. */
  roles: RoleAtHire[];
  /** A fraud signal is due for each. */
  upgrades: UpgradeBeforeHire[];
}

/**
 * Settles a hire: who earns what of which fee, and the rows that say so. The splits are computed
 * from the snapshot, so recomputing them later gives the same.
 *
 * Refuses a salary or a fee out of bounds (`validation_failed`) and a tier that cannot be told
 * (`service_unavailable`). Whether the deal may be hired at all is the caller's question.
 */
export function settleHire(inputs: HireInputs, hire: Hire): SettledHire {
  const { placementId, now } = hire;
  const roles = rolesAtHire(inputs, now);
  const feeTerms = inForce(inputs.fee_terms, now);
  const feeBasis = placementFee({
    salary: hire.salary,
    role: inputs.job,
    terms: feeTerms,
    contract: contractAtHire(inputs.contracts, inputs.contract_placements, now),
    volume: volumeBonus(inputs.job, inputs.role_placements, inputs.deal.candidate_recruiter_id),
    incentive: ZERO, // nobody offers one for an underserved category yet
  });
  const snapshot = takeSnapshot(
    {
      placementId,
      feeBasis,
      feeTermsId: feeTerms.id,
      policyVersion: inputs.policy?.version ?? null,
      createdAt: now,
    },
    roles,
  );
  const { shares, allocation } = recompute(snapshot);
  const splits = shares.map((share) => ({ id: hire.newId(), placementId, ...share }));
  const inactive = new Set(roles.filter(({ active }) => !active).map(({ recruiterId }) => recruiterId));
  const placement = placementOf(inputs, hire, feeBasis);
  return {
    placement,
    snapshot,
    allocation,
    splits,
    transactions: splits.map((split) => payoutOf(split, inactive.has(split.recruiterId), hire)),
    hold: guaranteeHold(placement, hire),
    schedule: releaseSchedule(placement, hire),
    roles,
    upgrades: upgradesOf(roles, new Date(inputs.application.stage_changed_at), now),
  };
}

function placementOf(
  { deal, job }: HireInputs,
  { placementId, salary, startDate, now }: Hire,
  { fee_bp, total_cents }: FeeBasis,
): NewPlacement {
  return {
    id: placementId,
    craId: deal.id,
    applicationId: deal.application_id,
    jobId: job.id,
    candidateId: deal.candidate_id,
    companyId: job.company_id,
    state: startDate <= utcDate(now) ? "active" : "hired",
    salary,
    feePercentage: fee_bp,
    placementFee: total_cents,
    hiredAt: now,
    startDate,
    guaranteeDays: job.guarantee_days,
    guaranteeExpiresAt: midnightAfter(startDate, job.guarantee_days),
  };
}

/** The whole fee is held while the guarantee runs. */
function guaranteeHold(placement: NewPlacement, { newId, now }: Hire): GuaranteeHold | null {
  if (placement.guaranteeDays === 0 || placement.placementFee === 0) return null;
  return {
    id: newId(),
    placementId: placement.id,
    holdAmountCents: placement.placementFee,
    holdReason: "guarantee_period",
    heldAt: now,
    releaseScheduledDate: utcDate(placement.guaranteeExpiresAt),
    status: "active",
  };
}

/** A placement with a fee is released one day, also when nobody but the platform earns of it (M-15). */
function releaseSchedule(placement: NewPlacement, { newId }: Hire): ReleaseSchedule | null {
  if (placement.placementFee === 0) return null;
  return {
    id: newId(),
    placementId: placement.id,
    scheduledDate: utcDate(placement.guaranteeExpiresAt),
    triggerEvent: "guarantee_complete",
    status: "scheduled",
  };
}

const payoutOf = (split: PlacementSplit, inactive: boolean, { newId, now }: Hire): NewPayoutTransaction => ({
  id: newId(),
  placementSplitId: split.id,
  placementId: split.placementId,
  recruiterId: split.recruiterId,
  amount: split.splitAmount,
  netAmount: split.splitAmount,
  ...payoutStart(split.splitAmount, inactive, now),
});

/** Nothing to pay is paid at once; who was inactive at the hire waits until reactivated (D-29). */
function payoutStart(amount: Cents, inactive: boolean, now: Date): PayoutStart {
  if (amount === 0)
    return {
      status: "completed",
      holdReasons: [],
      completionReason: "zero_amount",
      completedAt: now,
    };
  if (inactive) {
    return {
      status: "on_hold",
      holdReasons: ["inactive_at_hire"],
      completionReason: null,
      completedAt: null,
    };
  }
  return { status: "pending", holdReasons: [], completionReason: null, completedAt: null };
}

/** At most one per recruiter, however many roles they have. */
function upgradesOf(roles: readonly RoleAtHire[], offeredAt: Date, hiredAt: Date): UpgradeBeforeHire[] {
  const byRecruiter = new Map(roles.map((atHire) => [atHire.recruiterId, atHire]));
  return [...byRecruiter.values()].flatMap(({ recruiterId, tier, subscriptions }) => {
    const upgradedAt = upgradeBeforeHire(subscriptions, tier, offeredAt, hiredAt);
    return upgradedAt ? [{ recruiterId, tier, upgradedAt }] : [];
  });
}
