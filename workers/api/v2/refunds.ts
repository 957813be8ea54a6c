import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { OPERATION_STATUSES } from "#db/schema/billing.ts";
import { cents, MAX_FEE } from "#domain/money.ts";
import { recordRefund } from "#services/invoices/record-refund.ts";
import { getRefund, listRefunds, type Refund, refundNoun } from "#services/invoices/refunds.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation, readOperation } from "../operation.ts";
import { amount, amountShape, Id, Instant, text } from "./shapes.ts";

const RefundShape = z
  .object({
    id: Id,
    company_id: Id,
    placement_id: Id,
    invoice_ids: z.array(Id).openapi({ description: "Whose payments are given back, newest payment first" }),
    ...amountShape("amount"),
    ...amountShape("refunded"),
    status: z.enum(OPERATION_STATUSES),
    failure_reason: z
      .string()
      .nullable()
      .openapi({ description: "`refund_by_hand`: what is open was paid past Stripe, and is paid back and recorded by hand" }),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("Refund");

const refund = ({ request, ...row }: Refund): z.infer<typeof RefundShape> => ({
  id: row.id,
  company_id: request.company_id,
  placement_id: request.placement_id,
  invoice_ids: [...request.invoice_ids],
  ...amount("amount", cents(request.amount_cents)),
  ...amount("refunded", cents(row.refundedCents)),
  status: row.status,
  failure_reason: row.failureReason,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

/** What goes back to companies: for platform admins. */
export function refunds(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Refund>(api, {
    path: "/refunds",
    access: ["refunds", "list"],
    summary: "List refunds",
    noun: refundNoun,
    filters: z.object({ status: z.enum(OPERATION_STATUSES), company_id: Id, placement_id: Id }),
    item: RefundShape,
    run: listRefunds,
    present: refund,
  });
  readOperation<Refund>(api, {
    path: "/refunds/{id}",
    access: ["refunds", "get"],
    summary: "Read a refund",
    noun: refundNoun,
    item: RefundShape,
    run: getRefund,
    present: refund,
  });
  operation(api, {
    method: "post",
    path: "/refunds/{id}/record",
    access: ["refunds", "record"],
    summary: "Record that a refund was paid by hand",
    description: "Where Stripe could not make it. By an approval of `refund.record` whose request is `{amount_cents}`: all that is open.",
    params: idParameter,
    body: z.strictObject({ amount_cents: z.int().min(1).max(MAX_FEE), approval_id: Id, reason: text(1_000) }).openapi("RecordRefundInput"),
    replies: [200, RefundShape],
    run: (ctx, { params, body }) =>
      recordRefund(ctx, params.id, { amount: cents(body.amount_cents), approvalId: body.approval_id, reason: body.reason }),
    present: refund,
  });
}
