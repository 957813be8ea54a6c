import {
  addItem,
  addUp,
  collect,
  draftInvoice,
  finalize,
  markUncollectible,
  methodFor,
  newItem,
  notPayable,
  payOutside,
  voidInvoice,
} from "../billing.ts";
import { changed, emit } from "../events.ts";
import { dollars, like, operation, paged, within } from "../operation.ts";
import { declined } from "../payments.ts";
import { amountOf, unitOf } from "../prices.ts";
import { invalid, missing } from "../refusal.ts";
import { clearable, flag, integer, list, metadata, needed, object, PAGE, range, text, word } from "../schema.ts";
import { pricingOf } from "../subscribing.ts";
import type { Invoice } from "../things.ts";
import { DAY, merged } from "../world.ts";
import { attachTestMethod } from "./customers.ts";

const collection = word("charge_automatically", "send_invoice");
const customFields = clearable(list(object({ name: needed(text(30)), value: needed(text(30)) })));
const paymentSettings = object({
  payment_method_types: clearable(list(word("ach_credit_transfer", "ach_debit", "card", "customer_balance", "link", "us_bank_account"))),
});
/** The oldest due date that Stripe takes is now; the latest is this far ahead. */
const LATEST_DUE_DAYS = 5 * 365;

const create = operation(
  "POST",
  "/v1/invoices",
  {
    auto_advance: flag(),
    automatically_finalizes_at: integer(),
    collection_method: collection,
    currency: text(),
    custom_fields: customFields,
    customer: text(),
    days_until_due: integer({ min: 0 }),
    default_payment_method: text(),
    description: text(1500),
    due_date: integer(),
    effective_at: integer(),
    footer: text(),
    metadata: metadata(),
    number: text(),
    payment_settings: paymentSettings,
    pending_invoice_items_behavior: word("exclude", "include"),
    statement_descriptor: text(22),
  },
  (world, given) => {
    if (given.customer === undefined) throw missing("customer");
    dollars(given.currency);
    const customer = world.named("customers", given.customer, "customer");
    checkDue(given.collection_method ?? "charge_automatically", given, world.seconds());
    const method =
      given.default_payment_method === undefined
        ? null
        : attachTestMethod(world, customer.id, given.default_payment_method, "default_payment_method");
    const invoice = draftInvoice(world, customer, {
      ...given,
      billing_reason: "manual",
      default_payment_method: method?.id ?? null,
      metadata: merged({}, given.metadata),
      payment_method_types: given.payment_settings?.payment_method_types,
    });
    if (given.pending_invoice_items_behavior === "include") {
      for (const item of world.all("invoiceitems")) {
        if (item.invoice === null && item.customer === customer.id && item.parent === null) addItem(world, invoice, item);
      }
    }
    emit(world, "invoice.created", invoice);
    return invoice;
  },
);

function checkDue(
  method: Invoice["collection_method"],
  given: { days_until_due?: number | undefined; due_date?: number | undefined },
  now: number,
): void {
  const due = [given.days_until_due, given.due_date].filter((each) => each !== undefined).length;
  if (method === "send_invoice" && due === 0) {
    throw invalid("If invoice is not being auto-charged, you must specify either `days_until_due` or `due_date`.", {
      code: "parameter_missing",
      param: "days_until_due",
    });
  }
  if (due === 2)
    throw invalid("You may only specify one of these parameters: days_until_due, due_date.", {
      code: "parameters_exclusive",
      param: "due_date",
    });
  if (method === "charge_automatically" && due > 0) {
    throw invalid("You can only set `days_until_due` or `due_date` if `collection_method` is `send_invoice`.", { param: "days_until_due" });
  }
  if (given.due_date !== undefined && (given.due_date < now || given.due_date > now + LATEST_DUE_DAYS * DAY)) {
    throw invalid("`due_date` must be in the future and not more than five years ahead.", { param: "due_date" });
  }
}

const retrieve = operation("GET", "/v1/invoices/{invoice}", {}, (world, _, call) => world.at("invoices", call.in("invoice")));

const update = operation(
  "POST",
  "/v1/invoices/{invoice}",
  {
    auto_advance: flag(),
    collection_method: collection,
    custom_fields: customFields,
    days_until_due: integer({ min: 0 }),
    default_payment_method: text(),
    description: text(1500),
    due_date: integer(),
    footer: text(),
    metadata: metadata(),
    number: clearable(text()),
    statement_descriptor: text(22),
  },
  (world, given, call) => {
    const invoice = world.at("invoices", call.in("invoice"));
    const always = ["auto_advance", "metadata", "default_payment_method", "due_date", "days_until_due", "expand"];
    const frozen = Object.keys(given).find((name) => !always.includes(name));
    if (invoice.status !== "draft" && frozen !== undefined) {
      throw invalid("Finalized invoices can't be updated in this way", { code: "invoice_not_editable", param: frozen });
    }
    if (given.days_until_due !== undefined || given.due_date !== undefined)
      checkDue(given.collection_method ?? invoice.collection_method, given, world.seconds());
    const method =
      given.default_payment_method === undefined
        ? undefined
        : attachTestMethod(world, invoice.customer, given.default_payment_method, "default_payment_method");
    changed(world, "invoice.updated", invoice, () => {
      invoice.auto_advance = given.auto_advance ?? invoice.auto_advance;
      invoice.collection_method = given.collection_method ?? invoice.collection_method;
      if (given.custom_fields !== undefined) invoice["custom_fields"] = given.custom_fields;
      if (given.days_until_due !== undefined) invoice.due_date = invoice.created + given.days_until_due * DAY;
      invoice.due_date = given.due_date ?? invoice.due_date;
      if (method) invoice.default_payment_method = method.id;
      invoice.description = given.description ?? invoice.description;
      invoice.footer = given.footer ?? invoice.footer;
      invoice.metadata = merged(invoice.metadata, given.metadata);
      if (given.number !== undefined) invoice.number = given.number;
      invoice.statement_descriptor = given.statement_descriptor ?? invoice.statement_descriptor;
    });
    return invoice;
  },
);

