import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { API_PLANS } from "#db/schema/api.ts";
import { type AccountPlan, choosePlan, getAccountPlan, putPlan } from "#services/account-plans/account-plan.ts";
import type { ApiEnv } from "../app.ts";
import { defined, Id, Instant } from "../v2/shapes.ts";
import { AccountPlanInput } from "./credential-shapes.ts";
import { operation } from "./operation.ts";

const AccountPlanShape = z
  .object({
    account_id: Id,
    plan: z.enum(API_PLANS),
    custom_limit: z.int().nullable().openapi({ description: "Requests an hour, in place of the plan's" }),
    requests_per_hour: z.int(),
    overage_available: z.boolean().openapi({ description: "Whether the plan sells requests beyond the limit" }),
    overage_enabled: z.boolean(),
    spend_cap_cents: z.int().openapi({ description: "What requests beyond the limit may cost in a month" }),
    unit_price_micros: z.int().openapi({ description: "The price of one of them, in millionths of a dollar" }),
    max_keys: z.int(),
    max_webhooks: z.int(),
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("AccountPlan");

const AccountPlanChange = z
  .strictObject({ overage_enabled: z.boolean().optional(), spend_cap_cents: z.int().min(0).max(100_000_000).optional() })
  .openapi("AccountPlanChange");

const present = (plan: AccountPlan): z.infer<typeof AccountPlanShape> => ({
  account_id: plan.accountId,
  plan: plan.plan,
  custom_limit: plan.customLimit,
  requests_per_hour: plan.customLimit ?? plan.terms.requestsPerHour,
  overage_available: plan.terms.overage === "meter",
  overage_enabled: plan.overageEnabled,
  spend_cap_cents: plan.spendCapCents,
  unit_price_micros: plan.terms.unitPriceMicros,
  max_keys: plan.terms.maxKeys,
  max_webhooks: plan.terms.maxWebhooks,
  updated_at: plan.updatedAt.toISOString(),
  version: plan.version,
});

export function accountPlans(api: OpenAPIHono<ApiEnv>): void {
  operation<object, object, undefined, AccountPlan>(api, {
    method: "get",
    path: "/account-plan",
    need: "session",
    access: ["account-plan", "get"],
    summary: "Read the account's plan",
    replies: [200, AccountPlanShape],
    run: (ctx) => getAccountPlan(ctx),
    present,
  });
  operation<object, object, z.infer<typeof AccountPlanChange>, AccountPlan>(api, {
    method: "patch",
    path: "/account-plan",
    need: "session",
    access: ["account-plan", "update"],
    summary: "Buy requests beyond the limit, or stop",
    description: "It counts from the next request of each credential on.",
    body: AccountPlanChange,
    replies: [200, AccountPlanShape],
    run: (ctx, { body }) => choosePlan(ctx, defined({ overageEnabled: body.overage_enabled, spendCapCents: body.spend_cap_cents })),
    present,
  });
  operation<{ account_id: string }, object, z.infer<typeof AccountPlanInput>, AccountPlan>(api, {
    method: "put",
    path: "/account-plans/{account_id}",
    need: "admin session",
    access: ["account-plans", "put"],
    summary: "Put an account on a plan",
    params: z.object({ account_id: Id.openapi({ param: { in: "path", name: "account_id" } }) }),
    body: AccountPlanInput,
    replies: [200, AccountPlanShape],
    run: (ctx, { params, body }) =>
      putPlan(ctx, params.account_id, { plan: body.plan, customLimit: body.custom_limit ?? null, reason: body.reason }),
    present,
  });
}
