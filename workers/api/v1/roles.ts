import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { COMMUTE_TYPES, EMPLOYMENT_TYPES, JOB_LEVELS, JOB_STATUSES, PREMIUM_TYPES } from "#db/schema/ats.ts";
import { createJob, type NewJob } from "#services/jobs/create-job.ts";
import { getJob } from "#services/jobs/get-job.ts";
import { type Job, showsSalary } from "#services/jobs/job.ts";
import { jobsAfter } from "#services/jobs/list-jobs.ts";
import { type JobChanges, updateJob } from "#services/jobs/update-job.ts";
import type { ApiEnv } from "../app.ts";
import {
  amountFields,
  amountOf,
  amountsAgree,
  defined,
  Flag,
  Id,
  InstantInput,
  OverrideReason,
  PercentageInput,
  text,
  withinFee,
} from "../v2/shapes.ts";
import { listOperation, operation } from "./operation.ts";
import { amount, at, born, count, CURRENCY, Currency, flag, id, instant, maybeMoney, oneOf, percent, rate, words } from "./shapes.ts";

/** What recruiters and the company's own people read beside. */
const Internals = z
  .object({
    fee_percentage: rate("The fee the company set for this role; null where its terms decide").nullable(),
    effective_fee_percentage: rate("The fee a hire costs, of the first year's salary"),
    guarantee_days: count("Days within which a placement that ends is replaced", 90),
    recruiter_description: words("What recruiters should know", "The team prefers people who have run an on-call rota.").nullable(),
    job_owner_recruiter_id: id("The recruiter who posted the role for the company").nullable(),
    company_recruiter_id: id("The recruiter who stands for the company").nullable(),
    invite_only: flag("Only invited recruiters see it", false),
    hires_committed: count("How many hires the company promised", 5).nullable(),
    ...maybeMoney("bulk_bonus", "What every hire earns beside when the promise is kept"),
    activates_at: at("When it is to be opened").nullable(),
    closed_reason: words("Why it was closed", "Hired inside").nullable(),
  })
  .partial();

const Salary = z
  .object({ ...maybeMoney("salary_min", "The salary at least"), ...maybeMoney("salary_max", "The salary at most") })
  .partial();

const Role = z
  .object({
    id: id("The role"),
    company_id: id("The company that hires"),
    title: words("What is hired", "Staff Engineer"),
    department: words("Where in the company", "Platform").nullable(),
    job_function: words("What kind of work", "Engineering").nullable(),
    location: words("Where the work is", "Berlin").nullable(),
    employment_type: oneOf("How it is employed", EMPLOYMENT_TYPES).nullable(),
    job_level: oneOf("The level", JOB_LEVELS).nullable(),
    commute_types: z.array(z.enum(COMMUTE_TYPES)).openapi({ description: "How much of it is on site", example: ["remote"] }),
    open_to_relocation: flag("Whether people who would move are welcome", true),
    show_salary_range: flag("Whether everybody may know the salary", true),
    ...Salary.shape,
    currency: Currency,
    status: oneOf("Only an active role takes submissions", JOB_STATUSES),
    description: words("What everybody reads", "You run the platform that forty teams build on.").nullable(),
    candidate_description: words("What candidates read", "Four days a week are fine.").nullable(),
    premium_type: z.array(z.enum(PREMIUM_TYPES)).openapi({ description: "Why it is a premium role", example: ["urgent"] }),
    opened_at: at("When it was first opened").nullable(),
    filled_at: at("When it was filled").nullable(),
    closed_at: at("When it was closed").nullable(),
    closes_at: at("When it closes by itself").nullable(),
    ...born,
    ...Internals.shape,
  })
  .openapi("Role");

/** What leaves the house of a job, in the words of v1. */
export const role = (row: Job): z.infer<typeof Role> => ({
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
  currency: CURRENCY,
  status: row.status,
  description: row.description,
  candidate_description: row.candidateDescription,
  premium_type: row.premiumType,
  opened_at: instant(row.openedAt),
  filled_at: instant(row.filledAt),
  closed_at: instant(row.closedAt),
  closes_at: instant(row.closesAt),
  created_at: instant(row.createdAt),
  updated_at: instant(row.updatedAt),
  version: row.version,
  ...(row.internal ? internals(row) : {}),
});

const internals = (row: Job): z.infer<typeof Internals> => ({
  fee_percentage: percent(row.feePercentage),
  effective_fee_percentage: percent(row.effectiveFee),
  guarantee_days: row.guaranteeDays,
  recruiter_description: row.recruiterDescription,
  job_owner_recruiter_id: row.jobOwnerRecruiterId,
  company_recruiter_id: row.companyRecruiterId,
  invite_only: row.inviteOnly,
  hires_committed: row.hiresCommitted,
  ...amount("bulk_bonus", row.bulkBonus),
  activates_at: instant(row.activatesAt),
  closed_reason: row.closedReason,
});

