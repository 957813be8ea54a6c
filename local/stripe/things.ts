/** Names and texts that callers put on objects. */
export type Metadata = Record<string, string>;

/** What every object has. Fields that the stand-in only answers and never reads are not named. */
export interface Thing {
  id: string;
  object: string;
  [field: string]: unknown;
}

/** What most objects have besides. */
interface Dated extends Thing {
  /** Seconds. */
  created: number;
}

/** A list inside an object. */
export interface Listed<T> {
  object: "list";
  data: T[];
  has_more: boolean;
  url: string;
}

/** A connected account. */
export interface Account extends Dated {
  object: "account";
  capabilities: Record<string, "active" | "inactive" | "pending">;
  charges_enabled: boolean;
  country: string;
  default_currency: string;
  details_submitted: boolean;
  payouts_enabled: boolean;
  email: string | null;
  metadata: Metadata;
  external_accounts: Listed<BankAccount>;
  requirements: Requirements;
  business_profile: Record<string, unknown>;
  business_type: string | null;
  settings: { payouts: { debit_negative_balances: boolean; schedule: Record<string, unknown>; statement_descriptor: string | null } };
}

/** What Stripe still wants to know of an account. */
export interface Requirements {
  alternatives: unknown[];
  current_deadline: number | null;
  currently_due: string[];
  disabled_reason: string | null;
  errors: unknown[];
  eventually_due: string[];
  past_due: string[];
  pending_verification: string[];
}

/** Where an account is paid out to. */
export interface BankAccount {
  id: string;
  object: "bank_account";
  last4: string;
  [field: string]: unknown;
}

/** Someone who pays the platform. */
export interface Customer extends Dated {
  object: "customer";
  /** Below zero the customer has credit. */
  balance: number;
  email: string | null;
  name: string | null;
  phone: string | null;
  address: Record<string, string | null> | null;
  currency: string | null;
  delinquent: boolean;
  description: string | null;
  invoice_prefix: string;
  next_invoice_sequence: number;
  metadata: Metadata;
  invoice_settings: { default_payment_method: string | null; footer: string | null; custom_fields: null; rendering_options: null };
}

/** How a customer pays. Stripe has an API for it that we do not use; here it is set by a control or by a page. */
export interface PaymentMethod extends Dated {
  object: "payment_method";
  customer: string;
  type: Method;
  /** Whether it is refused whenever it is used. */
  declines: boolean;
}

/** The ways of paying that the stand-in knows. */
export type Method = "card" | "us_bank_account" | "customer_balance";

/** Something that is sold. */
export interface Product extends Dated {
  object: "product";
  name: string;
  active: boolean;
  description: string | null;
  metadata: Metadata;
  updated: number;
  url: string | null;
}

/** A part of a price by quantity; amounts in cents. */
export interface Tier {
  flat_amount: number | null;
  flat_amount_decimal: string | null;
  unit_amount: number | null;
  unit_amount_decimal: string | null;
  up_to: number | null;
}

/** The rhythm of a price. */
export interface Recurring {
  interval: "day" | "week" | "month" | "year";
  interval_count: number;
  meter: null;
  trial_period_days: null;
  usage_type: "licensed";
}

/** What a product costs, in cents. */
export interface Price extends Dated {
  object: "price";
  active: boolean;
  billing_scheme: "per_unit" | "tiered";
  currency: string;
  lookup_key: string | null;
  metadata: Metadata;
  nickname: string | null;
  product: string;
  recurring: Recurring | null;
  tiers?: Tier[];
  tiers_mode: "graduated" | "volume" | null;
  type: "one_time" | "recurring";
  unit_amount: number | null;
}

/** One price of a subscription and how many of it. */
export interface SubscriptionItem extends Dated {
  object: "subscription_item";
  current_period_start: number;
  current_period_end: number;
  metadata: Metadata;
  price: Price;
  plan: Record<string, unknown>;
  quantity: number;
  subscription: string;
}

/** How far a subscription is. */
export type SubscriptionState = "active" | "canceled" | "incomplete" | "incomplete_expired" | "past_due" | "paused" | "trialing" | "unpaid";

/** Something that is billed again and again. */
export interface Subscription extends Dated {
  object: "subscription";
  billing_cycle_anchor: number;
  cancel_at: number | null;
  cancel_at_period_end: boolean;
  canceled_at: number | null;
  cancellation_details: { comment: string | null; feedback: string | null; feedback_option: null; reason: string | null };
  collection_method: Collection;
  currency: string;
  customer: string;
  days_until_due: number | null;
  default_payment_method: string | null;
  description: string | null;
  ended_at: number | null;
  items: Listed<SubscriptionItem>;
  latest_invoice: string | null;
  metadata: Metadata;
  start_date: number;
  status: SubscriptionState;
  trial_start: number | null;
  trial_end: number | null;
  trial_settings: { end_behavior: { billing_cycle_anchor: null; missing_payment_method: "cancel" | "create_invoice" | "pause" } };
}

