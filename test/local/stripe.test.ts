import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stripe } from "stripe";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { createStripe } from "#local/stripe/engine.ts";
import { startStripe } from "#local/stripe/server.ts";
import { bench, type Bench, clientOf, CONNECT_SECRET, invoiced, payee, paymentOf, refusal, SECRET, START } from "./stripe/setup.ts";

let world: Bench;
beforeEach(() => void (world = bench()));
afterEach(() => world.engine.assertConserved());

const transfer = (destination: string, amount = 120_000) => ({
  amount,
  currency: "usd",
  destination,
  transfer_group: "placement_p1",
  metadata: { payout_transaction_id: "t1", placement_id: "p1", role: "sourcer" },
});

describe("what it refuses", () => {
  it("refuses parameters that Stripe does not know, and says which", async () => {
    const account = await payee(world);
    expect(await refusal(world.stripe.transfers.create({ ...transfer(account), colour: "red" } as never))).toMatchObject({
      type: "StripeInvalidRequestError",
      http: 400,
      code: "parameter_unknown",
      param: "colour",
      message: "Received unknown parameter: colour",
    });
    expect(await refusal(world.stripe.customers.create({ address: { town: "x" } } as never))).toMatchObject({
      code: "parameter_unknown",
      param: "address[town]",
    });
  });

  it.each([
    [
      { currency: "usd", destination: "acct_x" },
      { code: "parameter_missing", param: "amount" },
    ],
    [
      { amount: 1, destination: "acct_x" },
      { code: "parameter_missing", param: "currency" },
    ],
    [
      { amount: 1, currency: "usd" },
      { code: "parameter_missing", param: "destination" },
    ],
    [
      { amount: "1.5", currency: "usd", destination: "acct_x" },
      { code: "parameter_invalid_integer", param: "amount" },
    ],
    [
      { amount: 0, currency: "usd", destination: "acct_x" },
      { code: "parameter_invalid_integer", param: "amount" },
    ],
    [
      { amount: 1, currency: "usd", destination: "" },
      { code: "parameter_invalid_empty", param: "destination" },
    ],
    [{ amount: 1, currency: "usd", destination: "acct_x", description: "d".repeat(5001) }, { param: "description" }],
    [{ amount: 1, currency: "usd", destination: "acct_x", source_type: "gold" }, { param: "source_type" }],
    [{ amount: 1, currency: "usd", destination: "acct_x", metadata: { a: "b".repeat(501) } }, { param: "metadata[a]" }],
    [{ amount: 1, currency: "eur", destination: "acct_x" }, { param: "currency" }],
    [
      { amount: 1, currency: "usd", destination: "acct_x" },
      { code: "resource_missing", param: "destination" },
    ],
  ])("refuses the transfer %j", async (params, expected) => {
    expect(await refusal(world.stripe.transfers.create(params as never))).toMatchObject({
      http: 400,
      type: "StripeInvalidRequestError",
      ...expected,
    });
  });

  it("asks for its key, its version and an account it knows", async () => {
    expect(await refusal(clientOf(world.engine, "sk_test_other").balance.retrieve())).toMatchObject({
      http: 401,
      type: "StripeAuthenticationError",
    });
    expect((await world.engine.fetch("http://stripe.localhost/v1/balance")).status).toBe(401);
    const old = new Stripe("sk_test_stand_in", {
      httpClient: Stripe.createFetchHttpClient(world.engine.fetch),
      apiVersion: "2019-01-01" as never,
    });
    expect(await refusal(old.balance.retrieve())).toMatchObject({ http: 400 });
    expect(await refusal(world.stripe.balance.retrieve({}, { stripeAccount: "acct_other" }))).toMatchObject({
      http: 403,
      code: "account_invalid",
    });
    expect(await refusal(world.stripe.transfers.retrieve("tr_none"))).toMatchObject({
      http: 404,
      code: "resource_missing",
      param: "id",
      message: "No such transfer: 'tr_none'",
    });
    expect(await refusal(world.stripe.rawRequest("POST", "/v1/nothing"))).toMatchObject({ http: 404 });
  });

  it("names every answer", async () => {
    const { lastResponse } = await world.stripe.balance.retrieve();
    expect(lastResponse.requestId).toMatch(/^req_/);
    const refused = await world.engine.fetch("http://stripe.localhost/v1/balance");
    expect(refused.headers.get("request-id")).toMatch(/^req_/);
  });
});

