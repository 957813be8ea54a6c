import { type SQL, sql } from "drizzle-orm";
import { usageMinutes } from "#db/schema/api.ts";

/** The epoch minute of an instant. */
export const minuteOf = (instant: SQL): SQL => sql`floor(extract(epoch from ${instant}) / 60)::integer`;

/**
 * Units beyond the limit by account and UTC month, counted in the minutes before an instant, for its
 * month and the one before. The one query of billing: what is reported, and what the preview shows.
 *
 * @param until - the instant
 * @param account - one account; all of them without it
 * @returns rows of `account_id`, `month` (its first day) and `units`
 */
export const overageByMonth = (until: SQL, account?: SQL): SQL => sql`(
  select account_id, date_trunc('month', to_timestamp(minute * 60.0) at time zone 'UTC')::date as month, sum(overage)::bigint as units
  from ${usageMinutes}
  where overage > 0 and ${account ? sql`account_id = ${account}` : sql`account_id is not null`}
    and minute >= ${minuteOf(sql`(date_trunc('month', (${until} - interval '1 minute') at time zone 'UTC') - interval '1 month') at time zone 'UTC'`)}
    and minute < ${minuteOf(until)}
  group by 1, 2)`;
