import { eq, getTableColumns, sql } from "drizzle-orm";
import { placementPayoutTransactions as transactions, placementSplits as splits } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import type { Context } from "../context.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";
import { requireScope } from "../scopes.ts";
import { readableTransactions, requireEarner, waysToTransactions } from "./access.ts";
import { payoutConditions } from "./facts.ts";
import { placementInclude } from "./split.ts";

/** Whether the money of a split moved. */
export type Transaction = typeof transactions.$inferSelect & {
  dealRole: string;
  /** Reads why the house itself holds it; a payee reads `under_review` (M-2). */
  seesInternal: boolean;
};

export const transactionNoun = {
  name: "payout transaction",
  table: transactions,
  columns: {
    ...getTableColumns(transactions),
    dealRole: computed<string>("deal_role", sql`(select s.role from ${splits} s where s.id = ${transactions.placementSplitId})`),
    seesInternal: computed<boolean>("sees_internal", sql`(select ops.is_admin())`),
  },
  readable: readableTransactions,
  ways: waysToTransactions,
  filters: {
    status: (name: string) => sql`${transactions.status} = ${name}`,
    recruiter_id: (id: string) => eq(transactions.recruiterId, id),
    placement_id: (id: string) => eq(transactions.placementId, id),
    /** A UTC month, `2026-05`. */
    period: (month: string) => sql`(${transactions.createdAt} >= (${`${month}-01`}::date)::timestamp at time zone 'utc'
      and ${transactions.createdAt} < (${`${month}-01`}::date + interval '1 month') at time zone 'utc')`,
  },
  includes: {
    split: {
      rows: (ids) =>
        select()
          .from(splits)
          .where(sql`${splits.id} in (select placement_split_id from ${transactions} where id in ${ids})`),
      parentKey: "placementSplitId",
      childKey: "id",
      many: false,
    },
    placement: placementInclude(transactions),
    conditions: {
      rows: (ids) => payoutConditions(sql`${transactions.id} in ${ids}`),
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<Transaction>;

/** One page of the payout transactions the caller may see. Companies and candidates never see any: 403. */
export async function listTransactions(ctx: Context, query: ListQuery): Promise<Page<Transaction>> {
  const page = await listOf<Transaction>(ctx, transactionNoun, query);
  requireEarner(ctx);
  return page;
}

/** As `listTransactions`, beginning after a place. */
export async function transactionsAfter(ctx: Context, query: KeysetQuery): Promise<KeysetPage<Transaction>> {
  requireScope(ctx, "read:payouts");
  const page = await listAfter<Transaction>(ctx, transactionNoun, query);
  requireEarner(ctx);
  return page;
}

/** One payout transaction the caller may see, or 404. */
export async function getTransaction(ctx: Context, id: string, include: readonly string[] = []): Promise<Included<Transaction>> {
  requireScope(ctx, "read:payouts");
  return getOne<Transaction>(ctx, transactionNoun, id, include);
}
