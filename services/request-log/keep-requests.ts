import { requestLog } from "#db/schema/audit.ts";
import { insertInto } from "#db/statements.ts";
import type { Context, Statement } from "../context.ts";
import type { RequestLogRow } from "./row.ts";

/** Rows of one statement; each has some twenty values, and Postgres takes 65,535. */
const ROWS_AT_ONCE = 100;

/** Keeps rows of the request log, each once: id and instant were minted with the request. */
export async function keepRequests(ctx: Context, rows: readonly RequestLogRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const some = rows.slice(from, from + ROWS_AT_ONCE).map((row) => ({ ...row, ts: new Date(row.ts) }));
    await ctx.database.writer.batch([insertInto(requestLog).values(some).onConflictDoNothing() as Statement] as never);
  }
}
