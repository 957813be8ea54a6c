import { PUBLISHED_EVENTS, type PublishedEvent } from "#domain/events/published.ts";
import type { Context } from "../context.ts";
import type { KeysetPage, KeysetQuery } from "../keyset.ts";

/** A page of the events that partners may hear, in the order of the catalogue. Anybody with an account may know them. */
export async function publishedEventsAfter(ctx: Context, { limit, after }: KeysetQuery): Promise<KeysetPage<PublishedEvent>> {
  await ctx.read();
  const begin = after ? PUBLISHED_EVENTS.findIndex(({ type }) => type === after.id) + 1 : 0;
  const rows = PUBLISHED_EVENTS.slice(begin, begin + limit);
  const last = rows.at(-1);
  return { rows, next: last && begin + limit < PUBLISHED_EVENTS.length ? { at: "0", id: last.type } : null };
}
