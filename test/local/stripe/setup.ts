import { Stripe } from "stripe";
import { createStripe, type StripeEngine, type StripeOptions } from "#local/stripe/engine.ts";

/** A webhook request as an endpoint received it. */
export interface Received {
  url: string;
  signature: string;
  body: string;
}

/** A stand-in in this process with a clock of its own, the official client on it, and an endpoint that listens. */
export interface Bench {
  engine: StripeEngine;
  stripe: Stripe;
  received: Received[];
  /** What the endpoint answers; 200 unless changed. */
  answering: { http: number };
  now(): Date;
}

/** When every bench begins. */
export const START = new Date("2027-03-01T12:00:00Z");

/** Signs what the platform is sent. */
export const SECRET = "whsec_platform_test";
/** Signs what connected accounts cause. */
export const CONNECT_SECRET = "whsec_connect_test";

/** Makes a bench. Time stands still but for `advance`. */
export function bench(options: StripeOptions = {}): Bench {
  const received: Received[] = [];
  const answering = { http: 200 };
  const engine = createStripe({
    now: () => START,
    seed: 7,
    deliver: async (url, request) => {
      received.push({ url, signature: request.headers.get("stripe-signature") ?? "", body: await request.text() });
      return new Response(null, { status: answering.http });
    },
    ...options,
  });
  return { engine, stripe: clientOf(engine), received, answering, now: () => new Date(engine.advance({}).now) };
}

/** The official client, talking to a stand-in in this process. */
export const clientOf = (engine: StripeEngine, key = "sk_test_stand_in"): Stripe =>
  new Stripe(key, { httpClient: Stripe.createFetchHttpClient(engine.fetch), maxNetworkRetries: 0, timeout: 20_000, telemetry: false });

/** A connected account that can receive transfers. */
export async function payee({ stripe, engine }: Bench, email = "rhea@example.test"): Promise<string> {
  const account = await stripe.accounts.create({
    email,
    country: "US",
    controller: {
      fees: { payer: "application" },
      losses: { payments: "application" },
      requirement_collection: "stripe",
      stripe_dashboard: { type: "express" },
    },
    capabilities: { transfers: { requested: true } },
    metadata: { recruiter_id: "r1" },
  });
  engine.completeOnboarding({ account: account.id });
  return account.id;
}

/** A customer with an open invoice of the platform. */
export async function invoiced({ stripe }: Bench, cents = 2_000_000, days = 30): Promise<{ customer: string; invoice: string }> {
  const customer = await stripe.customers.create({ email: "books@acme.test", name: "Acme" });
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    collection_method: "send_invoice",
    days_until_due: days,
    auto_advance: false,
    pending_invoice_items_behavior: "exclude",
    metadata: { operation_id: "op_1" },
  });
  await stripe.invoiceItems.create({
    customer: customer.id,
    invoice: invoice.id,
    amount: cents,
    currency: "usd",
    description: "Placement fee",
  });
  await stripe.invoices.finalizeInvoice(invoice.id, { auto_advance: true });
  await stripe.invoices.sendInvoice(invoice.id);
  return { customer: customer.id, invoice: invoice.id };
}

/** What a call was refused with. */
export async function refusal(
  call: Promise<unknown>,
): Promise<{ type: string; code?: string; param?: string; http: number | undefined; message: string }> {
  try {
    await call;
  } catch (error) {
    const { type, code, param, statusCode, message } = error as Stripe.errors.StripeError;
    return { type, ...(code === undefined ? {} : { code }), ...(param === undefined ? {} : { param }), http: statusCode, message };
  }
  throw new Error("The call was not refused.");
}

/** The payment intent and charge that paid an invoice, or so much of it. */
export async function paymentOf({ stripe }: Bench, invoice: string, cents?: number): Promise<{ intent: string; charge: string }> {
  const { data } = await stripe.invoicePayments.list({ invoice, status: "paid" });
  const intent = String(data.find(({ amount_paid: paid }) => cents === undefined || paid === cents)?.payment.payment_intent);
  const { latest_charge: charge } = await stripe.paymentIntents.retrieve(intent);
  return { intent, charge: String(charge) };
}
