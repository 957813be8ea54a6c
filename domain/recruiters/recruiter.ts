import type { DomainEvent } from "../events/catalogue.ts";
import { recruiterStatusChanged } from "../events/recruiter.ts";
import { forbidden, invalidTransition } from "../refusals.ts";

export const RECRUITER_STATUSES = ["pending", "active", "suspended", "inactive"] as const;

export type RecruiterStatus = (typeof RECRUITER_STATUSES)[number];

export interface RecruiterState {
  id: string;
  status: RecruiterStatus;
}

export interface RecruiterActor {
  isSelf: boolean;
  isPlatformAdmin: boolean;
}

const NEXT: Readonly<Record<RecruiterStatus, readonly RecruiterStatus[]>> = {
  pending: ["active", "suspended"],
  active: ["suspended", "inactive"],
  suspended: ["active", "inactive"],
  inactive: ["pending"],
};

/** What recruiters may ask for themselves: to leave, and to be looked at again. */
const OWN: ReadonlySet<RecruiterStatus> = new Set(["inactive", "pending"]);

/** Brings a recruiter to another status (DOMAIN §3.8). Only a platform admin approves and suspends. */
export function changeRecruiterStatus<R extends RecruiterState>(
  recruiter: R,
  to: RecruiterStatus,
  actor: RecruiterActor,
): { recruiter: R; events: DomainEvent[]; actedAs: "self" | "platform_admin" } {
  const own = actor.isSelf && OWN.has(to);
  if (!own && !actor.isPlatformAdmin) throw forbidden(`You may not set this recruiter to ${to}.`);
  if (!NEXT[recruiter.status].includes(to)) {
    throw invalidTransition("recruiter", recruiter.status, to, NEXT[recruiter.status]);
  }
  const after: R = { ...recruiter, status: to };
  return { recruiter: after, events: [recruiterStatusChanged(recruiter, after)], actedAs: own ? "self" : "platform_admin" };
}
