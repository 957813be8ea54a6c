import { minus, plus, sum, ZERO, type Cents } from "../money.ts";
import { credit, debit, post, postIfAny, postingKey, type Entry, type Posting } from "./posting.ts";

/**
 * One function per line of the table in MONEY §13. Amounts are cents and never negative; a negative
 * one, or parts that do not fit their whole, are bugs and throw.
 */

const fits = (amount: Cents, what: string): Cents => {
  if (amount < 0) throw new RangeError(`${what} is negative: ${amount}`);
  return amount;
};

const rest = (whole: Cents, part: Cents, what: string): Cents => fits(minus(whole, fits(part, what)), what);

/** What went through Stripe, by its balance transaction. */
interface ThroughStripe {
  through: "stripe";
  balanceTransactionId: string;
}

/** What went past Stripe, from bank to bank. */
interface ThroughBank {
  through: "bank";
}

/** An invoice is finalised: the company owes what is due, its credit covers the rest, and the fee is held. */
export const invoicePosting = (invoice: {
  invoiceId: string;
  placementId: string;
  companyId: string;
  due: Cents;
  creditApplied: Cents;
}): Posting =>
  post("invoice", postingKey("invoice", invoice.invoiceId), [
    debit(`receivable:${invoice.companyId}`, fits(invoice.due, "due")),
    debit(`credit:${invoice.companyId}`, fits(invoice.creditApplied, "credit")),
    credit(`escrow:${invoice.placementId}`, plus(invoice.due, invoice.creditApplied)),
  ]);

/** How a payment arrived. Stripe's fee is part of the gross amount and borne by the platform. */
type PaymentMoney = (ThroughStripe & { gross: Cents; fee: Cents }) | (ThroughBank & { gross: Cents });

/** What a payment did: how much of it was owed, and how much has to go back. */
export interface PaymentPosting {
  posting: Posting;
  /** To be refunded by an operation of its own; zero as a rule. */
  overpaid: Cents;
}

/**
 * A payment arrives. It pays the open part of its invoice; what is more than that is owed back.
 *
 * @param payment.open - what of the invoice is open in the books, in cents: zero for one that is
 *   void; of an uncollectible one what was revived for this payment
 */
export function paymentPosting(payment: { paymentId: string; companyId: string; open: Cents; money: PaymentMoney }): PaymentPosting {
  const { companyId, money } = payment;
  const applied = money.gross < payment.open ? money.gross : fits(payment.open, "open");
  const overpaid = rest(money.gross, applied, "payment");
  const posting = post("paid", postingKey("paid", payment.paymentId), [
    ...received(money),
    credit(`receivable:${companyId}`, applied),
    credit(`refund_due:${companyId}`, overpaid),
  ]);
  return { posting, overpaid };
}

const received = (money: PaymentMoney): Entry[] =>
  money.through === "bank"
    ? [debit("bank", money.gross)]
    : [
        debit("stripe_balance", rest(money.gross, money.fee, "fee"), money.balanceTransactionId),
        debit("stripe_fees", fits(money.fee, "fee")),
      ];

/**
 * A placement falls off after its invoice was finalised: everything its escrow holds becomes the
 * company's credit. A replacement that fails gives none: what is open is voided, what was paid is
 * owed back. Null when the escrow holds nothing.
 *
 * @param falloff.open - for a replacement: what is open of its own invoice and of the credited ones;
 *   null for a placement that gives a credit
 */
export function falloffPosting(falloff: { placementId: string; companyId: string; escrow: Cents; open: Cents | null }): Posting | null {
  const { placementId, companyId, escrow, open } = falloff;
  return postIfAny("falloff", postingKey("falloff", placementId), [
    debit(`escrow:${placementId}`, fits(escrow, "escrow")),
    ...(open === null ? [credit(`credit:${companyId}`, escrow)] : givenBack(companyId, escrow, open)),
  ]);
}

/** An amount goes back to a company: first off what it still owes, the rest as a refund. */
const givenBack = (companyId: string, amount: Cents, open: Cents): Entry[] => [
  credit(`receivable:${companyId}`, open),
  credit(`refund_due:${companyId}`, rest(amount, open, "open part")),
];

/**
 * A credit ends unused, or leaves a surplus. Null when nothing is left of it. Of one credit both may
 * happen: the surplus at the replacement's hire, and the rest when that falls off before its invoice.
 *
 * @param ended.part - 1 for the first; from the second on the key carries it
 */
export const creditEndPosting = (ended: { creditId: string; part: number; companyId: string; left: Cents; open: Cents }): Posting | null =>
  postIfAny("credit_end", partKey("credit_end", ended.creditId, ended.part), [
    debit(`credit:${ended.companyId}`, fits(ended.left, "credit")),
    ...givenBack(ended.companyId, ended.left, ended.open),
  ]);

const partKey = (kind: "credit_end" | "refund", id: string, part: number): string =>
  part === 1 ? postingKey(kind, id) : postingKey(kind, id, part);

