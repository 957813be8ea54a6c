import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { BILLING_PERIODS, SUBSCRIPTION_STATUSES, TIERS } from "#db/schema/billing.ts";
import type { Included } from "#services/listing.ts";
import {
  changeSubscription,
  createSubscription,
  type SubscriptionChanges,
  type SubscriptionFields,
} from "#services/subscriptions/change-subscription.ts";
import { getOwnEntitlements, getOwnPlan, type OwnEntitlements, type OwnPlan } from "#services/subscriptions/own-plan.ts";
import { getSubscription, listSubscriptions, type Subscription, subscriptionNoun } from "#services/subscriptions/subscription.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { plan, PlanShape } from "./plans.ts";
import { defined, Id, included, Instant, instant, InstantInput } from "./shapes.ts";

const facts = {
  user_id: Id,
  recruiter_id: Id.nullable(),
  team_id: Id.nullable(),
  plan_id: Id,
  tier: z.enum(TIERS),
  billing_period: z.enum(BILLING_PERIODS),
  upgraded_at: Instant.nullable(),
  past_due_since: Instant.nullable(),
  current_period_start: Instant.nullable(),
  current_period_end: Instant.nullable(),
  cancel_at: Instant.nullable(),
  canceled_at: Instant.nullable(),
  trial_start: Instant.nullable(),
  trial_end: Instant.nullable(),
  created_at: Instant,
  updated_at: Instant,
  version: z.int(),
};

const SubscriptionShape = z
  .object({ id: Id, status: z.enum(SUBSCRIPTION_STATUSES), ...facts })
  .catchall(z.unknown())
  .openapi("Subscription");

const OwnSubscriptionShape = z
  .object({
    ...z.object(facts).partial().shape,
    id: Id.nullable(),
    status: z.enum([...SUBSCRIPTION_STATUSES, "none"]),
    tier: z.enum(TIERS),
    effective_tier: z
      .enum(TIERS)
      .openapi({ description: "The tier whose rates a hire would use now, the team's plan and late payments considered" }),
    plan: PlanShape,
  })
  .openapi("OwnSubscription");

const EntitlementsShape = z
  .object({ tier: z.enum(TIERS), plan: z.string(), entitlements: z.record(z.string(), z.unknown()) })
  .openapi("Entitlements");

const changeable = {
  billing_period: z.enum(BILLING_PERIODS).optional(),
  current_period_start: InstantInput.nullish(),
  current_period_end: InstantInput.nullish(),
  cancel_at: InstantInput.nullish(),
  trial_start: InstantInput.nullish(),
  trial_end: InstantInput.nullish(),
};

const SubscriptionInput = z
  .strictObject({
    user_id: Id,
    team_id: Id.nullish(),
    plan_id: Id,
    status: z.enum(["incomplete", "trialing", "active", "past_due"]),
    ...changeable,
  })
  .openapi("SubscriptionInput");

const SubscriptionPatch = z
  .strictObject({ plan_id: Id.optional(), status: z.enum(SUBSCRIPTION_STATUSES).optional(), ...changeable, version: z.int().optional() })
  .openapi("SubscriptionPatch");

const toChanges = (body: z.infer<typeof SubscriptionPatch>): SubscriptionChanges =>
  defined({
    planId: body.plan_id,
    status: body.status,
    billingPeriod: body.billing_period,
    currentPeriodStart: body.current_period_start,
    currentPeriodEnd: body.current_period_end,
    cancelAt: body.cancel_at,
    trialStart: body.trial_start,
    trialEnd: body.trial_end,
  }) as SubscriptionChanges;

function toFields({ user_id, team_id, ...rest }: z.infer<typeof SubscriptionInput>): SubscriptionFields {
  return { ...(toChanges(rest) as Pick<SubscriptionFields, "planId" | "status">), userId: user_id, teamId: team_id ?? null };
}

/** What leaves the house of a subscription; the payment provider's ids stay inside. */
const subscription = (row: Subscription | Included<Subscription>) => ({
  id: row.id,
  user_id: row.userId,
  recruiter_id: row.recruiterId,
  team_id: row.teamId,
  plan_id: row.planId,
  tier: row.tier,
  status: row.status,
  billing_period: row.billingPeriod,
  upgraded_at: instant(row.upgradedAt),
  past_due_since: instant(row.pastDueSince),
  current_period_start: instant(row.currentPeriodStart),
  current_period_end: instant(row.currentPeriodEnd),
  cancel_at: instant(row.cancelAt),
  canceled_at: instant(row.canceledAt),
  trial_start: instant(row.trialStart),
  trial_end: instant(row.trialEnd),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...included(row, { plan }),
});

const ownSubscription = ({ subscription: own, plan: ownPlan, effectiveTier }: OwnPlan) => ({
  ...(own ? subscription(own) : { id: null, status: "none", tier: ownPlan.tier }),
  effective_tier: effectiveTier,
  plan: plan(ownPlan),
});

const ownEntitlements = ({ tier, plan: name, entitlements: held }: OwnEntitlements) => ({ tier, plan: name, entitlements: held });

export function subscriptions(api: OpenAPIHono<ApiEnv>): void {
  operation(api, {
    method: "get",
    path: "/subscriptions/me",
    access: ["subscriptions", "get-me"],
    summary: "Read your subscription",
    description: "Without one the free plan, with status `none`.",
    audience: "person",
    replies: [200, OwnSubscriptionShape],
    run: (ctx) => getOwnPlan(ctx),
    present: ownSubscription,
  });
  listOperation<Subscription>(api, {
    path: "/subscriptions",
    access: ["subscriptions", "list"],
    summary: "List subscriptions",
    noun: subscriptionNoun,
    filters: z.object({ status: z.enum(SUBSCRIPTION_STATUSES) }),
    item: SubscriptionShape,
    run: listSubscriptions,
    present: subscription,
  });
  operation(api, {
    method: "post",
    path: "/subscriptions",
    access: ["subscriptions", "create"],
    summary: "Enter a subscription",
    body: SubscriptionInput,
    replies: [201, SubscriptionShape],
    run: (ctx, { body }) => createSubscription(ctx, toFields(body)),
    present: subscription,
  });
  readOperation<Subscription>(api, {
    path: "/subscriptions/{id}",
    access: ["subscriptions", "get"],
    summary: "Read a subscription",
    noun: subscriptionNoun,
    item: SubscriptionShape,
    run: getSubscription,
    present: subscription,
  });
  operation(api, {
    method: "patch",
    path: "/subscriptions/{id}",
    access: ["subscriptions", "update"],
    summary: "Change a subscription's plan or status",
    params: z.object({ id: Id }),
    body: SubscriptionPatch,
    replies: [200, SubscriptionShape],
    run: (ctx, { params, body }) => changeSubscription(ctx, params.id, toChanges(body), body.version),
    present: subscription,
  });
}

export function entitlements(api: OpenAPIHono<ApiEnv>): void {
  operation(api, {
    method: "get",
    path: "/entitlements/me",
    access: ["entitlements", "get-me"],
    summary: "Read what your plan entitles you to",
    audience: "person",
    replies: [200, EntitlementsShape],
    run: (ctx) => getOwnEntitlements(ctx),
    present: ownEntitlements,
  });
}