describe("transfers", () => {
  it("move money from the platform to the account, and no more than there is", async () => {
    const account = await payee(world);
    expect(await refusal(world.stripe.transfers.create(transfer(account)))).toMatchObject({ http: 400, code: "balance_insufficient" });
    world.engine.fundPlatform({ amount: 200_000 });
    const sent = await world.stripe.transfers.create(transfer(account));
    expect(sent).toMatchObject({
      amount: 120_000,
      destination: account,
      transfer_group: "placement_p1",
      reversed: false,
      amount_reversed: 0,
    });
    expect(world.engine.balance()).toEqual({ available: 80_000, pending: 0 });
    const balance = await world.stripe.balance.retrieve({}, { stripeAccount: account });
    expect(balance.available).toEqual([{ amount: 120_000, currency: "usd", source_types: { card: 120_000 } }]);
    const [received] = (await world.stripe.balanceTransactions.list({}, { stripeAccount: account })).data;
    expect(received).toMatchObject({ type: "payment", net: 120_000, source: sent.destination_payment });
    expect((await world.stripe.transfers.retrieve(sent.id, { expand: ["balance_transaction"] })).balance_transaction).toMatchObject({
      net: -120_000,
      type: "transfer",
    });
  });

  it("need an account that can receive", async () => {
    world.engine.fundPlatform({ amount: 200_000 });
    const account = await world.stripe.accounts.create({ type: "express", capabilities: { transfers: { requested: true } } });
    expect(account).toMatchObject({ payouts_enabled: false, details_submitted: false, capabilities: { transfers: "inactive" } });
    const refused = { http: 400, code: "insufficient_capabilities_for_transfer" };
    expect(await refusal(world.stripe.transfers.create(transfer(account.id)))).toMatchObject(refused);
    world.engine.completeOnboarding({ account: account.id });
    await world.stripe.transfers.create(transfer(account.id, 1));
    world.engine.setCapability({ account: account.id, capability: "transfers", state: "inactive" });
    expect(await refusal(world.stripe.transfers.create(transfer(account.id)))).toMatchObject(refused);
    expect(await world.stripe.accounts.retrieve(account.id)).toMatchObject({
      capabilities: { transfers: "inactive" },
      requirements: { disabled_reason: "requirements.past_due" },
    });
  });

  it("come back in parts, no more than were sent, no more than the account still has", async () => {
    const account = await payee(world);
    world.engine.fundPlatform({ amount: 200_000 });
    const { id } = await world.stripe.transfers.create(transfer(account, 100_000));
    expect(await refusal(world.stripe.transfers.createReversal(id, { amount: 100_001 }))).toMatchObject({ http: 400, param: "amount" });
    expect(await world.stripe.transfers.createReversal(id, { amount: 30_000 })).toMatchObject({ amount: 30_000, transfer: id });
    world.engine.payOut({ account, amount: 50_000 });
    expect(await refusal(world.stripe.transfers.createReversal(id))).toMatchObject({ http: 400, code: "balance_insufficient" });
    await world.stripe.transfers.createReversal(id, { amount: 20_000 });
    expect(await world.stripe.transfers.retrieve(id)).toMatchObject({ amount_reversed: 50_000, reversed: false });
    expect((await world.stripe.transfers.listReversals(id)).data.map(({ amount }) => amount)).toEqual([20_000, 30_000]);
    expect(world.engine.balance(account)).toEqual({ available: 0, pending: 0 });
  });

  it("are listed by group, in pages", async () => {
    const account = await payee(world);
    world.engine.fundPlatform({ amount: 1000 });
    for (let amount = 1; amount <= 25; amount += 1)
      await world.stripe.transfers.create({ ...transfer(account, amount), transfer_group: amount % 5 === 0 ? "five" : "other" });
    const first = await world.stripe.transfers.list({ transfer_group: "other", limit: 12 });
    expect(first).toMatchObject({ has_more: true, url: "/v1/transfers" });
    expect(first.data.map(({ amount }) => amount)).toEqual([24, 23, 22, 21, 19, 18, 17, 16, 14, 13, 12, 11]);
    const second = await world.stripe.transfers.list({ transfer_group: "other", limit: 12, starting_after: first.data.at(-1)!.id });
    expect(second).toMatchObject({ has_more: false });
    expect(second.data).toHaveLength(8);
    const back = await world.stripe.transfers.list({ transfer_group: "other", limit: 3, ending_before: second.data[0]!.id });
    expect(back.data.map(({ amount }) => amount)).toEqual([13, 12, 11]);
    expect(await world.stripe.transfers.list({ limit: 4 }).autoPagingToArray({ limit: 100 })).toHaveLength(25);
    expect(await refusal(world.stripe.transfers.list({ limit: 101 }))).toMatchObject({ param: "limit" });
    expect(await refusal(world.stripe.transfers.list({ starting_after: "tr_none" }))).toMatchObject({ code: "resource_missing" });
  });
});

describe("meter events", () => {
  it("are taken once by their identifier, for a customer, of now or the last 35 days", async () => {
    const { id: customer } = await world.stripe.customers.create({});
    const event = { event_name: "calls", identifier: "a:1", payload: { stripe_customer_id: customer, value: "25" } };
    const { payload, identifier } = await world.stripe.billing.meterEvents.create(event);
    expect([payload, identifier]).toEqual([event.payload, "a:1"]);
    const now = Math.floor(START.getTime() / 1_000);
    const wrong: [object, object][] = [
      [{}, { code: "resource_already_exists", param: "identifier" }],
      [{ event_name: undefined }, { code: "parameter_missing", param: "event_name" }],
      [{ payload: { value: "1" } }, { code: "parameter_missing", param: "payload[stripe_customer_id]" }],
      [{ payload: { stripe_customer_id: "cus_none", value: "1" } }, { code: "resource_missing" }],
      [{ payload: { stripe_customer_id: customer, value: "1.5" } }, { param: "payload[value]" }],
      [{ colour: "red" }, { code: "parameter_unknown", param: "colour" }],
      [{ timestamp: now - 36 * 86_400 }, { param: "timestamp" }],
      [{ timestamp: now + 400 }, { param: "timestamp" }],
    ];
    for (const [given, said] of wrong) {
      expect(await refusal(world.stripe.billing.meterEvents.create({ ...event, ...given } as never))).toMatchObject({ http: 400, ...said });
    }
  });
});

