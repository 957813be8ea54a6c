import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { APPROVAL_STATUSES } from "#db/schema/billing.ts";
import { APPROVAL_ACTIONS } from "#domain/approvals/approval.ts";
import { type Approval, approvalNoun, getApproval, listApprovals } from "#services/approvals/approval.ts";
import { approveRequest, rejectRequest } from "#services/approvals/decide-approval.ts";
import { requestApproval } from "#services/approvals/request-approval.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { Id, Instant, text } from "./shapes.ts";

const Scalar = z.union([z.string().max(2_000), z.number(), z.boolean()]).nullable();

const ApprovalShape = z
  .object({
    id: Id,
    action: z.string(),
    subject_id: Id,
    request: z.record(z.string(), z.unknown()),
    reason: z.string(),
    requested_by: Id,
    approved_by: Id.nullable(),
    status: z.enum(APPROVAL_STATUSES),
    expires_at: Instant,
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("Approval");

const ApprovalInput = z
  .strictObject({
    action: z.enum(APPROVAL_ACTIONS),
    subject_id: Id.openapi({ description: "The row that it is about" }),
    request: z.record(z.string().max(60), Scalar).default({}).openapi({
      type: "object",
      additionalProperties: true,
      description: "Exactly what will be asked of the action, without `approval_id` and `reason`",
    }),
    reason: text(1_000).openapi({ description: "Begins with `executive:` for a change of fees or rates by more than 5 %" }),
  })
  .openapi("ApprovalInput");

/** What leaves the house of an approval. */
const approval = (row: Approval) => ({
  id: row.id,
  action: row.action,
  subject_id: row.subjectId,
  request: row.request,
  reason: row.reason,
  requested_by: row.requestedBy,
  approved_by: row.approvedBy,
  status: row.status,
  expires_at: row.expiresAt.toISOString(),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

export function approvals(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Approval>(api, {
    path: "/approvals",
    access: ["approvals", "list"],
    summary: "List approvals",
    noun: approvalNoun,
    filters: z.object({ status: z.enum(APPROVAL_STATUSES), action: z.enum(APPROVAL_ACTIONS), subject_id: Id }),
    item: ApprovalShape,
    run: listApprovals,
    present: approval,
  });
  readOperation<Approval>(api, {
    path: "/approvals/{id}",
    access: ["approvals", "get"],
    summary: "Read an approval",
    noun: approvalNoun,
    item: ApprovalShape,
    run: getApproval,
    present: approval,
  });
  operation(api, {
    method: "post",
    path: "/approvals",
    access: ["approvals", "create"],
    summary: "Ask for the approval of a second admin",
    description: "It lasts 24 hours, and is used by the action it is for.",
    body: ApprovalInput,
    replies: [201, ApprovalShape],
    run: (ctx, { body }) =>
      requestApproval(ctx, { action: body.action, subjectId: body.subject_id, request: body.request, reason: body.reason }),
    present: approval,
  });
  operation(api, {
    method: "post",
    path: "/approvals/{id}/approve",
    access: ["approvals", "approve"],
    summary: "Approve what another admin asked for",
    params: z.object({ id: Id }),
    body: z.strictObject({}).openapi("ApproveInput"),
    replies: [200, ApprovalShape],
    run: (ctx, { params }) => approveRequest(ctx, params.id),
    present: approval,
  });
  operation(api, {
    method: "post",
    path: "/approvals/{id}/reject",
    access: ["approvals", "reject"],
    summary: "Turn down a request, or take one's own back",
    params: z.object({ id: Id }),
    body: z.strictObject({ reason: text(1_000) }).openapi("RejectInput"),
    replies: [200, ApprovalShape],
    run: (ctx, { params, body }) => rejectRequest(ctx, params.id, body.reason),
    present: approval,
  });
}
