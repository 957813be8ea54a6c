import { eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { applications, jobPreScreenAnswers as answers, jobPreScreenQuestions as questions } from "#db/schema/ats.ts";
import { computed, insertInto, select } from "#db/statements.ts";
import { actingAs } from "#domain/deals/acting.ts";
import { WRITING_STAGES } from "#domain/deals/states.ts";
import { applicationUpdated } from "#domain/events/application.ts";
import { type FieldError, invalid, invalidTransition } from "#domain/refusals.ts";
import { asItStands, commit, deciding, differing, editable, expectVersion, newRow, remove, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { editableApplications, readableApplications } from "../deals/access.ts";
import { readDeal } from "../deals/change-deal.ts";
import { type Noun, rowById } from "../listing.ts";
import type { Right } from "../rights.ts";

export type Answer = typeof answers.$inferSelect & { editable: Right };

export type AnswerValue = string | boolean | readonly string[];

/** Answers follow their application; companies read them from the submission on (DOMAIN §1.4). */
const readableAnswers =
  (): SQL => sql`exists (select 1 from ${applications} where ${applications.id} = ${answers.applicationId} and ${readableApplications()}
  and (${applications.submittedAt} is not null or not ${applications.companyId} = any((select ops.company_ids())::uuid[]) or (select ops.is_admin())))`;

export const answerNoun = {
  name: "pre-screen answer",
  table: answers,
  columns: {
    ...getTableColumns(answers),
    editable: computed<boolean>(
      "editable",
      sql`(select ${editableApplications()} from ${applications} where ${applications.id} = ${answers.applicationId})`,
    ),
  },
  readable: readableAnswers,
  filters: {
    application_id: (id: string) => eq(answers.applicationId, id),
    question_id: (id: string) => eq(answers.questionId, id),
  },
  includes: {
    question: {
      rows: (ids) =>
        select({ id: questions.id, question: questions.question, questionType: questions.questionType, options: questions.options })
          .from(questions)
          .where(sql`${questions.id} in (select question_id from ${answers} where id in ${ids})`),
      parentKey: "questionId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<Answer>;

type Question = typeof questions.$inferSelect;

/**
 * Writes answers of one application, each in place of an earlier one: by the candidate, or by their
 * recruiter on their behalf, while the application is being prepared.
 */
export async function answerQuestions(
  ctx: Context,
  applicationId: string,
  given: readonly { questionId: string; answer: AnswerValue }[],
): Promise<Answer[]> {
  return deciding(ctx, async () => {
    const deal = await readDeal(ctx, { applicationId }, questionsOf(applicationId), answersOf(applicationId));
    const { application, actor } = deal;
    if (actingAs(actor, ["candidate", "candidate_recruiter"], "answer these questions").override) ctx.override();
    const [asked, before] = deal.more as [Question[], Answer[]];
    fit(given, asked);
    stillWriting(application);
    const rows = given.map(({ questionId, answer }) => {
      const earlier = before.find((row) => row.questionId === questionId);
      return earlier
        ? { ...earlier, answer, version: earlier.version + 1, updatedAt: ctx.now() }
        : newRow(ctx, answers, { applicationId, questionId, answer });
    });
    return commit(
      ctx,
      rows.map((row) => ({ ...row, editable: "own" })),
      {
        write: [
          insertInto(answers)
            .values(rows)
            .onConflictDoUpdate({
              target: [answers.applicationId, answers.questionId],
              set: { answer: sql`excluded.answer`, version: sql`${answers.version} + 1`, updatedAt: ctx.now() },
            }) as Statement,
          update(ctx, applications, applicationId, {}),
        ],
        expect: [unchanged(applications, application)],
        audit: { action: "application.answered", subject: { type: "application", id: applicationId }, companyId: application.companyId },
        events: [updated(application)],
      },
    );
  });
}

/** Changes one answer, while the application is being prepared. */
export async function updateAnswer(ctx: Context, id: string, value: AnswerValue, version?: number): Promise<Answer> {
  return deciding(ctx, async () => {
    const [[found], [application], [question]] = (await ctx.read(
      rowById<Answer>(ctx, answerNoun, id),
      applicationOf(id),
      select()
        .from(questions)
        .where(sql`${questions.id} = (select question_id from ${answers} where id = ${id})`),
    )) as unknown as [[Answer?], [typeof applications.$inferSelect], [Question]];
    const before = editable(ctx, "pre-screen answer", id, found);
    const rule = misfit(question, value);
    if (rule) throw invalid({ pointer: "/answer", code: "invalid_type", message: rule });
    expectVersion(ctx, before, version);
    stillWriting(application);
    if (!differing(before, { answer: value })) return asItStands(ctx, before);
    const after: Answer = { ...before, answer: value, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(answers, before), unchanged(applications, application)],
      write: [update(ctx, answers, id, { answer: value }), update(ctx, applications, application.id, {})],
      audit: { action: "application.answered", subject: { type: "application", id: application.id }, companyId: application.companyId },
      events: [updated(application)],
    });
  });
}

/** Takes one answer back. */
export async function deleteAnswer(ctx: Context, id: string): Promise<{ id: string }> {
  return deciding(ctx, async () => {
    const [[found], [application]] = (await ctx.read(rowById<Answer>(ctx, answerNoun, id), applicationOf(id))) as unknown as [
      [Answer?],
      [typeof applications.$inferSelect],
    ];
    const answer = editable(ctx, "pre-screen answer", id, found);
    expectVersion(ctx, answer);
    stillWriting(application);
    return commit(
      ctx,
      { id },
      {
        expect: [unchanged(answers, answer), unchanged(applications, application)],
        write: [remove(answers, id), update(ctx, applications, application.id, {})],
        audit: {
          action: "application.answer_removed",
          subject: { type: "application", id: application.id },
          companyId: application.companyId,
        },
        events: [updated(application)],
      },
    );
  });
}

const applicationOf = (answerId: string): Statement =>
  select()
    .from(applications)
    .where(sql`${applications.id} = (select application_id from ${answers} where id = ${answerId})`);

function stillWriting({ stage }: { stage: string }): void {
  if (!(WRITING_STAGES as readonly string[]).includes(stage)) throw invalidTransition("application", stage, "draft", []);
}

const updated = (application: typeof applications.$inferSelect) => applicationUpdated(application, ["pre_screen_answers"]);

const jobOf = (applicationId: string): SQL => sql`(select job_id from ${applications} where id = ${applicationId})`;
const questionsOf = (applicationId: string): Statement =>
  select()
    .from(questions)
    .where(sql`${questions.jobId} = ${jobOf(applicationId)}`);
const answersOf = (applicationId: string): Statement => select().from(answers).where(eq(answers.applicationId, applicationId));

/** Every answer must be to a question of the job, and of the question's kind. */
function fit(given: readonly { questionId: string; answer: AnswerValue }[], asked: readonly Question[]): void {
  const errors = given.flatMap(({ questionId, answer }, index): FieldError[] => {
    const question = asked.find(({ id }) => id === questionId);
    if (!question) return [{ pointer: `/answers/${index}/question_id`, code: "unknown", message: "This job does not ask this question." }];
    const rule = misfit(question, answer);
    return rule ? [{ pointer: `/answers/${index}/answer`, code: "invalid_type", message: rule }] : [];
  });
  if (errors.length > 0) throw invalid(...errors);
}

function misfit({ questionType, options }: Question, answer: AnswerValue): string | null {
  switch (questionType) {
    case "text":
      return typeof answer === "string" ? null : "A text is expected.";
    case "yes_no":
      return typeof answer === "boolean" ? null : "true or false is expected.";
    case "select":
      return typeof answer === "string" && options?.includes(answer) ? null : "One of the options is expected.";
    case "multi_select":
      return Array.isArray(answer) && answer.every((each) => options?.includes(each)) ? null : "Some of the options are expected.";
  }
}