/**
 * A placement is released: its escrow becomes what is owed to the recruiters, and the platform has
 * earned the rest. Null when the escrow holds nothing.
 *
 * @param release.payables - the net amounts of the transactions to be paid, held ones included
 */
export function releasePosting(release: {
  placementId: string;
  escrow: Cents;
  payables: readonly { recruiterId: string; net: Cents }[];
}): Posting | null {
  const owed = sum(release.payables.map(({ net }) => fits(net, "net")));
  return postIfAny("release", postingKey("release", release.placementId), [
    debit(`escrow:${release.placementId}`, fits(release.escrow, "escrow")),
    ...release.payables.map(({ recruiterId, net }) => credit(`payable:${recruiterId}`, net)),
    credit("platform_revenue", rest(release.escrow, owed, "payables")),
  ]);
}

/** A share was transferred to its payee. */
export const payoutPosting = (payout: { transactionId: string; recruiterId: string; net: Cents; balanceTransactionId: string }): Posting =>
  post("payout", postingKey("payout", payout.transactionId), [
    debit(`payable:${payout.recruiterId}`, fits(payout.net, "net")),
    credit("stripe_balance", payout.net, payout.balanceTransactionId),
  ]);

/** A share paid a debt of its payee instead of being transferred. */
export const nettingPosting = (netting: { transactionId: string; debtId: string; recruiterId: string; amount: Cents }): Posting =>
  post("netting", postingKey("netting", netting.transactionId, netting.debtId), [
    debit(`payable:${netting.recruiterId}`, fits(netting.amount, "amount")),
    credit(`debt:${netting.recruiterId}`, netting.amount),
  ]);

/** What a clawback takes from one recruiter. */
export interface ClawedPart {
  recruiterId: string;
  /** Taken off before it was sent. */
  unpaid: Cents;
  /** Sent or netted already, and now owed by the recruiter. */
  paid: Cents;
}

/** Where a clawback finds the money, and where it goes. */
export type ClawbackPosting = { clawbackId: string; companyId: string } &
  /** `open`: what of it comes off what the company still owes; null for a lost chargeback. */
  (
    | { stage: "before_release"; placementId: string; amount: Cents; open: Cents | null }
    | { stage: "after_release"; parts: readonly ClawedPart[]; platform: Cents; to: "refund_due" | "disputed" }
    /** A chargeback was lost on a placement that had failed: its credit is the company's no more, the rest is lost. */
    | { stage: "after_failure"; amount: Cents; credit: Cents }
  );

/**
 * A clawback: before the release it comes out of the escrow, after it out of what is owed, what was
 * paid and what the platform earned.
 */
export function clawbackPosting(clawback: ClawbackPosting): Posting {
  return post("clawback", postingKey("clawback", clawback.clawbackId), clawbackLines(clawback));
}

function clawbackLines(clawback: ClawbackPosting): Entry[] {
  const { companyId } = clawback;
  switch (clawback.stage) {
    case "before_release":
      return [
        debit(`escrow:${clawback.placementId}`, fits(clawback.amount, "amount")),
        ...(clawback.open === null
          ? [credit(`disputed:${companyId}`, clawback.amount)]
          : givenBack(companyId, clawback.amount, clawback.open)),
      ];
    case "after_release": {
      const taken = clawback.parts.flatMap(({ recruiterId, unpaid, paid }) => [
        debit(`payable:${recruiterId}`, fits(unpaid, "unpaid")),
        debit(`debt:${recruiterId}`, fits(paid, "paid")),
      ]);
      const total = plus(...taken.map(({ amount }) => amount), fits(clawback.platform, "platform"));
      return [...taken, debit("platform_revenue", clawback.platform), credit(`${clawback.to}:${companyId}`, total)];
    }
    case "after_failure":
      return [
        debit(`credit:${companyId}`, fits(clawback.credit, "credit")),
        debit("bad_debt", rest(clawback.amount, clawback.credit, "credit")),
        credit(`disputed:${companyId}`, clawback.amount),
      ];
  }
}

/** Stripe took a transfer back, or a part of it: the debt is paid. */
export const reversalPosting = (reversal: {
  operationId: string;
  recruiterId: string;
  amount: Cents;
  balanceTransactionId: string;
}): Posting =>
  post("reversal", postingKey("reversal", reversal.operationId), [
    debit("stripe_balance", fits(reversal.amount, "amount"), reversal.balanceTransactionId),
    credit(`debt:${reversal.recruiterId}`, reversal.amount),
  ]);

/**
 * A refund reached the company. One operation may take several refunds, one per payment: each moves
 * the balance by itself, so from the second on the key carries its number.
 */
export function refundPosting(refund: {
  operationId: string;
  /** 1 for the first. */
  part: number;
  companyId: string;
  amount: Cents;
  /** `chargeback`: the company's bank took it already. */
  money: ThroughStripe | ThroughBank | { through: "chargeback" };
}): Posting {
  const { operationId, part, companyId, amount, money } = refund;
  const from = {
    stripe: () => credit("stripe_balance", amount, (money as ThroughStripe).balanceTransactionId),
    bank: () => credit("bank", amount),
    chargeback: () => credit(`disputed:${companyId}`, amount),
  };
  return post("refund", partKey("refund", operationId, part), [
    debit(`refund_due:${companyId}`, fits(amount, "amount")),
    from[money.through](),
  ]);
}

