import { and, sql } from "drizzle-orm";
import { companies, jobs } from "#db/schema/ats.ts";
import { computed, select } from "#db/statements.ts";
import { jobCreated } from "#domain/events/job.ts";
import type { BasisPoints } from "#domain/money.ts";
import { forbidden, invalidField, type Refusal } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, readable, unchanged } from "../commit.ts";
import type { Context } from "../context.ts";
import { readableCompanies } from "../companies/access.ts";
import { requireScope } from "../scopes.ts";
import { callerMay, isCompanyRecruiter } from "./access.ts";
import { checkJob } from "./check-job.ts";
import { asPercentage, asPremiums, contractFee, effectiveFee } from "./fee.ts";
import type { Job } from "./job.ts";
import { otherRoles, premiumDesignation } from "./premium.ts";
import { NO_QUOTA, postedToday, roleQuota } from "./quota.ts";

/** What a poster may say of a job. */
export type JobFields = Omit<
  typeof jobs.$inferInsert,
  | "id"
  | "createdAt"
  | "updatedAt"
  | "version"
  | "deletedAt"
  | "createdByUserId"
  | "jobOwnerRecruiterId"
  | "openedAt"
  | "filledAt"
  | "closedAt"
>;

/** A job to post; without a company it is for the one whose account the caller acts in. */
export type NewJob = Omit<JobFields, "companyId"> & { companyId?: string };

/**
 * Posts a job for a company: by its admins, by platform admins, or by a recruiter whom the company
 * lets create jobs and who then owns it (DOMAIN §2.2). While a contract is in force the job starts
 * with the contract's percentage, so that recruiters see the true fee (D-25). Over the public API a
 * company posts so many a day: then `daily_role_quota`.
 */
export async function createJob(ctx: Context, { companyId, ...fields }: NewJob): Promise<Job> {
  requireScope(ctx, "write:roles");
  return deciding(ctx, async () => {
    const [[company]] = await ctx.read(
      select({
        id: companies.id,
        version: companies.version,
        own: computed<boolean>("own", sql`((select ops.is_admin()) or ${companies.id} = any((select ops.admin_company_ids())::uuid[]))`),
        mayCreate: computed<boolean>("may_create", callerMay("can_create_jobs", sql`${companies.id}`)),
        recruiterFits: computed<boolean>(
          "recruiter_fits",
          isCompanyRecruiter(sql`${fields.companyRecruiterId ?? null}::uuid`, sql`${companies.id}`),
        ),
        contractFee: computed<BasisPoints | null>("contract_fee", contractFee(sql`${companies.id}`)),
        effectiveFee: computed<BasisPoints>(
          "effective_fee",
          effectiveFee({
            companyId: sql`${companies.id}`,
            feePercentage: asPercentage(fields.feePercentage ?? null),
            premiumType: asPremiums(fields.premiumType ?? []),
          }),
        ),
        postedToday: computed<number>("posted_today", postedToday(sql`${companies.id}`)),
        others: otherRoles({
          id: sql`'00000000-0000-0000-0000-000000000000'::uuid`,
          was: sql`false`,
          status: sql`${fields.status ?? "draft"}::text`,
          premiumType: asPremiums(fields.premiumType ?? []),
        }),
      })
        .from(companies)
        .where(and(sql`${companies.id} = coalesce(${companyId ?? null}::uuid, ops.account_id())`, readableCompanies())),
    );
    if (!company && companyId === undefined) throw invalidField("company_id", "required", "Name the company that hires.");
    const poster = readable("company", companyId ?? "", company);
    const { own, mayCreate, recruiterFits, contractFee: contract, effectiveFee: fee, others } = poster;
    if (!own && !mayCreate) throw forbidden("You may not post jobs for this company.");
    checkJob(fields);
    if (fields.companyRecruiterId && !recruiterFits) throw notConnected();

    const quota = ctx.partner ? roleQuota(poster.id, poster.postedToday, ctx.now()) : NO_QUOTA;

    const feePercentage = contract ?? fields.feePercentage ?? null;
    const row = newRow(ctx, jobs, {
      ...fields,
      companyId: poster.id,
      feePercentage,
      jobOwnerRecruiterId: own ? null : ctx.access.recruiterId,
      createdByUserId: ctx.userId,
      openedAt: fields.status === "active" ? ctx.now() : null,
    });
    const job: Job = { ...row, editable: "own", internal: true, effectiveFee: fee };
    const premium = premiumDesignation(ctx, row.id, others);
    return commit(ctx, job, {
      expect: [unchanged(companies, poster), ...premium.expect, ...quota.expect],
      write: [insert(jobs, row), ...quota.write],
      audit: [{ action: "job.created", subject: { type: "job", id: job.id }, after: row, companyId: job.companyId }, ...premium.audit],
      events: [jobCreated(job)],
    });
  });
}

export const notConnected = (): Refusal =>
  invalidField("company_recruiter_id", "not_connected", "This recruiter has no active connection to the company.");
