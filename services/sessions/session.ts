import { and, eq, type SQL, sql } from "drizzle-orm";
import { authEvents } from "#db/schema/audit.ts";
import { organizations, sessions } from "#db/schema/identity.ts";
import { computed, select, statement, updateOf } from "#db/statements.ts";
import { toBase64Url } from "#domain/bytes.ts";
import {
  ABSOLUTE_SECONDS,
  deviceOf,
  IDLE_SECONDS,
  PORTAL_ABSOLUTE_SECONDS,
  PORTAL_IDLE_SECONDS,
  SEEN_SECONDS,
} from "#domain/identity/session.ts";
import type { AuthEvent } from "../auth-events/row.ts";
import { commit, deciding, type Guard, newRow, readable } from "../commit.ts";
import type { Context, Statement } from "../context.ts";

type Row = typeof sessions.$inferSelect;

/** One of the caller's sessions, as its owner sees it. */
export type OwnSession = Pick<Row, "id" | "method" | "createdAt" | "lastSeenAt" | "absoluteEnd" | "userAgentSummary" | "ipCountry"> & {
  organization: string | null;
  /** Whether it is the one that asks. */
  current: boolean;
};

const TOKEN_BYTES = 32;
/** Nobody has more at once; what is older is not shown. */
const SHOWN_SESSIONS = 100;

/** The sessions that can still be used; `ops.enter_browser` asks the same of the one it lets in. */
const live = (): SQL => sql`(${sessions.endedAt} is null and ${sessions.absoluteEnd} > ops.now()
  and ${sessions.lastSeenAt} + make_interval(secs => ${sessions.idleSeconds}) > ops.now())`;

/** The caller's own live console sessions; nobody reads another's. */
const readableSessions = (): SQL => sql`(${sessions.userId} = (select ops.user_id()) and ${sessions.surface} = 'console' and ${live()})`;

/** The caller's live sessions, the one in use first and then by when they were last seen. */
export async function listSessions(ctx: Context): Promise<OwnSession[]> {
  const [rows] = await ctx.read(
    select({
      id: sessions.id,
      method: sessions.method,
      createdAt: sessions.createdAt,
      lastSeenAt: sessions.lastSeenAt,
      absoluteEnd: sessions.absoluteEnd,
      userAgentSummary: sessions.userAgentSummary,
      ipCountry: sessions.ipCountry,
      organization: computed<string | null>(
        "organization",
        sql`(select o.name from ${organizations} o where o.id = ${sessions.organizationId})`,
      ),
    })
      .from(sessions)
      .where(readableSessions())
      .orderBy(sql`${sessions.lastSeenAt} desc`, sessions.id)
      .limit(SHOWN_SESSIONS),
  );
  const current = ctx.session?.id;
  return rows.map((row) => ({ ...row, current: row.id === current })).toSorted((a, b) => Number(b.current) - Number(a.current));
}

export interface NewSession {
  userId: string;
  method: Row["method"];
  issuerSid?: string | null;
  organizationId?: string | null;
  /** Kept when a session is only renewed: a new token is no new sign-in. */
  absoluteEnd?: Date;
  /** The console session that one on a company's host is made from, and ends with. */
  parentId?: string;
  /** ISO 3166-1 alpha-2. */
  country: string | null;
}

/** A new session and its token, which is kept nowhere: of the console, or with a parent of a company's host. */
export async function newSession(ctx: Context, { userId, method, country, ...given }: NewSession): Promise<{ token: string; row: Row }> {
  const token = toBase64Url(ctx.ports.randomBytes(TOKEN_BYTES));
  const row = newRow(ctx, sessions, {
    tokenHash: await ctx.ports.links.hash(token),
    surface: given.parentId === undefined ? "console" : "white_label",
    parentId: given.parentId ?? null,
    userId,
    organizationId: given.organizationId ?? null,
    method,
    issuerSid: given.issuerSid ?? null,
    lastSeenAt: ctx.now(),
    idleSeconds: IDLE_SECONDS,
    absoluteEnd: given.absoluteEnd ?? new Date(ctx.now().getTime() + ABSOLUTE_SECONDS * 1_000),
    userAgentSummary: deviceOf(ctx.request.userAgent),
    ipCountry: country,
  });
  return { token, row };
}

/** What is told of a session that somebody opened. */
export const signedIn = ({ id, userId, candidateId, method, organizationId, ipCountry }: Row): AuthEvent => ({
  kind: "signed_in",
  userId,
  candidateId,
  sessionId: id,
  method,
  organizationId,
  country: ipCountry,
});

