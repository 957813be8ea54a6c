import { invoiceMoved, invoicePaymentArrived, invoicePaymentRefused, refundMoved } from "../invoices/on-stripe-event.ts";
import type { Closing } from "../closing.ts";
import type { Context } from "../context.ts";
import { accountPaidOut, accountPayoutFailed, accountUpdated } from "../payout-accounts/on-stripe-event.ts";
import { transferTold } from "../payouts/on-stripe-event.ts";
import type { ProviderEvent } from "../ports.ts";
import { chargebackChanged } from "../disputes/on-stripe-event.ts";
import { planInvoicePaid, subscriptionChanged } from "../subscriptions/on-stripe-event.ts";
import { customerUpdated } from "./customer-updated.ts";

/**
 * Does what an event of Stripe calls for: fetches the object it names, through a port, and commits the
 * effect with `closing`. Answers false when it has no effect and nothing was committed. State only
 * moves forward, so events may come twice, late and in any order.
 */
export type EventHandler = (ctx: Context, event: ProviderEvent, closing: Closing) => Promise<boolean>;

/** Who works on which type of event of the platform's own account; each owner adds a line. A type without one is only marked. */
const OF_PLATFORM: Readonly<Record<string, EventHandler>> = {
  "charge.dispute.created": chargebackChanged,
  "charge.dispute.updated": chargebackChanged,
  "charge.dispute.funds_withdrawn": chargebackChanged,
  "charge.dispute.funds_reinstated": chargebackChanged,
  "charge.dispute.closed": chargebackChanged,
  "customer.updated": customerUpdated,
  "account.updated": accountUpdated,
  "transfer.created": transferTold,
  "transfer.updated": transferTold,
  "transfer.reversed": transferTold,
  "customer.subscription.created": subscriptionChanged,
  "customer.subscription.updated": subscriptionChanged,
  "customer.subscription.deleted": subscriptionChanged,
  "customer.subscription.paused": subscriptionChanged,
  "customer.subscription.resumed": subscriptionChanged,
  "invoice.paid": async (ctx, told, closing) => (await planInvoicePaid(ctx, told, closing)) || invoiceMoved(ctx, told, closing),
  "invoice.finalized": invoiceMoved,
  "invoice.voided": invoiceMoved,
  "invoice.marked_uncollectible": invoiceMoved,
  "invoice_payment.paid": invoicePaymentArrived,
  "invoice.payment_failed": invoicePaymentRefused,
  "refund.created": refundMoved,
  "refund.updated": refundMoved,
  "refund.failed": refundMoved,
};

/** The same of the accounts of recruiters. Whatever else happens there is theirs: its objects are none that the platform could fetch. */
const OF_ACCOUNTS: Readonly<Record<string, EventHandler>> = {
  "account.updated": accountUpdated,
  "payout.paid": accountPaidOut,
  "payout.failed": accountPayoutFailed,
};

/** Who works on an event; nobody on most. */
export const handlerOf = ({ account, type }: Pick<ProviderEvent, "account" | "type">): EventHandler | undefined =>
  (account === null ? OF_PLATFORM : OF_ACCOUNTS)[type];
