import { changed, emit } from "../events.ts";
import { like, operation, paged, within } from "../operation.ts";
import { noSuchParam } from "../refusal.ts";
import { clearable, integer, metadata, object, PAGE, range, text } from "../schema.ts";
import type { Customer, PaymentMethod } from "../things.ts";
import { merged, type World } from "../world.ts";

const address = clearable(object({ city: text(), country: text(), line1: text(), line2: text(), postal_code: text(), state: text() }));

const FIELDS = {
  address,
  balance: integer({ min: -99_999_999_999 }),
  description: text(),
  email: text(512),
  invoice_prefix: text(),
  invoice_settings: object({ default_payment_method: text(), footer: text() }),
  metadata: metadata(),
  name: text(256),
  next_invoice_sequence: integer({ min: 1 }),
  phone: text(20),
};

const create = operation("POST", "/v1/customers", { ...FIELDS, payment_method: text() }, (world, given) => {
  const customer: Customer = {
    id: world.id("cus"),
    object: "customer",
    address: placeOf(given.address),
    balance: given.balance ?? 0,
    created: world.seconds(),
    currency: null,
    default_source: null,
    delinquent: false,
    description: given.description ?? null,
    email: given.email ?? null,
    invoice_prefix: given.invoice_prefix ?? world.secret(8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: given.invoice_settings?.footer ?? null,
      rendering_options: null,
    },
    livemode: false,
    metadata: merged({}, given.metadata),
    name: given.name ?? null,
    next_invoice_sequence: given.next_invoice_sequence ?? 1,
    phone: given.phone ?? null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  };
  const wanted = given.invoice_settings?.default_payment_method;
  const method =
    given.payment_method === undefined ? undefined : attachTestMethod(world, customer.id, given.payment_method, "payment_method");
  if (wanted !== undefined) {
    const known =
      method && wanted === given.payment_method
        ? method
        : attachTestMethod(world, customer.id, wanted, "invoice_settings[default_payment_method]");
    customer.invoice_settings.default_payment_method = known.id;
  }
  world.keep("customers", customer);
  emit(world, "customer.created", customer);
  return customer;
});

const placeOf = (given: Record<string, string | undefined> | null | undefined): Record<string, string | null> | null =>
  given ? { ...NOWHERE, ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value ?? null])) } : null;

const NOWHERE = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };

const retrieve = operation("GET", "/v1/customers/{customer}", {}, (world, _, call) => world.at("customers", call.in("customer")));

const update = operation("POST", "/v1/customers/{customer}", FIELDS, (world, given, call) => {
  const customer = world.at("customers", call.in("customer"));
  const wanted = given.invoice_settings?.default_payment_method;
  const method =
    wanted === undefined ? undefined : attachTestMethod(world, customer.id, wanted, "invoice_settings[default_payment_method]");
  changed(world, "customer.updated", customer, () => {
    const { address: place, metadata: names, invoice_settings: settings, ...plain } = given;
    Object.assign(customer, plain);
    if (place !== undefined) customer.address = placeOf(place);
    customer.metadata = merged(customer.metadata, names);
    if (method) customer.invoice_settings.default_payment_method = method.id;
    if (settings?.footer !== undefined) customer.invoice_settings.footer = settings.footer;
  });
  return customer;
});

const list = operation("GET", "/v1/customers", { ...PAGE, created: range(), email: text(512) }, (world, given, call) =>
  paged(
    world.all("customers").filter((each) => like({ email: given.email }, each) && within(given.created, each.created)),
    given,
    call.url,
  ),
);

/**
 * A payment method by id, or one of Stripe's test methods (`pm_card_visa`, `pm_card_chargeDeclined`,
 * `pm_usBankAccount_success` …), which become a method of the customer. Refuses others' and unknown ones.
 */
export function attachTestMethod(world: World, customer: string, id: string, param: string): PaymentMethod {
  const test = /^pm_(card|usBankAccount)_(\w+)$/.exec(id);
  if (!test) {
    const method = world.named("payment_methods", id, param);
    if (method.customer !== customer) throw noSuchParam("PaymentMethod", id, param);
    return method;
  }
  return world.keep("payment_methods", {
    id: world.id("pm"),
    object: "payment_method",
    created: world.seconds(),
    customer,
    type: test[1] === "card" ? "card" : "us_bank_account",
    declines: /declined|fail/i.test(test[2] ?? ""),
    livemode: false,
  });
}

/** Customers. */
export const customers = [create, retrieve, update, list];
