import type { FeeBasis } from "../commission/fee.ts";
import { daysAfter, midnightAfter, utcDate } from "../commission/dates.ts";
import { cents, minus, plus, sum, ZERO, type Cents } from "../money.ts";
import { conflict, invalidTransition } from "../refusals.ts";

export const INVOICE_STATUSES = ["draft", "open", "paid", "void", "uncollectible"] as const;

export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

/** Every change of status there is; a draft is paid at once only with nothing due. A paid and a void invoice stay so. */
export const INVOICE_TRANSITIONS = {
  draft: ["open", "paid", "void"],
  open: ["paid", "void", "uncollectible"],
  uncollectible: ["paid"],
  paid: [],
  void: [],
} as const satisfies Record<InvoiceStatus, readonly InvoiceStatus[]>;

/** A row of `billing.placement_invoices`, as its rules need it. */
export interface PlacementInvoice {
  id: string;
  placementId: string;
  companyId: string;
  status: InvoiceStatus;
  /** total − credit applied. */
  amountDue: Cents;
  amountPaid: Cents;
  /** What was credit-noted of it. */
  creditedCents: Cents;
  creditApplied: Cents;
  collectionMethod: CollectionMethod;
  billingTerms: BillingTerms;
  /** `YYYY-MM-DD`; null before it is finalised. */
  dueDate: string | null;
  /** When its funds are ours to give; null while unpaid. */
  collectibleAt: Date | null;
  finalizedAt: Date | null;
  paidAt: Date | null;
  voidedAt: Date | null;
}

export type InvoiceAnnouncement =
  | { type: "invoice.finalized" }
  | { type: "invoice.paid" }
  | { type: "invoice.voided" }
  | { type: "invoice.uncollectible" }
  | { type: "invoice.overdue"; daysOverdue: number };

export interface InvoiceChange<I extends PlacementInvoice = PlacementInvoice> {
  invoice: I;
  announce: readonly InvoiceAnnouncement[];
}

/** What a line of an invoice is about, in their order. */
export type InvoiceLineKind = "fee" | "discount" | "premium_uplift" | "bulk_bonus" | "credit_applied";

export interface InvoiceLine {
  kind: InvoiceLineKind;
  /** Negative for what is taken off. */
  amount: Cents;
}

const negative = (amount: Cents): Cents => cents(0 - amount);

/**
 * The lines of a placement's invoice; those of nothing are left out. They add up to the amount due.
 *
 * @param creditApplied - in cents, at most the total
 */
export function invoiceLines(fee: FeeBasis, creditApplied: Cents): InvoiceLine[] {
  if (creditApplied < 0 || creditApplied > fee.total_cents) throw new RangeError("a credit covers at most the fee");
  const lines: InvoiceLine[] = [
    { kind: "fee", amount: fee.base_cents },
    { kind: "discount", amount: negative(fee.discount_cents) },
    { kind: "premium_uplift", amount: fee.uplift_cents },
    { kind: "bulk_bonus", amount: fee.bulk_cents },
    { kind: "credit_applied", amount: negative(creditApplied) },
  ];
  return lines.filter(({ amount }) => amount !== 0);
}

/** What lines add up to. */
export const amountDue = (lines: readonly InvoiceLine[]): Cents => sum(lines.map(({ amount }) => amount));

export type BillingTerms = "immediate" | "net_30" | "net_60" | "net_90";

export type CollectionMethod = "charge_automatically" | "send_invoice";

/** How an invoice is collected; `daysUntilDue` is null where it is charged at once. */
export interface Collection {
  method: CollectionMethod;
  daysUntilDue: number | null;
}

/** Days of the terms; a company on immediate terms without a payment method gets a week. */
const DAYS_UNTIL_DUE = { immediate: 7, net_30: 30, net_60: 60, net_90: 90 } as const satisfies Record<BillingTerms, number>;

export const collectionOf = (terms: BillingTerms, hasPaymentMethod: boolean): Collection =>
  terms === "immediate" && hasPaymentMethod
    ? { method: "charge_automatically", daysUntilDue: null }
    : { method: "send_invoice", daysUntilDue: DAYS_UNTIL_DUE[terms] };

/** The date an invoice falls due: so many days after the date it was finalised, or that date itself. */
export const dueDateOf = (finalizedAt: Date, { daysUntilDue }: Collection): string => utcDate(daysAfter(finalizedAt, daysUntilDue ?? 0));

