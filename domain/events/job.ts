import type { JobState } from "../jobs/job.ts";
import { event, type DomainEvent } from "./catalogue.ts";

type JobFacts = Pick<JobState, "id" | "companyId" | "status">;

const subject = (job: Pick<JobState, "id">) => ({ type: "job", id: job.id });

const facts = (job: Pick<JobState, "id" | "companyId">) => ({ job_id: job.id, company_id: job.companyId });

export const jobCreated = (job: JobFacts): DomainEvent => event("job.created", subject(job), { ...facts(job), status: job.status });

export const jobUpdated = (job: Pick<JobState, "id" | "companyId">, updatedFields: readonly string[]): DomainEvent =>
  event("job.updated", subject(job), { ...facts(job), updated_fields: updatedFields });

export const jobStatusChanged = (before: JobFacts, after: JobFacts, firstActivation: boolean): DomainEvent =>
  event("job.status_changed", subject(after), {
    ...facts(after),
    old_status: before.status,
    new_status: after.status,
    first_activation: firstActivation,
  });

export const jobDeleted = (job: Pick<JobState, "id" | "companyId">): DomainEvent => event("job.deleted", subject(job), facts(job));
