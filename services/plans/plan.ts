import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { plans, splitsRates } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";

export type Plan = typeof plans.$inferSelect;
export type SplitsRate = typeof splitsRates.$inferSelect;

const inForceAt = (at: SQL): SQL =>
  sql`(${splitsRates.effectiveFrom} <= ${at} and (${splitsRates.effectiveTo} is null or ${splitsRates.effectiveTo} > ${at}))`;

/** Anybody reads the plans on offer; platform admins also those withdrawn. */
export const planNoun = {
  name: "plan",
  table: plans,
  columns: getTableColumns(plans),
  readable: () => sql`(${plans.isActive} or (select ops.is_admin()))`,
  sorts: { name: plans.name },
  filters: { tier: (name: string) => sql`${plans.tier} = ${name}` },
  includes: {
    rates: {
      rows: (ids) =>
        select()
          .from(splitsRates)
          .where(sql`${splitsRates.tier} in (select tier from ${plans} where id in ${ids}) and ${inForceAt(sql`ops.now()`)}`),
      parentKey: "tier",
      childKey: "tier",
      many: false,
    },
  },
} satisfies Noun<Plan>;

/** Anybody reads what each role earns on each tier, now and before. */
export const splitsRateNoun = {
  name: "splits rate",
  table: splitsRates,
  columns: getTableColumns(splitsRates),
  readable: () => sql`true`,
  filters: {
    tier: (name: string) => sql`${splitsRates.tier} = ${name}`,
    at: (at: Date) => inForceAt(sql`${at.toISOString()}::timestamptz`),
  },
} satisfies Noun<SplitsRate>;

/** One page of the plans. */
export const listPlans = (ctx: Context, query: ListQuery): Promise<Page<Plan>> => listOf<Plan>(ctx, planNoun, query);

/** One plan, or 404. */
export const getPlan = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Plan>> =>
  getOne<Plan>(ctx, planNoun, id, include);

/** One page of the rates of every tier and time. */
export const listSplitsRates = (ctx: Context, query: ListQuery): Promise<Page<SplitsRate>> =>
  listOf<SplitsRate>(ctx, splitsRateNoun, query);

/** The rates of one tier and time, or 404. */
export const getSplitsRate = (ctx: Context, id: string, include: readonly string[]): Promise<Included<SplitsRate>> =>
  getOne<SplitsRate>(ctx, splitsRateNoun, id, include);
