import { getTableColumns, sql } from "drizzle-orm";
import { authEvents } from "#db/schema/audit.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { platformAdmins } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";

/** Somebody got in or out, or did not. */
export type KeptAuthEvent = typeof authEvents.$inferSelect;

const readable = () => sql`(select ops.is_admin())`;

export const authEventNoun = {
  name: "sign-in event",
  table: authEvents,
  columns: getTableColumns(authEvents),
  readable,
  ways: () => [{ rows: readable(), opensTo: platformAdmins }],
  sorts: { created_at: authEvents.at, updated_at: authEvents.at },
  filters: {
    kind: (kind: KeptAuthEvent["kind"]) => sql`${authEvents.kind} = ${kind}`,
    user_id: (id: string) => sql`${authEvents.userId} = ${id}`,
    session_id: (id: string) => sql`${authEvents.sessionId} = ${id}`,
    since: (instant: string) => sql`${authEvents.at} >= ${instant}::timestamptz`,
    until: (instant: string) => sql`${authEvents.at} < ${instant}::timestamptz`,
  },
} satisfies Noun<KeptAuthEvent>;

/** One page of who got in and out, and who did not; for platform admins alone: 403. */
export async function listAuthEvents(ctx: Context, query: ListQuery): Promise<Page<KeptAuthEvent>> {
  const page = await listOf<KeptAuthEvent>(ctx, authEventNoun, query);
  requirePlatformAdmin(ctx, "read sign-ins");
  return page;
}

/** One such event, or 404. */
export const getAuthEvent = (ctx: Context, id: string, include: readonly string[]): Promise<Included<KeptAuthEvent>> =>
  getOne<KeptAuthEvent>(ctx, authEventNoun, id, include);
