import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { DEAL_ROLES, SPLIT_KINDS } from "#db/schema/billing.ts";
import type { Included } from "#services/listing.ts";
import { getSplit, listSplits, type Split, splitNoun } from "#services/payouts/split.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, readOperation } from "../operation.ts";
import { payout } from "./payout-transactions.ts";
import { amount, amountShape, Id, included, Instant, Percentage, percentage, summary } from "./shapes.ts";

const SplitShape = z
  .object({
    id: Id,
    placement_id: Id,
    recruiter_id: Id,
    role: z.enum(DEAL_ROLES),
    split_percentage: Percentage,
    ...amountShape("split_amount"),
    ...amountShape("bonus_amount"),
    kind: z.enum(SPLIT_KINDS),
    team_id: Id.nullable(),
    split_config_id: Id.nullable(),
    created_at: Instant,
  })
  .catchall(z.unknown())
  .openapi("PlacementSplit");

/** What leaves the house of a split. */
export const split = (row: Split | Included<Split>) => ({
  id: row.id,
  placement_id: row.placementId,
  recruiter_id: row.recruiterId,
  role: row.dealRole,
  split_percentage: percentage(row.splitPercentage),
  ...amount("split_amount", row.splitAmount),
  ...amount("bonus_amount", row.bonusAmount),
  kind: row.kind,
  team_id: row.teamId,
  split_config_id: row.splitConfigId,
  created_at: row.createdAt.toISOString(),
  ...included(row, { placement: summary, transaction: payout }),
});

export function placementSplits(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Split>(api, {
    path: "/placement-splits",
    access: ["placement-splits", "list"],
    summary: "List placement splits",
    noun: splitNoun,
    filters: z.object({ placement_id: Id, recruiter_id: Id, role: z.enum(DEAL_ROLES), team_id: Id }),
    item: SplitShape,
    run: listSplits,
    present: split,
  });
  readOperation<Split>(api, {
    path: "/placement-splits/{id}",
    access: ["placement-splits", "get"],
    summary: "Read a placement split",
    noun: splitNoun,
    item: SplitShape,
    run: getSplit,
    present: split,
  });
}
