import { Stripe } from "stripe";
import { OPERATIONS } from "#local/stripe/engine.ts";
import { bench, type Bench, invoiced, payee, paymentOf, refusal } from "./setup.ts";
import { nameless } from "./vendored.ts";

/** One answer of the API with the operation that gave it. */
export interface Answer {
  /** `GET /v1/transfers/{}` */
  operation: string;
  http: number;
  body: unknown;
}

/** Calls every operation of the stand-in at least once, in many states, and collects what it answered. */
export async function tour(): Promise<Answer[]> {
  const world = bench();
  const answers: Answer[] = [];
  const watching: typeof world.engine.fetch = async (input, init) => {
    const request = new Request(input, init);
    const response = await world.engine.fetch(request);
    const body: unknown = await response.clone().json();
    answers.push({ operation: operationOf(request), http: response.status, body });
    return response;
  };
  const stripe = new Stripe("sk_test_stand_in", {
    httpClient: Stripe.createFetchHttpClient(watching),
    maxNetworkRetries: 0,
    telemetry: false,
  });
  const seen: Bench = { ...world, stripe };
  seen.engine.addWebhookEndpoint({ url: "https://a.test/", secret: "whsec_a" });

  const account = await accountsAndTransfers(seen);
  await bills(seen);
  await subscriptions(seen);
  await endpoints(seen, account);
  await refusals(seen);
  for await (const event of stripe.events.list({ limit: 100 })) void event;
  for await (const event of stripe.events.list({ limit: 100 }, { stripeAccount: account })) void event;
  seen.engine.assertConserved();
  return answers;
}

function operationOf({ method, url }: Request): string {
  const given = new URL(url).pathname.split("/");
  const fits = ({ method: wanted, path }: { method: string; path: string }) => {
    const parts = path.split("/");
    return (
      wanted === method && parts.length === given.length && parts.every((part, index) => part === given[index] || part.startsWith("{"))
    );
  };
  const exact = OPERATIONS.find(fits);
  return exact ? `${method} ${nameless(exact.path)}` : `${method} ?`;
}

async function accountsAndTransfers(world: Bench): Promise<string> {
  const { stripe, engine } = world;
  engine.fundPlatform({ amount: 1_000_000 });
  const full = await stripe.accounts.create({
    type: "express",
    country: "US",
    email: "r@example.test",
    business_type: "individual",
    business_profile: { mcc: "7361", url: "https://example.test", product_description: "Recruiting" },
    capabilities: { transfers: { requested: true }, card_payments: { requested: true } },
    individual: { first_name: "Rhea", last_name: "Rice", email: "r@example.test" },
    company: { name: "Rice LLC" },
    settings: { payouts: { schedule: { interval: "weekly", weekly_anchor: "monday" }, statement_descriptor: "SPLITS" } },
    metadata: { a: "1" },
  });
  await stripe.accountLinks.create({
    account: full.id,
    type: "account_onboarding",
    return_url: "https://a.test/",
    refresh_url: "https://a.test/",
    collection_options: { fields: "currently_due" },
  });
  await stripe.accounts.update(full.id, { metadata: { a: "", b: "2" }, capabilities: { card_payments: { requested: false } } });
  const account = await payee(world);
  await stripe.accounts.retrieve(account);
  await stripe.accounts.createLoginLink(account);
  engine.setPayoutsEnabled({ account: full.id, enabled: false });
  engine.setCapability({ account: full.id, capability: "transfers", state: "pending" });
  await stripe.accounts.list({ limit: 2, created: { gt: 0 } });

  const { id } = await stripe.transfers.create({
    amount: 50_000,
    currency: "usd",
    destination: account,
    description: "d",
    transfer_group: "g",
    metadata: { m: "1" },
  });
  await stripe.transfers.retrieve(id, { expand: ["destination", "destination_payment", "balance_transaction"] });
  await stripe.transfers.update(id, { metadata: { n: "2" } });
  const reversal = await stripe.transfers.createReversal(id, { amount: 1000, metadata: { r: "1" } });
  await stripe.transfers.retrieveReversal(id, reversal.id);
  await stripe.transfers.listReversals(id, { limit: 3 });
  await stripe.transfers.list({ transfer_group: "g", destination: account, expand: ["data.balance_transaction"] });

  const on = { stripeAccount: account };
  await stripe.balance.retrieve();
  await stripe.balance.retrieve({}, on);
  const { data } = await stripe.balanceTransactions.list({ type: "payment" }, on);
  await stripe.balanceTransactions.retrieve(data[0]!.id, { expand: ["source"] }, on);
  await stripe.charges.list({}, on);
  const payout = await stripe.payouts.create({ amount: 100, currency: "usd", description: "p", metadata: { p: "1" } }, on);
  await stripe.payouts.update(payout.id, { metadata: { q: "2" } }, on);
  engine.payOut({ account, amount: 200, outcome: "failed" });
  engine.payOut({ account });
  engine.advance({ days: 3 });
  await stripe.payouts.retrieve(payout.id, { expand: ["balance_transaction"] }, on);
  await stripe.payouts.list({ limit: 5 }, on);
  await stripe.balanceTransactions.list({}, on);
  return account;
}

