import { type SQL, sql } from "drizzle-orm";
import {
  applicationAuditLog,
  applications,
  candidateRoleAssignments as deals,
  candidates,
  jobPreScreenQuestions as questions,
  jobs,
} from "#db/schema/ats.ts";
import { computed, select } from "#db/statements.ts";
import { startDraft } from "#domain/deals/draft.ts";
import { submitApplication as submit } from "#domain/deals/submit.ts";
import { notFound } from "#domain/refusals.ts";
import { consentRequired, representationOf } from "../applications/create-application.ts";
import { commit, deciding, insert, newRow, readable, unchanged } from "../commit.ts";
import type { Context } from "../context.ts";
import { readableJobs } from "../jobs/access.ts";
import { requireScope } from "../scopes.ts";
import { representingRecruiter } from "./access.ts";
import { type ChangedDeal, DUPLICATE_DEAL } from "./change-deal.ts";
import { requireAnswers, submissionCounter } from "./submit-application.ts";

export interface NewSubmission {
  jobId: string;
  /** Somebody who is represented with their consent, by id or by address. */
  candidate: { id: string } | { email: string };
  /** For the submitting side alone. */
  notes: string | null;
  /** Where it was written, if on a company's own pages. */
  source?: "white_label";
  /** Only decides: refuses whatever would be refused, and makes nothing. */
  dryRun?: boolean;
}

/** A deal that a submission began, or would have begun: nothing stands behind the ids of a dry run. */
export interface SubmittedDeal extends ChangedDeal {
  dryRun: boolean;
}

/**
 * Begins an application and submits it in one commit: by the recruiter who represents the candidate,
 * or by a platform admin. Refuses with `consent_required` whomever the recruiter does not represent;
 * an address that nobody is known under is refused alike, so that nothing is learned from trying.
 */
export async function submitCandidate(
  ctx: Context,
  { jobId, candidate, notes, source, dryRun = false }: NewSubmission,
): Promise<SubmittedDeal> {
  requireScope(ctx, "write:submissions");
  const named: SQL = "id" in candidate ? sql`${candidates.id} = ${candidate.id}` : sql`${candidates.email} = ${candidate.email}::citext`;
  return deciding(
    ctx,
    async () => {
      const [[job], [found], open] = await ctx.read(
        select({
          id: jobs.id,
          version: jobs.version,
          companyId: jobs.companyId,
          jobStatus: jobs.status,
          companyRecruiterId: jobs.companyRecruiterId,
        })
          .from(jobs)
          .where(sql`${jobs.id} = ${jobId} and ${readableJobs()}`),
        select({
          id: candidates.id,
          version: candidates.version,
          own: computed<boolean>("own", sql`coalesce(${candidates.id} = (select ops.candidate_id()), false)`),
          recruiterId: computed<string | null>("representing", representingRecruiter(sql`${candidates.id}`)),
          otherLiveDeal: computed<boolean>(
            "other_live",
            sql`exists (select 1 from ${deals} d where d.candidate_id = ${candidates.id} and d.job_id = ${jobId} and ats.is_live(d.state))`,
          ),
        })
          .from(candidates)
          .where(sql`${named} and ${candidates.deletedAt} is null`),
        select({ id: questions.id, question: questions.question })
          .from(questions)
          .where(sql`${questions.jobId} = ${jobId} and ${questions.isRequired}`)
          .orderBy(questions.sortOrder, questions.id),
      );
      const place = readable("role", jobId, job);
      const person = found ?? unknown(ctx, candidate);
      const actor = representationOf(ctx, person);
      const { companyId, companyRecruiterId } = place;
      const { recruiterId: candidateRecruiterId } = person;
      const facts = { id: ctx.newId(), jobId, companyId, candidateId: person.id, candidateRecruiterId, companyRecruiterId: null };
      const begun = startDraft(actor, facts, ctx.now());
      const sent = submit(
        begun.deal,
        actor,
        {
          craId: ctx.newId(),
          routing: { candidateRecruiterId, companyRecruiterId },
          jobActive: place.jobStatus === "active",
          otherLiveDeal: person.otherLiveDeal,
          question: null,
        },
        ctx.now(),
      );
      if (sent.override) ctx.override();
      requireAnswers(open);
      const application = newRow(ctx, applications, {
        ...sent.deal.application,
        ...(actor.parties.has("candidate_recruiter") ? { recruiterNotes: notes } : { internalNotes: notes }),
        applicationSource: source ?? (ctx.caller.kind === "partner" ? "api" : "recruiter"),
        createdByUserId: ctx.userId,
      });
      const cra = newRow(ctx, deals, { ...sent.deal.cra });
      const history = newRow(ctx, applicationAuditLog, {
        applicationId: application.id,
        action: "application.submitted",
        performedByUserId: ctx.userId,
        performedByRole: sent.actedAs,
        companyId,
        newValue: { stage: application.stage, state: cra.state },
        ipAddress: ctx.request.ip,
        userAgent: ctx.request.userAgent,
      });
      const submitted = { cra, application, actedAs: sent.actedAs, dryRun };
      if (dryRun) return commit(ctx, submitted, { write: [], audit: [], events: [] });
      return commit(ctx, submitted, {
        expect: [unchanged(jobs, place), unchanged(candidates, person)],
        write: [
          insert(applications, application),
          insert(deals, cra),
          insert(applicationAuditLog, history),
          ...submissionCounter(ctx, { candidate: person, application: begun.deal.application }),
        ],
        audit: {
          action: "application.submitted",
          subject: { type: "candidate_role_assignment", id: cra.id },
          after: { state: cra.state, stage: application.stage, currentGate: cra.currentGate },
          companyId,
        },
        events: [...begun.events, ...sent.events],
      });
    },
    DUPLICATE_DEAL,
  );
}

/** Nobody of that id is no secret; whether somebody has an address is one, but for platform admins. */
function unknown(ctx: Context, candidate: NewSubmission["candidate"]): never {
  throw "id" in candidate || ctx.access.isPlatformAdmin
    ? notFound("candidate", "id" in candidate ? candidate.id : undefined)
    : consentRequired();
}
