import { or, type SQL, sql } from "drizzle-orm";
import { candidateRoleAssignments as deals, jobs } from "#db/schema/ats.ts";
import { recruiterCandidates, recruiterCompanies, recruiters, teamMembers } from "#db/schema/network.ts";
import { rightBy } from "../rights.ts";

const self = (): SQL => sql`${recruiters.id} = (select ops.recruiter_id())`;

/** Profiles that are shown to everybody. */
export const publicRecruiters = (): SQL =>
  sql`(${recruiters.marketplaceEnabled} and ${recruiters.marketplaceVisibility} = 'public' and ${recruiters.status} = 'active')`;

/** Recruiters who represent the calling candidate, or asked to. */
const ofCandidate = (): SQL => sql`${recruiters.id} in (select ${recruiterCandidates.recruiterId} from ${recruiterCandidates}
  where ${recruiterCandidates.candidateId} = (select ops.candidate_id()))`;

/** Recruiters who work on a company's jobs, or are tied to it. */
const ofCompany = (): SQL => sql`${recruiters.id} in (
  select ${recruiterCompanies.recruiterId} from ${recruiterCompanies} where ${recruiterCompanies.companyId} = any((select ops.company_ids())::uuid[])
  union all select ${jobs.jobOwnerRecruiterId} from ${jobs} where ${jobs.companyId} = any((select ops.company_ids())::uuid[]) and ${jobs.jobOwnerRecruiterId} is not null
  union all select ${jobs.companyRecruiterId} from ${jobs} where ${jobs.companyId} = any((select ops.company_ids())::uuid[]) and ${jobs.companyRecruiterId} is not null
  union all select ${deals.candidateRecruiterId} from ${deals} where ${deals.companyId} = any((select ops.company_ids())::uuid[]) and ${deals.reachedCompanyAt} is not null and ${deals.candidateRecruiterId} is not null
  union all select ${deals.companyRecruiterId} from ${deals} where ${deals.companyId} = any((select ops.company_ids())::uuid[]) and ${deals.reachedCompanyAt} is not null and ${deals.companyRecruiterId} is not null)`;

/** Recruiters of the same team, and the other recruiter of a deal. */
const colleagues = (): SQL => sql`${recruiters.id} in (
  select ${teamMembers.recruiterId} from ${teamMembers} where ${teamMembers.teamId} = any((select ops.team_ids())::uuid[]) and ${teamMembers.status} = 'active'
  union all select ${deals.companyRecruiterId} from ${deals} where ${deals.candidateRecruiterId} = (select ops.recruiter_id()) and ${deals.companyRecruiterId} is not null
  union all select ${deals.candidateRecruiterId} from ${deals} where ${deals.companyRecruiterId} = (select ops.recruiter_id()) and ${deals.candidateRecruiterId} is not null)`;

/** Each way by which a caller comes to see a recruiter (DOMAIN §1.4). */
export const waysToRecruiters = (): SQL[] => [
  sql`(select ops.is_admin())`,
  self(),
  publicRecruiters(),
  ofCandidate(),
  ofCompany(),
  colleagues(),
];

/** The recruiters the caller may see, most of them by their public profile. */
export const readableRecruiters = (): SQL => or(...waysToRecruiters()) as SQL;

/** The recruiters the caller may change: themselves, everybody for platform admins. */
export const editableRecruiters = (): SQL => rightBy(self());

/** Whether the caller may read the whole row: whoever may change it. */
export const seesWholeRecruiter = (): SQL => sql`(${editableRecruiters()} is not null)`;

/** Whether the caller may read the recruiter's address: their candidates may, beside who reads the whole row. */
export const recruiterEmailVisible = (): SQL => sql`coalesce(((select ops.is_admin()) or ${self()} or ${ofCandidate()}), false)`;