async function bills(world: Bench): Promise<void> {
  const { stripe, engine } = world;
  const customer = await stripe.customers.create({
    email: "books@acme.test",
    name: "Acme",
    phone: "+1",
    description: "A company",
    address: { line1: "1 Road", city: "Town", country: "US" },
    metadata: { company_id: "c" },
  });
  await stripe.customers.update(customer.id, {
    metadata: { company_id: "" },
    name: "Acme Inc",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  await stripe.customers.retrieve(customer.id, { expand: ["subscriptions"] });
  await stripe.customers.list({ email: "books@acme.test" });

  const used = { event_name: "api_overage_units", payload: { stripe_customer_id: customer.id, value: "25" } };
  await stripe.billing.meterEvents.create({ ...used, identifier: "a:1" });
  const pending = await stripe.invoiceItems.create({ customer: customer.id, amount: 700, currency: "usd", description: "Later" });
  await stripe.invoiceItems.retrieve(pending.id);
  await stripe.invoiceItems.list({ pending: true });
  const draft = await stripe.invoices.create({
    customer: customer.id,
    pending_invoice_items_behavior: "include",
    custom_fields: [{ name: "PO", value: "1" }],
    description: "Fees",
    footer: "Thanks",
    metadata: { x: "1" },
    payment_settings: { payment_method_types: ["card"] },
  });
  await stripe.invoices.update(draft.id, { metadata: { x: "2" }, description: "Fee" });
  const gone = await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 1, currency: "usd" });
  await stripe.invoiceItems.del(gone.id);
  const discount = await stripe.invoiceItems.create({
    customer: customer.id,
    invoice: draft.id,
    amount: -100,
    currency: "usd",
    metadata: { kind: "discount" },
    period: { start: 1, end: 2 },
  });
  await stripe.invoices.listLineItems(draft.id, { limit: 1 });
  await stripe.invoices.finalizeInvoice(draft.id, { auto_advance: false, expand: ["customer"] });
  await stripe.invoices.pay(draft.id, { expand: ["payments"] });
  await stripe.invoiceItems.retrieve(discount.id, { expand: ["invoice"] });
  await stripe.invoices.del((await stripe.invoices.create({ customer: customer.id })).id);

  const { invoice } = await invoiced(world, 100_000);
  engine.payInvoice({ invoice, amount: 40_000, method: "us_bank_account" });
  engine.failPayment({ invoice });
  await stripe.paymentIntents.list({ limit: 3 });
  engine.payInvoice({ invoice, method: "customer_balance" });
  const { intent, charge } = await paymentOf(world, invoice);
  const { data } = await stripe.invoicePayments.list({ invoice, payment: { type: "payment_intent", payment_intent: intent } });
  await stripe.invoicePayments.retrieve(data[0]!.id, { expand: ["invoice"] });
  await stripe.paymentIntents.retrieve(intent, { expand: ["latest_charge.balance_transaction"] });
  engine.advance({ days: 3 });
  const refund = await stripe.refunds.create({
    payment_intent: intent,
    amount: 100,
    reason: "requested_by_customer",
    metadata: { r: "1" },
  });
  await stripe.refunds.update(refund.id, { metadata: { r: "2" } });
  await stripe.refunds.retrieve(refund.id, { expand: ["charge", "balance_transaction"] });
  engine.failRefund({ refund: refund.id });
  await stripe.refunds.list({ charge });
  await stripe.charges.retrieve(charge, { expand: ["refunds", "balance_transaction"] });
  await stripe.charges.list({ payment_intent: intent });
  const dispute = engine.openDispute({ charge });
  await stripe.disputes.retrieve(dispute.id, { expand: ["charge", "payment_intent"] });
  engine.winDispute({ dispute: dispute.id });
  await stripe.disputes.list({ charge });
  const note = await stripe.creditNotes.create({
    invoice,
    amount: 500,
    credit_amount: 300,
    out_of_band_amount: 200,
    reason: "order_change",
    memo: "m",
  });
  await stripe.creditNotes.retrieve(note.id, { expand: ["invoice"] });

  const { invoice: open } = await invoiced(world, 5000);
  const [line] = (await stripe.invoices.listLineItems(open)).data;
  await stripe.creditNotes.create({ invoice: open, lines: [{ type: "invoice_line_item", invoice_line_item: line!.id, amount: 1000 }] });
  await stripe.creditNotes.list({ invoice: open });
  await stripe.invoices.markUncollectible(open);
  await stripe.invoices.pay(open, { paid_out_of_band: true });
  const { invoice: voided } = await invoiced(world, 5000);
  await stripe.invoices.voidInvoice(voided);
  await invoiced(world, 5000, 1);
  engine.advance({ days: 2 });
  await stripe.invoices.retrieve(voided);
  await stripe.invoices.list({ status: "open", expand: ["data.payments"] });
  engine.drainPlatform({});
  const { invoice: soon } = await invoiced(world, 5000);
  engine.payInvoice({ invoice: soon });
  await stripe.refunds.create({ payment_intent: (await paymentOf(world, soon)).intent });
  await stripe.refunds.list({ limit: 1 });
  engine.advance({ days: 2 });
  engine.fundPlatform({ amount: 1_000_000 });
  engine.advance({ days: 2 });
}

