import { and, eq, sql } from "drizzle-orm";
import { pipelineFailures } from "#db/schema/api.ts";
import { outbox } from "#db/schema/ops.ts";
import { select, statement } from "#db/statements.ts";
import { pipelineFailed } from "#domain/events/pipeline.ts";
import { isUuid } from "#domain/ids.ts";
import type { PipelineFailure } from "#domain/pipeline/failure.ts";
import { commit, deciding, insertAll, newRow } from "../commit.ts";
import type { Context } from "../context.ts";
import { idArray } from "../events/handle-events.ts";

/**
 * Keeps what queues gave up for people to look at, and tells platform admins of each that is new; what is open already
 * stays the one row it is. That nobody could be told of a failure is kept, and told no more.
 */
export async function recordFailures(ctx: Context, failures: readonly PipelineFailure[]): Promise<void> {
  if (failures.length === 0) return;
  const given = failures.flatMap(({ body }) => body["event_ids"] ?? []).filter(isUuid);
  await deciding(ctx, async () => {
    const [{ rows: fresh }, untold] = await ctx.read(
      statement<{ queue: string; body: PipelineFailure["body"] }>(sql`
        select distinct queue, body from jsonb_to_recordset(${JSON.stringify(failures)}::jsonb) as given(queue text, body jsonb)
        where not exists (select from ${pipelineFailures} open
          where open.queue = given.queue and md5(open.body::text) = md5(given.body::text) and open.resolved_at is null)`),
      select({ id: outbox.id })
        .from(outbox)
        .where(and(eq(outbox.eventType, "pipeline.failed"), sql`${outbox.id} = any(${idArray(given)})`)),
    );
    if (fresh.length === 0) return;
    const rows = fresh.map((failure) => newRow(ctx, pipelineFailures, { ...failure, firstSeenAt: ctx.now() }));
    const isTold = ({ body }: PipelineFailure) => !untold.some(({ id }) => body["event_ids"]?.includes(id));
    await commit(ctx, null, { write: [insertAll(pipelineFailures, rows)], audit: [], events: rows.filter(isTold).map(pipelineFailed) });
  });
}
