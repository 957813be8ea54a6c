import { addItem, addLine, addUp, collect, draftInvoice, finalize, methodFor, newItem } from "./billing.ts";
import { changed, emit } from "./events.ts";
import { listed } from "./operation.ts";
import { amountOf, periodEnd, unitOf } from "./prices.ts";
import { invalid } from "./refusal.ts";
import type { Customer, Invoice, Metadata, Price, Recurring, Subscription, SubscriptionItem } from "./things.ts";
import { DAY, HOUR, type World } from "./world.ts";

/** What a new subscription is made of. */
export interface NewSubscription {
  customer: Customer;
  items: { price: Price; quantity: number; metadata: Metadata }[];
  collection_method?: Subscription["collection_method"] | undefined;
  cancel_at?: number | undefined;
  cancel_at_period_end?: boolean | undefined;
  days_until_due?: number | undefined;
  default_payment_method?: string | undefined;
  description?: string | undefined;
  metadata?: Metadata | undefined;
  missing_payment_method?: "cancel" | "create_invoice" | "pause" | undefined;
  payment_behavior?: string | undefined;
  payment_method_types?: string[] | null | undefined;
  save_default_payment_method?: "off" | "on_subscription" | undefined;
  /** Seconds; absent or past means no trial. */
  trial_end?: number | undefined;
}

/** An unpaid first invoice is waited for so long. */
const INCOMPLETE_SECONDS = 23 * HOUR;

/** Begins a subscription: a trial, or a first invoice that is collected at once. */
export function subscribe(world: World, given: NewSubscription): Subscription {
  const now = world.seconds();
  const id = world.id("sub");
  const trialing = given.trial_end !== undefined && given.trial_end > now;
  const anchor = trialing ? (given.trial_end ?? now) : now;
  const recurring = recurringOf(given.items);
  const end = trialing ? anchor : periodEnd(now, recurring, now);
  const collection = given.collection_method ?? "charge_automatically";
  const subscription: Subscription = {
    id,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: anchor,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: "included" }, type: "flexible", updated_at: now },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: given.cancel_at_period_end ? end : (given.cancel_at ?? null),
    cancel_at_period_end: given.cancel_at_period_end ?? false,
    canceled_at: given.cancel_at_period_end ? now : null,
    cancellation_details: {
      comment: null,
      feedback: null,
      feedback_option: null,
      reason: given.cancel_at_period_end ? "cancellation_requested" : null,
    },
    collection_method: collection,
    created: now,
    currency: "usd",
    customer: given.customer.id,
    customer_account: null,
    days_until_due: given.days_until_due ?? null,
    default_payment_method: given.default_payment_method ?? null,
    default_source: null,
    default_tax_rates: [],
    description: given.description ?? null,
    discounts: [],
    ended_at: null,
    invoice_settings: { account_tax_ids: null, custom_fields: null, description: null, footer: null, issuer: { type: "self" } },
    items: listed([], `/v1/subscription_items?subscription=${id}`),
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: given.metadata ?? {},
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: given.payment_method_types ?? null,
      save_default_payment_method: given.save_default_payment_method ?? "off",
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: now,
    status: trialing ? "trialing" : collection === "send_invoice" ? "active" : "incomplete",
    test_clock: null,
    transfer_data: null,
    trial_end: trialing ? anchor : null,
    trial_settings: {
      end_behavior: { billing_cycle_anchor: null, missing_payment_method: given.missing_payment_method ?? "create_invoice" },
    },
    trial_start: trialing ? now : null,
  };
  for (const each of given.items) subscription.items.data.push(newSubscriptionItem(world, subscription, each, { start: now, end }));
  world.keep("subscriptions", subscription);
  given.customer.currency ??= "usd";
  const invoice = bill(world, subscription, "subscription_create", trialing ? "trial" : "period");
  emit(world, "customer.subscription.created", subscription);
  if (trialing) finalize(world, invoice);
  else if (collection === "charge_automatically") {
    finalize(world, invoice);
    if (invoice.status === "open" && given.payment_behavior !== "default_incomplete") collect(world, invoice, methodFor(world, invoice));
  }
  return subscription;
}