async function subscriptions({ stripe, engine }: Bench): Promise<void> {
  const product = await stripe.products.create({ name: "Team", description: "For teams", metadata: { plan: "premium" } });
  await stripe.products.retrieve(product.id);
  await stripe.products.update(product.id, { name: "Teams", metadata: { plan: "paid" } });
  await stripe.products.list({ active: true, ids: [product.id] });
  const monthly = await stripe.prices.create({
    product: product.id,
    currency: "usd",
    lookup_key: "team_monthly",
    recurring: { interval: "month" },
    billing_scheme: "tiered",
    tiers_mode: "volume",
    tiers: [
      { up_to: 9, unit_amount: 24_900 },
      { up_to: "inf", unit_amount: 19_920 },
    ],
    expand: ["tiers"],
  });
  const yearly = await stripe.prices.create({
    product_data: { name: "Year" },
    currency: "usd",
    unit_amount: 249_900,
    recurring: { interval: "year" },
    nickname: "y",
  });
  const once = await stripe.prices.create({ product: product.id, currency: "usd", unit_amount: 999 });
  await stripe.prices.update(monthly.id, { nickname: "m" });
  await stripe.prices.retrieve(monthly.id, { expand: ["tiers", "product"] });
  await stripe.prices.list({ lookup_keys: ["team_monthly"], type: "recurring" });

  const customer = await stripe.customers.create({ email: "lead@team.test" });
  engine.setPaymentMethod({ customer: customer.id });
  const first = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: monthly.id, quantity: 10 }],
    metadata: { team_id: "t" },
    expand: ["latest_invoice"],
  });
  await stripe.invoiceItems.create({ customer: customer.id, pricing: { price: once.id }, quantity: 2, subscription: first.id });
  engine.advance({ days: 10 });
  await stripe.subscriptions.update(first.id, { items: [{ id: first.items.data[0]!.id, quantity: 9 }] });
  await stripe.subscriptions.update(first.id, { items: [{ price: once.id }] }).catch(() => {});
  await stripe.subscriptionItems.list({ subscription: first.id });
  engine.advance({ days: 25 });
  engine.setPaymentMethod({ customer: customer.id, declines: true });
  engine.advance({ days: 32 });
  await stripe.subscriptions.retrieve(first.id, { expand: ["latest_invoice.lines", "customer"] });
  engine.setPaymentMethod({ customer: customer.id });
  engine.advance({ days: 8 });
  await stripe.subscriptions.update(first.id, { items: [{ id: first.items.data[0]!.id, price: yearly.id, quantity: 1 }] });
  await stripe.subscriptions.update(first.id, { cancel_at_period_end: true, cancellation_details: { feedback: "too_expensive" } });
  const trial = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: monthly.id }],
    trial_period_days: 7,
    trial_settings: { end_behavior: { missing_payment_method: "pause" } },
  });
  await stripe.subscriptions.list({ customer: customer.id, status: "all" });
  engine.advance({ days: 8 });
  await stripe.subscriptions.cancel(trial.id, { prorate: true, invoice_now: true, cancellation_details: { comment: "bye" } });

  const poor = await stripe.customers.create({ email: "poor@team.test" });
  const paused = await stripe.subscriptions.create({
    customer: poor.id,
    items: [{ price: monthly.id }],
    trial_end: Math.floor(Date.now() / 1000) + 10 * 365 * 86_400,
    trial_settings: { end_behavior: { missing_payment_method: "pause" } },
  });
  await stripe.subscriptions.update(paused.id, { trial_end: "now" });
  engine.setPaymentMethod({ customer: poor.id });
  engine.resumeSubscription({ subscription: paused.id });
  await stripe.subscriptions.create({
    customer: poor.id,
    items: [{ price: monthly.id }],
    collection_method: "send_invoice",
    days_until_due: 3,
  });
  engine.advance({ days: 5 });

  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    customer: customer.id,
    line_items: [{ price: once.id, quantity: 2 }],
    success_url: "https://a.test/",
  });
  engine.completeCheckout({ session: session.id });
  await stripe.checkout.sessions.retrieve(session.id, { expand: ["line_items", "payment_intent"] });
  const late = await stripe.checkout.sessions.create({ mode: "setup", customer: customer.id, success_url: "https://a.test/" });
  await stripe.checkout.sessions.expire(late.id);
  await stripe.checkout.sessions.list({ customer: customer.id });
  await stripe.billingPortal.sessions.create({ customer: customer.id, return_url: "https://a.test/" });
}

