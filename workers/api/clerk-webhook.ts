import type { Handler } from "hono";
import { Webhook } from "standardwebhooks";
import { Refusal } from "#domain/refusals.ts";
import { Context } from "#services/context.ts";
import { countRefusedDelivery } from "#services/pipeline/refused-deliveries.ts";
import { type ClerkEvent, keepClerkEvent } from "#services/users/keep-clerk-event.ts";
import { createRoute, z } from "@hono/zod-openapi";
import { bodyWithin } from "../body.ts";
import { databaseOf, portsOf } from "../runtime.ts";
import type { ApiEnv } from "./app.ts";
import { PROBLEM_RESPONSES } from "./operation.ts";

const MAX_BODY_BYTES = 256 * 1024;
/** While a secret is rotated the old one counts beside the new one. */
const MAX_SECRETS = 2;
/** The end of the year 9999: what comes later no table can hold. */
const LAST_INSTANT_MS = 253_402_300_799_999;

/** What is read of a message; everything else of it is dropped unread (IDENTITY §3.2). */
const Message = z.object({
  type: z.string().max(100),
  data: z.object({
    id: z.string().max(255),
    user_id: z.string().max(255).optional(),
    updated_at: z.int().min(0).max(LAST_INSTANT_MS).optional(),
    first_name: z.string().nullish(),
    last_name: z.string().nullish(),
    primary_email_address_id: z.string().nullish(),
    email_addresses: z
      .array(z.object({ id: z.string(), email_address: z.string().max(320), verification: z.object({ status: z.string() }).nullish() }))
      .optional(),
  }),
});

export const clerkWebhookContract = {
  ...createRoute({
    method: "post",
    path: "/webhooks/clerk",
    operationId: "receive_clerk_webhook",
    tags: ["clerk-webhooks"],
    summary: "Take a message of the session issuer",
    description: "For the issuer alone: signed with `svix-id`, `svix-timestamp` and `svix-signature`, no older than five minutes.",
    security: [{}],
    request: { body: { required: true, content: { "application/json": { schema: Message } } } },
    responses: {
      204: { description: "Kept, or known already" },
      ...PROBLEM_RESPONSES([400, 413, 500, 503]),
    },
  }),
  "x-access": { resource: "clerk-webhooks", verb: "receive" },
};

/**
 * Takes a webhook of the session issuer: verified over its raw body, kept once, and applied by the
 * events queue. What cannot be verified is 400 and leaves no row.
 */
export const clerkWebhook: Handler<ApiEnv> = async (c) => {
  const { headers } = c.req.raw;
  const bytes = await bodyWithin(c, MAX_BODY_BYTES);
  if (!bytes) throw tooLarge();
  const body = new TextDecoder().decode(bytes);
  const secrets = (c.env.CLERK_WEBHOOK_SECRETS ?? "").split(",").filter(Boolean).slice(0, MAX_SECRETS);
  const { requestId } = c.var;
  const ctx = new Context({
    caller: { kind: "system" },
    audience: "public",
    database: databaseOf(c.env, requestId),
    ports: portsOf(c.env, (work) => c.executionCtx.waitUntil(work)),
    request: {
      id: requestId,
      method: "POST",
      path: "/webhooks/clerk",
      ip: null,
      userAgent: null,
      organizationId: null,
      ifMatch: null,
      idempotency: null,
    },
  });
  if (!secrets.some((secret) => isSigned(secret, body, headers))) {
    await countRefusedDelivery(ctx, "clerk-webhooks");
    throw new Refusal("invalid_parameter", "The signature does not fit the message, or the message is older than five minutes.", {
      errors: [{ pointer: "header:svix-signature", code: "invalid", message: "no signature of this message could be verified" }],
    });
  }
  await keepClerkEvent(ctx, headers.get("svix-id") ?? "", toEvent(body));
  return c.body(null, 204);
};

const tooLarge = () => new Refusal("body_too_large", "A webhook may have 256 KB at most.");

/** Svix signs as the Standard Webhooks do, under header names of its own. */
function isSigned(secret: string, body: string, headers: Headers): boolean {
  const signed = Object.fromEntries(["id", "timestamp", "signature"].map((name) => [`webhook-${name}`, headers.get(`svix-${name}`) ?? ""]));
  try {
    new Webhook(secret).verify(body, signed, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

function toEvent(body: string): ClerkEvent {
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    throw new Refusal("malformed_json", "The message is not JSON.");
  }
  const parsed = Message.safeParse(message);
  if (!parsed.success) return { type: "unknown", subject: null, email: null, name: null, sid: null, updatedAt: null };
  const { type, data } = parsed.data;
  const ofSession = type.startsWith("session.");
  const primary = data.email_addresses?.find(({ id }) => id === data.primary_email_address_id);
  return {
    type,
    subject: ofSession ? (data.user_id ?? null) : data.id,
    sid: ofSession ? data.id : null,
    email: primary?.verification?.status === "verified" ? primary.email_address : null,
    name: [data.first_name, data.last_name].filter(Boolean).join(" ") || null,
    updatedAt: data.updated_at ?? null,
  };
}
