/**
 * The five parts a recruiter can have in a placement. The order is fixed: shares are computed,
 * corrected and listed in it.
 */
export const DEAL_ROLES = ["candidate_recruiter", "company_recruiter", "job_owner", "candidate_sourcer", "company_sourcer"] as const;

export type DealRole = (typeof DEAL_ROLES)[number];
