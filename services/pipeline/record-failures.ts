import { sql } from "drizzle-orm";
import { pipelineFailures } from "#db/schema/api.ts";
import { insertInto } from "#db/statements.ts";
import type { PipelineFailure } from "#domain/pipeline/failure.ts";
import type { Context } from "../context.ts";

/** Keeps what queues gave up for people to look at; what is open already stays the one row it is. */
export async function recordFailures(ctx: Context, failures: readonly PipelineFailure[]): Promise<void> {
  if (failures.length === 0) return;
  await ctx.database.writer.batch([
    insertInto(pipelineFailures)
      .values(failures.map((failure) => ({ ...failure, firstSeenAt: sql`ops.now()` })))
      .onConflictDoNothing(),
  ] as never);
}
