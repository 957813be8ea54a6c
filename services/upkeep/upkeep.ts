import { sql } from "drizzle-orm";
import { idempotencyKeys } from "#db/schema/ops.ts";
import { deleteFrom, statement } from "#db/statements.ts";
import type { Context } from "../context.ts";
import { activatePlacements, completePlacements, warnOfGuaranteeEnds } from "../placements/pass-time.ts";
import { endTeamGrace } from "../teams/end-grace.ts";
import { closeDueJobs } from "../jobs/update-job.ts";
import { expireRelationships } from "../recruiter-candidates/expire-relationships.ts";
import { expireDeals, warnOfExpiries } from "../deals/expire-deals.ts";

/** One step of the schedule. */
export type Step = (ctx: Context) => Promise<unknown>;

const PARTITIONS_AHEAD = 3;
/** Rows whose events were told this long ago are of no further use to the outbox. */
const OUTBOX_DAYS = 30;

/** Keeps the months of the partitioned logs ahead of time. */
async function keepPartitions(ctx: Context): Promise<void> {
  await ctx.database.writer.batch([statement(sql`select ops.ensure_partitions(${PARTITIONS_AHEAD})`)]);
}

/** Forgets what has outlived its use: stored replies after a day, told events after a month. */
async function forgetTheOld(ctx: Context): Promise<void> {
  await ctx.database.writer.batch([
    deleteFrom(idempotencyKeys).where(sql`${idempotencyKeys.expiresAt} <= ops.now()`),
    statement(sql`with gone as (delete from ops.outbox where handled_at < ops.now() - make_interval(days => ${OUTBOX_DAYS}) returning id)
      delete from ops.event_handled h using gone where h.event_id = gone.id`),
  ] as never);
}

/** Every minute: what must happen on time. */
export const MINUTELY: readonly Step[] = [
  closeDueJobs,
  expireDeals,
  warnOfExpiries,
  expireRelationships,
  activatePlacements,
  completePlacements,
  warnOfGuaranteeEnds,
  endTeamGrace,
];

/** Every night: what keeps the tables small. */
export const NIGHTLY: readonly Step[] = [keepPartitions, forgetTheOld];