async function endpoints({ stripe }: Bench, account: string): Promise<void> {
  const { id } = await stripe.webhookEndpoints.create({ url: "https://b.test/", enabled_events: ["*"], connect: true, description: "d" });
  await stripe.webhookEndpoints.retrieve(id);
  await stripe.webhookEndpoints.update(id, { enabled_events: ["payout.paid"], description: "" });
  await stripe.webhookEndpoints.list();
  await stripe.webhookEndpoints.del(id);
  const { data } = await stripe.events.list({ type: "payout.*" }, { stripeAccount: account });
  await stripe.events.retrieve(data[0]!.id, {}, { stripeAccount: account });
}

async function refusals({ stripe, engine }: Bench): Promise<void> {
  const account = await stripe.accounts.create({ type: "express", capabilities: { transfers: { requested: true } } });
  const customer = await stripe.customers.create({
    payment_method: "pm_card_chargeDeclined",
    invoice_settings: { default_payment_method: "pm_card_chargeDeclined" },
  });
  const { id } = await stripe.invoices.create({ customer: customer.id });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: id, amount: 100, currency: "usd" });
  engine.fault({ kind: "429", route: "GET /v1/accounts" });
  engine.fault({ kind: "503", route: "GET /v1/customers" });
  engine.fault({ kind: "stored_500", route: "GET /v1/products" });
  const calls = [
    () => stripe.transfers.create({ amount: 1, currency: "usd", destination: account.id }),
    () => stripe.transfers.create({ amount: 1, currency: "usd", destination: "acct_none" }),
    () => stripe.transfers.create({ amount: 1, currency: "usd", nonsense: "x" } as never),
    () => stripe.transfers.create({ amount: "x", currency: "usd", destination: "acct_none" } as never),
    () => stripe.transfers.retrieve("tr_none"),
    () => stripe.invoices.pay(id),
    () => stripe.invoices.finalizeInvoice(id),
    () => stripe.balance.retrieve({}, { stripeAccount: "acct_none" }),
    () => stripe.customers.create({ name: "x" }, { apiKey: "sk_test_wrong" }),
    () => stripe.payouts.create({ amount: 10 ** 10, currency: "usd" }),
    () => stripe.accounts.list(),
    () => stripe.customers.list(),
    () => stripe.products.list(),
    () => stripe.prices.list({ expand: ["data.nothing"] }),
    () => stripe.billing.meterEvents.create({ event_name: "used" } as never),
    () => stripe.billing.meterEvents.create({ event_name: "used", payload: { stripe_customer_id: customer.id, value: "1" }, timestamp: 1 }),
    () =>
      stripe.billing.meterEvents.create({
        event_name: "used",
        payload: { stripe_customer_id: customer.id, value: "1" },
        identifier: "a:1",
      }),
    () => stripe.billing.meterEvents.create({ event_name: "used", payload: { stripe_customer_id: "cus_none", value: "1" } }),
  ];
  for (const call of calls) await refusal(call());
}
