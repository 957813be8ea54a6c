import { inArray, sql } from "drizzle-orm";
import { payoutSchedules, placementPayoutTransactions } from "#db/schema/billing.ts";
import { select, updateOf } from "#db/statements.ts";
import { scheduleEvent } from "#domain/events/placement.ts";
import { payoutDue } from "#domain/events/payout.ts";
import { releasePosting } from "#domain/ledger/postings.ts";
import { releaseBlockers } from "#domain/payouts/release.ts";
import { commit, deciding, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { posted } from "../ledger/post.ts";
import { payoutLog } from "../payouts/audit-log.ts";
import { ROWS_A_STEP, sweepThrough } from "../upkeep/sweep.ts";
import { guardPayouts, guardPlacements, type MoneyAtHand, readMoney, type ScheduleRow } from "./money.ts";

/** What is owed at the release: everything that is neither settled nor over, held or not. */
const OWED: readonly string[] = ["pending", "on_hold", "failed"];

/** Releases the placements whose conditions hold (B7). What is not ready is asked again the next minute; it never fails for that. */
export const releasePlacements = (ctx: Context): Promise<void> =>
  sweepThrough(
    ctx,
    async (skip) => {
      const [due] = await ctx.read(
        select({ id: payoutSchedules.id, placementId: payoutSchedules.placementId })
          .from(payoutSchedules)
          .where(
            sql`${payoutSchedules.status} = 'scheduled' and ${payoutSchedules.scheduledDate} <= (ops.now() at time zone 'utc')::date
              and billing.release_blockers(${payoutSchedules.placementId}, ops.now()) = '{}'`,
          )
          .orderBy(payoutSchedules.scheduledDate, payoutSchedules.id)
          .limit(ROWS_A_STEP)
          .offset(skip),
      );
      return due;
    },
    ({ placementId }) =>
      deciding(ctx, async () => {
        const { money } = await readMoney(ctx, sql`${placementId}::uuid`);
        if (money) await release(ctx, money);
      }),
    "a placement could not be released",
  );

async function release(ctx: Context, money: MoneyAtHand): Promise<void> {
  const { placement, invoice, replaced, schedule, transactions, escrow, holds } = money;
  const blockers = releaseBlockers(
    {
      placement,
      invoice,
      creditedInvoice: replaced?.credit && replaced.credit.usedCents > 0 ? replaced.invoice : null,
      openDispute: money.openDispute,
      complianceHold: holds.some(({ holdReason }) => holdReason !== "guarantee_period"),
    },
    ctx.now(),
  );
  if (blockers.length > 0 || schedule?.status !== "scheduled") return;

  const now = ctx.now();
  const owed = transactions.filter((row) => OWED.includes(row.status));
  const due = owed.filter((row) => row.status === "pending");
  const isOver = due.length === 0;
  const after = {
    status: isOver ? ("processed" as const) : ("processing" as const),
    releasedAt: now,
    processedAt: isOver ? now : null,
  };
  const posting = releasePosting({
    placementId: placement.id,
    escrow,
    payables: owed.map(({ recruiterId, netAmount }) => ({ recruiterId, net: netAmount })),
  });
  await commit(ctx, null, {
    expect: [...guardPlacements(placement), guardPayouts(money)],
    write: [
      ...eligible(
        ctx,
        owed.map(({ id }) => id),
      ),
      update(ctx, payoutSchedules, schedule.id, after),
      ...payoutLog(ctx, [
        {
          placementId: placement.id,
          scheduleId: schedule.id,
          eventType: "schedule",
          action: "released",
          oldStatus: schedule.status,
          newStatus: after.status,
        },
      ]),
      ...(posting ? [posted(ctx, posting, { placementId: placement.id })] : []),
    ],
    audit: {
      action: "placement.released",
      subject: { type: "payout_schedule", id: schedule.id },
      before: schedule,
      after: { ...schedule, ...after },
      companyId: placement.companyId,
    },
    events: [
      scheduleEvent("payout_schedule.released", schedule),
      ...(isOver ? [scheduleEvent("payout_schedule.processed", schedule)] : []),
      ...due.map(({ id }) => payoutDue(id)),
    ],
  });
}

/** What is owed may be sent from now on; what is held as soon as nothing holds it. */
const eligible = (ctx: Context, ids: readonly string[]): Statement[] =>
  ids.length === 0
    ? []
    : [
        updateOf(placementPayoutTransactions)
          .set({ eligibleAt: ctx.now(), version: sql`${placementPayoutTransactions.version} + 1`, updatedAt: ctx.now() })
          .where(inArray(placementPayoutTransactions.id, [...ids])) as Statement,
      ];

/** Ends the schedules of which nothing is left to be sent (M-14). */
export const finishSchedules = (ctx: Context): Promise<void> =>
  sweepThrough(
    ctx,
    async (skip) => {
      const [done] = await ctx.read(
        select()
          .from(payoutSchedules)
          .where(
            sql`${payoutSchedules.status} = 'processing' and not exists (select 1 from ${placementPayoutTransactions} t
              where t.placement_id = ${payoutSchedules.placementId} and t.status in ('pending', 'processing'))`,
          )
          .orderBy(payoutSchedules.releasedAt, payoutSchedules.id)
          .limit(ROWS_A_STEP)
          .offset(skip),
      );
      return done;
    },
    (schedule) => finish(ctx, schedule),
    "a schedule could not be ended",
  );

async function finish(ctx: Context, schedule: ScheduleRow): Promise<void> {
  const after = { status: "processed" as const, processedAt: ctx.now() };
  await commit(ctx, null, {
    expect: [unchanged(payoutSchedules, schedule)],
    write: [
      update(ctx, payoutSchedules, schedule.id, after),
      ...payoutLog(ctx, [
        {
          placementId: schedule.placementId,
          scheduleId: schedule.id,
          eventType: "schedule",
          action: "processed",
          oldStatus: schedule.status,
          newStatus: after.status,
        },
      ]),
    ],
    audit: {
      action: "payout_schedule.processed",
      subject: { type: "payout_schedule", id: schedule.id },
      before: schedule,
      after: { ...schedule, ...after },
    },
    events: [scheduleEvent("payout_schedule.processed", schedule)],
  });
}