const remove = operation("DELETE", "/v1/invoices/{invoice}", {}, (world, _, call) => {
  const invoice = world.at("invoices", call.in("invoice"));
  if (invoice.status !== "draft" || invoice.parent !== null) {
    throw invalid("You can only delete draft invoices that belong to no subscription.", { code: "invoice_not_editable" });
  }
  for (const item of world.all("invoiceitems")) if (item.invoice === invoice.id) world.state.tables.invoiceitems.delete(item.id);
  world.state.tables.invoices.delete(invoice.id);
  emit(world, "invoice.deleted", invoice);
  return { id: invoice.id, object: "invoice", deleted: true };
});

const listAll = operation(
  "GET",
  "/v1/invoices",
  {
    ...PAGE,
    collection_method: collection,
    created: range(),
    customer: text(),
    due_date: range(),
    status: word("draft", "open", "paid", "uncollectible", "void"),
    subscription: text(),
  },
  (world, { created, due_date, subscription, collection_method, customer, ending_before, limit, starting_after, ...rest }, call) =>
    paged(
      world
        .all("invoices")
        .filter(
          (each) =>
            like({ collection_method, customer, status: rest.status }, each) &&
            within(created, each.created) &&
            within(due_date, each.due_date),
        )
        .filter((each) => subscription === undefined || each.parent?.subscription_details.subscription === subscription),
      { ending_before, limit, starting_after },
      call.url,
    ),
);

const makeFinal = operation("POST", "/v1/invoices/{invoice}/finalize", { auto_advance: flag() }, (world, given, call) => {
  const invoice = world.at("invoices", call.in("invoice"));
  finalize(world, invoice, given.auto_advance ?? invoice.auto_advance);
  return invoice;
});

const send = operation("POST", "/v1/invoices/{invoice}/send", {}, (world, _, call) => {
  const invoice = world.at("invoices", call.in("invoice"));
  if (invoice.collection_method !== "send_invoice") {
    throw invalid("You can only manually send an invoice if its collection method is 'send_invoice'.", { code: "invoice_not_editable" });
  }
  if (invoice.status === "void" || invoice.status === "uncollectible")
    throw invalid(`You cannot send an invoice that is ${invoice.status}.`, { code: "invoice_not_editable" });
  if (invoice.status === "draft") finalize(world, invoice);
  emit(world, "invoice.sent", invoice);
  return invoice;
});

const pay = operation(
  "POST",
  "/v1/invoices/{invoice}/pay",
  { forgive: flag(), off_session: flag(), paid_out_of_band: flag(), payment_method: text() },
  (world, given, call) => {
    const invoice = world.at("invoices", call.in("invoice"));
    if (invoice.status === "draft") finalize(world, invoice, false);
    if (invoice.status !== "open" && invoice.status !== "uncollectible") throw notPayable(invoice);
    if (given.paid_out_of_band) {
      payOutside(world, invoice);
      return invoice;
    }
    const method =
      given.payment_method === undefined
        ? methodFor(world, invoice)
        : attachTestMethod(world, invoice.customer, given.payment_method, "payment_method");
    if (!method) {
      throw invalid(
        "There is no `default_payment_method` set on this Customer or Invoice. Please provide a `payment_method` or set a default one.",
        {
          code: "resource_missing",
          param: "payment_method",
        },
      );
    }
    const failed = collect(world, invoice, method);
    if (failed) throw declined(failed);
    return invoice;
  },
);

const annul = operation("POST", "/v1/invoices/{invoice}/void", {}, (world, _, call) => {
  const invoice = world.at("invoices", call.in("invoice"));
  voidInvoice(world, invoice);
  return invoice;
});

const giveUp = operation("POST", "/v1/invoices/{invoice}/mark_uncollectible", {}, (world, _, call) => {
  const invoice = world.at("invoices", call.in("invoice"));
  markUncollectible(world, invoice);
  return invoice;
});

const lines = operation("GET", "/v1/invoices/{invoice}/lines", PAGE, (world, given, call) =>
  paged(world.at("invoices", call.in("invoice")).lines.data.toReversed(), given, call.url),
);

