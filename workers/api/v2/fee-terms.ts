import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { TIERS } from "#db/schema/billing.ts";
import type { BasisPoints } from "#domain/money.ts";
import { changeSplitsRates } from "#services/terms/change-splits-rates.ts";
import { changeFeeTerms, type FeeTerms, feeTermsNoun, getFeeTerms, listFeeTerms } from "#services/terms/fee-terms.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { RateShape, splitsRate } from "./plans.ts";
import { Id, Instant, instant, InstantInput, Percentage, percentage, PercentageInput } from "./shapes.ts";

const FeeTermsShape = z
  .object({
    id: Id,
    standard_percentage: Percentage,
    executive_percentage: Percentage,
    urgent_percentage: Percentage.openapi({ description: "On top of the base fee" }),
    niche_percentage: Percentage,
    keep_percentage: Percentage.openapi({ description: "What the platform keeps of any uplift, of the base fee" }),
    effective_from: Instant,
    effective_to: Instant.nullable(),
    created_at: Instant,
  })
  .openapi("FeeTerms");

const FeeTermsInput = z
  .strictObject({
    standard_percentage: PercentageInput,
    executive_percentage: PercentageInput,
    urgent_percentage: PercentageInput,
    niche_percentage: PercentageInput,
    keep_percentage: PercentageInput,
    effective_from: InstantInput,
    approval_id: Id,
  })
  .openapi("FeeTermsInput");

const SplitsRatesInput = z
  .strictObject({
    tier: z.enum(TIERS),
    candidate_recruiter_rate: PercentageInput,
    company_recruiter_rate: PercentageInput,
    job_owner_rate: PercentageInput,
    candidate_sourcer_rate: PercentageInput,
    company_sourcer_rate: PercentageInput,
    effective_from: InstantInput,
    approval_id: Id,
  })
  .openapi("SplitsRatesInput");

const inPercent = (bp: number): string | null => percentage(bp as BasisPoints);

/** What leaves the house of a version of the fee terms. */
const present = (row: FeeTerms) => ({
  id: row.id,
  standard_percentage: inPercent(row.standardBp),
  executive_percentage: inPercent(row.executiveBp),
  urgent_percentage: inPercent(row.urgentBp),
  niche_percentage: inPercent(row.nicheBp),
  keep_percentage: inPercent(row.keepBp),
  effective_from: row.effectiveFrom.toISOString(),
  effective_to: instant(row.effectiveTo),
  created_at: row.createdAt.toISOString(),
});

export function feeTerms(api: OpenAPIHono<ApiEnv>): void {
  listOperation<FeeTerms>(api, {
    path: "/fee-terms",
    access: ["fee-terms", "list"],
    summary: "List the versions of the fee terms",
    noun: feeTermsNoun,
    item: FeeTermsShape,
    run: listFeeTerms,
    present,
  });
  readOperation<FeeTerms>(api, {
    path: "/fee-terms/{id}",
    access: ["fee-terms", "get"],
    summary: "Read a version of the fee terms",
    noun: feeTermsNoun,
    item: FeeTermsShape,
    run: getFeeTerms,
    present,
  });
  operation(api, {
    method: "post",
    path: "/fee-terms",
    access: ["fee-terms", "create"],
    summary: "Write the next version of the fee terms",
    description:
      "By an approval of `fee_terms.change` on the version it follows, whose request holds the same fields with two decimals. More than 5 % takes an executive's.",
    body: FeeTermsInput,
    replies: [201, FeeTermsShape],
    run: (ctx, { body }) =>
      changeFeeTerms(
        ctx,
        {
          standardBp: body.standard_percentage,
          executiveBp: body.executive_percentage,
          urgentBp: body.urgent_percentage,
          nicheBp: body.niche_percentage,
          keepBp: body.keep_percentage,
        },
        body.effective_from,
        body.approval_id,
      ),
    present,
  });
}

/** The one change of `/splits-rates`, beside its reads. */
export function splitsRatesChange(api: OpenAPIHono<ApiEnv>): void {
  operation(api, {
    method: "post",
    path: "/splits-rates",
    access: ["splits-rates", "create"],
    summary: "Write the next rates of a tier",
    description:
      "By an approval of `splits_rates.change` on the row it follows, whose request holds the same fields with two decimals. More than 5 % takes an executive's.",
    body: SplitsRatesInput,
    replies: [201, RateShape],
    run: (ctx, { body }) =>
      changeSplitsRates(
        ctx,
        body.tier,
        {
          candidate_recruiter: body.candidate_recruiter_rate,
          company_recruiter: body.company_recruiter_rate,
          job_owner: body.job_owner_rate,
          candidate_sourcer: body.candidate_sourcer_rate,
          company_sourcer: body.company_sourcer_rate,
        },
        body.effective_from,
        body.approval_id,
      ),
    present: splitsRate,
  });
}
