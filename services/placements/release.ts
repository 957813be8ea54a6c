import { inArray, sql } from "drizzle-orm";
import { payoutSchedules, placementPayoutTransactions } from "#db/schema/billing.ts";
import { select, updateOf } from "#db/statements.ts";
import { scheduleEvent } from "#domain/events/placement.ts";
import { payoutDue } from "#domain/events/payout.ts";
import { releasePosting } from "#domain/ledger/postings.ts";
import { type ReleaseBlocker, releaseBlockers } from "#domain/payouts/release.ts";
import { conflict, invalidTransition } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { type Change, commit, deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { posted } from "../ledger/post.ts";
import { rowById } from "../listing.ts";
import { payoutLog } from "../payouts/audit-log.ts";
import { ROWS_A_STEP, sweepThrough } from "../upkeep/sweep.ts";
import { guardPayouts, guardPlacements, type MoneyAtHand, readMoney, type ScheduleRow } from "./money.ts";
import { type Schedule, scheduleNoun } from "./schedule.ts";

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
        const schedule = money?.schedule;
        if (!money || schedule?.status !== "scheduled" || blockersOf(money, ctx.now()).length > 0) return;
        await commit(ctx, null, released(ctx, money, schedule, null).change);
      }),
    "a placement could not be released",
  );

/**
 * Releases one placement now. DOMAIN's `trigger` of a schedule is MONEY's release (§9): the conditions stay
 * what they are, and what this saves is the wait for the next minute.
 *
 * Refuses whoever is no platform admin, a schedule that is not waiting (`invalid_transition`), and one whose
 * conditions do not hold (409 `release_blocked`, with `blockers`).
 */
export async function releaseNow(ctx: Context, id: string, reason: string): Promise<Schedule> {
  return deciding(ctx, async () => {
    const of = sql`(select s.placement_id from ${payoutSchedules} s where s.id = ${id}::uuid)`;
    const { money, more } = await readMoney(ctx, of, rowById<Schedule>(ctx, scheduleNoun, id));
    const before = readable("payout schedule", id, (more[0] as Schedule[])[0]);
    requirePlatformAdmin(ctx, "release placements");
    expectVersion(ctx, before);
    if (before.status !== "scheduled") throw invalidTransition("payout schedule", before.status, "processing", []);
    if (!money) throw new Error(`schedule ${id} has no placement`);
    const blockers = blockersOf(money, ctx.now());
    if (blockers.length > 0) throw conflict("The placement's conditions do not hold yet.", { reason: "release_blocked", blockers });
    const { after, change } = released(ctx, money, before, reason);
    return commit(ctx, { ...before, ...after, blockers: [], version: before.version + 1, updatedAt: ctx.now() }, change);
  });
}

const blockersOf = ({ placement, invoice, replaced, openDispute, holds }: MoneyAtHand, now: Date): ReleaseBlocker[] =>
  releaseBlockers(
    {
      placement,
      invoice,
      creditedInvoice: replaced?.credit && replaced.credit.usedCents > 0 ? replaced.invoice : null,
      openDispute,
      complianceHold: holds.some(({ holdReason }) => holdReason !== "guarantee_period"),
    },
    now,
  );

/**
 * The release of a placement whose conditions hold (B7), as one change.
 *
 * @param reason - why an admin asked for it now; null for the sweep
 */
function released(ctx: Context, money: MoneyAtHand, schedule: ScheduleRow, reason: string | null) {
  const { placement, transactions, escrow } = money;
  const now = ctx.now();
  const owed = transactions.filter((row) => OWED.includes(row.status));
  const due = owed.filter((row) => row.status === "pending");
  const isOver = due.length === 0;
  const after = {
    status: isOver ? ("processed" as const) : ("processing" as const),
    releasedAt: now,
    processedAt: isOver ? now : null,
    ...(reason === null ? {} : { triggerEvent: "manual" as const }),
  };
  const posting = releasePosting({
    placementId: placement.id,
    escrow,
    payables: owed.map(({ recruiterId, netAmount }) => ({ recruiterId, net: netAmount })),
  });
  const change: Change = {
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
          reason,
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
      reason,
    },
    events: [
      scheduleEvent("payout_schedule.released", schedule),
      ...(isOver ? [scheduleEvent("payout_schedule.processed", schedule)] : []),
      ...due.map(({ id }) => payoutDue(id)),
    ],
  };
  return { after, change };
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
