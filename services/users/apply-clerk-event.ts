import { eq, sql } from "drizzle-orm";
import { sessions, users } from "#db/schema/identity.ts";
import { providerEvents } from "#db/schema/ops.ts";
import { select, updateOf } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { decideSubject, type KnownUser, type SubjectChange } from "#domain/identity/subject.ts";
import { commit, deciding, insert, newRow, unchanged, update, type Change } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { endSessions, endSessionsOf, sessionsEnded } from "../sessions/session.ts";
import type { ClerkEvent } from "./keep-clerk-event.ts";

type Kept = Omit<ClerkEvent, "type">;

/**
 * Applies a kept message of the session issuer to the person it speaks of and empties it
 * (IDENTITY §3.2). Messages come in any order and more than once: an older one changes nothing,
 * and a deleted subject never comes back.
 *
 * @param handled - marks the event as handled, in the same commit
 */
export async function applyClerkEvent(ctx: Context, providerEventId: string, handled: Statement): Promise<void> {
  await deciding(ctx, async () => {
    const subject = sql`(select payload ->> 'subject' from ${providerEvents} where id = ${providerEventId})`;
    const email = sql`(select payload ->> 'email' from ${providerEvents} where id = ${providerEventId})`;
    const [[kept], [known], [holder]] = await ctx.read(
      select().from(providerEvents).where(eq(providerEvents.id, providerEventId)),
      select()
        .from(users)
        .where(sql`${users.clerkUserId} = ${subject}`),
      select()
        .from(users)
        .where(sql`${users.email} = ${email}::citext and ${users.status} = 'active'`),
    );
    const message = kept?.processedAt === null ? (kept.payload as unknown as Kept | null) : null;
    const change =
      kept && message ? decideSubject({ ...message, type: kept.type }, { known: known ?? null, holder: holder ?? null }, ctx.now()) : null;
    const { expect = [], write, audit, events } = change ? toChange(ctx, change) : NOTHING;
    const endedSid = kept && SESSION_ENDINGS.has(kept.type) ? message?.sid : undefined;
    await commit(ctx, null, {
      expect,
      write: [
        handled,
        updateOf(providerEvents).set({ payload: null, processedAt: ctx.now() }).where(eq(providerEvents.id, providerEventId)) as Statement,
        ...write,
        ...(endedSid ? [endSessions(ctx, eq(sessions.issuerSid, endedSid), "issuer")] : []),
      ],
      audit: [audit, endedSid ? sessionsEnded({ userId: known?.id ?? null }, "issuer") : []].flat(),
      events,
    });
  });
}

/** The issuer's session is over, and with it every console session that was made from it. */
const SESSION_ENDINGS = new Set(["session.revoked", "session.removed", "session.ended"]);

const NOTHING: Change = { write: [], audit: [], events: [] };

function toChange(ctx: Context, change: SubjectChange<KnownUser>): Change {
  if (change.kind === "refused") {
    const reason = "the address belongs to another subject";
    return { write: [], audit: { action: "user.subject_refused", subject: { type: "user", id: change.holder.id }, reason }, events: [] };
  }
  if (change.kind === "made") {
    const row = newRow(ctx, users, change.fields);
    const subject = { type: "user", id: row.id };
    const registered = row.status === "active";
    return {
      write: [insert(users, row)],
      audit: { action: registered ? "user.registered" : "user.subject_deleted", subject },
      events: registered ? [event("user.registered", subject, { user_id: row.id })] : [],
    };
  }
  const { user, fields } = change;
  const subject = { type: "user", id: user.id };
  return {
    expect: [unchanged(users, user)],
    write: [update(ctx, users, user.id, fields), ...(change.kind === "deleted" ? [endSessionsOf(ctx, user.id, "deactivated")] : [])],
    audit: [
      { action: `user.${ACTIONS[change.kind]}`, subject, before: user, after: { ...user, ...fields } },
      ...(change.kind === "deleted" ? [sessionsEnded({ userId: user.id }, "deactivated")] : []),
    ],
    events: change.kind === "deleted" && user.status === "active" ? [event("user.deactivated", subject, { user_id: user.id })] : [],
  };
}

const ACTIONS = { linked: "subject_linked", updated: "updated", deleted: "subject_deleted" } as const;
