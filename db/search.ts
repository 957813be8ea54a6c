import { type AnyColumn, or, type SQL, sql } from "drizzle-orm";

/**
 * Whether a search column, or the words of a text, hold all the words of what someone typed, the last one as a beginning.
 * Accents and case do not count. Text without a single letter or digit finds nothing.
 */
export const matches = (column: AnyColumn | SQL, words: string): SQL => sql`${column} @@ ops.query(${words}::text)`;

/** Whether one of a few short columns holds what someone typed. For few rows, such as those of one account, which no index need find. */
export const contains = (columns: readonly (AnyColumn | SQL)[], words: string): SQL =>
  or(...columns.map((column) => sql`position(ops.fold(${words}::text) in ops.fold(${column})) > 0`)) as SQL;
