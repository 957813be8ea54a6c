import { users } from "#db/schema/identity.ts";
import { event } from "#domain/events/catalogue.ts";
import { type Change, insert, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";

/** Somebody the issuer vouches for and whose subject nobody has yet. */
export interface Stranger {
  subject: string;
  /** A verified address, in lower case. */
  email: string;
  name: string;
}

/**
 * What makes a person of a stranger: whoever has this address and no subject yet is linked with it,
 * else somebody new is registered. Two at once meet on the unique indexes of `identity.users`.
 *
 * @param holder - the active person with this address, who has no subject
 */
export function adoptSubject(
  ctx: Context,
  { subject, email, name }: Stranger,
  holder: { id: string; version: number } | undefined,
): { userId: string; change: Change } {
  if (holder) {
    const change: Change = {
      expect: [unchanged(users, holder)],
      write: [update(ctx, users, holder.id, { clerkUserId: subject })],
      audit: { action: "user.subject_linked", subject: { type: "user", id: holder.id } },
      events: [],
    };
    return { userId: holder.id, change };
  }
  const id = ctx.newId();
  const change: Change = {
    write: [insert(users, { id, clerkUserId: subject, email, name, createdAt: ctx.now(), updatedAt: ctx.now() })],
    audit: { action: "user.registered", subject: { type: "user", id } },
    events: [event("user.registered", { type: "user", id }, { user_id: id })],
  };
  return { userId: id, change };
}
