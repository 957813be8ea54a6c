import { eq, getTableColumns, sql } from "drizzle-orm";
import { placements } from "#db/schema/ats.ts";
import { placementPayoutTransactions as transactions, placementSplits as splits } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";
import { readableSplits, requireEarner, waysToSplits } from "./access.ts";

/** What one payee earns for one role of a placement. */
export type Split = typeof splits.$inferSelect;

/** A placement as who shares in it sees it: never its fee. */
const placementOf = (
  ids: Parameters<NonNullable<Noun<Split>["includes"]>[string]["rows"]>[0],
  table: typeof splits | typeof transactions,
) =>
  select({
    id: placements.id,
    jobId: placements.jobId,
    companyId: placements.companyId,
    state: placements.state,
    hiredAt: placements.hiredAt,
    startDate: placements.startDate,
    guaranteeExpiresAt: placements.guaranteeExpiresAt,
    jobTitle: computed<string>("job_title", sql`(select j.title from ats.jobs j where j.id = ${placements.jobId})`),
    companyName: computed<string>("company_name", sql`(select c.name from ats.companies c where c.id = ${placements.companyId})`),
  })
    .from(placements)
    .where(sql`${placements.id} in (select placement_id from ${table} where id in ${ids})`);

/** The placement of a split or of a transaction, as an include. */
export const placementInclude = (table: typeof splits | typeof transactions) => ({
  rows: (ids: Parameters<typeof placementOf>[0]) => placementOf(ids, table),
  parentKey: "placementId",
  childKey: "id",
  many: false,
});

export const splitNoun = {
  name: "placement split",
  table: splits,
  columns: getTableColumns(splits),
  readable: readableSplits,
  ways: waysToSplits,
  filters: {
    placement_id: (id: string) => eq(splits.placementId, id),
    recruiter_id: (id: string) => eq(splits.recruiterId, id),
    role: (name: string) => sql`${splits.dealRole} = ${name}`,
    team_id: (id: string) => eq(splits.teamId, id),
  },
  includes: {
    placement: placementInclude(splits),
    transaction: {
      rows: (ids) =>
        select()
          .from(transactions)
          .where(sql`${transactions.placementSplitId} in ${ids}`),
      childKey: "placementSplitId",
      many: false,
    },
  },
} satisfies Noun<Split>;

/** One page of the splits the caller may see. Companies and candidates never see any: 403. */
export async function listSplits(ctx: Context, query: ListQuery): Promise<Page<Split>> {
  const page = await listOf<Split>(ctx, splitNoun, query);
  requireEarner(ctx);
  return page;
}

/** One split the caller may see, or 404. */
export const getSplit = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Split>> =>
  getOne<Split>(ctx, splitNoun, id, include);
