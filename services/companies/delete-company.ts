import { sql } from "drizzle-orm";
import { candidateRoleAssignments as deals, companies, jobs } from "#db/schema/ats.ts";
import { computed, select } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { conflict } from "#domain/refusals.ts";
import { commit, deciding, editable, expectVersion, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { rowById } from "../listing.ts";
import { type Company, companyNoun } from "./company.ts";

/** Takes a company out of sight. Refused while jobs are open or deals are live; its rows stay for the records that name it, and caches forget its pages. */
export async function deleteCompany(ctx: Context, id: string): Promise<{ id: string }> {
  return deciding(ctx, async () => {
    const holds = select({
      openJobs: computed<boolean>(
        "open_jobs",
        sql`exists (select 1 from ${jobs} j where j.company_id = ${companies.id} and j.status in ('pending', 'active', 'paused') and j.deleted_at is null)`,
      ),
      liveDeals: computed<boolean>(
        "live_deals",
        sql`exists (select 1 from ${deals} d where d.company_id = ${companies.id} and ats.is_live(d.state))`,
      ),
    })
      .from(companies)
      .where(sql`${companies.id} = ${id}`);
    const [[found], [held]] = (await ctx.read(rowById<Company>(ctx, companyNoun, id), holds as Statement)) as unknown as [
      [Company?],
      [{ openJobs: boolean; liveDeals: boolean }?],
    ];
    const before = editable(ctx, "company", id, found);
    expectVersion(ctx, before);
    if (held?.openJobs) throw conflict("The company has open jobs. Close them first.", { reason: "open_jobs" });
    if (held?.liveDeals) throw conflict("Deals are open at this company.", { reason: "live_deals" });
    return commit(
      ctx,
      { id },
      {
        expect: [unchanged(companies, before), sql`ats.guard_company_idle(${id}::uuid)`],
        write: [update(ctx, companies, id, { deletedAt: ctx.now() })],
        audit: { action: "company.deleted", subject: { type: "company", id }, before, companyId: id },
        events: [event("company.deleted", { type: "company", id }, { company_id: id })],
      },
    );
  });
}