describe("idempotency", () => {
  it("answers a key's first answer again, and executes once", async () => {
    const account = await payee(world);
    world.engine.fundPlatform({ amount: 500_000 });
    const options = { idempotencyKey: "ppt_1_1" };
    const first = await world.stripe.transfers.create(transfer(account), options);
    const second = await world.stripe.transfers.create(transfer(account), options);
    expect(second.id).toBe(first.id);
    const headers = second.lastResponse.headers as unknown as Headers;
    expect(headers.get("idempotent-replayed")).toBe("true");
    expect(headers.get("original-request")).toBe(first.lastResponse.requestId);
    expect((await world.stripe.transfers.list()).data).toHaveLength(1);
  });

  it("refuses other parameters or another path under a key", async () => {
    const account = await payee(world);
    world.engine.fundPlatform({ amount: 500_000 });
    const options = { idempotencyKey: "k" };
    await world.stripe.transfers.create(transfer(account), options);
    expect(await refusal(world.stripe.transfers.create(transfer(account, 1), options))).toMatchObject({
      http: 400,
      type: "StripeIdempotencyError",
    });
    expect(await refusal(world.stripe.customers.create({}, options))).toMatchObject({ http: 400, type: "StripeIdempotencyError" });
    expect((await world.stripe.transfers.list()).data).toHaveLength(1);
  });

  it("stores refusals of the execution, not of the validation", async () => {
    const account = await payee(world);
    const options = { idempotencyKey: "k" };
    expect(await refusal(world.stripe.transfers.create({ ...transfer(account), nonsense: 1 } as never, options))).toMatchObject({
      code: "parameter_unknown",
    });
    expect(await refusal(world.stripe.transfers.create(transfer(account), options))).toMatchObject({ code: "balance_insufficient" });
    world.engine.fundPlatform({ amount: 500_000 });
    expect(await refusal(world.stripe.transfers.create(transfer(account), options))).toMatchObject({ code: "balance_insufficient" });
    await world.stripe.transfers.create(transfer(account), { idempotencyKey: "k2" });
  });

  it("refuses a key while its first request still runs", async () => {
    let go = () => {};
    world = bench({ sleep: () => new Promise<void>((resolve) => void (go = resolve)) });
    const account = await payee(world);
    world.engine.fundPlatform({ amount: 500_000 });
    world.engine.fault({ kind: "delay", route: "POST /v1/transfers" });
    const options = { idempotencyKey: "k" };
    const first = world.stripe.transfers.create(transfer(account), options);
    await expect.poll(() => world.engine.requests().at(-1)?.path).toBe("/v1/transfers");
    expect(await refusal(world.stripe.transfers.create(transfer(account), options))).toMatchObject({
      http: 409,
      code: "idempotency_key_in_use",
    });
    go();
    expect((await world.stripe.transfers.create(transfer(account), options)).id).toBe((await first).id);
  });

  it("forgets a key a day after it was stored, not before", async () => {
    const account = await payee(world);
    world.engine.fundPlatform({ amount: 500_000 });
    const options = { idempotencyKey: "k" };
    const first = await world.stripe.transfers.create(transfer(account), options);
    world.engine.advance({ seconds: 24 * 3600 - 1 });
    expect((await world.stripe.transfers.create(transfer(account), options)).id).toBe(first.id);
    world.engine.advance({ seconds: 1 });
    expect((await world.stripe.transfers.create(transfer(account), options)).id).not.toBe(first.id);
  });
});

describe("faults", () => {
  let account: string;
  const options = { idempotencyKey: "k" };
  const send = () => world.stripe.transfers.create(transfer(account), options);
  const sent = async () => (await world.stripe.transfers.list()).data.length;
  beforeEach(async () => {
    account = await payee(world);
    world.engine.fundPlatform({ amount: 500_000 });
  });

  it("loses a request before it arrives, or its answer after it was executed", async () => {
    world.engine.fault({ kind: "lost_before", route: "POST /v1/transfers" });
    expect(await refusal(send())).toMatchObject({ type: "StripeConnectionError" });
    expect(await sent()).toBe(0);
    world.engine.fault({ kind: "lost_after", route: "POST /v1/transfers" });
    expect(await refusal(send())).toMatchObject({ type: "StripeConnectionError" });
    expect(await sent()).toBe(1);
    await send();
    expect(world.engine.requests().at(-1)).toMatchObject({ replayed: true, answered: 200 });
    expect(await sent()).toBe(1);
  });

  it("stores a 500, whether something is behind it or not", async () => {
    world.engine.fault({ kind: "stored_500", route: "POST /v1/transfers" });
    expect(await refusal(send())).toMatchObject({ http: 500, type: "StripeAPIError" });
    expect(await refusal(send())).toMatchObject({ http: 500 });
    expect(await sent()).toBe(0);
    world.engine.fault({ kind: "500_after", route: "POST /v1/transfers" });
    const other = { idempotencyKey: "k2" };
    expect(await refusal(world.stripe.transfers.create(transfer(account), other))).toMatchObject({ http: 500 });
    expect(await refusal(world.stripe.transfers.create(transfer(account), other))).toMatchObject({ http: 500 });
    expect(await sent()).toBe(1);
  });

  it("is out of order or too busy for a while, and remembers nothing of it", async () => {
    world.engine.fault({ kind: "503", route: "POST /v1/transfers", times: 2 });
    world.engine.fault({ kind: "429", route: "POST /v1/transfers" });
    expect(await refusal(send())).toMatchObject({ http: 503 });
    expect(await refusal(send())).toMatchObject({ http: 503 });
    expect(await refusal(send())).toMatchObject({ http: 429, type: "StripeRateLimitError" });
    await send();
    expect(await sent()).toBe(1);
  });

  it("refuses with a code of choice, after so many calls, and stores it", async () => {
    world.engine.fault({ kind: "refuse", route: "* /v1/transfers*", code: "account_invalid", message: "Nope.", after: 1 });
    await world.stripe.transfers.list();
    expect(await refusal(send())).toMatchObject({ http: 400, code: "account_invalid", message: "Nope." });
    expect(await refusal(send())).toMatchObject({ code: "account_invalid" });
    expect(await sent()).toBe(0);
  });

  it("fails by chance, the same for the same seed", async () => {
    const run = async () => {
      const { engine, stripe } = bench();
      engine.chaos({ seed: 3, probability: 0.5, kinds: ["503", "lost_before", "429"], route: "GET /v1/balance" });
      const outcomes: string[] = [];
      for (let call = 0; call < 20; call += 1)
        outcomes.push(
          await stripe.balance.retrieve().then(
            () => "ok",
            (error: Stripe.errors.StripeError) => error.type,
          ),
        );
      return outcomes;
    };
    const outcomes = await run();
    expect(new Set(outcomes).size).toBeGreaterThan(2);
    expect(await run()).toEqual(outcomes);
  });

  it("can take longer than a caller waits; the request goes on", async () => {
    let go = () => {};
    const slow = bench({ sleep: () => new Promise<void>((resolve) => void (go = resolve)) });
    const receiver = await payee(slow);
    slow.engine.fundPlatform({ amount: 500_000 });
    slow.engine.fault({ kind: "delay", route: "POST /v1/transfers" });
    expect(await refusal(slow.stripe.transfers.create(transfer(receiver), { idempotencyKey: "k", timeout: 20 }))).toMatchObject({
      type: "StripeConnectionError",
    });
    expect((await slow.stripe.transfers.list()).data).toHaveLength(0);
    go();
    await expect.poll(async () => (await slow.stripe.transfers.list()).data.length).toBe(1);
    await slow.stripe.transfers.create(transfer(receiver), { idempotencyKey: "k" });
    expect(slow.engine.requests().at(-1)).toMatchObject({ replayed: true });
  });

  it("records what was asked and what it answered", async () => {
    world.engine.fault({ kind: "lost_after", route: "POST /v1/transfers" });
    await refusal(send());
    await send();
    const asked = world.engine.requests().filter(({ path, method }) => method === "POST" && path === "/v1/transfers");
    expect(asked).toMatchObject([
      { idempotencyKey: "k", answered: null, fault: "lost_after", replayed: false },
      { idempotencyKey: "k", answered: 200, fault: null, replayed: true },
    ]);
  });
});

