import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { RECOMMENDATIONS } from "#db/schema/ats.ts";
import { type AiReview, aiReviewNoun } from "#services/applications/ai-review.ts";
import { getOne, listOf } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, readOperation } from "../operation.ts";
import { Id, Instant } from "./shapes.ts";

const AiReviewShape = z
  .object({
    id: Id,
    application_id: Id,
    fit_score: z.int(),
    recommendation: z.enum(RECOMMENDATIONS),
    overall_summary: z.string(),
    analyzed_at: Instant,
  })
  .catchall(z.unknown())
  .openapi("AiReview");

export const aiReview = (row: AiReview) => ({
  id: row.id,
  application_id: row.applicationId,
  fit_score: row.fitScore,
  recommendation: row.recommendation,
  overall_summary: row.overallSummary,
  confidence_level: row.confidenceLevel,
  strengths: row.strengths,
  concerns: row.concerns,
  matched_skills: row.matchedSkills,
  missing_skills: row.missingSkills,
  skills_match_percentage: row.skillsMatchPercentage,
  required_years: row.requiredYears === null ? null : Number(row.requiredYears),
  candidate_years: row.candidateYears === null ? null : Number(row.candidateYears),
  meets_experience_requirement: row.meetsExperienceRequirement,
  location_compatibility: row.locationCompatibility,
  model_version: row.modelVersion,
  analyzed_at: row.analyzedAt.toISOString(),
});

const Score = z
  .string()
  .regex(/^\d{1,3}$/, "must be 0 to 100")
  .transform(Number)
  .refine((score) => score <= 100, "must be 0 to 100")
  .openapi({ type: "integer" });

export function aiReviews(api: OpenAPIHono<ApiEnv>): void {
  listOperation<AiReview>(api, {
    path: "/ai-reviews",
    access: ["ai-reviews", "list"],
    summary: "List the assessments of an application",
    noun: aiReviewNoun,
    filters: z.object({ application_id: Id, recommendation: z.enum(RECOMMENDATIONS), fit_score_min: Score, fit_score_max: Score }),
    requiredFilters: ["application_id"],
    item: AiReviewShape,
    run: (ctx, query) => listOf<AiReview>(ctx, aiReviewNoun, query),
    present: aiReview,
  });
  readOperation<AiReview>(api, {
    path: "/ai-reviews/{id}",
    access: ["ai-reviews", "get"],
    summary: "Read an assessment",
    noun: aiReviewNoun,
    item: AiReviewShape,
    run: (ctx, id, include) => getOne<AiReview>(ctx, aiReviewNoun, id, include),
    present: aiReview,
  });
}
