import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { listStripeEvents, type StripeEvent, stripeEventNoun } from "#services/stripe-events/stripe-event.ts";
import type { Included } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation } from "../operation.ts";
import { Flag, Instant, instant, text } from "./shapes.ts";

const StripeEventShape = z
  .object({
    id: z.string().openapi({ example: "evt_1QAbCdEfGh" }),
    type: z.string().openapi({ example: "invoice.paid" }),
    account: z.string().nullable().openapi({ description: "The connected account it is about; null for our own" }),
    object: z.object({ type: z.string(), id: z.string().nullable() }),
    created: Instant,
    received_at: Instant,
    processed_at: Instant.nullable(),
    attempts: z.int(),
    error: z.string().nullable(),
  })
  .openapi("StripeEvent");

/** What leaves the house of an event: what it is about, never the object itself. */
const stripeEvent = (row: Included<StripeEvent>): z.infer<typeof StripeEventShape> => ({
  id: row.id,
  type: row.type,
  account: row.account,
  object: { type: String(row.payload["object"]), id: typeof row.payload["id"] === "string" ? row.payload["id"] : null },
  created: row.created.toISOString(),
  received_at: row.receivedAt.toISOString(),
  processed_at: instant(row.processedAt),
  attempts: row.attempts,
  error: row.error,
});

export function stripeEvents(api: OpenAPIHono<ApiEnv>): void {
  listOperation<StripeEvent>(api, {
    path: "/stripe-events",
    access: ["stripe-events", "list"],
    summary: "List what Stripe told",
    description: "For platform admins: each event once, whether it was worked on, and why not.",
    noun: stripeEventNoun,
    filters: z.object({ type: text(255), account: text(255), processed: Flag }),
    item: StripeEventShape,
    run: listStripeEvents,
    present: stripeEvent,
  });
}
