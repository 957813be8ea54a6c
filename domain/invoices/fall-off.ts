import { daysAfter } from "../commission/dates.ts";
import { cents, minus, plus, ZERO, type Cents } from "../money.ts";
import { conflict } from "../refusals.ts";
import { openPart, type PlacementInvoice } from "./invoice.ts";

/** A credit of a failed placement waits so long for its replacement. */
export const CREDIT_DAYS = 60;

/** A row of `billing.placement_credits`. */
export interface PlacementCredit {
  id: string;
  /** The placement that failed. */
  placementId: string;
  companyId: string;
  jobId: string;
  amount: Cents;
  usedCents: Cents;
  status: "open" | "used" | "refunded" | "voided";
  /** Exclusive. */
  expiresAt: Date;
  replacementPlacementId: string | null;
}

/** How a company gets an amount back: off what it still owes, the rest as a refund. */
export interface GivenBack {
  /** Voided or credit-noted, per invoice. */
  offInvoices: readonly { invoiceId: string; amount: Cents }[];
  /** Paid back, by a refund operation. */
  refund: Cents;
}

/** What a fall-off inside the guarantee does to the money of a placement (MONEY §8). */
export type FallOff =
  /** Nothing was invoiced: a draft is void, and there is no credit. */
  | { effect: "voided"; draftInvoiceId: string | null }
  /** All the escrow holds becomes a credit of the same role; dunning rests. Null when it holds nothing. */
  | { effect: "credit"; credit: PlacementCredit | null }
  /** A replacement failed too: no second credit. The draft it may have is void. */
  | { effect: "given_back"; givenBack: GivenBack };

/**
 * What happens to the invoice when a placement falls off inside its guarantee. Transactions and
 * schedule are cancelled and the hold is forfeited in any case.
 *
 * @param input.escrow - what the placement's escrow holds; zero before the invoice is finalised
 * @param input.credited - for a replacement, the invoice whose credit it used, and what of that credit
 *   is not posted because its own invoice is not finalised; null for a placement that used none
 */
export function fallOff(
  input: {
    creditId: string;
    placementId: string;
    companyId: string;
    jobId: string;
    invoice: PlacementInvoice | null;
    escrow: Cents;
    credited: { invoice: PlacementInvoice; unposted: Cents } | null;
  },
  now: Date,
): FallOff {
  const { invoice, escrow, credited } = input;
  const isIssued = invoice !== null && invoice.status !== "draft" && invoice.status !== "void";
  if (credited) {
    const invoices = isIssued ? [credited.invoice, invoice] : [credited.invoice];
    return { effect: "given_back", givenBack: giveBack(plus(escrow, credited.unposted), invoices) };
  }
  if (!isIssued) return { effect: "voided", draftInvoiceId: invoice?.status === "draft" ? invoice.id : null };
  if (escrow === 0) return { effect: "credit", credit: null };
  const credit: PlacementCredit = {
    id: input.creditId,
    placementId: input.placementId,
    companyId: input.companyId,
    jobId: input.jobId,
    amount: escrow,
    usedCents: ZERO,
    status: "open",
    expiresAt: daysAfter(now, CREDIT_DAYS),
    replacementPlacementId: null,
  };
  return { effect: "credit", credit };
}

/** Spreads what goes back over the open parts of invoices, the latest first; what is left is refunded. */
export function giveBack(amount: Cents, invoices: readonly PlacementInvoice[]): GivenBack {
  let left = amount;
  const offInvoices = invoices.toReversed().flatMap((invoice) => {
    const open = invoice.status === "open" ? openPart(invoice) : ZERO;
    const off = cents(Math.min(left, open));
    left = minus(left, off);
    return off > 0 ? [{ invoiceId: invoice.id, amount: off }] : [];
  });
  return { offInvoices, refund: left };
}

/** What of a credit is left. */
export const creditLeft = ({ amount, usedCents }: PlacementCredit): Cents => minus(amount, usedCents);

/**
 * Takes off a credit what a lost chargeback took of the money behind it. With nothing left it is void;
 * one that is no longer open gives nothing.
 */
export function loseOfCredit<C extends PlacementCredit>(credit: C, lost: Cents): { credit: C; off: Cents } {
  const left = credit.status === "open" ? creditLeft(credit) : ZERO;
  const off = cents(Math.min(left, lost));
  if (off < left) return { credit: { ...credit, amount: minus(credit.amount, off) }, off };
  return { credit: left > 0 ? { ...credit, status: "voided" } : credit, off };
}

/** A credit as a replacement takes it. */
export interface CreditUse<C extends PlacementCredit = PlacementCredit> {
  credit: C;
  applied: Cents;
  /** What the replacement's invoice asks for: max(0, fee − credit). */
  amountDue: Cents;
  /** What is given back at once, when the invoice is finalised; zero where the fee takes all. */
  surplus: Cents;
}

/**
 * Takes a credit for a replacement, at its hire: afterwards it cannot expire.
 *
 * Refuses one that is not open or whose 60 days are over (409 `credit_expired`), and another role's
 * (409 `credit_of_another_role`).
 */
export function takeCredit<C extends PlacementCredit>(
  credit: C,
  replacement: { placementId: string; jobId: string; fee: Cents },
  now: Date,
): CreditUse<C> {
  if (credit.status !== "open" || credit.expiresAt <= now) throw conflict("The credit is no longer open.", { reason: "credit_expired" });
  if (credit.jobId !== replacement.jobId)
    throw conflict("The credit belongs to another role.", {
      reason: "credit_of_another_role",
    });
  const left = creditLeft(credit);
  const applied = cents(Math.min(left, replacement.fee));
  return {
    credit: { ...credit, status: "used", usedCents: plus(credit.usedCents, applied), replacementPlacementId: replacement.placementId },
    applied,
    amountDue: minus(replacement.fee, applied),
    surplus: minus(left, applied),
  };
}

/** How a credit that nobody used ends, at day 60. */
export interface CreditEnd<C extends PlacementCredit = PlacementCredit> {
  credit: C;
  givenBack: GivenBack;
}

/**
 * Ends a credit whose 60 days are over: the open part of its invoice is voided or credit-noted, the
 * paid part refunded. Null before that, or when it is not open.
 *
 * @param invoices - the invoice it came from
 */
export function endCredit<C extends PlacementCredit>(credit: C, invoices: readonly PlacementInvoice[], now: Date): CreditEnd<C> | null {
  if (credit.status !== "open" || credit.expiresAt > now) return null;
  const givenBack = giveBack(creditLeft(credit), invoices);
  return { credit: { ...credit, status: givenBack.refund > 0 ? "refunded" : "voided" }, givenBack };
}