describe("invoices", () => {
  it("are paid in parts, and the money comes after the settlement days", async () => {
    const { invoice } = await invoiced(world, 2_000_000);
    expect(await world.stripe.invoices.retrieve(invoice)).toMatchObject({
      status: "open",
      amount_remaining: 2_000_000,
      number: expect.stringMatching(/-0001$/),
    });
    world.engine.payInvoice({ invoice, amount: 500_000, method: "us_bank_account" });
    expect(await world.stripe.invoices.retrieve(invoice)).toMatchObject({
      status: "open",
      amount_paid: 500_000,
      amount_remaining: 1_500_000,
    });
    world.engine.payInvoice({ invoice });
    const paid = await world.stripe.invoices.retrieve(invoice, { expand: ["payments"] });
    expect(paid).toMatchObject({ status: "paid", amount_remaining: 0, status_transitions: { paid_at: START.getTime() / 1000 } });
    expect(paid.payments?.data.map((each) => [each.status, each.amount_paid])).toEqual([
      ["paid", 500_000],
      ["paid", 1_500_000],
    ]);
    const fees = 14_530 + 43_530;
    expect(world.engine.balance()).toEqual({ available: 0, pending: 2_000_000 - fees });
    world.engine.advance({ days: 2 });
    expect(world.engine.balance()).toEqual({ available: 2_000_000 - fees, pending: 0 });
    expect(world.engine.events("balance.available")).toHaveLength(1);
    const { charge } = await paymentOf(world, invoice, 1_500_000);
    const { balance_transaction } = await world.stripe.charges.retrieve(charge, { expand: ["balance_transaction"] });
    expect(balance_transaction).toMatchObject({ fee: 43_530, status: "available", available_on: START.getTime() / 1000 + 2 * 86_400 });
  });

  it("can be paid outside of Stripe", async () => {
    const { invoice } = await invoiced(world);
    await world.stripe.invoices.pay(invoice, { paid_out_of_band: true });
    expect(await world.stripe.invoices.retrieve(invoice)).toMatchObject({ status: "paid", amount_remaining: 0 });
    expect((await world.stripe.invoicePayments.list({ invoice, status: "paid" })).data).toEqual([]);
    expect(world.engine.balance()).toEqual({ available: 0, pending: 0 });
  });

  it("change their state only as Stripe lets them", async () => {
    const { customer, invoice } = await invoiced(world);
    const draft = await world.stripe.invoices.create({ customer });
    expect(await refusal(world.stripe.invoices.voidInvoice(draft.id))).toMatchObject({ http: 400 });
    expect(await refusal(world.stripe.invoices.finalizeInvoice(invoice))).toMatchObject({ code: "invoice_not_editable" });
    expect(await refusal(world.stripe.invoiceItems.create({ customer, invoice, amount: 1 }))).toMatchObject({
      code: "invoice_not_editable",
    });
    expect(await refusal(world.stripe.invoices.update(invoice, { description: "x" }))).toMatchObject({ code: "invoice_not_editable" });
    await world.stripe.invoices.markUncollectible(invoice);
    expect(await refusal(world.stripe.invoices.markUncollectible(invoice))).toMatchObject({ http: 400 });
    world.engine.payInvoice({ invoice });
    expect(await world.stripe.invoices.retrieve(invoice)).toMatchObject({ status: "paid" });
    expect(await refusal(world.stripe.invoices.voidInvoice(invoice))).toMatchObject({ http: 400 });
    expect(await refusal(world.stripe.invoices.pay(invoice))).toMatchObject({ message: "Invoice is already paid" });
    const { invoice: other } = await invoiced(world);
    expect(await world.stripe.invoices.voidInvoice(other)).toMatchObject({ status: "void" });
    const { invoice: partly } = await invoiced(world);
    world.engine.payInvoice({ invoice: partly, amount: 1 });
    expect(await refusal(world.stripe.invoices.voidInvoice(partly))).toMatchObject({ http: 400 });
    expect(await refusal(world.stripe.invoices.create({ customer, collection_method: "send_invoice" }))).toMatchObject({
      param: "days_until_due",
    });
  });

  it("charge a preset method at once, and fail with one that declines", async () => {
    const customer = await world.stripe.customers.create({
      payment_method: "pm_card_visa",
      invoice_settings: { default_payment_method: "pm_card_visa" },
    });
    const bill = async () => {
      const { id } = await world.stripe.invoices.create({ customer: customer.id });
      await world.stripe.invoiceItems.create({ customer: customer.id, invoice: id, amount: 5000, currency: "usd" });
      await world.stripe.invoices.finalizeInvoice(id);
      return id;
    };
    expect(await world.stripe.invoices.pay(await bill())).toMatchObject({ status: "paid", amount_paid: 5000 });
    world.engine.setPaymentMethod({ customer: customer.id, declines: true });
    const second = await bill();
    expect(await refusal(world.stripe.invoices.pay(second))).toMatchObject({ http: 402, type: "StripeCardError", code: "card_declined" });
    expect(await world.stripe.invoices.retrieve(second)).toMatchObject({ status: "open", attempt_count: 1 });
    expect(world.engine.events("invoice.payment_failed")).toHaveLength(1);
    expect(await world.stripe.invoices.pay(second, { payment_method: "pm_card_visa" })).toMatchObject({ status: "paid" });
  });

  it("say once that they are overdue", async () => {
    const { invoice } = await invoiced(world, 1000, 30);
    world.engine.advance({ days: 29 });
    expect(world.engine.events("invoice.overdue")).toHaveLength(0);
    world.engine.advance({ days: 100 });
    expect(world.engine.events("invoice.overdue")).toMatchObject([{ data: { object: { id: invoice } } }]);
    expect(world.engine.events("invoice.overdue")[0]?.created).toBe(START.getTime() / 1000 + 30 * 86_400);
  });

  it("are reduced by credit notes: the open part, or what was paid by refunds", async () => {
    const { invoice } = await invoiced(world, 1000);
    expect(await refusal(world.stripe.creditNotes.create({ invoice, amount: 1001 }))).toMatchObject({ param: "amount" });
    expect(await world.stripe.creditNotes.create({ invoice, amount: 400 })).toMatchObject({
      pre_payment_amount: 400,
      post_payment_amount: 0,
      type: "pre_payment",
    });
    expect(await world.stripe.invoices.retrieve(invoice)).toMatchObject({ amount_remaining: 600, pre_payment_credit_notes_amount: 400 });
    world.engine.payInvoice({ invoice });
    world.engine.advance({ days: 3 });
    world.engine.fundPlatform({ amount: 1000 });
    const note = await world.stripe.creditNotes.create({ invoice, amount: 600, refund_amount: 600 });
    expect(note).toMatchObject({ type: "post_payment", refunds: [{ amount_refunded: 600 }] });
    expect((await world.stripe.refunds.list()).data).toMatchObject([{ amount: 600, status: "succeeded" }]);
    expect((await world.stripe.creditNotes.list({ invoice })).data).toHaveLength(2);
    const { invoice: whole } = await invoiced(world, 1000);
    await world.stripe.creditNotes.create({ invoice: whole, amount: 1000 });
    expect(await world.stripe.invoices.retrieve(whole)).toMatchObject({ status: "paid", amount_paid: 0, amount_remaining: 0 });
  });
});

