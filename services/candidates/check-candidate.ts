import { invalidField } from "#domain/refusals.ts";
import type { CandidateProfile } from "./create-candidate.ts";

/** What must hold between a candidate's fields. */
export function checkCandidate({ desiredSalaryMin: from, desiredSalaryMax: to }: CandidateProfile): void {
  if (from != null && to != null && from > to) {
    throw invalidField("desired_salary_max_cents", "out_of_range", "the upper end of the salary is below the lower one");
  }
}
