import type { Candidate } from "./candidate.ts";

const HIDDEN = "•••";

/** `k•••@•••`: that there is an address, and nothing to reach it by. */
const maskedEmail = (email: string): string => `${email.slice(0, 1)}${HIDDEN}@${HIDDEN}`;
const masked = (value: string | null): string | null => (value === null ? null : HIDDEN);

/**
 * What the caller may read of a candidate beside what everybody reads: contact data only where they may
 * be read, else masked, a public profile as the person wishes. `pay`: whether the desired salary is told.
 */
export function shownOf(row: Candidate) {
  const { contactVisible, known, listed } = row;
  return {
    email: contactVisible || (listed && row.showEmail) ? row.email : maskedEmail(row.email),
    phone: contactVisible || (listed && row.showPhone) ? row.phone : masked(row.phone),
    linkedinUrl: contactVisible ? row.linkedinUrl : masked(row.linkedinUrl),
    githubUrl: contactVisible ? row.githubUrl : masked(row.githubUrl),
    portfolioUrl: contactVisible ? row.portfolioUrl : masked(row.portfolioUrl),
    location: known || row.showLocation ? row.location : null,
    currentCompany: known || row.showCurrentCompany ? row.currentCompany : null,
    pay: contactVisible || row.showSalaryExpectations,
  };
}
