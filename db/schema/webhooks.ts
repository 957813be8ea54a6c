import { sql } from "drizzle-orm";
import { bigint, check, index, integer, jsonb, text, uuid } from "drizzle-orm/pg-core";
import { ROLE_TYPES } from "../../domain/credentials/scopes.ts";
import { SUBSCRIBABLE_EVENTS } from "../../domain/events/published.ts";
import { DISABLED_REASONS, WEBHOOK_STATUSES } from "../../domain/webhooks/words.ts";
import { born, changing, instant, oneOf, subsetOf } from "../columns.ts";
import { accounts, api } from "./api.ts";
import { users } from "./identity.ts";

export const REPLAY_STATUSES = ["running", "paused", "done", "cancelled"] as const;
export const SIEM_KINDS = ["https", "splunk_hec"] as const;
export const SIEM_FORMATS = ["ocsf", "cef", "json"] as const;

/** Which deliveries a replay sends again; what is left out does not narrow. Instants are RFC 3339. */
export interface ReplayFilter {
  event_types?: readonly string[];
  statuses?: readonly string[];
  since?: string;
  until?: string;
}

/** The receivers that partners registered (PLATFORM §13.3). */
export const webhooks = api.table(
  "webhooks",
  {
    ...born(),
    ...changing(),
    accountId: uuid()
      .notNull()
      .references(() => accounts.id),
    /** For whom it is decided what is sent here, and which amounts (DESIGN R-24). */
    ownerUserId: uuid()
      .notNull()
      .references(() => users.id),
    roleType: text({ enum: ROLE_TYPES }).notNull(),
    /** The key or grant through which it was made; one made through a grant lives by the grant's scopes. */
    createdVia: uuid(),
    url: text().notNull(),
    description: text(),
    eventTypes: text().array().notNull(),
    status: text({ enum: WEBHOOK_STATUSES }).notNull().default("unverified"),
    disabledReason: text({ enum: DISABLED_REASONS }),
    disabledAt: instant(),
    retryPolicy: text({ enum: ["standard"] })
      .notNull()
      .default("standard"),
    ordering: text({ enum: ["none"] })
      .notNull()
      .default("none"),
    maxPerSecond: integer(),
    egress: text({ enum: ["direct"] })
      .notNull()
      .default("direct"),
    apiVersion: text({ enum: ["v1"] })
      .notNull()
      .default("v1"),
    /** The owner's own headers as sealed JSON. */
    headersEnc: text(),
    /** The first failure of a run of failures; a success ends it, and a day without any attempt. */
    failingSince: instant(),
    lastFailureAt: instant(),
    /** How much of the five days the owner was last told of: 50, 75 or 100. */
    failingAlertedPercent: integer(),
    lastSuccessAt: instant(),
    deletedAt: instant(),
  },
  (t) => [
    index("webhooks_account")
      .on(t.accountId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`deleted_at is null`),
    index("webhooks_event_types")
      .using("gin", t.eventTypes)
      .where(sql`deleted_at is null`),
    index("webhooks_failing")
      .on(t.failingSince)
      .where(sql`status = 'active' and failing_since is not null`),
    oneOf("webhooks_status", t.status, WEBHOOK_STATUSES),
    oneOf("webhooks_role_type", t.roleType, ROLE_TYPES),
    oneOf("webhooks_disabled_reason", t.disabledReason, DISABLED_REASONS),
    oneOf("webhooks_retry_policy", t.retryPolicy, ["standard"]),
    oneOf("webhooks_ordering", t.ordering, ["none"]),
    oneOf("webhooks_egress", t.egress, ["direct"]),
    oneOf("webhooks_api_version", t.apiVersion, ["v1"]),
    subsetOf("webhooks_event_types_known", t.eventTypes, SUBSCRIBABLE_EVENTS),
    check("webhooks_event_types_some", sql`cardinality(event_types) > 0`),
    check("webhooks_url_length", sql`char_length(url) <= 2048`),
    check("webhooks_max_per_second", sql`max_per_second between 1 and 100`),
    check("webhooks_failing_alerted", sql`failing_alerted_percent between 50 and 100 and failing_alerted_percent % 25 = 0`),
    check("webhooks_disabled", sql`num_nonnulls(disabled_reason, disabled_at) = case status when 'disabled' then 2 else 0 end`),
  ],
);

