import { createRoute, z } from "@hono/zod-openapi";
import type { Handler } from "hono";
import { Refusal } from "#domain/refusals.ts";
import { Context } from "#services/context.ts";
import { countRefusedDelivery } from "#services/pipeline/refused-deliveries.ts";
import { keepStripeEvents } from "#services/stripe-events/keep-events.ts";
import { bodyWithin } from "../body.ts";
import { databaseOf, portsOf } from "../runtime.ts";
import type { ApiEnv } from "./app.ts";
import { PROBLEM_RESPONSES } from "./operation.ts";

const MAX_BODY_BYTES = 256 * 1024;

/** Where Stripe sends what happens on our own account, and on connected ones. */
const PATHS = { platform: "/stripe/webhooks", connect: "/stripe/connect-webhooks" } as const;

type From = keyof typeof PATHS;

const contractOf = (from: From, verb: string, about: string) => ({
  ...createRoute({
    method: "post",
    path: PATHS[from],
    operationId: `${verb}_stripe_webhooks`.replaceAll("-", "_"),
    tags: ["stripe-webhooks"],
    summary: `Take an event of ${about}`,
    description: "For Stripe alone: signed with `Stripe-Signature` over the raw body, no older than five minutes.",
    security: [{}],
    request: {
      body: {
        required: true,
        content: { "application/json": { schema: z.looseObject({ id: z.string().max(255), type: z.string().max(255) }) } },
      },
    },
    responses: { 200: { description: "Kept, or known already" }, ...PROBLEM_RESPONSES([400, 413, 500, 503]) },
  }),
  "x-access": { resource: "stripe-webhooks", verb },
});

export const stripeWebhookContracts = [
  contractOf("platform", "receive", "our own account"),
  contractOf("connect", "receive-connect", "a connected account"),
];

/**
 * Takes a webhook of Stripe: verified over its raw body, kept once, and worked on by the queue. What
 * cannot be verified is 400 and leaves no row.
 */
export const stripeWebhook =
  (from: From): Handler<ApiEnv> =>
  async (c) => {
    const { headers } = c.req.raw;
    const bytes = await bodyWithin(c, MAX_BODY_BYTES);
    if (!bytes) throw tooLarge();
    const { requestId } = c.var;
    const ctx = new Context({
      caller: { kind: "system" },
      audience: "public",
      database: databaseOf(c.env, requestId),
      ports: portsOf(c.env, (work) => c.executionCtx.waitUntil(work)),
      request: {
        id: requestId,
        method: "POST",
        path: PATHS[from],
        ip: null,
        userAgent: null,
        organizationId: null,
        ifMatch: null,
        idempotency: null,
      },
    });
    const event = await ctx.ports.providerEvents.verified(new TextDecoder().decode(bytes), headers.get("stripe-signature") ?? "", from);
    if (!event) {
      ctx.ports.log("warn", "a Stripe webhook could not be verified", { request_id: requestId, from });
      await countRefusedDelivery(ctx, from === "platform" ? "stripe-webhooks" : "stripe-connect-webhooks");
      throw new Refusal("invalid_parameter", "The signature does not fit the message, or the message is older than five minutes.", {
        errors: [{ pointer: "header:stripe-signature", code: "invalid", message: "no signature of this message could be verified" }],
      });
    }
    await keepStripeEvents(ctx, [event]);
    return c.body(null, 200);
  };

const tooLarge = () => new Refusal("body_too_large", "A webhook may have 256 KB at most.");
