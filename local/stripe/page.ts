import { html } from "hono/html";
import { page as wholePage } from "../page.ts";
import { collect, finalize, methodFor, payPart } from "./billing.ts";
import { changed } from "./events.ts";
import type { StripeEngine } from "./engine.ts";
import { balanceOf } from "./ledger.ts";
import { onboard } from "./operations/accounts.ts";
import { topUp } from "./operations/balance.ts";
import { completeCheckout, newMethod } from "./operations/checkout.ts";
import { amountOf } from "./prices.ts";
import { StripeRefusal } from "./refusal.ts";
import type { CheckoutSession, Customer, Invoice } from "./things.ts";
import { PLATFORM, type World } from "./world.ts";

type Markup = ReturnType<typeof html>;

/** So many rows of each kind are shown. */
const SHOWN = 25;

const PART = "Local Stripe";

/** Answers the stand-in's own pages: the overview, and those that its links lead to. */
export async function pages(world: World, engine: StripeEngine, request: Request, touched: () => void): Promise<Response> {
  const { pathname } = new URL(request.url);
  const posted = request.method === "POST" ? new URLSearchParams(await request.text()) : null;
  const [, first, second, third, fourth] = pathname.split("/");
  try {
    if (pathname === "/" && !posted) return await overview(world, engine);
    if (first === "setup" && third && fourth) return await setupPage(world, third, fourth, posted);
    if (first === "express" && second && !posted) return await expressPage(world, second);
    if (first === "c" && third) return await checkoutPage(world, third, posted);
    if (first === "i" && second) return await invoicePage(world, second, posted);
    if (first === "p" && third) return await portalPage(world, third, posted);
    if (first === "do" && second && posted) return await act(world, second, posted);
  } catch (error) {
    if (error instanceof StripeRefusal || error instanceof Error) return await message("That did not work", error.message, 400);
    throw error;
  } finally {
    if (posted) touched();
  }
  return message("Nothing here", "This page is not one of the local Stripe.", 404);
}

