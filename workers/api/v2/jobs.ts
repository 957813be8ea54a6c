import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { COMMUTE_TYPES, EMPLOYMENT_TYPES, JOB_LEVELS, JOB_STATUSES, PREMIUM_TYPES } from "#db/schema/ats.ts";
import { type JobFields, createJob } from "#services/jobs/create-job.ts";
import { getJob } from "#services/jobs/get-job.ts";
import { type Job, JOB_BANDS, jobNoun, showsSalary } from "#services/jobs/job.ts";
import { deleteJob, type JobChanges, updateJob } from "#services/jobs/update-job.ts";
import { listJobs } from "#services/jobs/list-jobs.ts";
import type { Included } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { question } from "./job-pre-screen-questions.ts";
import { requirement } from "./job-requirements.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import {
  amount,
  amountFields,
  amountOf,
  amountsAgree,
  amountShape,
  defined,
  deleted,
  Deleted,
  distinct,
  Flag,
  Id,
  included,
  instant,
  Instant,
  InstantInput,
  OverrideReason,
  Percentage,
  percentage,
  PercentageInput,
  summary,
  text,
  WebAddress,
  withinFee,
} from "./shapes.ts";

const JobShape = z
  .object({
    id: Id,
    company_id: Id,
    title: z.string().openapi({ example: "Staff Engineer" }),
    department: z.string().nullable(),
    location: z.string().nullable(),
    employment_type: z.enum(EMPLOYMENT_TYPES).nullable(),
    job_level: z.enum(JOB_LEVELS).nullable(),
    commute_types: z.array(z.enum(COMMUTE_TYPES)),
    open_to_relocation: z.boolean(),
    show_salary_range: z.boolean(),
    ...amountShape("salary_min"),
    ...amountShape("salary_max"),
    status: z.enum(JOB_STATUSES),
    description: z.string().nullable(),
    candidate_description: z.string().nullable(),
    premium_type: z.array(z.enum(PREMIUM_TYPES)),
    opened_at: Instant.nullable(),
    filled_at: Instant.nullable(),
    closed_at: Instant.nullable(),
    closes_at: Instant.nullable(),
    apply_url: z.string().nullable().openapi({ description: "Where candidates apply by themselves, if the company wants that" }),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
    fee_percentage: Percentage.nullable().optional().openapi({ description: "Not shown to candidates and the public" }),
    effective_fee_percentage: Percentage.optional(),
    guarantee_days: z.int().optional(),
  })
  .catchall(z.unknown())
  .openapi("Job");

const fields = {
  title: text(200),
  department: text(200).nullish(),
  job_function: text(100).nullish(),
  location: text(200).nullish(),
  employment_type: z.enum(EMPLOYMENT_TYPES).nullish(),
  job_level: z.enum(JOB_LEVELS).nullish(),
  commute_types: distinct(z.enum(COMMUTE_TYPES), 6).optional(),
  open_to_relocation: z.boolean().optional(),
  ...amountFields("salary_min"),
  ...amountFields("salary_max"),
  show_salary_range: z.boolean().optional(),
  fee_percentage: PercentageInput.nullish(),
  guarantee_days: z.int().min(0).max(365).optional(),
  status: z.enum(JOB_STATUSES).optional(),
  activates_at: InstantInput.nullish(),
  closes_at: InstantInput.nullish(),
  description: text(20_000).nullish(),
  recruiter_description: text(20_000).nullish(),
  candidate_description: text(20_000).nullish(),
  company_recruiter_id: Id.nullish(),
  invite_only: z.boolean().optional(),
  premium_type: distinct(z.enum(PREMIUM_TYPES), 4).optional(),
  apply_url: WebAddress.nullish().openapi({ description: "Where candidates apply by themselves; without it no search engine is told" }),
  show_company: z.boolean().optional().openapi({ description: "Whether candidates read which company this is" }),
  hires_committed: z.int().min(1).max(1_000).nullish(),
  ...amountFields("bulk_bonus"),
};

const JobInput = z
  .strictObject({ company_id: Id, ...fields, status: z.enum(["draft", "pending", "active"]).optional() })
  .superRefine(amountsAgree("salary_min", "salary_max", "bulk_bonus"))
  .superRefine(withinFee("bulk_bonus"))
  .openapi("JobInput");

const JobUpdate = z
  .strictObject({
    ...fields,
    job_owner_recruiter_id: Id.nullish(),
    closed_reason: text(500).nullish(),
    reason: OverrideReason,
    version: z.int().optional(),
  })
  .partial()
  .superRefine(amountsAgree("salary_min", "salary_max", "bulk_bonus"))
  .superRefine(withinFee("bulk_bonus"))
  .refine(({ status: to, closed_reason: reason }) => reason == null || to === "closed", {
    path: ["closed_reason"],
    message: "is said when a job is closed",
  })
  .openapi("JobUpdate");

