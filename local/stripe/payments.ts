import { changed, emit } from "./events.ts";
import { balanceOf, move } from "./ledger.ts";
import { invalid, StripeRefusal } from "./refusal.ts";
import type { Charge, Dispute, Metadata, Method, PaymentIntent, PaymentMethod, Refund } from "./things.ts";
import { DAY, PLATFORM, type World } from "./world.ts";

/** What Stripe withdraws for a dispute on top of its amount, in cents. */
export const DISPUTE_FEE_CENTS = 1500;

/** A charge that succeeded; what it moves is the caller's affair. */
export function newCharge(world: World, prefix: "ch" | "py", owner: string, given: Partial<Charge> & { amount: number }): Charge {
  const charge: Charge = {
    id: world.id(prefix),
    object: "charge",
    amount_captured: given.amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: null,
    captured: true,
    created: world.seconds(),
    currency: "usd",
    customer: null,
    description: null,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: false,
    metadata: {},
    on_behalf_of: null,
    outcome: null,
    paid: true,
    payment_intent: null,
    payment_method: null,
    payment_method_details: null,
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "succeeded",
    transfer_data: null,
    transfer_group: null,
    ...given,
  };
  return world.keep("charges", charge, owner);
}

/** A payment that waits for its method. */
export function newIntent(
  world: World,
  given: { amount: number; customer: string | null; description?: string | null; metadata?: Metadata; receipt_email?: string | null },
): PaymentIntent {
  const id = world.id("pi");
  const intent: PaymentIntent = {
    id,
    object: "payment_intent",
    allowed_payment_method_types: null,
    amount: given.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: "automatic",
    client_secret: `${id}_secret_${world.secret(25)}`,
    confirmation_method: "automatic",
    created: world.seconds(),
    currency: "usd",
    customer: given.customer,
    customer_account: null,
    description: given.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: given.metadata ?? {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ["card", "us_bank_account", "customer_balance"],
    payment_record: null,
    processing: null,
    receipt_email: given.receipt_email ?? null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "requires_payment_method",
    transfer_group: null,
  };
  world.keep("payment_intents", intent);
  emit(world, "payment_intent.created", intent);
  return intent;
}

/** Takes the money of a payment: fee off, available after the settlement days. */
export function succeed(world: World, intent: PaymentIntent, type: Method, method: PaymentMethod | null): Charge {
  const { bp, fixedCents } = world.state.fees;
  const fee = Math.min(intent.amount, Math.floor((2 * intent.amount * bp + 10_000) / 20_000) + fixedCents);
  const charge = newCharge(world, type === "card" ? "ch" : "py", PLATFORM, {
    amount: intent.amount,
    customer: intent.customer,
    description: intent["description"],
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: "approved_by_network",
      reason: null,
      risk_level: "normal",
      seller_message: "Payment complete.",
      type: "authorized",
    },
    payment_intent: intent.id,
    payment_method: method?.id ?? null,
    payment_method_details: detailsOf(type),
  });
  const [received] = move(
    world,
    `charge ${charge.id}`,
    [
      {
        owner: PLATFORM,
        amount: intent.amount,
        fee,
        type: type === "card" ? "charge" : "payment",
        category: "charge",
        source: charge.id,
        description: intent["description"] as string | null,
        availableOn: world.seconds() + world.options.settlementDays * DAY,
      },
    ],
    { payers: -intent.amount },
  );
  charge.balance_transaction = received?.id ?? null;
  intent.latest_charge = charge.id;
  intent.payment_method = method?.id ?? null;
  intent.last_payment_error = null;
  intent.amount_received = intent.amount;
  intent.status = "succeeded";
  emit(world, "charge.succeeded", charge);
  emit(world, "payment_intent.succeeded", intent);
  return charge;
}

/** Notes that a payment was declined. */
export function decline(world: World, intent: PaymentIntent, method: PaymentMethod | null): Charge {
  const type = method?.type ?? "card";
  const charge = newCharge(world, type === "card" ? "ch" : "py", PLATFORM, {
    amount: intent.amount,
    amount_captured: 0,
    captured: false,
    customer: intent.customer,
    failure_code: "card_declined",
    failure_message: "Your card was declined.",
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: "05",
      network_status: "declined_by_network",
      reason: "generic_decline",
      risk_level: "normal",
      seller_message: "The bank did not return any further details with this decline.",
      type: "issuer_declined",
    },
    paid: false,
    payment_intent: intent.id,
    payment_method: method?.id ?? null,
    payment_method_details: detailsOf(type),
    status: "failed",
  });
  intent.latest_charge = charge.id;
  intent.last_payment_error = {
    charge: charge.id,
    code: "card_declined",
    decline_code: "generic_decline",
    doc_url: "https://stripe.com/docs/error-codes/card-declined",
    message: "Your card was declined.",
    type: "card_error",
  };
  emit(world, "charge.failed", charge);
  emit(world, "payment_intent.payment_failed", intent);
  return charge;
}

