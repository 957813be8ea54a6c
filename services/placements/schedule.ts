import { eq, getTableColumns, sql } from "drizzle-orm";
import { escrowHolds, payoutSchedules, placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { forbidden } from "#domain/refusals.ts";
import { platformAdmins } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page, type Way } from "../listing.ts";
import type { HoldRow } from "./money.ts";

/** When a placement is released, and what it still waits for. */
export type Schedule = typeof payoutSchedules.$inferSelect & { blockers: string[] };

const toAdmins = (): Way[] => [{ rows: sql`(select ops.is_admin())`, opensTo: platformAdmins }];

export const scheduleNoun = {
  name: "payout schedule",
  table: payoutSchedules,
  columns: {
    ...getTableColumns(payoutSchedules),
    blockers: computed<string[]>(
      "blockers",
      sql`case when ${payoutSchedules.status} = 'scheduled' then to_jsonb(billing.release_blockers(${payoutSchedules.placementId}, ops.now())) else '[]' end`,
    ),
  },
  readable: () => sql`(select ops.is_admin())`,
  ways: toAdmins,
  filters: {
    status: (name: string) => sql`${payoutSchedules.status} = ${name}`,
    placement_id: (id: string) => eq(payoutSchedules.placementId, id),
    due_before: (day: string) => sql`${payoutSchedules.scheduledDate} < ${day}::date`,
  },
  includes: {
    transactions: {
      rows: (ids) =>
        select()
          .from(transactions)
          .where(sql`${transactions.placementId} in (select s.placement_id from ${payoutSchedules} s where s.id in ${ids})`)
          .orderBy(transactions.createdAt, transactions.id),
      parentKey: "placementId",
      childKey: "placementId",
      many: true,
    },
  },
} satisfies Noun<Schedule>;

const requireAdmin = (ctx: Context): void => {
  if (!ctx.access.isPlatformAdmin) throw forbidden("Schedules and holds are for platform admins.");
};

/** One page of schedules, for platform admins. */
export async function listSchedules(ctx: Context, query: ListQuery): Promise<Page<Schedule>> {
  const page = await listOf<Schedule>(ctx, scheduleNoun, query);
  requireAdmin(ctx);
  return page;
}

/** One schedule, or 404. */
export const getSchedule = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Schedule>> =>
  getOne<Schedule>(ctx, scheduleNoun, id, include);

export const holdNoun = {
  name: "escrow hold",
  table: escrowHolds,
  columns: getTableColumns(escrowHolds),
  readable: () => sql`(select ops.is_admin())`,
  ways: toAdmins,
  filters: {
    status: (name: string) => sql`${escrowHolds.status} = ${name}`,
    placement_id: (id: string) => eq(escrowHolds.placementId, id),
  },
} satisfies Noun<HoldRow>;

/** One page of holds, for platform admins. */
export async function listHolds(ctx: Context, query: ListQuery): Promise<Page<HoldRow>> {
  const page = await listOf<HoldRow>(ctx, holdNoun, query);
  requireAdmin(ctx);
  return page;
}

/** One hold, or 404. */
export const getHold = (ctx: Context, id: string, include: readonly string[]): Promise<Included<HoldRow>> =>
  getOne<HoldRow>(ctx, holdNoun, id, include);