/** The one rhythm of all items. Refuses several, and prices that do not recur. */
export function recurringOf(items: readonly { price: Price }[]): Recurring {
  const [first] = items;
  const recurring = first?.price.recurring;
  const odd = items.find((each) => !each.price.recurring);
  if (!first || !recurring || odd) {
    throw invalid(`The price specified is set to \`type=one_time\` but this field only accepts prices with \`type=recurring\`.`, {
      param: "items[0][price]",
    });
  }
  if (
    items.some(
      ({ price }) => price.recurring?.interval !== recurring.interval || price.recurring.interval_count !== recurring.interval_count,
    )
  ) {
    throw invalid("Currency and interval fields must match across all plans on this subscription.", { param: "items" });
  }
  return recurring;
}

/** A new item of a subscription. */
export function newSubscriptionItem(
  world: World,
  subscription: { id: string },
  { price, quantity, metadata }: { price: Price; quantity: number; metadata: Metadata },
  period: { start: number; end: number },
): SubscriptionItem {
  return {
    id: world.id("si"),
    object: "subscription_item",
    billing_thresholds: null,
    created: world.seconds(),
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: [],
    metadata,
    plan: planOf(price),
    price,
    quantity,
    subscription: subscription.id,
    tax_rates: [],
  };
}

/** The older words for a recurring price, which items still carry. */
export const planOf = (price: Price): Record<string, unknown> => ({
  id: price.id,
  object: "plan",
  active: price.active,
  amount: price.unit_amount,
  amount_decimal: price.unit_amount === null ? null : String(price.unit_amount),
  billing_scheme: price.billing_scheme,
  created: price.created,
  currency: price.currency,
  interval: price.recurring?.interval ?? "month",
  interval_count: price.recurring?.interval_count ?? 1,
  livemode: false,
  metadata: price.metadata,
  meter: null,
  nickname: price.nickname,
  product: price.product,
  tiers_mode: price.tiers_mode,
  transform_usage: null,
  trial_period_days: null,
  usage_type: "licensed",
});

/** Drafts an invoice of a subscription: its items for their period, and what waits to be billed. */
export function bill(
  world: World,
  subscription: Subscription,
  reason: "subscription_create" | "subscription_cycle" | "subscription_update",
  what: "period" | "trial" | "pending only",
): Invoice {
  const customer = world.sure("customers", subscription.customer);
  const [first] = subscription.items.data;
  const invoice = draftInvoice(world, customer, {
    auto_advance: true,
    billing_reason: reason,
    collection_method: subscription.collection_method,
    days_until_due: subscription.days_until_due ?? undefined,
    default_payment_method: null,
    metadata: {},
    period: { start: first?.current_period_start ?? world.seconds(), end: first?.current_period_end ?? world.seconds() },
    subscription: { id: subscription.id, metadata: subscription.metadata },
  });
  for (const item of world.all("invoiceitems").filter((each) => isPending(each, subscription))) addItem(world, invoice, item);
  if (what !== "pending only") for (const item of subscription.items.data) addPeriod(world, invoice, subscription, item, what === "trial");
  addUp(invoice);
  subscription.latest_invoice = invoice.id;
  emit(world, "invoice.created", invoice);
  return invoice;
}

const isPending = (
  item: { invoice: string | null; customer: string; parent: { subscription_details: { subscription: string } } | null },
  subscription: Subscription,
) =>
  item.invoice === null &&
  item.customer === subscription.customer &&
  (item.parent === null || item.parent.subscription_details.subscription === subscription.id);

