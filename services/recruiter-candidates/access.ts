import { or, type SQL, sql } from "drizzle-orm";
import { recruiterCandidates } from "#db/schema/network.ts";

/** Each way by which a caller comes to see a relationship: as the recruiter, as the candidate, as platform admin. */
export const waysToRelationships = (): SQL[] => [
  sql`(select ops.is_admin())`,
  sql`${recruiterCandidates.recruiterId} = (select ops.recruiter_id())`,
  sql`${recruiterCandidates.candidateId} = (select ops.candidate_id())`,
];

/** The relationships the caller may see. Companies see none (DOMAIN §1.4). */
export const readableRelationships = (): SQL => or(...waysToRelationships()) as SQL;

/** A recruiter who is not active any more may still end what they have. */
export const isOwnRecruiter = (): SQL => sql`coalesce(${recruiterCandidates.recruiterId} = (select ops.recruiter_id()), false)`;

export const isCandidateSide = (): SQL => sql`coalesce(${recruiterCandidates.candidateId} = (select ops.candidate_id()), false)`;
