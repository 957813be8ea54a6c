import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { CATEGORIES, PRIORITIES } from "#db/schema/notify.ts";
import { getOne, listOf } from "#services/listing.ts";
import { dismiss, markAllRead, markRead, type Notification, notificationNoun, unreadCounts } from "#services/notifications/notification.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { Deleted, deleted, Flag, Id, Instant, instant, text } from "./shapes.ts";

const NotificationShape = z
  .object({
    id: Id,
    event_type: z.string(),
    subject: z.string(),
    category: z.enum(CATEGORIES),
    priority: z.enum(PRIORITIES),
    read: z.boolean(),
    created_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("Notification");

const notification = (row: Notification) => ({
  id: row.id,
  event_type: row.eventType,
  subject: row.subject,
  text: row.payload["text"] ?? null,
  subject_type: row.payload["subject_type"] ?? null,
  subject_id: row.payload["subject_id"] ?? null,
  category: row.category,
  priority: row.priority,
  read: row.read,
  read_at: instant(row.readAt),
  action_url: row.actionUrl,
  action_label: row.actionLabel,
  created_at: row.createdAt.toISOString(),
  version: row.version,
});

export function notifications(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Notification>(api, {
    path: "/notifications",
    access: ["notifications", "list"],
    summary: "List one's own notifications",
    audience: "person",
    noun: notificationNoun,
    filters: z.object({ category: z.enum(CATEGORIES), priority: z.enum(PRIORITIES), unread_only: Flag, event_type: text(100) }),
    item: NotificationShape,
    run: (ctx, query) => listOf<Notification>(ctx, notificationNoun, query),
    present: notification,
  });
  operation(api, {
    method: "get",
    path: "/notifications/unread-count",
    access: ["notifications", "unread-count"],
    summary: "Count the unread ones",
    audience: "person",
    replies: [200, z.object({ count: z.int() })],
    run: unreadCounts,
    present: ({ count }) => ({ count }),
  });
  operation(api, {
    method: "get",
    path: "/notifications/counts-by-category",
    access: ["notifications", "counts-by-category"],
    summary: "Count the unread ones by category",
    audience: "person",
    replies: [200, z.record(z.string(), z.int())],
    run: unreadCounts,
    present: ({ byCategory }) => byCategory,
  });
  operation(api, {
    method: "post",
    path: "/notifications/mark-all-read",
    access: ["notifications", "mark-all-read"],
    summary: "Mark every notification read",
    audience: "person",
    replies: [200, z.object({ updated: z.int() })],
    run: markAllRead,
    present: ({ updated }) => ({ updated }),
  });
  readOperation<Notification>(api, {
    path: "/notifications/{id}",
    access: ["notifications", "get"],
    summary: "Read a notification",
    audience: "person",
    noun: notificationNoun,
    item: NotificationShape,
    run: (ctx, id, include) => getOne<Notification>(ctx, notificationNoun, id, include),
    present: notification,
  });
  operation<{ id: string }, object, { read: boolean }, Notification>(api, {
    method: "patch",
    path: "/notifications/{id}",
    access: ["notifications", "update"],
    summary: "Mark a notification read or unread",
    audience: "person",
    body: z.strictObject({ read: z.boolean() }),
    replies: [200, NotificationShape],
    run: (ctx, { params, body }) => markRead(ctx, params.id, body.read),
    present: notification,
  });
  operation<{ id: string }, object, undefined, Notification>(api, {
    method: "delete",
    path: "/notifications/{id}",
    access: ["notifications", "delete"],
    summary: "Put a notification aside",
    audience: "person",
    replies: [200, Deleted],
    run: (ctx, { params }) => dismiss(ctx, params.id),
    present: deleted,
  });
}
