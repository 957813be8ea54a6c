import { or, type SQL, sql } from "drizzle-orm";
import { applications, candidateRoleAssignments as deals, companies, jobs } from "#db/schema/ats.ts";
import { candidateSourcers, companySourcers, recruiterCandidates, recruiterCompanies, recruiters } from "#db/schema/network.ts";
import { candidatesOnly, companyPeople, everybody, platformAdmins, recruitersOnly } from "../audience.ts";
import { companyLets } from "../jobs/access.ts";
import type { Way } from "../listing.ts";
import { rightBy } from "../rights.ts";

/** A gate of a recruiter who cannot act any more: suspended, or no longer tied to the company (D-12). */
export const gateIsStuck = (): SQL => sql`(${deals.currentGate} = 'company_recruiter' and not exists (
  select 1 from ${recruiters} join ${recruiterCompanies} on ${recruiterCompanies.recruiterId} = ${recruiters.id}
  where ${recruiters.id} = ${deals.companyRecruiterId} and ${recruiters.status} = 'active'
    and ${recruiterCompanies.companyId} = ${deals.companyId} and ${recruiterCompanies.status} = 'active'))`;

/** The candidate's recruiter on record is suspended, or represents the candidate no more. */
export const candidateRecruiterIsGone = (): SQL => sql`(${deals.candidateRecruiterId} is not null and not exists (
  select 1 from ${recruiters} join ${recruiterCandidates} on ${recruiterCandidates.recruiterId} = ${recruiters.id}
  where ${recruiters.id} = ${deals.candidateRecruiterId} and ${recruiters.status} = 'active'
    and ${recruiterCandidates.candidateId} = ${deals.candidateId} and ${recruiterCandidates.status} = 'active'))`;

/** The deal parties who read everything of their side; the rest of the ways lead to a summary. */
const waysOfParties = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  {
    rows: sql`(${deals.companyId} = any((select ops.company_ids())::uuid[]) and ${deals.reachedCompanyAt} is not null)`,
    opensTo: companyPeople,
  },
  { rows: sql`${deals.candidateRecruiterId} = (select ops.recruiter_id())`, opensTo: recruitersOnly },
  { rows: sql`${deals.companyRecruiterId} = (select ops.recruiter_id())`, opensTo: recruitersOnly },
  { rows: sql`${deals.proposedBy} = (select ops.user_id())`, opensTo: everybody },
  { rows: sql`${deals.candidateId} = (select ops.candidate_id())`, opensTo: candidatesOnly },
];

/** Each way by which a caller comes to see a deal (DOMAIN §1.4, D-4, D-12). */
export const waysToDeals = (): Way[] => [
  ...waysOfParties(),
  { rows: sql`(${deals.companyId} = any((select ops.admin_company_ids())::uuid[]) and ${gateIsStuck()})`, opensTo: companyPeople },
  {
    rows: sql`${deals.jobId} in (select ${jobs.id} from ${jobs} where ${jobs.jobOwnerRecruiterId} = (select ops.recruiter_id()))`,
    opensTo: recruitersOnly,
  },
  {
    rows: sql`${deals.candidateId} in (select ${candidateSourcers.candidateId} from ${candidateSourcers} where ${candidateSourcers.sourcerRecruiterId} = (select ops.recruiter_id()))`,
    opensTo: recruitersOnly,
  },
  {
    rows: sql`${deals.companyId} in (select ${companySourcers.companyId} from ${companySourcers} where ${companySourcers.sourcerRecruiterId} = (select ops.recruiter_id()))`,
    opensTo: recruitersOnly,
  },
];

/** The deals the caller may see, if only as a summary. */
export const readableDeals = (): SQL => or(...waysToDeals().map(({ rows }) => rows)) as SQL;

/** The deals whose notes and history the caller may read. */
export const openDeals = (): SQL => or(...waysOfParties().map(({ rows }) => rows)) as SQL;

const COMPANY_STAGES = sql.raw("('submitted', 'company_review', 'company_feedback', 'interview', 'offer', 'hired')");
const SHARED_STAGES = sql.raw("('recruiter_request', 'rejected', 'withdrawn', 'expired')");

