import { getTableColumns, sql } from "drizzle-orm";
import { requestLog } from "#db/schema/audit.ts";
import type { LoggedRequest } from "#domain/audit/entries.ts";
import { instantIn } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import type { KeysetPage, KeysetQuery } from "../keyset.ts";
import { exportOf, type ExportQuery, type Log, pageOf, type Stretch } from "../log.ts";
import { requireScope } from "../scopes.ts";

const { ts, ingestId, ingestedAt, minute: _, ...columns } = getTableColumns(requestLog);

/** The log is kept by month, and an id tells its instant: what is looked for by its id lies near it. */
const DRIFT = "1 hour";

/** The requests of the partner API, as their account reads them. */
const requests: Log<LoggedRequest> = {
  name: "request_log",
  table: requestLog,
  columns: { ...columns, at: ts },
  id: requestLog.id,
  at: requestLog.ts,
  accountId: requestLog.accountId,
  ingestId,
  ingestedAt,
  filters: {
    credential_id: (id: string) => sql`${requestLog.credentialId} = ${id}`,
    user_id: (id: string) => sql`${requestLog.userId} = ${id}::uuid`,
    route: (route: string) => sql`${requestLog.route} = ${route}`,
    id: (id: string) => {
      const made = sql`to_timestamp(${instantIn(id) / 1_000}::float8)`;
      return sql`${requestLog.id} = ${id}::uuid and ${requestLog.ts} between ${made} - ${DRIFT}::interval and ${made} + ${DRIFT}::interval`;
    },
    status: ({ from, to }: { from: number; to: number }) => sql`${requestLog.status} between ${from} and ${to}`,
    since: (at: Date) => sql`${requestLog.ts} >= ${at.toISOString()}::timestamptz`,
    until: (at: Date) => sql`${requestLog.ts} < ${at.toISOString()}::timestamptz`,
  },
};

/** Requests of the account, newest first. */
export function listRequests(ctx: Context, query: KeysetQuery): Promise<KeysetPage<LoggedRequest>> {
  requireScope(ctx, "read:audit");
  return pageOf(ctx, requests, query);
}

/** One request of the account; 404 for any other. */
export async function getRequest(ctx: Context, id: string): Promise<LoggedRequest> {
  const { rows } = await listRequests(ctx, { limit: 1, after: null, filters: { id } });
  const [row] = rows;
  if (!row) throw notFound("request");
  return row;
}

/** Requests of the account in the order they came in, behind a place in it. */
export function exportRequests(ctx: Context, query: ExportQuery): Promise<Stretch<LoggedRequest>> {
  requireScope(ctx, "read:audit");
  return exportOf(ctx, requests, query);
}
