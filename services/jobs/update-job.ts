import { sql } from "drizzle-orm";
import { applications, candidateRoleAssignments as deals, jobs, placements } from "#db/schema/ats.ts";
import { computed, select } from "#db/statements.ts";
import type { DomainEvent } from "#domain/events/catalogue.ts";
import { jobDeleted, jobUpdated } from "#domain/events/job.ts";
import { changeJobStatus, feeChangeRefused, type JobStatus } from "#domain/jobs/job.ts";
import type { OtherRoles } from "#domain/jobs/premium.ts";
import type { BasisPoints } from "#domain/money.ts";
import { conflict, forbidden, invalidField, notFound } from "#domain/refusals.ts";
import { asItStands, commit, deciding, differing, editable, expectVersion, type Guard, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { rowById } from "../listing.ts";
import { requireScope } from "../scopes.ts";
import { isCompanyRecruiter } from "./access.ts";
import { checkJob } from "./check-job.ts";
import { type JobFields, notConnected } from "./create-job.ts";
import { asPercentage, asPremiums, effectiveFee } from "./fee.ts";
import { type Job, jobNoun } from "./job.ts";
import { isPremiumNow, otherRoles, premiumDesignation } from "./premium.ts";

export interface JobChanges extends Omit<Partial<JobFields>, "companyId" | "status"> {
  status?: JobStatus;
  closedReason?: string | null;
  /** Only platform admins set it after the creation. */
  jobOwnerRecruiterId?: string | null;
}

interface Facts {
  hasDeals: boolean;
  hasLiveDeals: boolean;
  hasPlacement: boolean;
  /** Whether the named company recruiter may stand for this company. */
  recruiterFits: boolean;
  /** The fee in effect with the changes. */
  feeAfter: BasisPoints;
  /** The other active roles, where the job comes to be an active premium one. */
  others: OtherRoles | null;
}

/**
 * Changes what a job says, and its status. The fee stands once somebody was placed on it, and is not
 * lowered while deals are open (D-25); a company recruiter must be one of the company's.
 */
export async function updateJob(ctx: Context, id: string, changes: JobChanges, version?: number): Promise<Job> {
  requireScope(ctx, "write:roles");
  return deciding(
    ctx,
    async () => {
      const [[found], rest] = (await ctx.read(
        rowById<Job>(ctx, jobNoun, id),
        ...(restsOnDeals(changes) ? [factsOf(id, changes)] : []),
      )) as unknown as readonly [[Job?], [Facts?]?];
      const job = editable(ctx, "job", id, found);
      const facts = rest?.[0];
      const { status: to, closedReason, ...asked } = changes;
      expectVersion(ctx, job, version);
      const fields = differing(job, asked) ?? {};
      if (fields.jobOwnerRecruiterId !== undefined && !ctx.access.isPlatformAdmin)
        throw forbidden("The owner of a job is set when it is created.");
      checkJob({ ...job, ...fields });
      if (fields.companyRecruiterId && !facts?.recruiterFits) throw notConnected();

      const fee = facts?.feeAfter ?? job.effectiveFee;
      const refused = facts && feeChangeRefused({ from: job.effectiveFee, to: fee, ...facts });
      if (refused) throw refused;
      const moved =
        to && to !== job.status
          ? changeJobStatus(job, to, ctx.now(), { hasDeals: facts?.hasDeals ?? false, reason: closedReason ?? null })
          : null;
      if (!moved && Object.keys(fields).length === 0) return asItStands(ctx, job);
      const written = { ...fields, ...(moved ? statusFields(moved.job) : {}) };
      const changed = { ...job, ...written, effectiveFee: fee, version: job.version + 1, updatedAt: ctx.now() } as Job;
      const premium = premiumDesignation(ctx, id, facts?.others ?? null);
      return commit(ctx, changed, {
        expect: [...(facts ? stillSo(job, facts) : [unchanged(jobs, job)]), ...premium.expect],
        write: [update(ctx, jobs, id, written)],
        audit: [
          {
            action: moved ? "job.status_changed" : "job.updated",
            subject: { type: "job", id },
            before: job,
            after: changed,
            companyId: job.companyId,
          },
          ...premium.audit,
        ],
        events: [...updated(changed, Object.keys(fields)), ...(moved?.events ?? [])],
      });
    },
    UNKNOWN_OWNER,
  );
}

const UNKNOWN_OWNER = {
  jobs_job_owner_recruiter_id_recruiters_id_fk: () => invalidField("job_owner_recruiter_id", "unknown", "There is no such recruiter."),
};

/** Takes a job away for good. Refused while deals are open on it. */
export async function deleteJob(ctx: Context, id: string): Promise<{ id: string }> {
  return deciding(ctx, async () => {
    const [[found], [facts]] = (await ctx.read(rowById<Job>(ctx, jobNoun, id), factsOf(id, {}))) as unknown as [[Job?], [Facts?]];
    const job = editable(ctx, "job", id, found);
    if (!facts) throw notFound("job", id);
    expectVersion(ctx, job);
    if (facts.hasLiveDeals) throw conflict("Deals are open on this job. Close it instead.", { reason: "live_deals" });
    return commit(
      ctx,
      { id },
      {
        expect: stillSo(job, facts),
        write: [update(ctx, jobs, id, { deletedAt: ctx.now(), status: "closed", closedAt: job.closedAt ?? ctx.now() })],
        audit: { action: "job.deleted", subject: { type: "job", id }, before: job, companyId: job.companyId },
        events: [jobDeleted(job)],
      },
    );
  });
}

/** Whether what is asked for depends on the job's deals, its placements or its company. */
const restsOnDeals = ({ status, feePercentage, premiumType, companyRecruiterId }: JobChanges): boolean =>
  [status, feePercentage, premiumType, companyRecruiterId].some((change) => change !== undefined);

const factsOf = (id: string, { companyRecruiterId = null, feePercentage, premiumType, status }: JobChanges): Statement =>
  select({
    hasDeals: computed<boolean>("has_deals", sql`exists (select 1 from ${applications} a where a.job_id = ${jobs.id})`),
    hasLiveDeals: computed<boolean>(
      "has_live_deals",
      sql`exists (select 1 from ${deals} d where d.job_id = ${jobs.id} and ats.is_live(d.state))`,
    ),
    hasPlacement: computed<boolean>("has_placement", sql`exists (select 1 from ${placements} p where p.job_id = ${jobs.id})`),
    recruiterFits: computed<boolean>("recruiter_fits", isCompanyRecruiter(sql`${companyRecruiterId}::uuid`, sql`${jobs.companyId}`)),
    feeAfter: computed<BasisPoints>(
      "fee_after",
      effectiveFee({
        companyId: sql`${jobs.companyId}`,
        feePercentage: feePercentage === undefined ? sql`${jobs.feePercentage}` : asPercentage(feePercentage),
        premiumType: premiumType === undefined ? sql`${jobs.premiumType}` : asPremiums(premiumType),
      }),
    ),
    others: otherRoles({
      id: sql`${jobs.id}`,
      was: isPremiumNow(),
      status: status === undefined ? sql`${jobs.status}` : sql`${status}::text`,
      premiumType: premiumType === undefined ? sql`${jobs.premiumType}` : asPremiums(premiumType),
    }),
  })
    .from(jobs)
    .where(sql`${jobs.id} = ${id}`);

/** A deal or a placement that came in between read and commit makes the decision anew. */
const stillSo = (job: Job, { hasDeals, hasLiveDeals, hasPlacement }: Facts): Guard[] => [
  unchanged(jobs, job),
  sql`ats.guard_job_use(${job.id}::uuid, ${hasDeals}, ${hasLiveDeals}, ${hasPlacement})`,
];

const statusFields = ({ status, openedAt, filledAt, closedAt, closedReason }: Job) => ({
  status,
  openedAt,
  filledAt,
  closedAt,
  closedReason,
});

const updated = (job: Job, fields: readonly string[]): DomainEvent[] => (fields.length === 0 ? [] : [jobUpdated(job, fields)]);

/** Closes the jobs whose closing time has come, each by itself. */
export async function closeDueJobs(ctx: Context): Promise<void> {
  const [due] = await ctx.read(
    select()
      .from(jobs)
      .where(sql`${jobs.status} = 'active' and ${jobs.closesAt} <= ops.now() and ${jobs.deletedAt} is null`)
      .orderBy(jobs.closesAt)
      .limit(100),
  );
  for (const job of due) {
    const moved = changeJobStatus(job, "closed", ctx.now(), { hasDeals: true, reason: "closing date reached" });
    const { status, openedAt, filledAt, closedAt, closedReason } = moved.job;
    await commit(ctx, null, {
      expect: [unchanged(jobs, job)],
      write: [update(ctx, jobs, job.id, { status, openedAt, filledAt, closedAt, closedReason })],
      audit: {
        action: "job.status_changed",
        subject: { type: "job", id: job.id },
        before: job,
        after: moved.job,
        companyId: job.companyId,
      },
      events: moved.events,
    });
  }
}
