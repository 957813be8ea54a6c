import { type Served, serve } from "#local/serve.ts";
import { ConnectionLost, createStripe, type StripeEngine } from "#local/stripe/engine.ts";

/** Signs what the platform is sent. */
export const WEBHOOK_SECRET = "whsec_platform_of_the_tests";
/** Signs what connected accounts cause. */
export const CONNECT_WEBHOOK_SECRET = "whsec_connect_of_the_tests";

/** A signed webhook on its way to the Worker. */
export interface Webhook {
  path: string;
  signature: string;
  body: string;
}

interface StandIn {
  engine: StripeEngine;
  waiting: Webhook[];
}

/**
 * One server for a whole test run, with a stand-in for each secret key that calls: its state, clock
 * and faults are its own. Webhooks wait until `POST /_webhooks` fetches them, as nothing of a test
 * listens for them.
 */
export async function startTestStripe(): Promise<Served> {
  const standIns = new Map<string, StandIn>();

  function standInOf(key: string): StandIn {
    const known = standIns.get(key);
    if (known) return known;
    const waiting: Webhook[] = [];
    const engine = createStripe({
      key,
      deliver: async (url, request) => {
        waiting.push({
          path: new URL(url).pathname,
          signature: request.headers.get("stripe-signature") ?? "",
          body: await request.text(),
        });
        return new Response(null);
      },
    });
    engine.setDelivery({ held: true });
    engine.addWebhookEndpoint({ url: "https://api.splits.test/stripe/webhooks", secret: WEBHOOK_SECRET });
    engine.addWebhookEndpoint({ url: "https://api.splits.test/stripe/connect-webhooks", secret: CONNECT_WEBHOOK_SECRET, connect: true });
    const made = { engine, waiting };
    standIns.set(key, made);
    return made;
  }

  return serve(0, async (request) => {
    const key = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (key === undefined) return new Response("Name your stand-in by its key.\n", { status: 401 });
    const { engine, waiting } = standInOf(key);
    if (new URL(request.url).pathname === "/_webhooks") {
      await engine.flushEvents();
      return Response.json(waiting.splice(0));
    }
    return engine.fetch(request).catch((error: unknown) => {
      if (error instanceof ConnectionLost) return Response.error();
      throw error;
    });
  });
}
