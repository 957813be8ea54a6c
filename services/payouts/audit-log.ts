import { payoutAuditLog } from "#db/schema/billing.ts";
import { insertAll, newRow } from "../commit.ts";
import type { Context, Statement } from "../context.ts";

/** One change of a status, a hold, an amount or a schedule. */
export type PayoutLogLine = Pick<typeof payoutAuditLog.$inferInsert, "placementId" | "eventType" | "action"> &
  Partial<
    Pick<
      typeof payoutAuditLog.$inferInsert,
      "transactionId" | "scheduleId" | "oldStatus" | "newStatus" | "oldAmountCents" | "newAmountCents" | "reason" | "metadata"
    >
  >;

/** Notes changes of payouts in their own log (DOMAIN §2.8): by whom, and as what. Nothing for no change. */
export function payoutLog(ctx: Context, lines: readonly PayoutLogLine[]): Statement[] {
  if (lines.length === 0) return [];
  const changedBy = ctx.access.userId;
  const changedByRole = ctx.access.isPlatformAdmin ? "platform_admin" : changedBy === null ? "system" : "user";
  return [
    insertAll(
      payoutAuditLog,
      lines.map((line) => newRow(ctx, payoutAuditLog, { ...line, changedBy, changedByRole })),
    ),
  ];
}
