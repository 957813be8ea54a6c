import { and, eq, type SQL, sql } from "drizzle-orm";
import { roleQuotas } from "#db/schema/api.ts";
import { updateOf } from "#db/statements.ts";
import { utcDate } from "#domain/commission/dates.ts";
import { requireRoleQuota } from "#domain/jobs/quota.ts";
import type { Guard } from "../commit.ts";
import type { Statement } from "../context.ts";

/** What a quota adds to the commit that posts a role. */
interface Quota {
  expect: Guard[];
  write: Statement[];
}

export const NO_QUOTA: Quota = { expect: [], write: [] };

/** How many roles a company has posted over the public API on this UTC day. */
export const postedToday = (companyId: SQL): SQL => sql`coalesce((select ${roleQuotas.used} from ${roleQuotas}
  where ${roleQuotas.companyId} = ${companyId} and ${roleQuotas.day} = (ops.now() at time zone 'utc')::date), 0)`;

/** Takes one of the day's roles, in the commit that posts it. Refuses with `daily_role_quota` when none is left. */
export function roleQuota(companyId: string, used: number, now: Date): Quota {
  requireRoleQuota(used, now);
  const day = utcDate(now);
  return {
    expect: [sql`ops.guard_role_quota(${companyId}::uuid, ${day}::date, ${used}::integer)`],
    write: [
      updateOf(roleQuotas)
        .set({ used: used + 1 })
        .where(and(eq(roleQuotas.companyId, companyId), eq(roleQuotas.day, day))) as Statement,
    ],
  };
}
