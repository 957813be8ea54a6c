import { eq, getTableColumns, sql } from "drizzle-orm";
import { accessRequests } from "#db/schema/requests.ts";
import { contains } from "#db/search.ts";
import type { Context } from "../context.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { getOne, type Noun } from "../listing.ts";
import { requireSession } from "../scopes.ts";

/** A key or client that waits for an administrator. */
export type AccessRequest = typeof accessRequests.$inferSelect;

const accessRequestNoun = {
  name: "request",
  table: accessRequests,
  columns: getTableColumns(accessRequests),
  readable: () => sql`(select ops.is_admin())`,
  filters: {
    kind: (kind: AccessRequest["kind"]) => eq(accessRequests.kind, kind),
    account_id: (id: string) => eq(accessRequests.accountId, id),
    account_kind: (kind: AccessRequest["accountKind"]) => eq(accessRequests.accountKind, kind),
    search: (words: string) => contains([accessRequests.name, accessRequests.accountName], words),
  },
} satisfies Noun<AccessRequest>;

/** One page of what waits for approval, newest first; for platform admins. */
export async function listAccessRequests(ctx: Context, query: KeysetQuery): Promise<KeysetPage<AccessRequest>> {
  requireSession(ctx);
  return listAfter<AccessRequest>(ctx, accessRequestNoun, query);
}

/** One of them, for platform admins. */
export async function getAccessRequest(ctx: Context, id: string): Promise<AccessRequest> {
  requireSession(ctx);
  return getOne<AccessRequest>(ctx, accessRequestNoun, id);
}
