import { DEAL_ROLES } from "../commission/deal-roles.ts";
import type { NewPlacement, SettledHire } from "../commission/hire.ts";
import type { PlacementSnapshot } from "../commission/snapshot.ts";
import { toDecimal } from "../money.ts";
import { event, type DomainEvent } from "./catalogue.ts";

interface PlacementIds {
  id: string;
  applicationId: string;
  jobId: string;
  candidateId: string;
  companyId: string;
}

const subject = (placement: PlacementIds) => ({ type: "placement", id: placement.id });

const facts = (placement: PlacementIds) => ({
  placement_id: placement.id,
  application_id: placement.applicationId,
  job_id: placement.jobId,
  candidate_id: placement.candidateId,
  company_id: placement.companyId,
});

export const placementActivated = (placement: PlacementIds): DomainEvent =>
  event("placement.activated", subject(placement), facts(placement));

export const placementCompleted = (placement: PlacementIds): DomainEvent =>
  event("placement.completed", subject(placement), facts(placement));

export const guaranteeExpiring = (placement: PlacementIds, daysRemaining: number): DomainEvent =>
  event("guarantee.expiring", subject(placement), { ...facts(placement), days_remaining: daysRemaining });

/** A hire was made. */
export const placementCreated = (placement: NewPlacement, snapshot: PlacementSnapshot): DomainEvent =>
  event("placement.created", subject(placement), {
    ...facts(placement),
    candidate_recruiter_id: snapshot.candidateRecruiterId,
    company_recruiter_id: snapshot.companyRecruiterId,
    job_owner_recruiter_id: snapshot.jobOwnerRecruiterId,
    candidate_sourcer_recruiter_id: snapshot.candidateSourcerRecruiterId,
    company_sourcer_recruiter_id: snapshot.companySourcerRecruiterId,
    fee_percentage: placement.feePercentage === null ? null : toDecimal(placement.feePercentage),
    placement_fee_cents: placement.placementFee,
    start_date: placement.startDate,
    guarantee_expires_at: placement.guaranteeExpiresAt.toISOString(),
  });

export const snapshotCreated = (placementId: string): DomainEvent =>
  event("placement_snapshot.created", { type: "placement", id: placementId }, { placement_id: placementId });

/** Every cent of a hire is assigned. */
export const splitsCreated = ({ placement, splits, allocation, roles }: SettledHire): DomainEvent =>
  event(
    "placement.splits_created",
    { type: "placement", id: placement.id },
    {
      placement_id: placement.id,
      total_fee_cents: placement.placementFee,
      split_count: splits.length,
      total_allocated_cents: allocation.splitsCents,
      platform_remainder_cents: allocation.platformCents,
      role_tiers: Object.fromEntries(DEAL_ROLES.map((name) => [name, roles.find(({ role }) => role === name)?.tier ?? null])),
    },
  );

/** A placement fell off inside its guarantee. */
export const placementFailed = (placement: PlacementIds): DomainEvent =>
  event("placement.failed", subject(placement), { ...facts(placement), within_guarantee: true });

/** A hire replaces a placement that fell off. */
export const replacementCreated = (placement: PlacementIds, replacesPlacementId: string): DomainEvent =>
  event("placement.replacement_created", subject(placement), { ...facts(placement), replaces_placement_id: replacesPlacementId });

interface HoldIds {
  id: string;
  placementId: string;
  holdReason: string;
}

/** What became of a hold of a placement's money. */
export const holdEvent = (type: "escrow_hold.created" | "escrow_hold.released" | "escrow_hold.forfeited", hold: HoldIds): DomainEvent =>
  event(type, { type: "escrow_hold", id: hold.id }, { hold_id: hold.id, placement_id: hold.placementId, hold_reason: hold.holdReason });

/** What became of a schedule. */
export const scheduleEvent = (
  type: "payout_schedule.created" | "payout_schedule.released" | "payout_schedule.processed" | "payout_schedule.cancelled",
  schedule: { id: string; placementId: string },
): DomainEvent =>
  event(type, { type: "payout_schedule", id: schedule.id }, { schedule_id: schedule.id, placement_id: schedule.placementId });
