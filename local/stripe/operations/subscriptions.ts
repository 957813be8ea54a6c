import { collect, finalize, methodFor } from "../billing.ts";
import { changed } from "../events.ts";
import { like, operation, paged, within } from "../operation.ts";
import { decline, declined, newIntent } from "../payments.ts";
import { amountOf, periodEnd } from "../prices.ts";
import { invalid, missing } from "../refusal.ts";
import { clearable, either, flag, integer, list, metadata, needed, object, PAGE, range, text, word } from "../schema.ts";
import { bill, cancel, endTrial, newSubscriptionItem, planOf, prorate, recurringOf, subscribe } from "../subscribing.ts";
import type { Subscription, SubscriptionItem } from "../things.ts";
import { DAY, merged, type World } from "../world.ts";
import { attachTestMethod } from "./customers.ts";

const collection = word("charge_automatically", "send_invoice");
const behavior = word("always_invoice", "create_prorations", "none");
const trialSettings = object({ end_behavior: needed(object({ missing_payment_method: word("cancel", "create_invoice", "pause") })) });
const paymentSettings = object({
  payment_method_types: clearable(list(word("ach_credit_transfer", "ach_debit", "card", "customer_balance", "link", "us_bank_account"))),
  save_default_payment_method: word("off", "on_subscription"),
});
const incomplete = word("allow_incomplete", "default_incomplete", "error_if_incomplete");

const create = operation(
  "POST",
  "/v1/subscriptions",
  {
    cancel_at: integer(),
    cancel_at_period_end: flag(),
    collection_method: collection,
    currency: text(),
    customer: text(),
    days_until_due: integer({ min: 0 }),
    default_payment_method: text(),
    description: text(500),
    items: list(object({ metadata: metadata(), price: text(), quantity: integer({ min: 0 }) })),
    metadata: metadata(),
    off_session: flag(),
    payment_behavior: incomplete,
    payment_settings: paymentSettings,
    proration_behavior: behavior,
    trial_end: either(word("now"), integer()),
    trial_period_days: integer({ min: 1, max: 730 }),
    trial_settings: trialSettings,
  },
  (world, given) => {
    if (given.customer === undefined) throw missing("customer");
    if (!given.items || given.items.length === 0) throw missing("items");
    const customer = world.named("customers", given.customer, "customer");
    const items = given.items.map((item, index) => {
      if (item.price === undefined) throw missing(`items[${index}][price]`);
      const price = world.named("prices", item.price, `items[${index}][price]`);
      if (!price.active)
        throw invalid("The price specified is inactive. This field only accepts active prices.", { param: `items[${index}][price]` });
      return { price, quantity: item.quantity ?? 1, metadata: merged({}, item.metadata) };
    });
    recurringOf(items);
    const sent = given.collection_method === "send_invoice";
    if (sent && given.days_until_due === undefined)
      throw invalid("You must pass `days_until_due` when `collection_method` is `send_invoice`.", {
        code: "parameter_missing",
        param: "days_until_due",
      });
    if (!sent && given.days_until_due !== undefined)
      throw invalid("You can only set `days_until_due` if `collection_method` is `send_invoice`.", { param: "days_until_due" });
    if (given.trial_end !== undefined && given.trial_period_days !== undefined) {
      throw invalid("You may only specify one of these parameters: trial_end, trial_period_days.", {
        code: "parameters_exclusive",
        param: "trial_end",
      });
    }
    const trialEnd =
      given.trial_period_days !== undefined
        ? world.seconds() + given.trial_period_days * DAY
        : given.trial_end === "now"
          ? undefined
          : given.trial_end;
    const method =
      given.default_payment_method === undefined
        ? undefined
        : attachTestMethod(world, customer.id, given.default_payment_method, "default_payment_method");
    const paysWith = method ?? world.find("payment_methods", customer.invoice_settings.default_payment_method);
    const free = items.every((each) => amountOf(each.price, each.quantity) === 0);
    if (!sent && !paysWith && !trialEnd && !free && given.payment_behavior !== "default_incomplete") {
      throw invalid(
        "This customer has no attached payment source or default payment method. Please consider adding a default payment method.",
        { code: "resource_missing" },
      );
    }
    if (given.payment_behavior === "error_if_incomplete" && paysWith?.declines === true && !trialEnd) {
      const amount = items.reduce((sum, each) => sum + amountOf(each.price, each.quantity), 0);
      throw declined(decline(world, newIntent(world, { amount, customer: customer.id }), paysWith));
    }
    return subscribe(world, {
      ...given,
      customer,
      items,
      default_payment_method: method?.id,
      metadata: merged({}, given.metadata),
      missing_payment_method: given.trial_settings?.end_behavior.missing_payment_method,
      payment_method_types: given.payment_settings?.payment_method_types,
      save_default_payment_method: given.payment_settings?.save_default_payment_method,
      trial_end: trialEnd,
    });
  },
);

