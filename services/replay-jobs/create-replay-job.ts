import { count } from "drizzle-orm";
import { webhookDeliveries } from "#db/schema/deliveries.ts";
import { type ReplayFilter, replayJobs, webhooks } from "#db/schema/webhooks.ts";
import { select } from "#db/statements.ts";
import { conflict } from "#domain/refusals.ts";
import { type ReplayableStatus, replaySpan } from "#domain/webhooks/replay.ts";
import { commit, deciding, insert, newRow, readable, unchanged } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { requireScope } from "../scopes.ts";
import { webhookNoun, type WebhookRow } from "../webhooks/webhook.ts";
import { goOnLater, type ReplayJob } from "./replay-job.ts";
import { replayable } from "./replayable.ts";

export interface NewReplay {
  webhookId: string;
  eventTypes: readonly string[] | null;
  statuses: readonly ReplayableStatus[] | null;
  since: Date | null;
  until: Date | null;
  /** Only counts. */
  dryRun: boolean;
}

/** A replay that was begun, or as it would be: `job` is null for a dry run. */
export interface BegunReplay {
  job: ReplayJob | null;
  total: number;
  filter: ReplayFilter;
}

/**
 * Sends again what an endpoint was sent before, or should have been, as a job that goes on by itself. Refuses (409) an
 * endpoint that is not active; a dry run counts in any case.
 */
export async function createReplayJob(
  ctx: Context,
  { webhookId, eventTypes, statuses, since, until, dryRun }: NewReplay,
): Promise<BegunReplay> {
  requireScope(ctx, "manage:webhooks");
  const begun = await deciding(ctx, async () => {
    const asked: ReplayFilter = {
      ...(eventTypes ? { event_types: eventTypes } : {}),
      ...(statuses ? { statuses } : {}),
      ...(since ? { since: since.toISOString() } : {}),
      ...(until ? { until: until.toISOString() } : {}),
    };
    const [[row], [counted]] = await ctx.read(
      rowById<WebhookRow>(ctx, webhookNoun, webhookId),
      select({ total: count() }).from(webhookDeliveries).where(replayable(webhookId, asked)),
    );
    const span = replaySpan({ since, until }, ctx.now());
    const webhook = readable("webhook", webhookId, row);
    const filter: ReplayFilter = { ...asked, since: span.since.toISOString(), until: span.until.toISOString() };
    const total = counted?.total ?? 0;
    if (dryRun) return commit<BegunReplay>(ctx, { job: null, total, filter }, { write: [], audit: [], events: [] });
    if (webhook.status !== "active") throw conflict(`The endpoint is ${webhook.status}. Enable it first.`);
    const job = newRow(ctx, replayJobs, { accountId: webhook.accountId, webhookId, filter, total, createdBy: ctx.userId });
    return commit<BegunReplay>(
      ctx,
      { job, total, filter },
      {
        expect: [unchanged(webhooks, webhook)],
        write: [insert(replayJobs, job)],
        audit: { action: "replay_job.created", subject: { type: "replay_job", id: job.id }, after: job, accountId: job.accountId },
        events: [],
      },
    );
  });
  if (begun.job) goOnLater(ctx, begun.job);
  return begun;
}
