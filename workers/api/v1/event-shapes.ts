import { PUBLISHED_EVENTS, type PublishedEvent } from "#domain/events/published.ts";
import { exampleOf, schemaOf } from "#domain/events/published-schemas.ts";

// How the documents describe deliveries: as callbacks of "make an endpoint" in OpenAPI 3.0, as webhooks in 3.1.

const header = (name: string, description: string, example: string) => ({
  name,
  in: "header" as const,
  required: true,
  description,
  schema: { type: "string" as const },
  example,
});

/** What we send for one event, and what we expect. */
export const deliveryOperation = (event: PublishedEvent) => ({
  operationId: `on_${event.type.replaceAll(".", "_")}`,
  tags: ["webhooks"],
  summary: event.description,
  description: `Needs the scope ${event.scope}. Verify the signature before you believe a word of it (docs/webhooks.md).`,
  security: [], // no token: the signature says whose it is
  parameters: [
    header("webhook-id", "The same on every retry and replay: your idempotency key", "evt_019b218f-5440-7000-8000-000000000001"),
    header("webhook-timestamp", "Of this attempt, in epoch seconds; refuse what is older than 300 s", "1765794600"),
    header(
      "webhook-signature",
      "Standard Webhooks 1.0.0: one for each secret, newest first",
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    header("x-splits-event", "The type", event.type),
    header("x-splits-attempt", "The ordinal of this send", "1"),
  ],
  requestBody: { required: true, content: { "application/json": { schema: schemaOf(event), example: exampleOf(event) } } },
  responses: {
    "2XX": { description: "Received" },
    "4XX": { description: "Not received: tried again after 1 minute, 10 minutes and 1 hour. 410 disables the endpoint." },
  },
});

/** The deliveries that making an endpoint leads to, by event (PLATFORM §2, ruling 8). */
export const webhookCallbacks = Object.fromEntries(
  PUBLISHED_EVENTS.map((event) => [event.type, { "{$request.body#/url}": { post: deliveryOperation(event) } }]),
);
