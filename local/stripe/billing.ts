import { changed, emit } from "./events.ts";
import { cancelIntent, decline, newIntent, succeed } from "./payments.ts";
import { listed } from "./operation.ts";
import { invalid } from "./refusal.ts";
import { invoicePaid, invoiceUnpaid } from "./subscribing.ts";
import type { Charge, Customer, Invoice, InvoiceItem, InvoicePayment, LineItem, Metadata, Method, PaymentMethod } from "./things.ts";
import { DAY, HOUR, type World } from "./world.ts";

/** How long after a failed attempt Stripe tries again, in days; after the last it gives up and leaves the invoice open. */
const RETRY_DAYS = [3, 5, 7];

/** What a new invoice may be told. */
export interface Draft {
  auto_advance?: boolean | undefined;
  automatically_finalizes_at?: number | undefined;
  billing_reason: string;
  collection_method?: Invoice["collection_method"] | undefined;
  custom_fields?: unknown;
  days_until_due?: number | undefined;
  default_payment_method?: string | null | undefined;
  description?: string | null | undefined;
  due_date?: number | undefined;
  effective_at?: number | undefined;
  footer?: string | null | undefined;
  metadata?: Metadata | undefined;
  number?: string | undefined;
  payment_method_types?: string[] | null | undefined;
  period?: { start: number; end: number };
  statement_descriptor?: string | null | undefined;
  subscription?: { id: string; metadata: Metadata } | undefined;
}

/** Begins an invoice without lines. */
export function draftInvoice(world: World, customer: Customer, given: Draft): Invoice {
  const id = world.id("in");
  const now = world.seconds();
  const autoAdvance = given.auto_advance ?? false;
  const collection = given.collection_method ?? "charge_automatically";
  const invoice: Invoice = {
    id,
    object: "invoice",
    account_country: "US",
    account_name: "Splits Network",
    account_tax_ids: null,
    amount_due: 0,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: 0,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: autoAdvance,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: given.automatically_finalizes_at ?? (autoAdvance ? now + HOUR : null),
    billing_reason: given.billing_reason,
    collection_method: collection,
    created: now,
    currency: "usd",
    custom_fields: given.custom_fields ?? null,
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address,
    customer_email: customer.email,
    customer_name: customer.name,
    customer_phone: customer.phone,
    customer_shipping: null,
    customer_tax_exempt: "none",
    customer_tax_ids: [],
    default_payment_method: given.default_payment_method ?? null,
    default_source: null,
    default_tax_rates: [],
    description: given.description ?? null,
    discounts: [],
    due_date:
      given.due_date ?? (collection === "send_invoice" && given.days_until_due !== undefined ? now + given.days_until_due * DAY : null),
    effective_at: given.effective_at ?? null,
    ending_balance: null,
    footer: given.footer ?? null,
    from_invoice: null,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines: listed([], `/v1/invoices/${id}/lines`),
    livemode: false,
    metadata: given.metadata ?? {},
    next_payment_attempt: autoAdvance && collection === "charge_automatically" ? now + HOUR : null,
    number: given.number ?? null,
    on_behalf_of: null,
    parent: given.subscription
      ? {
          type: "subscription_details",
          subscription_details: { metadata: given.subscription.metadata, subscription: given.subscription.id },
          quote_details: null,
        }
      : null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: given.payment_method_types ?? null },
    period_end: given.period?.end ?? now,
    period_start: given.period?.start ?? now,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: given.statement_descriptor ?? null,
    status: "draft",
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: 0,
    subtotal_excluding_tax: 0,
    test_clock: null,
    total: 0,
    total_discount_amounts: [],
    total_excluding_tax: 0,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: now,
  };
  world.keep("invoices", invoice);
  return invoice;
}

/** A new item, to be billed on an invoice. */
export function newItem(
  world: World,
  customer: Customer,
  given: Pick<InvoiceItem, "amount" | "description" | "metadata" | "period" | "pricing" | "quantity"> & {
    invoice: string | null;
    proration?: boolean;
    parent?: InvoiceItem["parent"];
  },
): InvoiceItem {
  const item: InvoiceItem = {
    id: world.id("ii"),
    object: "invoiceitem",
    currency: "usd",
    customer: customer.id,
    customer_account: null,
    date: world.seconds(),
    discountable: given.amount >= 0,
    discounts: [],
    livemode: false,
    net_amount: given.amount,
    parent: null,
    proration: false,
    quantity_decimal: String(given.quantity),
    tax_rates: [],
    test_clock: null,
    ...given,
  };
  world.keep("invoiceitems", item);
  emit(world, "invoiceitem.created", item);
  return item;
}

