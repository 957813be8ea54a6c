import type { DomainEvent } from "../events/catalogue.ts";
import { jobStatusChanged } from "../events/job.ts";
import type { BasisPoints } from "../money.ts";
import { conflict, invalidTransition, type Refusal } from "../refusals.ts";

export const JOB_STATUSES = ["draft", "pending", "active", "paused", "filled", "closed"] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/** What the status rules need of a job. */
export interface JobState {
  id: string;
  companyId: string;
  status: JobStatus;
  closedReason: string | null;
  /** The first activation. */
  openedAt: Date | null;
  filledAt: Date | null;
  closedAt: Date | null;
}

const NEXT: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  draft: ["pending", "active", "closed"],
  pending: ["draft", "active", "paused", "closed"],
  active: ["paused", "filled", "closed", "draft"],
  paused: ["active", "filled", "closed"],
  filled: ["active", "closed"],
  closed: ["active", "draft"],
};

/** Where a user may bring a job from here. An active job goes back to draft only while nobody has a deal on it. */
export const allowedStatuses = (status: JobStatus, hasDeals: boolean): readonly JobStatus[] =>
  NEXT[status].filter((to) => !(status === "active" && to === "draft" && hasDeals));

export interface JobChange<J extends JobState = JobState> {
  job: J;
  firstActivation: boolean;
  events: DomainEvent[];
}

/**
 * Brings a job to another status (DOMAIN §3.4). Reopening forgets why and when it was closed or
 * filled; `openedAt` stays that of the first activation.
 */
export function changeJobStatus<J extends JobState>(
  job: J,
  to: JobStatus,
  now: Date,
  facts: { hasDeals: boolean; reason?: string | null },
): JobChange<J> {
  const allowed = allowedStatuses(job.status, facts.hasDeals);
  if (!allowed.includes(to)) throw invalidTransition("job", job.status, to, allowed);
  const firstActivation = to === "active" && job.openedAt === null;
  const after: J = {
    ...job,
    status: to,
    openedAt: firstActivation ? now : job.openedAt,
    filledAt: to === "filled" ? now : to === "closed" ? job.filledAt : null,
    closedAt: to === "closed" ? now : null,
    closedReason: to === "closed" ? facts.reason?.trim() || null : null,
  };
  return { job: after, firstActivation, events: [jobStatusChanged(job, after, firstActivation)] };
}

/**
 * The refusal of a change of the advertised fee (D-25), null if it may change: recruiters rely on
 * it, so it is not lowered while they work on deals, and stands once somebody was placed.
 *
 * @param change.from - the percentage in effect, defaults included (D-102)
 * @param change.to - the percentage that would be in effect
 */
export function feeChangeRefused(change: {
  from: BasisPoints;
  to: BasisPoints;
  hasPlacement: boolean;
  hasLiveDeals: boolean;
}): Refusal | null {
  if (change.from === change.to) return null;
  if (change.hasPlacement) {
    return conflict("The fee of a job stands once a placement was made on it.", { reason: "fee_final" });
  }
  if (change.hasLiveDeals && change.to < change.from) {
    return conflict("The fee of a job is not lowered while deals are open on it.", { reason: "fee_lowered" });
  }
  return null;
}
