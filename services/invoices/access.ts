import { or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { placementCredits as credits, placementInvoices as invoices, placementSplits as splits } from "#db/schema/billing.ts";
import { companyPeople, platformAdmins, recruitersOnly } from "../audience.ts";
import type { Way } from "../listing.ts";

/** The company's admins: what it pays is nobody else's business there. */
const ofAdministeredCompany = (companyId: PgColumn): SQL => sql`${companyId} = any((select ops.admin_company_ids())::uuid[])`;

/** Each way to an invoice: whole for the company's admins, its status for whoever earns of it (MONEY §19.1). */
export const waysToInvoices = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: ofAdministeredCompany(invoices.companyId), opensTo: companyPeople },
  {
    rows: sql`${invoices.placementId} in (select ${splits.placementId} from ${splits} where ${splits.recruiterId} = (select ops.recruiter_id()))`,
    opensTo: recruitersOnly,
  },
  {
    rows: sql`${invoices.placementId} in (select ${splits.placementId} from ${splits} where ${splits.teamId} = any((select ops.managed_team_ids())::uuid[]))`,
    opensTo: recruitersOnly,
  },
];

export const readableInvoices = (): SQL => or(...waysToInvoices().map(({ rows }) => rows)) as SQL;

/** Whether the caller reads the amounts of an invoice, its payments and its credits. */
export const seesInvoice = (): SQL => sql`coalesce(((select ops.is_admin()) or ${ofAdministeredCompany(invoices.companyId)}), false)`;

/** Each way to a credit: the company's admins' and platform admins'. */
export const waysToCredits = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: ofAdministeredCompany(credits.companyId), opensTo: companyPeople },
];

export const readableCredits = (): SQL => or(...waysToCredits().map(({ rows }) => rows)) as SQL;
