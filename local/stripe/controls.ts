import { collect, fail, finalize, methodFor, payOutside, payPart } from "./billing.ts";
import { emit, EVENT_TYPES, type Delivery, type DeliveryPolicy } from "./events.ts";
import { FAULT_KINDS, type Chaos, type Fault } from "./faults.ts";
import { balanceOf, imbalances } from "./ledger.ts";
import { accountAt, onboard, requirements, setCapability } from "./operations/accounts.ts";
import { payOut, settlePayout, topUp } from "./operations/balance.ts";
import { completeCheckout, newMethod } from "./operations/checkout.ts";
import { addEndpoint } from "./operations/events.ts";
import { changed } from "./events.ts";
import { closeDispute, failRefund, openDispute } from "./payments.ts";
import { endTrial } from "./subscribing.ts";
import type { Account, Charge, Dispute, Invoice, Method, Payout, Refund, StripeEvent, Subscription, WebhookEndpoint } from "./things.ts";
import { PLATFORM, type RecordedRequest, type World } from "./world.ts";

/** One delivery with the event it carries, for inspection. */
export interface DeliveredEvent extends Delivery {
  type: string;
  url: string;
}

/** A balance in cents. */
export interface Balance {
  available: number;
  pending: number;
}

/**
 * What a test or a person can make happen in the stand-in. The routes under `/_test` call the same
 * functions with their JSON body as the one argument.
 */
export interface Controls {
  /** Moves the clock ahead; what becomes due meanwhile happens, each at its own instant. */
  advance(by: { seconds?: number; hours?: number; days?: number }): { now: string };
  /** Something goes wrong with the next calls of a route. */
  fault(fault: Fault): Fault;
  /** Faults by chance; `null` ends them. */
  chaos(chaos: Chaos | null): void;
  clearFaults(): void;
  setFees(fees: { bp: number; fixedCents: number }): void;

  /** Pays an invoice, whole or in part; `outside` notes that it was paid without Stripe. A draft is finalised first. */
  payInvoice(given: { invoice: string; amount?: number; method?: Method; outside?: boolean }): Invoice;
  /** An attempt to collect an invoice is declined. */
  failPayment(given: { invoice: string }): Charge;
  openDispute(given: { charge: string; amount?: number; reason?: string }): Dispute;
  winDispute(given: { dispute: string }): Dispute;
  loseDispute(given: { dispute: string }): Dispute;
  /** The payer's bank sends a refund back. */
  failRefund(given: { refund: string }): Refund;
  /** Gives a customer a payment method and makes it the preset; `declines` makes every payment with it fail. */
  setPaymentMethod(given: { customer: string; type?: Method; declines?: boolean }): { id: string };
  /** Resumes a paused subscription. */
  resumeSubscription(given: { subscription: string }): Subscription;
  /** Pays a checkout session as its page does. Answers where the browser would go. */
  completeCheckout(given: { session: string; declines?: boolean }): { url: string | null };

  completeOnboarding(given: { account: string }): Account;
  setCapability(given: { account: string; capability: string; state: "active" | "inactive" | "pending" }): Account;
  /** Switches payouts of an account on or off, as Stripe does when it needs something. */
  setPayoutsEnabled(given: { account: string; enabled: boolean }): Account;
  /** Tops up the platform's balance; the money is available at once. */
  fundPlatform(given: { amount: number }): Balance;
  /** Takes money out of the platform's balance to its bank. */
  drainPlatform(given: { amount?: number }): Balance;
  /** Pays out a connected account's balance: all of it, automatically, unless an amount is named; it arrives at once unless told. */
  payOut(given: { account: string; amount?: number; outcome?: "pending" | "paid" | "failed" }): Payout;
  settlePayout(given: { payout: string; outcome: "paid" | "failed" }): Payout;

  /** Adds a webhook endpoint with a secret of the caller's choice. Preset: all events. */
  addWebhookEndpoint(given: { url: string; secret: string; connect?: boolean; events?: string[] }): WebhookEndpoint;
  /** Holds, drops, repeats or shuffles deliveries from now on; what is not named stays as it is. */
  setDelivery(policy: Partial<DeliveryPolicy>): DeliveryPolicy;
  /** Puts an event on its way again, to every endpoint that listens. */
  resend(given: { event: string }): void;

