import type { requestLog } from "#db/schema/audit.ts";
import type { Access, Caller, RequestFacts, RequestTrace } from "../context.ts";

/** How a request ended. */
export interface Ending {
  status: number;
  bytesOut: number;
  errorCode?: string | null;
}

/** A row of the log. */
export type RequestLogRow = typeof requestLog.$inferInsert;

/** Who asked what; `access` is null where nothing was read. */
interface Asking {
  caller: Caller;
  access: Access | null;
  request: Pick<RequestFacts, "id" | "method" | "path" | "ip" | "userAgent">;
}

const MAX_TEXT = 500;

/** What somebody sent, cut to a length, as a table can hold it: one row that it cannot would take the others of its batch with it. */
const kept = (text: string): string => text.slice(0, MAX_TEXT).toWellFormed().replaceAll("\0", "\ufffd");

/** One request as the log keeps it: who, what, how it ended, how long it took. No body, no query. */
export const requestLogRow = (
  { caller, access, request }: Asking,
  trace: RequestTrace,
  { status, bytesOut, errorCode = null }: Ending,
): RequestLogRow => ({
  id: request.id,
  ts: trace.startedAt,
  seq: trace.seq,
  minute: trace.minute,
  accountId: access?.account?.id ?? (caller.kind === "partner" ? caller.accountId : null),
  userId: access?.userId ?? (caller.kind === "partner" ? caller.userId : null),
  credentialId: trace.credentialId,
  credentialKind: trace.credentialKind,
  clientId: trace.clientId,
  method: request.method,
  route: trace.route,
  path: kept(request.path),
  status,
  latencyMs: Math.max(0, Date.now() - trace.startedAt.getTime()),
  ip: request.ip,
  userAgent: request.userAgent === null ? null : kept(request.userAgent),
  country: trace.country,
  requestId: request.id,
  scopesUsed: trace.scopesUsed,
  rateRemaining: trace.rateRemaining,
  overage: trace.overage,
  errorCode,
  bytesOut,
});