function addPeriod(world: World, invoice: Invoice, subscription: Subscription, item: SubscriptionItem, free: boolean): void {
  const { price, quantity } = item;
  const name = world.find("products", price.product)?.name ?? price.id;
  const unit = `$${(unitOf(price, quantity) / 100).toFixed(2)} / ${price.recurring?.interval ?? "month"}`;
  addLine(world, invoice, {
    amount: free ? 0 : amountOf(price, quantity),
    description: free ? `Trial period for ${name}` : `${quantity} × ${name} (at ${unit})`,
    metadata: subscription.metadata,
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: false,
        proration_details: { credited_items: null },
        subscription: subscription.id,
        subscription_item: item.id,
      },
      type: "subscription_item_details",
    },
    period: { start: item.current_period_start, end: item.current_period_end },
    pricing: pricingOf(price, free ? 0 : unitOf(price, quantity)),
    quantity,
    subscription: subscription.id,
  });
}

/** How a line names its price. */
export const pricingOf = (price: Price, unit: number) => ({
  type: "price_details" as const,
  price_details: { price: price.id, product: price.product },
  unit_amount_decimal: String(unit),
});

/** The part of an amount for what is left of a period: rounded half up, away from zero for credits. */
export function prorated(amount: number, item: SubscriptionItem, at: number): number {
  const whole = item.current_period_end - item.current_period_start;
  const left = Math.max(0, Math.min(whole, item.current_period_end - at));
  return whole === 0 ? 0 : Number((2n * BigInt(amount) * BigInt(left) + BigInt(whole)) / (2n * BigInt(whole)));
}

/** Credits what is left of the old and charges what is left of the new, as items that wait for an invoice. */
export function prorate(
  world: World,
  subscription: Subscription,
  item: SubscriptionItem,
  at: number,
  change: { from: number; to: number | null; fromQuantity: number },
): void {
  const customer = world.sure("customers", subscription.customer);
  const name = world.find("products", item.price.product)?.name ?? item.price.id;
  const until = new Date(at * 1000).toISOString().slice(0, 10);
  const one = (words: string, amount: number, quantity: number) =>
    amount === 0
      ? undefined
      : newItem(world, customer, {
          amount,
          description: `${words} ${quantity} × ${name} after ${until}`,
          invoice: null,
          metadata: {},
          parent: { type: "subscription_details", subscription_details: { subscription: subscription.id, subscription_item: item.id } },
          period: { start: at, end: item.current_period_end },
          pricing: pricingOf(item.price, unitOf(item.price, quantity)),
          proration: true,
          quantity,
        });
  one("Unused time on", -prorated(change.from, item, at), change.fromQuantity);
  if (change.to !== null) one("Remaining time on", prorated(change.to, item, at), item.quantity);
}

/** Begins the next period and bills it. */
export function renew(world: World, subscription: Subscription): void {
  changed(world, "customer.subscription.updated", subscription, () => {
    for (const item of subscription.items.data) {
      const start = item.current_period_end;
      item.current_period_start = start;
      item.current_period_end = periodEnd(start, item.price.recurring ?? MONTHLY, subscription.billing_cycle_anchor);
    }
    bill(world, subscription, "subscription_cycle", "period");
  });
}

const MONTHLY: Recurring = { interval: "month", interval_count: 1, meter: null, trial_period_days: null, usage_type: "licensed" };

/** A trial is over: the first period begins, or what the subscription wanted for want of a payment method. */
export function endTrial(world: World, subscription: Subscription): void {
  const lacks =
    subscription.collection_method === "charge_automatically" &&
    subscription.default_payment_method === null &&
    world.sure("customers", subscription.customer).invoice_settings.default_payment_method === null;
  const wanted = subscription.trial_settings.end_behavior.missing_payment_method;
  if (lacks && wanted === "cancel") return cancel(world, subscription, "payment_failed");
  const now = world.seconds();
  if (lacks && wanted === "pause") {
    subscription.status = "paused";
    return void emit(world, "customer.subscription.paused", subscription, { before: { status: "trialing" } });
  }
  changed(world, "customer.subscription.updated", subscription, () => {
    subscription.status = "active";
    subscription.trial_end = Math.min(subscription.trial_end ?? now, now);
    subscription.billing_cycle_anchor = now;
    for (const item of subscription.items.data) {
      item.current_period_start = now;
      item.current_period_end = periodEnd(now, item.price.recurring ?? MONTHLY, now);
    }
    bill(world, subscription, "subscription_cycle", "period");
  });
}