/** What Stripe answers to whoever tried to pay with a declining method. */
export const declined = (charge: Charge): StripeRefusal =>
  new StripeRefusal(402, {
    type: "card_error",
    code: "card_declined",
    decline_code: "generic_decline",
    message: "Your card was declined.",
    charge: charge.id,
  });

const detailsOf = (type: Method) =>
  type === "card"
    ? {
        card: {
          brand: "visa",
          checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
          country: "US",
          exp_month: 12,
          exp_year: 2040,
          fingerprint: "StandInFingerprint",
          funding: "credit",
          installments: null,
          last4: "4242",
          mandate: null,
          network: "visa",
          three_d_secure: null,
          wallet: null,
        },
        type,
      }
    : {
        [type]:
          type === "us_bank_account"
            ? {
                account_holder_type: "company",
                account_type: "checking",
                bank_name: "STRIPE TEST BANK",
                last4: "6789",
                routing_number: "110000000",
              }
            : {},
        type,
      };

/** Cancels a payment that nobody will make any more. */
export function cancelIntent(world: World, intent: PaymentIntent, reason: "void_invoice" | "automatic"): void {
  if (intent.status === "succeeded" || intent.status === "canceled") return;
  intent.status = "canceled";
  intent.canceled_at = world.seconds();
  intent.cancellation_reason = reason;
  emit(world, "payment_intent.canceled", intent);
}

/**
 * Gives a charge back, whole or in part. Refuses more than is left, and a charge whose dispute was not won. When the
 * available balance is too small the refund is pending until it is not.
 */
export function refund(
  world: World,
  charge: Charge,
  given: { amount?: number | undefined; metadata: Metadata; reason: string | null },
): Refund {
  const left = charge.amount - charge.amount_refunded;
  const amount = given.amount ?? left;
  if (charge.status !== "succeeded")
    throw invalid(`Charge ${charge.id} has not been captured or has failed; it cannot be refunded.`, { code: "charge_not_refundable" });
  if (left === 0) throw invalid(`Charge ${charge.id} has already been refunded.`, { code: "charge_already_refunded" });
  if (world.all("disputes").some((dispute) => dispute.charge === charge.id && dispute.status !== "won"))
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, { code: "charge_disputed" });
  if (amount > left) {
    throw invalid(
      `Refund amount ($${(amount / 100).toFixed(2)}) is greater than unrefunded amount on charge ($${(left / 100).toFixed(2)})`,
      { param: "amount" },
    );
  }
  const refund: Refund = {
    id: world.id("re"),
    object: "refund",
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: world.seconds(),
    currency: "usd",
    customer: charge.customer,
    customer_account: null,
    destination_details: { card: { type: "refund" }, type: "card" },
    metadata: given.metadata,
    payment_intent: charge.payment_intent,
    payment_method: null,
    pending_reason: "insufficient_funds",
    reason: given.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: "pending",
    transfer_reversal: null,
  };
  world.keep("refunds", refund);
  const covered = balanceOf(world, PLATFORM).available >= amount;
  if (covered) payRefund(world, refund);
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount;
  emit(world, "refund.created", refund);
  emit(world, "charge.refunded", charge);
  return refund;
}

function payRefund(world: World, refund: Refund): void {
  const [given] = move(
    world,
    `refund ${refund.id}`,
    [{ owner: PLATFORM, amount: -refund.amount, type: "refund", category: "refund", source: refund.id, description: "REFUND FOR CHARGE" }],
    { payers: refund.amount },
  );
  refund.balance_transaction = given?.id ?? null;
  refund.status = "succeeded";
  delete refund.pending_reason;
}

/** Pays the refunds that waited for money, oldest first. */
export function payPendingRefunds(world: World): void {
  for (const refund of world.all("refunds")) {
    if (refund.status !== "pending" || balanceOf(world, PLATFORM).available < refund.amount) continue;
    changed(world, "refund.updated", refund, () => payRefund(world, refund));
  }
}

