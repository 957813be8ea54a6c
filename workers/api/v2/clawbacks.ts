import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { CLAWBACK_CAUSES } from "#db/schema/billing.ts";
import { cents, MAX_FEE } from "#domain/money.ts";
import type { Included } from "#services/listing.ts";
import { type Clawback, clawBack } from "#services/payouts/claw-back.ts";
import { clawbackNoun, getClawback, listClawbacks, type PayoutReversal } from "#services/payouts/clawback.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { amount, amountShape, Id, included, Instant, text } from "./shapes.ts";

const ClawbackShape = z
  .object({
    id: Id,
    placement_id: Id,
    cause: z.enum(CLAWBACK_CAUSES),
    cause_id: Id.openapi({ description: "The approval, or the dispute of a lost chargeback" }),
    ...amountShape("refund"),
    ...amountShape("platform"),
    before_release: z.boolean(),
    reason: z.string(),
    created_at: Instant,
  })
  .catchall(z.unknown())
  .openapi("Clawback");

const clawback = (row: Clawback) => ({
  id: row.id,
  placement_id: row.placementId,
  cause: row.cause,
  cause_id: row.causeId,
  ...amount("refund", row.refundCents),
  ...amount("platform", row.platformCents),
  before_release: row.beforeRelease,
  reason: row.reason,
  created_at: row.createdAt.toISOString(),
});

const reversal = (row: PayoutReversal) => ({
  id: row.id,
  payout_transaction_id: row.payoutTransactionId,
  ...amount("amount", row.amountCents),
  ...amount("unpaid", row.unpaidCents),
  ...amount("paid", row.paidCents),
  operation_id: row.operationId,
});

const withIncludes = (row: Included<Clawback>) => ({ ...clawback(row), ...included(row, { reversals: reversal }) });

/** Money asked back of placements: for platform admins. */
export function clawbacks(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Clawback>(api, {
    path: "/clawbacks",
    access: ["clawbacks", "list"],
    summary: "List clawbacks",
    noun: clawbackNoun,
    filters: z.object({ placement_id: Id, cause: z.enum(CLAWBACK_CAUSES) }),
    item: ClawbackShape,
    run: listClawbacks,
    present: withIncludes,
  });
  readOperation<Clawback>(api, {
    path: "/clawbacks/{id}",
    access: ["clawbacks", "get"],
    summary: "Read a clawback",
    noun: clawbackNoun,
    item: ClawbackShape,
    run: getClawback,
    present: withIncludes,
  });
  operation(api, {
    method: "post",
    path: "/clawbacks",
    access: ["clawbacks", "create"],
    summary: "Take money of a placement back",
    description: [
      "By an approval of `clawback` about the placement whose request is `{amount_cents}`. The company gets the amount.",
      "What the platform bears alone takes an approval of `refund.above_policy` instead, and touches no recruiter's share.",
    ].join(" "),
    body: z
      .strictObject({
        placement_id: Id,
        amount_cents: z.int().min(1).max(MAX_FEE),
        borne_by: z.enum(["everybody", "platform"]).default("everybody"),
        reason: text(1_000),
        approval_id: Id,
      })
      .openapi("ClawbackInput"),
    replies: [201, ClawbackShape],
    run: (ctx, { body }) =>
      clawBack(ctx, {
        placementId: body.placement_id,
        amount: cents(body.amount_cents),
        borneBy: body.borne_by,
        reason: body.reason,
        approvalId: body.approval_id,
      }),
    present: clawback,
  });
}
