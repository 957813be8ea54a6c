import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { alertsOf, successPercent } from "#domain/webhooks/endpoint.ts";
import { DISABLED_REASONS, ERROR_CLASSES, WEBHOOK_STATUSES } from "#domain/webhooks/words.ts";
import { adoptWebhook, type AdoptedWebhook } from "#services/webhooks/adopt-webhook.ts";
import { type ChangedWebhook, deleteWebhook, enableWebhook, updateWebhook } from "#services/webhooks/change-webhook.ts";
import { createWebhook, type ShownWebhook } from "#services/webhooks/create-webhook.ts";
import { rotateWebhookSecret } from "#services/webhooks/rotate-secret.ts";
import { suspendWebhook, unsuspendWebhook } from "#services/webhooks/suspend-webhook.ts";
import { type SentTest, testWebhook } from "#services/webhooks/test-webhook.ts";
import { getWebhook, listWebhooks, type Webhook, type WebhookWithHealth } from "#services/webhooks/webhook.ts";
import type { ApiEnv } from "../app.ts";
import { Reason } from "./credential-shapes.ts";
import { webhookCallbacks } from "./event-shapes.ts";
import { listOperation, operation } from "./operation.ts";
import { at, born, count, id, instant, oneOf, words } from "./shapes.ts";
import { NewWebhook, SecretRotation, WebhookChange } from "./webhook-shapes.ts";

const WebhookShape = z
  .object({
    id: id("Of the endpoint"),
    url: words("Where deliveries go", "https://hooks.example.com/splits"),
    description: words("What it is for", "Our applicant tracking system").nullable(),
    event_types: z.array(z.string()).openapi({ description: "What it hears", example: ["application.stage_changed"] }),
    status: oneOf("An unverified endpoint receives tests alone", WEBHOOK_STATUSES),
    disabled_reason: oneOf("Why it is disabled", DISABLED_REASONS).nullable(),
    disabled_at: at("Since when it is disabled").nullable(),
    header_names: z.array(z.string()).openapi({ description: "Your own headers, by name", example: ["x-tenant"] }),
    max_per_second: count("Deliveries a second", 20).nullable(),
    api_version: words("In whose words events come", "v1"),
    owner_user_id: id("For whom it is decided which events come, and with which amounts"),
    failing_since: at("The first of a run of failures").nullable(),
    last_success_at: at("The last 2xx").nullable(),
    ...born,
  })
  .openapi("Webhook");

