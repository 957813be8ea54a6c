import { or, type SQL, sql } from "drizzle-orm";
import { companies, jobs } from "#db/schema/ats.ts";
import { recruiterCompanies } from "#db/schema/network.ts";
import { candidatesOnly, companyPeople, everybody, platformAdmins, recruitersOnly } from "../audience.ts";
import { readableJobs } from "../jobs/access.ts";
import type { Way } from "../listing.ts";
import { rightBy } from "../rights.ts";

/** The companies that show themselves to everybody. */
const listed = (): SQL => sql`(${companies.status} = 'active' and ${companies.isMarketplaceListed})`;

/** The companies of an active connection of the calling recruiter. */
const related = (): SQL => sql`(select ${recruiterCompanies.companyId} from ${recruiterCompanies}
  where ${recruiterCompanies.recruiterId} = (select ops.recruiter_id()) and ${recruiterCompanies.status} = 'active')`;

/** Each way by which a caller comes to see a company, if only its public profile (DOMAIN §1.4). */
export const waysToCompanies = (): Way[] => [
  { rows: live(listed()), opensTo: everybody },
  { rows: live(sql`(select ops.is_admin())`), opensTo: platformAdmins },
  { rows: live(sql`${companies.id} = any((select ops.company_ids())::uuid[])`), opensTo: companyPeople },
  { rows: live(sql`${companies.id} in ${related()}`), opensTo: recruitersOnly },
  {
    // whoever sees a job sees whose it is
    rows: live(sql`((select ops.recruiter_id()) is not null or (select ops.candidate_id()) is not null)
      and exists (select 1 from ${jobs} where ${jobs.companyId} = ${companies.id} and ${readableJobs()})`),
    opensTo: (access) => recruitersOnly(access) || candidatesOnly(access),
  },
];

const live = (way: SQL): SQL => sql`(${companies.deletedAt} is null and ${way})`;

/** The companies of which the caller may see at least the public profile. */
export const readableCompanies = (): SQL => or(...waysToCompanies().map(({ rows }) => rows)) as SQL;

/** The companies of which the caller may see everything: their own, and those they work with. */
export const openCompanies = (): SQL => sql`coalesce(
  (select ops.is_admin()) or ${companies.id} = any((select ops.company_ids())::uuid[]) or ${companies.id} in ${related()}, false)`;

/** The companies the caller may change: those they administer. */
export const editableCompanies = (): SQL => rightBy(sql`${companies.id} = any((select ops.admin_company_ids())::uuid[])`);
