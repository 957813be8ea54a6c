import { sql } from "drizzle-orm";
import {
  applicationAuditLog,
  applicationNotes,
  applications,
  candidateRoleAssignments as deals,
  candidates,
  jobs,
} from "#db/schema/ats.ts";
import { recruiterCompanies } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import type { ProposalType } from "#domain/deals/deal.ts";
import { acceptProposal, propose } from "#domain/deals/propose.ts";
import { forbidden } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, readable, unchanged } from "../commit.ts";
import type { Context } from "../context.ts";
import { addressableCandidates } from "../candidates/access.ts";
import { readableJobs } from "../jobs/access.ts";
import { representingRecruiter } from "./access.ts";
import { changeDeal, type ChangedDeal, DUPLICATE_DEAL } from "./change-deal.ts";

export interface NewProposal {
  jobId: string;
  candidateId: string;
  type: ProposalType;
  /** The pitch: kept as a note of the application, never in an event. */
  notes: string | null;
}

/** A recruiter proposes a job to a candidate, or a deal to the candidate's recruiter (DOMAIN §2.7, D-97). */
export async function proposeDeal(ctx: Context, { jobId, candidateId, type, notes }: NewProposal): Promise<ChangedDeal> {
  return deciding(
    ctx,
    async () => {
      const [[job], [candidate]] = await ctx.read(
        select({
          id: jobs.id,
          version: jobs.version,
          companyId: jobs.companyId,
          jobStatus: jobs.status,
          isOwner: computed<boolean>("is_owner", sql`coalesce(${jobs.jobOwnerRecruiterId} = (select ops.recruiter_id()), false)`),
          isCompanyRecruiter: computed<boolean>(
            "is_company_recruiter",
            sql`exists (select 1 from ${recruiterCompanies}
              where ${recruiterCompanies.recruiterId} = (select ops.recruiter_id()) and ${recruiterCompanies.companyId} = ${jobs.companyId}
                and ${recruiterCompanies.status} = 'active' and (${jobs.companyRecruiterId} = ${recruiterCompanies.recruiterId}
                  or (${recruiterCompanies.permissions} ->> 'can_submit_candidates')::boolean))`,
          ),
          live: computed<boolean>(
            "live",
            sql`exists (select 1 from ${deals} d where d.job_id = ${jobs.id} and d.candidate_id = ${candidateId}
              and d.state not in ('rejected', 'declined', 'withdrawn', 'timed_out', 'closed'))`,
          ),
        })
          .from(jobs)
          .where(sql`${jobs.id} = ${jobId} and ${readableJobs()}`),
        select({
          id: candidates.id,
          version: candidates.version,
          visibility: candidates.marketplaceVisibility,
          recruiterId: computed<string | null>("representing", representingRecruiter(sql`${candidates.id}`)),
        })
          .from(candidates)
          .where(sql`${candidates.id} = ${candidateId} and ${candidates.deletedAt} is null and ${addressableCandidates()}`),
      );
      const { recruiterId, recruiterStatus } = ctx.access;
      if (!recruiterId) throw forbidden("Only recruiters propose.");
      const known = readable("job", jobId, job);
      const person = readable("candidate", candidateId, candidate);
      const change = propose(
        {
          userId: ctx.userId,
          recruiterId,
          recruiterActive: recruiterStatus === "active",
          isCompanyRecruiter: known.isCompanyRecruiter,
          isJobOwner: known.isOwner,
        },
        {
          type,
          craId: ctx.newId(),
          applicationId: ctx.newId(),
          jobId,
          companyId: known.companyId,
          jobActive: known.jobStatus === "active",
          candidateId,
          candidateRecruiterId: person.recruiterId,
          candidateHidden: person.visibility === "hidden",
          otherLiveDeal: known.live,
          notes,
        },
        ctx.now(),
      );
      const application = newRow(ctx, applications, {
        ...change.deal.application,
        applicationSource: type === "opportunity" ? "recruiter" : "company_recruiter",
        createdByUserId: ctx.userId,
      });
      const cra = newRow(ctx, deals, { ...change.deal.cra });
      return commit(
        ctx,
        { cra, application, actedAs: change.actedAs },
        {
          expect: [unchanged(jobs, known), unchanged(candidates, person)],
          write: [
            insert(applications, application),
            insert(deals, cra),
            insert(
              applicationAuditLog,
              newRow(ctx, applicationAuditLog, {
                applicationId: application.id,
                action: "cra.proposed",
                performedByUserId: ctx.userId,
                performedByRole: change.actedAs,
                companyId: application.companyId,
                newValue: { stage: application.stage, state: cra.state },
                ipAddress: ctx.request.ip,
                userAgent: ctx.request.userAgent,
              }),
            ),
            // what recruiters write each other stands on the deal; a note would be read by the candidate
            ...(notes && type !== "collaboration"
              ? [
                  insert(
                    applicationNotes,
                    newRow(ctx, applicationNotes, {
                      applicationId: application.id,
                      createdByUserId: ctx.userId,
                      createdByType: type === "opportunity" ? "candidate_recruiter" : "company_recruiter",
                      noteType: "pitch",
                      visibility: "shared",
                      messageText: notes,
                    }),
                  ),
                ]
              : []),
          ],
          audit: {
            action: "cra.proposed",
            subject: { type: "candidate_role_assignment", id: cra.id },
            after: cra,
            companyId: cra.companyId,
          },
          events: change.events,
        },
      );
    },
    DUPLICATE_DEAL,
  );
}

/** The addressee takes up a proposal: the application becomes a draft to be completed and submitted (D-95). */
export const acceptDeal = (ctx: Context, assignmentId: string, notes: string | null, version?: number): Promise<ChangedDeal> =>
  changeDeal(
    ctx,
    { assignmentId },
    { action: "cra.accepted" },
    (deal) =>
      acceptProposal(
        deal,
        deal.actor,
        { routing: { candidateRecruiterId: deal.candidate.recruiterId, companyRecruiterId: deal.job.companyRecruiterId }, notes },
        ctx.now(),
      ),
    version,
  );