/**
 * The money of a chargeback is withdrawn, or comes back.
 *
 * @param dispute.movement - counts the movements of one dispute, from 1
 * @param dispute.fee - what Stripe takes for it, or gives back with it
 */
export function disputePosting(dispute: {
  disputeId: string;
  movement: number;
  companyId: string;
  direction: "withdrawn" | "reinstated";
  amount: Cents;
  fee: Cents;
  balanceTransactionId: string;
}): Posting {
  const { companyId, amount, fee } = dispute;
  const moved = plus(fits(amount, "amount"), fits(fee, "fee"));
  const [to, from] = dispute.direction === "withdrawn" ? [debit, credit] : [credit, debit];
  return post("dispute", postingKey("dispute", dispute.disputeId, dispute.movement), [
    to(`disputed:${companyId}`, amount),
    to("stripe_fees", fee),
    from("stripe_balance", moved, dispute.balanceTransactionId),
  ]);
}

/**
 * The open part of an invoice is given up, or what of it is paid after all comes back.
 *
 * @param marked.movement - counts the movements of one invoice, from 1
 * @param marked.placementId - whose escrow holds the money: after a replacement, the replacement
 */
export function uncollectiblePosting(marked: {
  invoiceId: string;
  movement: number;
  placementId: string;
  companyId: string;
  direction: "marked" | "revived";
  amount: Cents;
}): Posting {
  const [escrow, receivable] = marked.direction === "marked" ? [debit, credit] : [credit, debit];
  return post("uncollectible", postingKey("uncollectible", marked.invoiceId, marked.movement), [
    escrow(`escrow:${marked.placementId}`, fits(marked.amount, "amount")),
    receivable(`receivable:${marked.companyId}`, marked.amount),
  ]);
}

/** An admin cancels a released transaction: its share stays with the platform. */
export const cancelPosting = (cancelled: { transactionId: string; recruiterId: string; net: Cents }): Posting =>
  post("cancel", postingKey("cancel", cancelled.transactionId), [
    debit(`payable:${cancelled.recruiterId}`, fits(cancelled.net, "net")),
    credit("platform_revenue", cancelled.net),
  ]);

/** A debt is given up. */
export const writeoffPosting = (writeoff: { debtId: string; recruiterId: string; amount: Cents }): Posting =>
  post("writeoff", postingKey("writeoff", writeoff.debtId), [
    debit("bad_debt", fits(writeoff.amount, "amount")),
    credit(`debt:${writeoff.recruiterId}`, writeoff.amount),
  ]);

/** A lost chargeback took more than its placement has left to give: the rest is lost. */
export const lostPosting = (lost: { disputeId: string; companyId: string; amount: Cents }): Posting =>
  post("writeoff", postingKey("writeoff", lost.disputeId), [
    debit("bad_debt", fits(lost.amount, "amount")),
    credit(`disputed:${lost.companyId}`, lost.amount),
  ]);

/**
 * An invoice for a plan, the API or an SLA is paid.
 *
 * @param paid.money - null when a service credit covered all of it
 * @param paid.serviceCredit - what a service credit covered; it needs the company it belongs to
 */
export function subscriptionPosting(paid: {
  stripeInvoiceId: string;
  money: PaymentMoney | null;
  serviceCredit: { companyId: string; amount: Cents } | null;
}): Posting {
  const { money, serviceCredit } = paid;
  return post("subscription", postingKey("subscription", paid.stripeInvoiceId), [
    ...(money ? received(money) : []),
    ...(serviceCredit ? [debit(`service_credit:${serviceCredit.companyId}`, fits(serviceCredit.amount, "service credit"))] : []),
    credit("subscription_revenue", plus(money?.gross ?? ZERO, serviceCredit?.amount ?? ZERO)),
  ]);
}

/** A month missed its SLA: the company is owed a credit on its next invoice. */
export const slaPosting = (sla: { creditId: string; companyId: string; amount: Cents }): Posting =>
  post("sla", postingKey("sla", sla.creditId), [
    debit("service_credits", fits(sla.amount, "amount")),
    credit(`service_credit:${sla.companyId}`, sla.amount),
  ]);

/** Stripe paid out to the platform's own bank account. */
export const sweepPosting = (sweep: { payoutId: string; amount: Cents; balanceTransactionId: string }): Posting =>
  post("sweep", postingKey("sweep", sweep.payoutId), [
    debit("bank", fits(sweep.amount, "amount")),
    credit("stripe_balance", sweep.amount, sweep.balanceTransactionId),
  ]);

/** The platform filled up its Stripe balance from its bank account. */
export const topupPosting = (topup: { topupId: string; amount: Cents; balanceTransactionId: string }): Posting =>
  post("topup", postingKey("topup", topup.topupId), [
    debit("stripe_balance", fits(topup.amount, "amount"), topup.balanceTransactionId),
    credit("bank", topup.amount),
  ]);
