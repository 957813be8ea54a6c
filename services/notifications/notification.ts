import { eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { notifications } from "#db/schema/notify.ts";
import { select, statement } from "#db/statements.ts";
import { asItStands, commit, deciding, differing, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { type Noun, rowById } from "../listing.ts";

export type Notification = typeof notifications.$inferSelect;

/** The caller's own in-app notices that they have not put aside. */
export const readableNotifications = (): SQL =>
  sql`(${notifications.recipientUserId} = (select ops.user_id()) and ${notifications.channel} = 'in_app' and not ${notifications.dismissed})`;

export const notificationNoun = {
  name: "notification",
  table: notifications,
  columns: getTableColumns(notifications),
  readable: readableNotifications,
  filters: {
    category: (category: string) => sql`${notifications.category} = ${category}`,
    priority: (priority: string) => sql`${notifications.priority} = ${priority}`,
    unread_only: (only: boolean) => (only ? sql`not ${notifications.read}` : sql`true`),
    event_type: (type: string) => eq(notifications.eventType, type),
  },
} satisfies Noun<Notification>;

/** Marks one notice read or unread. */
export const markRead = (ctx: Context, id: string, read: boolean): Promise<Notification> =>
  change(ctx, id, "notification.read", { read, readAt: read ? "now" : null });

/** Puts one notice aside; it is listed no more (AG: DELETE dismisses). */
export const dismiss = (ctx: Context, id: string): Promise<Notification> => change(ctx, id, "notification.dismissed", { dismissed: true });

async function change(
  ctx: Context,
  id: string,
  action: string,
  { readAt, ...fields }: { read?: boolean; dismissed?: boolean; readAt?: "now" | null },
): Promise<Notification> {
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(rowById<Notification>(ctx, notificationNoun, id));
    const before = readable("notification", id, found as Notification | undefined);
    if (!differing(before, fields)) return asItStands(ctx, before);
    const changed = { ...fields, ...(readAt === undefined ? {} : { readAt: readAt === null ? null : ctx.now() }) };
    return commit(
      ctx,
      { ...before, ...changed, version: before.version + 1, updatedAt: ctx.now() },
      {
        expect: [unchanged(notifications, before)],
        write: [update(ctx, notifications, id, changed)],
        audit: { action, subject: { type: "notification", id }, before: { read: before.read }, after: fields },
        events: [],
      },
    );
  });
}

/** Marks every unread notice of the caller read. */
export async function markAllRead(ctx: Context): Promise<{ updated: number }> {
  return deciding(ctx, async () => {
    const [[unread]] = await ctx.read(
      select({ count: sql<number>`count(*)::int` })
        .from(notifications)
        .where(sql`${readableNotifications()} and not ${notifications.read}`),
    );
    return commit(
      ctx,
      { updated: unread?.count ?? 0 },
      {
        write: [
          statement(sql`update ${notifications} set read = true, read_at = ${ctx.now().toISOString()}::timestamptz, version = version + 1
            where recipient_user_id = ${ctx.userId} and channel = 'in_app' and not dismissed and not read and created_at <= ${ctx.now().toISOString()}::timestamptz`),
        ],
        audit: { action: "notification.all_read", subject: { type: "user", id: ctx.userId } },
        events: [],
      },
    );
  });
}

/** How many notices the caller has not read yet, in all and by category. */
export async function unreadCounts(ctx: Context): Promise<{ count: number; byCategory: Record<string, number> }> {
  const [rows] = await ctx.read(
    select({ category: notifications.category, count: sql<number>`count(*)::int` })
      .from(notifications)
      .where(sql`${readableNotifications()} and not ${notifications.read}`)
      .groupBy(notifications.category),
  );
  return {
    count: rows.reduce((sum, { count }) => sum + count, 0),
    byCategory: Object.fromEntries(rows.map(({ category, count }) => [category, count])),
  };
}
