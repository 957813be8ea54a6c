import { getTableColumns, sql } from "drizzle-orm";
import { companies, jobs } from "#db/schema/ats.ts";
import { companySourcers, recruiters } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { readableJobs } from "../jobs/access.ts";
import type { Noun } from "../listing.ts";
import { editableCompanies, openCompanies, readableCompanies, waysToCompanies } from "./access.ts";
import type { Right } from "../rights.ts";

const { search, ...columns } = getTableColumns(companies);

export type Company = Omit<typeof companies.$inferSelect, "search"> & {
  editable: Right;
  /** Whether the caller reads more than the public profile. */
  whole: boolean;
};

export const companyNoun = {
  name: "company",
  table: companies,
  columns: { ...columns, editable: computed<Right>("editable", editableCompanies()), whole: computed<boolean>("whole", openCompanies()) },
  readable: readableCompanies,
  ways: waysToCompanies,
  search,
  sorts: { name: companies.name },
  filters: {
    industry: (industry: string) => sql`ops.fold(${companies.industry}) = ops.fold(${industry})`,
    status: (status: string) => sql`${companies.status} = ${status}`,
    // which organization stands behind a company is no part of its public profile
    organization_id: (id: string) => sql`(${companies.identityOrganizationId} = ${id} and ${openCompanies()})`,
  },
  includes: {
    jobs_count: {
      rows: (ids) =>
        select({ companyId: companies.id, count: computed<number>("jobs_count", sql`count(${jobs.id})::int`) })
          .from(companies)
          .leftJoin(jobs, sql`${jobs.companyId} = ${companies.id} and ${readableJobs()}`)
          .where(sql`${companies.id} in ${ids}`)
          .groupBy(companies.id),
      childKey: "companyId",
      many: false,
    },
    sourcer: {
      rows: (ids) =>
        select({
          companyId: companySourcers.companyId,
          recruiterId: companySourcers.sourcerRecruiterId,
          name: recruiters.name,
          sourcedAt: companySourcers.sourcedAt,
        })
          .from(companySourcers)
          .innerJoin(recruiters, sql`${recruiters.id} = ${companySourcers.sourcerRecruiterId}`)
          .where(sql`${companySourcers.companyId} in ${ids}`),
      childKey: "companyId",
      many: false,
      allowed: (ctx) => ctx.access.isPlatformAdmin,
    },
  },
} satisfies Noun<Company>;