const retrieve = operation("GET", "/v1/subscriptions/{subscription_exposed_id}", {}, (world, _, call) =>
  world.at("subscriptions", call.in("subscription_exposed_id")),
);

interface ItemChange {
  deleted?: boolean | undefined;
  id?: string | undefined;
  metadata?: Record<string, string> | null | undefined;
  price?: string | undefined;
  quantity?: number | undefined;
}

const update = operation(
  "POST",
  "/v1/subscriptions/{subscription_exposed_id}",
  {
    cancel_at: clearable(integer()),
    cancel_at_period_end: flag(),
    cancellation_details: object({
      comment: clearable(text()),
      feedback: clearable(
        word("customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex", "too_expensive", "unused"),
      ),
    }),
    collection_method: collection,
    days_until_due: integer({ min: 0 }),
    default_payment_method: text(),
    description: clearable(text(500)),
    items: list(object({ deleted: flag(), id: text(), metadata: metadata(), price: text(), quantity: integer({ min: 0 }) })),
    metadata: metadata(),
    off_session: flag(),
    payment_behavior: incomplete,
    payment_settings: paymentSettings,
    proration_behavior: behavior,
    proration_date: integer(),
    trial_end: either(word("now"), integer()),
    trial_settings: trialSettings,
  },
  (world, given, call) => {
    const subscription = world.at("subscriptions", call.in("subscription_exposed_id"));
    if (subscription.status === "canceled" || subscription.status === "incomplete_expired") {
      const allowed = ["metadata", "cancellation_details", "expand"];
      if (Object.keys(given).some((name) => !allowed.includes(name))) {
        throw invalid("A canceled subscription can only update its cancellation_details and metadata.", {
          code: "invalid_canceled_subscription_fields",
        });
      }
    }
    const [first] = subscription.items.data;
    if (
      given.proration_date !== undefined &&
      first &&
      (given.proration_date < first.current_period_start || given.proration_date > first.current_period_end)
    ) {
      throw invalid("Cannot specify a proration date outside of the current period.", { param: "proration_date" });
    }
    if (typeof given.trial_end === "number" && given.trial_end <= world.seconds())
      throw invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", { param: "trial_end" });
    const method =
      given.default_payment_method === undefined
        ? undefined
        : attachTestMethod(world, subscription.customer, given.default_payment_method, "default_payment_method");
    const plan = planned(world, subscription, given.items ?? []);
    let billNow = false;
    changed(world, "customer.subscription.updated", subscription, () => {
      subscription.collection_method = given.collection_method ?? subscription.collection_method;
      subscription.days_until_due = given.days_until_due ?? subscription.days_until_due;
      if (method) subscription.default_payment_method = method.id;
      if (given.description !== undefined) subscription.description = given.description;
      subscription.metadata = merged(subscription.metadata, given.metadata);
      Object.assign(subscription.cancellation_details, given.cancellation_details);
      subscription.trial_settings.end_behavior.missing_payment_method =
        given.trial_settings?.end_behavior.missing_payment_method ?? subscription.trial_settings.end_behavior.missing_payment_method;
      Object.assign(subscription["payment_settings"] as object, given.payment_settings);
      billNow = applyItems(
        world,
        subscription,
        plan,
        given.proration_behavior ?? "create_prorations",
        given.proration_date ?? world.seconds(),
      );
      planEnd(world, subscription, given.cancel_at_period_end, given.cancel_at);
      if (typeof given.trial_end === "number") {
        subscription.trial_end = given.trial_end;
        subscription.trial_start ??= world.seconds();
        subscription.status = "trialing";
        subscription.billing_cycle_anchor = given.trial_end;
        for (const item of subscription.items.data) item.current_period_end = given.trial_end;
      }
    });
    if (given.trial_end === "now" && subscription.status === "trialing") endTrial(world, subscription);
    else if (billNow) collectNow(world, subscription, plan.restarts ? "period" : "pending only");
    return subscription;
  },
);

