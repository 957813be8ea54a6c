import type { Stripe } from "stripe";
import { utcDate } from "#domain/commission/dates.ts";
import { INVOICE_STATUSES, type InvoiceStatus } from "#domain/invoices/invoice.ts";
import { cents } from "#domain/money.ts";
import type { InvoiceBilling, InvoiceOrder, SeenCharge, SeenCreditNote, SeenInvoice, SeenPayment, SeenRefund } from "#services/ports.ts";
import { idOf, instantOf, instantOrNull, PAGE } from "./answer.ts";
import type { StripeSource } from "./client.ts";

/** Companies' invoices at Stripe Invoicing: customers, invoices and their payments, credit notes, refunds (MONEY §17.3). */
export function stripeInvoices(client: StripeSource): InvoiceBilling {
  return {
    async createCustomer({ companyId, name, email, operationId }, key) {
      const { customers } = await client();
      const customer = await customers.create(
        { name, email, metadata: { company_id: companyId, operation_id: operationId } },
        { idempotencyKey: key },
      );
      return customer.id;
    },
    async updateCustomer({ id, name, email }, key) {
      const { customers } = await client();
      await customers.update(id, { name, email }, { idempotencyKey: key });
    },
    async findCustomer({ companyId, email }) {
      const { customers } = await client();
      for await (const customer of customers.list({ email, limit: PAGE })) {
        if (customer.metadata["company_id"] === companyId) return customer.id;
      }
      return null;
    },
    async canBeCharged(id) {
      const { customers } = await client();
      const customer = await customers.retrieve(id);
      return !customer.deleted && customer.invoice_settings.default_payment_method !== null;
    },
    issueInvoice: async (order, key, existing) => issue(await client(), order, key, existing),
    async findInvoice(customer, operationId) {
      const { invoices } = await client();
      for await (const invoice of invoices.list({ customer, limit: PAGE })) {
        if (invoice.metadata?.["operation_id"] === operationId) return seen(invoice);
      }
      return null;
    },
    async invoice(id) {
      const { invoices } = await client();
      return seen(await invoices.retrieve(id));
    },
    async voidInvoice(id, key) {
      const { invoices } = await client();
      return seen(await invoices.voidInvoice(id, {}, { idempotencyKey: key }));
    },
    payments: async (id) => paymentsOf(await client(), id),
    async payment(id) {
      const stripe = await client();
      return paymentOf(stripe, await stripe.invoicePayments.retrieve(id));
    },
    async createCreditNote({ stripeInvoiceId: invoice, amount, operationId }, key) {
      const { creditNotes } = await client();
      return seenNote(await creditNotes.create({ invoice, amount, metadata: { operation_id: operationId } }, { idempotencyKey: key }));
    },
    async creditNotes(invoice) {
      const notes: SeenCreditNote[] = [];
      const { creditNotes } = await client();
      for await (const note of creditNotes.list({ invoice, limit: PAGE })) notes.push(seenNote(note));
      return notes;
    },
    charges: async (id) => chargesOf(await client(), id),
    async createRefund({ paymentIntentId, amount, operationId }, key) {
      const { refunds } = await client();
      const refund = await refunds.create(
        { payment_intent: paymentIntentId, amount, metadata: { operation_id: operationId } },
        { idempotencyKey: key },
      );
      return seenRefund(refund);
    },
    async refund(id) {
      const { refunds } = await client();
      return seenRefund(await refunds.retrieve(id));
    },
  };
}

/**
 * Creates, fills, finalises and sends. With an invoice that exists only what it lacks is done: its
 * lines tell by their metadata which they are.
 */
