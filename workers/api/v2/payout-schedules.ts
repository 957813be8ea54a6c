import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { SCHEDULE_STATUSES, SCHEDULE_TRIGGERS } from "#db/schema/billing.ts";
import type { Included } from "#services/listing.ts";
import { cancelRelease } from "#services/payouts/claw-back.ts";
import { releaseNow } from "#services/placements/release.ts";
import { getSchedule, listSchedules, type Schedule, scheduleNoun } from "#services/placements/schedule.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { payout } from "./payout-transactions.ts";
import { Day, Id, included, Instant, instant, text } from "./shapes.ts";

const ScheduleShape = z
  .object({
    id: Id,
    placement_id: Id,
    scheduled_date: Day,
    trigger_event: z.enum(SCHEDULE_TRIGGERS),
    status: z.enum(SCHEDULE_STATUSES),
    blockers: z.array(z.string()).openapi({ description: "What the release still waits for" }),
    released_at: Instant.nullable(),
    processed_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("PayoutSchedule");

const schedule = (row: Schedule | Included<Schedule>) => ({
  id: row.id,
  placement_id: row.placementId,
  scheduled_date: row.scheduledDate,
  trigger_event: row.triggerEvent,
  status: row.status,
  blockers: row.blockers,
  released_at: instant(row.releasedAt),
  processed_at: instant(row.processedAt),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...included(row, { transactions: payout }),
});

export function payoutSchedules(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Schedule>(api, {
    path: "/payout-schedules",
    access: ["payout-schedules", "list"],
    summary: "List payout schedules",
    noun: scheduleNoun,
    filters: z.object({ status: z.enum(SCHEDULE_STATUSES), placement_id: Id, due_before: Day }),
    item: ScheduleShape,
    run: listSchedules,
    present: schedule,
  });
  readOperation<Schedule>(api, {
    path: "/payout-schedules/{id}",
    access: ["payout-schedules", "get"],
    summary: "Read a payout schedule",
    noun: scheduleNoun,
    item: ScheduleShape,
    run: getSchedule,
    present: schedule,
  });
  operation(api, {
    method: "post",
    path: "/payout-schedules/{id}/trigger",
    access: ["payout-schedules", "trigger"],
    summary: "Release a placement now",
    description: "For platform admins. The conditions of the release stay what they are: while one does not hold, 409 with `blockers`.",
    params: z.object({ id: Id }),
    body: z.strictObject({ reason: text(1_000) }).openapi("TriggerScheduleInput"),
    replies: [200, ScheduleShape],
    run: (ctx, { params, body }) => releaseNow(ctx, params.id, body.reason),
    present: schedule,
  });
  operation(api, {
    method: "post",
    path: "/payout-schedules/{id}/cancel",
    access: ["payout-schedules", "cancel"],
    summary: "Give a placement's money back before its release",
    description: [
      "By an approval of `clawback` about the placement whose request is `{amount_cents}`: all that its escrow holds. The open shares and",
      "the schedule are cancelled, and the company gets everything: its invoice is voided, and what it paid is refunded.",
    ].join(" "),
    params: z.object({ id: Id }),
    body: z.strictObject({ approval_id: Id, reason: text(1_000) }).openapi("CancelScheduleInput"),
    replies: [200, ScheduleShape],
    run: (ctx, { params, body }) => cancelRelease(ctx, params.id, { approvalId: body.approval_id, reason: body.reason }),
    present: schedule,
  });
}
