import { eq, getTableColumns, sql } from "drizzle-orm";
import { webhookDeliveries } from "#db/schema/deliveries.ts";
import { replayJobs } from "#db/schema/webhooks.ts";
import { computed } from "#db/statements.ts";
import { invalidTransition } from "#domain/refusals.ts";
import { type ReplayAction, replayStep } from "#domain/webhooks/replay.ts";
import { commit, deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { getOne, type Noun, rowById } from "../listing.ts";
import { requireScope } from "../scopes.ts";

export type ReplayJob = typeof replayJobs.$inferSelect;

const { succeeded: _, failed: __, ...columns } = getTableColumns(replayJobs);

/** What became of a job's deliveries so far; once all of it is final, the row itself says it, which outlives them. */
const soFar = (kept: typeof replayJobs.succeeded | typeof replayJobs.failed, which: ReturnType<typeof sql>) =>
  computed<number>(
    kept.name,
    sql`(case when ${replayJobs.status} = 'done' then ${kept}
      else (select count(*)::int from ${webhookDeliveries} where ${webhookDeliveries.replayJobId} = ${replayJobs.id} and ${which}) end)`,
  );

/** The replays of the caller's own account. */
export const replayJobNoun = {
  name: "replay-job",
  table: replayJobs,
  columns: {
    ...columns,
    succeeded: soFar(replayJobs.succeeded, sql`${webhookDeliveries.status} = 'succeeded'`),
    failed: soFar(replayJobs.failed, sql`${webhookDeliveries.status} in ('dead', 'skipped')`),
  },
  readable: () => sql`(${replayJobs.accountId} = (select ops.account_id()))`,
  filters: {
    webhook_id: (id: string) => eq(replayJobs.webhookId, id),
    status: (status: ReplayJob["status"]) => eq(replayJobs.status, status),
  },
} satisfies Noun<ReplayJob>;

/** One page of the account's replays, newest first. */
export async function listReplayJobs(ctx: Context, query: KeysetQuery): Promise<KeysetPage<ReplayJob>> {
  requireScope(ctx, "manage:webhooks");
  return listAfter<ReplayJob>(ctx, replayJobNoun, query);
}

/** One replay, with how far it is. */
export async function getReplayJob(ctx: Context, id: string): Promise<ReplayJob> {
  requireScope(ctx, "manage:webhooks");
  return getOne<ReplayJob>(ctx, replayJobNoun, id);
}

/** Pauses, resumes or cancels a replay. What it brought on its way already arrives. Refuses (409) a step that its state does not allow. */
export async function changeReplayJob(ctx: Context, id: string, action: ReplayAction): Promise<ReplayJob> {
  requireScope(ctx, "manage:webhooks");
  const changed = await deciding(ctx, async () => {
    const [[row]] = await ctx.read(rowById<ReplayJob>(ctx, replayJobNoun, id));
    const before = readable("replay", id, row);
    expectVersion(ctx, before);
    const next = replayStep(before.status, action);
    if (next === null) throw invalidTransition("replay", before.status, DONE[action], []);
    const fields = { status: next, ...(next === "cancelled" ? { finishedAt: ctx.now() } : {}) };
    const after: ReplayJob = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(replayJobs, before)],
      write: [update(ctx, replayJobs, id, fields)],
      audit: { action: `replay_job.${DONE[action]}`, subject: { type: "replay_job", id }, before, after, accountId: before.accountId },
      events: [],
    });
  });
  if (action === "resume") goOnLater(ctx, changed);
  return changed;
}

const DONE = { pause: "paused", resume: "resumed", cancel: "cancelled" } as const satisfies Record<ReplayAction, string>;

/** Has the queue go on with an account's replays; a lost message is repaired by the sweep. */
export function goOnLater(ctx: Context, { accountId }: Pick<ReplayJob, "accountId">): void {
  ctx.ports.later(
    ctx.ports.replays.send([accountId]).catch(() => ctx.ports.log("warn", "the queue of replays took no nudge; the sweep will")),
  );
}
