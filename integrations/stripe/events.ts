import { Stripe } from "stripe";
import type { ProviderEvent, ProviderEvents } from "#services/ports.ts";
import { instantOf, PAGE } from "./answer.ts";

/** A signature older than this counts for nothing (MONEY §17.1). */
const TOLERANCE_SECONDS = 300;

export interface EventSettings {
  client: () => Stripe;
  secrets: { platform: string; connect: string };
}

/** Stripe's events: as webhooks bring them, and as its list has them. */
export function stripeProviderEvents({ client, secrets }: EventSettings): ProviderEvents {
  const crypto = Stripe.createSubtleCryptoProvider();
  return {
    async verified(body, signature, from) {
      try {
        return told(await client().webhooks.constructEventAsync(body, signature, secrets[from], TOLERANCE_SECONDS, crypto));
      } catch (error) {
        // what is signed and cannot be read is refused like what is not signed
        if (error instanceof Stripe.errors.StripeSignatureVerificationError || error instanceof SyntaxError) return null;
        throw error;
      }
    },
    async since(instant, account) {
      const created = { gte: Math.floor(instant.getTime() / 1000) };
      const events: ProviderEvent[] = [];
      const list = client().events.list({ created, limit: PAGE }, account === null ? {} : { stripeAccount: account });
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
