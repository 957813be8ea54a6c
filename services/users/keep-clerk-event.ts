import { sql } from "drizzle-orm";
import { providerEvents } from "#db/schema/ops.ts";
import { select } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { commit, databaseRefusal, insert } from "../commit.ts";
import type { Context } from "../context.ts";

/** What is kept of a message until it was applied: nothing but this. */
export interface ClerkEvent {
  type: string;
  subject: string | null;
  /** The primary address, if it is verified. */
  email: string | null;
  name: string | null;
  /** The session it speaks of, if it speaks of one. */
  sid: string | null;
  /** When the issuer changed the subject, in milliseconds. */
  updatedAt: number | null;
}

/**
 * Keeps a verified message of the session issuer and announces it to the queue. The same message
 * sent again is kept once.
 */
export async function keepClerkEvent(ctx: Context, providerEventId: string, { type, ...payload }: ClerkEvent): Promise<void> {
  const [known] = await ctx.read(
    select({ id: providerEvents.id })
      .from(providerEvents)
      .where(sql`${providerEvents.provider} = 'clerk' and ${providerEvents.providerEventId} = ${providerEventId}`),
  );
  if (known.length > 0) return;
  const id = ctx.newId();
  const row = { id, provider: "clerk", providerEventId, type, payload, receivedAt: ctx.now(), createdAt: ctx.now() };
  try {
    await commit(ctx, null, {
      write: [insert(providerEvents, row)],
      audit: { action: "clerk.event_received", subject: { type: "provider_event", id } },
      events: [event("clerk.event_received", { type: "provider_event", id }, { provider_event_id: id })],
    });
  } catch (error) {
    // two equal messages at the same moment: the other one was kept and announced
    if (databaseRefusal(error)?.constraint !== "provider_events_one") throw error;
  }
}