/** Ends a subscription now. */
export function cancel(
  world: World,
  subscription: Subscription,
  reason: "cancellation_requested" | "payment_failed",
  state: "canceled" | "incomplete_expired" = "canceled",
): void {
  const now = world.seconds();
  subscription.status = state;
  subscription.canceled_at ??= now;
  subscription.ended_at = now;
  subscription.cancellation_details.reason = reason;
  for (const invoice of world.all("invoices")) {
    if (invoice.parent?.subscription_details.subscription !== subscription.id) continue;
    if (invoice.status === "draft" || invoice.status === "open")
      Object.assign(invoice, { auto_advance: false, automatically_finalizes_at: null, next_payment_attempt: null });
  }
  emit(world, "customer.subscription.deleted", subscription);
}

/** An invoice was paid: its subscription goes on. */
export function invoicePaid(world: World, invoice: Invoice): void {
  const subscription = world.find("subscriptions", invoice.parent?.subscription_details.subscription ?? null);
  if (!subscription || !["incomplete", "past_due", "unpaid"].includes(subscription.status)) return;
  const owing = world
    .all("invoices")
    .some(
      (each) =>
        each.parent?.subscription_details.subscription === subscription.id &&
        each.status === "open" &&
        (each.attempted || isOverdue(world, each)),
    );
  if (!owing) changed(world, "customer.subscription.updated", subscription, () => void (subscription.status = "active"));
}

/** Collecting an invoice failed, or it is overdue: its subscription is past due. */
export function invoiceUnpaid(world: World, invoice: Invoice): void {
  const subscription = world.find("subscriptions", invoice.parent?.subscription_details.subscription ?? null);
  if (subscription?.status !== "active") return;
  changed(world, "customer.subscription.updated", subscription, () => void (subscription.status = "past_due"));
}

const isOverdue = (world: World, invoice: Invoice) => invoice.due_date !== null && invoice.due_date <= world.seconds();

/** What a subscription will do by itself, and when. */
export function nextOf(world: World, subscription: Subscription): { at: number; run: () => void } | null {
  const { status: state, cancel_at: cancelAt, trial_end: trialEnd } = subscription;
  if (["canceled", "incomplete_expired", "unpaid", "paused"].includes(state)) return null;
  if (state === "incomplete") {
    return { at: subscription.created + INCOMPLETE_SECONDS, run: () => expire(world, subscription) };
  }
  const end = Math.min(...subscription.items.data.map((item) => item.current_period_end));
  const soon = `trial_will_end ${subscription.id}`;
  const all = [
    ...(cancelAt === null ? [] : [{ at: cancelAt, run: () => cancel(world, subscription, "cancellation_requested") }]),
    ...(state === "trialing" && trialEnd !== null && !world.state.told[soon]
      ? [
          {
            at: trialEnd - 3 * DAY,
            run: () => {
              world.state.told[soon] = true;
              emit(world, "customer.subscription.trial_will_end", subscription);
            },
          },
        ]
      : []),
    state === "trialing" && trialEnd !== null
      ? { at: trialEnd, run: () => endTrial(world, subscription) }
      : { at: end, run: () => renew(world, subscription) },
  ];
  return all.toSorted((a, b) => a.at - b.at)[0] ?? null;
}

function expire(world: World, subscription: Subscription): void {
  const invoice = world.find("invoices", subscription.latest_invoice);
  cancel(world, subscription, "payment_failed", "incomplete_expired");
  if (invoice?.status === "open") invoice.auto_advance = false;
}