/** The payer's bank did not take a refund: the money comes back. */
export function failRefund(world: World, refund: Refund): void {
  if (refund.status === "failed") throw new Error(`${refund.id} has failed already`);
  if (refund.status === "succeeded") {
    const [back] = move(
      world,
      `refund failed ${refund.id}`,
      [
        {
          owner: PLATFORM,
          amount: refund.amount,
          type: "refund_failure",
          category: "refund_failure",
          source: refund.id,
          description: "REFUND FAILURE",
        },
      ],
      { payers: -refund.amount },
    );
    if (back) refund.failure_balance_transaction = back.id;
  }
  delete refund.pending_reason;
  refund.failure_reason = "lost_or_stolen_card";
  refund.status = "failed";
  const charge = world.sure("charges", refund.charge);
  charge.amount_refunded -= refund.amount;
  charge.refunded = false;
  emit(world, "refund.failed", refund);
}

/** The payer's bank takes a payment back; Stripe withdraws it and its fee at once. */
export function openDispute(world: World, charge: Charge, given: { amount?: number | undefined; reason?: string | undefined }): Dispute {
  const amount = given.amount ?? charge.amount - charge.amount_refunded;
  if (charge.disputed || charge.status !== "succeeded" || amount < 1 || amount > charge.amount - charge.amount_refunded) {
    throw new Error(`${charge.id} cannot be disputed over ${amount}`);
  }
  const id = world.id("du");
  const transactions = move(
    world,
    `dispute ${id}`,
    [
      {
        owner: PLATFORM,
        amount: -amount,
        fee: DISPUTE_FEE_CENTS,
        type: "adjustment",
        category: "dispute",
        source: id,
        description: `Chargeback withdrawal for ${charge.id}`,
      },
    ],
    { payers: amount },
  );
  const dispute: Dispute = {
    id,
    object: "dispute",
    amount,
    balance_transactions: structuredClone(transactions),
    charge: charge.id,
    created: world.seconds(),
    currency: "usd",
    enhanced_eligibility_types: [],
    evidence: Object.fromEntries([...EVIDENCE.map((name) => [name, null] as const), ["enhanced_evidence", {}] as const]),
    evidence_details: {
      due_by: world.seconds() + 20 * DAY,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: "not_submitted",
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: { card: { brand: "visa", case_type: "chargeback", network_reason_code: "10.4" }, type: "card" },
    reason: given.reason ?? "general",
    status: "needs_response",
  };
  charge.disputed = true;
  world.keep("disputes", dispute);
  emit(world, "charge.dispute.created", dispute);
  emit(world, "charge.dispute.funds_withdrawn", dispute);
  return dispute;
}

/** The bank decides a dispute. Won: the amount comes back, the fee does not. Lost: nothing moves any more. */
export function closeDispute(world: World, dispute: Dispute, outcome: "won" | "lost"): void {
  if (dispute.status === "won" || dispute.status === "lost") throw new Error(`${dispute.id} is ${dispute.status} already`);
  if (outcome === "won") {
    const transactions = move(
      world,
      `dispute won ${dispute.id}`,
      [
        {
          owner: PLATFORM,
          amount: dispute.amount,
          type: "adjustment",
          category: "dispute_reversal",
          source: dispute.id,
          description: `Chargeback reversal for ${dispute.charge}`,
        },
      ],
      { payers: -dispute.amount },
    );
    dispute.balance_transactions.push(...structuredClone(transactions));
  }
  dispute.status = outcome;
  if (outcome === "won") emit(world, "charge.dispute.funds_reinstated", dispute);
  emit(world, "charge.dispute.closed", dispute);
}

const EVIDENCE = [
  "access_activity_log",
  "billing_address",
  "cancellation_policy",
  "cancellation_policy_disclosure",
  "cancellation_rebuttal",
  "customer_communication",
  "customer_email_address",
  "customer_name",
  "customer_purchase_ip",
  "customer_signature",
  "duplicate_charge_documentation",
  "duplicate_charge_explanation",
  "duplicate_charge_id",
  "product_description",
  "receipt",
  "refund_policy",
  "refund_policy_disclosure",
  "refund_refusal_explanation",
  "service_date",
  "service_documentation",
  "shipping_address",
  "shipping_carrier",
  "shipping_date",
  "shipping_documentation",
  "shipping_tracking_number",
  "uncategorized_file",
  "uncategorized_text",
];
