import { sql } from "drizzle-orm";
import { bigint, boolean, integer, jsonb, pgSchema, text, uuid } from "drizzle-orm/pg-core";
import { SESSION_METHODS } from "../../domain/identity/session.ts";
import { instant } from "../columns.ts";
import { ops } from "./ops.ts";

/**
 * The logs that grow with every request. Partitioned by month, which drizzle-kit cannot express: the
 * tables themselves stand in `migrations/`, and this file is left out of `drizzle.config.ts`.
 */

/** Named here once more: behind api.ts and identity.ts stand the tables of every noun, and each start would load them. */
const [api, identity] = [pgSchema("api"), pgSchema("identity")];

export interface AuditActor {
  kind: string;
  user_id: string | null;
  /** The key or grant through which the person acted. */
  credential_id?: string;
}

/** Who changed what. */
export const auditEvents = ops.table("audit_events", {
  id: uuid().notNull(),
  ingestId: bigint({ mode: "number" }).generatedAlwaysAsIdentity(),
  at: instant().notNull(),
  ingestedAt: instant()
    .notNull()
    .default(sql`ops.now()`),
  requestId: text().notNull(),
  actor: jsonb().$type<AuditActor>().notNull(),
  action: text().notNull(),
  subjectType: text().notNull(),
  subjectId: uuid().notNull(),
  companyId: uuid(),
  beforeHash: text(),
  afterHash: text(),
  changes: jsonb().$type<Record<string, unknown>>().notNull(),
  reason: text(),
  /** The account whose chain the event is in, and its place there. */
  accountId: uuid(),
  seq: bigint({ mode: "number" }),
  body: text(),
  chainHash: text(),
});

/** Every request of the partner API. */
export const requestLog = api.table("request_log", {
  id: uuid().notNull(),
  ts: instant().notNull(),
  ingestId: bigint({ mode: "number" }).generatedAlwaysAsIdentity(),
  ingestedAt: instant()
    .notNull()
    .default(sql`ops.now()`),
  seq: bigint({ mode: "number" }),
  minute: integer(),
  accountId: uuid(),
  userId: uuid(),
  credentialId: text(),
  credentialKind: text({ enum: ["key", "grant", "user"] }),
  clientId: uuid(),
  method: text().notNull(),
  route: text().notNull(),
  path: text().notNull(),
  status: integer().notNull(),
  latencyMs: integer().notNull(),
  ip: text(),
  userAgent: text(),
  country: text(),
  requestId: uuid().notNull(),
  scopesUsed: text().array().notNull(),
  rateRemaining: integer(),
  overage: boolean().notNull(),
  errorCode: text(),
  bytesOut: integer().notNull(),
  repeatCount: integer().notNull().default(1),
});

export const AUTH_EVENT_KINDS = ["signed_in", "sign_in_refused", "signed_out", "session_ended", "challenge_sent", "code_wrong"] as const;

/** Who got in and out, and who did not (IDENTITY §17.3). */
export const authEvents = identity.table("auth_events", {
  id: uuid().notNull(),
  ingestId: bigint({ mode: "number" }).generatedAlwaysAsIdentity(),
  at: instant().notNull(),
  ingestedAt: instant()
    .notNull()
    .default(sql`ops.now()`),
  kind: text({ enum: AUTH_EVENT_KINDS }).notNull(),
  userId: uuid(),
  candidateId: uuid(),
  organizationId: uuid(),
  connectionId: uuid(),
  sessionId: uuid(),
  method: text({ enum: SESSION_METHODS }),
  outcome: text({ enum: ["success", "failure"] }).notNull(),
  reason: text(),
  ip: text(),
  country: text(),
  userAgentSummary: text(),
  requestId: text().notNull(),
});
