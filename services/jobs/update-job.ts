import { type SQL, sql } from "drizzle-orm";
import { applications, candidateRoleAssignments as deals, jobs, placements } from "#db/schema/ats.ts";
import { computed, select, statement } from "#db/statements.ts";
import type { DomainEvent } from "#domain/events/catalogue.ts";
import { jobDeleted, jobUpdated } from "#domain/events/job.ts";
import { changeJobStatus, feeChangeRefused, type JobStatus } from "#domain/jobs/job.ts";
import type { BasisPoints } from "#domain/money.ts";
import { conflict, forbidden, notFound } from "#domain/refusals.ts";
import { commit, deciding, editable, expectVersion, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { rowById } from "../listing.ts";
import { isCompanyRecruiter } from "./access.ts";
import { checkJob } from "./check-job.ts";
import { type JobFields, notConnected } from "./create-job.ts";
import { contractFee, feeInForce } from "./fee.ts";
import { type Job, jobNoun } from "./job.ts";

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
  contractFee: BasisPoints | null;
  standardBp: BasisPoints;
  executiveBp: BasisPoints;
}

/**
 * Changes what a job says, and its status. The fee stands once somebody was placed on it, and is not
 * lowered while deals are open (D-25); a company recruiter must be one of the company's.
 */
export async function updateJob(ctx: Context, id: string, changes: JobChanges, version?: number): Promise<Job> {
  return deciding(ctx, async () => {
    const [[found], rest] = (await ctx.read(
      rowById<Job>(ctx, jobNoun, id),
      ...(restsOnDeals(changes) ? [factsOf(id, changes.companyRecruiterId ?? null)] : []),
    )) as unknown as readonly [[Job?], [Facts?]?];
    const job = editable("job", id, found);
    const facts = rest?.[0];
    expectVersion(ctx, job, version);
    const { status: to, closedReason, ...fields } = changes;
    if (fields.jobOwnerRecruiterId !== undefined && !ctx.access.isPlatformAdmin)
      throw forbidden("The owner of a job is set when it is created.");
    checkJob({ ...job, ...fields });
    if (fields.companyRecruiterId && !facts?.recruiterFits && !ctx.access.isPlatformAdmin) throw notConnected();

    const effectiveFee = facts ? effectiveAfter({ ...job, ...fields } as Job, facts) : job.effectiveFee;
    const refused = facts && feeChangeRefused({ from: job.effectiveFee, to: effectiveFee, ...facts });
    if (refused) throw refused;
    const moved =
      to && to !== job.status
        ? changeJobStatus(job, to, ctx.now(), { hasDeals: facts?.hasDeals ?? false, reason: closedReason ?? null })
        : null;
    const written = { ...fields, ...(moved ? statusFields(moved.job) : {}) };
    const changed = { ...job, ...written, effectiveFee, version: job.version + 1, updatedAt: ctx.now() } as Job;
    return commit(ctx, changed, {
      expect: [facts ? stillSo(job, facts) : unchanged(jobs, job)],
      write: [update(ctx, jobs, id, written)],
      audit: {
        action: moved ? "job.status_changed" : "job.updated",
        subject: { type: "job", id },
        before: job,
        after: changed,
        companyId: job.companyId,
      },
      events: [...updated(changed, Object.keys(fields)), ...(moved?.events ?? [])],
    });
  });
}

/** Takes a job away for good. Refused while deals are open on it. */
export async function deleteJob(ctx: Context, id: string): Promise<{ id: string }> {
  return deciding(ctx, async () => {
    const [[found], [facts]] = (await ctx.read(rowById<Job>(ctx, jobNoun, id), factsOf(id, null))) as unknown as [[Job?], [Facts?]];
    const job = editable("job", id, found);
    if (!facts) throw notFound("job", id);
    expectVersion(ctx, job);
    if (facts.hasLiveDeals) throw conflict("Deals are open on this job. Close it instead.", { reason: "live_deals" });
    return commit(
      ctx,
      { id },
      {
        expect: [stillSo(job, facts)],
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

const LIVE = sql.raw("not in ('rejected', 'declined', 'withdrawn', 'timed_out', 'closed')");

const hasDeals = (id: SQL): SQL => sql`exists (select 1 from ${applications} a where a.job_id = ${id})`;
const hasLiveDeals = (id: SQL): SQL => sql`exists (select 1 from ${deals} d where d.job_id = ${id} and d.state ${LIVE})`;
const hasPlacement = (id: SQL): SQL => sql`exists (select 1 from ${placements} p where p.job_id = ${id})`;

const factsOf = (id: string, recruiterId: string | null): Statement =>
  select({
    hasDeals: computed<boolean>("has_deals", hasDeals(sql`${jobs.id}`)),
    hasLiveDeals: computed<boolean>("has_live_deals", hasLiveDeals(sql`${jobs.id}`)),
    hasPlacement: computed<boolean>("has_placement", hasPlacement(sql`${jobs.id}`)),
    recruiterFits: computed<boolean>("recruiter_fits", isCompanyRecruiter(sql`${recruiterId}::uuid`, sql`${jobs.companyId}`)),
    contractFee: computed<BasisPoints | null>("contract_fee", contractFee(sql`${jobs.companyId}`)),
    ...feeInForce(),
  })
    .from(jobs)
    .where(sql`${jobs.id} = ${id}`);

/** A deal or a placement that came in between read and commit makes the decision anew. */
const stillSo = ({ id, version }: Job, facts: Facts): Statement =>
  statement(sql`select ops.guard_version(${"ats.jobs"}, ${id}::uuid, case
    when ${hasDeals(sql`${id}::uuid`)} = ${facts.hasDeals} and ${hasLiveDeals(sql`${id}::uuid`)} = ${facts.hasLiveDeals} and ${hasPlacement(sql`${id}::uuid`)} = ${facts.hasPlacement}
    then ${version}::integer else 0 end)`);

/** The fee in effect after the change: contract, the job's own, executive, standard (D-102). */
const effectiveAfter = ({ feePercentage, premiumType }: Pick<Job, "feePercentage" | "premiumType">, facts: Facts): BasisPoints =>
  facts.contractFee ?? feePercentage ?? (premiumType.includes("executive") ? facts.executiveBp : facts.standardBp);

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
