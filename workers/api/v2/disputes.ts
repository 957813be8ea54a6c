import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { DISPUTE_STATUSES, DISPUTE_TYPES } from "#db/schema/billing.ts";
import { dismissDispute, resolveDispute, reviewDispute } from "#services/disputes/decide-dispute.ts";
import { type Dispute, disputeNoun, getDispute, listDisputes } from "#services/disputes/dispute.ts";
import { raiseDispute } from "#services/disputes/raise-dispute.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { amount, amountShape, Id, Instant, instant, text } from "./shapes.ts";

const DisputeShape = z
  .object({
    id: Id,
    placement_id: Id,
    dispute_type: z.enum(DISPUTE_TYPES),
    status: z.enum(DISPUTE_STATUSES),
    reason: z.string().optional().openapi({ description: "Shown to whoever raised it and to platform admins" }),
    resolution: z.string().nullable().optional(),
    ...amountShape("amount"),
    resolved_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("Dispute");

/** What leaves the house of a dispute: of the other party's words and money nothing. */
const dispute = (row: Dispute) => ({
  id: row.id,
  placement_id: row.placementId,
  dispute_type: row.disputeType,
  status: row.status,
  ...(row.seesReason ? { reason: row.reason, resolution: row.resolution } : {}),
  ...(row.seesAmount ? amount("amount", row.amountCents) : {}),
  resolved_at: instant(row.resolvedAt),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

const DecisionInput = z.strictObject({ resolution: text(2_000) }).openapi("DisputeDecisionInput");

export function disputes(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Dispute>(api, {
    path: "/disputes",
    access: ["disputes", "list"],
    summary: "List disputes",
    noun: disputeNoun,
    filters: z.object({ status: z.enum(DISPUTE_STATUSES), placement_id: Id }),
    item: DisputeShape,
    run: listDisputes,
    present: dispute,
  });
  readOperation<Dispute>(api, {
    path: "/disputes/{id}",
    access: ["disputes", "get"],
    summary: "Read a dispute",
    noun: disputeNoun,
    item: DisputeShape,
    run: getDispute,
    present: dispute,
  });
  operation(api, {
    method: "post",
    path: "/disputes",
    access: ["disputes", "create"],
    summary: "Dispute a placement",
    description: "Until it is decided none of the placement's money is paid.",
    body: z
      .strictObject({
        placement_id: Id,
        dispute_type: z.enum(["fee_amount", "fee_split", "placement_validity", "service_quality", "other"]),
        reason: text(2_000),
      })
      .openapi("DisputeInput"),
    replies: [201, DisputeShape],
    run: (ctx, { body }) => raiseDispute(ctx, { placementId: body.placement_id, disputeType: body.dispute_type, reason: body.reason }),
    present: dispute,
  });
  operation(api, {
    method: "post",
    path: "/disputes/{id}/review",
    access: ["disputes", "review"],
    summary: "Take a dispute up for review",
    params: z.object({ id: Id }),
    body: z.strictObject({}).openapi("ReviewDisputeInput"),
    replies: [200, DisputeShape],
    run: (ctx, { params }) => reviewDispute(ctx, params.id),
    present: dispute,
  });
  operation(api, {
    method: "post",
    path: "/disputes/{id}/resolve",
    access: ["disputes", "resolve"],
    summary: "End a dispute with a resolution",
    params: z.object({ id: Id }),
    body: DecisionInput,
    replies: [200, DisputeShape],
    run: (ctx, { params, body }) => resolveDispute(ctx, params.id, body.resolution),
    present: dispute,
  });
  operation(api, {
    method: "post",
    path: "/disputes/{id}/dismiss",
    access: ["disputes", "dismiss"],
    summary: "End a dispute as unfounded",
    params: z.object({ id: Id }),
    body: DecisionInput,
    replies: [200, DisputeShape],
    run: (ctx, { params, body }) => dismissDispute(ctx, params.id, body.resolution),
    present: dispute,
  });
}
