import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { TIERS } from "#db/schema/billing.ts";
import type { Included } from "#services/listing.ts";
import {
  getPlan,
  getSplitsRate,
  listPlans,
  listSplitsRates,
  type Plan,
  planNoun,
  type SplitsRate,
  splitsRateNoun,
} from "#services/plans/plan.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, readOperation } from "../operation.ts";
import { amount, amountShape, Id, included, Instant, instant, InstantInput, Percentage, percentage } from "./shapes.ts";

export const RateShape = z
  .object({
    id: Id,
    tier: z.enum(TIERS),
    candidate_recruiter_rate: Percentage,
    company_recruiter_rate: Percentage,
    job_owner_rate: Percentage,
    candidate_sourcer_rate: Percentage,
    company_sourcer_rate: Percentage,
    effective_from: Instant,
    effective_to: Instant.nullable(),
  })
  .openapi("SplitsRate");

export const PlanShape = z
  .object({
    id: Id,
    slug: z.string().openapi({ example: "premium" }),
    name: z.string(),
    tier: z.enum(TIERS),
    ...amountShape("price"),
    ...amountShape("annual_price"),
    trial_days: z.int(),
    entitlements: z.record(z.string(), z.unknown()),
    is_active: z.boolean(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("Plan");

/** What leaves the house of the rates of a tier. */
export const splitsRate = (row: SplitsRate) => ({
  id: row.id,
  tier: row.tier,
  candidate_recruiter_rate: percentage(row.candidateRecruiterRate),
  company_recruiter_rate: percentage(row.companyRecruiterRate),
  job_owner_rate: percentage(row.jobOwnerRate),
  candidate_sourcer_rate: percentage(row.candidateSourcerRate),
  company_sourcer_rate: percentage(row.companySourcerRate),
  effective_from: row.effectiveFrom.toISOString(),
  effective_to: instant(row.effectiveTo),
});

/** What leaves the house of a plan; prices are a month's and a year's. */
export const plan = (row: Plan | Included<Plan>) => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  tier: row.tier,
  ...amount("price", row.priceCents as never),
  ...amount("annual_price", row.annualPriceCents as never),
  trial_days: row.trialDays,
  entitlements: row.entitlements,
  is_active: row.isActive,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...included(row, { rates: splitsRate }),
});

export function plans(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Plan>(api, {
    path: "/plans",
    access: ["plans", "list"],
    summary: "List plans",
    audience: "public",
    noun: planNoun,
    filters: z.object({ tier: z.enum(TIERS) }),
    item: PlanShape,
    run: listPlans,
    present: plan,
  });
  readOperation<Plan>(api, {
    path: "/plans/{id}",
    access: ["plans", "get"],
    summary: "Read a plan",
    audience: "public",
    noun: planNoun,
    item: PlanShape,
    run: getPlan,
    present: plan,
  });
}

export function splitsRates(api: OpenAPIHono<ApiEnv>): void {
  listOperation<SplitsRate>(api, {
    path: "/splits-rates",
    access: ["splits-rates", "list"],
    summary: "List the rates of the five roles",
    description: "By tier and time; `at` gives the ones in force at an instant.",
    audience: "public",
    noun: splitsRateNoun,
    filters: z.object({ tier: z.enum(TIERS), at: InstantInput }),
    item: RateShape,
    run: listSplitsRates,
    present: splitsRate,
  });
  readOperation<SplitsRate>(api, {
    path: "/splits-rates/{id}",
    access: ["splits-rates", "get"],
    summary: "Read the rates of one tier and time",
    audience: "public",
    noun: splitsRateNoun,
    item: RateShape,
    run: getSplitsRate,
    present: splitsRate,
  });
}
