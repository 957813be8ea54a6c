import { eq, type SQL, sql } from "drizzle-orm";
import { accountPlans, apiPlans, usageMinutes, usageRoutesHourly } from "#db/schema/api.ts";
import { computed, select, statement } from "#db/statements.ts";
import { Refusal } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { minuteOf } from "./overage-units.ts";

export const PERIODS = ["hour", "day", "month"] as const;
export const GROUPS = ["route", "key", "version"] as const;

export interface UsageQuery {
  period: (typeof PERIODS)[number];
  group: (typeof GROUPS)[number] | null;
  since: Date | null;
  until: Date | null;
}

/**
 * Requests that the limiter decided on. What was billed and denied is known of limits, by key; what
 * failed and how long it took of the log, by route and version. What is not known is null.
 */
export interface Counts {
  requests: number;
  overage: number | null;
  denied: number | null;
  failed: number | null;
  meanLatencyMs: number | null;
}

export interface Usage {
  period: UsageQuery["period"];
  group: UsageQuery["group"];
  since: Date;
  until: Date;
  /** Null for a person without an account. */
  limit: { plan: "standard" | "premium" | "enterprise"; requestsPerHour: number; ceilingPerHour: number | null } | null;
  totals: Counts;
  rows: readonly (Counts & { start: Date; group: string | null })[];
}

const DAY_MS = 86_400_000;
/** How many days are shown unless told, and at most. */
const REACH_DAYS = { hour: [1, 7], day: [30, 100], month: [365, 400] } as const;

interface Row extends Record<string, unknown> {
  start: string;
  group: string | null;
  requests: number;
  overage: number | null;
  denied: number | null;
  failed: number | null;
  latency_ms: number | null;
}

/** What the account's keys and grants asked, by period; and by route, key or version. */
export async function getUsage(ctx: Context, { period, group, since, until }: UsageQuery): Promise<Usage> {
  const [preset, most] = REACH_DAYS[period];
  const span = since === null ? 0 : (until ?? new Date()).getTime() - since.getTime();
  if (span < 0 || span > most * DAY_MS) {
    const message = `by ${period} a span has ${most} days at most, and since lies before until`;
    throw new Refusal("invalid_parameter", `query:since: ${message}`, {
      errors: [{ pointer: "query:since", code: "out_of_range", message }],
    });
  }
  const to = until === null ? sql`ops.now()` : instant(until);
  const from = since === null ? sql`(${to} - make_interval(days => ${preset}))` : instant(since);
  const [plan, found] = await ctx.read(
    select({
      plan: accountPlans.plan,
      requestsPerHour: computed<number>("requests_per_hour", sql`coalesce(${accountPlans.customLimit}, ${apiPlans.requestsPerHour})`),
      ceilingMultiple: computed<number | null>(
        "ceiling_multiple",
        sql`case when ${apiPlans.overage} = 'meter' and ${accountPlans.overageEnabled} then ${apiPlans.ceilingMultiple} end`,
      ),
    })
      .from(accountPlans)
      .innerJoin(apiPlans, eq(apiPlans.code, accountPlans.plan))
      .where(sql`${accountPlans.accountId} = ops.account_id()`),
    statement<Row>(group === null || group === "key" ? limitersCounts(period, group, from, to) : logsCounts(period, group, from, to)),
  );
  const rows = (found as unknown as { rows: Row[] }).rows;
  const [own] = plan;
  const end = until ?? ctx.now();
  return {
    period,
    group,
    since: since ?? new Date(end.getTime() - preset * DAY_MS),
    until: end,
    limit: own
      ? {
          plan: own.plan,
          requestsPerHour: own.requestsPerHour,
          ceilingPerHour: own.ceilingMultiple === null ? null : own.ceilingMultiple * own.requestsPerHour,
        }
      : null,
    totals: countsOf(group, rows),
    rows: rows.map((row) => ({ start: new Date(row.start), group: row.group, ...countsOf(group, [row]) })),
  };
}

const instant = (at: Date): SQL => sql`${at.toISOString()}::timestamptz`;

const limitersCounts = (period: string, group: "key" | null, from: SQL, to: SQL): SQL => sql`
  select date_trunc(${period}, to_timestamp(minute * 60.0), 'UTC') as start, ${group === null ? sql`null` : sql`credential_id`} as "group",
    sum(admitted + overage + denied)::integer as requests, sum(overage)::integer as overage, sum(denied)::integer as denied
  from ${usageMinutes}
  where account_id = ops.account_id() and minute >= ${minuteOf(from)} and minute < ${minuteOf(to)}
  group by 1, 2 order by 1, 2`;

const logsCounts = (period: string, group: "route" | "version", from: SQL, to: SQL): SQL => sql`
  select date_trunc(${period}, hour, 'UTC') as start, ${sql.identifier(group)} as "group", sum(count)::integer as requests,
    coalesce(sum(count) filter (where status_class >= 4), 0)::integer as failed, sum(latency_sum_ms)::float8 as latency_ms
  from ${usageRoutesHourly}
  where account_id = ops.account_id() and hour >= ${from} and hour < ${to}
  group by 1, 2 order by 1, 2`;

function countsOf(group: UsageQuery["group"], rows: readonly Row[]): Counts {
  const sum = (name: "requests" | "overage" | "denied" | "failed" | "latency_ms"): number =>
    rows.reduce((total, row) => total + (row[name] ?? 0), 0);
  const byLimiter = group === null || group === "key";
  const requests = sum("requests");
  return {
    requests,
    overage: byLimiter ? sum("overage") : null,
    denied: byLimiter ? sum("denied") : null,
    failed: byLimiter ? null : sum("failed"),
    meanLatencyMs: byLimiter || requests === 0 ? null : Math.round(sum("latency_ms") / requests),
  };
}