describe("refunds and disputes", () => {
  it("give back no more than was paid, and wait for money when there is none", async () => {
    const { invoice } = await invoiced(world, 10_000);
    world.engine.payInvoice({ invoice });
    const { intent, charge } = await paymentOf(world, invoice);
    expect(await refusal(world.stripe.refunds.create({ payment_intent: intent, amount: 10_001 }))).toMatchObject({
      http: 400,
      param: "amount",
    });
    const waiting = await world.stripe.refunds.create({ payment_intent: intent, amount: 4000, metadata: { operation_id: "op_2" } });
    expect(waiting).toMatchObject({ status: "pending", pending_reason: "insufficient_funds", balance_transaction: null });
    world.engine.advance({ days: 2 });
    expect(await world.stripe.refunds.retrieve(waiting.id)).toMatchObject({ status: "succeeded", metadata: { operation_id: "op_2" } });
    expect(await world.stripe.charges.retrieve(charge)).toMatchObject({ amount_refunded: 4000, refunded: false });
    world.engine.failRefund({ refund: waiting.id });
    expect(world.engine.events("refund.failed")).toHaveLength(1);
    world.engine.fundPlatform({ amount: 10_000 });
    await world.stripe.refunds.create({ charge });
    expect(await refusal(world.stripe.refunds.create({ charge }))).toMatchObject({ code: "charge_already_refunded" });
    expect((await world.stripe.refunds.list({ payment_intent: intent })).data).toHaveLength(2);
  });

  it("withdraws a disputed amount with a fee, and brings it back when won", async () => {
    world.engine.fundPlatform({ amount: 100_000 });
    const dispute = async () => {
      const { invoice } = await invoiced(world, 10_000);
      world.engine.payInvoice({ invoice });
      const { charge } = await paymentOf(world, invoice);
      return world.engine.openDispute({ charge, reason: "fraudulent" });
    };
    const first = await dispute();
    expect(await world.stripe.disputes.retrieve(first.id)).toMatchObject({
      status: "needs_response",
      amount: 10_000,
      balance_transactions: [{ net: -11_500 }],
    });
    expect(world.engine.balance().available).toBe(88_500);
    expect(await refusal(world.stripe.refunds.create({ charge: first.charge }))).toMatchObject({ code: "charge_disputed" });
    world.engine.winDispute({ dispute: first.id });
    expect(world.engine.balance().available).toBe(98_500);
    const second = await dispute();
    world.engine.loseDispute({ dispute: second.id });
    expect(world.engine.balance().available).toBe(87_000);
    expect((await world.stripe.disputes.list()).data.map((each) => each.status)).toEqual(["lost", "won"]);
    expect(world.engine.events().flatMap(({ type }) => (type.startsWith("charge.dispute") ? [type.slice(15)] : []))).toEqual([
      "created",
      "funds_withdrawn",
      "funds_reinstated",
      "closed",
      "created",
      "funds_withdrawn",
      "closed",
    ]);
  });
});

