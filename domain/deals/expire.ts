import { daysAfter } from "../commission/dates.ts";
import { applicationExpired, applicationReactivated, expirationWarning } from "../events/application.ts";
import { craStageChanged, craTimedOut } from "../events/cra.ts";
import { actingOnlyAs, BY_SYSTEM } from "./acting.ts";
import { change, duplicateActiveDeal, noSuchStep } from "./change.ts";
import type { Actor, Deal, DealChange } from "./deal.ts";
import { applicationIn, craIn } from "./records.ts";
import type { ApplicationStage } from "./states.ts";

/** How long a stage waits for somebody before it expires (D-96). A stage without a window never does. */
export const WAITING_DAYS: Readonly<Partial<Record<ApplicationStage, number>>> = {
  recruiter_proposed: 3,
  recruiter_request: 7,
  recruiter_review: 14,
  screen: 14,
  submitted: 14,
  company_review: 14,
  company_feedback: 14,
};

/** The parties hear of an expiry this long before it. */
export const EXPIRY_WARNING_DAYS = 2;

/** When the deal's clock started: at its last change of stage or at its gate. */
const waitingSince = ({ cra, application }: Deal): Date =>
  cra && cra.stateChangedAt > application.stageChangedAt ? cra.stateChangedAt : application.stageChangedAt;

/** When the deal expires if nobody acts; null if it never does. */
export function expiresAt(deal: Deal): Date | null {
  const days = WAITING_DAYS[deal.application.stage];
  if (days === undefined || !deal.cra) return null;
  if (deal.cra.state === "proposed" && deal.cra.responseDueAt) return deal.cra.responseDueAt;
  return daysAfter(waitingSince(deal), days);
}

/** Warns of an expiry once per wait; null when no warning is due. */
export function warnOfExpiry(deal: Deal, now: Date): DealChange | null {
  const end = expiresAt(deal);
  if (!end || end <= now || daysAfter(end, -EXPIRY_WARNING_DAYS) > now) return null;
  const { expiryWarnedAt } = deal.application;
  if (expiryWarnedAt && expiryWarnedAt >= waitingSince(deal)) return null;
  const application = { ...deal.application, expiryWarnedAt: now };
  return change(deal, { ...deal, application }, BY_SYSTEM, { events: [expirationWarning(application, end)] });
}

/**
 * Ends a deal nobody acted on in time, application and deal record together; null when it is not
 * due. An unanswered proposal counts in the recruiter's reputation.
 */
export function expireDeal(deal: Deal, now: Date): DealChange | null {
  const end = expiresAt(deal);
  const { cra, application } = deal;
  if (!cra || !end || end > now) return null;
  const after = craIn(cra, "timed_out", now, { stateBeforeTimeout: cra.state, timedOutAt: now });
  const expired = applicationIn(application, "expired", now, { stageBeforeExpiry: application.stage, expiredAt: now });
  const ended = change(deal, { cra: after, application: expired }, BY_SYSTEM, {
    events: [craTimedOut(cra, after), applicationExpired(expired)],
  });
  return cra.state === "proposed" ? { ...ended, reputation: "timed_out" } : ended;
}

/**
 * A platform admin brings an expired deal back to where it stood, with a new window. Refuses an
 * unanswered proposal, and a pair that has another live deal.
 */
export function reactivateDeal(deal: Deal, actor: Actor, input: { otherLiveDeal: boolean }, now: Date): DealChange {
  const acting = actingOnlyAs(actor, ["platform_admin"], "reactivate it");
  const { cra, application } = deal;
  const state = cra?.stateBeforeTimeout;
  const stage = application.stageBeforeExpiry;
  if (cra?.state !== "timed_out" || !state || !stage || state === "proposed") {
    throw noSuchStep(deal, state ?? "submitted_to_company");
  }
  if (input.otherLiveDeal) throw duplicateActiveDeal();
  const after = craIn(cra, state, now, { stateBeforeTimeout: null, timedOutAt: null });
  const back = applicationIn(application, stage, now, { stageBeforeExpiry: null, expiredAt: null, expiryWarnedAt: null });
  return change(deal, { cra: after, application: back }, acting, {
    events: [craStageChanged(cra, after), applicationReactivated(back)],
  });
}
