import { and, getTableColumns, type Placeholder, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { type Preparable, renderedOnce, select } from "#db/statements.ts";
import type { Context } from "./context.ts";
import { everybody, platformAdmins } from "./audience.ts";
import { type Noun, type Way, waysOf } from "./listing.ts";

/** Where a page ended: the row's birth in microseconds since the epoch, and its id. */
export interface Place {
  at: string;
  id: string;
}

export interface KeysetQuery {
  limit: number;
  after: Place | null;
  filters: Readonly<Record<string, unknown>>;
}

export interface KeysetPage<Row> {
  rows: Row[];
  /** Where the next page begins; null at the end. */
  next: Place | null;
}

/** A noun whose rows are told by another instant than `created_at`. */
export type KeysetNoun<Row extends { id: string }> = Noun<Row> & { bornAt?: PgColumn };

/** Whose ways lead to a table's rows at large. */
const TO_EVERYTHING: readonly Way["opensTo"][] = [everybody, platformAdmins];

/**
 * One page of what the caller may see, newest first, beginning after a place: it costs the same
 * however far down the list it is, and rows that come meanwhile shift nothing (PLATFORM §9).
 */
export async function listAfter<Row extends { id: string }>(
  ctx: Context,
  noun: KeysetNoun<Row>,
  { limit, after, filters }: KeysetQuery,
  ...narrowed: readonly (SQL | undefined)[]
): Promise<KeysetPage<Row>> {
  const ways = ctx.likely(waysOf(noun));
  const narrowing = and(...narrowed, ...Object.entries(filters).map(([name, value]) => noun.filters?.[name]?.(value as never)));
  const page = narrowing
    ? pageAfter(noun, ways, narrowing, after, limit + 1)
    : renderedOnce(
        noun,
        `after ${after !== null} ${ways.map((way) => waysOf(noun).indexOf(way)).join()}`,
        () => pageAfter(noun, ways, undefined, after && { at: sql.placeholder("at"), id: sql.placeholder("id") }, sql.placeholder("limit")),
        { limit: limit + 1, at: after?.at, id: after?.id },
      );
  const found = (await ctx.read(page))[0] as unknown as (Row & { place: string })[];
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, next: found.length > limit && last ? { at: last.place, id: last.id } : null };
}

/** The statement of a page: the first rows of each way in, put together, each with its `place`. */
function pageAfter<Row extends { id: string }>(
  noun: KeysetNoun<Row>,
  ways: readonly Way[],
  narrowing: SQL | undefined,
  after: Place | { at: Placeholder; id: Placeholder } | null,
  limit: number | Placeholder,
): Preparable {
  const columns = getTableColumns(noun.table) as Record<string, PgColumn>;
  const id = noun.key ?? (columns["id"] as PgColumn);
  const born = noun.bornAt ?? (columns["createdAt"] as PgColumn);
  const beyond = after
    ? sql`(${born}, ${id}) < (timestamptz 'epoch' + ${after.at}::bigint * interval '1 microsecond', ${after.id}::uuid)`
    : undefined;
  const order = sql`${born} desc, ${id} desc`;
  // a way to everything is walked along the order's index; somebody's own rows are found by their owner
  // and then sorted, where the planner would walk that index however far apart they are
  const own = sql`${born} + interval '0' desc, ${id} desc`;
  const firstOfEach = ways.map(
    ({ rows, opensTo }) =>
      sql`(select ${id} as id, ${born} as born from ${noun.table} where ${and(rows, narrowing, beyond)} order by ${TO_EVERYTHING.includes(opensTo) ? order : own} limit ${limit})`,
  );
  const { editable, ...shown } = noun.columns;
  return select({ ...shown, place: sql<string>`(extract(epoch from ${born}) * 1000000)::bigint::text`.as("place") })
    .from(noun.table)
    .where(sql`${id} in (select id from (${sql.join(firstOfEach, sql` union `)}) seen order by born desc, id desc limit ${limit})`)
    .orderBy(order) as unknown as Preparable;
}
