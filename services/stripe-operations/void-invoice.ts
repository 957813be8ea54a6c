import { eq } from "drizzle-orm";
import { placementInvoices } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { cents, type Cents } from "#domain/money.ts";
import type { Held } from "./held.ts";
import type { Performed, Performer } from "./performer.ts";

type Kind = "invoice_void" | "credit_note";

/** Stripe's id of the invoice; null when it was never issued. */
async function issuedAs({ ctx, operation }: Held<Kind>): Promise<string | null> {
  const { invoice_id: id, stripe_invoice_id: given } = operation.request;
  if (given !== null) return given;
  const [[invoice]] = await ctx.read(select().from(placementInvoices).where(eq(placementInvoices.id, id)));
  return invoice?.stripeInvoiceId ?? null;
}

/** Voids an invoice at Stripe; of one that was paid in part it credits what is open. Our books were changed with the intent. */
export const voidInvoice: Performer<"invoice_void"> = {
  async perform(held) {
    const id = await issuedAs(held);
    if (id === null) return { objectId: null };
    const { invoices } = held.ctx.ports;
    const seen = await invoices.invoice(id);
    if (seen.status !== "open" && seen.status !== "uncollectible") return { objectId: id };
    if (seen.amountPaid > 0) return credit(held, id, seen.amountRemaining);
    if (held.mustLookUp) await held.raiseKey();
    await invoices.voidInvoice(id, held.key());
    return { objectId: id };
  },
};

/** Takes an amount off what is open of an invoice at Stripe. Of what was paid meanwhile there is nothing to take off: that payment goes back. */
export const creditInvoice: Performer<"credit_note"> = {
  async perform(held) {
    const id = await issuedAs(held);
    if (id === null) return { objectId: null };
    return credit(held, id, cents(held.operation.request.amount_cents));
  },
};

async function credit(held: Held<Kind>, stripeInvoiceId: string, amount: Cents): Promise<Performed> {
  const { ctx, operation } = held;
  const known = (await ctx.ports.invoices.creditNotes(stripeInvoiceId)).find(({ operationId }) => operationId === operation.id);
  if (known) return { objectId: known.id };
  const { amountRemaining } = await ctx.ports.invoices.invoice(stripeInvoiceId);
  const left = amountRemaining < amount ? amountRemaining : amount;
  if (left === 0) return { objectId: null };
  if (held.mustLookUp) await held.raiseKey();
  const note = await ctx.ports.invoices.createCreditNote({ stripeInvoiceId, amount: left, operationId: operation.id }, held.key("note"));
  return { objectId: note.id };
}
