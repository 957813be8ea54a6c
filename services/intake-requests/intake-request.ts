import { getTableColumns, or, type SQL, sql } from "drizzle-orm";
import { intakeRequests } from "#db/schema/ats.ts";
import { matches } from "#db/search.ts";
import { computed } from "#db/statements.ts";
import { companyPeople, platformAdmins } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page, type Way } from "../listing.ts";
import { type Right, rightBy } from "../rights.ts";

/** A role that was handed in from outside, as the company's people see it. */
export type IntakeRequest = typeof intakeRequests.$inferSelect & { editable: Right };

const waysToIntakes = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`${intakeRequests.companyId} = any((select ops.company_ids())::uuid[])`, opensTo: companyPeople },
];
/** Platform admins, and the company's people. */
export const readableIntakes = (): SQL => or(...waysToIntakes().map(({ rows }) => rows)) as SQL;

/** Whoever may post roles for the company may answer what was handed in for it. */
const editableIntakes = (): SQL => rightBy(sql`${intakeRequests.companyId} = any((select ops.admin_company_ids())::uuid[])`);

export const intakeRequestNoun = {
  name: "intake request",
  table: intakeRequests,
  columns: { ...getTableColumns(intakeRequests), editable: computed<Right>("editable", editableIntakes()) },
  readable: readableIntakes,
  ways: waysToIntakes,
  filters: {
    status: (status: string) => sql`${intakeRequests.status} = ${status}`,
    company_id: (id: string) => sql`${intakeRequests.companyId} = ${id}`,
    source: (source: string) => sql`${intakeRequests.source} = ${source}`,
    /** Words of the answers, whatever was asked. */
    words: (words: string) => matches(sql`ops.words(variadic array(select value from jsonb_each_text(${intakeRequests.fields})))`, words),
  },
} satisfies Noun<IntakeRequest>;

/** One page of what was handed in for the caller's companies. */
export const listIntakes = (ctx: Context, query: ListQuery): Promise<Page<IntakeRequest>> =>
  listOf<IntakeRequest>(ctx, intakeRequestNoun, query);

/** One of them, or 404. */
export const getIntake = (ctx: Context, id: string, include: readonly string[]): Promise<Included<IntakeRequest>> =>
  getOne<IntakeRequest>(ctx, intakeRequestNoun, id, include);
