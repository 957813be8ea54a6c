import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { OPERATION_KINDS, OPERATION_STATUSES } from "#db/schema/billing.ts";
import type { OperationRow } from "#services/stripe-operations/operation.ts";
import { listStripeOperations, retryStripeOperation, stripeOperationNoun } from "#services/stripe-operations/stripe-operation.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation } from "../operation.ts";
import { Id, Instant, text } from "./shapes.ts";

const StripeOperationShape = z
  .object({
    id: Id,
    kind: z.enum(OPERATION_KINDS),
    subject_type: z.string(),
    subject_id: Id,
    request: z.record(z.string(), z.unknown()).openapi({ description: "What is asked for: ids and cents" }),
    status: z.enum(OPERATION_STATUSES),
    stripe_object_id: z.string().nullable(),
    attempts: z.int(),
    retry_count: z.int(),
    next_attempt_at: Instant,
    failure_reason: z.string().nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("StripeOperation");

const stripeOperation = (row: OperationRow): z.infer<typeof StripeOperationShape> => ({
  id: row.id,
  kind: row.kind,
  subject_type: row.subjectType,
  subject_id: row.subjectId,
  request: row.request,
  status: row.status,
  stripe_object_id: row.stripeObjectId,
  attempts: row.attempts,
  retry_count: row.retryCount,
  next_attempt_at: row.nextAttemptAt.toISOString(),
  failure_reason: row.failureReason,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

export function stripeOperations(api: OpenAPIHono<ApiEnv>): void {
  listOperation<OperationRow>(api, {
    path: "/stripe-operations",
    access: ["stripe-operations", "list"],
    summary: "List what is asked of Stripe",
    description: "For platform admins: each intent once, what became of it, and why it was given up.",
    noun: stripeOperationNoun,
    filters: z.object({ status: z.enum(OPERATION_STATUSES), kind: z.enum(OPERATION_KINDS), subject_id: Id }),
    item: StripeOperationShape,
    run: listStripeOperations,
    present: stripeOperation,
  });
  operation(api, {
    method: "post",
    path: "/stripe-operations/{id}/retry",
    access: ["stripe-operations", "retry"],
    summary: "Try an operation again that was given up",
    description: "Adds one attempt, at once. What was sent before is looked up first.",
    params: idParameter,
    body: z.strictObject({ reason: text(1_000), version: z.int().optional() }).openapi("StripeOperationRetry"),
    replies: [200, StripeOperationShape],
    run: (ctx, { params, body }) => retryStripeOperation(ctx, params.id, body.reason, body.version),
    present: stripeOperation,
  });
}
