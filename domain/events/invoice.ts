import type { PlacementCredit } from "../invoices/fall-off.ts";
import type { InvoiceAnnouncement, PlacementInvoice } from "../invoices/invoice.ts";
import type { Cents } from "../money.ts";
import { type DomainEvent, event } from "./catalogue.ts";

const subject = ({ id }: { id: string }) => ({ type: "placement_invoice", id });

const facts = (invoice: Pick<PlacementInvoice, "id" | "placementId" | "companyId" | "amountDue" | "dueDate">) => ({
  invoice_id: invoice.id,
  placement_id: invoice.placementId,
  company_id: invoice.companyId,
  amount_due_cents: invoice.amountDue,
  due_date: invoice.dueDate,
});

/** The draft of an invoice was made. */
export const invoiceCreated = (invoice: PlacementInvoice): DomainEvent => event("invoice.created", subject(invoice), facts(invoice));

/** An attempt to collect an invoice failed. */
export const invoicePaymentFailed = (invoice: PlacementInvoice): DomainEvent =>
  event("invoice.payment_failed", subject(invoice), facts(invoice));

/** A refund reached the company. */
export const invoiceRefunded = (invoice: PlacementInvoice, refund: Cents): DomainEvent =>
  event("invoice.refunded", subject(invoice), { ...facts(invoice), refund_cents: refund });

/** What a change of an invoice is announced as. */
export const invoiceAnnounced = (invoice: PlacementInvoice, announced: InvoiceAnnouncement): DomainEvent =>
  announced.type === "invoice.overdue"
    ? event("invoice.overdue", subject(invoice), { ...facts(invoice), days_overdue: announced.daysOverdue })
    : event(announced.type, subject(invoice), facts(invoice));

const creditSubject = ({ id }: { id: string }) => ({ type: "placement_credit", id });

const creditFacts = (credit: PlacementCredit) => ({
  credit_id: credit.id,
  placement_id: credit.placementId,
  company_id: credit.companyId,
  amount_cents: credit.amount,
});

/** A placement that fell off left a credit. */
export const creditOpened = (credit: PlacementCredit): DomainEvent =>
  event("placement_credit.opened", creditSubject(credit), creditFacts(credit));

/** A replacement took a credit. */
export const creditUsed = (credit: PlacementCredit): DomainEvent =>
  event("placement_credit.used", creditSubject(credit), creditFacts(credit));

/** A credit, or what is left of it, was given back. */
export const creditEnded = (credit: PlacementCredit, refund: Cents): DomainEvent =>
  event("placement_credit.ended", creditSubject(credit), { ...creditFacts(credit), refund_cents: refund });
