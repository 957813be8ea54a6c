import { getTableColumns, sql } from "drizzle-orm";
import { applications, candidateRoleAssignments as deals } from "#db/schema/ats.ts";
import { select } from "#db/statements.ts";
import type { DealChange } from "#domain/deals/deal.ts";
import { EXPIRY_WARNING_DAYS, expireDeal, WAITING_DAYS, warnOfExpiry } from "#domain/deals/expire.ts";
import { commit, databaseRefusal } from "../commit.ts";
import type { Context } from "../context.ts";
import { dealChange, type DealRecords } from "./change-deal.ts";

const ROWS = 100;

/** Ends what nobody has answered within its window, and frees the pair (D-96). */
export const expireDeals = (ctx: Context): Promise<void> => sweep(ctx, "expired", 0, (deal) => expireDeal(deal, ctx.now()));

/** Warns of what will expire within two days, once per wait. */
export const warnOfExpiries = (ctx: Context): Promise<void> =>
  sweep(ctx, "expiration_warned", EXPIRY_WARNING_DAYS, (deal) => warnOfExpiry(deal, ctx.now()));

/** Deals whose wait ends within `days`, each decided and committed by itself; one that was overtaken waits for the next run. */
async function sweep(ctx: Context, word: string, days: number, decide: (deal: DealRecords) => DealChange | null): Promise<void> {
  for (const deal of await waitingDeals(ctx, days)) {
    const change = decide(deal);
    if (!change) continue;
    const { changed, parts } = dealChange(ctx, deal, change, { action: `application.${word}` });
    try {
      await commit(ctx, changed, parts);
    } catch (error) {
      if (databaseRefusal(error)?.code !== "40001") throw error;
    }
  }
}

async function waitingDeals(ctx: Context, days: number): Promise<DealRecords[]> {
  const windows = sql.join(
    Object.entries(WAITING_DAYS).map(([stage, wait]) => sql`(${stage}, ${wait}::int)`),
    sql`, `,
  );
  const ends = sql`case when ${deals.state} = 'proposed' then ${deals.responseDueAt}
    else greatest(${deals.stateChangedAt}, ${applications.stageChangedAt}) + make_interval(days => waits.days) end`;
  const warned =
    days > 0
      ? sql`and (${applications.expiryWarnedAt} is null or ${applications.expiryWarnedAt} < greatest(${deals.stateChangedAt}, ${applications.stageChangedAt}))`
      : sql``;
  const [rows] = await ctx.read(
    select({ cra: getTableColumns(deals), application: getTableColumns(applications) })
      .from(applications)
      .innerJoin(deals, sql`${deals.applicationId} = ${applications.id}`)
      .innerJoin(sql`(values ${windows}) waits(stage, days)`, sql`waits.stage = ${applications.stage}`)
      .where(
        sql`${ends} <= ops.now() + make_interval(days => ${days}) and ${deals.state} not in ('timed_out', 'closed', 'rejected', 'declined', 'withdrawn') ${warned}`,
      )
      .orderBy(ends)
      .limit(ROWS),
  );
  return rows;
}
