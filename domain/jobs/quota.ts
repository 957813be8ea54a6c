import { midnightAfter, utcDate } from "../commission/dates.ts";
import { Refusal } from "../refusals.ts";

/** So many roles a company posts over the public API on one UTC day; what an ATS syncs is not counted (PLATFORM §2). */
export const ROLES_PER_DAY = 10;

/**
 * Refuses with `daily_role_quota` once the day's roles are posted, and tells how many seconds remain
 * until the next UTC day begins.
 *
 * @param used - how many the company has posted today
 */
export function requireRoleQuota(used: number, now: Date): void {
  if (used < ROLES_PER_DAY) return;
  const midnight = midnightAfter(utcDate(now), 1);
  const retryAfter = Math.ceil((midnight.getTime() - now.getTime()) / 1_000);
  throw new Refusal("daily_role_quota", `${ROLES_PER_DAY} roles were posted for this company today. The next ones fit tomorrow (UTC).`, {
    retry_after: retryAfter,
  });
}
