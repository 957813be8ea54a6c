import { eq, sql } from "drizzle-orm";
import { plans, subscriptions } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { type Closing, close } from "../closing.ts";
import { commit } from "../commit.ts";
import type { Context } from "../context.ts";
import type { FetchedSubscription } from "../ports.ts";
import { Impossible } from "../stripe-operations/held.ts";
import type { Performer } from "../stripe-operations/performer.ts";
import { priceColumn, priceOf, type SubscriptionRequest } from "./own-subscription.ts";
import { rowOfFetched, takingFetched } from "./take-fetched.ts";

/** Asks the provider for what an operation wants of a subscription: a state, which may be there already. */
export const subscriptionChange: Performer<"subscription"> = {
  async perform(held) {
    const { ctx, operation } = held;
    const request = operation.request as SubscriptionRequest;
    const [[row], [plan]] = await ctx.read(
      select().from(subscriptions).where(eq(subscriptions.id, operation.subjectId)),
      select()
        .from(plans)
        .where(sql`${plans.slug} = ${request.plan}`),
    );
    if (!row?.stripeSubscriptionId || !plan) throw new Impossible("not_billed");
    if (row.status === "canceled") return { objectId: row.stripeSubscriptionId };
    const price = priceOf(plan, request.billing_period, row.teamId !== null);
    const priceId = plan[priceColumn(price)] ?? (await ctx.ports.plans.priceId(price));
    const wanted = { priceId, seats: request.seats, cancelAtPeriodEnd: request.cancel_at_period_end };
    const seen = held.mustLookUp ? await ctx.ports.plans.fetch(row.stripeSubscriptionId) : null;
    const isThere = seen !== null && isAsWanted(seen, request);
    if (seen !== null && !isThere) await held.raiseKey();
    const fetched = isThere ? seen : await ctx.ports.plans.change(row.stripeSubscriptionId, wanted, held.key());
    return { objectId: fetched.id, conclude: (context, closing) => taken(context, fetched, closing) };
  },
};

const isAsWanted = ({ price, seats, cancelAt }: FetchedSubscription, request: SubscriptionRequest): boolean =>
  price?.planSlug === request.plan &&
  price.billingPeriod === request.billing_period &&
  seats === request.seats &&
  (cancelAt !== null) === request.cancel_at_period_end;

/** Brings the row to what the provider showed, in the commit that marks the operation done. */
async function taken(ctx: Context, fetched: FetchedSubscription, closing: Closing): Promise<unknown> {
  const [[row], [plan]] = await ctx.read(...rowOfFetched(fetched));
  const outcome = takingFetched(ctx, row, plan, fetched);
  if (!outcome.taken) return close(ctx, closing);
  const { expect = [], write, audit, events } = outcome.change;
  return commit(ctx, null, { expect: [...expect, ...closing.expect], write: [...write, ...closing.write], audit, events });
}
