import { daysAfter, isDate, utcDate } from "../commission/dates.ts";
import type { DomainEvent } from "../events/catalogue.ts";
import { guaranteeExpiring, placementActivated, placementCompleted, placementFailed } from "../events/placement.ts";
import { conflict, forbidden, invalidField, invalidTransition } from "../refusals.ts";
import { guaranteeExpiresAt } from "./guarantee.ts";

export const PLACEMENT_STATES = ["hired", "active", "completed", "failed"] as const;

export type PlacementState = (typeof PLACEMENT_STATES)[number];

/** What the time line of a placement needs of it. The money is settled and does not change with it. */
export interface PlacementTimeline {
  id: string;
  applicationId: string;
  craId: string;
  jobId: string;
  candidateId: string;
  companyId: string;
  state: PlacementState;
  hiredAt: Date;
  /** `YYYY-MM-DD`. */
  startDate: string;
  guaranteeDays: number;
  /** Exclusive. */
  guaranteeExpiresAt: Date;
  /** The last warning that was given, in days before the expiry. */
  guaranteeWarnedDays: number | null;
  completedAt: Date | null;
}

export interface PlacementChange<P extends PlacementTimeline = PlacementTimeline> {
  placement: P;
  events: DomainEvent[];
}

export interface PlacementActor {
  isCompanyAdmin: boolean;
  isPlatformAdmin: boolean;
}

/** The company and the role holders hear this many days before a guarantee ends. */
export const GUARANTEE_WARNING_DAYS = [1, 7, 14] as const;

const activated = <P extends PlacementTimeline>(placement: P): PlacementChange<P> => {
  const active: P = { ...placement, state: "active" };
  return { placement: active, events: [placementActivated(active)] };
};

/** Starts a placement on its start date; null before it, or when it has started. */
export const activatePlacement = <P extends PlacementTimeline>(placement: P, now: Date): PlacementChange<P> | null =>
  placement.state === "hired" && placement.startDate <= utcDate(now) ? activated(placement) : null;

/**
 * The company says that the candidate has started, or on which other day they start (D-108). With
 * another date the guarantee is counted anew; a date to come leaves the placement waiting for it.
 *
 * @param input.startDate - `YYYY-MM-DD`; null confirms that the work has begun
 */
export function confirmStart<P extends PlacementTimeline>(
  placement: P,
  actor: PlacementActor,
  input: { startDate: string | null },
  now: Date,
): PlacementChange<P> & { startDateChanged: boolean } {
  if (!actor.isCompanyAdmin && !actor.isPlatformAdmin) throw forbidden("Only the company confirms a start.");
  const startDate = input.startDate ?? placement.startDate;
  if (!isDate(startDate)) throw invalidField("start_date", "invalid_date", "start_date is a date, YYYY-MM-DD.");
  if (placement.state !== "hired") throw invalidTransition("placement", placement.state, "active", []);
  if (input.startDate !== null) requireStartDate(startDate, now, placement.hiredAt);

  const startDateChanged = startDate !== placement.startDate;
  const dated: P = {
    ...placement,
    startDate,
    guaranteeExpiresAt: guaranteeExpiresAt(startDate, placement.guaranteeDays),
    guaranteeWarnedDays: startDateChanged ? null : placement.guaranteeWarnedDays,
  };
  const hasBegun = input.startDate === null || startDate <= utcDate(now);
  return {
    ...(hasBegun ? activated(dated) : { placement: dated, events: [] }),
    startDateChanged,
  };
}

/** A start lies at most so far behind the day it is told, and so far after the hire: the guarantee counts from it. */
const START_WITHIN_DAYS = { past: 90, future: 730 } as const;

/** Refuses a start date that would void the guarantee, or never come, however often it is put off. */
export function requireStartDate(startDate: string, now: Date, hiredAt: Date): void {
  const [first, last] = [utcDate(daysAfter(now, -START_WITHIN_DAYS.past)), utcDate(daysAfter(hiredAt, START_WITHIN_DAYS.future))];
  if (startDate < first || startDate > last) {
    throw invalidField("start_date", "out_of_range", `start_date is between ${first} and ${last}.`);
  }
}

/** A placement that fell off, with what is told of it. */
interface FailedFields {
  failedAt: Date | null;
  failureReason: string | null;
  withinGuarantee: boolean | null;
}

/**
 * The candidate is gone inside the guarantee; the company says so.
 *
 * Refuses once the guarantee is over, to the instant (409 `conflict`, `reason: "guarantee_expired"`),
 * and a placement that failed already.
 */
export function failPlacement<P extends PlacementTimeline & FailedFields>(
  placement: P,
  actor: PlacementActor,
  reason: string,
  now: Date,
): PlacementChange<P> {
  if (!actor.isCompanyAdmin && !actor.isPlatformAdmin) throw forbidden("Only the company ends a placement.");
  if (placement.state === "failed") throw invalidTransition("placement", placement.state, "failed", []);
  if (placement.state === "completed" || placement.guaranteeExpiresAt <= now)
    throw conflict("The guarantee is over.", { reason: "guarantee_expired" });
  const failed: P = { ...placement, state: "failed", failedAt: now, failureReason: reason, withinGuarantee: true };
  return { placement: failed, events: [placementFailed(failed)] };
}

/** Completes a placement whose guarantee is over; null while it runs. Without a guarantee that is at its start. */
export function completePlacement<P extends PlacementTimeline>(placement: P, now: Date): PlacementChange<P> | null {
  if (placement.state !== "active" || placement.guaranteeExpiresAt > now) return null;
  const completed: P = { ...placement, state: "completed", completedAt: now };
  return { placement: completed, events: [placementCompleted(completed)] };
}

/**
 * Announces the end of a guarantee 14, 7 and 1 days before, each once; null when nothing is due. A
 * guarantee shorter than a warning does not give it, and a late run gives only the latest.
 */
export function warnOfGuaranteeEnd<P extends PlacementTimeline>(placement: P, now: Date): PlacementChange<P> | null {
  const { state, guaranteeDays, guaranteeExpiresAt, guaranteeWarnedDays } = placement;
  if (state !== "active" || guaranteeExpiresAt <= now) return null;
  const due = GUARANTEE_WARNING_DAYS.find((days) => days < guaranteeDays && daysAfter(guaranteeExpiresAt, -days) <= now);
  if (due === undefined || (guaranteeWarnedDays !== null && guaranteeWarnedDays <= due)) return null;
  const warned: P = { ...placement, guaranteeWarnedDays: due };
  return { placement: warned, events: [guaranteeExpiring(warned, due)] };
}
