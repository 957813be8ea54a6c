import { type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";

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

/**
 * A computed field of a selection. Nested once more, because drizzle drops the table's name from
 * columns on the outermost level of a field, and a subquery would then take its own column instead.
 */
export const computed = <T>(name: string, expression: SQL): SQL.Aliased<T> => sql<T>`${expression}`.as(name);
