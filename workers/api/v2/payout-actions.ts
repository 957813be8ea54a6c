import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { cents, MAX_FEE } from "#domain/money.ts";
import { HOLD_REASON_NAMES } from "#domain/payouts/hold-reasons.ts";
import { clawBackPayout } from "#services/payouts/claw-back.ts";
import { completePayout } from "#services/payouts/complete-payout.ts";
import { cancelPayout, holdPayout, unholdPayout } from "#services/payouts/hold-payout.ts";
import { processPayout } from "#services/payouts/process-payout.ts";
import type { ApiEnv } from "../app.ts";
import { operation } from "../operation.ts";
import { payout, PayoutShape } from "./payout-transactions.ts";
import { Id, text } from "./shapes.ts";

const reason = text(1_000);

/** What platform admins do with one share. */
export function payoutActions(api: OpenAPIHono<ApiEnv>): void {
  operation(api, {
    method: "post",
    path: "/payout-transactions/{id}/hold",
    access: ["payout-transactions", "hold"],
    summary: "Stop a payout",
    params: z.object({ id: Id }),
    body: z.strictObject({ hold_reason: z.enum(["admin_hold", "fraud_review", "policy_hold"]), reason }).openapi("HoldPayoutInput"),
    replies: [200, PayoutShape],
    run: (ctx, { params, body }) => holdPayout(ctx, params.id, body.hold_reason, body.reason),
    present: payout,
  });
  operation(api, {
    method: "post",
    path: "/payout-transactions/{id}/unhold",
    access: ["payout-transactions", "unhold"],
    summary: "End a hold of a payout",
    description: "By an approval of `payout.unhold` whose request is `{hold_reason}`.",
    params: z.object({ id: Id }),
    body: z.strictObject({ hold_reason: z.enum(HOLD_REASON_NAMES), approval_id: Id, reason }).openapi("UnholdPayoutInput"),
    replies: [200, PayoutShape],
    run: (ctx, { params, body }) => unholdPayout(ctx, params.id, body.hold_reason, body.approval_id, body.reason),
    present: payout,
  });
  operation(api, {
    method: "post",
    path: "/payout-transactions/{id}/cancel",
    access: ["payout-transactions", "cancel"],
    summary: "Cancel a payout for good",
    description: "By an approval of `payout.cancel`. What was released stays with the platform.",
    params: z.object({ id: Id }),
    body: z.strictObject({ approval_id: Id, reason }).openapi("CancelPayoutInput"),
    replies: [200, PayoutShape],
    run: (ctx, { params, body }) => cancelPayout(ctx, params.id, body.approval_id, body.reason),
    present: payout,
  });
  operation(api, {
    method: "post",
    path: "/payout-transactions/{id}/process",
    access: ["payout-transactions", "process"],
    summary: "Send a due payout now",
    description: "Brings it to its runner before the next minute does. What it still waits for is not passed over: 409 with `blockers`.",
    params: z.object({ id: Id }),
    body: z.strictObject({ reason }).openapi("ProcessPayoutInput"),
    replies: [200, PayoutShape],
    run: (ctx, { params, body }) => processPayout(ctx, params.id, body.reason),
    present: payout,
  });
  operation(api, {
    method: "post",
    path: "/payout-transactions/{id}/reverse",
    access: ["payout-transactions", "reverse"],
    summary: "Take a payout back that should not have been",
    description: [
      "By an approval of `payout.reverse` whose request is `{amount_cents}`. It is a clawback that this one share bears: a debt of the",
      "payee, paid by a reversal of the transfer as far as their account has it, and by their next payouts. The company gets the amount.",
      "The payout is `reversed` once the whole transfer came back.",
    ].join(" "),
    params: z.object({ id: Id }),
    body: z.strictObject({ amount_cents: z.int().min(1).max(MAX_FEE), approval_id: Id, reason }).openapi("ReversePayoutInput"),
    replies: [200, PayoutShape],
    run: (ctx, { params, body }) =>
      clawBackPayout(ctx, params.id, { amount: cents(body.amount_cents), approvalId: body.approval_id, reason: body.reason }),
    present: payout,
  });
  operation(api, {
    method: "post",
    path: "/payout-transactions/{id}/complete",
    access: ["payout-transactions", "complete"],
    summary: "Complete a payout with a transfer made by hand",
    description:
      "By an approval of `payout.complete` whose request is `{stripe_transfer_id}`. Amount and account must be the payout's own.",
    params: z.object({ id: Id }),
    body: z.strictObject({ stripe_transfer_id: text(100), approval_id: Id, reason }).openapi("CompletePayoutInput"),
    replies: [200, PayoutShape],
    run: (ctx, { params, body }) =>
      completePayout(ctx, params.id, { transferId: body.stripe_transfer_id, approvalId: body.approval_id, reason: body.reason }),
    present: payout,
  });
}
