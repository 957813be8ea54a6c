import { stripeOperations, subscriptions } from "#db/schema/billing.ts";
import { type DomainEvent, event } from "#domain/events/catalogue.ts";
import { cents, type BasisPoints, type Cents } from "#domain/money.ts";
import { conflict } from "#domain/refusals.ts";
import { seatDiscount, seatsAmount } from "#domain/subscriptions/seats.ts";
import { commit, deciding, insert, newRow, unchanged } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import {
  type BillingPeriod,
  type OwnSubscription,
  ownSubscription,
  payerOf,
  planToPay,
  requireBilled,
  requirePaidPlan,
  requirePayer,
  type SubscriptionRequest,
} from "./own-subscription.ts";
import type { Subscription } from "./subscription.ts";

/** One change at a time: the next is asked for when the provider has made the last. */
const ONE_CHANGE = {
  stripe_operations_one_per_intent: () => conflict("A change is on its way. Wait until it is made.", { reason: "change_pending" }),
};

/** A change of a subscription as an operation of its own, which the provider is asked for after the commit. */
export function subscriptionOperation(
  ctx: Context,
  subscriptionId: string,
  request: SubscriptionRequest,
): { write: Statement; event: DomainEvent } {
  const operation = newRow(ctx, stripeOperations, {
    kind: "subscription",
    subjectType: "subscription",
    subjectId: subscriptionId,
    request,
    status: "pending",
    nextAttemptAt: ctx.now(),
  });
  return {
    write: insert(stripeOperations, operation),
    event: event("stripe.work", { type: "stripe_operation", id: operation.id }, { operation_id: operation.id }),
  };
}

export interface PlanChange {
  planId: string;
  /** As before unless told. */
  billingPeriod: BillingPeriod | undefined;
  teamId: string | null;
}

/**
 * Moves the caller's subscription, or that of their team, to another plan or rhythm. The provider
 * prorates; the row follows when the provider shows it. A cancellation that was asked for is taken back.
 */
export const changePlan = (ctx: Context, { planId, billingPeriod, teamId }: PlanChange): Promise<Subscription> =>
  changeAtProvider(ctx, teamId, planId, "subscription.plan_change_requested", (own, plan, seats) => ({
    plan: plan.slug,
    billing_period: billingPeriod ?? own.billingPeriod,
    seats,
    cancel_at_period_end: false,
  }));

/** Ends the caller's subscription, or that of their team, with its period; until then the tier stays. */
export const cancelSubscription = (ctx: Context, teamId: string | null): Promise<Subscription> =>
  changeAtProvider(ctx, teamId, null, "subscription.cancellation_requested", (own, plan, seats) => ({
    plan: plan.slug,
    billing_period: own.billingPeriod,
    seats,
    cancel_at_period_end: true,
  }));

async function changeAtProvider(
  ctx: Context,
  teamId: string | null,
  planId: string | null,
  action: string,
  request: (own: OwnSubscription, plan: { slug: string }, seats: number) => SubscriptionRequest,
): Promise<Subscription> {
  return deciding(
    ctx,
    async () => {
      const [[who], [found], [wanted]] = await ctx.read(
        payerOf(teamId),
        ownSubscription(teamId),
        planToPay(planId ?? "00000000-0000-0000-0000-000000000000"),
      );
      const payer = requirePayer(ctx, who, teamId);
      const plan = planId === null ? null : requirePaidPlan(wanted);
      const own = requireBilled(found as OwnSubscription | undefined);
      const asked = request(own, plan ?? own.plan, payer.team?.seats ?? 1);
      if (plan?.id === own.planId && asked.billing_period === own.billingPeriod && own.cancelAt === null)
        throw conflict("This is the plan you are on.", { reason: "same_plan" });
      if (asked.cancel_at_period_end && own.cancelAt !== null)
        throw conflict("This subscription ends with its period already.", { reason: "cancellation_pending" });
      const { write, event: work } = subscriptionOperation(ctx, own.id, asked);
      const { plan: _, ...row } = own;
      return commit(
        ctx,
        { ...row, changePending: true },
        {
          expect: [unchanged(subscriptions, own)],
          write: [write],
          audit: {
            action,
            subject: { type: "subscription", id: own.id },
            before: { planId: own.planId, cancelAt: own.cancelAt },
            after: { planId: plan?.id ?? own.planId, cancelAt: asked.cancel_at_period_end ? own.currentPeriodEnd : null },
          },
          events: [work],
        },
      );
    },
    ONE_CHANGE,
  );
}

/** What a plan costs each period, before anybody is asked to pay: the same arithmetic as the provider's price. */
export interface PlanPreview {
  plan: string;
  billingPeriod: BillingPeriod;
  seats: number;
  unit: Cents;
  discount: BasisPoints;
  amount: Cents;
}

/** What a plan would cost the caller, or for a team as it is now; with `seats`, for so many. */
export async function previewPlan(
  ctx: Context,
  input: { planId: string; billingPeriod: BillingPeriod; teamId: string | null; seats: number | undefined },
): Promise<PlanPreview> {
  const [[who], [found]] = await ctx.read(payerOf(input.teamId), planToPay(input.planId));
  const payer = requirePayer(ctx, who, input.teamId);
  const plan = requirePaidPlan(found);
  const seats = input.seats ?? payer.team?.seats ?? 1;
  const unit = cents(input.billingPeriod === "annual" ? plan.annualPriceCents : plan.priceCents);
  return {
    plan: plan.slug,
    billingPeriod: input.billingPeriod,
    seats,
    unit,
    discount: seatDiscount(seats),
    amount: seatsAmount(seats, unit),
  };
}
