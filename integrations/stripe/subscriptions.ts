import type { Stripe } from "stripe";
import { cents } from "#domain/money.ts";
import { Refusal } from "#domain/refusals.ts";
import { isStripeStatus, statusFromStripe } from "#domain/subscriptions/stripe-status.ts";
import type { FetchedSubscription, PlanBilling, PlanPayment, PriceOf } from "#services/ports.ts";
import { isStripeError } from "./answer.ts";
import type { StripeSource } from "./client.ts";

/** Plans at Stripe: prices, customers, checkout and portal pages, subscriptions and what pays them. */
export function stripePlans(client: StripeSource): PlanBilling {
  return {
    priceId: (price) => asked(async () => priceOf(await client(), price)),
    customer: (person) => asked(async () => customerOf(await client(), person)),
    checkout: (wanted, key) => asked(async () => checkoutOf(await client(), wanted, key)),
    portal: (customerId, returnUrl, key) =>
      asked(async () => {
        const { billingPortal } = await client();
        const { url } = await billingPortal.sessions.create({ customer: customerId, return_url: returnUrl }, { idempotencyKey: key });
        return { url };
      }),
    async fetch(id) {
      const { subscriptions } = await client();
      return fetched(await subscriptions.retrieve(id));
    },
    async change(id, wanted, key) {
      const { subscriptions } = await client();
      const before = await subscriptions.retrieve(id);
      const item = itemOf(before);
      const after = await subscriptions.update(
        id,
        {
          items: [{ id: item.id, price: wanted.priceId, quantity: wanted.seats }],
          cancel_at_period_end: wanted.cancelAtPeriodEnd,
          proration_behavior: "create_prorations",
        },
        { idempotencyKey: key },
      );
      return fetched(after);
    },
    invoicePayments: async (id) => paymentsOf(await client(), id),
  };
}

/** What is asked while a person waits: a provider that does not answer is a 503 to them. */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isStripeError(error, "StripeConnectionError", "StripeAPIError", "StripeRateLimitError"))
      throw new Refusal("service_unavailable", "The payment provider does not answer. Try again in a minute.");
    throw error;
  }
}

/** A price says what it is for in its lookup key; its amount is in it, because a price never changes. */
const lookupKey = ({ plan, billingPeriod, forTeam, unit }: PriceOf): string =>
  ["splits", plan.slug, billingPeriod, ...(forTeam ? ["team"] : []), unit].join("_");

async function priceOf(stripe: Stripe, price: PriceOf): Promise<string> {
  const key = lookupKey(price);
  const known = await stripe.prices.list({ lookup_keys: [key], active: true, limit: 1 });
  if (known.data[0]) return known.data[0].id;
  const product = await productOf(stripe, price);
  const made = await stripe.prices.create(
    {
      currency: "usd",
      lookup_key: key,
      transfer_lookup_key: true,
      product,
      metadata: { plan: price.plan.slug, period: price.billingPeriod },
      recurring: { interval: price.billingPeriod === "annual" ? "year" : "month" },
      ...(price.forTeam
        ? {
            billing_scheme: "tiered",
            tiers_mode: "volume",
            tiers: [
              { up_to: price.volume.seats - 1, unit_amount: price.unit },
              { up_to: "inf", unit_amount: price.volume.unit },
            ],
          }
        : { unit_amount: price.unit }),
    },
    { idempotencyKey: `price_${key}` },
  );
  return made.id;
}

async function productOf(stripe: Stripe, { plan }: PriceOf): Promise<string> {
  const id = `splits_plan_${plan.slug}`;
  try {
    return (await stripe.products.retrieve(id)).id;
  } catch (error) {
    if (!isStripeError(error, "StripeInvalidRequestError") || error.statusCode !== 404) throw error;
  }
  const name = `Splits Network ${plan.name}`;
  return (await stripe.products.create({ id, name, metadata: { plan: plan.slug } }, { idempotencyKey: `product_${id}` })).id;
}

async function customerOf(stripe: Stripe, { userId, email, name }: { userId: string; email: string; name: string }): Promise<string> {
  for await (const customer of stripe.customers.list({ email, limit: 100 })) {
    if (customer.metadata["user_id"] === userId) return customer.id;
  }
  const made = await stripe.customers.create(
    { email, ...(name ? { name } : {}), metadata: { user_id: userId } },
    { idempotencyKey: `customer_user_${userId}` },
  );
  return made.id;
}

