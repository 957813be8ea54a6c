import { type SQL, sql } from "drizzle-orm";
import { jobs } from "#db/schema/ats.ts";
import { computed } from "#db/statements.ts";
import { type OtherRoles, requirePremiumRoom } from "#domain/jobs/premium.ts";
import type { Audit, Guard } from "../commit.ts";
import type { Context } from "../context.ts";

/** What a job is to be: whether it is active, and whether it is premium. */
const isDesignated = ({ status, premiumType }: { status: SQL; premiumType: SQL }): SQL =>
  sql`(${status} = 'active' and ${premiumType} <> '{}')`;

/**
 * The other active roles of the platform, counted only where a job comes to be one of the active
 * premium ones; null where it does not.
 */
export const otherRoles = (job: { id: SQL; was: SQL; status: SQL; premiumType: SQL }) =>
  computed<OtherRoles | null>(
    "other_roles",
    sql`case when ${isDesignated(job)} and not ${job.was} then (
      select jsonb_build_object('active', count(*), 'premium', count(*) filter (where o.premium_type <> '{}'))
      from ats.jobs o where o.status = 'active' and o.deleted_at is null and o.id <> ${job.id}) end`,
  );

/** Whether a stored job is one of the active premium ones already. */
export const isPremiumNow = (): SQL => isDesignated({ status: sql`${jobs.status}`, premiumType: sql`${jobs.premiumType}` });

/**
 * Holds a designation to the limit of D-72: what to expect at the commit, so that two at once do not
 * both take the last place, and what the audit keeps of a platform admin who goes beyond.
 */
export function premiumDesignation(ctx: Context, jobId: string, others: OtherRoles | null): { expect: Guard[]; audit: Audit[] } {
  if (!others) return { expect: [], audit: [] };
  const { isOverride } = requirePremiumRoom(others, ctx.access.isPlatformAdmin);
  return {
    expect: [sql`ats.guard_premium_roles(${jobId}::uuid, ${others.premium}::integer)`],
    audit: isOverride
      ? [
          {
            action: "job.premium_limit_overridden",
            subject: { type: "job", id: jobId },
            reason: "premium roles reach a tenth of the active ones",
          },
        ]
      : [],
  };
}
