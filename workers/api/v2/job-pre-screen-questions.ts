import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { QUESTION_TYPES } from "#db/schema/ats.ts";
import { type Question, questionNoun, questions } from "#services/jobs/parts.ts";
import { getOne, listOf } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { defined, Deleted, deleted, distinct, Id, Instant, OverrideReason, text } from "./shapes.ts";

const QuestionShape = z
  .object({
    id: Id,
    job_id: Id,
    question: z.string(),
    question_type: z.enum(QUESTION_TYPES),
    options: z.array(z.string()).nullable(),
    is_required: z.boolean(),
    sort_order: z.int(),
    created_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("PreScreenQuestion");

/** A question, on its own or inside a job. */
export const question = (row: Omit<Question, "editable">) => ({
  id: row.id,
  job_id: row.jobId,
  question: row.question,
  question_type: row.questionType,
  options: row.options,
  is_required: row.isRequired,
  sort_order: row.sortOrder,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

const fields = {
  question: text(1_000),
  question_type: z.enum(QUESTION_TYPES),
  options: distinct(text(200), 50).min(1).nullish(),
  is_required: z.boolean().optional(),
  sort_order: z.int().min(0).max(10_000).optional(),
};
const Changes = z.strictObject({ ...fields, reason: OverrideReason, version: z.int().optional() }).partial();

const toFields = (body: z.infer<typeof Changes>) =>
  defined({
    question: body.question,
    questionType: body.question_type,
    options: body.options,
    isRequired: body.is_required,
    sortOrder: body.sort_order,
  });

export function jobPreScreenQuestions(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Question>(api, {
    path: "/job-pre-screen-questions",
    access: ["job-pre-screen-questions", "list"],
    summary: "List what a job asks before a submission",
    audience: "public",
    noun: questionNoun,
    filters: z.object({ job_id: Id }),
    requiredFilters: ["job_id"],
    item: QuestionShape,
    run: (ctx, query) => listOf<Question>(ctx, questionNoun, query),
    present: question,
  });
  operation(api, {
    method: "post",
    path: "/job-pre-screen-questions",
    access: ["job-pre-screen-questions", "create"],
    summary: "Add a question",
    body: z.strictObject({ job_id: Id, ...fields, reason: OverrideReason }).openapi("PreScreenQuestionInput"),
    replies: [201, QuestionShape],
    run: (ctx, { body }) => questions.create(ctx, { jobId: body.job_id, ...toFields(body) }),
    present: question,
  });
  readOperation<Question>(api, {
    path: "/job-pre-screen-questions/{id}",
    access: ["job-pre-screen-questions", "get"],
    summary: "Read a question",
    audience: "public",
    noun: questionNoun,
    item: QuestionShape,
    run: (ctx, id) => getOne<Question>(ctx, questionNoun, id),
    present: question,
  });
  operation<{ id: string }, object, z.infer<typeof Changes>, Question>(api, {
    method: "patch",
    path: "/job-pre-screen-questions/{id}",
    access: ["job-pre-screen-questions", "update"],
    summary: "Change a question",
    body: Changes,
    replies: [200, QuestionShape],
    run: (ctx, { params, body }) => questions.update(ctx, params.id, toFields(body), body.version),
    present: question,
  });
  operation<{ id: string }, object, undefined, { id: string }>(api, {
    method: "delete",
    path: "/job-pre-screen-questions/{id}",
    access: ["job-pre-screen-questions", "delete"],
    summary: "Remove a question nobody has answered",
    replies: [200, Deleted],
    run: (ctx, { params }) => questions.delete(ctx, params.id),
    present: deleted,
  });
}
