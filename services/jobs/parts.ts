import { eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { jobPreScreenAnswers, jobPreScreenQuestions, jobRequirements, jobs } from "#db/schema/ats.ts";
import { computed, select } from "#db/statements.ts";
import { jobUpdated } from "#domain/events/job.ts";
import { conflict, invalidField } from "#domain/refusals.ts";
import { asItStands, commit, deciding, differing, editable, expectVersion, insert, newRow, remove, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { type Noun, rowById } from "../listing.ts";
import { editableJobs, readableJobs } from "./access.ts";
import type { Right } from "../rights.ts";

/** What hangs on a job and is seen and changed by whoever sees and changes the job. */
type PartTable = typeof jobRequirements | typeof jobPreScreenQuestions;

const followsJob = (table: PartTable) => ({
  table,
  columns: {
    ...getTableColumns(table),
    editable: computed<Right>("editable", sql`(select ${editableJobs()} from ${jobs} where ${jobs.id} = ${table.jobId})`),
  },
  readable: () => sql`exists (select 1 from ${jobs} where ${jobs.id} = ${table.jobId} and ${readableJobs()})`,
  sorts: { sort_order: table.sortOrder },
  filters: { job_id: (id: string) => eq(table.jobId, id) },
});

export type Requirement = typeof jobRequirements.$inferSelect & { editable: Right };
export type Question = typeof jobPreScreenQuestions.$inferSelect & { editable: Right };

export const requirementNoun = { name: "job requirement", ...followsJob(jobRequirements) } satisfies Noun<Requirement>;
export const questionNoun = { name: "pre-screen question", ...followsJob(jobPreScreenQuestions) } satisfies Noun<Question>;

/** One kind of part with its verbs: added, changed and removed together with the job's version. */
function partOf<Row extends { id: string; jobId: string; version: number; editable: Right }>(
  noun: Noun<Row> & { table: PartTable },
  word: string,
  check: (row: Row) => void,
  /** What may not be changed any more once somebody has answered. */
  settled?: { by: SQL; fields: readonly string[] },
) {
  const told = (id: string, companyId: string) => [jobUpdated({ id, companyId }, [word])];
  const jobOf = (jobId: string | ReturnType<typeof sql>) =>
    select({ id: jobs.id, version: jobs.version, companyId: jobs.companyId, editable: computed<Right>("editable", editableJobs()) })
      .from(jobs)
      .where(sql`${jobs.id} = ${jobId} and ${readableJobs()}`);

  return {
    async create(ctx: Context, fields: { jobId: string } & Record<string, unknown>): Promise<Row> {
      return deciding(ctx, async () => {
        const [[found]] = await ctx.read(jobOf(fields.jobId));
        const job = editable(ctx, "job", fields.jobId, found);
        const row = newRow(ctx, noun.table, fields);
        const part = { ...row, editable: "own" } as unknown as Row;
        check(part);
        return commit(ctx, part, {
          expect: [unchanged(jobs, job)],
          write: [insert(noun.table, row), update(ctx, jobs, job.id, {})],
          audit: { action: `${word}.created`, subject: { type: word, id: row.id }, after: row, companyId: job.companyId },
          events: told(job.id, job.companyId),
        });
      });
    },

    async update(ctx: Context, id: string, fields: Record<string, unknown>, version?: number): Promise<Row> {
      return deciding(ctx, async () => {
        const { part, job, answered } = await found(ctx, id);
        expectVersion(ctx, part, version);
        const fixed = answered ? settled?.fields.find((name) => name in fields && !same(fields[name], part[name as keyof Row])) : undefined;
        if (fixed) throw conflict("Somebody has answered this question; its kind and its options stay.", { reason: "answered" });
        if (!differing(part, fields)) return asItStands(ctx, part);
        const changed = { ...part, ...fields, version: part.version + 1, updatedAt: ctx.now() } as Row;
        check(changed);
        return commit(ctx, changed, {
          expect: [unchanged(jobs, job), unchanged(noun.table, part)],
          write: [update(ctx, noun.table, id, fields as never), update(ctx, jobs, job.id, {})],
          audit: { action: `${word}.updated`, subject: { type: word, id }, before: part, after: changed, companyId: job.companyId },
          events: told(job.id, job.companyId),
        });
      });
    },

    async delete(ctx: Context, id: string): Promise<{ id: string }> {
      return deciding(
        ctx,
        async () => {
          const { part, job } = await found(ctx, id);
          expectVersion(ctx, part);
          return commit(
            ctx,
            { id },
            {
              expect: [unchanged(jobs, job), unchanged(noun.table, part)],
              write: [remove(noun.table, id), update(ctx, jobs, job.id, {})],
              audit: { action: `${word}.deleted`, subject: { type: word, id }, before: part, companyId: job.companyId },
              events: told(job.id, job.companyId),
            },
          );
        },
        {
          job_pre_screen_answers_question_id_job_pre_screen_questions_id_: () =>
            conflict("Somebody has answered this question; it stays.", { reason: "answered" }),
        },
      );
    },
  };

  async function found(ctx: Context, id: string) {
    const [[row], [job], answers] = (await ctx.read(
      rowById<Row>(ctx, noun, id),
      jobOf(sql`(select job_id from ${noun.table} where id = ${id})`),
      ...(settled
        ? [
            select({ answered: settled.by })
              .from(noun.table)
              .where(sql`${noun.table.id} = ${id}`),
          ]
        : []),
    )) as unknown as [[Row?], [{ id: string; version: number; companyId: string; editable: Right }?], { answered: boolean }[]?];
    const part = editable(ctx, noun.name, id, row);
    return { part, job: editable(ctx, "job", part.jobId, job), answered: answers?.[0]?.answered ?? false };
  }
}

export const requirements = partOf<Requirement>(requirementNoun, "job_requirement", () => undefined);

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** A choice needs something to choose from; other kinds of question have no options. */
export const questions = partOf<Question>(
  questionNoun,
  "job_pre_screen_question",
  ({ questionType, options }) => {
    const choice = questionType === "select" || questionType === "multi_select";
    if (choice && !options?.length) throw invalidField("options", "required", "A question to select from needs options.");
    if (!choice && options?.length) throw invalidField("options", "unexpected", "Only select and multi_select questions have options.");
  },
  {
    by: computed<boolean>(
      "answered",
      sql`exists (select 1 from ${jobPreScreenAnswers} where ${jobPreScreenAnswers.questionId} = ${jobPreScreenQuestions.id})`,
    ) as unknown as SQL,
    fields: ["questionType", "options"],
  },
);