interface Planned {
  changes: {
    item: SubscriptionItem | null;
    next: { price: SubscriptionItem["price"]; quantity: number; metadata: SubscriptionItem["metadata"] } | null;
  }[];
  /** A new rhythm begins a new period today. */
  restarts: boolean;
}

/** Checks the wanted items before anything is changed. */
function planned(world: World, subscription: Subscription, wanted: readonly ItemChange[]): Planned {
  const changes = wanted.map((each, index): Planned["changes"][number] => {
    const item = each.id === undefined ? null : (subscription.items.data.find(({ id }) => id === each.id) ?? null);
    if (each.id !== undefined && !item)
      throw invalid(`No such subscription item: '${each.id}'`, { code: "resource_missing", param: `items[${index}][id]` });
    if (each.deleted) {
      if (!item) throw missing(`items[${index}][id]`);
      return { item, next: null };
    }
    if (!item && each.price === undefined) throw missing(`items[${index}][price]`);
    const price = each.price === undefined ? item?.price : world.named("prices", each.price, `items[${index}][price]`);
    if (!price) throw missing(`items[${index}][price]`);
    if (!item && subscription.items.data.some((other) => other.price.id === price.id)) {
      throw invalid("Cannot add multiple subscription items with the same plan", { param: "items" });
    }
    return { item, next: { price, quantity: each.quantity ?? item?.quantity ?? 1, metadata: merged(item?.metadata ?? {}, each.metadata) } };
  });
  const kept = subscription.items.data.filter((item) => changes.every((change) => change.item !== item));
  const after = [...kept, ...changes.flatMap(({ next }) => (next ? [next] : []))];
  if (after.length === 0)
    throw invalid("A subscription must have at least one active plan. If you wish to cancel, use the cancel method.", { param: "items" });
  const rhythm = recurringOf(after);
  const old = subscription.items.data[0]?.price.recurring;
  return { changes, restarts: old?.interval !== rhythm.interval || old.interval_count !== rhythm.interval_count };
}

/** Changes items and prorates. Answers whether it is billed at once. */
function applyItems(
  world: World,
  subscription: Subscription,
  { changes, restarts }: Planned,
  how: "always_invoice" | "create_prorations" | "none",
  at: number,
): boolean {
  if (changes.length === 0) return false;
  const billed = ["active", "past_due", "unpaid"].includes(subscription.status);
  const prorates = how !== "none" && billed;
  const [first] = subscription.items.data;
  const period = { start: first?.current_period_start ?? at, end: first?.current_period_end ?? at };
  let differs = false;
  for (const { item, next } of changes) {
    const from = item ? amountOf(item.price, item.quantity) : 0;
    const to = next ? amountOf(next.price, next.quantity) : 0;
    const same = item !== null && next !== null && item.price.id === next.price.id && item.quantity === next.quantity;
    const fromQuantity = item?.quantity ?? 0;
    if (item && next) {
      if (!same && prorates && restarts) prorate(world, subscription, item, at, { from, to: null, fromQuantity });
      Object.assign(item, { price: next.price, plan: planOf(next.price), quantity: next.quantity, metadata: next.metadata });
      if (!same && prorates && !restarts) prorate(world, subscription, item, at, { from, to, fromQuantity });
    } else if (item) {
      if (prorates) prorate(world, subscription, item, at, { from, to: null, fromQuantity });
      subscription.items.data = subscription.items.data.filter((each) => each !== item);
    } else if (next) {
      const added = newSubscriptionItem(world, subscription, next, period);
      subscription.items.data.push(added);
      if (prorates && !restarts) prorate(world, subscription, added, at, { from: 0, to, fromQuantity: 0 });
    }
    differs ||= !same;
  }
  if (restarts && billed) {
    const now = world.seconds();
    subscription.billing_cycle_anchor = now;
    for (const item of subscription.items.data) {
      item.current_period_start = now;
      if (item.price.recurring) item.current_period_end = periodEnd(now, item.price.recurring, now);
    }
    return true;
  }
  return differs && how === "always_invoice" && billed;
}