const title = text(200).openapi({ description: "What is hired", example: "Staff Engineer" });

const fields = {
  department: text(200).nullish(),
  job_function: text(100).nullish(),
  location: text(200).nullish(),
  employment_type: z.enum(EMPLOYMENT_TYPES).nullish(),
  job_level: z.enum(JOB_LEVELS).nullish(),
  commute_types: z.array(z.enum(COMMUTE_TYPES)).max(6).optional(),
  open_to_relocation: z.boolean().optional(),
  ...amountFields("salary_min"),
  ...amountFields("salary_max"),
  show_salary_range: z.boolean().optional(),
  fee_percentage: PercentageInput.nullish(),
  guarantee_days: z.int().min(0).max(365).optional(),
  activates_at: InstantInput.nullish(),
  closes_at: InstantInput.nullish(),
  description: text(20_000).nullish(),
  recruiter_description: text(20_000).nullish(),
  candidate_description: text(20_000).nullish(),
  company_recruiter_id: Id.nullish(),
  invite_only: z.boolean().optional(),
  premium_type: z.array(z.enum(PREMIUM_TYPES)).max(4).optional(),
  hires_committed: z.int().min(1).max(1_000).nullish(),
  ...amountFields("bulk_bonus"),
};

const RoleInput = z
  .strictObject({
    company_id: Id.optional().openapi({ description: "The company that hires; the account's own unless told" }),
    title,
    ...fields,
    status: z.enum(["draft", "pending", "active"]).optional().openapi({ description: "draft unless told" }),
  })
  .superRefine(amountsAgree("salary_min", "salary_max", "bulk_bonus"))
  .superRefine(withinFee("bulk_bonus"))
  .openapi("RoleInput", { example: { title: "Staff Engineer", location: "Berlin", salary_min_cents: 12_000_000, status: "active" } });

const RoleChanges = z
  .strictObject({
    title: title.optional(),
    ...fields,
    status: z.enum(["active", "paused", "closed"]).optional().openapi({ description: "Opens, pauses or closes the role" }),
    closed_reason: text(500).nullish(),
    reason: OverrideReason,
  })
  .superRefine(amountsAgree("salary_min", "salary_max", "bulk_bonus"))
  .superRefine(withinFee("bulk_bonus"))
  .refine(({ status: to, closed_reason: reason }) => reason == null || to === "closed", {
    path: ["closed_reason"],
    message: "is said when a role is closed",
  })
  .openapi("RoleChanges", { example: { status: "closed", closed_reason: "Hired inside" } });

const toChanges = (body: z.infer<typeof RoleInput> | z.infer<typeof RoleChanges>) =>
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
    bulkBonus: amountOf(body, "bulk_bonus"),
  });

export function roles(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Job>(api, {
    path: "/roles",
    need: "read:roles",
    access: ["roles", "list"],
    summary: "List roles",
    description: "Every open role, and those the account owns, represents or has a submission on.",
    filters: z.object({
      status: z.enum(JOB_STATUSES),
      company_id: Id,
      location: text(200),
      employment_type: z.enum(EMPLOYMENT_TYPES),
      job_level: z.enum(JOB_LEVELS),
      commute_type: z.enum(COMMUTE_TYPES),
      premium_type: z.enum(PREMIUM_TYPES),
      open_to_relocation: Flag,
    }),
    item: Role,
    run: jobsAfter,
    present: role,
  });
  operation<object, object, z.infer<typeof RoleInput>, Job>(api, {
    method: "post",
    path: "/roles",
    need: "write:roles",
    access: ["roles", "create"],
    summary: "Post a role",
    description: "Ten for each company and UTC day; then 429 `daily_role_quota`, with Retry-After to the next day.",
    body: RoleInput,
    replies: [201, Role],
    run: (ctx, { body }) => createJob(ctx, { ...toChanges(body), ...defined({ companyId: body.company_id }) } as NewJob),
    present: role,
  });
  operation<{ id: string }, object, undefined, Job>(api, {
    method: "get",
    path: "/roles/{id}",
    need: "read:roles",
    access: ["roles", "get"],
    summary: "Read a role",
    replies: [200, Role],
    run: (ctx, { params }) => getJob(ctx, params.id),
    present: role,
  });
  operation<{ id: string }, object, z.infer<typeof RoleChanges>, Job>(api, {
    method: "patch",
    path: "/roles/{id}",
    need: "write:roles",
    access: ["roles", "update"],
    summary: "Change a role, or open, pause or close it",
    description: "A JSON merge patch: what is absent stays, null clears.",
    body: RoleChanges,
    replies: [200, Role],
    run: (ctx, { params, body }) =>
      updateJob(ctx, params.id, { ...toChanges(body), ...defined({ closedReason: body.closed_reason }) } as JobChanges),
    present: role,
  });
}
