import { sql } from "drizzle-orm";
import { applicationAuditLog, stageTimes } from "#db/schema/ats.ts";
import { deleteFrom, statement } from "#db/statements.ts";
import type { Context } from "../context.ts";

/** What happened longer ago says little about how long a stage takes now. */
const MONTHS = 12;

/** Counts anew how long applications of the whole network stay in each stage: the median over those that left it within a year. */
export async function countStageTimes(ctx: Context): Promise<void> {
  await ctx.database.writer.batch([
    deleteFrom(stageTimes),
    statement(sql`insert into ${stageTimes} (stage, cases, median_seconds)
      select stage, count(*)::int, percentile_cont(0.5) within group (order by seconds)::bigint
      from (
        select l.old_value ->> 'stage' as stage,
          extract(epoch from l.created_at - coalesce(
            lag(l.created_at) over (partition by l.application_id order by l.created_at, l.id),
            (select a.created_at from ats.applications a where a.id = l.application_id))) as seconds
        from ${applicationAuditLog} l
        where l.created_at > ops.now() - make_interval(months => ${MONTHS}) and l.old_value ->> 'stage' is distinct from l.new_value ->> 'stage'
      ) stay
      where stage is not null and seconds >= 0
      group by stage`),
  ] as never);
}
