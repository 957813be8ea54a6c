import { type SQL, sql } from "drizzle-orm";
import { applicationNotes, applications } from "#db/schema/ats.ts";
import { readableApplications } from "../deals/access.ts";
import { rightBy } from "../rights.ts";

/** A recruiter reads what is shared and what stands on their side: the candidate's recruiter `candidate_only`, the company's `company_only`. */
const ownSide =
  (): SQL => sql`exists (select 1 from ${applications} where ${applications.id} = ${applicationNotes.applicationId} and ${readableApplications()} and (
  (select ops.is_admin()) or ${applicationNotes.visibility} = 'shared'
  or (${applicationNotes.visibility} = 'company_only' and (${applications.companyId} = any((select ops.company_ids())::uuid[]) or ${applications.companyRecruiterId} = (select ops.recruiter_id())))
  or (${applicationNotes.visibility} = 'candidate_only' and (${applications.candidateId} = (select ops.candidate_id()) or ${applications.candidateRecruiterId} = (select ops.recruiter_id())))))`;

/** The notes the caller may read (DOMAIN §1.4). */
export const readableNotes = (): SQL => sql`(${applicationNotes.deletedAt} is null and ${ownSide()})`;

/** Only who wrote a note changes it; platform admins may remove any. */
export const editableNotes = (): SQL => rightBy(sql`${applicationNotes.createdByUserId} = (select ops.user_id())`);
