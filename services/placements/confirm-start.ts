import { sql } from "drizzle-orm";
import { placements } from "#db/schema/ats.ts";
import { escrowHolds, payoutSchedules } from "#db/schema/billing.ts";
import { utcDate } from "#domain/commission/dates.ts";
import { confirmStart as decide } from "#domain/placements/placement.ts";
import { commit, deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { draftInvoiceOf } from "../invoices/draft-invoice.ts";
import { rowById } from "../listing.ts";
import { payoutLog } from "../payouts/audit-log.ts";
import { guardPlacements, type MoneyAtHand, readMoney } from "./money.ts";
import { type Placement, placementNoun } from "./placement.ts";

/**
 * The company says that the candidate has started, or on which other day they start; the guarantee
 * is counted anew, and with it the hold and the schedule; the fee stays (D-108). Refuses a placement that is not waiting for its start.
 *
 * @param startDate - `YYYY-MM-DD`; null confirms that the work has begun
 */
export async function confirmStart(ctx: Context, id: string, startDate: string | null): Promise<Placement> {
  return deciding(ctx, async () => {
    const { money, more } = await readMoney(ctx, sql`${id}::uuid`, rowById<Placement>(ctx, placementNoun, id));
    const before = readable("placement", id, (more[0] as Placement[])[0]);
    expectVersion(ctx, before);
    const { isPlatformAdmin, adminCompanyIds } = ctx.access;
    const actor = { isPlatformAdmin, isCompanyAdmin: adminCompanyIds.includes(before.companyId) };
    if (isPlatformAdmin && !actor.isCompanyAdmin) ctx.override();
    const { placement, events } = decide(before, actor, { startDate }, ctx.now());
    const { state, guaranteeExpiresAt, guaranteeWarnedDays } = placement;
    if (!money) throw new Error(`placement ${id} has no money`);
    const invoice = state === "active" ? draftInvoiceOf(ctx, money) : null;
    const after: Placement = { ...placement, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [...guardPlacements(before, money.replaced?.placement), unchanged(placements, before)],
      write: [
        update(ctx, placements, id, { state, startDate: placement.startDate, guaranteeExpiresAt, guaranteeWarnedDays }),
        ...rescheduled(ctx, money, utcDate(guaranteeExpiresAt)),
        ...(invoice?.write ?? []),
      ],
      audit: [
        {
          action: "placement.start_confirmed",
          subject: { type: "placement", id },
          before,
          after,
          companyId: before.companyId,
        },
        ...(invoice?.audit ?? []),
      ],
      events: [...events, ...(invoice?.events ?? [])],
    });
  });
}

/** The guarantee's hold and the schedule on the day on which the guarantee now ends. */
function rescheduled(ctx: Context, { holds, schedule }: MoneyAtHand, day: string): Statement[] {
  if (!schedule || schedule.scheduledDate === day) return [];
  return [
    ...holds
      .filter(({ holdReason }) => holdReason === "guarantee_period")
      .map((hold) => update(ctx, escrowHolds, hold.id, { releaseScheduledDate: day })),
    update(ctx, payoutSchedules, schedule.id, { scheduledDate: day }),
    ...payoutLog(ctx, [
      {
        placementId: schedule.placementId,
        scheduleId: schedule.id,
        eventType: "schedule",
        action: "moved",
        metadata: { from: schedule.scheduledDate, to: day },
      },
    ]),
  ];
}
