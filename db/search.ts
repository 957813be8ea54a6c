import { type AnyColumn, type SQL, sql } from "drizzle-orm";

/**
 * Whether a search column, or the words of a text, hold all the words of what someone typed, the last one as a beginning.
 * Accents and case do not count. Text without a single letter or digit finds nothing.
 */
export const matches = (column: AnyColumn | SQL, words: string): SQL => sql`${column} @@ ops.query(${words}::text)`;
