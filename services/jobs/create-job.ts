import { and, eq, sql } from "drizzle-orm";
import { companies, jobs } from "#db/schema/ats.ts";
import { computed, select } from "#db/statements.ts";
import { jobCreated } from "#domain/events/job.ts";
import type { BasisPoints } from "#domain/money.ts";
import { forbidden, invalidField, type Refusal } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, readable, unchanged } from "../commit.ts";
import type { Context } from "../context.ts";
import { readableCompanies } from "../companies/access.ts";
import { callerMay, isCompanyRecruiter } from "./access.ts";
import { checkJob } from "./check-job.ts";
import { asPercentage, asPremiums, contractFee, effectiveFee } from "./fee.ts";
import type { Job } from "./job.ts";
import { otherRoles, premiumDesignation } from "./premium.ts";

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

/**
 * Posts a job for a company: by its admins, by platform admins, or by a recruiter whom the company
 * lets create jobs and who then owns it (DOMAIN §2.2). While a contract is in force the job starts
 * with the contract's percentage, so that recruiters see the true fee (D-25).
 */
export async function createJob(ctx: Context, fields: JobFields): Promise<Job> {
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
        others: otherRoles({
          id: sql`'00000000-0000-0000-0000-000000000000'::uuid`,
          was: sql`false`,
          status: sql`${fields.status ?? "draft"}::text`,
          premiumType: asPremiums(fields.premiumType ?? []),
        }),
      })
        .from(companies)
        .where(and(eq(companies.id, fields.companyId), readableCompanies())),
    );
    const poster = readable("company", fields.companyId, company);
    const { own, mayCreate, recruiterFits, contractFee: contract, effectiveFee: fee, others } = poster;
    if (!own && !mayCreate) throw forbidden("You may not post jobs for this company.");
    checkJob(fields);
    if (fields.companyRecruiterId && !recruiterFits) throw notConnected();

    const feePercentage = contract ?? fields.feePercentage ?? null;
    const row = newRow(ctx, jobs, {
      ...fields,
      feePercentage,
      jobOwnerRecruiterId: own ? null : ctx.access.recruiterId,
      createdByUserId: ctx.userId,
      openedAt: fields.status === "active" ? ctx.now() : null,
    });
    const job: Job = { ...row, editable: true, internal: true, effectiveFee: fee };
    const premium = premiumDesignation(ctx, row.id, others);
    return commit(ctx, job, {
      expect: [unchanged(companies, poster), ...premium.expect],
      write: [insert(jobs, row)],
      audit: [{ action: "job.created", subject: { type: "job", id: job.id }, after: row, companyId: job.companyId }, ...premium.audit],
      events: [jobCreated(job)],
    });
  });
}

export const notConnected = (): Refusal =>
  invalidField("company_recruiter_id", "not_connected", "This recruiter has no active connection to the company.");
