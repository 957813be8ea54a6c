import { sql } from "drizzle-orm";
import { applicationAuditLog, applications, candidates, jobs } from "#db/schema/ats.ts";
import { computed, select } from "#db/statements.ts";
import type { Actor, Party } from "#domain/deals/deal.ts";
import { startDraft } from "#domain/deals/draft.ts";
import { forbidden, Refusal } from "#domain/refusals.ts";
import type { Cents } from "#domain/money.ts";
import { commit, deciding, insert, newRow, readable, unchanged } from "../commit.ts";
import { addressableCandidates } from "../candidates/access.ts";
import type { Context } from "../context.ts";
import { representingRecruiter } from "../deals/access.ts";
import { type ChangedDeal, DUPLICATE_DEAL } from "../deals/change-deal.ts";
import { readableJobs } from "../jobs/access.ts";
import { requireScope } from "../scopes.ts";

export interface NewApplication {
  jobId: string;
  candidateId: string;
  coverLetter?: string | null;
  candidateNotes?: string | null;
  recruiterNotes?: string | null;
  salary?: Cents | null;
}

/**
 * Begins an application as a draft: by the candidate, or by the recruiter who represents them with
 * their consent. Refuses a recruiter without it with `consent_required`.
 */
export async function createApplication(ctx: Context, { jobId, candidateId, ...words }: NewApplication): Promise<ChangedDeal> {
  requireScope(ctx, "write:submissions");
  return deciding(
    ctx,
    async () => {
      const [[job], [candidate]] = await ctx.read(
        select({ id: jobs.id, version: jobs.version, companyId: jobs.companyId })
          .from(jobs)
          .where(sql`${jobs.id} = ${jobId} and ${readableJobs()}`),
        select({
          id: candidates.id,
          version: candidates.version,
          own: computed<boolean>("own", sql`coalesce(${candidates.id} = (select ops.candidate_id()), false)`),
          recruiterId: computed<string | null>("representing", representingRecruiter(sql`${candidates.id}`)),
        })
          .from(candidates)
          .where(sql`${candidates.id} = ${candidateId} and ${candidates.deletedAt} is null and ${addressableCandidates()}`),
      );
      const place = readable("job", jobId, job);
      const { companyId } = place;
      const person = readable("candidate", candidateId, candidate);
      const actor = representationOf(ctx, person);
      if (words.recruiterNotes && !actor.parties.has("candidate_recruiter"))
        throw forbidden("Only the recruiter writes the recruiter's notes.");
      const facts = { id: ctx.newId(), jobId, companyId, candidateId, candidateRecruiterId: person.recruiterId, companyRecruiterId: null };
      const change = startDraft(actor, facts, ctx.now());
      if (change.override) ctx.override();
      const application = newRow(ctx, applications, {
        ...words,
        ...change.deal.application,
        applicationSource: change.actedAs === "candidate" ? "direct" : "recruiter",
        createdByUserId: ctx.userId,
      });
      const history = newRow(ctx, applicationAuditLog, {
        applicationId: application.id,
        action: "application.created",
        performedByUserId: ctx.userId,
        performedByRole: change.actedAs,
        companyId,
        newValue: { stage: application.stage },
        ipAddress: ctx.request.ip,
        userAgent: ctx.request.userAgent,
      });
      return commit(
        ctx,
        { cra: null, application, actedAs: change.actedAs },
        {
          expect: [unchanged(jobs, place), unchanged(candidates, person)],
          write: [insert(applications, application), insert(applicationAuditLog, history)],
          audit: {
            action: "application.created",
            subject: { type: "application", id: application.id },
            after: { stage: application.stage },
            companyId,
          },
          events: change.events,
        },
      );
    },
    DUPLICATE_DEAL,
  );
}

export const consentRequired = (): Refusal =>
  new Refusal("consent_required", "The candidate has not consented to be represented by you. Invite them first.");

/**
 * Who the caller is to a candidate who is to be brought to a job. Refuses a recruiter who is not active, or without the
 * candidate's consent.
 */
export function representationOf(ctx: Context, person: { own: boolean; recruiterId: string | null }): Actor {
  const { recruiterId, recruiterStatus, isPlatformAdmin } = ctx.access;
  const parties = new Set<Party>();
  if (person.own) parties.add("candidate");
  if (recruiterId && recruiterId === person.recruiterId) parties.add("candidate_recruiter");
  if (isPlatformAdmin) parties.add("platform_admin");
  if (recruiterId && recruiterStatus !== "active" && !person.own) {
    throw new Refusal("recruiter_not_active", `Your recruiter account is ${recruiterStatus}; only active recruiters bring candidates.`);
  }
  if (recruiterId && parties.size === 0) throw consentRequired();
  return { userId: ctx.userId, parties, overrideReason: ctx.request.reason ?? null, mayAdvance: false, mayHire: false };
}