describe("payouts of connected accounts", () => {
  it("list the payments that they took to the bank, and give them back when the bank refuses", async () => {
    const account = await payee(world);
    world.engine.fundPlatform({ amount: 100_000 });
    const sent = await world.stripe.transfers.create(transfer(account, 60_000));
    const on = { stripeAccount: account };
    const failed = world.engine.payOut({ account, outcome: "failed" });
    expect(world.engine.balance(account).available).toBe(60_000);
    expect(await world.stripe.payouts.retrieve(failed.id, {}, on)).toMatchObject({ status: "failed", failure_code: "account_closed" });
    const paid = world.engine.payOut({ account });
    const inside = await world.stripe.balanceTransactions.list({ payout: paid.id, type: "payment" }, on);
    expect(inside.data.map(({ source }) => source)).toEqual([sent.destination_payment]);
    expect(world.engine.events("payout.paid")).toMatchObject([{ account, data: { object: { id: paid.id, amount: 60_000 } } }]);
    expect(await refusal(world.stripe.payouts.create({ amount: 1, currency: "usd" }, on))).toMatchObject({ code: "balance_insufficient" });
  });

  it("arrive when their day comes", async () => {
    const account = await payee(world);
    world.engine.fundPlatform({ amount: 100_000 });
    await world.stripe.transfers.create(transfer(account, 60_000));
    const on = { stripeAccount: account };
    const { id } = await world.stripe.payouts.create({ amount: 1000, currency: "usd" }, on);
    expect((await world.stripe.payouts.list({ status: "pending" }, on)).data).toHaveLength(1);
    world.engine.advance({ days: 2 });
    expect(await world.stripe.payouts.retrieve(id, {}, on)).toMatchObject({ status: "paid" });
    expect(await refusal(world.stripe.balanceTransactions.list({ payout: id }, on))).toMatchObject({ param: "payout" });
  });
});

describe("subscriptions", () => {
  const team = async () => {
    const product = await world.stripe.products.create({ name: "Team premium" });
    return world.stripe.prices.create({
      product: product.id,
      currency: "usd",
      recurring: { interval: "month" },
      billing_scheme: "tiered",
      tiers_mode: "volume",
      tiers: [
        { up_to: 9, unit_amount: 24_900 },
        { up_to: "inf", unit_amount: 19_920 },
      ],
    });
  };
  const subscribed = async (quantity: number, more: Record<string, unknown> = {}) => {
    const price = await team();
    const customer = await world.stripe.customers.create({ email: "lead@team.test" });
    world.engine.setPaymentMethod({ customer: customer.id });
    const subscription = await world.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id, quantity }],
      ...more,
    });
    return { customer: customer.id, subscription, item: subscription.items.data[0]!.id };
  };
  const totals = async (customer: string) => (await world.stripe.invoices.list({ customer })).data.map(({ total }) => total).toReversed();

  it("bill the volume tier of the whole quantity, and renew with the clock", async () => {
    const { customer, subscription } = await subscribed(10);
    expect(subscription).toMatchObject({ status: "active" });
    expect(await totals(customer)).toEqual([199_200]);
    world.engine.advance({ days: 31 });
    world.engine.advance({ hours: 2 });
    expect(await totals(customer)).toEqual([199_200, 199_200]);
    const renewed = await world.stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    expect(renewed.items.data[0]).toMatchObject({
      current_period_start: Date.UTC(2027, 3, 1, 12) / 1000,
      current_period_end: Date.UTC(2027, 4, 1, 12) / 1000,
    });
    expect(renewed.latest_invoice).toMatchObject({ status: "paid", billing_reason: "subscription_cycle" });
  });

  it("prorate a change of quantity over what is left of the period", async () => {
    const { customer, subscription, item } = await subscribed(10);
    world.engine.advance({ days: 15, hours: 12 });
    await world.stripe.subscriptions.update(subscription.id, { items: [{ id: item, quantity: 9 }] });
    const waiting = (await world.stripe.invoiceItems.list({ customer, pending: true })).data;
    expect(waiting.map(({ amount }) => amount)).toEqual([112_050, -99_600]);
    await world.stripe.subscriptions.update(subscription.id, { items: [{ id: item, quantity: 10 }], proration_behavior: "always_invoice" });
    expect(await totals(customer)).toEqual([199_200, 0]);
    await world.stripe.subscriptions.update(subscription.id, { items: [{ id: item, quantity: 20 }], proration_behavior: "none" });
    world.engine.advance({ days: 16 });
    expect(await totals(customer)).toEqual([199_200, 0, 398_400]);
  });

  it("are past due when a renewal is declined, and active when it is paid after all", async () => {
    const { customer, subscription } = await subscribed(1);
    world.engine.setPaymentMethod({ customer, declines: true });
    world.engine.advance({ days: 31, hours: 1 });
    expect(await world.stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: "past_due" });
    world.engine.advance({ days: 8 });
    expect(world.engine.events("invoice.payment_failed")).toHaveLength(3);
    world.engine.setPaymentMethod({ customer });
    world.engine.advance({ days: 7 });
    expect(await world.stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: "active" });
    const changes = world.engine.events("customer.subscription.updated").map(({ data }) => data.previous_attributes?.["status"]);
    expect(changes.filter(Boolean)).toEqual(["incomplete", "active", "past_due"]);
  });

  it("begin with a trial, end at the period's end, or at once", async () => {
    const { customer, subscription } = await subscribed(2, { trial_period_days: 14, metadata: { team_id: "t" } });
    expect(subscription).toMatchObject({ status: "trialing", trial_end: START.getTime() / 1000 + 14 * 86_400 });
    expect(await totals(customer)).toEqual([0]);
    world.engine.advance({ days: 14, hours: 1 });
    expect(await world.stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: "active" });
    expect(await totals(customer)).toEqual([0, 49_800]);
    expect(world.engine.events("customer.subscription.trial_will_end")).toHaveLength(1);
    await world.stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    world.engine.advance({ days: 31 });
    expect(await world.stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: "canceled" });
    expect(await totals(customer)).toEqual([0, 49_800]);
    expect(world.engine.events("customer.subscription.deleted")).toHaveLength(1);
    const { subscription: other } = await subscribed(1);
    expect(await world.stripe.subscriptions.cancel(other.id)).toMatchObject({ status: "canceled", ended_at: expect.any(Number) });
    expect((await world.stripe.subscriptions.list({ status: "active" })).data).toEqual([]);
    expect((await world.stripe.subscriptions.list({ status: "all" })).data).toHaveLength(2);
  });

  it("ask for a way to pay, and expire when the first invoice is never paid", async () => {
    const price = await team();
    const { id } = await world.stripe.customers.create();
    const items = [{ price: price.id }];
    expect(await refusal(world.stripe.subscriptions.create({ customer: id, items }))).toMatchObject({ code: "resource_missing" });
    const open = await world.stripe.subscriptions.create({ customer: id, items, payment_behavior: "default_incomplete" });
    expect(open).toMatchObject({ status: "incomplete" });
    world.engine.advance({ hours: 23 });
    expect(await world.stripe.subscriptions.retrieve(open.id)).toMatchObject({ status: "incomplete_expired" });
    const sent = await world.stripe.subscriptions.create({ customer: id, items, collection_method: "send_invoice", days_until_due: 7 });
    expect(sent).toMatchObject({ status: "active" });
    world.engine.advance({ days: 7, hours: 1 });
    expect(await world.stripe.subscriptions.retrieve(sent.id)).toMatchObject({ status: "past_due" });
  });

  it("can be bought on a hosted page and looked after in a portal", async () => {
    const price = await team();
    const customer = await world.stripe.customers.create({ email: "lead@team.test" });
    const session = await world.stripe.checkout.sessions.create({
      mode: "subscription",
      customer: customer.id,
      line_items: [{ price: price.id, quantity: 3 }],
      subscription_data: { metadata: { team_id: "t1" } },
      success_url: "https://app.test/done?session={CHECKOUT_SESSION_ID}",
      cancel_url: "https://app.test/back",
    });
    const page = await world.engine.fetch(session.url!);
    expect(await page.text()).toContain("Pay $747.00");
    const post = (url: string, what: string) =>
      world.engine.fetch(url, { method: "POST", body: new URLSearchParams({ do: what }), redirect: "manual" });
    expect(await (await post(session.url!, "decline")).text()).toContain("Your card was declined.");
    const paid = await post(session.url!, "pay");
    expect(paid.headers.get("location")).toBe(`https://app.test/done?session=${session.id}`);
    const done = await world.stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription"] });
    expect(done).toMatchObject({
      status: "complete",
      payment_status: "paid",
      subscription: { status: "active", metadata: { team_id: "t1" } },
    });
    const portal = await world.stripe.billingPortal.sessions.create({ customer: customer.id, return_url: "https://app.test/" });
    expect((await post(portal.url, "card")).status).toBe(303);
    expect(await (await world.engine.fetch(portal.url)).text()).toContain("Team premium");
  });
});

