import { or, type SQL, sql } from "drizzle-orm";
import { candidateRoleAssignments as deal, jobs, roleInvitations } from "#db/schema/ats.ts";
import { recruiterCompanies, recruiters } from "#db/schema/network.ts";
import { candidatesOnly, companyPeople, everybody, platformAdmins, recruitersOnly } from "../audience.ts";
import type { Way } from "../listing.ts";
import { rightBy } from "../rights.ts";

/** The jobs anybody may see: open ones that are not for invited recruiters only. */
export const publicJobs = (): SQL => sql`(${jobs.status} = 'active' and not ${jobs.inviteOnly})`;

/** Each way by which a caller comes to see a job (DOMAIN §1.4). */
export const waysToJobs = (): Way[] => [
  { rows: sql`(${jobs.deletedAt} is null and ${publicJobs()})`, opensTo: everybody },
  { rows: sql`(${jobs.deletedAt} is null and (select ops.is_admin()))`, opensTo: platformAdmins },
  { rows: sql`(${jobs.deletedAt} is null and ${jobs.companyId} = any((select ops.company_ids())::uuid[]))`, opensTo: companyPeople },
  {
    rows: sql`(${jobs.deletedAt} is null and ${jobs.id} in (
      select own.id from ${jobs} own where own.job_owner_recruiter_id = (select ops.recruiter_id()) and ${companyLets("can_view_jobs", sql`own.company_id`)}
      union all select own.id from ${jobs} own where own.company_recruiter_id = (select ops.recruiter_id()) and ${companyLets("can_view_jobs", sql`own.company_id`)}
      union all select ${deal.jobId} from ${deal} where ${deal.candidateRecruiterId} = (select ops.recruiter_id())
      union all select ${deal.jobId} from ${deal} where ${deal.companyRecruiterId} = (select ops.recruiter_id()) and ${companyLets("can_view_jobs", sql`${deal.companyId}`)}
      union all select ${deal.jobId} from ${deal} where ${deal.candidateId} = (select ops.candidate_id())
      union all select ${roleInvitations.roleId} from ${roleInvitations}
        where ${roleInvitations.recruiterId} = (select ops.active_recruiter_id()) and ${roleInvitations.revokedAt} is null
          and (${roleInvitations.expiresAt} is null or ${roleInvitations.expiresAt} > ops.now() or ${roleInvitations.acceptedAt} is not null)))`,
    opensTo: (access) => recruitersOnly(access) || candidatesOnly(access),
  },
];

/** The jobs the caller may see. */
export const readableJobs = (): SQL => or(...waysToJobs().map(({ rows }) => rows)) as SQL;

/** The jobs the caller may change: a company admin's own, an owner's with leave to edit, everything for platform admins. */
export const editableJobs = (): SQL =>
  rightBy(sql`${jobs.companyId} = any((select ops.admin_company_ids())::uuid[])
    or (${jobs.jobOwnerRecruiterId} = (select ops.active_recruiter_id()) and ${callerMay("can_edit_jobs", sql`${jobs.companyId}`)})`);

/** Whether the company gave the calling recruiter this permission. */
export const callerMay = (permission: "can_edit_jobs" | "can_create_jobs", companyId: SQL): SQL =>
  sql`network.caller_may(${permission}, ${companyId})`;

/**
 * Whether the company lets the calling recruiter see, on its own side, what it did not refuse them (DOMAIN
 * §1.5). What they see as anybody, or as the candidate's recruiter, is not the company's to refuse.
 */
export const companyLets = (permission: "can_view_jobs" | "can_view_applications", companyId: SQL): SQL =>
  sql`${companyId} <> all((select network.companies_refusing(${sql.raw(`'${permission}'`)}))::uuid[])`;

/** Whether a recruiter may stand for a company: active, and connected with it. */
export const isCompanyRecruiter = (recruiterId: SQL, companyId: SQL): SQL => sql`exists (
  select 1 from ${recruiterCompanies} join ${recruiters} on ${recruiters.id} = ${recruiterCompanies.recruiterId}
  where ${recruiterCompanies.recruiterId} = ${recruiterId} and ${recruiterCompanies.companyId} = ${companyId}
    and ${recruiterCompanies.status} = 'active' and ${recruiters.status} = 'active')`;

/**
 * How much of a job the caller may read: `internal` with recruiters' ids and fees, or what the public sees. A recruiter
 * who is not active keeps the jobs they own, represent or have a deal on (DOMAIN §1.5); the rest they read as the public.
 */
export const seesJobInternals = (): SQL => sql`coalesce(
  (select ops.is_admin()) or (select ops.active_recruiter_id()) is not null or ${jobs.companyId} = any((select ops.company_ids())::uuid[])
  or (select ops.recruiter_id()) in (${jobs.jobOwnerRecruiterId}, ${jobs.companyRecruiterId}) or ats.caller_works_on(${jobs.id}), false)`;
