import type { StripeEngine } from "./engine.ts";
import { StripeRefusal } from "./refusal.ts";

/** What can be read under `/_test`, by name. */
const READS = ["balance", "deliveries", "requests", "events", "imbalances"] as const;

/** What can be done under `/_test`, by name; each takes its JSON body as its one argument. */
const ACTIONS = [
  "advance",
  "fault",
  "chaos",
  "clearFaults",
  "setFees",
  "payInvoice",
  "failPayment",
  "openDispute",
  "winDispute",
  "loseDispute",
  "failRefund",
  "setPaymentMethod",
  "resumeSubscription",
  "completeCheckout",
  "completeOnboarding",
  "setCapability",
  "setPayoutsEnabled",
  "fundPlatform",
  "drainPlatform",
  "payOut",
  "settlePayout",
  "addWebhookEndpoint",
  "setDelivery",
  "resend",
  "flushEvents",
  "assertConserved",
] as const;

/** The controls over HTTP: `GET /_test/<read>` and `POST /_test/<action>`, names with dashes, JSON in and out. */
export async function testRoutes(engine: StripeEngine, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const name = url.pathname.slice("/_test/".length);
  const asked = name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const read = READS.find((each) => each === asked);
  const action = ACTIONS.find((each) => each === asked);
  if (request.method === "GET" && name === "") return Response.json({ get: READS.map(dashed), post: ACTIONS.map(dashed) });
  if (request.method === "GET" && read) {
    const argument = url.searchParams.get("account") ?? url.searchParams.get("type") ?? undefined;
    return Response.json({ data: (engine[read] as (argument?: string) => unknown)(argument) });
  }
  if (request.method !== "POST" || !action) {
    return Response.json({ message: `There is no ${request.method} /_test/${name}; GET /_test/ lists what there is.` }, { status: 404 });
  }
  const text = await request.text();
  try {
    const given: unknown = text === "" ? {} : JSON.parse(text);
    const done = await (engine[action] as (given: unknown) => unknown)(given);
    return Response.json({ data: done ?? null });
  } catch (error) {
    return Response.json(
      { message: error instanceof Error ? error.message : String(error) },
      { status: error instanceof StripeRefusal ? 400 : 422 },
    );
  }
}

const dashed = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