/** The draft of a placement that became active (D-33); null without a fee. */
export function draftInvoice(input: {
  id: string;
  placementId: string;
  companyId: string;
  fee: FeeBasis;
  creditApplied: Cents;
  terms: BillingTerms;
  hasPaymentMethod: boolean;
}): PlacementInvoice | null {
  if (input.fee.total_cents === 0) return null;
  return {
    id: input.id,
    placementId: input.placementId,
    companyId: input.companyId,
    status: "draft",
    amountDue: amountDue(invoiceLines(input.fee, input.creditApplied)),
    amountPaid: ZERO,
    creditedCents: ZERO,
    creditApplied: input.creditApplied,
    collectionMethod: collectionOf(input.terms, input.hasPaymentMethod).method,
    billingTerms: input.terms,
    dueDate: null,
    collectibleAt: null,
    finalizedAt: null,
    paidAt: null,
    voidedAt: null,
  };
}

/** What a company still owes of an invoice: nothing of a draft, a void or a paid one. */
export const openPart = ({ status: invoiceStatus, amountDue, amountPaid, creditedCents }: PlacementInvoice): Cents =>
  invoiceStatus === "open" || invoiceStatus === "uncollectible" ? minus(amountDue, plus(amountPaid, creditedCents)) : ZERO;

const requireStep = (invoice: PlacementInvoice, to: InvoiceStatus): void => {
  const allowed: readonly InvoiceStatus[] = INVOICE_TRANSITIONS[invoice.status];
  if (!allowed.includes(to)) throw invalidTransition("invoice", invoice.status, to, allowed);
};

/**
 * Finalises a draft. With nothing due it is paid at once, and collectible when the invoice is whose
 * credit was used.
 *
 * @param creditedCollectibleAt - that of the invoice whose credit was used; null while it is not settled
 */
export function finalizeInvoice<I extends PlacementInvoice>(
  invoice: I,
  collection: Collection,
  creditedCollectibleAt: Date | null,
  now: Date,
): InvoiceChange<I> {
  const paidAtOnce = invoice.amountDue === 0;
  if (invoice.status !== "draft") throw invalidTransition("invoice", invoice.status, "open", INVOICE_TRANSITIONS[invoice.status]);
  const finalized: I = { ...invoice, finalizedAt: now, dueDate: dueDateOf(now, collection), collectionMethod: collection.method };
  if (!paidAtOnce) return { invoice: { ...finalized, status: "open" }, announce: [{ type: "invoice.finalized" }] };
  return {
    invoice: { ...finalized, status: "paid", paidAt: now, collectibleAt: creditedCollectibleAt },
    announce: [{ type: "invoice.finalized" }, { type: "invoice.paid" }],
  };
}

/** One payment of an invoice (`billing.invoice_payments`). */
export interface InvoicePayment {
  gross: Cents;
  paidAt: Date;
  /** When Stripe makes the funds available; null for one that went past Stripe. */
  availableOn: Date | null;
}

/** Without a word from Stripe, funds count as settled so many days after the payment. */
export const SETTLEMENT_DAYS = 7;

/** When the funds of an invoice are ours to give: the latest of its payments. Throws without a payment. */
export function collectibleAt(payments: readonly InvoicePayment[]): Date {
  const instants = payments.map(({ availableOn, paidAt }) => (availableOn ?? daysAfter(paidAt, SETTLEMENT_DAYS)).getTime());
  if (instants.length === 0) throw new RangeError("an invoice without a payment is not collectible");
  return new Date(Math.max(...instants));
}

/** An invoice after a payment. */
export interface PaidInvoice<I extends PlacementInvoice = PlacementInvoice> extends InvoiceChange<I> {
  /** What of the payment was owed. */
  applied: Cents;
  /** What was more than that, and goes back. */
  overpaid: Cents;
  /** What of it had been given up: it returns to receivable and escrow before it is paid. */
  revived: Cents;
}

/**
 * Books a payment. The invoice is paid when nothing is left open; an uncollectible one stays so until
 * then, and revives by what is paid. What cannot be applied, also of a paid or void invoice, goes back.
 *
 * @param payments - all of the invoice's payments, this one included
 * @param placementFailed - then nobody is owed what was given up, and its payment goes back
 */
