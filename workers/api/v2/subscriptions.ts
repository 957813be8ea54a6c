import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { BILLING_PERIODS, SUBSCRIPTION_STATUSES, TIERS } from "#db/schema/billing.ts";
import type { Included } from "#services/listing.ts";
import {
  changeSubscription,
  createSubscription,
  type SubscriptionChanges,
  type SubscriptionFields,
} from "#services/subscriptions/change-subscription.ts";
import { cancelSubscription, changePlan, type PlanPreview, previewPlan } from "#services/subscriptions/change-plan.ts";
import { openPortal, type Page, startCheckout } from "#services/subscriptions/checkout.ts";
import { getOwnEntitlements, getOwnPlan, type OwnEntitlements, type OwnPlan } from "#services/subscriptions/own-plan.ts";
import { getSubscription, listSubscriptions, type Subscription, subscriptionNoun } from "#services/subscriptions/subscription.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { plan, PlanShape } from "./plans.ts";
import {
  amount,
  amountShape,
  defined,
  Id,
  included,
  Instant,
  instant,
  InstantInput,
  Percentage,
  percentage,
  WebAddress,
} from "./shapes.ts";

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
  seats: z.int().nullable().openapi({ description: "The seats of a team's subscription" }),
  change_pending: z.boolean().openapi({ description: "A change is on its way to the payment provider" }),
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

const forWhom = { team_id: Id.nullish().openapi({ description: "The team that its owner pays for; without it, oneself" }) };
const period = z.enum(BILLING_PERIODS);

const CheckoutInput = z
  .strictObject({ plan_id: Id, billing_period: period.default("monthly"), ...forWhom, success_url: WebAddress, cancel_url: WebAddress })
  .openapi("CheckoutInput");

const PageShape = z
  .object({ subscription_id: Id.nullable(), url: z.string(), expires_at: Instant.nullable() })
  .openapi("ProviderPage", { description: "A page of the payment provider on which the caller goes on" });

const PreviewShape = z
  .object({
    plan: z.string(),
    billing_period: period,
    seats: z.int(),
    ...amountShape("unit_price"),
    discount: Percentage,
    ...amountShape("amount"),
  })
  .openapi("PlanPreview");

const providerPage = ({ subscriptionId, url, expiresAt }: Page) => ({
  subscription_id: subscriptionId,
  url,
  expires_at: instant(expiresAt),
});

const planPreview = ({ plan: name, billingPeriod, seats, unit, discount, amount: total }: PlanPreview) => ({
  plan: name,
  billing_period: billingPeriod,
  seats,
  ...amount("unit_price", unit),
  discount: percentage(discount),
  ...amount("amount", total),
});

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
  seats: row.seats,
  change_pending: row.changePending,
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
  operation(api, {
    method: "get",
    path: "/subscriptions/preview",
    access: ["subscriptions", "preview"],
    summary: "See what a plan would cost",
    description: "For oneself, or for a team with the seats it has or with so many. From ten seats on each costs 20 % less.",
    query: z.strictObject({
      plan_id: Id,
      billing_period: period.default("monthly"),
      team_id: Id.optional(),
      seats: z
        .string()
        .regex(/^[1-9]\d{0,3}$/, "must be a whole number, 1 or more")
        .transform(Number)
        .optional()
        .openapi({ type: "integer" }),
    }),
    replies: [200, PreviewShape],
    run: (ctx, { query }) =>
      previewPlan(ctx, { planId: query.plan_id, billingPeriod: query.billing_period, teamId: query.team_id ?? null, seats: query.seats }),
    present: planPreview,
  });
  operation(api, {
    method: "post",
    path: "/subscriptions/checkout",
    access: ["subscriptions", "checkout"],
    summary: "Begin a subscription",
    description: "Answers a page of the payment provider. The first subscription of a person or team begins with the plan's trial.",
    body: CheckoutInput,
    replies: [201, PageShape],
    run: (ctx, { body }) =>
      startCheckout(ctx, {
        planId: body.plan_id,
        billingPeriod: body.billing_period,
        teamId: body.team_id ?? null,
        successUrl: body.success_url,
        cancelUrl: body.cancel_url,
      }),
    present: providerPage,
  });
  operation(api, {
    method: "post",
    path: "/subscriptions/portal",
    access: ["subscriptions", "open-portal"],
    summary: "Open the payment provider's portal",
    description: "For payment methods and invoices of the plans one pays for.",
    body: z.strictObject({ return_url: WebAddress }).openapi("PortalInput"),
    replies: [201, PageShape],
    run: (ctx, { body }) => openPortal(ctx, body.return_url),
    present: providerPage,
  });
  operation(api, {
    method: "post",
    path: "/subscriptions/change-plan",
    access: ["subscriptions", "change-plan"],
    summary: "Move to another plan or rhythm",
    description: "The provider prorates and the row follows; a cancellation that was asked for is taken back.",
    body: z.strictObject({ plan_id: Id, billing_period: period.optional(), ...forWhom }).openapi("PlanChangeInput"),
    replies: [200, SubscriptionShape],
    run: (ctx, { body }) => changePlan(ctx, { planId: body.plan_id, billingPeriod: body.billing_period, teamId: body.team_id ?? null }),
    present: subscription,
  });
  operation(api, {
    method: "post",
    path: "/subscriptions/cancel",
    access: ["subscriptions", "cancel"],
    summary: "End a subscription with its period",
    body: z.strictObject(forWhom).openapi("CancellationInput"),
    replies: [200, SubscriptionShape],
    run: (ctx, { body }) => cancelSubscription(ctx, body.team_id ?? null),
    present: subscription,
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
