import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { REPLAY_STATUSES, type ReplayFilter } from "#db/schema/webhooks.ts";
import { REPLAYABLE_STATUSES } from "#domain/webhooks/replay.ts";
import { type BegunReplay, createReplayJob } from "#services/replay-jobs/create-replay-job.ts";
import { changeReplayJob, getReplayJob, listReplayJobs, type ReplayJob } from "#services/replay-jobs/replay-job.ts";
import type { ApiEnv } from "../app.ts";
import { InstantInput } from "../v2/shapes.ts";
import { listOperation, operation } from "./operation.ts";
import { at, born, count, id, instant, oneOf } from "./shapes.ts";

const FilterShape = z.object({
  event_types: z.array(z.string()).nullable(),
  statuses: z.array(z.string()).nullable(),
  since: z.iso.datetime().nullable(),
  until: z.iso.datetime().nullable(),
});

const ReplayJobShape = z
  .object({
    id: id("Of the replay"),
    webhook_id: id("Of the endpoint"),
    filter: FilterShape.openapi({ description: "What it sends, with the span that it covers" }),
    status: oneOf("How far it is", REPLAY_STATUSES),
    total: count("Deliveries that the filter named when it began", 120),
    enqueued: count("Of those, on their way by now", 100),
    succeeded: count("Of those, arrived", 98),
    failed: count("Of those, given up", 0),
    created_by: id("Whoever asked for it"),
    finished_at: at("When the last of them became final").nullable(),
    ...born,
  })
  .openapi("ReplayJob");

const BegunReplayShape = z
  .object({
    dry_run: z.boolean().openapi({ description: "Whether it only counted", example: false }),
    total: count("Deliveries that the filter names", 120),
    filter: FilterShape,
    job: z.object(ReplayJobShape.shape).nullable().openapi({ description: "Null for a dry run" }),
  })
  .openapi("BegunReplay");

const NewReplay = z
  .strictObject({
    webhook_id: z.uuid(),
    filter: z
      .strictObject({
        event_types: z.array(z.string().max(100)).min(1).max(50).optional(),
        statuses: z
          .array(z.enum(REPLAYABLE_STATUSES))
          .min(1)
          .max(REPLAYABLE_STATUSES.length)
          .optional()
          .openapi({ description: "All of them unless told. Without `succeeded`, an event that arrived by another way is left out." }),
        since: InstantInput.optional(),
        until: InstantInput.optional(),
      })
      .default({})
      .openapi({ description: "Without one, everything of the last 90 days" }),
    dry_run: z.boolean().default(false).openapi({ description: "Only count" }),
  })
  .openapi("ReplayInput");

const presentFilter = (filter: ReplayFilter): z.infer<typeof FilterShape> => ({
  event_types: filter.event_types ? [...filter.event_types] : null,
  statuses: filter.statuses ? [...filter.statuses] : null,
  since: filter.since ?? null,
  until: filter.until ?? null,
});

const present = (job: ReplayJob): z.infer<typeof ReplayJobShape> => ({
  id: job.id,
  webhook_id: job.webhookId,
  filter: presentFilter(job.filter),
  status: job.status,
  total: job.total,
  enqueued: job.enqueued,
  succeeded: job.succeeded,
  failed: job.failed,
  created_by: job.createdBy,
  finished_at: instant(job.finishedAt),
  created_at: job.createdAt.toISOString(),
  updated_at: job.updatedAt.toISOString(),
  version: job.version,
});

const presentBegun = ({ job, total, filter }: BegunReplay): z.infer<typeof BegunReplayShape> => ({
  dry_run: job === null,
  total,
  filter: presentFilter(filter),
  job: job && present(job),
});

const need = "manage:webhooks";

export function replayJobs(api: OpenAPIHono<ApiEnv>): void {
  listOperation<ReplayJob>(api, {
    path: "/replay-jobs",
    need,
    access: ["replay-jobs", "list"],
    summary: "List replays",
    filters: z.object({ webhook_id: z.uuid(), status: z.enum(REPLAY_STATUSES) }),
    item: ReplayJobShape,
    run: listReplayJobs,
    present,
  });
  operation<object, object, z.infer<typeof NewReplay>, BegunReplay>(api, {
    method: "post",
    path: "/replay-jobs",
    need,
    access: ["replay-jobs", "create"],
    summary: "Send again what a filter names",
    description: "Up to 90 days back, at most 50 deliveries a second. `dry_run` only counts. The endpoint must be active.",
    body: NewReplay,
    replies: [201, BegunReplayShape],
    run: (ctx, { body }) =>
      createReplayJob(ctx, {
        webhookId: body.webhook_id,
        eventTypes: body.filter.event_types ?? null,
        statuses: body.filter.statuses ?? null,
        since: body.filter.since ?? null,
        until: body.filter.until ?? null,
        dryRun: body.dry_run,
      }),
    present: presentBegun,
  });
  operation<{ id: string }, object, undefined, ReplayJob>(api, {
    method: "get",
    path: "/replay-jobs/{id}",
    need,
    access: ["replay-jobs", "get"],
    summary: "Read a replay and how far it is",
    replies: [200, ReplayJobShape],
    run: (ctx, { params }) => getReplayJob(ctx, params.id),
    present,
  });
  for (const [verb, summary] of [
    ["pause", "Pause a replay"],
    ["resume", "Let a paused replay go on"],
    ["cancel", "End a replay for good"],
  ] as const) {
    operation<{ id: string }, object, undefined, ReplayJob>(api, {
      method: "post",
      path: `/replay-jobs/{id}/${verb}`,
      need,
      access: ["replay-jobs", verb],
      summary,
      replies: [200, ReplayJobShape],
      run: (ctx, { params }) => changeReplayJob(ctx, params.id, verb),
      present,
    });
  }
}
