import { type SQL, sql } from "drizzle-orm";
import { candidateSourcers, companySourcers } from "#db/schema/network.ts";
import { forbidden } from "#domain/refusals.ts";
import type { Context } from "../context.ts";

const ways = (table: typeof candidateSourcers | typeof companySourcers): SQL[] => [
  sql`(select ops.is_admin())`,
  sql`${table.sourcerRecruiterId} = (select ops.recruiter_id())`,
];

/** Each way to who sourced a candidate: the sourcer, and platform admins (DOMAIN §1.4). */
export const waysToCandidateSourcers = (): SQL[] => ways(candidateSourcers);
export const readableCandidateSourcers = (): SQL => sql`(${sql.join(waysToCandidateSourcers(), sql` or `)})`;

/** Each way to who sourced a company; the company itself has none (D-5). */
export const waysToCompanySourcers = (): SQL[] => ways(companySourcers);
export const readableCompanySourcers = (): SQL => sql`(${sql.join(waysToCompanySourcers(), sql` or `)})`;

/** Attribution is the business of recruiters and platform admins: 403 for everybody else. */
export function requireAttribution(ctx: Context): void {
  if (!ctx.access.isPlatformAdmin && !ctx.access.recruiterId) throw forbidden("Who sourced whom is shown to recruiters.");
}

/** Only platform admins correct attribution. */
export function requireCorrector(ctx: Context): void {
  if (!ctx.access.isPlatformAdmin) throw forbidden("Attribution is set by the platform. Only platform admins correct it.");
}
