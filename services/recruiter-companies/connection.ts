import { eq, getTableColumns, sql } from "drizzle-orm";
import { recruiterCompanies, recruiters } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import type { Noun } from "../listing.ts";
import { companyOf } from "../neighbours.ts";
import { recruiterNoun } from "../recruiters/recruiter.ts";
import { isConnectedCompanyAdmin, isConnectedRecruiter, readableConnections, waysToConnections } from "./access.ts";

/** A connection, and the caller's part in it. */
export type Connection = typeof recruiterCompanies.$inferSelect & { isRecruiter: boolean; isCompany: boolean; isAdmin: boolean };

export const connectionNoun = {
  name: "recruiter-company connection",
  table: recruiterCompanies,
  columns: {
    ...getTableColumns(recruiterCompanies),
    isRecruiter: computed<boolean>("is_recruiter", isConnectedRecruiter()),
    isCompany: computed<boolean>("is_company", isConnectedCompanyAdmin()),
    isAdmin: computed<boolean>("is_admin", sql`(select ops.is_admin())`),
  },
  readable: readableConnections,
  ways: waysToConnections,
  filters: {
    recruiter_id: (id: string) => eq(recruiterCompanies.recruiterId, id),
    company_id: (id: string) => eq(recruiterCompanies.companyId, id),
    status: (status: string) => sql`${recruiterCompanies.status} = ${status}`,
  },
  includes: {
    recruiter: {
      rows: (ids) =>
        select(recruiterNoun.columns)
          .from(recruiters)
          .where(sql`${recruiters.id} in (select recruiter_id from ${recruiterCompanies} where id in ${ids})`),
      parentKey: "recruiterId",
      childKey: "id",
      many: false,
    },
    company: companyOf((ids) => sql`(select company_id from ${recruiterCompanies} where id in ${ids})`),
  },
} satisfies Noun<Connection>;