/** What the deliveries of an endpoint are signed with, each sealed under a key of ours. */
export const webhookSecrets = api.table(
  "webhook_secrets",
  {
    keyId: uuid().primaryKey(),
    webhookId: uuid()
      .notNull()
      .references(() => webhooks.id),
    secretEnc: text().notNull(),
    /** The key it is sealed under. */
    kekId: text().notNull(),
    algorithm: text({ enum: ["hmac-sha256"] })
      .notNull()
      .default("hmac-sha256"),
    createdAt: instant()
      .notNull()
      .default(sql`ops.now()`),
    /** Null for the newest; an older one signs beside it until then. */
    expiresAt: instant(),
  },
  (t) => [
    index("webhook_secrets_webhook").on(t.webhookId, t.createdAt),
    index("webhook_secrets_kek").on(t.kekId),
    oneOf("webhook_secrets_algorithm", t.algorithm, ["hmac-sha256"]),
  ],
);

/** Deliveries that are sent again on request, and how far that is. */
export const replayJobs = api.table(
  "replay_jobs",
  {
    ...born(),
    ...changing(),
    accountId: uuid()
      .notNull()
      .references(() => accounts.id),
    webhookId: uuid()
      .notNull()
      .references(() => webhooks.id),
    filter: jsonb().$type<ReplayFilter>().notNull(),
    total: integer().notNull(),
    enqueued: integer().notNull().default(0),
    succeeded: integer().notNull().default(0),
    failed: integer().notNull().default(0),
    /** The last delivery that was handled: where it goes on. */
    position: uuid(),
    status: text({ enum: REPLAY_STATUSES }).notNull().default("running"),
    createdBy: uuid()
      .notNull()
      .references(() => users.id),
    finishedAt: instant(),
  },
  (t) => [
    index("replay_jobs_account").on(t.accountId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("replay_jobs_running")
      .on(t.accountId)
      .where(sql`status = 'running'`),
    oneOf("replay_jobs_status", t.status, REPLAY_STATUSES),
    check("replay_jobs_finished", sql`(finished_at is not null) = (status in ('done', 'cancelled'))`),
    check("replay_jobs_counts", sql`least(total, enqueued, succeeded, failed) >= 0`),
  ],
);

/** Where an account's request log and audit events are pushed to (PLATFORM §15, DESIGN R-25). */
export const siemDestinations = api.table(
  "siem_destinations",
  {
    ...born(),
    ...changing(),
    accountId: uuid()
      .notNull()
      .references(() => accounts.id),
    kind: text({ enum: SIEM_KINDS }).notNull(),
    format: text({ enum: SIEM_FORMATS }).notNull(),
    /** Address and secret, as sealed JSON. */
    configEnc: text().notNull(),
    kekId: text().notNull(),
    /** The last `ingest_id` sent of the request log and of the audit events. */
    cursorSeq: bigint({ mode: "number" }).notNull().default(0),
    auditCursorSeq: bigint({ mode: "number" }).notNull().default(0),
    status: text({ enum: ["active", "disabled"] })
      .notNull()
      .default("active"),
    lastSentAt: instant(),
    lastErrorClass: text(),
  },
  (t) => [
    index("siem_destinations_account").on(t.accountId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    oneOf("siem_destinations_kind", t.kind, SIEM_KINDS),
    oneOf("siem_destinations_format", t.format, SIEM_FORMATS),
    oneOf("siem_destinations_status", t.status, ["active", "disabled"]),
    check("siem_destinations_cursors", sql`least(cursor_seq, audit_cursor_seq) >= 0`),
  ],
);
