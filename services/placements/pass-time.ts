import { type SQL, sql } from "drizzle-orm";
import { placements } from "#db/schema/ats.ts";
import { escrowHolds } from "#db/schema/billing.ts";
import { recruiterReputation } from "#db/schema/network.ts";
import { select, statement } from "#db/statements.ts";
import { closeDeal } from "#domain/deals/close.ts";
import { holdEvent } from "#domain/events/placement.ts";
import { activatePlacement, completePlacement, type PlacementChange, warnOfGuaranteeEnd } from "#domain/placements/placement.ts";
import { type Change, commit, deciding, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { dealChange, readDeal } from "../deals/change-deal.ts";
import { draftInvoiceOf } from "../invoices/draft-invoice.ts";
import { type Parts, together } from "../invoices/parts.ts";
import { payoutLog } from "../payouts/audit-log.ts";
import { ROWS_A_STEP, sweepThrough } from "../upkeep/sweep.ts";
import { guardPlacements, type MoneyAtHand, moneyAtHand, moneyStatements, readMoney } from "./money.ts";

type Row = typeof placements.$inferSelect;

/** Activates the placements whose start date has come, each with the draft of its invoice (B2). */
export const activatePlacements = (ctx: Context): Promise<void> =>
  each(ctx, sql`${placements.state} = 'hired' and ${placements.startDate} <= (ops.now() at time zone 'utc')::date`, async (money) => {
    const change = activatePlacement(money.placement, ctx.now());
    if (!change) return;
    await commit(ctx, null, moved(ctx, money, change, "placement.activated", draftInvoiceOf(ctx, money)));
  });

/** Warns, 14, 7 and 1 days before, that a guarantee ends. */
export const warnOfGuaranteeEnds = (ctx: Context): Promise<void> =>
  each(
    ctx,
    sql`${placements.state} = 'active' and ${placements.guaranteeExpiresAt} > ops.now() and ${placements.guaranteeExpiresAt} <= ops.now() + interval '14 days'
      and (case when ${placements.guaranteeDays} > 1 and ${placements.guaranteeExpiresAt} <= ops.now() + interval '1 day' then 1
        when ${placements.guaranteeDays} > 7 and ${placements.guaranteeExpiresAt} <= ops.now() + interval '7 days' then 7
        when ${placements.guaranteeDays} > 14 then 14 end) < coalesce(${placements.guaranteeWarnedDays}, 15)`,
    async (money) => {
      const change = warnOfGuaranteeEnd(money.placement, ctx.now());
      if (change) await commit(ctx, null, moved(ctx, money, change, "placement.guarantee_warned"));
    },
  );

/** Completes the placements whose guarantee is over, releases its hold, and closes their deals, which frees the pairs (B6, D-103). */
export const completePlacements = (ctx: Context): Promise<void> =>
  each(ctx, sql`${placements.state} = 'active' and ${placements.guaranteeExpiresAt} <= ops.now()`, async ({ placement: { craId } }, id) => {
    const deal = await readDeal(ctx, { assignmentId: craId }, ...moneyStatements(sql`${id}::uuid`));
    const money = moneyAtHand(deal.more);
    const change = money ? completePlacement(money.placement, ctx.now()) : null;
    if (!money || !change) return;
    const { parts } = dealChange(ctx, deal, closeDeal(deal, ctx.now()), { action: "closed", reason: "the guarantee is over" });
    const placement = moved(ctx, money, change, "placement.completed", endGuaranteeHold(ctx, money, "released"));
    await commit(ctx, null, {
      expect: [...(placement.expect ?? []), ...(parts.expect ?? [])],
      write: [...placement.write, ...parts.write, countCompleted(id)],
      audit: [...[parts.audit].flat(), ...[placement.audit].flat()],
      events: [...placement.events, ...parts.events],
    });
  });

/** A completed placement counts for each recruiter with a role in it; locked in the order of their ids. */
const countCompleted = (placementId: string) =>
  statement(sql`update ${recruiterReputation} set completed_placements = completed_placements + 1, updated_at = ops.now()
    where recruiter_id in (select r.recruiter_id from ${recruiterReputation} r
      join billing.placement_snapshot s on s.placement_id = ${placementId}::uuid
        and r.recruiter_id in (s.candidate_recruiter_id, s.company_recruiter_id, s.job_owner_recruiter_id, s.candidate_sourcer_recruiter_id, s.company_sourcer_recruiter_id)
      order by r.recruiter_id for no key update of r)`);

/** What becomes of the guarantee's hold when the guarantee is over, or the candidate gone before. */
export function endGuaranteeHold(ctx: Context, { holds }: MoneyAtHand, end: "released" | "forfeited"): Parts {
  return together(
    ...holds
      .filter(({ holdReason }) => holdReason === "guarantee_period")
      .map((hold): Parts => {
        const after = { status: end, releasedAt: end === "released" ? ctx.now() : null, releasedBy: ctx.access.userId };
        return {
          write: [
            update(ctx, escrowHolds, hold.id, after),
            ...payoutLog(ctx, [
              {
                placementId: hold.placementId,
                eventType: "hold",
                action: end,
                oldStatus: hold.status,
                newStatus: end,
                reason: hold.holdReason,
              },
            ]),
          ],
          audit: [
            { action: `escrow_hold.${end}`, subject: { type: "escrow_hold", id: hold.id }, before: hold, after: { ...hold, ...after } },
          ],
          events: [holdEvent(`escrow_hold.${end}`, hold)],
        };
      }),
  );
}

function moved(
  ctx: Context,
  { placement: before, replaced }: MoneyAtHand,
  { placement, events }: PlacementChange<Row>,
  action: string,
  more: Parts | null = null,
): Change {
  const { state, guaranteeWarnedDays, completedAt } = placement;
  return {
    // an invoice that a credit covers takes over when that credit's own invoice settles
    expect: [...guardPlacements(before, replaced?.placement), unchanged(placements, before)],
    write: [update(ctx, placements, before.id, { state, guaranteeWarnedDays, completedAt }), ...(more?.write ?? [])],
    audit: [
      { action, subject: { type: "placement", id: before.id }, before, after: placement, companyId: before.companyId },
      ...(more?.audit ?? []),
    ],
    events: [...events, ...(more?.events ?? [])],
  };
}

/** Each due placement in a commit of its own. */
const each = (ctx: Context, due: SQL, step: (money: MoneyAtHand, id: string) => Promise<void>): Promise<void> =>
  sweepThrough(
    ctx,
    async (skip) => {
      const [rows] = await ctx.read(
        select({ id: placements.id })
          .from(placements)
          .where(due)
          .orderBy(placements.startDate, placements.id)
          .limit(ROWS_A_STEP)
          .offset(skip),
      );
      return rows;
    },
    ({ id }) =>
      deciding(ctx, async () => {
        const { money } = await readMoney(ctx, sql`${id}::uuid`);
        if (money) await step(money, id);
      }),
    "a placement could not be moved on",
  );
