import { sql } from "drizzle-orm";
import { statement } from "#db/statements.ts";
import { areRefusedTooOften } from "#domain/payouts/watch.ts";
import type { Context } from "../context.ts";

/** A payout that nothing is in the way of is sent within minutes. */
const OVERDUE_MINUTES = 60;

interface Watched extends Record<string, unknown> {
  answered: number;
  refused: number;
  overdue: string | null;
}

/** Calls people, every minute while it lasts, when too many sends are refused or a payout that may go does not (MONEY §18). */
export async function watchPayouts(ctx: Context): Promise<void> {
  const [found] = await ctx.read(
    statement<Watched>(sql`
      select count(*)::int as answered, count(*) filter (where a.outcome in ('refused', 'destination', 'mismatch'))::int as refused,
        (select t.id from billing.placement_payout_transactions t
          where (t.status = 'pending' and t.eligible_at <= ops.now() - make_interval(mins => ${OVERDUE_MINUTES})
              or t.status = 'failed' and t.next_retry_at <= ops.now() - make_interval(mins => ${OVERDUE_MINUTES}))
            and t.net_cents > 0 and billing.payout_blockers(t.id, ops.now()) = '{}'
          order by coalesce(t.next_retry_at, t.eligible_at), t.id limit 1) as overdue
      from billing.payout_attempts a where a.phase = 'answered' and a.at > ops.now() - interval '1 hour'`),
  );
  const [watched] = found.rows;
  if (!watched) return;
  const { answered, refused, overdue } = watched;
  if (areRefusedTooOften(refused, answered))
    ctx.ports.log("error", "payouts are refused too often", { refused_in_an_hour: refused, answered_in_an_hour: answered });
  if (overdue !== null) ctx.ports.log("error", "a payout has been due for an hour", { transaction_id: overdue });
}
