import { sql } from "drizzle-orm";
import { companies, jobs } from "#db/schema/ats.ts";
import { splitsRates } from "#db/schema/billing.ts";
import { recruiters } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { WAITING_DAYS } from "#domain/deals/expire.ts";
import type { BasisPoints } from "#domain/money.ts";
import type { Context } from "../context.ts";
import { readableJobs, seesJobInternals } from "../jobs/access.ts";
import { effectiveFee } from "../jobs/fee.ts";
import { getOwnPlan } from "../subscriptions/own-plan.ts";

/** What a recruiter works for on a role; shown to nobody else (SURFACES S-11). */
export interface SubmissionTerms {
  role: { id: string; title: string; location: string | null; isOpen: boolean };
  /** Of the first year's salary. */
  fee: BasisPoints;
  /** Of the fee, for whoever represents the candidate, at the recruiter's own tier. */
  split: BasisPoints;
  /** Within so many days the company answers, or the submission ends by itself. */
  responseDays: number;
  guaranteeDays: number;
}

/** Who would submit: `recruiter` is null for whoever is none, `terms` where the role is not theirs to see. */
export interface Submitting {
  recruiter: { name: string; status: (typeof recruiters.$inferSelect)["status"] } | null;
  terms: SubmissionTerms | null;
}

/** What the signed-in recruiter can expect of one of the company's roles. */
export async function submissionTerms(ctx: Context, companyId: string, jobId: string): Promise<Submitting> {
  const [{ effectiveTier }, [[role], [recruiter], rates]] = await Promise.all([
    getOwnPlan(ctx),
    ctx.read(
      select({
        id: jobs.id,
        title: jobs.title,
        location: jobs.location,
        guaranteeDays: jobs.guaranteeDays,
        isOpen: computed<boolean>(
          "is_open",
          sql`${jobs.status} = 'active' and coalesce(${jobs.closesAt} > ops.now(), true) and exists (
            select 1 from ${companies} c where c.id = ${jobs.companyId} and c.status = 'active' and c.deleted_at is null)`,
        ),
        fee: computed<BasisPoints>(
          "effective_fee",
          effectiveFee({
            companyId: sql`${jobs.companyId}`,
            feePercentage: sql`${jobs.feePercentage}`,
            premiumType: sql`${jobs.premiumType}`,
          }),
        ),
      })
        .from(jobs)
        .where(sql`${jobs.id} = ${jobId}::uuid and ${jobs.companyId} = ${companyId} and ${readableJobs()} and ${seesJobInternals()}`),
      select({ name: recruiters.name, status: recruiters.status })
        .from(recruiters)
        .where(sql`${recruiters.id} = (select ops.recruiter_id())`),
      select({ tier: splitsRates.tier, rate: splitsRates.candidateRecruiterRate })
        .from(splitsRates)
        .where(sql`${splitsRates.effectiveFrom} <= ops.now() and coalesce(${splitsRates.effectiveTo} > ops.now(), true)`),
    ),
  ]);
  const split = rates.find(({ tier }) => tier === effectiveTier)?.rate;
  if (!role || split === undefined) return { recruiter: recruiter ?? null, terms: null };
  const { guaranteeDays, fee, ...shown } = role;
  return { recruiter: recruiter ?? null, terms: { role: shown, fee, split, responseDays: WAITING_DAYS.submitted ?? 0, guaranteeDays } };
}
