import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { COMPLETION_REASONS, DEAL_ROLES, PAYOUT_STATUSES } from "#db/schema/billing.ts";
import { cents } from "#domain/money.ts";
import { shownHoldReason } from "#domain/payouts/hold-reasons.ts";
import { conditionsOf, type PayoutWithConditions } from "#services/payouts/facts.ts";
import { retryPayout } from "#services/payouts/retry-payout.ts";
import type { Included } from "#services/listing.ts";
import { getTransaction, listTransactions, type Transaction, transactionNoun } from "#services/payouts/transaction.ts";
import type { Split } from "#services/payouts/split.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { amount, amountShape, Id, included, Instant, instant, percentage, summary } from "./shapes.ts";

export const PayoutShape = z
  .object({
    id: Id,
    placement_id: Id,
    placement_split_id: Id,
    recruiter_id: Id,
    role: z.enum(DEAL_ROLES).optional(),
    status: z.enum(PAYOUT_STATUSES),
    ...amountShape("amount"),
    ...amountShape("net_amount"),
    stripe_transfer_id: z.string().nullable(),
    hold_reason: z.string().nullable().openapi({ description: "The first of the reasons for which it waits" }),
    completion_reason: z.enum(COMPLETION_REASONS).nullable(),
    completed_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("PayoutTransaction");

const filters = z.object({
  status: z.enum(PAYOUT_STATUSES),
  recruiter_id: Id,
  placement_id: Id,
  period: z
    .string()
    .regex(/^20\d\d-(0[1-9]|1[0-2])$/, "is a month, such as 2026-05")
    .openapi({ description: "A UTC month", example: "2026-05" }),
});

/** What leaves the house of a payout transaction. */
export const payout = (row: Omit<Transaction, "dealRole" | "seesInternal"> & { dealRole?: string; seesInternal?: boolean }) => ({
  id: row.id,
  placement_id: row.placementId,
  placement_split_id: row.placementSplitId,
  recruiter_id: row.recruiterId,
  ...(row.dealRole ? { role: row.dealRole } : {}),
  status: row.status,
  ...amount("amount", row.amount),
  ...amount("net_amount", row.netAmount),
  stripe_transfer_id: row.stripeTransferId,
  hold_reason: shownHoldReason(row.holdReasons, row.seesInternal ? "admin" : "payee"),
  completion_reason: row.completionReason,
  completed_at: instant(row.completedAt),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

const splitOf = (row: Split) => ({
  id: row.id,
  role: row.dealRole,
  split_percentage: percentage(row.splitPercentage),
  ...amount("split_amount", row.splitAmount),
  ...amount("bonus_amount", row.bonusAmount),
  kind: row.kind,
  team_id: row.teamId,
});

/** Every reason why it is not paid yet, until when, and who acts (MONEY §19.3); or how it ended. */
const conditions = (row: PayoutWithConditions) => {
  const why = conditionsOf(row);
  if (why.closed === "offset_in_full")
    return {
      ...why,
      debts: row.paidDebts.map(({ debt_id: id, amount_cents: paid }) => ({ debt_id: id, ...amount("amount", cents(paid)) })),
    };
  if (why.closed !== null) return why;
  return {
    closed: null,
    blockers: why.blockers.map(({ until, reasons, ...blocker }) => ({
      ...blocker,
      until: instant(until),
      ...(reasons.length > 0 ? { reasons } : {}),
    })),
  };
};

const withIncludes = (row: Included<Transaction>) => ({
  ...payout(row),
  ...included(row, { split: splitOf, placement: summary, conditions }),
});

export function payoutTransactions(api: OpenAPIHono<ApiEnv>): void {
  for (const name of ["payout-transactions", "payouts"] as const) {
    listOperation<Transaction>(api, {
      path: `/${name}`,
      access: [name, "list"],
      summary: "List payout transactions",
      noun: transactionNoun,
      filters,
      item: PayoutShape,
      run: listTransactions,
      present: withIncludes,
    });
    readOperation<Transaction>(api, {
      path: `/${name}/{id}`,
      access: [name, "get"],
      summary: "Read a payout transaction",
      noun: transactionNoun,
      item: PayoutShape,
      run: getTransaction,
      present: withIncludes,
    });
  }
  operation(api, {
    method: "post",
    path: "/payout-transactions/{id}/retry",
    access: ["payout-transactions", "retry"],
    summary: "Try a failed payout again",
    description: "Adds one attempt, now. What was sent before is looked up first.",
    params: z.object({ id: Id }),
    replies: [200, PayoutShape],
    run: (ctx, { params }) => retryPayout(ctx, params.id),
    present: payout,
  });
}