/** Puts an item on a draft. */
export function addItem(world: World, invoice: Invoice, item: InvoiceItem): LineItem {
  item.invoice = invoice.id;
  const subscription = item.parent?.subscription_details.subscription ?? null;
  return addLine(world, invoice, {
    amount: item.amount,
    description: item.description,
    metadata: item.metadata,
    parent: {
      invoice_item_details: {
        invoice_item: item.id,
        proration: item.proration,
        proration_details: item.proration ? { credited_items: null } : null,
        subscription,
      },
      subscription_item_details: null,
      type: "invoice_item_details",
    },
    period: item.period,
    pricing: item.pricing,
    quantity: item.quantity,
    subscription,
  });
}

/** Puts a line on a draft and adds it up. */
export function addLine(
  world: World,
  invoice: Invoice,
  given: {
    amount: number;
    description: string | null;
    metadata: Metadata;
    parent: unknown;
    period: { start: number; end: number };
    pricing: unknown;
    quantity: number;
    subscription: string | null;
  },
): LineItem {
  const line: LineItem = {
    id: world.id("il"),
    object: "line_item",
    currency: "usd",
    discount_amounts: [],
    discountable: given.amount >= 0,
    discounts: [],
    invoice: invoice.id,
    livemode: false,
    pretax_credit_amounts: [],
    quantity_decimal: String(given.quantity),
    subtotal: given.amount,
    taxes: [],
    ...given,
  };
  invoice.lines.data.push(line);
  addUp(invoice);
  return line;
}

/** Adds up the lines of a draft. */
export function addUp(invoice: Invoice): void {
  const total = invoice.lines.data.reduce((sum, line) => sum + line.amount, 0);
  Object.assign(invoice, { subtotal: total, subtotal_excluding_tax: total, total, total_excluding_tax: total });
  invoice.amount_due = Math.max(0, total);
  invoice.amount_remaining = invoice.amount_due;
}

/** Makes a draft final: numbered, due, payable. The customer's credit is used first; what needs no payment is paid at once. */
export function finalize(world: World, invoice: Invoice, autoAdvance = invoice.auto_advance): void {
  if (invoice.status !== "draft") {
    throw invalid("This invoice is already finalized, you can't re-finalize a non-draft invoice.", { code: "invoice_not_editable" });
  }
  const customer = world.sure("customers", invoice.customer);
  const balance = customer.balance;
  invoice.starting_balance = balance;
  const withBalance = invoice.total + balance;
  invoice.amount_due = Math.max(0, withBalance);
  customer.balance = Math.min(0, withBalance);
  invoice.ending_balance = customer.balance;
  invoice.amount_remaining = invoice.amount_due;
  invoice.auto_advance = autoAdvance;
  invoice.automatically_finalizes_at = null;
  invoice.status = "open";
  invoice.status_transitions.finalized_at = world.seconds();
  invoice.effective_at ??= world.seconds();
  invoice.number ??= `${customer.invoice_prefix}-${String(customer.next_invoice_sequence).padStart(4, "0")}`;
  customer.next_invoice_sequence += 1;
  customer.currency ??= "usd";
  const page = `${world.options.origin()}/i/${invoice.id}`;
  invoice.hosted_invoice_url = page;
  invoice.invoice_pdf = `${page}/pdf`;
  if (invoice.amount_due > 0) openPayment(world, invoice, invoice.amount_due);
  emit(world, "invoice.finalized", invoice);
  if (invoice.amount_due === 0) return paid(world, invoice);
  invoice.next_payment_attempt = autoAdvance && invoice.collection_method === "charge_automatically" ? world.seconds() : null;
}

