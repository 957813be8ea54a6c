import { sql } from "drizzle-orm";
import { jobs, whiteLabelPages } from "#db/schema/ats.ts";
import { select } from "#db/statements.ts";
import { invalidField } from "#domain/refusals.ts";
import { changeSettings, settingsOf } from "../companies/company-settings.ts";
import type { Context } from "../context.ts";

/** What a company's own pages show and say. */
export type PageSettings = typeof whiteLabelPages.$inferSelect;

export const pageSettings = settingsOf<PageSettings>("white label page", whiteLabelPages, "white_label_pages_company_key");

export type PageChanges = Partial<Pick<PageSettings, "visibility" | "roles" | "jobIds" | "welcome" | "instructions" | "thanks">>;

/**
 * Says what a company's own pages show. The roles that are shown one by one are its own; with another
 * choice the list is empty. What caches hold of the pages is forgotten by the event that follows.
 */
export async function changePage(ctx: Context, companyId: string, changes: PageChanges, version?: number): Promise<PageSettings> {
  const { roles, jobIds = [] } = changes;
  if (jobIds.length > 0 && roles !== "selected")
    throw invalidField("job_ids", "not_selected", "job_ids are named where the roles are `selected`.");
  const asked = roles === undefined ? changes : { ...changes, jobIds: roles === "selected" ? jobIds : [] };
  return changeSettings<PageSettings>(ctx, pageSettings, companyId, asked, version, async () => {
    if (jobIds.length === 0) return;
    const [own] = await ctx.read(
      select({ id: jobs.id })
        .from(jobs)
        .where(
          sql`${jobs.id} = any(${`{${jobIds.join(",")}}`}::uuid[]) and ${jobs.companyId} = ${companyId} and ${jobs.deletedAt} is null`,
        ),
    );
    const foreign = jobIds.find((id) => !own.some((job) => job.id === id));
    if (foreign !== undefined) throw invalidField("job_ids", "unknown", `job_ids names ${foreign}, which is no role of the company.`);
  });
}

export interface SettableRole {
  id: string;
  title: string;
  slug: string | null;
  status: (typeof jobs.$inferSelect)["status"];
  inviteOnly: boolean;
}

/** A company's roles that its pages can show, the newest first. */
export async function settableRoles(ctx: Context, companyId: string): Promise<SettableRole[]> {
  const [rows] = await ctx.read(
    select({ id: jobs.id, title: jobs.title, slug: jobs.slug, status: jobs.status, inviteOnly: jobs.inviteOnly })
      .from(jobs)
      .where(
        sql`${jobs.companyId} = ${companyId} and ${jobs.companyId} = any((select ops.company_ids())::uuid[]) and ${jobs.deletedAt} is null
          and not ${jobs.inviteOnly} and ${jobs.status} in ('active', 'paused')`,
      )
      .orderBy(sql`${jobs.createdAt} desc`, jobs.id)
      .limit(200),
  );
  return rows;
}
