import { eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { aiReviews, applications } from "#db/schema/ats.ts";
import { readableApplications } from "../deals/access.ts";
import type { Noun } from "../listing.ts";

export type AiReview = typeof aiReviews.$inferSelect;

/** The assessments the caller may see: those of their applications; companies only after the submission. */
const readableAiReviews =
  (): SQL => sql`exists (select 1 from ${applications} where ${applications.id} = ${aiReviews.applicationId} and ${readableApplications()}
  and (${applications.submittedAt} is not null or not ${applications.companyId} = any((select ops.company_ids())::uuid[]) or (select ops.is_admin())))`;

export const aiReviewNoun = {
  name: "assessment",
  table: aiReviews,
  columns: getTableColumns(aiReviews),
  readable: readableAiReviews,
  filters: {
    application_id: (id: string) => eq(aiReviews.applicationId, id),
    recommendation: (word: string) => sql`${aiReviews.recommendation} = ${word}`,
    fit_score_min: (score: number) => sql`${aiReviews.fitScore} >= ${score}`,
    fit_score_max: (score: number) => sql`${aiReviews.fitScore} <= ${score}`,
  },
} satisfies Noun<AiReview>;
