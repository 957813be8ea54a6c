import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { ATTEMPT_TRIGGERS, DELIVERY_STATUSES, ERROR_CLASSES, SKIP_REASONS } from "#domain/webhooks/words.ts";
import { wireId } from "#domain/events/published.ts";
import {
  type Attempt,
  type Delivery,
  type DeliveryWithAttempts,
  getDelivery,
  listDeliveries,
} from "#services/webhook-deliveries/delivery.ts";
import { replayDelivery } from "#services/webhook-deliveries/replay-delivery.ts";
import type { ApiEnv } from "../app.ts";
import { InstantInput } from "../v2/shapes.ts";
import { listOperation, operation } from "./operation.ts";
import { at, count, id, instant, oneOf, words } from "./shapes.ts";

const DeliveryShape = z
  .object({
    id: id("Of the delivery"),
    webhook_id: id("Of the endpoint"),
    event_id: words("The `webhook-id`: the same on every retry and replay", "evt_019b218f-5440-7000-8000-000000000001"),
    event_type: words("What happened", "application.stage_changed"),
    event_at: at("When it happened"),
    status: oneOf("How far it is", DELIVERY_STATUSES),
    attempts: count("Attempts so far; probes are not counted", 1),
    next_attempt_at: at("When it is tried next").nullable(),
    last_status: count("What was answered last", 503).nullable(),
    last_error_class: oneOf("Why the last attempt failed, or why it was skipped", [...ERROR_CLASSES, ...SKIP_REASONS] as const).nullable(),
    replay_of: id("The delivery that it repeats").nullable(),
    replay_job_id: id("The replay that asked for it").nullable(),
    created_at: at("When it was queued; lists are ordered by it, newest first"),
    completed_at: at("When it became final").nullable(),
  })
  .openapi("WebhookDelivery");

const AttemptShape = z
  .object({
    number: count("Counted among those of its trigger", 1),
    trigger: oneOf("Why it was sent", ATTEMPT_TRIGGERS),
    started_at: at("When it was sent"),
    resolve_ms: count("For the name", 3).nullable(),
    first_byte_ms: count("To the first byte of the answer", 42).nullable(),
    duration_ms: count("In all", 43),
    error_class: oneOf("Why it did not succeed", ERROR_CLASSES).nullable(),
    request: z.object({
      headers: z.record(z.string(), z.string()).openapi({ description: "Of ours; signatures and your own are left out" }),
      signature_key_ids: z.array(z.uuid()).openapi({ description: "The secrets that signed it, newest first" }),
    }),
    response: z
      .object({
        status: count("What was answered", 200),
        headers: z.record(z.string(), z.string()).openapi({ description: "Those that help" }),
        body: words("At most 8 KiB of it", "ok").nullable(),
      })
      .nullable(),
    request_id: id("Of this send"),
  })
  .openapi("WebhookAttempt");

const DeliveryWithAttemptsShape = DeliveryShape.extend({
  payload: words("The bytes that are signed and sent; null without the scope of its event", '{"id":"evt_…"}').nullable(),
  attempt_list: z.array(AttemptShape).openapi({ description: "The newest hundred, the oldest of them first; kept for 30 days" }),
}).openapi("WebhookDeliveryWithAttempts");

const present = (delivery: Delivery): z.infer<typeof DeliveryShape> => ({
  id: delivery.id,
  webhook_id: delivery.webhookId,
  event_id: wireId(delivery.eventId),
  event_type: delivery.eventType,
  event_at: delivery.eventAt.toISOString(),
  status: delivery.status,
  attempts: delivery.attempts,
  next_attempt_at: instant(delivery.nextAttemptAt),
  last_status: delivery.lastStatus,
  last_error_class: delivery.lastErrorClass,
  replay_of: delivery.replayOf,
  replay_job_id: delivery.replayJobId,
  created_at: delivery.createdAt.toISOString(),
  completed_at: instant(delivery.completedAt),
});

const presentAttempt = (delivery: Delivery, attempt: Attempt): z.infer<typeof AttemptShape> => ({
  number: attempt.attemptNo,
  trigger: attempt.trigger,
  started_at: attempt.startedAt.toISOString(),
  resolve_ms: attempt.resolveMs,
  first_byte_ms: attempt.firstByteMs,
  duration_ms: attempt.durationMs,
  error_class: attempt.errorClass,
  request: {
    headers: {
      "content-type": "application/json",
      "user-agent": "SplitsWebhooks/1",
      "webhook-id": wireId(delivery.eventId),
      "webhook-timestamp": String(Math.floor(attempt.startedAt.getTime() / 1_000)),
      "x-splits-event": delivery.eventType,
      "x-splits-attempt": String(attempt.ordinal),
    },
    signature_key_ids: attempt.signatureKeyIds,
  },
  response:
    attempt.httpStatus === null ? null : { status: attempt.httpStatus, headers: attempt.responseHeaders ?? {}, body: attempt.responseBody },
  request_id: attempt.requestId,
});

const presentWithAttempts = (delivery: DeliveryWithAttempts): z.infer<typeof DeliveryWithAttemptsShape> => ({
  ...present(delivery),
  payload: delivery.payload,
  attempt_list: delivery.attemptList.map((attempt) => presentAttempt(delivery, attempt)),
});

const need = "manage:webhooks";

export function webhookDeliveries(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Delivery>(api, {
    path: "/webhook-deliveries",
    need,
    access: ["webhook-deliveries", "list"],
    summary: "List deliveries",
    description: "Of the last 90 days.",
    filters: z.object({
      webhook_id: z.uuid(),
      status: z.enum(DELIVERY_STATUSES),
      event_type: z.string().max(100),
      since: InstantInput.openapi({ description: "Queued from this instant on" }),
      until: InstantInput.openapi({ description: "Queued before this instant" }),
    }),
    item: DeliveryShape,
    run: listDeliveries,
    present,
  });
  operation<{ id: string }, object, undefined, DeliveryWithAttempts>(api, {
    method: "get",
    path: "/webhook-deliveries/{id}",
    need,
    access: ["webhook-deliveries", "get"],
    summary: "Read a delivery with what was sent and every answer",
    replies: [200, DeliveryWithAttemptsShape],
    run: (ctx, { params }) => getDelivery(ctx, params.id),
    present: presentWithAttempts,
  });
  operation<{ id: string }, object, undefined, Delivery>(api, {
    method: "post",
    path: "/webhook-deliveries/{id}/replay",
    need,
    access: ["webhook-deliveries", "replay"],
    summary: "Send a delivery again",
    description:
      "A final one is sent as a new delivery with the same `webhook-id`; one that waits is brought forward. 409 while it is being sent, or its endpoint is not active.",
    replies: [200, DeliveryShape],
    run: (ctx, { params }) => replayDelivery(ctx, params.id),
    present,
  });
}
