import { type SQL, sql } from "drizzle-orm";
import { placementPayoutTransactions as transactions, stripeEvents } from "#db/schema/billing.ts";
import { insertInto, select } from "#db/statements.ts";
import { recruiters } from "#db/schema/network.ts";
import type { Context } from "../context.ts";
import type { ProviderEvent } from "../ports.ts";

/** The list of events is compared so far back, every day; Stripe keeps them for 30. */
const COMPARED_DAYS = 3;
/** So many accounts of which something is awaited, whose own events are compared as well. */
const COMPARED_ACCOUNTS = 100;

/** Accounts that are not ready yet, or that have not told lately when what they got reached their bank. */
const awaited = (): SQL => sql`${recruiters.stripeConnectAccountId} is not null and (not ${recruiters.stripeConnectOnboarded}
  or exists (select from ${transactions} t where t.recruiter_id = ${recruiters.id} and t.stripe_transfer_id is not null
    and t.stripe_payout_id is null and t.completed_at > ops.now() - make_interval(days => ${2 * COMPARED_DAYS})))`;

/**
 * Keeps verified events, each once, and hints at the new ones to the queue. What is about a connected
 * account, or of a type nobody works on, is kept as well.
 *
 * @returns the ids that were new
 */
export async function keepStripeEvents(ctx: Context, events: readonly ProviderEvent[]): Promise<string[]> {
  if (events.length === 0) return [];
  const rows = events.map(({ id, type, account, created, object }) => ({
    id,
    type,
    account,
    created,
    payload: { object: object.type, id: object.id },
    receivedAt: sql`ops.now()` as never,
  }));
  const kept = insertInto(stripeEvents).values(rows).onConflictDoNothing().returning({ id: stripeEvents.id });
  const [fresh] = (await ctx.database.writer.batch([kept] as never)) as unknown as [{ id: string }[]];
  const ids = fresh.map(({ id }) => id);
  if (ids.length > 0) {
    const hint = ctx.ports.stripeEvents.send(ids);
    ctx.ports.later(
      hint.catch(() => ctx.ports.log("warn", "the queue took no hint of Stripe events; the sweep will", { count: ids.length })),
    );
  }
  return ids;
}

/** Every day: what Stripe told in the last three days and never arrived is kept and worked on. */
export async function compareStripeEvents(ctx: Context): Promise<void> {
  const [accounts] = await ctx.read(
    select({ id: recruiters.stripeConnectAccountId })
      .from(recruiters)
      .where(awaited())
      .orderBy(sql`${recruiters.updatedAt} desc`)
      .limit(COMPARED_ACCOUNTS),
  );
  const since = new Date(ctx.now().getTime() - COMPARED_DAYS * 86_400_000);
  for (const account of [null, ...accounts.map(({ id }) => id)]) {
    const missing = await keepStripeEvents(ctx, await ctx.ports.providerEvents.since(since, account));
    if (missing.length > 0) ctx.ports.log("warn", "Stripe events were missing", { count: missing.length });
  }
}