/** Whether an invoice is charged or sent. */
export type Collection = "charge_automatically" | "send_invoice";

/** A line of an invoice, in cents. */
export interface LineItem {
  id: string;
  object: "line_item";
  amount: number;
  description: string | null;
  invoice: string;
  metadata: Metadata;
  period: { start: number; end: number };
  [field: string]: unknown;
}

/** A bill; amounts in cents. */
export interface Invoice extends Dated {
  object: "invoice";
  amount_due: number;
  amount_overpaid: number;
  amount_paid: number;
  amount_remaining: number;
  attempt_count: number;
  attempted: boolean;
  auto_advance: boolean;
  automatically_finalizes_at: number | null;
  billing_reason: string | null;
  collection_method: Collection;
  currency: string;
  customer: string;
  customer_email: string | null;
  customer_name: string | null;
  default_payment_method: string | null;
  description: string | null;
  due_date: number | null;
  effective_at: number | null;
  ending_balance: number | null;
  footer: string | null;
  hosted_invoice_url?: string;
  invoice_pdf?: string;
  lines: Listed<LineItem>;
  metadata: Metadata;
  next_payment_attempt: number | null;
  number: string | null;
  parent: { type: "subscription_details"; subscription_details: { metadata: Metadata; subscription: string }; quote_details: null } | null;
  period_start: number;
  period_end: number;
  post_payment_credit_notes_amount: number;
  pre_payment_credit_notes_amount: number;
  starting_balance: number;
  statement_descriptor: string | null;
  status: "draft" | "open" | "paid" | "uncollectible" | "void";
  status_transitions: {
    finalized_at: number | null;
    marked_uncollectible_at: number | null;
    paid_at: number | null;
    voided_at: number | null;
  };
  subtotal: number;
  total: number;
}

/** Something to be billed on an invoice. */
export interface InvoiceItem extends Thing {
  object: "invoiceitem";
  amount: number;
  currency: string;
  customer: string;
  date: number;
  description: string | null;
  invoice: string | null;
  metadata: Metadata;
  period: { start: number; end: number };
  proration: boolean;
  quantity: number;
  pricing: { type: "price_details"; price_details?: { price: string; product: string }; unit_amount_decimal: string } | null;
  parent: { type: "subscription_details"; subscription_details: { subscription: string; subscription_item?: string } } | null;
}

/** A payment of an invoice, or the one it waits for. */
export interface InvoicePayment extends Dated {
  object: "invoice_payment";
  amount_paid: number | null;
  amount_requested: number;
  invoice: string;
  is_default: boolean;
  payment: { type: "payment_intent"; payment_intent: string };
  status: "open" | "paid" | "canceled";
  status_transitions: { canceled_at: number | null; paid_at: number | null };
}

/** A payment from its beginning on. */
export interface PaymentIntent extends Dated {
  object: "payment_intent";
  amount: number;
  amount_received: number;
  canceled_at: number | null;
  cancellation_reason: string | null;
  client_secret: string;
  currency: string;
  customer: string | null;
  last_payment_error: Record<string, unknown> | null;
  latest_charge: string | null;
  metadata: Metadata;
  payment_method: string | null;
  status: "canceled" | "requires_payment_method" | "succeeded" | "processing";
}

/** One attempt to take money; on a connected account, a transfer that arrived. */
export interface Charge extends Dated {
  object: "charge";
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  balance_transaction: string | null;
  currency: string;
  customer: string | null;
  disputed: boolean;
  paid: boolean;
  payment_intent: string | null;
  refunded: boolean;
  source_transfer: string | null;
  status: "failed" | "pending" | "succeeded";
  transfer_group: string | null;
}

/** Money that goes back to the payer. */
export interface Refund extends Dated {
  object: "refund";
  amount: number;
  balance_transaction: string | null;
  charge: string;
  currency: string;
  metadata: Metadata;
  payment_intent: string | null;
  pending_reason?: string;
  failure_reason?: string;
  failure_balance_transaction?: string;
  reason: string | null;
  status: "pending" | "succeeded" | "failed" | "canceled";
  transfer_reversal: string | null;
  source_transfer_reversal: string | null;
}

