import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Failure, failureNoun, getFailure, listFailures, resolveFailure } from "#services/pipeline/failure.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { Flag, Id, Instant, instant, text } from "./shapes.ts";

const FailureShape = z
  .object({
    id: Id,
    queue: z
      .string()
      .openapi({ description: "The queue that gave a message up, or the entrance that refused too many", example: "payouts" }),
    body: z.record(z.string(), z.array(z.string())).openapi({ description: "The ids that the message named" }),
    first_seen_at: Instant,
    resolved_at: Instant.nullable(),
    resolution: z.string().nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("PipelineFailure");

const failure = (row: Failure) => ({
  id: row.id,
  queue: row.queue,
  body: row.body,
  first_seen_at: row.firstSeenAt.toISOString(),
  resolved_at: instant(row.resolvedAt),
  resolution: row.resolution,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

/** What went wrong on the way and wants a person: for platform admins. */
export function pipelineFailures(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Failure>(api, {
    path: "/pipeline-failures",
    access: ["pipeline-failures", "list"],
    summary: "List what queues gave up",
    description: "The rows that a message named stay as they were, and the sweeps go on with them.",
    noun: failureNoun,
    filters: z.object({ queue: text(60), open: Flag }),
    item: FailureShape,
    run: listFailures,
    present: failure,
  });
  readOperation<Failure>(api, {
    path: "/pipeline-failures/{id}",
    access: ["pipeline-failures", "get"],
    summary: "Read what a queue gave up",
    noun: failureNoun,
    item: FailureShape,
    run: getFailure,
    present: failure,
  });
  operation(api, {
    method: "post",
    path: "/pipeline-failures/{id}/resolve",
    access: ["pipeline-failures", "resolve"],
    summary: "Say what became of a failure",
    params: z.object({ id: Id }),
    body: z.strictObject({ resolution: text(2_000) }).openapi("ResolveFailureInput"),
    replies: [200, FailureShape],
    run: (ctx, { params, body }) => resolveFailure(ctx, params.id, body.resolution),
    present: failure,
  });
}
