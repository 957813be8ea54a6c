import { reduce } from "../billing.ts";
import { emit } from "../events.ts";
import { like, listed, operation, paged, within } from "../operation.ts";
import { refund } from "../payments.ts";
import { invalid } from "../refusal.ts";
import { integer, list, metadata, needed, object, PAGE, range, text, word } from "../schema.ts";
import type { Charge, CreditNote, Invoice, Refund } from "../things.ts";
import { merged, type World } from "../world.ts";

const create = operation(
  "POST",
  "/v1/credit_notes",
  {
    amount: integer({ min: 1 }),
    credit_amount: integer({ min: 0 }),
    effective_at: integer(),
    email_type: word("credit_note", "none"),
    invoice: needed(text()),
    lines: list(
      object({
        amount: integer({ min: 1 }),
        description: text(),
        invoice_line_item: text(),
        quantity: integer({ min: 0 }),
        type: needed(word("custom_line_item", "invoice_line_item")),
        unit_amount: integer({ min: 0 }),
      }),
    ),
    memo: text(),
    metadata: metadata(),
    out_of_band_amount: integer({ min: 0 }),
    reason: word("duplicate", "fraudulent", "order_change", "product_unsatisfactory"),
    refund_amount: integer({ min: 0 }),
  },
  (world, given) => {
    const invoice = world.named("invoices", given.invoice, "invoice");
    if (!["open", "paid", "uncollectible"].includes(invoice.status)) {
      throw invalid(`You can only create credit notes for open, paid or uncollectible invoices. This invoice is ${invoice.status}.`, {
        param: "invoice",
      });
    }
    if (given.lines && given.amount !== undefined)
      throw invalid("You may only specify one of these parameters: amount, lines.", { code: "parameters_exclusive", param: "amount" });
    const id = world.id("cn");
    const lines = given.lines
      ? given.lines.map((line) => lineOf(world, invoice, line))
      : [lineOf(world, invoice, { type: "custom_line_item", description: "Credit", unit_amount: given.amount ?? 0, quantity: 1 })];
    const amount = lines.reduce((sum, line) => sum + line.amount, 0);
    if (amount < 1) throw invalid("You must specify either `amount` or `lines`.", { code: "parameter_missing", param: "amount" });

    const open = invoice.status !== "paid";
    const post = (given.refund_amount ?? 0) + (given.credit_amount ?? 0) + (given.out_of_band_amount ?? 0);
    const pre = open ? amount - post : 0;
    if (open && (pre > invoice.amount_remaining || pre < 0)) {
      throw invalid(
        `The credit note amount ($${(amount / 100).toFixed(2)}) is greater than the amount remaining on the invoice ($${(invoice.amount_remaining / 100).toFixed(2)}).`,
        { param: "amount" },
      );
    }
    if (!open && post !== amount) {
      throw invalid("The sum of credit amount, refund amount and out of band amount must equal the credit note amount.", {
        param: "amount",
      });
    }
    if (post > invoice.amount_paid - invoice.post_payment_credit_notes_amount) {
      throw invalid("The credit note amount is greater than what was paid and not yet credited on the invoice.", { param: "amount" });
    }
    const back = giveBack(world, invoice, given.refund_amount ?? 0);
    if (given.credit_amount) world.sure("customers", invoice.customer).balance -= given.credit_amount;
    const note: CreditNote = {
      id,
      object: "credit_note",
      amount,
      amount_shipping: 0,
      created: world.seconds(),
      currency: "usd",
      customer: invoice.customer,
      customer_account: null,
      customer_balance_transaction: null,
      discount_amount: 0,
      discount_amounts: [],
      effective_at: given.effective_at ?? world.seconds(),
      invoice: invoice.id,
      lines: listed(lines, `/v1/credit_notes/${id}/lines`),
      livemode: false,
      memo: given.memo ?? null,
      metadata: merged({}, given.metadata),
      number: `${invoice.number ?? ""}-CN-${String(world.all("credit_notes").filter((each) => each.invoice === invoice.id).length + 1).padStart(2, "0")}`,
      out_of_band_amount: given.out_of_band_amount ?? null,
      pdf: `${world.options.origin()}/i/${invoice.id}/pdf`,
      post_payment_amount: post,
      pre_payment_amount: pre,
      pretax_credit_amounts: [],
      reason: given.reason ?? null,
      refunds: back.map((each) => ({ amount_refunded: each.amount, payment_record_refund: null, refund: each.id, type: "refund" })),
      shipping_cost: null,
      status: "issued",
      subtotal: amount,
      subtotal_excluding_tax: amount,
      total: amount,
      total_excluding_tax: amount,
      total_taxes: [],
      type: pre > 0 && post > 0 ? "mixed" : post > 0 ? "post_payment" : "pre_payment",
      voided_at: null,
    };
    world.keep("credit_notes", note);
    invoice.post_payment_credit_notes_amount += post;
    emit(world, "credit_note.created", note);
    if (pre > 0) reduce(world, invoice, pre);
    return note;
  },
);