describe("webhooks", () => {
  const verified = async ({ body, signature }: { body: string; signature: string }, secret: string) =>
    world.stripe.webhooks.constructEventAsync(body, signature, secret, 300, Stripe.createSubtleCryptoProvider());
  beforeEach(() => {
    world.engine.addWebhookEndpoint({ url: "https://api.test/stripe/webhooks", secret: SECRET });
    world.engine.addWebhookEndpoint({ url: "https://api.test/stripe/connect-webhooks", secret: CONNECT_SECRET, connect: true });
  });
  const types = () => world.received.map(({ body }) => (JSON.parse(body) as Stripe.Event).type);

  it("are signed, with another secret for connected accounts", async () => {
    const account = await payee(world);
    world.engine.fundPlatform({ amount: 100_000 });
    const sent = await world.stripe.transfers
      .create(transfer(account), { idempotencyKey: "k" })
      .catch(() => world.stripe.transfers.create(transfer(account, 1), { idempotencyKey: "k2" }));
    await world.engine.settled();
    const created = world.received.find(({ body }) => body.includes('"type":"transfer.created"'))!;
    expect(created.url).toBe("https://api.test/stripe/webhooks");
    expect(await verified(created, SECRET)).toMatchObject({
      type: "transfer.created",
      data: { object: { id: sent.id } },
      request: { idempotency_key: "k2" },
    });
    await expect(verified(created, CONNECT_SECRET)).rejects.toThrow("signature");
    const updated = world.received.find(({ body }) => body.includes('"type":"account.updated"'))!;
    expect(updated.url).toBe("https://api.test/stripe/connect-webhooks");
    expect(await verified(updated, CONNECT_SECRET)).toMatchObject({ account, data: { object: { details_submitted: true } } });
  });

  it("are tried again until they are taken", async () => {
    world.answering.http = 500;
    world.engine.fundPlatform({ amount: 1 });
    await world.engine.settled();
    expect(types()).toEqual(["topup.succeeded", "balance.available"]);
    world.engine.advance({ seconds: 10 });
    await world.engine.settled();
    expect(types()).toHaveLength(4);
    world.answering.http = 200;
    world.engine.advance({ seconds: 60 });
    await world.engine.settled();
    world.engine.advance({ days: 3 });
    await world.engine.settled();
    expect(types()).toHaveLength(6);
    expect(world.engine.deliveries()).toMatchObject([
      { type: "topup.succeeded", state: "delivered", attempt: 3, answered: 200 },
      { type: "balance.available", state: "delivered", attempt: 3, answered: 200 },
    ]);
    expect((await world.stripe.events.list({ delivery_success: true })).data).toHaveLength(2);
  });

  it("can be held, shuffled, repeated and dropped; the list of events knows them all", async () => {
    const account = await payee(world);
    await world.engine.settled();
    world.received.length = 0;
    world.engine.setDelivery({ held: true, copies: 2, shuffle: 5 });
    world.engine.fundPlatform({ amount: 1000 });
    for (let amount = 1; amount < 5; amount += 1) await world.stripe.transfers.create(transfer(account, amount));
    world.engine.setDelivery({ dropNext: 1, copies: 1 });
    const lost = await world.stripe.transfers.create(transfer(account, 5));
    await world.engine.settled();
    expect(world.received).toEqual([]);
    expect(await world.engine.flushEvents()).toBe(12);
    const amounts = world.received.flatMap(({ body }) => {
      const { type, data } = JSON.parse(body) as Stripe.TransferCreatedEvent;
      return type === "transfer.created" ? [data.object.amount] : [];
    });
    expect(amounts.toSorted()).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    expect(amounts).not.toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    const known = await world.stripe.events.list({ types: ["transfer.created"], created: { gte: START.getTime() / 1000 } });
    expect(known.data).toHaveLength(5);
    expect((await world.stripe.events.retrieve(known.data[0]!.id)).data.object).toMatchObject({ id: lost.id });
  });

  it("tell an endpoint's secret once", async () => {
    const made = await world.stripe.webhookEndpoints.create({ url: "https://other.test/", enabled_events: ["transfer.created"] });
    expect(made.secret).toMatch(/^whsec_/);
    expect((await world.stripe.webhookEndpoints.list()).data.find(({ id }) => id === made.id)).not.toHaveProperty("secret");
    expect(
      await refusal(world.stripe.webhookEndpoints.create({ url: "https://other.test/", enabled_events: ["no.such"] as never })),
    ).toMatchObject({ param: "enabled_events[0]" });
  });
});

