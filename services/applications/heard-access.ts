import { type SQL, sql } from "drizzle-orm";
import { applications, documents } from "#db/schema/ats.ts";
import { readableApplications } from "../deals/access.ts";
import { fromCandidate } from "../portal/access.ts";

/** The applications that the caller works on: as a recruiter of theirs, or for the company that they have reached. */
export const ownWork = (): SQL => sql`(${readableApplications()} and (${applications.candidateRecruiterId} = (select ops.recruiter_id())
  or ${applications.companyRecruiterId} = (select ops.recruiter_id()) or ${applications.companyId} = any((select ops.company_ids())::uuid[])))`;

/** The applications about which the caller hears what their candidate does: those they work on, and every one for platform admins. */
export const heardApplications = (): SQL => sql`((select ops.is_admin()) or ${ownWork()})`;

/** Of these, the ones whose candidate's messages the caller is passed: one side alone is, the candidate's recruiter before all others. */
export const addressedApplications = (): SQL => sql`(${heardApplications()} and coalesce((select ops.is_admin())
  or (select ops.recruiter_id()) = coalesce(${applications.candidateRecruiterId}, ${applications.companyRecruiterId})
  or num_nonnulls(${applications.candidateRecruiterId}, ${applications.companyRecruiterId}) = 0, false))`;

/** The documents that candidates added to the applications about which the caller hears. */
export const heardDocuments = (): SQL => sql`(${fromCandidate()}
  and ${documents.entityId} in (select ${applications.id} from ${applications} where ${heardApplications()}))`;
