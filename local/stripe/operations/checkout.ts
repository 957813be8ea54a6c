import { emit } from "../events.ts";
import { like, operation, paged, within } from "../operation.ts";
import { decline, newIntent, succeed } from "../payments.ts";
import { amountOf } from "../prices.ts";
import { invalid, missing } from "../refusal.ts";
import { flag, integer, list, metadata, needed, object, PAGE, range, text, word } from "../schema.ts";
import { recurringOf, subscribe } from "../subscribing.ts";
import type { CheckoutSession, Customer, PaymentMethod, PortalSession } from "../things.ts";
import { DAY, merged, type World } from "../world.ts";

const create = operation(
  "POST",
  "/v1/checkout/sessions",
  {
    allow_promotion_codes: flag(),
    billing_address_collection: word("auto", "required"),
    cancel_url: text(),
    client_reference_id: text(200),
    currency: text(),
    customer: text(),
    customer_email: text(800),
    expires_at: integer(),
    line_items: list(object({ price: needed(text()), quantity: integer({ min: 1 }) })),
    locale: word("auto", "en"),
    metadata: metadata(),
    mode: needed(word("payment", "setup", "subscription")),
    payment_method_collection: word("always", "if_required"),
    payment_method_types: list(word("card", "us_bank_account")),
    subscription_data: object({ description: text(500), metadata: metadata(), trial_period_days: integer({ min: 1, max: 730 }) }),
    success_url: text(),
    ui_mode: word("hosted_page"),
  },
  (world, given) => {
    if (given.success_url === undefined) throw missing("success_url");
    for (const [name, url] of [
      ["success_url", given.success_url],
      ["cancel_url", given.cancel_url],
    ] as const) {
      if (url !== undefined && (!URL.canParse(url) || !/^https?:/.test(url)))
        throw invalid("Not a valid URL", { code: "url_invalid", param: name });
    }
    if (given.customer !== undefined && given.customer_email !== undefined) {
      throw invalid("You may only specify one of these parameters: customer, customer_email.", {
        code: "parameters_exclusive",
        param: "customer",
      });
    }
    const customer = given.customer === undefined ? undefined : world.named("customers", given.customer, "customer");
    if (given.mode === "setup" && given.line_items)
      throw invalid("You can not pass `line_items` in `setup` mode.", { param: "line_items" });
    if (given.mode !== "setup" && (given.line_items ?? []).length === 0) throw missing("line_items");
    const items = (given.line_items ?? []).map((item, index) => ({
      price: world.named("prices", item.price, `line_items[${index}][price]`),
      quantity: item.quantity ?? 1,
    }));
    if (given.mode === "subscription") recurringOf(items.filter(({ price }) => price.recurring !== null));
    if (given.mode === "payment" && items.some(({ price }) => price.recurring)) {
      throw invalid("You must provide `subscription` mode when using recurring prices.", { param: "mode" });
    }
    if (given.subscription_data && given.mode !== "subscription")
      throw invalid("You can not pass `subscription_data` in `payment` mode.", { param: "subscription_data" });
    const expiresAt = given.expires_at ?? world.seconds() + DAY;
    if (expiresAt < world.seconds() + 1800 || expiresAt > world.seconds() + DAY) {
      throw invalid("The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.", {
        param: "expires_at",
      });
    }
    const trial = given.subscription_data?.trial_period_days ?? null;
    const amount =
      given.mode === "setup" ? null : trial === null ? items.reduce((sum, { price, quantity }) => sum + amountOf(price, quantity), 0) : 0;
    const id = `cs_test_${world.secret(40)}`;
    world.state.checkouts[id] = {
      items: items.map(({ price, quantity }) => ({ price: price.id, quantity })),
      metadata: merged({}, given.subscription_data?.metadata),
      trialDays: trial,
    };
    const session: CheckoutSession = {
      id,
      object: "checkout.session",
      adaptive_pricing: null,
      after_expiration: null,
      allow_promotion_codes: given.allow_promotion_codes ?? null,
      allowed_payment_method_types: null,
      amount_subtotal: amount,
      amount_total: amount,
      automatic_tax: { enabled: false, liability: null, provider: null, status: null },
      billing_address_collection: given.billing_address_collection ?? null,
      cancel_url: given.cancel_url ?? null,
      client_reference_id: given.client_reference_id ?? null,
      client_secret: null,
      collected_information: null,
      consent: null,
      consent_collection: null,
      created: world.seconds(),
      currency: amount === null ? null : "usd",
      currency_conversion: null,
      custom_fields: [],
      custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
      customer: customer?.id ?? null,
      customer_account: null,
      customer_creation: given.mode === "payment" ? "if_required" : null,
      customer_details: null,
      customer_email: given.customer_email ?? null,
      discounts: null,
      expires_at: expiresAt,
      integration_identifier: null,
      invoice: null,
      invoice_creation: null,
      livemode: false,
      locale: given.locale ?? null,
      managed_payments: null,
      metadata: merged({}, given.metadata),
      mode: given.mode,
      origin_context: null,
      payment_intent: null,
      payment_link: null,
      payment_method_collection: given.payment_method_collection ?? (given.mode === "subscription" ? "always" : null),
      payment_method_configuration_details: null,
      payment_method_options: null,
      payment_method_types: given.payment_method_types ?? ["card"],
      payment_status: amount === null || amount === 0 ? "no_payment_required" : "unpaid",
      permissions: null,
      phone_number_collection: { enabled: false },
      recovered_from: null,
      saved_payment_method_options: null,
      setup_intent: null,
      shipping_address_collection: null,
      shipping_cost: null,
      shipping_options: [],
      status: "open",
      submit_type: null,
      subscription: null,
      success_url: given.success_url,
      total_details: amount === null ? null : { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
      ui_mode: "hosted_page",
      url: `${world.options.origin()}/c/pay/${id}`,
      wallet_options: null,
    };
    return world.keep("checkout_sessions", session);
  },
);

const retrieve = operation("GET", "/v1/checkout/sessions/{session}", {}, (world, _, call) =>
  world.at("checkout_sessions", call.in("session")),
);

const listAll = operation(
  "GET",
  "/v1/checkout/sessions",
  { ...PAGE, created: range(), customer: text(), status: word("complete", "expired", "open"), subscription: text() },
  (world, { created, customer, subscription, ending_before, limit, starting_after, ...rest }, call) =>
    paged(
      world
        .all("checkout_sessions")
        .filter((each) => like({ customer, subscription, status: rest.status }, each) && within(created, each.created)),
      { ending_before, limit, starting_after },
      call.url,
    ),
);

const expire = operation("POST", "/v1/checkout/sessions/{session}/expire", {}, (world, _, call) => {
  const session = world.at("checkout_sessions", call.in("session"));
  if (session.status !== "open")
    throw invalid(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
    );
  session.status = "expired";
  session.url = null;
  emit(world, "checkout.session.expired", session);
  return session;
});

/**
 * Someone pays a checkout session with a card that is taken or declined. Declined: nothing happens
 * but a failed charge. Answers where the browser goes on, or nothing when the card was declined.
 */
export function completeCheckout(
  world: World,
  session: CheckoutSession,
  how: { declines: boolean; type?: "card" | "us_bank_account" },
): string | null {
  if (session.status !== "open") throw invalid(`This Checkout Session is ${session.status}.`);
  const plan = world.state.checkouts[session.id];
  if (!plan) throw new Error(`${session.id} has no plan`);
  if (how.declines && session.amount_total !== 0 && session.mode !== "setup") {
    const intent = newIntent(world, { amount: session.amount_total ?? 0, customer: session.customer });
    decline(world, intent, null);
    return null;
  }
  const customer = session.customer === null ? walkIn(world, session) : world.sure("customers", session.customer);
  const method = newMethod(world, customer, how.type ?? "card", how.declines);
  session.customer = customer.id;
  session["customer_details"] = {
    address: customer.address,
    business_name: null,
    email: customer.email,
    individual_name: null,
    name: customer.name,
    phone: customer.phone,
    tax_exempt: "none",
    tax_ids: [],
  };
  const items = plan.items.map(({ price, quantity }) => ({ price: world.sure("prices", price), quantity, metadata: {} }));
  if (session.mode === "subscription") {
    const subscription = subscribe(world, {
      customer,
      items,
      default_payment_method: method.id,
      metadata: plan.metadata,
      trial_end: plan.trialDays === null ? undefined : world.seconds() + plan.trialDays * DAY,
    });
    session.subscription = subscription.id;
    session["invoice"] = subscription.latest_invoice;
  } else if (session.mode === "payment") {
    const intent = newIntent(world, { amount: session.amount_total ?? 0, customer: customer.id, metadata: {} });
    succeed(world, intent, method.type, method);
    session.payment_intent = intent.id;
  }
  if (session.mode === "setup") customer.invoice_settings.default_payment_method = method.id;
  session.status = "complete";
  if (session.payment_status === "unpaid") session.payment_status = "paid";
  session.url = null;
  emit(world, "checkout.session.completed", session);
  return (session.success_url ?? "").replaceAll("{CHECKOUT_SESSION_ID}", session.id);
}

/** Gives a customer a way to pay. */
export const newMethod = (world: World, customer: Customer, type: PaymentMethod["type"], declines: boolean): PaymentMethod =>
  world.keep("payment_methods", {
    id: world.id("pm"),
    object: "payment_method",
    created: world.seconds(),
    customer: customer.id,
    declines,
    livemode: false,
    type,
  });

function walkIn(world: World, session: CheckoutSession): Customer {
  return world.keep("customers", {
    id: world.id("cus"),
    object: "customer",
    address: null,
    balance: 0,
    created: world.seconds(),
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    email: (session["customer_email"] as string | null) ?? null,
    invoice_prefix: world.secret(8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  });
}

const createPortal = operation(
  "POST",
  "/v1/billing_portal/sessions",
  { customer: text(), locale: word("auto", "en"), return_url: text() },
  (world, given) => {
    if (given.customer === undefined) throw missing("customer");
    const customer = world.named("customers", given.customer, "customer");
    if (given.return_url !== undefined && (!URL.canParse(given.return_url) || !/^https?:/.test(given.return_url))) {
      throw invalid("Not a valid URL", { code: "url_invalid", param: "return_url" });
    }
    const id = world.id("bps");
    const session: PortalSession = {
      id,
      object: "billing_portal.session",
      configuration: "bpc_1Preset",
      created: world.seconds(),
      customer: customer.id,
      customer_account: null,
      flow: null,
      livemode: false,
      locale: given.locale ?? null,
      on_behalf_of: null,
      return_url: given.return_url ?? null,
      url: `${world.options.origin()}/p/session/${id}`,
    };
    return world.keep("portal_sessions", session);
  },
);

/** Hosted pages on which customers pay and look after their subscription. */
export const checkout = [create, retrieve, listAll, expire, createPortal];
