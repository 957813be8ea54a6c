import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { PLACEMENT_STATES } from "#db/schema/ats.ts";
import { DEAL_ROLES, SPLIT_KINDS } from "#db/schema/billing.ts";
import type { DealRole } from "#domain/commission/deal-roles.ts";
import type { BasisPoints, Cents } from "#domain/money.ts";
import { getPlacement, placementsAfter } from "#services/placements/list-placements.ts";
import type { OwnShare, Placement } from "#services/placements/placement.ts";
import type { ApiEnv } from "../app.ts";
import { defined, Id, InstantInput } from "../v2/shapes.ts";
import { listOperation, operation } from "./operation.ts";
import { amount, at, born, count, CURRENCY, Currency, day, flag, id, instant, money, oneOf, percent, rate, words } from "./shapes.ts";

const Share = z.object({
  role: oneOf("For which part in the deal", DEAL_ROLES),
  rate: rate("The part of the fee"),
  ...money("amount", "What it earns"),
  ...money("bonus_amount", "How much of that is a bonus"),
  kind: oneOf("Of whose share", SPLIT_KINDS),
});

const Guarantee = z
  .object({
    candidate_name: words("Who was hired", "Kim Example"),
    guarantee_days: count("For how long it is guaranteed", 90),
    guarantee_expires_at: at("Until when; at this instant it is over"),
    end_date: day("When the work ended").nullable(),
    completed_at: at("When the guarantee passed").nullable(),
    failed_at: at("When it was reported that the candidate is gone").nullable(),
    failure_reason: words("Why", "Left in the second month").nullable(),
    within_guarantee: flag("Whether that was within the guarantee", true).nullable(),
    replaces_placement_id: id("The placement it replaces").nullable(),
    replacement_placement_id: id("The placement that replaced it").nullable(),
  })
  .partial();

const PlacementShape = z
  .object({
    id: id("The placement"),
    submission_id: id("The submission it came of"),
    role_id: id("The role that was filled"),
    candidate_id: id("Who was hired"),
    company_id: id("Who hired"),
    role_title: words("What was hired", "Staff Engineer"),
    company_name: words("The company's name", "Acme"),
    state: oneOf("Where it stands", PLACEMENT_STATES),
    hired_at: at("When the hire was made"),
    start_date: day("When the work begins"),
    currency: Currency,
    ...born,
    ...Guarantee.shape,
    ...z.object(money("salary", "The salary; for the company's own people")).partial().shape,
    fee_percentage: rate("What the company pays, of the salary; for its admins, null with a flat fee").nullable().optional(),
    ...z.object(money("placement_fee", "What the company pays; for its admins")).partial().shape,
    own_shares: z.array(Share).optional().openapi({ description: "What you earn of it, for recruiters; never the total" }),
  })
  .openapi("Placement");

/** What leaves the house of a placement, in the words of v1: to a recruiter their own share, to the company's admins what it pays. */
export const placement = (row: Placement): z.infer<typeof PlacementShape> => ({
  id: row.id,
  submission_id: row.applicationId,
  role_id: row.jobId,
  candidate_id: row.candidateId,
  company_id: row.companyId,
  role_title: row.jobTitle,
  company_name: row.companyName,
  state: row.state,
  hired_at: instant(row.hiredAt),
  start_date: row.startDate,
  currency: CURRENCY,
  created_at: instant(row.createdAt),
  updated_at: instant(row.updatedAt),
  version: row.version,
  ...(row.seesGuarantee ? guarantee(row) : {}),
  ...(row.seesSalary ? amount("salary", row.salary) : {}),
  ...(row.seesFee ? { fee_percentage: percent(row.feePercentage), ...amount("placement_fee", row.placementFee) } : {}),
  ...(row.ownShares ? { own_shares: row.ownShares.map(share) } : {}),
});

const guarantee = (row: Placement): z.infer<typeof Guarantee> => ({
  candidate_name: row.candidateName,
  guarantee_days: row.guaranteeDays,
  guarantee_expires_at: instant(row.guaranteeExpiresAt),
  end_date: row.endDate,
  completed_at: instant(row.completedAt),
  failed_at: instant(row.failedAt),
  failure_reason: row.failureReason,
  within_guarantee: row.withinGuarantee,
  replaces_placement_id: row.replacesPlacementId,
  replacement_placement_id: row.replacementPlacementId,
});

const share = (own: OwnShare): z.infer<typeof Share> => ({
  role: own.role as DealRole,
  rate: percent(own.rate_bp as BasisPoints),
  ...amount("amount", own.amount_cents as Cents),
  ...amount("bonus_amount", own.bonus_cents as Cents),
  kind: own.kind as (typeof SPLIT_KINDS)[number],
});

const filters = z.object({
  state: z.enum(PLACEMENT_STATES),
  role_id: Id,
  candidate_id: Id,
  company_id: Id,
  hired_after: InstantInput,
  hired_before: InstantInput,
});

export function placements(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Placement, { role_id?: string }>(api, {
    path: "/placements",
    need: "read:placements",
    access: ["placements", "list"],
    summary: "List placements",
    filters,
    item: PlacementShape,
    run: (ctx, { filters: { role_id: jobId, ...rest }, ...page }) =>
      placementsAfter(ctx, { ...page, filters: { ...rest, ...defined({ job_id: jobId }) } }),
    present: placement,
  });
  operation<{ id: string }, object, undefined, Placement>(api, {
    method: "get",
    path: "/placements/{id}",
    need: "read:placements",
    access: ["placements", "get"],
    summary: "Read a placement",
    replies: [200, PlacementShape],
    run: (ctx, { params }) => getPlacement(ctx, params.id),
    present: placement,
  });
}