export function payInvoice<I extends PlacementInvoice>(
  invoice: I,
  payment: InvoicePayment,
  payments: readonly InvoicePayment[],
  placementFailed: boolean,
): PaidInvoice<I> {
  const open = placementFailed && invoice.status === "uncollectible" ? ZERO : openPart(invoice);
  const applied = payment.gross < open ? payment.gross : open;
  const overpaid = minus(payment.gross, applied);
  const revived = invoice.status === "uncollectible" ? applied : ZERO;
  if (applied === 0) return { invoice, announce: [], applied, overpaid, revived };

  const amountPaid = plus(invoice.amountPaid, applied);
  if (applied < open) return { invoice: { ...invoice, amountPaid }, announce: [], applied, overpaid, revived };
  requireStep(invoice, "paid");
  return {
    invoice: { ...invoice, amountPaid, status: "paid", paidAt: payment.paidAt, collectibleAt: collectibleAt(payments) },
    announce: [{ type: "invoice.paid" }],
    applied,
    overpaid,
    revived,
  };
}

/**
 * Gives an invoice up; an admin does. Its transactions are held, nothing is cancelled. Refuses one
 * whose placement fell off (409 `conflict`): its open part ends with the credit.
 */
export function markUncollectible<I extends PlacementInvoice>(invoice: I, placementFailed: boolean): InvoiceChange<I> {
  requireStep(invoice, "uncollectible");
  if (placementFailed) throw conflict("The placement fell off: the invoice ends with its credit.", { reason: "placement_failed" });
  return { invoice: { ...invoice, status: "uncollectible" }, announce: [{ type: "invoice.uncollectible" }] };
}

/**
 * Takes an amount off what is open of an open invoice. When nothing was paid and nothing is left, the invoice is void;
 * otherwise a credit note covers it, and an invoice with nothing left open is paid.
 */
export function creditInvoice<I extends PlacementInvoice>(
  invoice: I,
  amount: Cents,
  payments: readonly InvoicePayment[],
  now: Date,
): InvoiceChange<I> & { operation: "invoice_void" | "credit_note" } {
  const open = invoice.status === "open" ? openPart(invoice) : ZERO;
  if (amount <= 0 || amount > open) throw new RangeError(`invoice ${invoice.id} has ${open} open, not ${amount}`);
  const creditedCents = plus(invoice.creditedCents, amount);
  if (amount < open) return { invoice: { ...invoice, creditedCents }, announce: [], operation: "credit_note" };
  if (invoice.amountPaid === 0 && invoice.creditedCents === 0) {
    return { ...voidInvoice({ ...invoice, creditedCents }, now), operation: "invoice_void" };
  }
  if (invoice.amountPaid === 0) return { ...voidInvoice({ ...invoice, creditedCents }, now), operation: "credit_note" };
  requireStep(invoice, "paid");
  return {
    invoice: { ...invoice, creditedCents, status: "paid", paidAt: now, collectibleAt: collectibleAt(payments) },
    announce: [{ type: "invoice.paid" }],
    operation: "credit_note",
  };
}

/** Voids an invoice of which nothing was paid. Refuses a paid one (`invalid_transition`), or one paid in part (409 `conflict`). */
export function voidInvoice<I extends PlacementInvoice>(invoice: I, now: Date): InvoiceChange<I> {
  requireStep(invoice, "void");
  if (invoice.amountPaid > 0) throw conflict("A part of the invoice was paid: it is credit-noted, not void.", { reason: "partly_paid" });
  return { invoice: { ...invoice, status: "void", voidedAt: now }, announce: [{ type: "invoice.voided" }] };
}

/** Reminders go out so many days after the due date. */
export const REMINDER_DAYS = [0, 7, 14, 30] as const;

/**
 * Reminds of an open invoice on its due date and 7, 14 and 30 days after it, each once; null when
 * nothing is due. A late run gives only the latest.
 *
 * @param remindedDays - the last reminder given, in days after the due date; null before the first
 * @param rests - the placement has fallen off, and its credit may end the invoice
 */
export function remindOfInvoice(
  invoice: PlacementInvoice,
  remindedDays: number | null,
  rests: boolean,
  now: Date,
): { daysOverdue: number; announce: readonly InvoiceAnnouncement[] } | null {
  const { dueDate } = invoice;
  if (invoice.status !== "open" || dueDate === null || rests) return null;
  const due = REMINDER_DAYS.findLast((days) => midnightAfter(dueDate, days) <= now);
  if (due === undefined || (remindedDays !== null && remindedDays >= due)) return null;
  return { daysOverdue: due, announce: [{ type: "invoice.overdue", daysOverdue: due }] };
}
