import { sql } from "drizzle-orm";
import { type AnyPgColumn, boolean, index, integer, jsonb, pgSchema, text, unique, uuid } from "drizzle-orm/pg-core";
import { born, changing, citext, instant, oneOf } from "../columns.ts";
import { users } from "./identity.ts";

export const notify = pgSchema("notify");

export const CHANNELS = ["in_app", "email"] as const;
export const NOTIFICATION_STATUSES = ["pending", "sent", "failed"] as const;
export const PRIORITIES = ["low", "normal", "high", "urgent"] as const;
export const CATEGORIES = [
  "applications",
  "interviews",
  "offers_hires",
  "placements",
  "candidates",
  "jobs_matches",
  "billing",
  "security",
  "invitations",
  "teams",
  "engagement",
] as const;

/** One row per recipient and channel (DESIGN R-13). Mail text is made from the row when it is sent. */
export const notifications = notify.table(
  "notifications",
  {
    ...born(),
    ...changing(),
    recipientUserId: uuid().references((): AnyPgColumn => users.id),
    recipientEmail: citext(),
    eventType: text().notNull(),
    channel: text({ enum: CHANNELS }).notNull(),
    subject: text().notNull(),
    template: text().notNull(),
    payload: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    status: text({ enum: NOTIFICATION_STATUSES }).notNull().default("pending"),
    priority: text({ enum: PRIORITIES }).notNull().default("normal"),
    category: text({ enum: CATEGORIES }).notNull(),
    read: boolean().notNull().default(false),
    readAt: instant(),
    dismissed: boolean().notNull().default(false),
    actionUrl: text(),
    actionLabel: text(),
    attempts: integer().notNull().default(0),
    providerMessageId: text(),
    errorMessage: text(),
    dedupeKey: text().notNull().unique("notifications_dedupe_key"),
  },
  (t) => [
    oneOf("notifications_channel", t.channel, CHANNELS),
    oneOf("notifications_status", t.status, NOTIFICATION_STATUSES),
    oneOf("notifications_priority", t.priority, PRIORITIES),
    oneOf("notifications_category", t.category, CATEGORIES),
    index("notifications_inbox")
      .on(t.recipientUserId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`channel = 'in_app' and not dismissed`),
    index("notifications_unsent")
      .on(t.createdAt)
      .where(sql`channel = 'email' and status = 'pending'`),
  ],
);

export const notificationPreferences = notify.table(
  "notification_preferences",
  {
    ...born(),
    ...changing(),
    userId: uuid()
      .notNull()
      .references((): AnyPgColumn => users.id),
    category: text({ enum: CATEGORIES }).notNull(),
    emailEnabled: boolean().notNull().default(true),
    inAppEnabled: boolean().notNull().default(true),
  },
  (t) => [
    unique("notification_preferences_one").on(t.userId, t.category),
    oneOf("notification_preferences_category", t.category, CATEGORIES),
  ],
);