const Secret = words("Verifies deliveries. It is shown this once", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=");
const NewWebhookShape = WebhookShape.extend({ secret: Secret }).openapi("NewWebhook");

const WebhookWithHealthShape = WebhookShape.extend({
  health: z.object({
    succeeded_24h: count("Deliveries that arrived in the last 24 hours", 118),
    dead_24h: count("Deliveries that were given up in the last 24 hours", 2),
    success_rate_24h: z.number().openapi({ description: "Of those, how many arrived, in percent", example: 98.3 }).nullable(),
    waiting: count("Deliveries on their way, or waiting for their next try", 3),
    parked: count("Deliveries that wait until the endpoint is well again", 0),
  }),
  alerts: z.array(z.object({ code: words("What is wrong", "failing_50"), message: words("In a sentence", "It has failed since …") })),
  signing_keys: z
    .array(
      z.object({
        id: id("Of the secret"),
        created_at: at("When it was made"),
        expires_at: at("Until when it signs beside the newest").nullable(),
      }),
    )
    .openapi({ description: "The secrets that sign at this moment, newest first" }),
}).openapi("WebhookWithHealth");

const Offer = {
  replay_offer: z
    .object({ since: at("Since when it missed events"), deliveries: count("That a replay job would send", 12) })
    .nullable()
    .openapi({
      description: "After enabling: what it missed. `POST /replay-jobs` with `since` and the statuses dead, parked and skipped sends it.",
    }),
};
const ChangedWebhookShape = WebhookShape.extend(Offer).openapi("ChangedWebhook");
const AdoptedWebhookShape = NewWebhookShape.extend(Offer).openapi("AdoptedWebhook");

const present = (webhook: Webhook): z.infer<typeof WebhookShape> => ({
  id: webhook.id,
  url: webhook.url,
  description: webhook.description,
  event_types: webhook.eventTypes,
  status: webhook.status,
  disabled_reason: webhook.disabledReason,
  disabled_at: instant(webhook.disabledAt),
  header_names: [...webhook.headerNames],
  max_per_second: webhook.maxPerSecond,
  api_version: webhook.apiVersion,
  owner_user_id: webhook.ownerUserId,
  failing_since: instant(webhook.failingSince),
  last_success_at: instant(webhook.lastSuccessAt),
  created_at: webhook.createdAt.toISOString(),
  updated_at: webhook.updatedAt.toISOString(),
  version: webhook.version,
});

const presentWithSecret = (webhook: ShownWebhook): z.infer<typeof NewWebhookShape> => ({ ...present(webhook), secret: webhook.secret });

const presentWithHealth = (webhook: WebhookWithHealth): z.infer<typeof WebhookWithHealthShape> => ({
  ...present(webhook),
  health: {
    succeeded_24h: webhook.health.succeeded,
    dead_24h: webhook.health.dead,
    success_rate_24h: successPercent(webhook.health),
    waiting: webhook.health.waiting,
    parked: webhook.health.parked,
  },
  alerts: alertsOf(webhook),
  signing_keys: webhook.signingKeys.map((key) => ({
    id: key.keyId,
    created_at: key.createdAt.toISOString(),
    expires_at: instant(key.expiresAt),
  })),
});

const presentOffer = ({ offer }: Pick<ChangedWebhook, "offer">) => ({
  replay_offer: offer && { since: offer.since.toISOString(), deliveries: offer.deliveries },
});

const presentChanged = (webhook: ChangedWebhook): z.infer<typeof ChangedWebhookShape> => ({
  ...present(webhook),
  ...presentOffer(webhook),
});

const presentAdopted = (webhook: AdoptedWebhook): z.infer<typeof AdoptedWebhookShape> => ({
  ...presentWithSecret(webhook),
  ...presentOffer(webhook),
});

const TestShape = z
  .object({
    delivery_id: id("Of the delivery, which can be read with its attempts"),
    event_id: id("Of the event"),
    started_at: at("When it was sent"),
    succeeded: z.boolean().openapi({ description: "Whether it was answered with a 2xx", example: true }),
    http_status: count("What was answered", 200).nullable(),
    error_class: oneOf("Why it did not succeed", ERROR_CLASSES).nullable(),
    first_byte_ms: count("From the send to the first byte of the answer", 42).nullable(),
    duration_ms: count("In all", 43),
    response_headers: z
      .record(z.string(), z.string())
      .nullable()
      .openapi({ example: { "content-type": "text/plain" } }),
    response_body: words("At most 8 KiB of it", "ok").nullable(),
  })
  .openapi("WebhookTest");

const presentTest = ({ deliveryId, eventId, startedAt, outcome }: SentTest): z.infer<typeof TestShape> => ({
  delivery_id: deliveryId,
  event_id: eventId,
  started_at: startedAt,
  succeeded: outcome.errorClass === null,
  http_status: outcome.httpStatus,
  error_class: outcome.errorClass,
  first_byte_ms: outcome.firstByteMs,
  duration_ms: outcome.durationMs,
  response_headers: outcome.responseHeaders && { ...outcome.responseHeaders },
  response_body: outcome.responseBody,
});

const need = "manage:webhooks";

export function webhooks(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Webhook>(api, {
    path: "/webhooks",
    need,
    access: ["webhooks", "list"],
    summary: "List the account's endpoints",
    filters: z.object({ status: z.enum(WEBHOOK_STATUSES), event_type: z.string().max(100) }),
    item: WebhookShape,
    run: listWebhooks,
    present,
  });
  operation<object, object, z.infer<typeof NewWebhook>, ShownWebhook>(api, {
    method: "post",
    path: "/webhooks",
    need,
    access: ["webhooks", "create"],
    summary: "Make an endpoint",
    description:
      "The answer is the only one that tells its secret. A `webhook.test` is sent to it at once: it is `unverified` and receives nothing else until it answers one with a 2xx. Each event needs its own scope, too.",
    body: NewWebhook,
    replies: [201, NewWebhookShape],
    revealsSecret: true,
    callbacks: webhookCallbacks,
    run: (ctx, { body }) =>
      createWebhook(ctx, {
        url: body.url,
        description: body.description ?? null,
        eventTypes: body.event_types,
        headers: body.headers ?? {},
        maxPerSecond: body.max_per_second ?? null,
      }),
    present: presentWithSecret,
  });
  operation<{ id: string }, object, undefined, WebhookWithHealth>(api, {
    method: "get",
    path: "/webhooks/{id}",
    need,
    access: ["webhooks", "get"],
    summary: "Read an endpoint, and how it fares",
    replies: [200, WebhookWithHealthShape],
    run: (ctx, { params }) => getWebhook(ctx, params.id),
    present: presentWithHealth,
  });
  operation<{ id: string }, object, z.infer<typeof WebhookChange>, ChangedWebhook>(api, {
    method: "patch",
    path: "/webhooks/{id}",
    need,
    access: ["webhooks", "update"],
    summary: "Change an endpoint, or switch it off and on",
    body: WebhookChange,
    replies: [200, ChangedWebhookShape],
    run: (ctx, { params, body }) =>
      updateWebhook(ctx, params.id, {
        url: body.url,
        description: body.description,
        eventTypes: body.event_types,
        headers: body.headers,
        maxPerSecond: body.max_per_second,
        status: body.status,
      }),
    present: presentChanged,
  });
  operation<{ id: string }, object, undefined, { id: string }>(api, {
    method: "delete",
    path: "/webhooks/{id}",
    need,
    access: ["webhooks", "delete"],
    summary: "Delete an endpoint",
    replies: [200, z.object({ id: id("Of the endpoint"), deleted: z.literal(true) }).openapi("DeletedWebhook")],
    run: (ctx, { params }) => deleteWebhook(ctx, params.id),
    present: ({ id: gone }) => ({ id: gone, deleted: true }),
  });
  operation<{ id: string }, object, z.infer<typeof SecretRotation>, ShownWebhook>(api, {
    method: "post",
    path: "/webhooks/{id}/rotate-secret",
    need,
    access: ["webhooks", "rotate-secret"],
    summary: "Give an endpoint a new secret",
    description:
      "Until the overlap is over, every delivery carries a signature of each. A second rotation within it is 409 `secret_rotation_in_progress`.",
    body: SecretRotation,
    replies: [200, NewWebhookShape],
    revealsSecret: true,
    run: (ctx, { params, body }) => rotateWebhookSecret(ctx, params.id, { overlapSeconds: body.overlap_seconds, force: body.force }),
    present: presentWithSecret,
  });
  operation<{ id: string }, object, undefined, ChangedWebhook>(api, {
    method: "post",
    path: "/webhooks/{id}/enable",
    need,
    access: ["webhooks", "enable"],
    summary: "Switch an endpoint on again",
    description: "Its failures are forgotten, and `replay_offer` tells what it missed.",
    replies: [200, ChangedWebhookShape],
    run: (ctx, { params }) => enableWebhook(ctx, params.id),
    present: presentChanged,
  });
  operation<{ id: string }, object, undefined, AdoptedWebhook>(api, {
    method: "post",
    path: "/webhooks/{id}/adopt",
    need: "session",
    access: ["webhooks", "adopt"],
    summary: "Take over an endpoint whose owner left",
    description:
      "One that is disabled with the reason `owner_gone`. It hears what you may read from now on, signed with a new secret; the old one signs no more.",
    replies: [200, AdoptedWebhookShape],
    revealsSecret: true,
    run: (ctx, { params }) => adoptWebhook(ctx, params.id),
    present: presentAdopted,
  });
  operation<{ id: string }, object, undefined, SentTest>(api, {
    method: "post",
    path: "/webhooks/{id}/test",
    need,
    access: ["webhooks", "test"],
    summary: "Send an endpoint a test",
    description: "By the way of every delivery, once. Three a minute; then 429 `action_throttled`.",
    replies: [200, TestShape],
    run: (ctx, { params }) => testWebhook(ctx, params.id),
    present: presentTest,
  });
  for (const [verb, run, summary, description] of [
    ["suspend", suspendWebhook, "Shut an endpoint off", "Nothing is sent to it any more, and its owner cannot switch it on."],
    ["unsuspend", unsuspendWebhook, "Let a suspended endpoint pass again", "Its failures are forgotten."],
  ] as const) {
    operation<{ id: string }, object, z.infer<typeof Reason>, Webhook>(api, {
      method: "post",
      path: `/webhooks/{id}/${verb}`,
      need: "admin session",
      access: ["webhooks", verb],
      summary,
      description,
      body: Reason,
      replies: [200, WebhookShape],
      run: (ctx, { params, body }) => run(ctx, params.id, body.reason),
      present,
    });
  }
}
