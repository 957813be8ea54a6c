import { subscriptionChange } from "../subscriptions/perform-operation.ts";
import { issueInvoice } from "./issue-invoice.ts";
import { makeAccount } from "./make-account.ts";
import { makeCustomer } from "./make-customer.ts";
import type { OperationKind } from "./operation.ts";
import type { Performer } from "./performer.ts";
import { refundPayments } from "./refund-payments.ts";
import { reverseTransfer } from "./reverse-transfer.ts";
import { creditInvoice, voidInvoice } from "./void-invoice.ts";

/** How each kind of operation is done. */
export const PERFORMERS: { readonly [K in OperationKind]: Performer<K> } = {
  customer: makeCustomer,
  account: makeAccount,
  invoice_issue: issueInvoice,
  invoice_void: voidInvoice,
  credit_note: creditInvoice,
  refund: refundPayments,
  transfer_reversal: reverseTransfer,
  subscription: subscriptionChange,
};