const createItem = operation(
  "POST",
  "/v1/invoiceitems",
  {
    amount: integer({ min: -99_999_999_999 }),
    currency: text(),
    customer: text(),
    description: text(),
    invoice: text(),
    metadata: metadata(),
    period: object({ end: needed(integer()), start: needed(integer()) }),
    pricing: object({ price: text() }),
    quantity: integer({ min: 0 }),
    subscription: text(),
  },
  (world, given) => {
    if (given.customer === undefined) throw missing("customer");
    dollars(given.currency);
    const customer = world.named("customers", given.customer, "customer");
    const invoice = given.invoice === undefined ? undefined : world.named("invoices", given.invoice, "invoice");
    if (invoice && invoice.customer !== customer.id)
      throw invalid("The customer for this invoice item and invoice do not match.", { param: "invoice" });
    if (invoice && invoice.status !== "draft")
      throw invalid("This invoice is no longer editable", { code: "invoice_not_editable", param: "invoice" });
    const subscription = given.subscription === undefined ? undefined : world.named("subscriptions", given.subscription, "subscription");
    const price = given.pricing?.price === undefined ? undefined : world.named("prices", given.pricing.price, "pricing[price]");
    if (price?.type === "recurring") {
      throw invalid("The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.", {
        param: "pricing[price]",
      });
    }
    if (given.amount !== undefined && price)
      throw invalid("You may only specify one of these parameters: amount, pricing.", { code: "parameters_exclusive", param: "amount" });
    if (given.amount !== undefined && given.quantity !== undefined)
      throw invalid("You may only specify one of these parameters: amount, quantity.", { code: "parameters_exclusive", param: "quantity" });
    const quantity = given.quantity ?? 1;
    const amount = price ? amountOf(price, quantity) : given.amount;
    if (amount === undefined) throw missing("amount");
    const item = newItem(world, customer, {
      amount,
      description: given.description ?? null,
      invoice: null,
      metadata: merged({}, given.metadata),
      parent: subscription ? { type: "subscription_details", subscription_details: { subscription: subscription.id } } : null,
      period: given.period ?? { start: world.seconds(), end: world.seconds() },
      pricing: price ? pricingOf(price, unitOf(price, quantity)) : { type: "price_details", unit_amount_decimal: String(amount) },
      quantity,
    });
    if (invoice) addItem(world, invoice, item);
    return item;
  },
);

const retrieveItem = operation("GET", "/v1/invoiceitems/{invoiceitem}", {}, (world, _, call) =>
  world.at("invoiceitems", call.in("invoiceitem")),
);

const removeItem = operation("DELETE", "/v1/invoiceitems/{invoiceitem}", {}, (world, _, call) => {
  const item = world.at("invoiceitems", call.in("invoiceitem"));
  const invoice = world.find("invoices", item.invoice);
  if (invoice && invoice.status !== "draft")
    throw invalid("This invoice item belongs to a finalized invoice", { code: "invoice_not_editable" });
  if (invoice) {
    invoice.lines.data = invoice.lines.data.filter(
      (line) =>
        (line["parent"] as { invoice_item_details: { invoice_item: string } | null }).invoice_item_details?.invoice_item !== item.id,
    );
    addUp(invoice);
  }
  world.state.tables.invoiceitems.delete(item.id);
  emit(world, "invoiceitem.deleted", item);
  return { id: item.id, object: "invoiceitem", deleted: true };
});

const listItems = operation(
  "GET",
  "/v1/invoiceitems",
  { ...PAGE, created: range(), customer: text(), invoice: text(), pending: flag() },
  (world, { created, customer, invoice, pending, ...page }, call) =>
    paged(
      world
        .all("invoiceitems")
        .filter((each) => like({ customer, invoice }, each) && within(created, each.date))
        .filter((each) => pending === undefined || (each.invoice === null) === pending),
      page,
      call.url,
    ),
);

const retrievePayment = operation("GET", "/v1/invoice_payments/{id}", {}, (world, _, call) => world.at("invoice_payments", call.in("id")));

const listPayments = operation(
  "GET",
  "/v1/invoice_payments",
  {
    ...PAGE,
    created: range(),
    invoice: text(),
    payment: object({ payment_intent: text(), type: needed(word("payment_intent", "payment_record")) }),
    status: word("canceled", "open", "paid"),
  },
  (world, { created, invoice, payment, ending_before, limit, starting_after, ...rest }, call) =>
    paged(
      world
        .all("invoice_payments")
        .filter((each) => like({ invoice, status: rest.status }, each) && within(created, each.created))
        .filter(
          (each) =>
            payment === undefined ||
            (payment.type === "payment_intent" && (payment.payment_intent ?? each.payment.payment_intent) === each.payment.payment_intent),
        ),
      { ending_before, limit, starting_after },
      call.url,
    ),
);

/** Invoices, what is billed on them, and what was paid of them. */
export const invoices = [
  create,
  retrieve,
  update,
  remove,
  listAll,
  makeFinal,
  send,
  pay,
  annul,
  giveUp,
  lines,
  createItem,
  retrieveItem,
  removeItem,
  listItems,
  retrievePayment,
  listPayments,
];
