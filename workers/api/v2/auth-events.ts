import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { AUTH_EVENT_KINDS } from "#db/schema/audit.ts";
import { SESSION_METHODS } from "#domain/identity/session.ts";
import { authEventNoun, getAuthEvent, type KeptAuthEvent, listAuthEvents } from "#services/auth-events/auth-event.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, readOperation } from "../operation.ts";
import { Id, Instant } from "./shapes.ts";

const AuthEventShape = z
  .object({
    id: Id,
    at: Instant,
    kind: z.enum(AUTH_EVENT_KINDS),
    outcome: z.enum(["success", "failure"]),
    reason: z.string().nullable().openapi({ description: "Why it was refused or ended", example: "signed_out_everywhere" }),
    user_id: Id.nullable().openapi({ description: "Null where nobody was recognized" }),
    candidate_id: Id.nullable(),
    organization_id: Id.nullable(),
    connection_id: Id.nullable(),
    session_id: Id.nullable(),
    method: z.enum(SESSION_METHODS).nullable(),
    ip: z.string().nullable(),
    country: z.string().nullable().openapi({ description: "ISO 3166-1 alpha-2", example: "NL" }),
    user_agent_summary: z.string().nullable().openapi({ example: "Firefox on Linux" }),
    request_id: z.string(),
  })
  .openapi("AuthEvent");

const authEvent = (row: KeptAuthEvent): z.infer<typeof AuthEventShape> => ({
  id: row.id,
  at: row.at.toISOString(),
  kind: row.kind,
  outcome: row.outcome,
  reason: row.reason,
  user_id: row.userId,
  candidate_id: row.candidateId,
  organization_id: row.organizationId,
  connection_id: row.connectionId,
  session_id: row.sessionId,
  method: row.method,
  ip: row.ip,
  country: row.country,
  user_agent_summary: row.userAgentSummary,
  request_id: row.requestId,
});

/** Who got in and out, and who did not: for platform admins. */
export function authEvents(api: OpenAPIHono<ApiEnv>): void {
  listOperation<KeptAuthEvent>(api, {
    path: "/auth-events",
    access: ["auth-events", "list"],
    summary: "List sign-ins and what ended them",
    description: "For platform admins: who got in and out, who was refused and why. Kept for 13 months.",
    noun: authEventNoun,
    filters: z.object({ kind: z.enum(AUTH_EVENT_KINDS), user_id: Id, session_id: Id, since: Instant, until: Instant }),
    item: AuthEventShape,
    run: listAuthEvents,
    present: authEvent,
  });
  readOperation<KeptAuthEvent>(api, {
    path: "/auth-events/{id}",
    access: ["auth-events", "get"],
    summary: "Read a sign-in or what ended one",
    noun: authEventNoun,
    item: AuthEventShape,
    run: getAuthEvent,
    present: authEvent,
  });
}
