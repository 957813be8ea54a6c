import { payoutSchedules } from "#db/schema/billing.ts";
import { scheduleEvent } from "#domain/events/placement.ts";
import { update } from "../commit.ts";
import type { Context } from "../context.ts";
import type { Parts } from "../invoices/parts.ts";
import { payoutLog } from "../payouts/audit-log.ts";
import type { MoneyAtHand } from "./money.ts";

/** Nothing of a placement is left to be released: its schedule ends. Null where it has none that runs. */
export function cancelSchedule(ctx: Context, { schedule }: MoneyAtHand): Parts | null {
  if (!schedule) return null;
  const after = { ...schedule, status: "cancelled" as const };
  return {
    write: [
      update(ctx, payoutSchedules, schedule.id, { status: after.status }),
      ...payoutLog(ctx, [
        {
          placementId: schedule.placementId,
          scheduleId: schedule.id,
          eventType: "schedule",
          action: "cancelled",
          oldStatus: schedule.status,
          newStatus: after.status,
        },
      ]),
    ],
    audit: [{ action: "payout_schedule.cancelled", subject: { type: "payout_schedule", id: schedule.id }, before: schedule, after }],
    events: [scheduleEvent("payout_schedule.cancelled", schedule)],
  };
}
