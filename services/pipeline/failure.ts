import { getTableColumns, sql } from "drizzle-orm";
import { pipelineFailures } from "#db/schema/api.ts";
import { conflict } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { platformAdmins } from "../audience.ts";
import { commit, deciding, expectVersion, readable as found, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page, rowById } from "../listing.ts";

/** What a queue gave up, or an entrance refused too often. */
export type Failure = typeof pipelineFailures.$inferSelect;

const readable = () => sql`(select ops.is_admin())`;

export const failureNoun = {
  name: "pipeline failure",
  table: pipelineFailures,
  columns: getTableColumns(pipelineFailures),
  readable,
  ways: () => [{ rows: readable(), opensTo: platformAdmins }],
  filters: {
    queue: (name: string) => sql`${pipelineFailures.queue} = ${name}`,
    open: (isOpen: boolean) => (isOpen ? sql`${pipelineFailures.resolvedAt} is null` : sql`${pipelineFailures.resolvedAt} is not null`),
  },
} satisfies Noun<Failure>;

/** One page of the failures; for platform admins alone: 403. */
export async function listFailures(ctx: Context, query: ListQuery): Promise<Page<Failure>> {
  const page = await listOf<Failure>(ctx, failureNoun, query);
  requirePlatformAdmin(ctx, "read pipeline failures");
  return page;
}

/** One failure, or 404. */
export const getFailure = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Failure>> =>
  getOne<Failure>(ctx, failureNoun, id, include);

/** Says what became of a failure; the same one opens again if it comes again. Refuses whoever is no platform admin, and one that is closed (409). */
export async function resolveFailure(ctx: Context, id: string, resolution: string): Promise<Failure> {
  return deciding(ctx, async () => {
    const [[row]] = await ctx.read(rowById<Failure>(ctx, failureNoun, id));
    const before = found("pipeline failure", id, row);
    requirePlatformAdmin(ctx, "resolve pipeline failures");
    expectVersion(ctx, before);
    if (before.resolvedAt) throw conflict("This failure is closed.", { reason: "failure_closed" });
    const fields = { resolvedAt: ctx.now(), resolution };
    const after: Failure = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(pipelineFailures, before)],
      write: [update(ctx, pipelineFailures, id, fields)],
      audit: { action: "pipeline_failure.resolved", subject: { type: "pipeline_failure", id }, before, after, reason: resolution },
      events: [],
    });
  });
}
