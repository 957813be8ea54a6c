import { getTableColumns, sql } from "drizzle-orm";
import { authEvents } from "#db/schema/audit.ts";
import { users } from "#db/schema/identity.ts";
import { computed } from "#db/statements.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { platformAdmins } from "../audience.ts";
import type { Context } from "../context.ts";
import { type KeysetNoun, type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";
import { exportOf, type ExportQuery, type Log, pageOf, type Stretch } from "../log.ts";
import { requireScope } from "../scopes.ts";

/** Somebody got in or out, or did not. */
export type KeptAuthEvent = Omit<typeof authEvents.$inferSelect, "ingestId" | "ingestedAt">;

const { ingestId: _, ingestedAt: __, ...columns } = getTableColumns(authEvents);

const readable = () => sql`(select ops.is_admin())`;

export const authEventNoun = {
  name: "sign-in event",
  table: authEvents,
  columns,
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

/** The same with the person's name and address, as administrators read it. */
export type ShownSignIn = KeptAuthEvent & { personName: string | null; personAddress: string | null };

const ofPerson = (name: string, column: "name" | "email") =>
  computed<string | null>(name, sql`(select u.${sql.raw(column)} from ${users} u where u.id = ${authEvents.userId})`);

const signInNoun: KeysetNoun<ShownSignIn> = {
  ...authEventNoun,
  columns: { ...authEventNoun.columns, personName: ofPerson("person_name", "name"), personAddress: ofPerson("person_address", "email") },
  bornAt: authEvents.at,
  filters: {
    ...authEventNoun.filters,
    address: (email: string) => sql`${authEvents.userId} in (select u.id from ${users} u where u.email = ${email}::citext)`,
  },
};

/** Who got in and out, newest first, beginning after a place; for platform admins alone: 403. */
export async function signInsAfter(ctx: Context, query: KeysetQuery): Promise<KeysetPage<ShownSignIn>> {
  const page = await listAfter<ShownSignIn>(ctx, signInNoun, query);
  requirePlatformAdmin(ctx, "read sign-ins");
  return page;
}

/** The same as a log that is exported, in the order in which its rows came in. */
const signInLog: Log<KeptAuthEvent> = {
  name: "sign_in_log",
  table: authEvents,
  columns: authEventNoun.columns,
  id: authEvents.id,
  at: authEvents.at,
  accountId: null,
  ingestId: authEvents.ingestId,
  ingestedAt: authEvents.ingestedAt,
  filters: {
    ...authEventNoun.filters,
    since: (from: Date) => sql`${authEvents.at} >= ${from.toISOString()}::timestamptz`,
    until: (to: Date) => sql`${authEvents.at} < ${to.toISOString()}::timestamptz`,
  },
};

/** A page of the log of sign-ins, newest first; for platform admins alone: 403. That they looked is noted. */
export function listSignIns(ctx: Context, query: KeysetQuery): Promise<KeysetPage<KeptAuthEvent>> {
  requireScope(ctx, "read:audit");
  return pageOf(ctx, signInLog, query);
}

/** Sign-ins in the order they came in, behind a place in it; for platform admins alone: 403. */
export function exportSignIns(ctx: Context, query: ExportQuery): Promise<Stretch<KeptAuthEvent>> {
  requireScope(ctx, "read:audit");
  return exportOf(ctx, signInLog, query);
}

/** One page of who got in and out, and who did not; for platform admins alone: 403. */
export async function listAuthEvents(ctx: Context, query: ListQuery): Promise<Page<KeptAuthEvent>> {
  const page = await listOf<KeptAuthEvent>(ctx, authEventNoun, query);
  requirePlatformAdmin(ctx, "read sign-ins");
  return page;
}

/** One such event, or 404. */
export const getAuthEvent = (ctx: Context, id: string, include: readonly string[]): Promise<Included<KeptAuthEvent>> =>
  getOne<KeptAuthEvent>(ctx, authEventNoun, id, include);