async function issue(
  stripe: Stripe,
  order: InvoiceOrder,
  key: (step: string) => string,
  existing: SeenInvoice | null,
): Promise<SeenInvoice> {
  const { customerId: customer, collection, operationId, invoiceId } = order;
  const id = existing?.id ?? (await create(stripe, order, key("create")));
  if (!existing || existing.status === "draft") {
    const present = existing ? await linesOf(stripe, id) : new Set<string>();
    for (const [index, { description, amount }] of order.lines.entries()) {
      if (present.has(String(index))) continue;
      await stripe.invoiceItems.create(
        { customer, invoice: id, amount, currency: "usd", description, metadata: { operation_id: operationId, line: String(index) } },
        { idempotencyKey: key(`item_${index}`) },
      );
    }
    await stripe.invoices.finalizeInvoice(id, { auto_advance: true }, { idempotencyKey: key("finalize") });
  }
  if (order.mailed && collection.method === "send_invoice") {
    const before = existing ? await stripe.invoices.retrieve(id) : null;
    if (!before || before.status === "open") await stripe.invoices.sendInvoice(id, {}, { idempotencyKey: key("send") });
  }
  const invoice = seen(await stripe.invoices.retrieve(id));
  if (invoice.invoiceId !== invoiceId) throw new Error(`Stripe's invoice ${id} is not ours ${invoiceId}`);
  return invoice;
}

async function create(stripe: Stripe, order: InvoiceOrder, key: string): Promise<string> {
  const { customerId: customer, collection, operationId, invoiceId, placementId } = order;
  const invoice = await stripe.invoices.create(
    {
      customer,
      currency: "usd",
      auto_advance: false,
      pending_invoice_items_behavior: "exclude",
      collection_method: collection.method,
      ...(collection.daysUntilDue === null ? {} : { days_until_due: collection.daysUntilDue }),
      metadata: { operation_id: operationId, invoice_id: invoiceId, placement_id: placementId },
    },
    { idempotencyKey: key },
  );
  return invoice.id;
}

async function linesOf(stripe: Stripe, invoice: string): Promise<Set<string>> {
  const lines = new Set<string>();
  for await (const item of stripe.invoiceItems.list({ invoice, limit: PAGE })) lines.add(item.metadata?.["line"] ?? "");
  return lines;
}

function seen(invoice: Stripe.Invoice): SeenInvoice {
  const { finalized_at: finalizedAt, paid_at: paidAt, voided_at: voidedAt } = invoice.status_transitions;
  return {
    id: invoice.id,
    customerId: idOf(invoice.customer),
    invoiceId: invoice.metadata?.["invoice_id"] ?? null,
    operationId: invoice.metadata?.["operation_id"] ?? null,
    status: statusOf(invoice),
    number: invoice.number,
    hostedUrl: invoice.hosted_invoice_url ?? null,
    amountDue: cents(invoice.amount_due),
    amountPaid: cents(invoice.amount_paid),
    amountRemaining: cents(invoice.amount_remaining),
    finalizedAt: instantOrNull(finalizedAt),
    dueDate: invoice.due_date === null ? null : utcDate(instantOf(invoice.due_date)),
    paidAt: instantOrNull(paidAt),
    voidedAt: instantOrNull(voidedAt),
  };
}

function statusOf({ id, status: state }: Stripe.Invoice): InvoiceStatus {
  const known = INVOICE_STATUSES.find((each) => each === (state ?? "draft"));
  if (!known) throw new Error(`invoice ${id} is ${String(state)}, which we do not know`);
  return known;
}

async function paymentsOf(stripe: Stripe, invoice: string): Promise<SeenPayment[]> {
  const payments: SeenPayment[] = [];
  for await (const payment of stripe.invoicePayments.list({ invoice, status: "paid", limit: PAGE })) {
    const arrived = await paymentOf(stripe, payment);
    if (arrived) payments.push(arrived);
  }
  const outside = await outsideOf(stripe, invoice);
  return [...payments, ...(outside ? [outside] : [])].toSorted((a, b) => a.paidAt.getTime() - b.paidAt.getTime());
}

