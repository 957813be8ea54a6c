import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { auditEventAsCef } from "#domain/audit/cef.ts";
import type { AuditEvent as Entry } from "#domain/audit/entries.ts";
import { auditEventAsOcsf } from "#domain/audit/ocsf.ts";
import { exportAuditEvents, listAuditEvents, type Verification, verifyAuditEvents } from "#services/audit/audit-events.ts";
import type { ApiEnv } from "../app.ts";
import { Id, Instant, text } from "../v2/shapes.ts";
import { logOperation, OfAccount } from "./log-operation.ts";
import { operation } from "./operation.ts";

const AuditEvent = z
  .object({
    id: Id,
    at: Instant,
    request_id: z.string(),
    account_id: Id.nullable(),
    actor: z.object({ kind: z.string(), user_id: Id.nullable(), credential_id: Id.nullable() }),
    action: z.string(),
    target: z.object({ type: z.string(), id: Id }),
    changes: z.record(z.string(), z.unknown()).openapi({ description: "Names of changed fields; values only where they are not personal" }),
    reason: z.string().nullable(),
    seq: z.int().nullable().openapi({ description: "The place in the account's chain" }),
    chain_hash: z.string().nullable().openapi({ description: "SHA-256 over the hash before, the place and the event" }),
  })
  .openapi("AuditEvent");

const present = (event: Entry): z.infer<typeof AuditEvent> => ({
  id: event.id,
  at: event.at.toISOString(),
  request_id: event.requestId,
  account_id: event.accountId,
  actor: { kind: event.actor.kind, user_id: event.actor.user_id, credential_id: event.actor.credential_id ?? null },
  action: event.action,
  target: { type: event.subjectType, id: event.subjectId },
  changes: { ...event.changes },
  reason: event.reason,
  seq: event.seq,
  chain_hash: event.chainHash,
});

const ChainVerification = z
  .object({
    verified: z.boolean(),
    events: z.int(),
    from_seq: z.int(),
    to_seq: z.int(),
    broken_at: z.int().nullable().openapi({ description: "The first event that is changed or missing" }),
  })
  .openapi("ChainVerification");

export function auditEvents(api: OpenAPIHono<ApiEnv>): void {
  operation<object, { account_id?: string }, undefined, Verification>(api, {
    method: "get",
    path: "/audit-events/verify",
    need: "read:audit or session",
    noted: true,
    access: ["audit-events", "verify"],
    summary: "Verify the chain of audit events",
    description: "Holds the account's chain against what is stored, from the oldest kept anchor on.",
    query: z.strictObject({ account_id: Id.optional().openapi({ description: "For the platform: another account" }) }) as never,
    replies: [200, ChainVerification],
    run: (ctx, { query }) => verifyAuditEvents(ctx, query),
    present: (verification) => ({ ...verification }),
  });
  logOperation<Entry>(api, {
    path: "/audit-events",
    need: "read:audit or session",
    access: ["audit-events", "list"],
    summary: "Read the audit events",
    description:
      "What was done to the account's credentials, plan and endpoints, and who read its logs. As lines (`ndjson`, `ocsf`, `cef`) it is an export in the order the events came in.",
    filters: z.object({
      actor: Id.openapi({ description: "The person, key or grant" }),
      action: text(100),
      target: Id,
      account_id: OfAccount,
    }),
    item: AuditEvent,
    list: listAuditEvents,
    export: exportAuditEvents,
    present,
    ocsf: auditEventAsOcsf,
    cef: auditEventAsCef,
  });
}