/** A part of a transfer that came back. */
export interface TransferReversal extends Dated {
  object: "transfer_reversal";
  amount: number;
  metadata: Metadata;
  transfer: string;
}

/** Money from the platform to a connected account. */
export interface Transfer extends Dated {
  object: "transfer";
  amount: number;
  amount_reversed: number;
  balance_transaction: string;
  currency: string;
  description: string | null;
  destination: string;
  destination_payment: string;
  metadata: Metadata;
  reversals: Listed<TransferReversal>;
  reversed: boolean;
  transfer_group: string | null;
}

/** What is taken off a final invoice. */
export interface CreditNote extends Dated {
  object: "credit_note";
  amount: number;
  customer: string;
  invoice: string;
  metadata: Metadata;
  post_payment_amount: number;
  pre_payment_amount: number;
}

/** Money from a balance to a bank. */
export interface Payout extends Dated {
  object: "payout";
  amount: number;
  arrival_date: number;
  automatic: boolean;
  balance_transaction: string;
  currency: string;
  destination: string | null;
  failure_balance_transaction: string | null;
  failure_code: string | null;
  failure_message: string | null;
  metadata: Metadata;
  status: "pending" | "in_transit" | "paid" | "failed" | "canceled";
}

/** A payment that the payer's bank takes back. */
export interface Dispute extends Dated {
  object: "dispute";
  amount: number;
  balance_transactions: BalanceTransaction[];
  charge: string;
  currency: string;
  payment_intent: string | null;
  status: "needs_response" | "under_review" | "won" | "lost";
  is_charge_refundable: boolean;
}

/** What moved a balance. */
export interface BalanceTransaction extends Dated {
  object: "balance_transaction";
  amount: number;
  available_on: number;
  currency: string;
  fee: number;
  net: number;
  source: string | null;
  status: "available" | "pending";
  type: string;
}

/** Something that happened. */
export interface StripeEvent extends Dated {
  object: "event";
  type: string;
  account?: string;
  data: { object: Record<string, unknown>; previous_attributes?: Record<string, unknown> };
  pending_webhooks: number;
}

/** Where events are sent. */
export interface WebhookEndpoint extends Dated {
  object: "webhook_endpoint";
  url: string;
  enabled_events: string[];
  description: string | null;
  metadata: Metadata;
  status: "enabled" | "disabled";
}

/** A hosted page on which something is paid. */
export interface CheckoutSession extends Dated {
  object: "checkout.session";
  amount_total: number | null;
  cancel_url: string | null;
  currency: string | null;
  customer: string | null;
  expires_at: number;
  metadata: Metadata;
  mode: "payment" | "setup" | "subscription";
  payment_intent: string | null;
  payment_status: "no_payment_required" | "paid" | "unpaid";
  status: "complete" | "expired" | "open" | null;
  subscription: string | null;
  success_url: string | null;
  url: string | null;
}

/** A hosted page on which a customer looks after subscriptions. */
export interface PortalSession extends Dated {
  object: "billing_portal.session";
  customer: string;
  return_url: string | null;
  url: string;
}

/** Every table of the stand-in and what its rows are. */
export interface Things {
  accounts: Account;
  customers: Customer;
  payment_methods: PaymentMethod;
  products: Product;
  prices: Price;
  subscriptions: Subscription;
  invoices: Invoice;
  invoiceitems: InvoiceItem;
  invoice_payments: InvoicePayment;
  payment_intents: PaymentIntent;
  charges: Charge;
  refunds: Refund;
  transfers: Transfer;
  credit_notes: CreditNote;
  payouts: Payout;
  disputes: Dispute;
  balance_transactions: BalanceTransaction;
  events: StripeEvent;
  webhook_endpoints: WebhookEndpoint;
  checkout_sessions: CheckoutSession;
  portal_sessions: PortalSession;
}

/** The name of a table. */
export type TableName = keyof Things;

/** What Stripe calls a row of each table in "No such …". */
export const NOUNS: Readonly<Record<TableName, string>> = {
  accounts: "account",
  customers: "customer",
  payment_methods: "PaymentMethod",
  products: "product",
  prices: "price",
  subscriptions: "subscription",
  invoices: "invoice",
  invoiceitems: "invoiceitem",
  invoice_payments: "invoice_payment",
  payment_intents: "payment_intent",
  charges: "charge",
  refunds: "refund",
  transfers: "transfer",
  credit_notes: "credit_note",
  payouts: "payout",
  disputes: "dispute",
  balance_transactions: "balance_transaction",
  events: "event",
  webhook_endpoints: "webhook_endpoint",
  checkout_sessions: "checkout.session",
  portal_sessions: "billing_portal.session",
};