interface Line {
  type: "custom_line_item" | "invoice_line_item";
  amount?: number | undefined;
  description?: string | undefined;
  invoice_line_item?: string | undefined;
  quantity?: number | undefined;
  unit_amount?: number | undefined;
}

function lineOf(world: World, invoice: Invoice, given: Line) {
  const { type, quantity = 1 } = given;
  const billed = invoice.lines.data.find((each) => each.id === given.invoice_line_item);
  if (type === "invoice_line_item" && !billed)
    throw invalid(`No such invoice line item: '${given.invoice_line_item ?? ""}'`, { code: "resource_missing", param: "lines" });
  const amount = given.amount ?? (given.unit_amount ?? billed?.amount ?? 0) * (given.unit_amount === undefined ? 1 : quantity);
  return {
    id: world.id("cnli"),
    object: "credit_note_line_item",
    amount,
    description: given.description ?? billed?.description ?? null,
    discount_amount: 0,
    discount_amounts: [],
    ...(billed ? { invoice_line_item: billed.id } : {}),
    livemode: false,
    metadata: {},
    pretax_credit_amounts: [],
    quantity,
    tax_rates: [],
    taxes: [],
    type,
    unit_amount: given.unit_amount ?? null,
    unit_amount_decimal: given.unit_amount === undefined ? null : String(given.unit_amount),
  };
}

/** Refunds an amount over the charges of an invoice, newest first. */
function giveBack(world: World, invoice: Invoice, amount: number): Refund[] {
  const charges = world
    .all("invoice_payments")
    .filter((each) => each.invoice === invoice.id && each.status === "paid")
    .map((each) => world.find("charges", world.sure("payment_intents", each.payment.payment_intent).latest_charge))
    .filter((each): each is Charge => each !== undefined)
    .toReversed();
  const left = charges.reduce((sum, charge) => sum + charge.amount - charge.amount_refunded, 0);
  if (amount > left)
    throw invalid("The refund amount is greater than what can be refunded on the invoice's charges.", { param: "refund_amount" });
  const refunds: Refund[] = [];
  let open = amount;
  for (const charge of charges) {
    const part = Math.min(open, charge.amount - charge.amount_refunded);
    if (part === 0) continue;
    refunds.push(refund(world, charge, { amount: part, metadata: {}, reason: null }));
    open -= part;
  }
  return refunds;
}

const retrieve = operation("GET", "/v1/credit_notes/{id}", {}, (world, _, call) => world.at("credit_notes", call.in("id")));

const listAll = operation(
  "GET",
  "/v1/credit_notes",
  { ...PAGE, created: range(), customer: text(), invoice: text() },
  (world, { created, customer, invoice, ...page }, call) =>
    paged(
      world.all("credit_notes").filter((each) => like({ customer, invoice }, each) && within(created, each.created)),
      page,
      call.url,
    ),
);

/** Credit notes. */
export const creditNotes = [create, retrieve, listAll];
