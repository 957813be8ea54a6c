import { sql } from "drizzle-orm";
import { stripeEvents } from "#db/schema/billing.ts";
import { select, statement, updateOf } from "#db/statements.ts";
import { close, type Closing } from "../closing.ts";
import type { Context, Statement } from "../context.ts";
import type { ProviderEvent } from "../ports.ts";
import { handlerOf } from "./handlers.ts";

const SWEEP_ROWS = 100;
const SWEEP_ROUNDS = 20;

/**
 * Works on events that wait: the handler of the type commits the effect and marks the event in the same
 * commit (B17); a type without one is only marked. One that fails stays for the next sweep.
 */
export async function workOnStripeEvents(ctx: Context, ids: readonly string[]): Promise<void> {
  const [rows] = await ctx.read(
    select()
      .from(stripeEvents)
      .where(sql`${stripeEvents.id} = any(${textArray(ids)}) and ${stripeEvents.processedAt} is null`)
      .orderBy(stripeEvents.created, stripeEvents.id),
  );
  for (const row of rows) {
    const event = toEvent(row);
    try {
      const closing = processed(ctx, event.id);
      const handler = handlerOf(event);
      if (!(await handler?.(ctx, event, closing))) await close(ctx, closing);
    } catch (error) {
      await failed(ctx, event, error);
    }
  }
}

/** A parameter that holds so many words: its length never changes the statement's text. */
const textArray = (words: readonly string[]) => sql`array(select jsonb_array_elements_text(${JSON.stringify(words)}::jsonb))`;

const toEvent = ({ id, type, account, created, payload }: typeof stripeEvents.$inferSelect): ProviderEvent => ({
  id,
  type,
  account,
  created,
  object: { type: String(payload["object"]), id: typeof payload["id"] === "string" ? payload["id"] : null },
});

/** The guard comes last among the guards of the effect. */
const processed = (ctx: Context, id: string): Closing => ({
  expect: [sql`billing.guard_stripe_event(${id})`],
  write: [
    updateOf(stripeEvents)
      .set({ processedAt: ctx.now(), error: null, attempts: sql`${stripeEvents.attempts} + 1` })
      .where(sql`${stripeEvents.id} = ${id}`) as Statement,
  ],
});

async function failed(ctx: Context, event: ProviderEvent, error: unknown): Promise<void> {
  const answer = ctx.ports.answerTo(error);
  const reason =
    answer === undefined ? (error instanceof Error ? error.message : "unknown") : `stripe ${answer?.httpStatus ?? "did not answer"}`;
  ctx.ports.log(answer === undefined ? "error" : "warn", "a Stripe event could not be worked on", {
    stripe_event_id: event.id,
    type: event.type,
    reason,
  });
  await ctx.database.writer.batch([
    updateOf(stripeEvents)
      .set({ attempts: sql`${stripeEvents.attempts} + 1`, error: reason.slice(0, 500) })
      .where(sql`${stripeEvents.id} = ${event.id} and ${stripeEvents.processedAt} is null`),
  ] as never);
}

/** Names the events that wait for a minute, or after failures for 2, 4, 8 … minutes, to `send`. */
export async function sweepStripeEvents(ctx: Context, send: (ids: readonly string[]) => Promise<void>): Promise<void> {
  for (let round = 0, after = ""; round < SWEEP_ROUNDS; round++) {
    const [found] = await ctx.read(
      statement<{ id: string }>(sql`select id from ${stripeEvents} where processed_at is null and id > ${after}
        and received_at <= ops.now() - make_interval(mins => least(2 ^ least(attempts, 10), 360)::int)
        order by id limit ${SWEEP_ROWS}`),
    );
    const ids = found.rows.map(({ id }) => id);
    if (ids.length > 0) await send(ids);
    if (ids.length < SWEEP_ROWS) return;
    after = ids.at(-1) ?? after;
  }
}
