import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { COMPLETION_REASONS, DEAL_ROLES, PAYOUT_STATUSES } from "#db/schema/billing.ts";
import type { DealRole } from "#domain/commission/deal-roles.ts";
import { shownHoldReason } from "#domain/payouts/hold-reasons.ts";
import { getTransaction, type Transaction, transactionsAfter } from "#services/payouts/transaction.ts";
import type { ApiEnv } from "../app.ts";
import { Id } from "../v2/shapes.ts";
import { listOperation, operation } from "./operation.ts";
import { amount, at, born, CURRENCY, Currency, id, instant, maybeMoney, money, oneOf, words } from "./shapes.ts";

const Payout = z
  .object({
    id: id("The payout"),
    placement_id: id("The placement it is for"),
    placement_split_id: id("The share of the fee it pays"),
    recruiter_id: id("Whose it is"),
    role: oneOf("For which part in the deal", DEAL_ROLES),
    status: oneOf("Whether the money moved", PAYOUT_STATUSES),
    ...money("amount", "The share"),
    ...maybeMoney("net_amount", "What is sent of it, debts settled"),
    currency: Currency,
    stripe_transfer_id: words("The transfer that carried it", "tr_1QXk2eLb3").nullable(),
    hold_reason: words("The first of the reasons for which it waits", "connect_required").nullable(),
    completion_reason: oneOf("How it ended", COMPLETION_REASONS).nullable(),
    completed_at: at("When it ended").nullable(),
    ...born,
  })
  .openapi("Payout");

/** What leaves the house of a payout transaction, in the words of v1. */
export const payout = (row: Transaction): z.infer<typeof Payout> => ({
  id: row.id,
  placement_id: row.placementId,
  placement_split_id: row.placementSplitId,
  recruiter_id: row.recruiterId,
  role: row.dealRole as DealRole,
  status: row.status,
  ...amount("amount", row.amount),
  ...amount("net_amount", row.netAmount),
  currency: CURRENCY,
  stripe_transfer_id: row.stripeTransferId,
  hold_reason: shownHoldReason(row.holdReasons, row.seesInternal ? "admin" : "payee"),
  completion_reason: row.completionReason,
  completed_at: instant(row.completedAt),
  created_at: instant(row.createdAt),
  updated_at: instant(row.updatedAt),
  version: row.version,
});

const filters = z.object({
  status: z.enum(PAYOUT_STATUSES),
  placement_id: Id,
  recruiter_id: Id,
  period: z
    .string()
    .regex(/^20\d\d-(0[1-9]|1[0-2])$/, "is a month, such as 2026-05")
    .openapi({ description: "A UTC month", example: "2026-05" }),
});

export function payouts(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Transaction>(api, {
    path: "/payouts",
    need: "read:payouts",
    access: ["payouts", "list"],
    summary: "List payouts",
    description: "Your own; for a team, its members' as well.",
    filters,
    item: Payout,
    run: transactionsAfter,
    present: payout,
  });
  operation<{ id: string }, object, undefined, Transaction>(api, {
    method: "get",
    path: "/payouts/{id}",
    need: "read:payouts",
    access: ["payouts", "get"],
    summary: "Read a payout",
    replies: [200, Payout],
    run: (ctx, { params }) => getTransaction(ctx, params.id),
    present: payout,
  });
}
