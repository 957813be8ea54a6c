import { eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { applications, candidateRoleAssignments, jobPreScreenQuestions, jobRequirements, jobs } from "#db/schema/ats.ts";
import { computed, select } from "#db/statements.ts";
import type { BasisPoints } from "#domain/money.ts";
import type { Noun } from "../listing.ts";
import { readableApplications } from "../deals/access.ts";
import { companyOf } from "../neighbours.ts";
import { effectiveFee } from "./fee.ts";
import { editableJobs, readableJobs, seesJobInternals, waysToJobs } from "./access.ts";
import type { Right } from "../rights.ts";

const { search, ...columns } = getTableColumns(jobs);

const fee = () =>
  effectiveFee({ companyId: sql`${jobs.companyId}`, feePercentage: sql`${jobs.feePercentage}`, premiumType: sql`${jobs.premiumType}` });

export type Job = Omit<typeof jobs.$inferSelect, "search"> & {
  editable: Right;
  /** Whether fees, guarantee and recruiters may be told (DOMAIN §5.3). */
  internal: boolean;
  effectiveFee: BasisPoints;
};

/** Whether a job's salary may be told to the caller. */
export const showsSalary = ({ internal, showSalaryRange }: Job): boolean => internal || showSalaryRange;

const SALARY_BANDS: Record<string, readonly [from: number, to: number | null]> = {
  under_50k: [0, 50_000],
  "50k_100k": [50_000, 100_000],
  "100k_150k": [100_000, 150_000],
  "150k_200k": [150_000, 200_000],
  over_200k: [200_000, null],
};

const FEE_BANDS: Record<string, readonly [from: number, to: number | null]> = {
  under_15: [0, 15],
  "15_20": [15, 20],
  "20_25": [20, 25],
  over_25: [25, null],
};

const within = (value: SQL, [from, to]: readonly [number, number | null]): SQL =>
  to === null ? sql`${value} >= ${from}` : sql`(${value} >= ${from} and ${value} < ${to})`;

/** Only who may read a salary or a fee may search by it. */
const ofSalary = (band: keyof typeof SALARY_BANDS): SQL =>
  sql`((${jobs.showSalaryRange} or ${seesJobInternals()}) and ${within(sql`coalesce(${jobs.salaryMax}, ${jobs.salaryMin})`, SALARY_BANDS[band] ?? [0, null])})`;

export const JOB_BANDS = {
  salary: Object.keys(SALARY_BANDS) as [string, ...string[]],
  fee: Object.keys(FEE_BANDS) as [string, ...string[]],
  guarantee: ["30", "60", "90", "over_90"] as const,
};

export const jobNoun = {
  name: "job",
  table: jobs,
  columns: {
    ...columns,
    editable: computed<Right>("editable", editableJobs()),
    internal: computed<boolean>("internal", seesJobInternals()),
    effectiveFee: computed<BasisPoints>("effective_fee", fee()),
  },
  readable: readableJobs,
  ways: waysToJobs,
  search,
  sorts: { title: jobs.title },
  filters: {
    status: (status: string) => sql`${jobs.status} = ${status}`,
    company_id: (id: string) => eq(jobs.companyId, id),
    location: (place: string) => sql`ops.fold(${jobs.location}) like '%' || ops.fold(${place}) || '%'`,
    employment_type: (type: string) => sql`${jobs.employmentType} = ${type}`,
    job_level: (level: string) => sql`${jobs.jobLevel} = ${level}`,
    commute_type: (type: string) => sql`${type} = any(${jobs.commuteTypes})`,
    salary_range: ofSalary,
    fee_range: (band: string) => sql`(${seesJobInternals()} and ${within(sql`${fee()} / 100.0`, FEE_BANDS[band] ?? [0, null])})`,
    guarantee_range: (days: string) =>
      sql`(${seesJobInternals()} and ${days === "over_90" ? sql`${jobs.guaranteeDays} > 90` : sql`${jobs.guaranteeDays} <= ${Number(days)}`})`,
    premium_type: (type: string) => sql`${type} = any(${jobs.premiumType})`,
    invite_only: (only: boolean) => eq(jobs.inviteOnly, only),
    job_owner_filter: (whose: string) =>
      whose === "assigned" ? sql`${jobs.jobOwnerRecruiterId} = (select ops.recruiter_id())` : sql`true`,
    has_applications: (has: boolean) =>
      sql`exists (select 1 from ${applications} where ${applications.jobId} = ${jobs.id} and ${readableApplications()}) = ${has}`,
    open_to_relocation: (open: boolean) => eq(jobs.openToRelocation, open),
  },
  includes: {
    company: companyOf((ids) => sql`(select company_id from ${jobs} where id in ${ids})`),
    requirements: {
      rows: (ids) =>
        select()
          .from(jobRequirements)
          .where(sql`${jobRequirements.jobId} in ${ids}`)
          .orderBy(jobRequirements.sortOrder, jobRequirements.id),
      childKey: "jobId",
      many: true,
    },
    pre_screen_questions: {
      rows: (ids) =>
        select()
          .from(jobPreScreenQuestions)
          .where(sql`${jobPreScreenQuestions.jobId} in ${ids}`)
          .orderBy(jobPreScreenQuestions.sortOrder, jobPreScreenQuestions.id),
      childKey: "jobId",
      many: true,
    },
    my_deals: {
      rows: (ids) =>
        select({
          id: candidateRoleAssignments.id,
          jobId: candidateRoleAssignments.jobId,
          candidateId: candidateRoleAssignments.candidateId,
          state: candidateRoleAssignments.state,
          applicationId: candidateRoleAssignments.applicationId,
        })
          .from(candidateRoleAssignments)
          .where(
            sql`${candidateRoleAssignments.jobId} in ${ids} and (${candidateRoleAssignments.candidateRecruiterId} = (select ops.recruiter_id()) or ${candidateRoleAssignments.companyRecruiterId} = (select ops.recruiter_id()) or ${candidateRoleAssignments.candidateId} = (select ops.candidate_id()))`,
          ),
      childKey: "jobId",
      many: true,
    },
  },
} satisfies Noun<Job>;
