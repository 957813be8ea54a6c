import { sql } from "drizzle-orm";
import { eventHandled, outbox } from "#db/schema/ops.ts";
import { computed, insertInto, select, statement, updateOf } from "#db/statements.ts";
import type { DomainEvent, EventType } from "#domain/events/catalogue.ts";
import { databaseRefusal } from "../commit.ts";
import type { Context, Statement } from "../context.ts";

/** An event as the outbox kept it. */
export type StoredEvent = DomainEvent & { id: string; occurredAt: Date; actorUserId: string | null };

/** Somebody who does something about events, once for each. */
export interface Subscriber {
  name: string;
  hears: readonly EventType[];
  /** The order of events does not matter to it: those of a batch are told to it at the same time, before the others have their turn. */
  sideBySide?: true;
  /** Does the work and writes `handled` in the same commit, so that a repeat does nothing. */
  handle: (ctx: Context, event: StoredEvent, handled: Statement) => Promise<void>;
}

/** How many events one sweep claims at a time, and for how long (DESIGN R-7). */
const CLAIM_ROWS = 100;
const CLAIM_SECONDS = 60;
const MAX_CLAIMS = 20;
/** Trips at the same time; a consumer has six connections. */
const SIDE_BY_SIDE = 5;

/**
 * Tells each event to the subscribers that have not done their part yet, and marks it handled when
 * all have. One that fails leaves its event for the next try; the others go on.
 *
 * @returns the ids of events that are to be told again
 */
export async function handleEvents(ctx: Context, ids: readonly string[], subscribers: readonly Subscriber[]): Promise<Set<string>> {
  const rows = await waiting(ctx, ids);
  const failed = new Set<string>();
  const tell = async ({ handledBy, ...event }: WaitingEvent, subscriber: Subscriber): Promise<void> => {
    if (failed.has(event.id) || !subscriber.hears.includes(event.type) || handledBy.includes(subscriber.name)) return;
    try {
      await once(ctx, event, subscriber);
    } catch (error) {
      ctx.ports.log("error", "an event could not be handled", {
        event_id: event.id,
        event_type: event.type,
        subscriber: subscriber.name,
        error: error instanceof Error ? error.name : "unknown",
      });
      failed.add(event.id);
    }
  };
  const [sideBySide, inOrder] = [subscribers.filter((each) => each.sideBySide), subscribers.filter((each) => !each.sideBySide)];
  for (const subscriber of sideBySide) {
    for (let begin = 0; begin < rows.length; begin += SIDE_BY_SIDE) {
      await Promise.all(rows.slice(begin, begin + SIDE_BY_SIDE).map((event) => tell(event, subscriber)));
    }
  }
  for (const event of rows) for (const subscriber of inOrder) await tell(event, subscriber);

  const done = rows.filter(({ id }) => !failed.has(id)).map(({ id }) => id);
  if (done.length > 0) {
    await ctx.database.writer.batch([
      updateOf(outbox)
        .set({ handledAt: ctx.now() })
        .where(sql`${outbox.id} = any(${idArray(done)})`),
    ] as never);
  }
  return failed;
}

/** An array parameter: its length never changes the statement's text. */
export const idArray = (ids: readonly string[]) => sql`${`{${ids.join(",")}}`}::uuid[]`;

type WaitingEvent = StoredEvent & { handledBy: string[] };

async function waiting(ctx: Context, ids: readonly string[]): Promise<WaitingEvent[]> {
  const [rows] = await ctx.read(
    select({
      id: outbox.id,
      eventType: outbox.eventType,
      occurredAt: outbox.occurredAt,
      actorUserId: outbox.actorUserId,
      subjectType: outbox.subjectType,
      subjectId: outbox.subjectId,
      payload: outbox.payload,
      handledBy: computed<string[]>(
        "handled_by",
        sql`(select coalesce(json_agg(${eventHandled.subscriber}), '[]') from ${eventHandled} where ${eventHandled.eventId} = ${outbox.id})`,
      ),
    })
      .from(outbox)
      .where(sql`${outbox.id} = any(${idArray(ids)}) and ${outbox.handledAt} is null`)
      .orderBy(outbox.id),
  );
  return rows.map(
    ({ eventType, subjectType, subjectId, ...row }) =>
      ({ ...row, type: eventType, subject: { type: subjectType, id: subjectId } }) as never,
  );
}

async function once(ctx: Context, event: StoredEvent, subscriber: Subscriber): Promise<void> {
  const handled = insertInto(eventHandled).values({ eventId: event.id, subscriber: subscriber.name, at: ctx.now() }) as Statement;
  try {
    await subscriber.handle(ctx, event, handled);
  } catch (error) {
    // the same message came twice and the other one was faster
    if (databaseRefusal(error)?.constraint === "event_handled_event_id_subscriber_pk") return;
    throw error;
  }
}

/** Claims what the nudges left behind and hands it to `send`, until nothing is left. */
export async function sweepOutbox(ctx: Context, send: (ids: readonly string[]) => Promise<void>): Promise<number> {
  let swept = 0;
  for (let claim = 0; claim < MAX_CLAIMS; claim++) {
    const claimed = await ctx.database.writer.batch([
      statement<{ id: string }>(sql`
        with picked as (
          select id from ${outbox} where handled_at is null and claimed_until < ops.now()
          order by id limit ${CLAIM_ROWS} for update skip locked)
        update ${outbox} o set claimed_until = ops.now() + make_interval(secs => ${CLAIM_SECONDS}), attempts = o.attempts + 1
        from picked where o.id = picked.id returning o.id`),
    ] as never);
    const ids = (claimed as unknown as { rows: { id: string }[] }[])[0]?.rows.map(({ id }) => id) ?? [];
    if (ids.length === 0) break;
    await send(ids);
    swept += ids.length;
  }
  return swept;
}
