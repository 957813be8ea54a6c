import { and, asc, desc, getTableColumns, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { matches } from "#db/search.ts";
import { computed, type Preparable, renderedOnce, select } from "#db/statements.ts";
import { forbidden, Refusal } from "#domain/refusals.ts";
import { everybody } from "./audience.ts";
import type { Access, Context, Statement } from "./context.ts";

/** Beyond this a total is not counted and a page cannot be asked for (DESIGN §7). */
export const COUNTED_ROWS = 10_000;

/** What a caller asks of a list. The surface has checked the words against the noun's own. */
export interface ListQuery {
  page: number;
  limit: number;
  search?: string | undefined;
  sortBy: string;
  sortOrder: "asc" | "desc";
  include: readonly string[];
  filters: Readonly<Record<string, unknown>>;
}

/** Rows that belong to the rows of a page, fetched for the whole page in one statement. */
export interface Include {
  /** The statement, given the page's ids as a subquery. */
  rows: (pageIds: SQL) => Statement;
  /** The column of the parent that the child's `childKey` equals; `id` unless told. */
  parentKey?: string;
  /** The field of each child row that names its parent. */
  childKey: string;
  many: boolean;
  /** Who may never read it, whatever the row: answers 403 (DOMAIN §5.1). */
  allowed?: (ctx: Context) => boolean;
}

/** One way by which a caller comes to see rows of a noun, and who can come by it at all. */
export interface Way {
  rows: SQL;
  opensTo: (access: Access) => boolean;
}

/** What a noun offers to whoever lists it: one description serves list, single read and actions. */
export interface Noun<Row extends { id: string }> {
  name: string;
  table: PgTable;
  /** What identifies a row, where that is not its column `id`. */
  key?: PgColumn;
  /** Selected fields, `editable` among them where rows can be changed. */
  columns: Record<string, PgColumn | SQL | SQL.Aliased>;
  readable: () => SQL;
  /**
   * The same as `readable`, one condition for each way in. A list asks each way for its own first
   * rows, so that every way can use its own index however large the table is. Unless told, there
   * is the one way.
   */
  ways?: () => readonly (SQL | Way)[];
  /** The tsvector column that `search` looks into. */
  search?: PgColumn | undefined;
  sorts?: Readonly<Record<string, PgColumn>>;
  filters?: Readonly<Record<string, (value: never) => SQL>>;
  includes?: Readonly<Record<string, Include>>;
  /** Never set: carries the row type. */
  row?: Row;
}

export type Included<Row> = Row & { included: Record<string, unknown> };

export interface Page<Row> {
  rows: Included<Row>[];
  total: number;
  totalCapped: boolean;
  page: number;
  limit: number;
}

/** One page of what the caller may see, with its total and includes, in one trip. */
export async function listOf<Row extends { id: string }>(
  ctx: Context,
  noun: Noun<Row>,
  query: ListQuery,
  ...narrowed: readonly (SQL | undefined)[]
): Promise<Page<Row>> {
  if (query.page * query.limit > COUNTED_ROWS) {
    throw new Refusal("invalid_parameter", `A list ends at row ${COUNTED_ROWS}. Narrow it by a filter.`, {
      errors: [{ pointer: "query:page", code: "out_of_range", message: `page × limit is at most ${COUNTED_ROWS}` }],
    });
  }
  const narrowing = and(
    ...narrowed,
    ...Object.entries(query.filters).map(([name, value]) => noun.filters?.[name]?.(value as never)),
    query.search && noun.search ? matches(noun.search, query.search) : undefined,
  );
  const ways = likelyWays(ctx, noun);
  const [only, ...others] = ways;
  const { rows, pageIds } =
    only && others.length === 0 && narrowing === undefined && query.page === 1
      ? firstPage(noun, query, only)
      : pageOfWays(
          noun,
          query,
          ways.map(({ rows: way }) => and(way, narrowing)),
        );
  const includes = includesOf(noun, query.include);
  const [found, ...children] = (await ctx.read(rows, ...includes.map(([, include]) => include.rows(pageIds)))) as unknown as unknown[][];
  allowIncludes(ctx, includes);
  const total = (found as { total: number }[])[0]?.total ?? 0;
  return {
    rows: attach(
      (found as Row[]).filter((row) => row.id !== null),
      includes,
      children,
    ),
    total: Math.min(total, COUNTED_ROWS),
    totalCapped: total > COUNTED_ROWS,
    page: query.page,
    limit: query.limit,
  };
}

/** The statement of a page's rows, each with the list's `total`, and the page's ids as a subquery for its includes. */
interface PageStatement {
  rows: Statement;
  pageIds: SQL;
}

/**
 * The beginning of a whole list that has one way in: read straight off the index of its order. Not for
 * a narrowed one, which would be looked for along that index, however far apart its rows are.
 */
function firstPage<Row extends { id: string }>(noun: Noun<Row>, query: ListQuery, way: Way): PageStatement {
  const { id, order } = orderOf(noun, query);
  const counted = sql`(select count(*)::int from (select 1 from ${noun.table} where ${way.rows} order by ${order} limit ${COUNTED_ROWS + 1}) counted)`;
  const make = () =>
    select({ total: computed<number>("total", counted), ...shown(noun) })
      .from(noun.table)
      .where(way.rows)
      .orderBy(order)
      .limit(sql.placeholder("limit")) as unknown as Preparable;
  return {
    rows: renderedOnce(way, `first ${query.sortBy} ${query.sortOrder}`, make, { limit: query.limit }),
    pageIds: sql`(select ${id} from ${noun.table} where ${way.rows} order by ${order} limit ${query.limit})`,
  };
}

/** Any page: the first rows of each way in, put together. A page beyond the end still tells the total. */
function pageOfWays<Row extends { id: string }>(noun: Noun<Row>, query: ListQuery, ways: readonly (SQL | undefined)[]): PageStatement {
  const { id, sort, order } = orderOf(noun, query);
  const firstOfEach = ways.map(
    (condition) =>
      sql`(select ${id} as id, ${sort} as sort from ${noun.table} where ${condition} order by ${order} limit ${COUNTED_ROWS + 1})`,
  );
  const word = sql.raw(query.sortOrder);
  const seen = sql`with seen as materialized (${sql.join(firstOfEach, sql` union `)})`;
  const wanted = sql`select id from seen order by sort ${word}, id ${word} limit ${query.limit} offset ${(query.page - 1) * query.limit}`;
  const counted = select({ total: sql<number>`total`.as("total"), ids: sql`ids`.as("ids") })
    .from(sql`(${seen} select (select count(*)::int from seen) as total, array(${wanted}) as ids) page`)
    .as("page");
  return {
    rows: select({ total: counted.total, ...shown(noun) })
      .from(counted)
      .leftJoin(noun.table, sql`${id} = any(${counted.ids})`)
      .orderBy(order) as Statement,
    pageIds: sql`(${seen} ${wanted})`,
  };
}

function orderOf<Row extends { id: string }>(noun: Noun<Row>, { sortBy, sortOrder }: ListQuery) {
  const id = keyOf(noun);
  const sort = noun.sorts?.[sortBy] ?? bookkeeping(noun.table, sortBy);
  const direction = sortOrder === "asc" ? asc : desc;
  return { id, sort, order: sql.join([direction(sort), direction(id)], sql`, `) };
}

const knownWays = new WeakMap<object, readonly Way[]>();

/** Every way into a noun, written once. */
export function waysOf<Row extends { id: string }>(noun: Noun<Row>): readonly Way[] {
  const known = knownWays.get(noun);
  if (known) return known;
  const ways = (noun.ways?.() ?? [noun.readable()]).map((way): Way => ("opensTo" in way ? way : { rows: way, opensTo: everybody }));
  knownWays.set(noun, ways);
  return ways;
}

const likelyWays = <Row extends { id: string }>(ctx: Context, noun: Noun<Row>): readonly Way[] => ctx.likely(waysOf(noun));

/** The same as the noun's `readable`, along the ways that probably are the caller's. */
const readableBy = <Row extends { id: string }>(ctx: Context, noun: Noun<Row>): SQL | undefined =>
  or(...likelyWays(ctx, noun).map(({ rows }) => rows));

/** One row by its id as the caller may see it, as a statement for `ctx.read`. */
export function rowById<Row extends { id: string }>(ctx: Context, noun: Noun<Row>, id: string): Statement & { _: { result: Row[] } } {
  const all = waysOf(noun);
  const ways = ctx.likely(all);
  const make = () =>
    select(noun.columns)
      .from(noun.table)
      .where(and(sql`${keyOf(noun)} = ${sql.placeholder("id")}`, or(...ways.map(({ rows }) => rows))))
      .limit(1) as unknown as Preparable;
  return renderedOnce(noun, `by id ${ways.map((way) => all.indexOf(way)).join()}`, make, { id }) as never;
}

/** One row with its includes, in one trip. Absent where the caller may not see it. */
export async function readOne<Row extends { id: string }>(
  ctx: Context,
  noun: Noun<Row>,
  where: SQL,
  include: readonly string[] = [],
): Promise<Included<Row> | undefined> {
  const id = keyOf(noun);
  const includes = includesOf(noun, include);
  const condition = and(where, readableBy(ctx, noun));
  const pageIds = sql`(select ${id} from ${noun.table} where ${condition} limit 1)`;
  const row = select(shown(noun)).from(noun.table).where(condition).limit(1);
  const [found, ...children] = (await ctx.read(
    row as Statement,
    ...includes.map(([, each]) => each.rows(pageIds)),
  )) as unknown as unknown[][];
  allowIncludes(ctx, includes);
  return attach(found as Row[], includes, children)[0];
}

/** As `readOne` by id, or 404. */
export async function getOne<Row extends { id: string }>(
  ctx: Context,
  noun: Noun<Row>,
  id: string,
  include: readonly string[] = [],
): Promise<Included<Row>> {
  const row = await readOne(ctx, noun, sql`${keyOf(noun)} = ${id}`, include);
  if (!row) throw new Refusal("not_found", `There is no ${noun.name} ${id} that you may see.`);
  return row;
}

/** What is read to be shown: whether it may be changed is asked only where something is about to change. */
function shown<Row extends { id: string }>({ columns: { editable, ...columns } }: Pick<Noun<Row>, "columns">): Noun<Row>["columns"] {
  return columns;
}

function includesOf<Row extends { id: string }>(noun: Noun<Row>, names: readonly string[]): [string, Include][] {
  return names.map((name) => {
    const include = noun.includes?.[name];
    if (!include) throw new Error(`${noun.name} has no include ${name}`);
    return [name, include];
  });
}

function allowIncludes(ctx: Context, includes: readonly [string, Include][]): void {
  const refused = includes.find(([, include]) => include.allowed && !include.allowed(ctx));
  if (refused) throw forbidden(`You may not include ${refused[0]} here.`);
}

function attach<Row extends { id: string }>(
  rows: readonly Row[],
  includes: readonly [string, Include][],
  children: readonly unknown[][],
): Included<Row>[] {
  const grouped = includes.map(([name, include], index) => {
    const byParent = Map.groupBy(children[index] as Record<string, unknown>[], (child) => child[include.childKey]);
    return { name, include, byParent };
  });
  return rows.map((row) => ({
    ...row,
    included: Object.fromEntries(
      grouped.map(({ name, include, byParent }) => {
        const mine = byParent.get((row as Record<string, unknown>)[include.parentKey ?? "id"]) ?? [];
        return [name, include.many ? mine : (mine[0] ?? null)];
      }),
    ),
  }));
}

const keyOf = (noun: { table: PgTable; key?: PgColumn }): PgColumn => noun.key ?? columnOf(noun.table, "id");

/** The instant to sort by; a row that never changes was last changed when it was made. */
const bookkeeping = (table: PgTable, sortBy: string): PgColumn =>
  columnOf(table, sortBy === "updated_at" && "updatedAt" in getTableColumns(table) ? "updatedAt" : "createdAt");

function columnOf(table: PgTable, name: string): PgColumn {
  const column = (getTableColumns(table) as Record<string, PgColumn>)[name];
  if (!column) throw new Error(`no column ${name}`);
  return column;
}
