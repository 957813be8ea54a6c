import { type SQL, sql } from "drizzle-orm";
import { placementPayoutTransactions as transactions, stripeEvents } from "#db/schema/billing.ts";
import { insertInto, statement } from "#db/statements.ts";
import { recruiters } from "#db/schema/network.ts";
import type { Context } from "../context.ts";
import type { ProviderEvent } from "../ports.ts";

/** The list of events is compared so far back, every day. */
const COMPARED_DAYS = 3;
/** Stripe keeps events for so long. */
const KEPT_DAYS = 30;
/** Of the accounts of which something is awaited, so many a day have their own events compared as well. */
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

const DAY_MS = 86_400_000;

/**
 * The accounts whose turn it is: more than a day's share are divided over as many days as it takes, and each
 * is asked that far back.
 */
const accountsOfToday = () =>
  statement<{ id: string; days: number }>(sql`
    with waiting as (
      select ${recruiters.stripeConnectAccountId} as id, row_number() over (order by ${recruiters.id}) as place,
        ceil(count(*) over () / ${COMPARED_ACCOUNTS}::numeric)::int as turns
      from ${recruiters} where ${awaited()}
    )
    select id, least(${COMPARED_DAYS}::int + turns - 1, ${KEPT_DAYS}::int) as days from waiting
    where place % turns = floor(extract(epoch from ops.now()) / 86400)::bigint % turns
    order by place`);

/** Every day: what Stripe told in the last three days and never arrived is kept and worked on. */
export async function compareStripeEvents(ctx: Context): Promise<void> {
  const [accounts] = await ctx.read(accountsOfToday());
  for (const { id: account, days } of [{ id: null, days: COMPARED_DAYS }, ...accounts.rows]) {
    const since = new Date(ctx.now().getTime() - days * DAY_MS);
    const missing = await keepStripeEvents(ctx, await ctx.ports.providerEvents.since(since, account));
    if (missing.length > 0) ctx.ports.log("warn", "Stripe events were missing", { count: missing.length });
  }
}