const reachedCompany = (): SQL =>
  sql`exists (select 1 from ${deals} where ${deals.applicationId} = ${applications.id} and ${deals.reachedCompanyAt} is not null)`;

/** Each way by which a caller comes to see an application (DOMAIN §1.4). */
export const waysToApplications = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  {
    rows: sql`(${applications.companyId} = any((select ops.company_ids())::uuid[])
    and (${applications.stage} in ${COMPANY_STAGES} or (${applications.stage} in ${SHARED_STAGES} and ${reachedCompany()})))`,
    opensTo: companyPeople,
  },
  { rows: sql`${applications.candidateRecruiterId} = (select ops.recruiter_id())`, opensTo: recruitersOnly },
  {
    rows: sql`(${applications.companyRecruiterId} = (select ops.recruiter_id()) and ${companyLets("can_view_applications", sql`${applications.companyId}`)})`,
    opensTo: recruitersOnly,
  },
  {
    rows: sql`(${applications.id} in (select ${deals.applicationId} from ${deals} where ${deals.proposedBy} = (select ops.user_id()) and (select ops.recruiter_id()) is not null)
      and ${companyLets("can_view_applications", sql`${applications.companyId}`)})`,
    opensTo: recruitersOnly,
  },
  { rows: sql`${applications.candidateId} = (select ops.candidate_id())`, opensTo: candidatesOnly },
];

export const readableApplications = (): SQL => or(...waysToApplications().map(({ rows }) => rows)) as SQL;

/** The applications whose words the caller may change: the candidate's own, and their recruiter's on their behalf. */
export const editableApplications = (): SQL =>
  rightBy(sql`${applications.candidateId} = (select ops.candidate_id())
    or (select ops.active_recruiter_id()) = ${candidateRecruiterNow()}`);

/** Until the submission it is whoever represents the candidate now; from then on the one on record. */
const candidateRecruiterNow = (): SQL => sql`(case when ${applications.submittedAt} is null
  then ${representingRecruiter(sql`${applications.candidateId}`)} else ${applications.candidateRecruiterId} end)`;

/** What the caller is in a deal, as columns of the application's row. */
export const partsInDeal = () => ({
  isCandidate: sql`${applications.candidateId} = (select ops.candidate_id())`,
  isCandidateRecruiter: sql`(select ops.active_recruiter_id()) = ${candidateRecruiterNow()}`,
  // who is no longer tied to the company acts for it no more
  isCompanyRecruiter: sql`(${applications.companyRecruiterId} = (select ops.active_recruiter_id()) and exists (select 1 from ${recruiterCompanies}
    where ${recruiterCompanies.recruiterId} = ${applications.companyRecruiterId} and ${recruiterCompanies.companyId} = ${applications.companyId}
      and ${recruiterCompanies.status} = 'active'))`,
  isCompanyAdmin: sql`${applications.companyId} = any((select ops.admin_company_ids())::uuid[])`,
  isHiringManager: sql`(${applications.companyId} = any((select ops.company_ids())::uuid[]) and not ${applications.companyId} = any((select ops.admin_company_ids())::uuid[]))`,
  isPlatformAdmin: sql`(select ops.is_admin())`,
  mayAdvance: sql`exists (select 1 from ${recruiterCompanies} where ${recruiterCompanies.recruiterId} = ${applications.companyRecruiterId}
    and ${recruiterCompanies.companyId} = ${applications.companyId} and ${recruiterCompanies.status} = 'active'
    and (${recruiterCompanies.permissions} ->> 'can_advance_candidates')::boolean)`,
  mayHire: sql`coalesce((select (${companies.settings} ->> 'hiring_manager_may_hire')::boolean from ${companies} where ${companies.id} = ${applications.companyId}), false)`,
});

/** The recruiter who represents a candidate now: active, consented, and not past the end of their time. */
export const representingRecruiter = (candidateId: SQL): SQL =>
  sql`(select ${recruiterCandidates.recruiterId} from ${recruiterCandidates} where ${recruiterCandidates.candidateId} = ${candidateId} and ${recruiterCandidates.status} = 'active'
    and (${recruiterCandidates.relationshipEndDate} is null or ${recruiterCandidates.relationshipEndDate} > ops.now()))`;
