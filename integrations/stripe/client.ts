import type { Stripe } from "stripe";

/** Stripe answers within this time or counts as silent (MONEY §10.2). */
const TIMEOUT_MS = 20_000;

export interface StripeSettings {
  secretKey: string;
  /** Where the API is; production has none and speaks to Stripe itself. */
  base?: string | undefined;
}

/** Gives the client to what speaks to Stripe. */
export type StripeSource = () => Promise<Stripe>;

/**
 * The official client over fetch, at the API version it pins. It repeats nothing by itself: who calls
 * names the idempotency key and decides about a second try.
 */
export async function stripeClient({ secretKey, base }: StripeSettings): Promise<Stripe> {
  const { Stripe } = await import("stripe"); // late: it is a seventh of the Worker, and few requests speak to Stripe
  const at = base ? new URL(base) : null;
  return new Stripe(secretKey, {
    httpClient: Stripe.createFetchHttpClient(),
    maxNetworkRetries: 0,
    timeout: TIMEOUT_MS,
    telemetry: false,
    ...(at ? { protocol: at.protocol === "http:" ? "http" : "https", host: at.hostname, ...(at.port ? { port: at.port } : {}) } : {}),
  });
}
