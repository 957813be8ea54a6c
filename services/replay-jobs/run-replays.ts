import { and, eq, sql } from "drizzle-orm";
import { webhookDeliveries } from "#db/schema/deliveries.ts";
import { replayJobs, webhooks } from "#db/schema/webhooks.ts";
import { computed, select, updateOf } from "#db/statements.ts";
import { REPLAYS_A_SECOND } from "#domain/webhooks/replay.ts";
import { commit, deciding, insertAll, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { idArray } from "../events/handle-events.ts";
import { ROWS_A_STEP } from "../upkeep/sweep.ts";
import { again, asRead } from "../webhook-deliveries/replay-delivery.ts";
import { replayable } from "./replayable.ts";

/** Two steps of one account's replays are so far apart, whoever takes them. */
const STEP_MS = 1_000;

/** What comes after a step: `more` to go on with after a second; `waiting` for deliveries to become final; nothing. */
export type ReplayProgress = "more" | "waiting" | "none";

/** How far a job is: its deliveries that are not final yet, and what became of the others. */
const progress = (name: string, which: ReturnType<typeof sql>) =>
  computed<number>(
    name,
    sql`(select count(*)::int from ${webhookDeliveries} where ${webhookDeliveries.replayJobId} = ${replayJobs.id} and ${which})`,
  );

/**
 * Takes one step of an account's replays: the one that waited longest brings at most 50 deliveries on their way. A job
 * whose endpoint is no longer active is paused; one whose deliveries are all final is done.
 */
export async function stepReplays(ctx: Context, accountId: string): Promise<ReplayProgress> {
  const [progress, sent] = await deciding(ctx, () => oneStep(ctx, accountId));
  if (sent.length > 0) {
    const told = ctx.ports.deliveries.send(
      sent.map(({ id, webhookId }) => ({ delivery_id: id, webhook_id: webhookId, priority: "replay" as const })),
    );
    await told.catch(() => ctx.ports.log("warn", "the queue of deliveries took no nudge; the sweep will"));
  }
  return progress;
}

type Sent = { id: string; webhookId: string };

async function oneStep(ctx: Context, accountId: string): Promise<[ReplayProgress, Sent[]]> {
  const [running] = await ctx.read(
    select({
      job: replayJobs,
      endpointStatus: webhooks.status,
      open: progress("open", sql`${webhookDeliveries.status} not in ('succeeded', 'dead', 'skipped')`),
      succeeded: progress("succeeded", sql`${webhookDeliveries.status} = 'succeeded'`),
      failed: progress("failed", sql`${webhookDeliveries.status} in ('dead', 'skipped')`),
    })
      .from(replayJobs)
      .innerJoin(webhooks, eq(webhooks.id, replayJobs.webhookId))
      .where(and(eq(replayJobs.accountId, accountId), eq(replayJobs.status, "running")))
      .orderBy(replayJobs.updatedAt, replayJobs.id),
  );
  const next = running[0];
  if (!next) return ["none", []];
  // another run took a step of this account's in this very second
  const newest = running.map(({ job }) => (job.enqueued > 0 ? job.updatedAt.getTime() : 0)).reduce((a, b) => Math.max(a, b));
  if (ctx.now().getTime() - newest < STEP_MS) return ["none", []];
  const { job, endpointStatus } = next;
  const change = (fields: Partial<typeof job>, writes: readonly Statement[] = [], guards: readonly ReturnType<typeof asRead>[] = []) =>
    commit(ctx, null, {
      expect: [unchanged(replayJobs, job), ...guards],
      write: [...writes, update(ctx, replayJobs, job.id, fields)],
      audit: [],
      events: [],
    });
  if (endpointStatus !== "active") {
    await change({ status: "paused" });
    return [running.length > 1 ? "more" : "none", []];
  }
  const [rows] = await ctx.read(
    select()
      .from(webhookDeliveries)
      .where(
        and(
          replayable(job.webhookId, job.filter),
          job.position === null
            ? undefined
            : sql`(${webhookDeliveries.createdAt}, ${webhookDeliveries.id}) >
                (select p.created_at, p.id from api.webhook_deliveries p where p.id = ${job.position}::uuid)`,
        ),
      )
      .orderBy(webhookDeliveries.createdAt, webhookDeliveries.id)
      .limit(REPLAYS_A_SECOND),
  );
  if (rows.length === 0) {
    const isDone = next.open === 0;
    if (isDone) await change({ status: "done", finishedAt: ctx.now(), succeeded: next.succeeded, failed: next.failed });
    else if (running.length > 1) await change({});
    return [running.length > 1 ? "more" : isDone ? "none" : "waiting", []];
  }
  const parked = rows.filter(({ status }) => status === "parked");
  const fresh = rows.filter(({ status }) => status !== "parked").map((row) => again(ctx, row, job.id));
  await change(
    { position: rows.at(-1)?.id ?? null, enqueued: job.enqueued + rows.length },
    [
      ...(fresh.length > 0 ? [insertAll(webhookDeliveries, fresh)] : []),
      ...(parked.length > 0
        ? [
            updateOf(webhookDeliveries)
              .set({ nextAttemptAt: ctx.now(), replayJobId: job.id })
              .where(sql`${webhookDeliveries.id} = any(${idArray(parked.map(({ id }) => id))})`) as Statement,
          ]
        : []),
    ],
    [asRead(rows)],
  );
  return ["more", [...fresh, ...parked].map(({ id, webhookId }) => ({ id, webhookId }))];
}

/** Accounts whose replays run, for the queue to go on with: what a lost message left behind, and what became final. */
export async function sweepReplays(ctx: Context, send: (accountIds: readonly string[]) => Promise<void>): Promise<void> {
  const [rows] = await ctx.read(
    select({ accountId: replayJobs.accountId })
      .from(replayJobs)
      .where(eq(replayJobs.status, "running"))
      .groupBy(replayJobs.accountId)
      .orderBy(replayJobs.accountId)
      .limit(ROWS_A_STEP),
  );
  if (rows.length > 0) await send(rows.map(({ accountId }) => accountId));
}
