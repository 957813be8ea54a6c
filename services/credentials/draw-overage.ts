import { eq, sql } from "drizzle-orm";
import { accountPlans, apiPlans, overageBudgets } from "#db/schema/api.ts";
import { computed, insertInto, select } from "#db/statements.ts";
import type { CredentialRecord } from "#domain/credentials/record.ts";
import { capUnits, OVERAGE_BLOCK, thresholdsCrossed } from "#domain/credentials/overage.ts";
import { overageReached } from "#domain/events/api.ts";
import { commit, deciding } from "../commit.ts";
import type { Context, Statement } from "../context.ts";

/**
 * Draws a block of paid units from the account's budget of the month, never beyond its spend cap
 * (PLATFORM §8). A block that is lost on its way costs allowance, never money.
 *
 * @returns the month as its first day, and the units; none when the cap is reached
 */
export async function drawOverage(ctx: Context, { accountId }: CredentialRecord): Promise<{ month: string; units: number }> {
  if (accountId === null) return { month: "", units: 0 };
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(
      select({
        month: computed<string>("month", sql`to_char(date_trunc('month', ops.now() at time zone 'UTC'), 'YYYY-MM-DD')`),
        spendCapCents: accountPlans.spendCapCents,
        unitPriceMicros: apiPlans.unitPriceMicros,
        enabled: accountPlans.overageEnabled,
        drawn: computed<number>("drawn", sql`coalesce(${overageBudgets.drawnUnits}, 0)::int`),
      })
        .from(accountPlans)
        .innerJoin(apiPlans, eq(apiPlans.code, accountPlans.plan))
        .leftJoin(
          overageBudgets,
          sql`${overageBudgets.accountId} = ${accountPlans.accountId} and ${overageBudgets.month} = date_trunc('month', ops.now() at time zone 'UTC')::date`,
        )
        .where(eq(accountPlans.accountId, accountId)),
    );
    if (!found?.enabled) return { month: found?.month ?? "", units: 0 };
    const cap = capUnits(found.spendCapCents, found.unitPriceMicros);
    const units = Math.max(0, Math.min(OVERAGE_BLOCK, cap - found.drawn));
    const drawn = { month: found.month, units };
    if (units === 0) return drawn;
    return commit(ctx, drawn, {
      expect: [sql`ops.guard_budget(${accountId}::uuid, ${found.month}::date, ${found.drawn}::bigint)`],
      write: [
        insertInto(overageBudgets)
          .values({ accountId, month: found.month, capUnits: cap, drawnUnits: found.drawn + units })
          .onConflictDoUpdate({
            target: [overageBudgets.accountId, overageBudgets.month],
            set: { capUnits: cap, drawnUnits: found.drawn + units },
          }) as Statement,
      ],
      audit: [],
      events: thresholdsCrossed(found.drawn, found.drawn + units, cap).map((percent) => overageReached(accountId, found.month, percent)),
    });
  });
}