const dollars = (cents: number): string =>
  `${cents < 0 ? "−" : ""}$${(Math.abs(cents) / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

const instant = (seconds: number): string => new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, 16);

const goTo = (url: string): Response => new Response(null, { status: 303, headers: { Location: url } });

const message = (title: string, words: string, code = 200): Promise<Response> =>
  wholePage({
    title,
    part: PART,
    status: code,
    body: html`<div class="slim">
      <h1>${title}</h1>
      <p class="soft">${words}</p>
      <p><a href="/">To the overview</a></p>
    </div>`,
  });

/** A list of things with a word before each, or a sentence when there is none. */
function section(title: string, rows: readonly Markup[], none: string): Markup {
  return html`<section class="card">
    <div class="part-head"><h2>${title}</h2></div>
    ${
      rows.length === 0
        ? html`<p class="soft links">${none}</p>`
        : html`<ul class="rows">
            ${rows.slice(0, SHOWN)}
          </ul>`
    }
  </section>`;
}

const row = (name: string, about: string, side: string | Markup): Markup =>
  html`<li class="row">
    <span class="badge" aria-hidden="true">${name.slice(0, 1)}</span>
    <span class="words"><b>${name}</b><span class="soft small">${about}</span></span>
    <span class="side">${side}</span>
  </li>`;

const button = (what: string, id: string, label: string): Markup =>
  html`<form method="post" action="/do/${what}">
    <input type="hidden" name="id" value="${id}" /><button class="button">${label}</button>
  </form>`;

function overview(world: World, engine: StripeEngine): Promise<Response> {
  const platform = balanceOf(world, PLATFORM);
  const wrong = engine.imbalances();
  const accounts = world.all("accounts").toReversed();
  const invoices = world.all("invoices").toReversed();
  const events = engine.events().toReversed();
  const sent = Map.groupBy(engine.deliveries(), (each) => each.event);
  return wholePage({
    title: "Local Stripe",
    part: PART,
    formActions: ["'self'"],
    body: html`<div class="head">
        <div>
          <h1>The local Stripe</h1>
          <p class="soft">
            It is ${instant(world.seconds())} UTC here. ${wrong.length === 0 ? "Its money adds up." : "Its money does not add up:"}
          </p>
          ${wrong.map((each) => html`<p>${each}</p>`)}
        </div>
        ${button("fund", "10000000", "Top up $100,000.00")}
      </div>
      <section class="card">
        <div class="part-head"><h2>Balance of the platform</h2></div>
        <dl class="facts">
          <dt>Available</dt>
          <dd>${dollars(platform.available)}</dd>
          <dt>Pending</dt>
          <dd>${dollars(platform.pending)}</dd>
        </dl>
      </section>
      ${section(
        "Connected accounts",
        accounts.map((account) => {
          const { available } = balanceOf(world, account.id);
          const state = account.capabilities["transfers"] === "active" ? `can receive, has ${dollars(available)}` : "cannot receive yet";
          return row(
            account.email ?? account.id,
            `${account.id} · ${state}`,
            account.details_submitted ? "onboarded" : button("onboard", account.id, "Finish onboarding"),
          );
        }),
        "No one was onboarded yet.",
      )}
      ${section(
        "Invoices",
        invoices.map((invoice) => {
          const about = `${invoice.number ?? invoice.id} · ${invoice.status} · ${dollars(invoice.amount_remaining)} of ${dollars(invoice.total)} open`;
          const payable = invoice.status === "open" || invoice.status === "uncollectible";
          return row(
            invoice.customer_name ?? invoice.customer_email ?? invoice.customer,
            about,
            payable ? button("pay", invoice.id, "Pay") : dollars(invoice.total),
          );
        }),
        "Nothing was billed yet.",
      )}
      ${section(
        "Transfers",
        world
          .all("transfers")
          .toReversed()
          .map((each) =>
            row(
              each.destination,
              `${each.id} · ${each.transfer_group ?? "no group"} · ${instant(each.created)}`,
              each.amount_reversed > 0 ? `${dollars(each.amount)}, ${dollars(each.amount_reversed)} back` : dollars(each.amount),
            ),
          ),
        "Nothing was transferred yet.",
      )}
      ${section(
        "Events",
        events.map((event) =>
          row(event.type, `${event.id} · ${event.account ?? "platform"} · ${instant(event.created)}`, wentHow(sent.get(event.id))),
        ),
        "Nothing happened yet.",
      )}`,
  });
}

function wentHow(deliveries: readonly { state: string; attempt: number }[] | undefined): string {
  if (!deliveries) return "nobody listens";
  const delivered = deliveries.filter((each) => each.state === "delivered").length;
  return delivered === deliveries.length ? "delivered" : `${delivered} of ${deliveries.length} delivered`;
}

/** The buttons of the overview. */
function act(world: World, what: string, posted: URLSearchParams): Response | Promise<Response> {
  const id = posted.get("id") ?? "";
  if (what === "onboard") onboard(world, world.at("accounts", id));
  else if (what === "pay") pay(world, world.at("invoices", id));
  else if (what === "fund") topUp(world, Math.max(1, Math.trunc(Number(id)) || 0));
  else return message("Nothing here", "There is no such button.", 404);
  return goTo("/");
}

function pay(world: World, invoice: Invoice): void {
  if (invoice.status === "draft") finalize(world, invoice);
  const method = methodFor(world, invoice);
  if (method && !method.declines) collect(world, invoice, method);
  else payPart(world, invoice, invoice.amount_remaining, "card", null);
}

/** Where an account link leads: one click, and Stripe knows all it wants. A used or old link leads to a fresh one. */
function setupPage(world: World, id: string, token: string, posted: URLSearchParams | null): Response | Promise<Response> {
  const account = world.at("accounts", id);
  const link = world.state.setupLinks[token];
  if (!link || link.account !== id) return message("This link is used up", "Ask for a new one where you came from.", 404);
  if (link.expiresAt <= world.seconds()) {
    delete world.state.setupLinks[token];
    return goTo(link.refreshUrl);
  }
  if (!posted) {
    return wholePage({
      title: "Finish onboarding",
      part: PART,
      formActions: ["'self'", new URL(link.returnUrl).origin],
      body: html`<div class="slim">
        <h1>Tell Stripe who you are</h1>
        <p class="soft">${account.email ?? account.id} would now enter their name, bank account and tax number. Here one click does it.</p>
        <form method="post" class="field">
          <button class="button" name="do" value="finish">Finish onboarding</button>
          <button class="button" name="do" value="later">Later</button>
        </form>
      </div>`,
    });
  }
  delete world.state.setupLinks[token];
  if (posted.get("do") === "finish") onboard(world, account);
  return goTo(link.returnUrl);
}

/** Where a login link leads: the dashboard of a connected account. */
function expressPage(world: World, id: string): Promise<Response> {
  const account = world.at("accounts", id);
  const { available, pending } = balanceOf(world, id);
  return wholePage({
    title: "Your payouts",
    part: PART,
    body: html`<h1>${account.email ?? account.id}</h1>
      <section class="card">
        <dl class="facts">
          <dt>Available</dt>
          <dd>${dollars(available)}</dd>
          <dt>Pending</dt>
          <dd>${dollars(pending)}</dd>
        </dl>
      </section>
      ${section(
        "Payouts",
        world
          .all("payouts", id)
          .toReversed()
          .map((each) => row(each.id, `${each.status} · ${instant(each.arrival_date)}`, dollars(each.amount))),
        "Nothing was paid out yet.",
      )}`,
  });
}

/** Where a checkout session leads: pay, have the card declined, or go back. */
function checkoutPage(world: World, id: string, posted: URLSearchParams | null): Response | Promise<Response> {
  const session = world.at("checkout_sessions", id);
  if (session.status !== "open") return message("This page is closed", `The session is ${session.status}.`, 410);
  if (!posted) return checkoutForm(world, session, "");
  if (posted.get("do") === "back" && session.cancel_url !== null) return goTo(session.cancel_url);
  const onward = completeCheckout(world, session, { declines: posted.get("do") === "decline" });
  return onward === null ? checkoutForm(world, session, "Your card was declined.") : goTo(onward);
}

function checkoutForm(world: World, session: CheckoutSession, warning: string): Promise<Response> {
  const items = world.state.checkouts[session.id]?.items ?? [];
  const targets = [session.success_url, session.cancel_url].flatMap((url) => (url === null ? [] : [new URL(url).origin]));
  return wholePage({
    title: "Checkout",
    part: PART,
    formActions: ["'self'", ...targets],
    body: html`<div class="slim">
      <h1>${session.mode === "setup" ? "Add a payment method" : `Pay ${dollars(session.amount_total ?? 0)}`}</h1>
      ${warning === "" ? "" : html`<p class="card hint links">${warning}</p>`}
      ${section(
        "What it is for",
        items.map(({ price, quantity }) => {
          const found = world.sure("prices", price);
          return row(world.find("products", found.product)?.name ?? price, `${quantity} ×`, dollars(amountOf(found, quantity)));
        }),
        "A payment method for later.",
      )}
      <form method="post" class="field">
        <button class="button" name="do" value="pay">Pay</button>
        <button class="button" name="do" value="decline">Card is declined</button>
        ${session.cancel_url === null ? "" : html`<button class="button" name="do" value="back">Back</button>`}
      </form>
    </div>`,
  });
}

/** Where an invoice's hosted page is. */
function invoicePage(world: World, id: string, posted: URLSearchParams | null): Response | Promise<Response> {
  const invoice = world.at("invoices", id);
  if (posted) {
    pay(world, invoice);
    return goTo(`/i/${id}`);
  }
  const payable = invoice.status === "open" || invoice.status === "uncollectible";
  return wholePage({
    title: `Invoice ${invoice.number ?? ""}`.trim(),
    part: PART,
    formActions: ["'self'"],
    body: html`<div class="slim">
      <h1>Invoice ${invoice.number ?? invoice.id}</h1>
      <p class="soft">${invoice.customer_name ?? invoice.customer_email ?? ""} · ${invoice.status}</p>
      ${section(
        "Lines",
        invoice.lines.data.map((line) => row(line.description ?? "Line", "", dollars(line.amount))),
        "No lines.",
      )}
      <p>${dollars(invoice.amount_remaining)} open of ${dollars(invoice.total)}</p>
      ${payable ? html`<form method="post"><button class="button">Pay</button></form>` : ""}
    </div>`,
  });
}

/** Where a portal session leads: payment methods and the end of a subscription. */
function portalPage(world: World, id: string, posted: URLSearchParams | null): Response | Promise<Response> {
  const session = world.at("portal_sessions", id);
  const customer = world.sure("customers", session.customer);
  if (posted) {
    portalAction(world, customer, posted);
    return goTo(`/p/session/${id}`);
  }
  const open = world.all("subscriptions").filter((each) => each.customer === customer.id && each.ended_at === null);
  const method = world.find("payment_methods", customer.invoice_settings.default_payment_method);
  return wholePage({
    title: "Your subscription",
    part: PART,
    formActions: ["'self'"],
    body: html`<div class="slim">
      <h1>${customer.name ?? customer.email ?? customer.id}</h1>
      <p class="soft">Pays with ${method ? `a ${method.type}${method.declines ? " that is declined" : ""}` : "nothing yet"}.</p>
      <form method="post" class="field">
        <button class="button" name="do" value="card">Use a good card</button>
        <button class="button" name="do" value="bad">Use a card that is declined</button>
      </form>
      ${section(
        "Subscriptions",
        open.map((each) =>
          row(
            each.items.data.map((item) => world.find("products", item.price.product)?.name ?? item.price.id).join(", "),
            `${each.status}${each.cancel_at === null ? "" : ` · ends ${instant(each.cancel_at)}`}`,
            each.cancel_at === null
              ? html`<form method="post">
                  <input type="hidden" name="id" value="${each.id}" /><button class="button" name="do" value="cancel">Cancel</button>
                </form>`
              : "",
          ),
        ),
        "None.",
      )}
      ${session.return_url === null ? "" : html`<p><a href="${session.return_url}">Back</a></p>`}
    </div>`,
  });
}

function portalAction(world: World, customer: Customer, posted: URLSearchParams): void {
  const what = posted.get("do");
  if (what === "card" || what === "bad") {
    const method = newMethod(world, customer, "card", what === "bad");
    changed(world, "customer.updated", customer, () => void (customer.invoice_settings.default_payment_method = method.id));
    for (const each of world.all("subscriptions")) {
      if (each.customer === customer.id && each.default_payment_method !== null) each.default_payment_method = method.id;
    }
  }
  if (what !== "cancel") return;
  const subscription = world.at("subscriptions", posted.get("id") ?? "");
  if (subscription.customer !== customer.id) return;
  changed(world, "customer.subscription.updated", subscription, () => {
    subscription.cancel_at_period_end = true;
    subscription.cancel_at = Math.min(...subscription.items.data.map((item) => item.current_period_end));
    subscription.canceled_at = world.seconds();
    subscription.cancellation_details.reason = "cancellation_requested";
  });
}
