import { type SQL, sql } from "drizzle-orm";
import { candidateRoleAssignments as deals, craGateFeedback as feedback } from "#db/schema/ats.ts";

/**
 * The gate feedback the caller may read: recruiters entries of their own gates, entries addressed to
 * them and shared ones; the company those of its gate; the candidate questions to them and their own
 * answers (DOMAIN §1.4).
 */
export const readableFeedback = (): SQL => sql`((select ops.is_admin())
  or ${feedback.createdByUserId} = (select ops.user_id())
  or exists (select 1 from ${deals} where ${deals.id} = ${feedback.assignmentId} and (
    (${deals.companyId} = any((select ops.company_ids())::uuid[]) and ${deals.reachedCompanyAt} is not null and (${feedback.gateName} = 'company' or ${feedback.visibility} = 'shared'))
    or (${deals.candidateRecruiterId} = (select ops.recruiter_id()) and (${feedback.gateName} = 'candidate_recruiter' or ${feedback.addresseeType} = 'candidate_recruiter' or ${feedback.visibility} = 'shared' or ${answersTo("candidate_recruiter")}))
    or (${deals.companyRecruiterId} = (select ops.recruiter_id()) and (${feedback.gateName} = 'company_recruiter' or ${feedback.addresseeType} = 'company_recruiter' or ${feedback.visibility} = 'shared' or ${answersTo("company_recruiter")}))
    or (${deals.candidateId} = (select ops.candidate_id()) and (${feedback.addresseeType} = 'candidate' or ${feedback.visibility} = 'shared' or ${answersTo("candidate")})))))`;

/** Who was asked also reads the answers that were given. */
const answersTo = (addressee: string): SQL =>
  sql`exists (select 1 from ats.cra_gate_feedback asked where asked.id = ${feedback.inResponseToId} and asked.addressee_type = ${addressee})`;
