import { type FieldError, invalid } from "#domain/refusals.ts";
import type { JobFields } from "./create-job.ts";

/** What must hold between a job's fields. Refuses with every broken rule named. */
export function checkJob(job: Partial<JobFields>): void {
  const errors: FieldError[] = [];
  if (job.salaryMin != null && job.salaryMax != null && job.salaryMin > job.salaryMax) {
    errors.push({ pointer: "/salary_max_cents", code: "out_of_range", message: "the upper end of the salary is below the lower one" });
  }
  if (job.bulkBonus != null && (job.hiresCommitted ?? 0) < 5) {
    errors.push({ pointer: "/bulk_bonus_cents", code: "invalid", message: "a bulk bonus needs hires_committed of 5 or more" });
  }
  if (job.activatesAt && job.closesAt && job.closesAt <= job.activatesAt) {
    errors.push({
      pointer: "/closes_at",
      code: "out_of_range",
      message: "the job would close before it opens: set closes_at after activates_at",
    });
  }
  if (errors.length > 0) throw invalid(...errors);
}
