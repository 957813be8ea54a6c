import { SETTLEMENT_DAYS, type InvoiceStatus } from "../invoices/invoice.ts";
import type { PlacementState } from "../placements/placement.ts";
import { midnightAfter, utcDate } from "../commission/dates.ts";

/** What a release looks at of an invoice. */
export interface ReleaseInvoice {
  status: InvoiceStatus;
  /** `YYYY-MM-DD`; null before it is finalised. */
  dueDate: string | null;
  collectibleAt: Date | null;
}

/** What a placement's release depends on (D-34). */
export interface ReleaseFacts {
  placement: { state: PlacementState };
  invoice: ReleaseInvoice | null;
  /** The invoice whose credit paid for this placement; null when no credit did. */
  creditedInvoice: ReleaseInvoice | null;
  openDispute: boolean;
  /** An active hold of the placement other than the guarantee's. */
  complianceHold: boolean;
}

/** The conditions of a release that are not met, in the order of MONEY §19.3. */
export type ReleaseBlocker =
  | "placement_not_started"
  | "guarantee_running"
  | "invoice_not_issued"
  | "invoice_open"
  | "invoice_overdue"
  | "invoice_uncollectible"
  | "credited_invoice_open"
  | "funds_settling"
  | "dispute_open"
  | "under_review";

/**
 * What a release still waits for: the placement completed, its invoice and the credited one paid and
 * settled, no hold, no dispute. Empty when it may go; otherwise it is asked again, and never fails.
 */
export function releaseBlockers(facts: ReleaseFacts, now: Date): ReleaseBlocker[] {
  const { placement, invoice, creditedInvoice } = facts;
  const unmet: readonly (readonly [boolean, ReleaseBlocker])[] = [
    [placement.state === "hired", "placement_not_started"],
    [placement.state === "active", "guarantee_running"],
    ...(["invoice_not_issued", "invoice_open", "invoice_overdue", "invoice_uncollectible"] as const).map(
      (code) => [unpaid(invoice, now) === code, code] as const,
    ),
    [creditedInvoice !== null && !isSettled(creditedInvoice, now), "credited_invoice_open"],
    [invoice?.status === "paid" && !isSettled(invoice, now), "funds_settling"],
    [facts.openDispute, "dispute_open"],
    [facts.complianceHold, "under_review"],
  ];
  return unmet.flatMap(([isUnmet, code]) => (isUnmet ? [code] : []));
}

type Unpaid = "invoice_not_issued" | "invoice_open" | "invoice_overdue" | "invoice_uncollectible";

function unpaid(invoice: ReleaseInvoice | null, now: Date): Unpaid | null {
  switch (invoice?.status) {
    case "paid":
      return null;
    case "open":
      return isOverdue(invoice, now) ? "invoice_overdue" : "invoice_open";
    case "uncollectible":
      return "invoice_uncollectible";
    case "draft":
    case "void":
    case undefined:
      return "invoice_not_issued";
  }
}

/**
 * When a share is expected: the end of the guarantee, or when the invoice will be settled if that is
 * later. An open invoice is expected to be paid on its due date. Null while no invoice is issued.
 */
export function expectedAt(guaranteeExpiresAt: Date, invoice: ReleaseInvoice | null): Date | null {
  const dueSettled = invoice?.dueDate ? midnightAfter(invoice.dueDate, SETTLEMENT_DAYS) : null;
  const settled = invoice?.collectibleAt ?? dueSettled;
  if (!settled) return null;
  return settled > guaranteeExpiresAt ? settled : guaranteeExpiresAt;
}

/** Whether the due date of an open invoice is over; a payment on the day itself is in time. */
export const isOverdue = ({ status: invoiceStatus, dueDate }: ReleaseInvoice, now: Date): boolean =>
  invoiceStatus === "open" && dueDate !== null && utcDate(now) > dueDate;

/** Whether an invoice is paid and its funds are ours to give: at `collectible_at`, to the instant. */
export const isSettled = ({ status: invoiceStatus, collectibleAt }: ReleaseInvoice, now: Date): boolean =>
  invoiceStatus === "paid" && collectibleAt !== null && collectibleAt <= now;
