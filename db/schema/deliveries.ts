import { sql } from "drizzle-orm";
import { integer, jsonb, text, uuid } from "drizzle-orm/pg-core";
import { ATTEMPT_TRIGGERS, DELIVERY_STATUSES, ERROR_CLASSES, type ErrorClass, type SkipReason } from "../../domain/webhooks/words.ts";
import { instant } from "../columns.ts";
import { api } from "./api.ts";

/**
 * What was published and what became of it at each endpoint. Partitioned by month as the logs of
 * `audit.ts` are: the tables themselves stand in `migrations/`, and this file is left out of
 * `drizzle.config.ts`. An event and its deliveries lie in the month in which it happened.
 */

/** An event as one owner's endpoints receive it: one row of each outbox row and owner (DESIGN R-24). */
export const events = api.table("events", {
  id: uuid().notNull(),
  /** Null for a test, which nothing caused. */
  outboxId: uuid(),
  ownerUserId: uuid().notNull(),
  /** Of the endpoint it was made for; those that the owner has in other accounts share it. */
  accountId: uuid().notNull(),
  type: text().notNull(),
  entityType: text().notNull(),
  entityId: uuid().notNull(),
  /** The entity's version: later changes have greater numbers. */
  sequence: integer().notNull(),
  apiVersion: text().notNull(),
  /** The bytes that are signed and sent. */
  payloadText: text().notNull(),
  occurredAt: instant().notNull(),
});

/** An event on its way to one endpoint. */
export const webhookDeliveries = api.table("webhook_deliveries", {
  id: uuid().notNull(),
  eventId: uuid().notNull(),
  eventAt: instant().notNull(),
  eventType: text().notNull(),
  webhookId: uuid().notNull(),
  accountId: uuid().notNull(),
  status: text({ enum: DELIVERY_STATUSES }).notNull().default("pending"),
  /** Those that count against the schedule; probes do not. */
  attempts: integer().notNull().default(0),
  /** Every time it was claimed to be sent, probes included. */
  sends: integer().notNull().default(0),
  /** When it is due; in flight, when whoever sends it is given up. Null once final, or parked with its endpoint. */
  nextAttemptAt: instant(),
  sweptAt: instant(),
  lastStatus: integer(),
  lastErrorClass: text().$type<ErrorClass | SkipReason>(),
  createdAt: instant()
    .notNull()
    .default(sql`ops.now()`),
  completedAt: instant(),
  /** The delivery it repeats, and the job that asked for it. */
  replayOf: uuid(),
  replayJobId: uuid(),
});

/** One request that was sent, or tried to be, and its answer. */
export const webhookAttempts = api.table("webhook_attempts", {
  deliveryId: uuid().notNull(),
  /** Counted among those of the same trigger. */
  attemptNo: integer().notNull(),
  trigger: text({ enum: ATTEMPT_TRIGGERS }).notNull(),
  startedAt: instant().notNull(),
  resolveMs: integer(),
  firstByteMs: integer(),
  durationMs: integer().notNull(),
  httpStatus: integer(),
  errorClass: text({ enum: ERROR_CLASSES }),
  responseHeaders: jsonb().$type<Record<string, string>>(),
  responseBody: text(),
  signatureKeyIds: uuid().array().notNull(),
  requestId: uuid().notNull(),
});
