import { sql } from "drizzle-orm";
import { candidates, jobPreScreenAnswers, jobPreScreenQuestions, jobs } from "#db/schema/ats.ts";
import { recruiterReputation } from "#db/schema/network.ts";
import { insertInto, statement } from "#db/statements.ts";
import { submitApplication as submit } from "#domain/deals/submit.ts";
import { invalid } from "#domain/refusals.ts";
import { commit, deciding, expectVersion, unchanged } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { requireScope } from "../scopes.ts";
import { type ChangedDeal, dealChange, DUPLICATE_DEAL, readDeal } from "./change-deal.ts";

/**
 * Submits an application: the gates are computed from who represents both sides at this instant and
 * frozen. The guards hold the job and the candidate's relationships to what was read (DESIGN R-3).
 */
export async function submitApplication(ctx: Context, applicationId: string, version?: number): Promise<ChangedDeal> {
  requireScope(ctx, "write:submissions");
  return deciding(
    ctx,
    async () => {
      const deal = await readDeal(ctx, { applicationId }, unanswered(applicationId));
      const change = submit(
        deal,
        deal.actor,
        {
          craId: ctx.newId(),
          routing: { candidateRecruiterId: deal.candidate.recruiterId, companyRecruiterId: deal.job.companyRecruiterId },
          jobActive: deal.job.status === "active",
          otherLiveDeal: deal.otherLiveDeal,
          question: deal.openRequestId ? { requestId: deal.openRequestId, feedbackId: ctx.newId() } : null,
        },
        ctx.now(),
      );
      expectVersion(ctx, deal.application, version);
      requireAnswers((deal.more[0] as { rows: { id: string; question: string }[] }).rows);
      const { changed, parts } = dealChange(ctx, deal, change, {
        action: "application.submitted",
        expect: [unchanged(jobs, deal.job), unchanged(candidates, deal.candidate)],
        write: submissionCounter(ctx, deal),
      });
      return commit(ctx, changed, parts);
    },
    DUPLICATE_DEAL,
  );
}

const unanswered = (applicationId: string): Statement =>
  statement(sql`select q.id, q.question from ${jobPreScreenQuestions} q
    where q.is_required and q.job_id = (select job_id from ats.applications where id = ${applicationId})
      and not exists (select 1 from ${jobPreScreenAnswers} a where a.question_id = q.id and a.application_id = ${applicationId})
    order by q.sort_order, q.id`);

/** Refuses a submission whose required questions are open, each by its id. */
export function requireAnswers(open: readonly { id: string; question: string }[]): void {
  if (open.length === 0) return;
  throw invalid(
    ...open.map(({ id, question }) => ({ pointer: `/pre_screen_answers/${id}`, code: "required", message: `Answer first: ${question}` })),
  );
}

/** Counts a first submission for the recruiter who represents the candidate. */
export function submissionCounter(
  ctx: Context,
  { candidate: { recruiterId }, application }: { candidate: { recruiterId: string | null }; application: { submittedAt: Date | null } },
): Statement[] {
  if (!recruiterId || application.submittedAt) return [];
  return [
    insertInto(recruiterReputation)
      .values({ recruiterId, totalSubmissions: 1 })
      .onConflictDoUpdate({
        target: recruiterReputation.recruiterId,
        set: { totalSubmissions: sql`${recruiterReputation.totalSubmissions} + 1`, updatedAt: ctx.now() },
      }) as Statement,
  ];
}
