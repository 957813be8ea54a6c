import { or, type SQL, sql } from "drizzle-orm";
import { candidateRoleAssignments as deals, jobs, placements } from "#db/schema/ats.ts";
import { placementSnapshot as snapshot, placementSplits as splits } from "#db/schema/billing.ts";
import { candidateSourcers, companySourcers } from "#db/schema/network.ts";
import { candidatesOnly, companyPeople, platformAdmins, recruitersOnly } from "../audience.ts";
import type { Way } from "../listing.ts";

/** The five recruiters of a snapshot, as a list to look into. */
const fiveRoles = (): SQL => sql`(${snapshot.candidateRecruiterId}, ${snapshot.companyRecruiterId}, ${snapshot.jobOwnerRecruiterId},
  ${snapshot.candidateSourcerRecruiterId}, ${snapshot.companySourcerRecruiterId})`;

/** Snapshots in which the calling recruiter has one of the five roles. */
const inSnapshot = (): SQL => sql`(select ops.recruiter_id()) in ${fiveRoles()}`;

/** Snapshots of placements whose roles a team of the caller, as its owner or admin, shares. */
const ofManagedTeam = (): SQL => sql`(${snapshot.candidateRecruiterTeamId} = any((select ops.managed_team_ids())::uuid[])
  or ${snapshot.companyRecruiterTeamId} = any((select ops.managed_team_ids())::uuid[]) or ${snapshot.jobOwnerTeamId} = any((select ops.managed_team_ids())::uuid[])
  or ${snapshot.candidateSourcerTeamId} = any((select ops.managed_team_ids())::uuid[]) or ${snapshot.companySourcerTeamId} = any((select ops.managed_team_ids())::uuid[]))`;

/** Whether the calling recruiter has one of the five roles of a placement. */
const hasRoleIn = (placementId: SQL | typeof placements.id): SQL =>
  sql`exists (select 1 from ${snapshot} where ${snapshot.placementId} = ${placementId} and ${inSnapshot()})`;

/** Placements without a fee have no splits to find them by; there are few. */
const withoutFee = (way: SQL): SQL => sql`(${placements.placementFee} = 0 and ${way} and ${hasRoleIn(placements.id)})`;

/** Each way by which a caller comes to see a placement (DOMAIN §1.4). */
export const waysToPlacements = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`${placements.companyId} = any((select ops.company_ids())::uuid[])`, opensTo: companyPeople },
  { rows: sql`${placements.candidateId} = (select ops.candidate_id())`, opensTo: candidatesOnly },
  {
    rows: sql`(${placements.id} in (select ${splits.placementId} from ${splits} where ${splits.recruiterId} = (select ops.recruiter_id())) and ${hasRoleIn(placements.id)})`,
    opensTo: recruitersOnly,
  },
  {
    rows: withoutFee(sql`${placements.applicationId} in (
    select ${deals.applicationId} from ${deals} where ${deals.candidateRecruiterId} = (select ops.recruiter_id())
    union all select ${deals.applicationId} from ${deals} where ${deals.companyRecruiterId} = (select ops.recruiter_id()))`),
    opensTo: recruitersOnly,
  },
  {
    rows: withoutFee(
      sql`${placements.jobId} in (select ${jobs.id} from ${jobs} where ${jobs.jobOwnerRecruiterId} = (select ops.recruiter_id()))`,
    ),
    opensTo: recruitersOnly,
  },
  {
    rows: withoutFee(
      sql`${placements.candidateId} in (select ${candidateSourcers.candidateId} from ${candidateSourcers} where ${candidateSourcers.sourcerRecruiterId} = (select ops.recruiter_id()))`,
    ),
    opensTo: recruitersOnly,
  },
  {
    rows: withoutFee(
      sql`${placements.companyId} in (select ${companySourcers.companyId} from ${companySourcers} where ${companySourcers.sourcerRecruiterId} = (select ops.recruiter_id()))`,
    ),
    opensTo: recruitersOnly,
  },
];

/** The placements the caller may see: how much of each, its columns say. */
export const readablePlacements = (): SQL => or(...waysToPlacements().map(({ rows }) => rows)) as SQL;

/** Who reads what the company pays: its admins and platform admins. Never a recruiter, a hiring manager or the candidate. */
export const seesFee = (): SQL =>
  sql`coalesce(((select ops.is_admin()) or ${placements.companyId} = any((select ops.admin_company_ids())::uuid[])), false)`;

/** Who reads the salary: the company's people and platform admins. */
export const seesSalary = (): SQL =>
  sql`coalesce(((select ops.is_admin()) or ${placements.companyId} = any((select ops.company_ids())::uuid[])), false)`;

/** Who reads the guarantee and the candidate's name: everybody but the candidate. */
export const seesGuarantee = (): SQL => sql`coalesce((${seesSalary()} or ${hasRoleIn(placements.id)}), false)`;

/** Each way to a snapshot: whole for platform admins, totals for the company's admins, roles of one's own and of one's team. */
export const waysToSnapshots = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  {
    rows: sql`${snapshot.placementId} in (select ${placements.id} from ${placements} where ${placements.companyId} = any((select ops.admin_company_ids())::uuid[]))`,
    opensTo: companyPeople,
  },
  {
    rows: sql`(${snapshot.placementId} in (select ${splits.placementId} from ${splits} where ${splits.recruiterId} = (select ops.recruiter_id())) and ${inSnapshot()})`,
    opensTo: recruitersOnly,
  },
  {
    rows: sql`(${snapshot.placementId} in (select ${splits.placementId} from ${splits} where ${splits.teamId} = any((select ops.managed_team_ids())::uuid[])) and ${ofManagedTeam()})`,
    opensTo: recruitersOnly,
  },
];

export const readableSnapshots = (): SQL => or(...waysToSnapshots().map(({ rows }) => rows)) as SQL;

/** How the caller looks at a snapshot. */
export const snapshotSide = (): SQL => sql`case when (select ops.is_admin()) then 'admin'
  when exists (select 1 from ${placements} where ${placements.id} = ${snapshot.placementId} and ${placements.companyId} = any((select ops.admin_company_ids())::uuid[])) then 'company'
  else 'recruiter' end`;