/** The payment that an open invoice waits for. */
function openPayment(world: World, invoice: Invoice, amount: number): InvoicePayment {
  const intent = newIntent(world, {
    amount,
    customer: invoice.customer,
    description: `Payment for Invoice ${invoice.number ?? ""}`.trim(),
    receipt_email: invoice.customer_email,
  });
  return newPayment(world, invoice, intent.id, amount, true);
}

function newPayment(world: World, invoice: Invoice, intent: string, amount: number, isDefault: boolean): InvoicePayment {
  return world.keep("invoice_payments", {
    id: world.id("inpay"),
    object: "invoice_payment",
    amount_paid: null,
    amount_requested: amount,
    created: world.seconds(),
    currency: "usd",
    invoice: invoice.id,
    is_default: isDefault,
    livemode: false,
    payment: { type: "payment_intent", payment_intent: intent },
    status: "open",
    status_transitions: { canceled_at: null, paid_at: null },
  });
}

/** The payment that an invoice waits for, if it is open. */
export const waitingFor = (world: World, invoice: Invoice): InvoicePayment | undefined =>
  world.all("invoice_payments").find((each) => each.invoice === invoice.id && each.status === "open");

/** How a customer would pay an invoice: its own method, the subscription's, the customer's preset. */
export function methodFor(world: World, invoice: Invoice): PaymentMethod | null {
  const subscription = world.find("subscriptions", invoice.parent?.subscription_details.subscription ?? null);
  const preset = world.sure("customers", invoice.customer).invoice_settings.default_payment_method;
  return world.find("payment_methods", invoice.default_payment_method ?? subscription?.default_payment_method ?? preset) ?? null;
}

/** Tries to collect an open invoice. Answers the charge that failed, or nothing when it was paid. */
export function collect(world: World, invoice: Invoice, method: PaymentMethod | null): Charge | null {
  if (method && !method.declines) {
    payPart(world, invoice, invoice.amount_remaining, method.type, method);
    return null;
  }
  return fail(world, invoice, method);
}

/** An attempt to collect an invoice fails; Stripe plans the next one. */
export function fail(world: World, invoice: Invoice, method: PaymentMethod | null): Charge {
  const payment = waitingFor(world, invoice);
  if (!payment) throw new Error(`${invoice.id} waits for no payment`);
  const charge = decline(world, world.sure("payment_intents", payment.payment.payment_intent), method);
  invoice.attempted = true;
  invoice.attempt_count += 1;
  const wait = RETRY_DAYS[invoice.attempt_count - 1];
  const again = invoice.auto_advance && invoice.collection_method === "charge_automatically" && wait !== undefined;
  invoice.next_payment_attempt = again ? world.seconds() + wait * DAY : null;
  world.sure("customers", invoice.customer).delinquent = true;
  emit(world, "invoice.payment_failed", invoice);
  invoiceUnpaid(world, invoice);
  return charge;
}

/** Pays an open invoice, whole or in part. A part is a payment of its own beside the one the invoice waits for. */
export function payPart(world: World, invoice: Invoice, amount: number, type: Method, method: PaymentMethod | null): void {
  if (invoice.status !== "open" && invoice.status !== "uncollectible") throw notPayable(invoice);
  if (amount < 1 || amount > invoice.amount_remaining)
    throw new Error(`${invoice.id} has ${invoice.amount_remaining} to pay, not ${amount}`);
  const waiting = waitingFor(world, invoice);
  const whole = amount === invoice.amount_remaining;
  let payment = whole ? waiting : undefined;
  if (!payment) payment = newPayment(world, invoice, newIntent(world, { amount, customer: invoice.customer }).id, amount, false);
  const intent = world.sure("payment_intents", payment.payment.payment_intent);
  succeed(world, intent, type, method);
  payment.status = "paid";
  payment.amount_paid = amount;
  payment.status_transitions.paid_at = world.seconds();
  invoice.amount_paid += amount;
  invoice.amount_remaining -= amount;
  invoice.attempted = true;
  if (method) invoice.attempt_count += 1;
  if (!whole && waiting) {
    waiting.amount_requested = invoice.amount_remaining;
    world.sure("payment_intents", waiting.payment.payment_intent).amount = invoice.amount_remaining;
  }
  emit(world, "invoice_payment.paid", payment);
  if (invoice.amount_remaining === 0) paid(world, invoice);
  else
    emit(world, "invoice.updated", invoice, {
      before: { amount_paid: invoice.amount_paid - amount, amount_remaining: invoice.amount_remaining + amount },
    });
}

