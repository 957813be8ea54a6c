import { sql } from "drizzle-orm";
import { bigint, jsonb, text, uuid } from "drizzle-orm/pg-core";
import { instant } from "../columns.ts";
import { ops } from "./ops.ts";

export interface AuditActor {
  kind: string;
  user_id: string | null;
}

/**
 * Who changed what. Partitioned by month, which drizzle-kit cannot express: the table itself stands
 * in `migrations/`, and this file is left out of `drizzle.config.ts`.
 */
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
});
