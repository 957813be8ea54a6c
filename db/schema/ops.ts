import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgSchema, primaryKey, text, unique, uuid } from "drizzle-orm/pg-core";
import { born, instant, oneOf } from "../columns.ts";

export const ops = pgSchema("ops");

/** What happened, written in the commit that made it happen, until every subscriber has heard it. */
export const outbox = ops.table(
  "outbox",
  {
    id: uuid().primaryKey(),
    eventType: text().notNull(),
    occurredAt: instant().notNull(),
    actorUserId: uuid(),
    subjectType: text().notNull(),
    subjectId: uuid().notNull(),
    /** The subject's version as the change left it, where partners hear of it; a trigger tells. */
    subjectVersion: integer(),
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    claimedUntil: instant().notNull(),
    handledAt: instant(),
    attempts: integer().notNull().default(0),
  },
  (t) => [
    index("outbox_waiting")
      .on(t.id)
      .where(sql`handled_at is null`),
  ],
);

export const eventHandled = ops.table(
  "event_handled",
  {
    eventId: uuid().notNull(),
    subscriber: text().notNull(),
    at: instant()
      .notNull()
      .default(sql`ops.now()`),
  },
  (t) => [primaryKey({ columns: [t.eventId, t.subscriber] })],
);

export const idempotencyKeys = ops.table(
  "idempotency_keys",
  {
    owner: text().notNull(),
    key: text().notNull(),
    method: text().notNull(),
    route: text().notNull(),
    fingerprint: text().notNull(),
    status: integer().notNull(),
    headers: jsonb().$type<Record<string, string>>().notNull(),
    body: text().notNull(),
    /** Of a reply with a secret: its body is sealed, and emptied after this instant. */
    sealedUntil: instant(),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
  },
  (t) => [
    primaryKey({ name: "idempotency_keys_pkey", columns: [t.owner, t.key] }),
    index("idempotency_keys_expiry").on(t.expiresAt),
    index("idempotency_keys_sealed")
      .on(t.sealedUntil)
      .where(sql`body <> ''`),
  ],
);

/** Verified webhooks of providers, kept once each; the payload is emptied when its work is done. */
export const providerEvents = ops.table(
  "provider_events",
  {
    ...born(),
    provider: text().notNull(),
    providerEventId: text().notNull(),
    type: text().notNull(),
    payload: jsonb().$type<Record<string, unknown>>(),
    receivedAt: instant().notNull(),
    processedAt: instant(),
  },
  (t) => [unique("provider_events_one").on(t.provider, t.providerEventId)],
);

export const fraudSignals = ops.table(
  "fraud_signals",
  {
    ...born(),
    signalType: text().notNull(),
    severity: text({ enum: ["low", "medium", "high", "critical"] }).notNull(),
    status: text({ enum: ["active", "resolved", "false_positive"] })
      .notNull()
      .default("active"),
    recruiterId: uuid(),
    jobId: uuid(),
    candidateId: uuid(),
    applicationId: uuid(),
    placementId: uuid(),
    signalData: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    confidenceScore: integer().notNull(),
  },
  (t) => [
    oneOf("fraud_signals_severity", t.severity, ["low", "medium", "high", "critical"]),
    oneOf("fraud_signals_status", t.status, ["active", "resolved", "false_positive"]),
  ],
);
