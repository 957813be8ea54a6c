import { sql } from "drizzle-orm";
import { plans, subscriptions } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { conflict } from "#domain/refusals.ts";
import { startSubscription } from "#domain/subscriptions/subscription.ts";
import { commit, deciding, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import {
  beginningFor,
  type BillingPeriod,
  ownSubscription,
  payerOf,
  planToPay,
  priceColumn,
  priceOf,
  requirePaidPlan,
  requirePayer,
} from "./own-subscription.ts";

/** A page of the payment provider on which somebody goes on. */
export interface Page {
  /** The subscription that it is about; null for the portal. */
  subscriptionId: string | null;
  url: string;
  expiresAt: Date | null;
}

export interface CheckoutInput {
  planId: string;
  billingPeriod: BillingPeriod;
  /** The team that is to be covered; null for oneself. */
  teamId: string | null;
  /** Where the browser goes when it is paid, and when it is not. */
  successUrl: string;
  cancelUrl: string;
}

const RUNS = () => conflict("There is a subscription already. Change its plan instead.", { reason: "subscription_exists" });
const ONE_LIVE = { subscriptions_one_of_user: RUNS, subscriptions_one_of_team: RUNS };

/**
 * Begins a subscription: its row stands as `incomplete` before the provider hears of it, and the
 * provider's page takes the payment. The first one of a person or team begins with the plan's trial.
 * A recruiter subscribes for themselves, an owner for the team. 503 when the provider does not answer.
 */
export async function startCheckout(ctx: Context, input: CheckoutInput): Promise<Page> {
  const { begun, plan, payer, trialDays, customerId: known } = await deciding(ctx, () => beginIncomplete(ctx, input), ONE_LIVE);
  const forTeam = input.teamId !== null;
  const price = priceOf(plan, input.billingPeriod, forTeam);
  const column = priceColumn(price);
  const priceId = plan[column] ?? (await ctx.ports.plans.priceId(price));
  const customerId = known ?? (await ctx.ports.plans.customer({ userId: ctx.userId, email: payer.email, name: payer.name }));
  const page = await ctx.ports.plans.checkout(
    {
      subscriptionId: begun.id,
      customerId,
      priceId,
      seats: payer.team?.seats ?? 1,
      trialDays,
      successUrl: input.successUrl,
      cancelUrl: input.cancelUrl,
    },
    `checkout_${begun.id}_${ctx.newId()}`,
  );
  return commit(
    ctx,
    { subscriptionId: begun.id, ...page },
    {
      write: [
        ...(begun.stripeCustomerId === customerId ? [] : [update(ctx, subscriptions, begun.id, { stripeCustomerId: customerId })]),
        ...(plan[column] === priceId ? [] : [update(ctx, plans, plan.id, { [column]: priceId })]),
      ],
      audit: { action: "subscription.checkout_started", subject: { type: "subscription", id: begun.id } },
      events: [],
    },
  );
}

/** The row of the checkout: a new one, or the one that an earlier checkout left open. */
async function beginIncomplete(ctx: Context, { planId, billingPeriod, teamId }: CheckoutInput) {
  const [[who], [found], [own], [earlier]] = await ctx.read(
    payerOf(teamId),
    planToPay(planId),
    ownSubscription(teamId),
    earlierOnes(teamId),
  );
  const payer = requirePayer(ctx, who, teamId);
  const plan = requirePaidPlan(found);
  if (own && (own.status !== "incomplete" || own.stripeSubscriptionId)) throw RUNS();
  const facts = { payer, plan, trialDays: earlier?.tried ? 0 : plan.trialDays, customerId: earlier?.customerId ?? null };
  const fields = { planId, billingPeriod, seats: payer.team?.seats ?? null };
  const audit = { subject: { type: "subscription", id: own?.id ?? "" } };

  const before = ctx.unanswered();
  if (own) {
    const begun = { ...own, ...fields };
    if (own.planId === planId && own.billingPeriod === billingPeriod && own.seats === fields.seats) return { ...facts, begun };
    await commit(before, null, {
      expect: [unchanged(subscriptions, own)],
      write: [update(ctx, subscriptions, own.id, fields)],
      audit: { action: "subscription.checkout_changed", ...audit, before: { planId: own.planId }, after: { planId } },
      events: [],
    });
    return { ...facts, begun };
  }
  const drafted = newRow(ctx, subscriptions, {
    ...fields,
    userId: ctx.userId,
    recruiterId: teamId ? null : ctx.access.recruiterId,
    teamId,
    status: "incomplete",
    stripeCustomerId: facts.customerId,
  });
  const { subscription, events } = startSubscription(drafted, plan.tier, ctx.now());
  const { expect, write } = beginningFor(ctx, payer.team);
  await commit(before, null, {
    expect,
    write: [...write, insert(subscriptions, subscription)],
    audit: { action: "subscription.created", subject: { type: "subscription", id: subscription.id }, after: subscription },
    events,
  });
  return { ...facts, begun: subscription };
}

/** What an earlier subscription of the same payer says: who they are to the provider, and whether the trial is used up. */
const earlierOnes = (teamId: string | null) =>
  select({
    customerId: computed<string | null>("customer", sql`max(${subscriptions.stripeCustomerId})`),
    tried: computed<boolean>(
      "tried",
      sql`coalesce(bool_or(${subscriptions.teamId} is not distinct from ${teamId}::uuid and ${subscriptions.currentPeriodStart} is not null), false)`,
    ),
  })
    .from(subscriptions)
    .where(sql`${subscriptions.userId} = (select ops.user_id())`);

/** The provider's page on which the caller looks after payment methods and invoices of their plans. */
export async function openPortal(ctx: Context, returnUrl: string): Promise<Page> {
  const [[who], [earlier]] = await ctx.read(payerOf(null), earlierOnes(null));
  requirePayer(ctx, who, null);
  if (!earlier?.customerId) throw conflict("Nothing was ever paid here.", { reason: "no_subscription" });
  ctx.repeat();
  const { url } = await ctx.ports.plans.portal(earlier.customerId, returnUrl, `portal_${ctx.newId()}`);
  return commit(
    ctx,
    { subscriptionId: null, url, expiresAt: null },
    { write: [], audit: { action: "subscription.portal_opened", subject: { type: "user", id: ctx.userId } }, events: [] },
  );
}
