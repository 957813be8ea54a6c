import type { authEvents } from "#db/schema/audit.ts";
import { deviceOf } from "#domain/identity/session.ts";
import type { Context } from "../context.ts";

type Row = typeof authEvents.$inferSelect;

/** Somebody got in or out, or did not: stands in `identity.auth_events` (IDENTITY §17.3). It is the caller's doing unless told. */
export type AuthEvent = Pick<Row, "kind"> &
  Partial<Pick<Row, "userId" | "candidateId" | "organizationId" | "sessionId" | "method" | "reason" | "country">>;

/** Somebody wanted in and did not get in. */
const FAILURES: ReadonlySet<Row["kind"]> = new Set(["sign_in_refused", "code_wrong"]);

/** The event's row, with what the request says of the browser; no address of mail, no token. */
export const authEventRow = (ctx: Context, event: AuthEvent): typeof authEvents.$inferInsert => ({
  id: ctx.newId(),
  at: ctx.now(),
  kind: event.kind,
  userId: event.userId === undefined ? ctx.access.userId : event.userId,
  candidateId: event.candidateId ?? null,
  organizationId: event.organizationId ?? null,
  connectionId: null,
  sessionId: event.sessionId ?? null,
  method: event.method ?? null,
  outcome: FAILURES.has(event.kind) ? "failure" : "success",
  reason: event.reason ?? null,
  ip: ctx.request.ip,
  country: event.country ?? null,
  userAgentSummary: deviceOf(ctx.request.userAgent),
  requestId: ctx.request.id,
});
