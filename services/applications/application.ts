import { eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import {
  aiReviews,
  applicationAuditLog,
  applicationNotes,
  applications,
  candidateRoleAssignments as deals,
  candidates,
  documents,
  jobPreScreenAnswers,
  jobPreScreenQuestions,
  jobRequirements,
  jobs,
  placements,
} from "#db/schema/ats.ts";
import { recruiters, teamMembers } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import type { Party } from "#domain/deals/deal.ts";
import type { CraState, Gate } from "#domain/deals/states.ts";
import { readableApplications, waysToApplications } from "../deals/access.ts";
import type { Noun } from "../listing.ts";
import { jobOf, recruiterOf } from "../neighbours.ts";
import { readableNotes } from "./notes-access.ts";

/** From where the caller looks at an application: each side has notes of its own. */
export type Side = "admin" | "company" | "recruiter" | "candidate";

/** The side of who acted. */
export const SIDES: Readonly<Record<Party | "system", Side>> = {
  candidate: "candidate",
  candidate_recruiter: "recruiter",
  company_recruiter: "recruiter",
  company_admin: "company",
  hiring_manager: "company",
  platform_admin: "admin",
  system: "admin",
};

export type Application = typeof applications.$inferSelect & {
  side: Side;
  candidateName: string;
  candidateTitle: string | null;
  jobTitle: string;
  companyName: string;
  recruiterName: string | null;
  craId: string | null;
  craState: CraState | null;
  currentGate: Gate | "none" | null;
};

const side = (): SQL => sql`case when (select ops.is_admin()) then 'admin'
  when ${applications.companyId} = any((select ops.company_ids())::uuid[]) then 'company'
  when ${applications.candidateId} = (select ops.candidate_id()) then 'candidate' else 'recruiter' end`;

/** The company side never meets another side's documents of the person before the deal is theirs: the row itself is the key. */
const page = (ids: SQL, column: "candidate_id" | "job_id" | "placement_id" | "candidate_recruiter_id"): SQL =>
  sql`(select ${sql.identifier(column)} from ${applications} where id in ${ids})`;

const deal = (column: string): SQL =>
  sql`(select ${sql.raw(column)} from ${deals} d where d.application_id = ${applications.id} order by d.created_at desc limit 1)`;

/** The stages a recruiter means by their review queue: those at a gate they own (D-17). */
const inStages = (stages: readonly string[]): SQL => {
  const plain = sql`${applications.stage} = any(${`{${stages.join(",")}}`}::text[])`;
  if (!stages.includes("screen")) return plain;
  const others = stages.filter((stage) => stage !== "screen");
  return sql`case when (select ops.recruiter_id()) is not null and not (select ops.is_admin()) and cardinality((select ops.company_ids())::uuid[]) = 0
    then (${applications.stage} = any(${`{${others.join(",")}}`}::text[])
      or (${applications.stage} = 'recruiter_review' and ${applications.candidateRecruiterId} = (select ops.recruiter_id()))
      or (${applications.stage} = 'screen' and ${applications.companyRecruiterId} = (select ops.recruiter_id())))
    else ${plain} end`;
};

const mine = (): SQL => sql`(${applications.candidateId} = (select ops.candidate_id())
  or ${applications.candidateRecruiterId} = (select ops.recruiter_id()) or ${applications.companyRecruiterId} = (select ops.recruiter_id()))`;

const SCOPES: Readonly<Record<string, () => SQL>> = {
  mine,
  team: () => sql`(${mine()} or ${applications.candidateRecruiterId} in (select ${teamMembers.recruiterId} from ${teamMembers}
    where ${teamMembers.teamId} = any((select ops.managed_team_ids())::uuid[]) and ${teamMembers.status} = 'active'))`,
  company: () => sql`${applications.companyId} = any((select ops.company_ids())::uuid[])`,
};

export const applicationNoun = {
  name: "application",
  table: applications,
  columns: {
    ...getTableColumns(applications),
    side: computed<Side>("side", side()),
    candidateName: computed<string>(
      "candidate_name",
      sql`(select c.full_name from ${candidates} c where c.id = ${applications.candidateId})`,
    ),
    candidateTitle: computed<string | null>(
      "candidate_title",
      sql`(select c.current_title from ${candidates} c where c.id = ${applications.candidateId})`,
    ),
    jobTitle: computed<string>("job_title", sql`(select j.title from ${jobs} j where j.id = ${applications.jobId})`),
    companyName: computed<string>("company_name", sql`(select c.name from ats.companies c where c.id = ${applications.companyId})`),
    recruiterName: computed<string | null>(
      "recruiter_name",
      sql`(select r.name from ${recruiters} r where r.id = ${applications.candidateRecruiterId})`,
    ),
    craId: computed<string | null>("cra_id", deal("d.id")),
    craState: computed<CraState | null>("cra_state", deal("d.state")),
    currentGate: computed<Gate | "none" | null>("cra_gate", deal("d.current_gate")),
  },
  readable: readableApplications,
  ways: waysToApplications,
  filters: {
    stage: inStages,
    job_id: (id: string) => eq(applications.jobId, id),
    candidate_id: (id: string) => eq(applications.candidateId, id),
    candidate_recruiter_id: (id: string) => eq(applications.candidateRecruiterId, id),
    company_id: (id: string) => eq(applications.companyId, id),
    scope: (name: string) => SCOPES[name]?.() ?? sql`false`,
    submitted_after: (at: Date) => sql`${applications.submittedAt} > ${at.toISOString()}::timestamptz`,
  },
  includes: {
    candidate: {
      rows: (ids) =>
        select({
          id: candidates.id,
          fullName: candidates.fullName,
          currentTitle: candidates.currentTitle,
          currentCompany: candidates.currentCompany,
          skills: candidates.skills,
          location: candidates.location,
        })
          .from(candidates)
          .where(sql`${candidates.id} in ${page(ids, "candidate_id")}`),
      parentKey: "candidateId",
      childKey: "id",
      many: false,
    },
    job: jobOf((ids) => page(ids, "job_id")),
    recruiter: recruiterOf((ids) => page(ids, "candidate_recruiter_id"), "candidateRecruiterId"),
    documents: {
      rows: (ids) =>
        select({
          id: documents.id,
          entityId: documents.entityId,
          documentType: documents.documentType,
          filename: documents.filename,
          contentType: documents.contentType,
          fileSize: documents.fileSize,
          createdAt: documents.createdAt,
        })
          .from(documents)
          .where(sql`${documents.entityType} = 'application' and ${documents.entityId} in ${ids} and ${documents.deletedAt} is null`)
          .orderBy(documents.createdAt),
      childKey: "entityId",
      many: true,
    },
    pre_screen_answers: {
      rows: (ids) =>
        select({
          id: jobPreScreenAnswers.id,
          applicationId: jobPreScreenAnswers.applicationId,
          questionId: jobPreScreenAnswers.questionId,
          question: jobPreScreenQuestions.question,
          answer: jobPreScreenAnswers.answer,
        })
          .from(jobPreScreenAnswers)
          .innerJoin(jobPreScreenQuestions, eq(jobPreScreenQuestions.id, jobPreScreenAnswers.questionId))
          .where(sql`${jobPreScreenAnswers.applicationId} in ${ids}`)
          .orderBy(jobPreScreenQuestions.sortOrder, jobPreScreenAnswers.id),
      childKey: "applicationId",
      many: true,
    },
    audit_log: {
      rows: (ids) =>
        select({
          id: applicationAuditLog.id,
          applicationId: applicationAuditLog.applicationId,
          action: applicationAuditLog.action,
          performedByRole: applicationAuditLog.performedByRole,
          oldValue: applicationAuditLog.oldValue,
          newValue: applicationAuditLog.newValue,
          createdAt: applicationAuditLog.createdAt,
        })
          .from(applicationAuditLog)
          .where(sql`${applicationAuditLog.applicationId} in ${ids} and (
            (select ops.is_admin())
            or exists (select 1 from ${applications} where ${applications.id} = ${applicationAuditLog.applicationId}
              and (select ops.recruiter_id()) in (${applications.candidateRecruiterId}, ${applications.companyRecruiterId}))
            or (${applicationAuditLog.companyId} = any((select ops.company_ids())::uuid[]) and ${applicationAuditLog.newValue} ->> 'stage' in ('submitted', 'company_review', 'company_feedback', 'interview', 'offer', 'hired', 'rejected', 'withdrawn', 'expired'))
            or (exists (select 1 from ${applications} where ${applications.id} = ${applicationAuditLog.applicationId}
                and ${applications.candidateId} = (select ops.candidate_id()))
              and ${applicationAuditLog.oldValue} ->> 'stage' is distinct from ${applicationAuditLog.newValue} ->> 'stage'))`)
          .orderBy(applicationAuditLog.createdAt, applicationAuditLog.id),
      childKey: "applicationId",
      many: true,
    },
    job_requirements: {
      rows: (ids) =>
        select()
          .from(jobRequirements)
          .where(sql`${jobRequirements.jobId} in ${page(ids, "job_id")}`)
          .orderBy(jobRequirements.sortOrder),
      parentKey: "jobId",
      childKey: "jobId",
      many: true,
    },
    ai_review: {
      rows: (ids) =>
        select()
          .from(aiReviews)
          .where(sql`${aiReviews.applicationId} in ${ids}`)
          .orderBy(sql`${aiReviews.createdAt} desc`),
      childKey: "applicationId",
      many: false,
    },
    cra: {
      rows: (ids) =>
        select({
          id: deals.id,
          applicationId: deals.applicationId,
          state: deals.state,
          currentGate: deals.currentGate,
          gateSequence: deals.gateSequence,
          reachedCompanyAt: deals.reachedCompanyAt,
        })
          .from(deals)
          .where(sql`${deals.applicationId} in ${ids}`)
          .orderBy(sql`${deals.createdAt} desc`),
      childKey: "applicationId",
      many: false,
    },
    notes: {
      rows: (ids) =>
        select()
          .from(applicationNotes)
          .where(sql`${applicationNotes.applicationId} in ${ids} and ${readableNotes()}`)
          .orderBy(applicationNotes.createdAt),
      childKey: "applicationId",
      many: true,
    },
    placement: {
      rows: (ids) =>
        select({ id: placements.id, applicationId: placements.applicationId, state: placements.state, startDate: placements.startDate })
          .from(placements)
          .where(sql`${placements.applicationId} in ${ids}`),
      childKey: "applicationId",
      many: false,
    },
  },
} satisfies Noun<Application>;
