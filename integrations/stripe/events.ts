import type { Stripe } from "stripe";
import type { ProviderEvent, ProviderEvents } from "#services/ports.ts";
import { instantOf, isStripeError, PAGE } from "./answer.ts";
import type { StripeSource } from "./client.ts";

/** A signature older than this counts for nothing (MONEY §17.1). */
const TOLERANCE_SECONDS = 300;

export interface EventSettings {
  client: StripeSource;
  secrets: { platform: string; connect: string };
}

/** Stripe's events: as webhooks bring them, and as its list has them. */
export function stripeProviderEvents({ client, secrets }: EventSettings): ProviderEvents {
  return {
    async verified(body, signature, from) {
      const { webhooks } = await client();
      try {
        return told(await webhooks.constructEventAsync(body, signature, secrets[from], TOLERANCE_SECONDS));
      } catch (error) {
        // what is signed and cannot be read is refused like what is not signed
        if (isStripeError(error, "StripeSignatureVerificationError") || error instanceof SyntaxError) return null;
        throw error;
      }
    },
    async since(instant, account) {
      const created = { gte: Math.floor(instant.getTime() / 1000) };
      const events: ProviderEvent[] = [];
      const { events: all } = await client();
      const list = all.list({ created, limit: PAGE }, account === null ? {} : { stripeAccount: account });
      for await (const event of list) {
        const read = told(event);
        if (read) events.push({ ...read, account });
      }
      return events;
    },
  };
}

/** What of an event is kept: what it is about. The object itself is fetched when it is worked on. */
function told(event: Stripe.Event): ProviderEvent | null {
  const { id, type, created, account } = event;
  const object = event.data?.object as { object?: unknown; id?: unknown } | undefined;
  if (typeof id !== "string" || typeof type !== "string" || typeof created !== "number") return null;
  return {
    id,
    type,
    account: account ?? null,
    created: instantOf(created),
    object: { type: typeof object?.object === "string" ? object.object : "unknown", id: typeof object?.id === "string" ? object.id : null },
  };
}
