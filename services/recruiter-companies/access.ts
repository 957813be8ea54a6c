import { or, type SQL, sql } from "drizzle-orm";
import { recruiterCompanies } from "#db/schema/network.ts";

/** Each way by which a caller comes to see a connection: its recruiter, everybody of its company, platform admins. */
export const waysToConnections = (): SQL[] => [
  sql`(select ops.is_admin())`,
  sql`${recruiterCompanies.recruiterId} = (select ops.recruiter_id())`,
  sql`${recruiterCompanies.companyId} = any((select ops.company_ids())::uuid[])`,
];

/** The connections the caller may see. */
export const readableConnections = (): SQL => or(...waysToConnections()) as SQL;

export const isConnectedRecruiter = (): SQL => sql`coalesce(${recruiterCompanies.recruiterId} = (select ops.recruiter_id()), false)`;

export const isConnectedCompanyAdmin = (): SQL =>
  sql`coalesce(${recruiterCompanies.companyId} = any((select ops.admin_company_ids())::uuid[]), false)`;
