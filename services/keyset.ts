import { and, getTableColumns, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { select } from "#db/statements.ts";
import type { Context, Statement } from "./context.ts";
import { everybody, platformAdmins } from "./audience.ts";
import type { Noun, Way } from "./listing.ts";

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
  const columns = getTableColumns(noun.table) as Record<string, PgColumn>;
  const id = noun.key ?? (columns["id"] as PgColumn);
  const born = noun.bornAt ?? (columns["createdAt"] as PgColumn);
  const beyond = after && sql`(${born}, ${id}) < (timestamptz 'epoch' + ${after.at}::bigint * interval '1 microsecond', ${after.id}::uuid)`;
  const narrowing = and(
    ...narrowed,
    beyond ?? undefined,
    ...Object.entries(filters).map(([name, value]) => noun.filters?.[name]?.(value as never)),
  );
  const order = sql`${born} desc, ${id} desc`;
  const ways = (noun.ways?.() ?? [noun.readable()]).map((way): Way => ("opensTo" in way ? way : { rows: way, opensTo: everybody }));
  // a way to everything is walked along the order's index; somebody's own rows are found by their owner
  // and then sorted, where the planner would walk that index however far apart they are
  const own = sql`${born} + interval '0' desc, ${id} desc`;
  const firstOfEach = ctx
    .likely(ways)
    .map(
      ({ rows, opensTo }) =>
        sql`(select ${id} as id, ${born} as born from ${noun.table} where ${and(rows, narrowing)} order by ${TO_EVERYTHING.includes(opensTo) ? order : own} limit ${limit + 1})`,
    );
  const { editable, ...shown } = noun.columns;
  const found = (
    await ctx.read(
      select({ ...shown, place: sql<string>`(extract(epoch from ${born}) * 1000000)::bigint::text`.as("place") })
        .from(noun.table)
        .where(sql`${id} in (select id from (${sql.join(firstOfEach, sql` union `)}) seen order by born desc, id desc limit ${limit + 1})`)
        .orderBy(order) as Statement,
    )
  )[0] as unknown as (Row & { place: string })[];
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, next: found.length > limit && last ? { at: last.place, id: last.id } : null };
}