/** Sets or takes back when a subscription ends. */
function planEnd(world: World, subscription: Subscription, atPeriodEnd: boolean | undefined, at: number | null | undefined): void {
  if (atPeriodEnd === undefined && at === undefined) return;
  const end = Math.min(...subscription.items.data.map((item) => item.current_period_end));
  const ends = atPeriodEnd ? end : (at ?? null);
  subscription.cancel_at_period_end = atPeriodEnd ?? false;
  subscription.cancel_at = ends;
  subscription.canceled_at = ends === null ? null : world.seconds();
  subscription.cancellation_details.reason = ends === null ? null : "cancellation_requested";
}

function collectNow(world: World, subscription: Subscription, what: "period" | "pending only"): void {
  const invoice = bill(world, subscription, "subscription_update", what);
  if (subscription.collection_method === "send_invoice") return;
  finalize(world, invoice);
  if (invoice.status === "open") collect(world, invoice, methodFor(world, invoice));
}

const cancelNow = operation(
  "DELETE",
  "/v1/subscriptions/{subscription_exposed_id}",
  {
    cancellation_details: object({
      comment: clearable(text()),
      feedback: clearable(
        word("customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex", "too_expensive", "unused"),
      ),
    }),
    invoice_now: flag(),
    prorate: flag(),
  },
  (world, given, call) => {
    const subscription = world.at("subscriptions", call.in("subscription_exposed_id"));
    if (subscription.status === "canceled" || subscription.status === "incomplete_expired") {
      throw invalid(`No such subscription: '${subscription.id}'`, { http: 404, code: "resource_missing", param: "id" });
    }
    Object.assign(subscription.cancellation_details, given.cancellation_details);
    if (given.prorate && subscription.status === "active") {
      for (const item of subscription.items.data) {
        prorate(world, subscription, item, world.seconds(), {
          from: amountOf(item.price, item.quantity),
          to: null,
          fromQuantity: item.quantity,
        });
      }
    }
    if (given.invoice_now) collectNow(world, subscription, "pending only");
    cancel(world, subscription, "cancellation_requested");
    return subscription;
  },
  { expands: true },
);

const listAll = operation(
  "GET",
  "/v1/subscriptions",
  {
    ...PAGE,
    collection_method: collection,
    created: range(),
    customer: text(),
    price: text(),
    status: word("active", "all", "canceled", "ended", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid"),
  },
  (world, { collection_method, created, customer, price, ending_before, limit, starting_after, ...rest }, call) =>
    paged(
      world
        .all("subscriptions")
        .filter((each) => like({ collection_method, customer }, each) && within(created, each.created) && inState(each.status, rest.status))
        .filter((each) => price === undefined || each.items.data.some((item) => item.price.id === price)),
      { ending_before, limit, starting_after },
      call.url,
    ),
);

const inState = (is: Subscription["status"], wanted: string | undefined): boolean =>
  wanted === "all" ||
  (wanted === undefined ? is !== "canceled" : wanted === "ended" ? is === "canceled" || is === "incomplete_expired" : is === wanted);

const listItems = operation("GET", "/v1/subscription_items", { ...PAGE, subscription: needed(text()) }, (world, given, call) =>
  paged(world.named("subscriptions", given.subscription, "subscription").items.data, given, call.url),
);

/** Subscriptions and their items. */
export const subscriptions = [create, retrieve, update, cancelNow, listAll, listItems];