describe("over HTTP", () => {
  let folder: string;
  const stops: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const stop of stops) await stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it("serves the API, the controls and a page, cuts lost connections, and keeps its state", async () => {
    folder = await mkdtemp(join(tmpdir(), "splits-stripe-"));
    const stateFile = join(folder, "stripe.json");
    const first = await startStripe({ port: 0, stateFile, deliver: async () => new Response(null) });
    const { hostname, port } = new URL(first.url);
    const client = () => new Stripe("sk_test_stand_in", { host: hostname, port, protocol: "http", maxNetworkRetries: 0, telemetry: false });
    const control = (name: string, body: unknown) => fetch(`${first.url}/_test/${name}`, { method: "POST", body: JSON.stringify(body) });

    expect((await control("fund-platform", { amount: 5000 })).status).toBe(200);
    const account = await client().accounts.create({
      type: "express",
      email: "<script>@x.test",
      capabilities: { transfers: { requested: true } },
    });
    const link = await client().accountLinks.create({
      account: account.id,
      type: "account_onboarding",
      return_url: "https://app.test/back",
      refresh_url: "https://app.test/again",
    });
    expect(link.url).toContain(first.url);
    expect(await (await fetch(link.url)).text()).toContain("Finish onboarding");
    const finished = await fetch(link.url, { method: "POST", body: new URLSearchParams({ do: "finish" }), redirect: "manual" });
    expect(finished.headers.get("location")).toBe("https://app.test/back");
    expect((await fetch(link.url)).status).toBe(404);
    const again = await client().accountLinks.create({
      account: account.id,
      type: "account_onboarding",
      return_url: "https://app.test/back",
      refresh_url: "https://app.test/again",
    });
    await control("advance", { seconds: 300 });
    expect((await fetch(again.url, { redirect: "manual" })).headers.get("location")).toBe("https://app.test/again");
    expect((await client().accounts.createLoginLink(account.id)).url).toContain("/express/");

    await control("fault", { kind: "lost_after", route: "POST /v1/transfers", times: 2 });
    const given = { amount: 100, currency: "usd", destination: account.id };
    expect(await refusal(client().transfers.create(given, { idempotencyKey: "k" }))).toMatchObject({ type: "StripeConnectionError" });
    const page = await fetch(first.url);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const text = await page.text();
    expect(text).toContain("&lt;script&gt;@x.test");
    expect(text).not.toContain("<script>@x");
    expect(
      (await fetch(`${first.url}/_test/advance`, { method: "POST", body: "{}", headers: { "sec-fetch-site": "cross-site" } })).status,
    ).toBe(403);
    expect((await control("no-such", {})).status).toBe(404);
    expect((await control("pay-invoice", { invoice: "in_none" })).status).toBe(422);
    await first.stop();

    const second = await startStripe({ port: 0, stateFile, deliver: async () => new Response(null) });
    stops.push(second.stop);
    expect(second.engine.balance()).toEqual({ available: 4900, pending: 0 });
    const { data } = (await (await fetch(`${second.url}/_test/imbalances`)).json()) as { data: string[] };
    expect(data).toEqual([]);
  });

  it("notices money that appears from nowhere", async () => {
    const one = createStripe({ now: () => START });
    one.fundPlatform({ amount: 500 });
    one.assertConserved();
    const state = JSON.parse(one.snapshot()) as { balances: Record<string, { available: number }> };
    Object.values(state.balances)[0]!.available += 1;
    one.restore(JSON.stringify(state));
    expect(() => one.assertConserved()).toThrow("501 is not 500");
  });

  it("makes the same ids for the same seed, and restores a snapshot", async () => {
    const [one, two] = [createStripe({ now: () => START, seed: 1 }), createStripe({ now: () => START, seed: 1 })];
    const made = await Promise.all([one, two].map((engine) => clientOf(engine).customers.create({ name: "A" })));
    expect(made[0]!.id).toBe(made[1]!.id);
    const three = createStripe({ now: () => START });
    three.restore(one.snapshot());
    expect((await clientOf(three).customers.retrieve(made[0]!.id)).id).toBe(made[0]!.id);
  });
});