  balance(account?: string): Balance;
  deliveries(): DeliveredEvent[];
  requests(): readonly RecordedRequest[];
  events(type?: string): StripeEvent[];
  /** What is wrong with the stand-in's money, in sentences. */
  imbalances(): string[];
  /** Throws when money was made or lost. */
  assertConserved(): void;
}

/** The controls over a world. `touched` is called after each change, so that events leave and state is kept. */
export function controlsOf(world: World, touched: () => void, caughtUp: () => void): Controls {
  /** A control changes something and answers a copy of it. */
  const doing = <T>(run: () => T): T => {
    caughtUp();
    try {
      return structuredClone(run());
    } finally {
      touched();
    }
  };

  return {
    advance: ({ seconds = 0, hours = 0, days = 0 }) =>
      doing(() => {
        const ms = Math.round((seconds + hours * 3600 + days * 86_400) * 1000);
        if (!(ms >= 0)) throw new Error("The clock only goes forward.");
        world.state.aheadMs += ms;
        caughtUp();
        return { now: world.now().toISOString() };
      }),
    fault: (fault) => {
      if (!FAULT_KINDS.includes(fault.kind))
        throw new Error(`There is no fault ${String(fault.kind)}; there are ${FAULT_KINDS.join(", ")}.`);
      if (!Number.isInteger(fault.times ?? 1) || (fault.times ?? 1) < 1) throw new Error("A fault happens one or more times.");
      world.state.faults.push({ ...fault });
      return fault;
    },
    chaos: (chaos) => {
      if (chaos && (chaos.kinds.length === 0 || chaos.kinds.some((kind) => !FAULT_KINDS.includes(kind)))) {
        throw new Error(`Chaos needs kinds out of ${FAULT_KINDS.join(", ")}.`);
      }
      world.state.chaos = chaos && { ...chaos, decided: chaos.decided ?? 0 };
    },
    clearFaults: () => {
      world.state.faults = [];
      world.state.chaos = null;
    },
    setFees: (fees) => void (world.state.fees = { ...fees }),

    payInvoice: ({ invoice: id, amount, method, outside = false }) =>
      doing(() => {
        const invoice = world.sure("invoices", id);
        if (invoice.status === "draft") finalize(world, invoice);
        if (outside) payOutside(world, invoice);
        else if (amount === undefined && method === undefined && methodFor(world, invoice)?.declines === false)
          collect(world, invoice, methodFor(world, invoice));
        else payPart(world, invoice, amount ?? invoice.amount_remaining, method ?? "card", null);
        return invoice;
      }),
    failPayment: ({ invoice: id }) =>
      doing(() => {
        const invoice = world.sure("invoices", id);
        if (invoice.status === "draft") finalize(world, invoice);
        return fail(world, invoice, null);
      }),
    openDispute: ({ charge, amount, reason }) => doing(() => openDispute(world, world.sure("charges", charge), { amount, reason })),
    winDispute: ({ dispute: id }) => doing(() => decided(world.sure("disputes", id), "won")),
    loseDispute: ({ dispute: id }) => doing(() => decided(world.sure("disputes", id), "lost")),
    failRefund: ({ refund: id }) =>
      doing(() => {
        const refund = world.sure("refunds", id);
        failRefund(world, refund);
        return refund;
      }),
    setPaymentMethod: ({ customer: id, type = "card", declines = false }) =>
      doing(() => {
        const customer = world.at("customers", id);
        const method = newMethod(world, customer, type, declines);
        changed(world, "customer.updated", customer, () => void (customer.invoice_settings.default_payment_method = method.id));
        return { id: method.id };
      }),
    resumeSubscription: ({ subscription: id }) =>
      doing(() => {
        const subscription = world.at("subscriptions", id);
        if (subscription.status !== "paused") throw new Error(`${id} is ${subscription.status}, not paused`);
        endTrial(world, subscription);
        emit(world, "customer.subscription.resumed", subscription);
        return subscription;
      }),
    completeCheckout: ({ session, declines = false }) =>
      doing(() => ({ url: completeCheckout(world, world.at("checkout_sessions", session), { declines }) })),

    completeOnboarding: ({ account: id }) =>
      doing(() => {
        const account = accountAt(world, id);
        onboard(world, account);
        return account;
      }),
    setCapability: ({ account: id, capability, state }) =>
      doing(() => {
        const account = accountAt(world, id);
        setCapability(world, account, capability, state);
        return account;
      }),
    setPayoutsEnabled: ({ account: id, enabled }) =>
      doing(() => {
        const account = accountAt(world, id);
        changed(
          world,
          "account.updated",
          account,
          () => {
            account.payouts_enabled = enabled;
            account.requirements = enabled ? requirements([], null) : requirements(["external_account"], "requirements.past_due");
          },
          account.id,
        );
        return account;
      }),
    fundPlatform: ({ amount }) =>
      doing(() => {
        if (!Number.isInteger(amount) || amount < 1) throw new Error("A top-up is a whole number of cents.");
        topUp(world, amount);
        return balanceOf(world, PLATFORM);
      }),
    drainPlatform: ({ amount }) =>
      doing(() => {
        settlePayout(world, payOut(world, PLATFORM, { amount }), "paid");
        return balanceOf(world, PLATFORM);
      }),
    payOut: ({ account, amount, outcome = "paid" }) =>
      doing(() => {
        const payout = payOut(world, accountAt(world, account).id, { amount, automatic: amount === undefined });
        if (outcome !== "pending") settlePayout(world, payout, outcome);
        return payout;
      }),
    settlePayout: ({ payout: id, outcome }) =>
      doing(() => {
        const payout = world.sure("payouts", id);
        settlePayout(world, payout, outcome);
        return payout;
      }),

    addWebhookEndpoint: ({ url, secret, connect = false, events = ["*"] }) =>
      doing(() => {
        const unknown = events.find((each) => each !== "*" && !(EVENT_TYPES as readonly string[]).includes(each));
        if (unknown !== undefined) throw new Error(`The stand-in sends no ${unknown}.`);
        const known = world
          .all("webhook_endpoints")
          .find((each) => each.url === url && world.state.endpoints[each.id]?.connect === connect);
        if (!known) return addEndpoint(world, { url, secret, connect, events });
        known.enabled_events = [...events];
        world.state.endpoints[known.id] = { secret, connect };
        return known;
      }),
    setDelivery: (policy) => doing(() => Object.assign(world.state.policy, policy)),
    resend: ({ event: id }) =>
      doing(() => {
        const owner = world.ownerOf("events", id);
        for (const endpoint of world.all("webhook_endpoints")) {
          if ((world.state.endpoints[endpoint.id]?.connect ?? false) !== (owner !== PLATFORM)) continue;
          world.state.deliveries.push({
            event: id,
            endpoint: endpoint.id,
            attempt: 0,
            dueAt: world.seconds(),
            state: "waiting",
            answered: null,
          });
        }
      }),

    balance: (account = PLATFORM) => {
      caughtUp();
      return { ...balanceOf(world, account) };
    },
    deliveries: () =>
      world.state.deliveries.map((each) => ({
        ...each,
        type: world.sure("events", each.event).type,
        url: world.state.tables.webhook_endpoints.get(each.endpoint)?.thing.url ?? "",
      })),
    requests: () => world.state.requests,
    events: (type) =>
      [...world.state.tables.events.values()]
        .map((row) => structuredClone(row.thing))
        .filter((each) => type === undefined || each.type === type),
    imbalances: () => imbalances(world),
    assertConserved: () => {
      const wrong = imbalances(world);
      if (wrong.length > 0) throw new Error(`The stand-in's money is not conserved:\n${wrong.join("\n")}`);
    },
  };

  function decided(dispute: Dispute, outcome: "won" | "lost"): Dispute {
    closeDispute(world, dispute, outcome);
    return dispute;
  }
}
