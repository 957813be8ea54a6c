import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { PLACEMENT_STATES } from "#db/schema/ats.ts";
import type { BasisPoints, Cents } from "#domain/money.ts";
import type { Included } from "#services/listing.ts";
import { confirmStart } from "#services/placements/confirm-start.ts";
import { failPlacement } from "#services/placements/fail-placement.ts";
import { getPlacement, listPlacements } from "#services/placements/list-placements.ts";
import type { HoldRow } from "#services/placements/money.ts";
import { type OwnShare, type Placement, placementNoun } from "#services/placements/placement.ts";
import { replacePlacement } from "#services/placements/replace-placement.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { invoice } from "./placement-invoices.ts";
import { payout } from "./payout-transactions.ts";
import { snapshot } from "./placement-snapshots.ts";
import { split } from "./placement-splits.ts";
import {
  amount,
  amountFields,
  amountOf,
  amountsAgree,
  amountShape,
  Day,
  Id,
  included,
  Instant,
  instant,
  InstantInput,
  OverrideReason,
  Percentage,
  percentage,
  summary,
  text,
} from "./shapes.ts";

const PlacementShape = z
  .object({
    id: Id,
    application_id: Id,
    job_id: Id,
    candidate_id: Id,
    company_id: Id,
    job_title: z.string(),
    company_name: z.string(),
    state: z.enum(PLACEMENT_STATES),
    hired_at: Instant,
    start_date: Day,
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
    candidate_name: z.string().optional(),
    guarantee_days: z.int().optional().openapi({ description: "Not shown to the candidate, as all of the guarantee" }),
    guarantee_expires_at: Instant.optional(),
    ...amountShape("salary"),
    fee_percentage: Percentage.nullable().optional().openapi({ description: "Shown to the company's admins; null with a flat fee" }),
    ...amountShape("placement_fee"),
    own_shares: z
      .array(
        z.object({
          role: z.string(),
          rate: Percentage,
          amount: z.string(),
          amount_cents: z.int(),
          bonus_amount: z.string(),
          bonus_amount_cents: z.int(),
          kind: z.string(),
        }),
      )
      .optional()
      .openapi({ description: "What the calling recruiter earns; never the total" }),
  })
  .catchall(z.unknown())
  .openapi("Placement");

const filters = z.object({
  state: z.enum(PLACEMENT_STATES),
  company_id: Id,
  job_id: Id,
  candidate_id: Id,
  recruiter_id: Id,
  hired_after: InstantInput,
  hired_before: InstantInput,
  guarantee_status: z.enum(["running", "ending_soon", "over"]),
});

/** What leaves the house of a placement: the company's money to its admins only, to a recruiter their own share. */
export const placement = (row: Placement | Included<Placement>) => ({
  id: row.id,
  application_id: row.applicationId,
  job_id: row.jobId,
  candidate_id: row.candidateId,
  company_id: row.companyId,
  job_title: row.jobTitle,
  company_name: row.companyName,
  state: row.state,
  hired_at: row.hiredAt.toISOString(),
  start_date: row.startDate,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...(row.seesGuarantee ? guarantee(row) : {}),
  ...(row.seesSalary ? amount("salary", row.salary) : {}),
  ...(row.seesFee ? { fee_percentage: percentage(row.feePercentage), ...amount("placement_fee", row.placementFee) } : {}),
  ...(row.ownShares ? { own_shares: row.ownShares.map(ownShare) } : {}),
  ...included(row, {
    job: summary,
    candidate: summary,
    company: summary,
    snapshot,
    splits: split,
    transactions: payout,
    invoice,
    hold: holdDates,
  }),
});

/** Until when the money of a placement is held, and nothing of what for. */
const holdDates = (row: HoldRow) => ({
  id: row.id,
  held_at: row.heldAt.toISOString(),
  release_scheduled_date: row.releaseScheduledDate,
  released_at: instant(row.releasedAt),
  status: row.status,
});

const guarantee = (row: Placement) => ({
  candidate_name: row.candidateName,
  guarantee_days: row.guaranteeDays,
  guarantee_expires_at: row.guaranteeExpiresAt.toISOString(),
  end_date: row.endDate,
  completed_at: instant(row.completedAt),
  failed_at: instant(row.failedAt),
  failure_reason: row.failureReason,
  within_guarantee: row.withinGuarantee,
  replaces_placement_id: row.replacesPlacementId,
  replacement_placement_id: row.replacementPlacementId,
});

const ownShare = (share: OwnShare) => ({
  role: share.role,
  rate: percentage(share.rate_bp as BasisPoints),
  ...amount("amount", share.amount_cents as Cents),
  ...amount("bonus_amount", share.bonus_cents as Cents),
  kind: share.kind,
});

const ReplaceInput = z
  .strictObject({ application_id: Id, ...amountFields("salary"), start_date: Day, notes: text(5_000).nullish(), reason: OverrideReason })
  .superRefine(amountsAgree("salary"))
  .superRefine((body, issues) => {
    const salary = amountOf(body, "salary");
    if (salary == null) issues.addIssue({ code: "custom", path: ["salary_cents"], message: "salary_cents or salary is required" });
    else if (salary <= 0) issues.addIssue({ code: "custom", path: ["salary_cents"], message: "a salary is above zero" });
  })
  .openapi("ReplacePlacementInput");

export { PlacementShape };

export function placements(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Placement>(api, {
    path: "/placements",
    access: ["placements", "list"],
    summary: "List placements",
    noun: placementNoun,
    filters,
    item: PlacementShape,
    run: listPlacements,
    present: placement,
  });
  readOperation<Placement>(api, {
    path: "/placements/{id}",
    access: ["placements", "get"],
    summary: "Read a placement",
    noun: placementNoun,
    item: PlacementShape,
    run: getPlacement,
    present: placement,
  });
  operation(api, {
    method: "post",
    path: "/placements/{id}/confirm-start",
    access: ["placements", "confirm-start"],
    summary: "Confirm the start, or move it",
    description: "Without a date the work has begun. With another date the guarantee is counted anew; the fee does not change.",
    params: z.object({ id: Id }),
    body: z.strictObject({ start_date: Day.nullish(), reason: OverrideReason }).openapi("ConfirmStartInput"),
    replies: [200, PlacementShape],
    run: (ctx, { params, body }) => confirmStart(ctx, params.id, body.start_date ?? null),
    present: placement,
  });
  operation(api, {
    method: "post",
    path: "/placements/{id}/fail",
    access: ["placements", "fail"],
    summary: "Report that the candidate is gone",
    description:
      "For the company's admins, while the guarantee runs; then 409 with reason `guarantee_expired`. Nobody is paid, and what was invoiced becomes a credit for a replacement of the same role, for 60 days.",
    params: z.object({ id: Id }),
    body: z.strictObject({ reason: text(2_000) }).openapi("FailPlacementInput"),
    replies: [200, PlacementShape],
    run: (ctx, { params, body }) => failPlacement(ctx, params.id, body.reason),
    present: placement,
  });
  operation(api, {
    method: "post",
    path: "/placements/{id}/replace",
    access: ["placements", "replace"],
    summary: "Hire somebody else in place of who is gone",
    description:
      "The hire of another application of the same role, which takes the credit of this placement. Answers with the new placement.",
    params: z.object({ id: Id }),
    body: ReplaceInput,
    replies: [200, PlacementShape],
    run: (ctx, { params, body }) =>
      replacePlacement(ctx, params.id, body.application_id, {
        salary: amountOf(body, "salary") as Cents,
        startDate: body.start_date,
        notes: body.notes ?? null,
      }),
    present: placement,
  });
}
