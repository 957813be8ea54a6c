import { is, Param, Placeholder, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { drizzle } from "drizzle-orm/neon-http";
import { PgDialect } from "drizzle-orm/pg-core";

export type Statement = BatchItem<"pg">;

/**
 * Statements are built here and sent by `Context.read` and `commit`, so a verb can name what it
 * needs without holding a connection.
 */
const builder = drizzle.mock({ casing: "snake_case" });

export const select = builder.select.bind(builder);
export const insertInto = builder.insert.bind(builder);
export const updateOf = builder.update.bind(builder);
export const deleteFrom = builder.delete.bind(builder);

/** A statement drizzle has no words for. */
export const statement = <Row extends Record<string, unknown> = Record<string, unknown>>(text: SQL) => builder.execute<Row>(text);

/** What drizzle makes of a statement before it is sent. */
interface Rendered {
  getQuery(): { sql: string; params: unknown[] };
}

/** A statement of drizzle's that can be rendered before it has its values. */
export type Preparable = Statement & { prepare(name: string): unknown };

const rendered = new WeakMap<object, Map<string, Rendered>>();
/** A caller chooses which fields a change names, so the shapes are many, and those kept are not. */
const KEPT_SHAPES = 200;

/**
 * A statement of a shape that comes again and again: its text is rendered once, which for a wide
 * table costs as much as asking it, and only the values of its placeholders differ.
 *
 * @param owner - what the shape belongs to, such as a table
 * @param shape - the name of the shape among its owner's
 */
export function renderedOnce(owner: object, shape: string, make: () => Preparable, values: Record<string, unknown>): Statement {
  const shapes = rendered.get(owner) ?? new Map<string, Rendered>();
  rendered.set(owner, shapes);
  let known = shapes.get(shape);
  if (!known) {
    if (shapes.size >= KEPT_SHAPES) shapes.clear();
    known = make().prepare(shape) as Rendered;
    shapes.set(shape, known);
  }
  const { params, ...query } = known.getQuery();
  const getQuery = () => ({ ...query, params: params.map((param) => filled(param, values)) });
  const prepared = Object.create(known, { getQuery: { value: getQuery } }) as Rendered;
  return { _prepare: () => prepared } as unknown as Statement;
}

/** A parameter's value; NULL is NULL in every column's terms, which drizzle's own filling does not know. */
function filled(param: unknown, values: Record<string, unknown>): unknown {
  if (is(param, Placeholder)) return values[param.name];
  if (!is(param, Param) || !is(param.value, Placeholder)) return param;
  const value = values[param.value.name] ?? null;
  return value === null ? null : param.encoder.mapToDriverValue(value);
}

/**
 * A computed field of a selection. Nested once more, because drizzle drops the table's name from
 * columns on the outermost level of a field, and a subquery would then take its own column instead.
 */
export const computed = <T>(name: string, expression: SQL): SQL.Aliased<T> => sql<T>`${expression}`.as(name);

const dialect = new PgDialect({ casing: "snake_case" });

/** The text of an expression with its values in it: for a function that asks it under several contexts. Never of what a caller sent. */
export const textOf = (expression: SQL): string => dialect.sqlToQuery(expression.inlineParams()).sql;
