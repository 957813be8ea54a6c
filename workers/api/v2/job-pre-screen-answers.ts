import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Answer, answerNoun, answerQuestions, deleteAnswer, updateAnswer } from "#services/jobs/answers.ts";
import { getOne, type Included, listOf } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation, readOperation } from "../operation.ts";
import { Deleted, deleted, distinct, Id, included, Instant, OverrideReason, summary, text } from "./shapes.ts";

const AnswerShape = z
  .object({ id: Id, application_id: Id, question_id: Id, answer: z.unknown(), created_at: Instant, version: z.int() })
  .catchall(z.unknown())
  .openapi("PreScreenAnswer");

const answer = (row: Answer | Included<Answer>) => ({
  id: row.id,
  application_id: row.applicationId,
  question_id: row.questionId,
  answer: row.answer,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...included(row, { question: summary }),
});

const Value = z.union([text(5_000), z.boolean(), distinct(text(200), 50)]);

export function jobPreScreenAnswers(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Answer>(api, {
    path: "/job-pre-screen-answers",
    access: ["job-pre-screen-answers", "list"],
    summary: "List the answers of an application",
    noun: answerNoun,
    filters: z.object({ application_id: Id, question_id: Id }),
    requiredFilters: ["application_id"],
    item: AnswerShape,
    run: (ctx, query) => listOf<Answer>(ctx, answerNoun, query),
    present: answer,
  });
  operation(api, {
    method: "post",
    path: "/job-pre-screen-answers",
    access: ["job-pre-screen-answers", "create"],
    summary: "Answer one question",
    body: z.strictObject({ application_id: Id, question_id: Id, answer: Value, reason: OverrideReason }),
    replies: [201, AnswerShape],
    run: async (ctx, { body }) => answerQuestions(ctx, body.application_id, [{ questionId: body.question_id, answer: body.answer }]),
    present: ([row]) => (row ? answer(row) : null),
  });
  operation(api, {
    method: "put",
    path: "/job-pre-screen-answers",
    access: ["job-pre-screen-answers", "replace"],
    summary: "Answer several questions at once",
    body: z.strictObject({
      application_id: Id,
      answers: z
        .array(z.strictObject({ question_id: Id.toLowerCase(), answer: Value }))
        .min(1)
        .max(100)
        .refine((given) => new Set(given.map((each) => each.question_id)).size === given.length, "answers a question twice"),
      reason: OverrideReason,
    }),
    replies: [200, z.array(AnswerShape)],
    run: (ctx, { body }) =>
      answerQuestions(
        ctx,
        body.application_id,
        body.answers.map((each) => ({ questionId: each.question_id, answer: each.answer })),
      ),
    present: (rows) => rows.map(answer),
  });
  readOperation<Answer>(api, {
    path: "/job-pre-screen-answers/{id}",
    access: ["job-pre-screen-answers", "get"],
    summary: "Read an answer",
    noun: answerNoun,
    item: AnswerShape,
    run: (ctx, id, include) => getOne<Answer>(ctx, answerNoun, id, include),
    present: answer,
  });
  operation(api, {
    method: "patch",
    path: "/job-pre-screen-answers/{id}",
    params: idParameter,
    access: ["job-pre-screen-answers", "update"],
    summary: "Change an answer",
    body: z.strictObject({ answer: Value, reason: OverrideReason, version: z.int().optional() }),
    replies: [200, AnswerShape],
    run: (ctx, { params: { id }, body }) => updateAnswer(ctx, id, body.answer, body.version),
    present: answer,
  });
  operation<{ id: string }, object, undefined, { id: string }>(api, {
    method: "delete",
    path: "/job-pre-screen-answers/{id}",
    access: ["job-pre-screen-answers", "delete"],
    summary: "Take an answer back",
    replies: [200, Deleted],
    run: (ctx, { params }) => deleteAnswer(ctx, params.id),
    present: deleted,
  });
}
