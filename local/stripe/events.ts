import { createHmac } from "node:crypto";
import { API_VERSION, PLATFORM, random, type World } from "./world.ts";
import type { StripeEvent, Thing, WebhookEndpoint } from "./things.ts";

/** Every type of event that the stand-in knows; endpoints can ask for these. */
export const EVENT_TYPES = [
  "account.updated",
  "balance.available",
  "capability.updated",
  "charge.dispute.closed",
  "charge.dispute.created",
  "charge.dispute.funds_reinstated",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.updated",
  "charge.failed",
  "charge.refund.updated",
  "charge.refunded",
  "charge.succeeded",
  "checkout.session.completed",
  "checkout.session.expired",
  "credit_note.created",
  "customer.created",
  "customer.updated",
  "customer.subscription.created",
  "customer.subscription.deleted",
  "customer.subscription.paused",
  "customer.subscription.resumed",
  "customer.subscription.trial_will_end",
  "customer.subscription.updated",
  "invoice.created",
  "invoice.deleted",
  "invoice.finalized",
  "invoice.marked_uncollectible",
  "invoice.overdue",
  "invoice.paid",
  "invoice.payment_failed",
  "invoice.payment_succeeded",
  "invoice.sent",
  "invoice.updated",
  "invoice.voided",
  "invoice_payment.paid",
  "invoiceitem.created",
  "invoiceitem.deleted",
  "payment_intent.canceled",
  "payment_intent.created",
  "payment_intent.payment_failed",
  "payment_intent.succeeded",
  "payout.canceled",
  "payout.created",
  "payout.failed",
  "payout.paid",
  "payout.updated",
  "price.created",
  "price.updated",
  "product.created",
  "product.updated",
  "refund.created",
  "refund.failed",
  "refund.updated",
  "topup.succeeded",
  "transfer.created",
  "transfer.reversed",
  "transfer.updated",
] as const;

/** A type of event that the stand-in knows. */
export type EventType = (typeof EVENT_TYPES)[number];

/** One event on its way to one endpoint. */
export interface Delivery {
  event: string;
  endpoint: string;
  attempt: number;
  /** Seconds. */
  dueAt: number;
  state: "waiting" | "delivered" | "failed" | "dropped";
  /** The HTTP code of the last answer; null when there was none. */
  answered: number | null;
}

/** What happens to events between Stripe and the endpoint. */
export interface DeliveryPolicy {
  /** Nothing leaves until it is flushed or let go. */
  held: boolean;
  /** How often each event is delivered. */
  copies: number;
  /** So many of the next deliveries are lost for good. */
  dropNext: number;
  /** Events of these types are lost for good. */
  dropTypes: string[];
  /** With a seed, what waits leaves in another order. */
  shuffle: number | null;
}

/** Sends one signed request to a webhook endpoint. */
export type Deliver = (url: string, request: Request) => Promise<Response>;

/** Seconds until the second, third … attempt of a delivery; three days in all. */
const RETRY_AFTER = [10, 60, 300, 1800, 7200, 18_000, 36_000, 43_200, 43_200, 43_200, 43_200];

/** Tells the endpoints that something happened. */
export function emit(
  world: World,
  type: EventType,
  subject: Record<string, unknown>,
  { owner = PLATFORM, before }: { owner?: string; before?: Record<string, unknown> } = {},
): StripeEvent {
  const event: StripeEvent = {
    id: world.id("evt"),
    object: "event",
    ...(owner === PLATFORM ? {} : { account: owner }),
    api_version: API_VERSION,
    created: world.seconds(),
    data: { object: structuredClone(subject), ...(before === undefined ? {} : { previous_attributes: before }) },
    livemode: false,
    pending_webhooks: 0,
    request: { id: world.caller?.requestId ?? null, idempotency_key: world.caller?.idempotencyKey ?? null },
    type,
  };
  world.keep("events", event, owner);
  for (const endpoint of listening(world, owner, type)) {
    const { policy } = world.state;
    const dropped = policy.dropTypes.includes(type) || policy.dropNext > 0;
    if (policy.dropNext > 0) policy.dropNext -= 1;
    for (let copy = 0; copy < (dropped ? 1 : policy.copies); copy += 1) {
      world.state.deliveries.push({
        event: event.id,
        endpoint: endpoint.id,
        attempt: 0,
        dueAt: world.seconds(),
        state: dropped ? "dropped" : "waiting",
        answered: null,
      });
      event.pending_webhooks += 1;
    }
  }
  return event;
}

/** Changes a thing and tells the endpoints what it was before. Nothing is said when nothing changed. */
export function changed<T extends Thing>(
  world: World,
  type: EventType,
  thing: T,
  change: (thing: T) => void,
  owner: string = PLATFORM,
): void {
  const old = structuredClone(thing) as Record<string, unknown>;
  change(thing);
  const before = Object.fromEntries(Object.entries(old).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(thing[name])));
  if (Object.keys(before).length > 0) emit(world, type, thing, { owner, before });
}

function listening(world: World, owner: string, type: string): WebhookEndpoint[] {
  return world
    .all("webhook_endpoints")
    .filter((each) => (world.state.endpoints[each.id]?.connect ?? false) === (owner !== PLATFORM))
    .filter((each) => each.status === "enabled" && (each.enabled_events.includes("*") || each.enabled_events.includes(type)));
}

/** Stripe's signature of a body: `t=…,v1=…`, HMAC-SHA256 over both. */
export const signature = (body: string, secret: string, seconds: number): string =>
  `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;

/** What waits and is due, in the order it will leave. */
export function dueDeliveries(world: World): Delivery[] {
  const due = world.state.deliveries.filter((each) => each.state === "waiting" && each.dueAt <= world.seconds());
  const { shuffle } = world.state.policy;
  if (shuffle === null) return due;
  const next = random(shuffle);
  return due
    .map((each) => ({ each, at: next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ each }) => each);
}

/** Sends one delivery. Whatever is not 2xx is tried again later, for three days. */
export async function send(world: World, delivery: Delivery, deliver: Deliver): Promise<void> {
  const endpoint = world.state.tables.webhook_endpoints.get(delivery.endpoint)?.thing;
  const event = world.sure("events", delivery.event);
  if (!endpoint) return void (delivery.state = "failed");
  const body = JSON.stringify(event);
  delivery.attempt += 1;
  delivery.answered = await deliver(
    endpoint.url,
    new Request(endpoint.url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        // the receiver holds it against its own clock, which nobody moves
        "Stripe-Signature": signature(body, world.state.endpoints[endpoint.id]?.secret ?? "", Math.floor(Date.now() / 1000)),
      },
      body,
    }),
  ).then(
    async (response) => {
      await response.arrayBuffer().catch(() => {});
      return response.status;
    },
    () => null,
  );
  if (delivery.answered !== null && delivery.answered >= 200 && delivery.answered < 300) {
    delivery.state = "delivered";
    event.pending_webhooks = Math.max(0, event.pending_webhooks - 1);
    return;
  }
  const wait = RETRY_AFTER[delivery.attempt - 1];
  if (wait === undefined) delivery.state = "failed";
  else delivery.dueAt = world.seconds() + wait;
}
