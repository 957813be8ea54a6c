import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { AUTH_EVENT_KINDS } from "#db/schema/audit.ts";
import { signInAsCef } from "#domain/audit/cef.ts";
import { signInAsOcsf } from "#domain/audit/ocsf.ts";
import { SESSION_METHODS } from "#domain/identity/session.ts";
import { exportSignIns, type KeptAuthEvent, listSignIns } from "#services/auth-events/auth-event.ts";
import type { ApiEnv } from "../app.ts";
import { Id, Instant } from "../v2/shapes.ts";
import { logOperation } from "./log-operation.ts";

const SignIn = z
  .object({
    id: Id,
    at: Instant,
    kind: z.enum(AUTH_EVENT_KINDS),
    outcome: z.enum(["success", "failure"]),
    reason: z.string().nullable().openapi({ description: "Why it was refused or ended", example: "deactivated" }),
    user_id: Id.nullable().openapi({ description: "Null where nobody was recognized" }),
    candidate_id: Id.nullable(),
    organization_id: Id.nullable(),
    session_id: Id.nullable(),
    method: z.enum(SESSION_METHODS).nullable(),
    ip: z.string().nullable(),
    country: z.string().nullable().openapi({ description: "ISO 3166-1 alpha-2", example: "NL" }),
    user_agent_summary: z.string().nullable().openapi({ example: "Firefox on Linux" }),
    request_id: z.string(),
  })
  .openapi("SignIn");

const present = (row: KeptAuthEvent): z.infer<typeof SignIn> => ({
  id: row.id,
  at: row.at.toISOString(),
  kind: row.kind,
  outcome: row.outcome,
  reason: row.reason,
  user_id: row.userId,
  candidate_id: row.candidateId,
  organization_id: row.organizationId,
  session_id: row.sessionId,
  method: row.method,
  ip: row.ip,
  country: row.country,
  user_agent_summary: row.userAgentSummary,
  request_id: row.requestId,
});

/** Who got in and out, for the platform's own security tools. */
export function signIns(api: OpenAPIHono<ApiEnv>): void {
  logOperation<KeptAuthEvent>(api, {
    path: "/auth-events",
    need: "read:audit or session",
    access: ["auth-events", "list"],
    summary: "Read who signed in and out",
    description:
      "For platform admins: who got in and out, who was refused and why. As lines (`ndjson`, `ocsf` class 3002, `cef`) it is an export in the order the events came in.",
    filters: z.object({ kind: z.enum(AUTH_EVENT_KINDS), user_id: Id, session_id: Id }),
    item: SignIn,
    list: listSignIns,
    export: exportSignIns,
    present,
    ocsf: signInAsOcsf,
    cef: signInAsCef,
  });
}