/** What was paid past Stripe, of which it knows the amount only. */
async function outsideOf(stripe: Stripe, id: string): Promise<SeenPayment | null> {
  const invoice = await stripe.invoices.retrieve(id);
  const gross = cents(invoice.amount_paid_off_stripe ?? 0);
  const paidAt = invoice.status_transitions.paid_at;
  if (gross === 0 || paidAt === null) return null;
  return {
    id: `off_${id}`,
    stripeInvoiceId: id,
    gross,
    fee: cents(0),
    balanceTransactionId: null,
    paymentIntentId: null,
    chargeId: null,
    availableOn: null,
    paidAt: instantOf(paidAt),
  };
}

async function paymentOf(stripe: Stripe, payment: Stripe.InvoicePayment): Promise<SeenPayment | null> {
  const stripeInvoiceId = idOf(payment.invoice);
  const paidAt = payment.status_transitions.paid_at;
  const paymentIntentId = idOf(payment.payment.payment_intent);
  if (payment.status !== "paid" || !payment.amount_paid || paidAt === null || stripeInvoiceId === null) return null;
  const charge = paymentIntentId === null ? null : await chargeOf(stripe, paymentIntentId);
  const moved = charge?.balance_transaction ?? null;
  if (typeof moved === "string" || (charge && moved === null)) throw new Error(`payment ${payment.id} has no balance transaction yet`);
  return {
    id: payment.id,
    stripeInvoiceId,
    gross: cents(payment.amount_paid),
    fee: cents(moved?.fee ?? 0),
    balanceTransactionId: moved?.id ?? null,
    paymentIntentId,
    chargeId: charge?.id ?? null,
    availableOn: instantOrNull(moved?.available_on),
    paidAt: instantOf(paidAt),
  };
}

async function chargeOf(stripe: Stripe, intent: string): Promise<Stripe.Charge | null> {
  const { latest_charge: charge } = await stripe.paymentIntents.retrieve(intent, { expand: ["latest_charge.balance_transaction"] });
  return typeof charge === "string" ? stripe.charges.retrieve(charge, { expand: ["balance_transaction"] }) : charge;
}

async function chargesOf(stripe: Stripe, invoice: string): Promise<SeenCharge[]> {
  const charges: (SeenCharge & { at: number })[] = [];
  for await (const { payment, amount_paid: paid, status_transitions: transitions } of stripe.invoicePayments.list({
    invoice,
    status: "paid",
    limit: PAGE,
  })) {
    const paymentIntentId = idOf(payment.payment_intent);
    if (paymentIntentId === null) continue;
    const refunds: SeenRefund[] = [];
    for await (const refund of stripe.refunds.list({ payment_intent: paymentIntentId, limit: PAGE })) refunds.push(seenRefund(refund));
    charges.push({ paymentIntentId, paid: cents(paid ?? 0), refunds, at: transitions.paid_at ?? 0 });
  }
  return charges.toSorted((a, b) => b.at - a.at).map(({ at: _, ...charge }) => charge);
}

const REFUND_STATUSES: readonly string[] = [
  "pending",
  "requires_action",
  "succeeded",
  "failed",
  "canceled",
] satisfies SeenRefund["status"][];

function seenRefund(refund: Stripe.Refund): SeenRefund {
  const { id, status: state } = refund;
  if (state === null || !REFUND_STATUSES.includes(state)) throw new Error(`refund ${id} is ${String(state)}, which we do not know`);
  return {
    id,
    amount: cents(refund.amount),
    status: state as SeenRefund["status"],
    operationId: refund.metadata?.["operation_id"] ?? null,
    paymentIntentId: idOf(refund.payment_intent),
    balanceTransactionId: idOf(refund.balance_transaction),
    failureBalanceTransactionId: idOf(refund.failure_balance_transaction ?? null),
  };
}

const seenNote = ({ id, amount, metadata }: Stripe.CreditNote): SeenCreditNote => ({
  id,
  amount: cents(amount),
  operationId: metadata?.["operation_id"] ?? null,
});
