import { sql } from "drizzle-orm";
import { auditGaps, usageMinutes } from "#db/schema/api.ts";
import { requestLog } from "#db/schema/audit.ts";
import { statement } from "#db/statements.ts";
import { auditGap } from "#domain/events/api.ts";
import { commit, insertAll } from "../commit.ts";
import type { Context } from "../context.ts";
import { ROWS_A_STEP } from "../upkeep/sweep.ts";
import { minuteOf } from "../usage/overage-units.ts";

/** A minute is held against the log once both queues had this long for it. */
const SETTLED_MINUTES = 15;
/** How far back a run looks: a day in which no run came leaves nothing unseen. */
const REACH_HOURS = 25;

interface Found extends Record<string, unknown> {
  credential_id: string;
  account_id: string | null;
  minute: number;
  counted: number;
  logged: number;
}

/**
 * Holds what each limiter counted in a minute against the numbered rows of the request log (PLATFORM
 * §15). What differs is a gap in one of the two: kept and told once.
 */
export async function findGaps(ctx: Context): Promise<void> {
  const newest = sql`ops.now() - make_interval(mins => ${SETTLED_MINUTES})`;
  const oldest = sql`ops.now() - make_interval(hours => ${REACH_HOURS})`;
  const span = sql`minute >= ${minuteOf(oldest)} and minute < ${minuteOf(newest)}`;
  const [found] = await ctx.read(
    statement<Found>(sql`
      select credential_id, minute, account_id, coalesce(c.counted, 0) as counted, coalesce(l.logged, 0) as logged
      from (select credential_id, minute, account_id, admitted + overage + denied + free as counted from ${usageMinutes} where ${span}) c
      full join (
        -- a request is logged under the instant it came in, its minute is the limiter's
        select credential_id, minute, count(*)::integer as logged from ${requestLog}
        where ts >= ${oldest} - interval '1 hour' and ts < ops.now() and seq is not null and ${span}
        group by credential_id, minute
      ) l using (credential_id, minute)
      where c.counted is distinct from l.logged
        and not exists (select from ${auditGaps} g where g.credential_id = coalesce(c.credential_id, l.credential_id) and g.minute = coalesce(c.minute, l.minute))
      order by minute, credential_id limit ${ROWS_A_STEP}`),
  );
  const gaps = (found as unknown as { rows: Found[] }).rows.map((row) => ({
    id: ctx.newId(),
    credentialId: row.credential_id,
    accountId: row.account_id,
    minute: row.minute,
    counted: row.counted,
    logged: row.logged,
  }));
  if (gaps.length === 0) return;
  await commit(ctx, null, {
    write: [
      insertAll(
        auditGaps,
        gaps.map((gap) => ({ ...gap, createdAt: ctx.now() })),
      ),
    ],
    audit: [],
    events: gaps.map(auditGap),
  });
  for (const { id, credentialId, minute, counted, logged } of gaps) {
    ctx.ports.log("error", "audit.gap", { gap_id: id, credential_id: credentialId, minute, counted, logged });
  }
}