const filters = z.object({
  status: z.enum(JOB_STATUSES),
  company_id: Id,
  location: text(200),
  employment_type: z.enum(EMPLOYMENT_TYPES),
  job_level: z.enum(JOB_LEVELS),
  commute_type: z.enum(COMMUTE_TYPES),
  salary_range: z.enum(JOB_BANDS.salary),
  fee_range: z.enum(JOB_BANDS.fee),
  guarantee_range: z.enum(JOB_BANDS.guarantee),
  premium_type: z.enum(PREMIUM_TYPES),
  invite_only: Flag,
  job_owner_filter: z.enum(["all", "assigned"]),
  has_applications: Flag,
  open_to_relocation: Flag,
});

/** From a body to the job's own words; what was not sent stays out. */
function toFields(body: z.infer<typeof JobInput>): JobFields {
  const { company_id, ...rest } = body;
  return { companyId: company_id, ...toChanges(rest) } as JobFields;
}

const toChanges = (body: Omit<z.infer<typeof JobInput>, "company_id">): Partial<JobFields> =>
  defined({
    title: body.title,
    department: body.department,
    jobFunction: body.job_function,
    location: body.location,
    employmentType: body.employment_type,
    jobLevel: body.job_level,
    commuteTypes: body.commute_types,
    openToRelocation: body.open_to_relocation,
    salaryMin: amountOf(body, "salary_min"),
    salaryMax: amountOf(body, "salary_max"),
    showSalaryRange: body.show_salary_range,
    feePercentage: body.fee_percentage,
    guaranteeDays: body.guarantee_days,
    status: body.status,
    activatesAt: body.activates_at,
    closesAt: body.closes_at,
    description: body.description,
    recruiterDescription: body.recruiter_description,
    candidateDescription: body.candidate_description,
    companyRecruiterId: body.company_recruiter_id,
    inviteOnly: body.invite_only,
    premiumType: body.premium_type,
    hiresCommitted: body.hires_committed,
    applyUrl: body.apply_url,
    showCompany: body.show_company,
    bulkBonus: amountOf(body, "bulk_bonus"),
  });

/** What leaves the house of a job: the public part for everyone, fees and recruiters for insiders. */
export const job = (row: Job | Included<Job>) => ({
  id: row.id,
  company_id: row.companyId,
  title: row.title,
  department: row.department,
  job_function: row.jobFunction,
  location: row.location,
  employment_type: row.employmentType,
  job_level: row.jobLevel,
  commute_types: row.commuteTypes,
  open_to_relocation: row.openToRelocation,
  show_salary_range: row.showSalaryRange,
  ...(showsSalary(row) ? { ...amount("salary_min", row.salaryMin), ...amount("salary_max", row.salaryMax) } : {}),
  status: row.status,
  description: row.description,
  candidate_description: row.candidateDescription,
  premium_type: row.premiumType,
  opened_at: instant(row.openedAt),
  filled_at: instant(row.filledAt),
  closed_at: instant(row.closedAt),
  closes_at: instant(row.closesAt),
  apply_url: row.applyUrl,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...(row.internal ? internals(row) : {}),
  ...included(row, { company: summary, requirements: requirement, pre_screen_questions: question, my_deals: summary }),
});

const internals = (row: Job) => ({
  fee_percentage: percentage(row.feePercentage),
  effective_fee_percentage: percentage(row.effectiveFee),
  guarantee_days: row.guaranteeDays,
  recruiter_description: row.recruiterDescription,
  job_owner_recruiter_id: row.jobOwnerRecruiterId,
  company_recruiter_id: row.companyRecruiterId,
  invite_only: row.inviteOnly,
  hires_committed: row.hiresCommitted,
  show_company: row.showCompany,
  ...amount("bulk_bonus", row.bulkBonus),
  activates_at: instant(row.activatesAt),
  closed_reason: row.closedReason,
});

export function jobs(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Job>(api, {
    path: "/jobs",
    access: ["jobs", "list"],
    summary: "List jobs",
    audience: "public",
    noun: jobNoun,
    filters,
    item: JobShape,
    run: listJobs,
    present: job,
  });
  operation(api, {
    method: "post",
    path: "/jobs",
    access: ["jobs", "create"],
    summary: "Post a job",
    body: JobInput,
    replies: [201, JobShape],
    run: (ctx, { body }) => createJob(ctx, toFields(body)),
    present: job,
  });
  readOperation<Job>(api, {
    path: "/jobs/{id}",
    access: ["jobs", "get"],
    summary: "Read a job",
    audience: "public",
    noun: jobNoun,
    item: JobShape,
    run: getJob,
    present: job,
  });
  operation<{ id: string }, object, z.infer<typeof JobUpdate>, Job>(api, {
    method: "patch",
    path: "/jobs/{id}",
    access: ["jobs", "update"],
    summary: "Change a job or its status",
    body: JobUpdate,
    replies: [200, JobShape],
    run: (ctx, { params, body }) =>
      updateJob(
        ctx,
        params.id,
        {
          ...toChanges(body as never),
          ...defined({ jobOwnerRecruiterId: body.job_owner_recruiter_id, closedReason: body.closed_reason }),
        } as JobChanges,
        body.version,
      ),
    present: job,
  });
  operation<{ id: string }, object, undefined, { id: string }>(api, {
    method: "delete",
    path: "/jobs/{id}",
    access: ["jobs", "delete"],
    summary: "Take a job away",
    replies: [200, Deleted],
    run: (ctx, { params }) => deleteJob(ctx, params.id),
    present: deleted,
  });
}