/** A new portal session of a candidate and its token, which is kept nowhere. `proved`: whether it begins with a proof (IDENTITY §6). */
export async function newPortalSession(
  ctx: Context,
  { candidateId, method, proved, country }: { candidateId: string; method: "link" | "code"; proved: boolean; country: string | null },
): Promise<{ token: string; row: Row }> {
  const token = toBase64Url(ctx.ports.randomBytes(TOKEN_BYTES));
  const row = newRow(ctx, sessions, {
    tokenHash: await ctx.ports.links.hash(token),
    surface: "portal",
    candidateId,
    method,
    // a link opened in the browser that asked for it proves what its code does
    ...(proved ? { provedAt: ctx.now(), proofMethod: "code" as const } : {}),
    lastSeenAt: ctx.now(),
    idleSeconds: PORTAL_IDLE_SECONDS,
    absoluteEnd: new Date(ctx.now().getTime() + PORTAL_ABSOLUTE_SECONDS * 1_000),
    userAgentSummary: deviceOf(ctx.request.userAgent),
    ipCountry: country,
  });
  return { token, row };
}

/** Demands that a session has not been ended or replaced by somebody faster. */
export const stillLive = (id: string): Guard => sql`identity.guard_live_session(${id}::uuid)`;

/** Ends whatever has not ended among the sessions that fit. */
export const endSessions = (ctx: Context, which: SQL, reason: NonNullable<Row["endedReason"]>): Statement =>
  updateOf(sessions)
    .set({ endedAt: ctx.now(), endedReason: reason })
    .where(and(which, sql`${sessions.endedAt} is null`)) as Statement;

/** Ends sessions that their person did not end, and notes each of them among who got in and out. */
export const cutOff = (ctx: Context, which: SQL, reason: "issuer" | "deactivated" | "signed_out_everywhere"): Statement =>
  statement(sql`
    with ended as (
      update ${sessions} set ended_at = ${ctx.now().toISOString()}::timestamptz, ended_reason = ${reason}
      where ${which} and ${sessions.endedAt} is null
      returning id, user_id, candidate_id, organization_id, method)
    insert into ${authEvents} (id, at, kind, user_id, candidate_id, organization_id, session_id, method, outcome, reason, request_id)
    select gen_random_uuid(), ${ctx.now().toISOString()}::timestamptz, 'session_ended', user_id, candidate_id, organization_id, id, method,
      'success', ${reason}, ${ctx.request.id}
    from ended`);

/** Ends every session of a person who is deactivated, on every surface. */
export const cutOffPerson = (ctx: Context, userId: string): Statement => cutOff(ctx, eq(sessions.userId, userId), "deactivated");

/** Ends the session that asks. One that has ended already stays as it is. */
export async function signOut(ctx: Context): Promise<void> {
  await ctx.read();
  const { session } = ctx;
  if (!session) return;
  await commit(ctx, null, {
    write: [endSessions(ctx, eq(sessions.id, session.id), "signed_out")],
    audit: { kind: "signed_out", sessionId: session.id, method: session.method, organizationId: session.organizationId },
    events: [],
  });
}

/** Ends one of the caller's own sessions, or 404. */
export async function endSession(ctx: Context, id: string): Promise<void> {
  await deciding(ctx, async () => {
    const [[found]] = await ctx.read(
      select({ id: sessions.id, method: sessions.method, organizationId: sessions.organizationId })
        .from(sessions)
        .where(and(eq(sessions.id, id), readableSessions())),
    );
    const { method, organizationId } = readable("session", id, found);
    await commit(ctx, null, {
      expect: [stillLive(id)],
      write: [endSessions(ctx, eq(sessions.id, id), "signed_out")],
      audit: { kind: "session_ended", sessionId: id, method, organizationId, reason: "signed_out" },
      events: [],
    });
  });
}

/** Ends every session of the caller, the one that asks included. */
export async function endAllSessions(ctx: Context): Promise<void> {
  await ctx.read();
  await commit(ctx, null, {
    write: [endSessions(ctx, eq(sessions.userId, ctx.userId), "signed_out_everywhere")],
    audit: { kind: "session_ended", reason: "signed_out_everywhere" },
    events: [],
  });
}

/** Notes that a session is in use, at most once a minute; for after the answer. */
export async function noteSeen(ctx: Context): Promise<void> {
  const { session } = ctx;
  if (!session || ctx.now().getTime() - session.lastSeenAt.getTime() < SEEN_SECONDS * 1_000) return;
  await ctx.database.writer.batch([
    updateOf(sessions)
      .set({ lastSeenAt: ctx.now() })
      .where(sql`${sessions.id} = ${session.id} and ${sessions.lastSeenAt} < ${ctx.now().toISOString()}::timestamptz`),
  ]);
}
