import { z } from "@hono/zod-openapi";
import { SUBSCRIBABLE_EVENTS } from "#domain/events/published.ts";
import { MAX_URL_LENGTH } from "#domain/destinations/destination.ts";
import { text } from "../v2/shapes.ts";

/** What endpoints are made and changed with. Addresses, events and headers are the verb's to judge, which names each broken one. */

const Url = z
  .string()
  .min(1)
  .max(4 * MAX_URL_LENGTH)
  .openapi({
    description: `https, port 443 or 8443, a name on the public internet, at most ${MAX_URL_LENGTH} characters`,
    example: "https://hooks.example.com/splits",
  });

const EventTypes = z
  .array(z.string().max(100))
  .min(1)
  .max(50)
  .openapi({ description: `Of ${SUBSCRIBABLE_EVENTS.join(", ")}`, example: ["application.submitted", "application.stage_changed"] });

const Headers = z.record(z.string(), z.string()).openapi({
  description: "At most ten of your own, sent with each delivery. Stored sealed; their values are never shown again.",
  example: { "x-tenant": "acme" },
});

const MaxPerSecond = z.int().min(1).max(100).openapi({ description: "Deliveries a second; as many as come, unless told", example: 20 });

export const NewWebhook = z
  .strictObject({
    url: Url,
    event_types: EventTypes,
    description: text(500).nullish(),
    headers: Headers.optional(),
    max_per_second: MaxPerSecond.nullish(),
  })
  .openapi("WebhookInput");

export const WebhookChange = z
  .strictObject({
    url: Url.optional(),
    event_types: EventTypes.optional(),
    description: text(500).nullish(),
    headers: Headers.nullish(),
    max_per_second: MaxPerSecond.nullish(),
    status: z.enum(["active", "disabled"]).optional().openapi({ description: "Your own switch" }),
  })
  .openapi("WebhookChange");

export const SecretRotation = z
  .strictObject({
    overlap_seconds: z.int().min(0).max(604_800).default(86_400).openapi({ description: "So long both secrets sign" }),
    force: z.boolean().default(false).openapi({ description: "Rotate although the secret before still signs" }),
  })
  .openapi("SecretRotation");