/** Notes that the rest of an invoice was paid outside of Stripe: no charge, no balance moves. */
export function payOutside(world: World, invoice: Invoice): void {
  if (invoice.status !== "open" && invoice.status !== "uncollectible") throw notPayable(invoice);
  dropWaiting(world, invoice);
  invoice["amount_paid_off_stripe"] = Number(invoice["amount_paid_off_stripe"] ?? 0) + invoice.amount_remaining;
  invoice.amount_paid += invoice.amount_remaining;
  invoice.amount_remaining = 0;
  paid(world, invoice);
}

/** What Stripe says of paying an invoice that is not open. */
export function notPayable(invoice: Invoice): Error {
  if (invoice.status === "paid") return invalid("Invoice is already paid");
  return invalid(`You cannot pay an invoice that is ${invoice.status}.`, { code: "invoice_not_editable" });
}

function paid(world: World, invoice: Invoice): void {
  dropWaiting(world, invoice);
  invoice.status = "paid";
  invoice.attempted = true;
  invoice.next_payment_attempt = null;
  invoice.status_transitions.paid_at = world.seconds();
  world.sure("customers", invoice.customer).delinquent = false;
  emit(world, "invoice.paid", invoice);
  emit(world, "invoice.payment_succeeded", invoice);
  invoicePaid(world, invoice);
}

function dropWaiting(world: World, invoice: Invoice): void {
  const waiting = waitingFor(world, invoice);
  if (!waiting) return;
  waiting.status = "canceled";
  waiting.status_transitions.canceled_at = world.seconds();
  cancelIntent(world, world.sure("payment_intents", waiting.payment.payment_intent), "void_invoice");
}

/** Voids an open or uncollectible invoice of which nothing is paid. */
export function voidInvoice(world: World, invoice: Invoice): void {
  if (invoice.status === "draft")
    throw invalid("You can only void finalized invoices. Delete the draft instead.", { code: "invoice_not_editable" });
  if (invoice.status !== "open" && invoice.status !== "uncollectible") {
    throw invalid(`You can only void open or uncollectible invoices. This invoice is ${invoice.status}.`, { code: "invoice_not_editable" });
  }
  if (invoice.amount_paid > 0) throw invalid("You cannot void an invoice that has been partially paid.", { code: "invoice_not_editable" });
  dropWaiting(world, invoice);
  const customer = world.sure("customers", invoice.customer);
  customer.balance += invoice.starting_balance - (invoice.ending_balance ?? 0); // its credit comes back
  invoice.status = "void";
  invoice.auto_advance = false;
  invoice.next_payment_attempt = null;
  invoice.status_transitions.voided_at = world.seconds();
  emit(world, "invoice.voided", invoice);
}

/** Gives up on an open invoice; it can still be paid. */
export function markUncollectible(world: World, invoice: Invoice): void {
  if (invoice.status !== "open") {
    throw invalid(`You can only mark open invoices as uncollectible. This invoice is ${invoice.status}.`, { code: "invoice_not_editable" });
  }
  invoice.status = "uncollectible";
  invoice.auto_advance = false;
  invoice.next_payment_attempt = null;
  invoice.status_transitions.marked_uncollectible_at = world.seconds();
  emit(world, "invoice.marked_uncollectible", invoice);
}

/** Takes an amount off what an open invoice waits for; nothing left makes it paid. */
export function reduce(world: World, invoice: Invoice, amount: number): void {
  changed(world, "invoice.updated", invoice, () => {
    invoice.pre_payment_credit_notes_amount += amount;
    invoice.amount_due -= amount;
    invoice.amount_remaining -= amount;
  });
  const waiting = waitingFor(world, invoice);
  if (waiting && invoice.amount_remaining > 0) {
    waiting.amount_requested = invoice.amount_remaining;
    world.sure("payment_intents", waiting.payment.payment_intent).amount = invoice.amount_remaining;
  }
  if (invoice.amount_remaining === 0) paid(world, invoice);
}
