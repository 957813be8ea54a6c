import { eq, getTableColumns, sql } from "drizzle-orm";
import { reconciliationBreaks as breaks, reconciliationRuns as runs } from "#db/schema/billing.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { platformAdmins } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";

/** A place where two truths about the money differ, with whoever looks after it. */
export type BreakRow = typeof breaks.$inferSelect;
/** One comparison of all our money with the provider's. */
export type RunRow = typeof runs.$inferSelect;

const readable = () => sql`(select ops.is_admin())`;
const ways = () => [{ rows: readable(), opensTo: platformAdmins }];

export const breakNoun = {
  name: "reconciliation break",
  table: breaks,
  columns: getTableColumns(breaks),
  readable,
  ways,
  sorts: { opened_at: breaks.openedAt },
  filters: {
    kind: (name: string) => eq(breaks.kind, name),
    severity: (name: string) => sql`${breaks.severity} = ${name}`,
    subject: (words: string) => eq(breaks.subject, words),
    open: (isOpen: boolean) => (isOpen ? sql`${breaks.resolvedAt} is null` : sql`${breaks.resolvedAt} is not null`),
  },
} satisfies Noun<BreakRow>;

export const runNoun = {
  name: "reconciliation run",
  table: runs,
  columns: getTableColumns(runs),
  readable,
  ways,
} satisfies Noun<RunRow>;

/** One page of the breaks; for platform admins alone: 403. */
export async function listBreaks(ctx: Context, query: ListQuery): Promise<Page<BreakRow>> {
  const page = await listOf<BreakRow>(ctx, breakNoun, query);
  requirePlatformAdmin(ctx, "read breaks");
  return page;
}

/** One break, or 404. */
export const getBreak = (ctx: Context, id: string, include: readonly string[]): Promise<Included<BreakRow>> =>
  getOne<BreakRow>(ctx, breakNoun, id, include);

/** One page of the runs; for platform admins alone: 403. */
export async function listRuns(ctx: Context, query: ListQuery): Promise<Page<RunRow>> {
  const page = await listOf<RunRow>(ctx, runNoun, query);
  requirePlatformAdmin(ctx, "read reconciliation runs");
  return page;
}

/** One run, or 404. */
export const getRun = (ctx: Context, id: string, include: readonly string[]): Promise<Included<RunRow>> =>
  getOne<RunRow>(ctx, runNoun, id, include);
