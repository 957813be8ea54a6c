import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { ESCROW_HOLD_REASONS, ESCROW_HOLD_STATUSES } from "#db/schema/billing.ts";
import type { HoldRow } from "#services/placements/money.ts";
import { getHold, holdNoun, listHolds } from "#services/placements/schedule.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, readOperation } from "../operation.ts";
import { amount, amountShape, Day, Id, Instant, instant } from "./shapes.ts";

export const HoldShape = z
  .object({
    id: Id,
    placement_id: Id,
    ...amountShape("hold_amount"),
    hold_reason: z.enum(ESCROW_HOLD_REASONS),
    status: z.enum(ESCROW_HOLD_STATUSES),
    held_at: Instant,
    release_scheduled_date: Day.nullable(),
    released_at: Instant.nullable(),
    released_by: Id.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("EscrowHold");

/** What leaves the house of a hold. */
export const hold = (row: HoldRow) => ({
  id: row.id,
  placement_id: row.placementId,
  ...amount("hold_amount", row.holdAmountCents),
  hold_reason: row.holdReason,
  status: row.status,
  held_at: row.heldAt.toISOString(),
  release_scheduled_date: row.releaseScheduledDate,
  released_at: instant(row.releasedAt),
  released_by: row.releasedBy,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

export function escrowHolds(api: OpenAPIHono<ApiEnv>): void {
  listOperation<HoldRow>(api, {
    path: "/escrow-holds",
    access: ["escrow-holds", "list"],
    summary: "List holds of placements' money",
    noun: holdNoun,
    filters: z.object({ status: z.enum(ESCROW_HOLD_STATUSES), placement_id: Id }),
    item: HoldShape,
    run: listHolds,
    present: hold,
  });
  readOperation<HoldRow>(api, {
    path: "/escrow-holds/{id}",
    access: ["escrow-holds", "get"],
    summary: "Read a hold",
    noun: holdNoun,
    item: HoldShape,
    run: getHold,
    present: hold,
  });
}