async function checkoutOf(
  stripe: Stripe,
  wanted: Parameters<PlanBilling["checkout"]>[0],
  key: string,
): Promise<{ url: string; expiresAt: Date }> {
  const facts = {
    subscription_id: wanted.subscriptionId,
    wants: [wanted.priceId, wanted.seats, wanted.trialDays].join(" "),
  };
  const { data: open } = await stripe.checkout.sessions.list({ customer: wanted.customerId, status: "open", limit: 100 });
  for (const session of open.filter(({ metadata }) => metadata?.["subscription_id"] === wanted.subscriptionId)) {
    const same =
      session.metadata?.["wants"] === facts.wants && session.success_url === wanted.successUrl && session.cancel_url === wanted.cancelUrl;
    if (same && session.url) return { url: session.url, expiresAt: at(session.expires_at) };
    await stripe.checkout.sessions.expire(session.id, {}, { idempotencyKey: `expire_${session.id}` });
  }
  const session = await stripe.checkout.sessions.create(
    {
      mode: "subscription",
      customer: wanted.customerId,
      client_reference_id: wanted.subscriptionId,
      line_items: [{ price: wanted.priceId, quantity: wanted.seats }],
      metadata: facts,
      subscription_data: {
        metadata: { subscription_id: wanted.subscriptionId },
        ...(wanted.trialDays > 0 ? { trial_period_days: wanted.trialDays } : {}),
      },
      success_url: wanted.successUrl,
      cancel_url: wanted.cancelUrl,
    },
    { idempotencyKey: key },
  );
  if (!session.url) throw new Error(`checkout session ${session.id} has no address`);
  return { url: session.url, expiresAt: at(session.expires_at) };
}

/** Our subscriptions have one item: the plan. */
function itemOf({ id, items }: Stripe.Subscription): Stripe.SubscriptionItem {
  const [item] = items.data;
  if (!item) throw new Error(`subscription ${id} has no item`);
  return item;
}

function fetched(subscription: Stripe.Subscription): FetchedSubscription {
  const { id, status, customer, metadata } = subscription;
  if (!isStripeStatus(status)) throw new Error(`subscription ${id} is ${String(status)}, which we do not know`);
  const item = itemOf(subscription);
  return {
    id,
    customerId: typeof customer === "string" ? customer : customer.id,
    subscriptionId: metadata["subscription_id"] ?? null,
    ...statusFromStripe(status, { start: at(item.current_period_start), end: at(item.current_period_end) }),
    price: purposeOf(item.price),
    seats: item.quantity ?? 1,
    cancelAt: atOrNull(subscription.cancel_at),
    trialStart: atOrNull(subscription.trial_start),
    trialEnd: atOrNull(subscription.trial_end),
  };
}

function purposeOf({ metadata }: Stripe.Price): FetchedSubscription["price"] {
  const { plan, period } = metadata;
  if (plan === undefined || (period !== "monthly" && period !== "annual")) return null;
  return { planSlug: plan, billingPeriod: period };
}

/** What paid an invoice of a subscription, by the balance transactions of its charges. */
async function paymentsOf(stripe: Stripe, invoiceId: string): Promise<Awaited<ReturnType<PlanBilling["invoicePayments"]>>> {
  const invoice = await stripe.invoices.retrieve(invoiceId);
  const of = invoice.parent?.subscription_details?.subscription;
  if (!of || invoice.status !== "paid") return null;
  const payments: PlanPayment[] = [];
  for await (const { payment } of stripe.invoicePayments.list({ invoice: invoiceId, status: "paid", limit: 100 })) {
    const intent = payment.payment_intent;
    if (!intent) continue;
    const { latest_charge: charge } = await stripe.paymentIntents.retrieve(typeof intent === "string" ? intent : intent.id, {
      expand: ["latest_charge.balance_transaction"],
    });
    const moved = typeof charge === "object" ? charge?.balance_transaction : null;
    if (!moved || typeof moved === "string") throw new Error(`the payment of invoice ${invoiceId} has no balance transaction yet`);
    payments.push({ gross: cents(moved.amount), fee: cents(moved.fee), balanceTransactionId: moved.id });
  }
  const outside = cents(invoice.amount_paid_off_stripe ?? 0);
  if (outside > 0) payments.push({ gross: outside, fee: cents(0), balanceTransactionId: null });
  return { subscriptionId: typeof of === "string" ? of : of.id, payments };
}

const at = (seconds: number): Date => new Date(seconds * 1000);
const atOrNull = (seconds: number | null): Date | null => (seconds === null ? null : at(seconds));
