import { setTimeout as pause } from "node:timers/promises";
import { catchUp } from "./clock.ts";
import { type Controls, controlsOf } from "./controls.ts";
import { type Deliver, dueDeliveries, send } from "./events.ts";
import { type Fault, type Hit, hitBy } from "./faults.ts";
import { canonical, decodeForm } from "./form.ts";
import { giveBack, LONGEST_KEY, remembered, take } from "./idempotency.ts";
import type { Operation } from "./operation.ts";
import { accounts, noAccess } from "./operations/accounts.ts";
import { balances } from "./operations/balance.ts";
import { catalog } from "./operations/catalog.ts";
import { checkout } from "./operations/checkout.ts";
import { creditNotes } from "./operations/credit-notes.ts";
import { customers } from "./operations/customers.ts";
import { events } from "./operations/events.ts";
import { invoices } from "./operations/invoices.ts";
import { meterEvents } from "./operations/meter-events.ts";
import { payments } from "./operations/payments.ts";
import { subscriptions } from "./operations/subscriptions.ts";
import { transfers } from "./operations/transfers.ts";
import { pages } from "./page.ts";
import { present } from "./present.ts";
import { invalid, StripeRefusal } from "./refusal.ts";
import { check, type Raw } from "./schema.ts";
import { testRoutes } from "./test-routes.ts";
import { API_VERSION, type Fees, freshSeed, PLATFORM, type RecordedRequest, World } from "./world.ts";

/** Every operation that the stand-in has. */
export const OPERATIONS: readonly Operation[] = [
  ...accounts,
  ...customers,
  ...catalog,
  ...checkout,
  ...subscriptions,
  ...invoices,
  ...creditNotes,
  ...payments,
  ...transfers,
  ...balances,
  ...meterEvents,
  ...events,
];

/** How a stand-in is set up; everything has a preset. */
export interface StripeOptions {
  /** The clock underneath; `advance` goes on top of it. */
  now?: () => Date;
  /** What Stripe keeps of a payment. Preset: 290 basis points and 30 cents. */
  fees?: Fees;
  /** The secret key that callers must show. */
  key?: string;
  /** Days until a payment is available. Preset: 2. */
  settlementDays?: number;
  /** The same seed and the same calls make the same ids. Preset: random. */
  seed?: number;
  /** Sends a webhook. Preset: over the network, ten seconds at most. */
  deliver?: Deliver;
  /** How a `delay` waits. Preset: real time. */
  sleep?: (ms: number) => Promise<unknown>;
  /** Where the pages are that links lead to. */
  origin?: () => string;
  /** Called after everything that may have changed the state. */
  changed?: () => void;
}

/** A stand-in for Stripe, in this process. */
export interface StripeEngine extends Controls {
  /** Answers a request to the API, to `/_test` or to a page. A lost request or answer rejects, as `fetch` does. */
  fetch(input: Request | string | URL, init?: RequestInit): Promise<Response>;
  /** Delivers what is due, held or not, and waits for it. Answers how many deliveries were tried. */
  flushEvents(): Promise<number>;
  /** Waits until nothing is being delivered. */
  settled(): Promise<void>;
  /** Does what became due as time went by, and sends what can be sent. */
  tick(): void;
  /** Everything the stand-in remembers, as JSON text. */
  snapshot(): string;
  restore(text: string): void;
}

/** The secret key of a stand-in that was given none. */
export const PRESET_KEY = "sk_test_stand_in";

const KEPT_REQUESTS = 5000;

/** A request or its answer that never arrived. */
export class ConnectionLost extends TypeError {
  override name = "TypeError";
}

/** Makes a stand-in for Stripe. Nothing leaves the process but webhooks. */
export function createStripe(options: StripeOptions = {}): StripeEngine {
  const {
    now = () => new Date(),
    fees = { bp: 290, fixedCents: 30 },
    key = PRESET_KEY,
    settlementDays = 2,
    seed = freshSeed(),
    sleep = (ms: number) => pause(ms),
    origin = () => "http://stripe.localhost",
  } = options;
  const world = new World({ now, fees, settlementDays, seed, origin });
  const deliver: Deliver = options.deliver ?? ((_, request) => fetch(new Request(request, { signal: AbortSignal.timeout(10_000) })));
  let sending: Promise<unknown> = Promise.resolve();

  const sendDue = async (): Promise<number> => {
    const due = dueDeliveries(world);
    for (const each of due) if (each.state === "waiting") await send(world, each, deliver);
    if (due.length > 0) options.changed?.();
    return due.length;
  };
  /** One round of deliveries after another, so that order is ours to decide. */
  const afterOthers = (): Promise<number> => {
    const round = sending.then(sendDue);
    sending = round.catch(() => {});
    return round;
  };
  const sendSome = () => {
    if (!world.state.policy.held && dueDeliveries(world).length > 0) void afterOthers();
  };
  const touched = () => {
    sendSome();
    options.changed?.();
  };
  const caughtUp = () => {
    world.caller = null;
    const { made } = world.state;
    catchUp(world);
    if (world.state.made !== made) touched();
  };
  const controls = controlsOf(world, touched, caughtUp);

  const engine: StripeEngine = {
    ...controls,
    async fetch(input, init) {
      const request = new Request(input, init);
      const { pathname } = new URL(request.url);
      caughtUp();
      if (pathname.startsWith("/v1/") || pathname.startsWith("/v2/")) return impatiently(api(request), request.signal);
      if (!isOwn(request)) return new Response("This server answers only its own pages.\n", { status: 403 });
      if (pathname.startsWith("/_test")) return testRoutes(engine, request);
      return pages(world, engine, request, touched);
    },
    async flushEvents() {
      caughtUp();
      let count = 0;
      for (;;) {
        const round = await afterOthers();
        if (round === 0) return count;
        count += round;
      }
    },
    async settled() {
      for (let round: Promise<unknown> | undefined; round !== sending;) {
        round = sending;
        await round;
      }
    },
    tick() {
      caughtUp();
      sendSome();
    },
    snapshot: () => world.snapshot(),
    restore: (text) => world.restore(text),
  };

  /** What a call comes to: looked at, executed unless it is a repetition, recorded. */
  async function api(request: Request): Promise<Response> {
    const { method, headers, url } = request;
    const { pathname, search } = new URL(url);
    const requestId = world.id("req");
    const body = await request.text();
    const idempotencyKey = method === "POST" ? headers.get("idempotency-key") : null;
    const record: RecordedRequest = {
      id: requestId,
      at: world.now().toISOString(),
      method,
      path: pathname,
      params: null,
      account: headers.get("stripe-account") ?? PLATFORM,
      idempotencyKey,
      answered: null,
      replayed: false,
      fault: null,
    };
    world.state.requests.push(record);
    if (world.state.requests.length > KEPT_REQUESTS) world.state.requests.shift();

    const answer = (http: number, text: string, extra: Record<string, string> = {}): Response => {
      record.answered = http;
      return new Response(text, {
        status: http,
        headers: {
          "Content-Type": "application/json",
          "Cache-Control": "no-cache, no-store",
          "Request-Id": requestId,
          "Stripe-Version": API_VERSION,
          ...(idempotencyKey === null ? {} : { "Idempotency-Key": idempotencyKey }),
          ...(record.account === PLATFORM ? {} : { "Stripe-Account": record.account }),
          ...extra,
        },
      });
    };
    const refused = (refusal: unknown): Response => {
      const { http, text } = wordsOf(refusal);
      const extra: Record<string, string> =
        http === 401 ? { "WWW-Authenticate": 'Bearer realm="Stripe"' } : http === 429 ? { "Stripe-Should-Retry": "true" } : {};
      return answer(http, text, extra);
    };

    const hit: Hit = hitBy(world, method, pathname);
    const outer = hit.onTheWay;
    record.fault = outer?.kind ?? null;
    if (outer?.kind === "lost_before") throw lost();
    try {
      authenticate(headers, key);
      checkVersion(headers);
      if (outer?.kind === "429") {
        throw new StripeRefusal(429, {
          type: "invalid_request_error",
          code: "rate_limit",
          message: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        });
      }
      if (outer?.kind === "503")
        throw new StripeRefusal(503, { type: "api_error", message: "Stripe is temporarily unavailable. Please try again." });
      const owner = headers.get("stripe-account") ?? PLATFORM;
      if (owner !== PLATFORM && !world.find("accounts", owner)) throw noAccess(owner);
      if (idempotencyKey !== null && idempotencyKey.length > LONGEST_KEY) {
        throw invalid(`Keys for idempotent requests can be at most ${LONGEST_KEY} characters.`);
      }

      const { operation, ids } = route(method, pathname);
      const raw = decodeForm([search.slice(1), body].filter((part) => part !== "").join("&"));
      record.params = raw;
      const sent = canonical(raw);
      const stored = idempotencyKey === null ? null : remembered(world, owner, idempotencyKey, pathname, sent);
      if (stored) {
        record.replayed = true;
        if (outer?.kind === "delay") await sleep(outer.ms ?? 1000);
        if (outer?.kind === "lost_after") throw lost();
        return answer(stored.http, stored.body, { "Idempotent-Replayed": "true", "Original-Request": stored.requestId });
      }
      const params = check(operation.fields, raw as { [name: string]: Raw }) as Record<string, unknown>;
      if (owner !== PLATFORM && !operation.connected)
        throw invalid(`The stand-in does not serve ${method} ${operation.path} for a connected account.`);

      const entry = idempotencyKey === null ? null : take(world, owner, idempotencyKey, pathname, sent);
      try {
        if (outer?.kind === "delay") {
          await sleep(outer.ms ?? 1000);
          caughtUp();
        }
        const inner = hit.inside();
        record.fault ??= inner?.kind ?? null;
        const result = execute(operation, params, { owner, url: pathname, ids, requestId, idempotencyKey }, inner);
        if (entry) {
          entry.answer = { http: result.http, body: result.text, requestId };
          entry.at = world.seconds();
        }
        if (method !== "GET") touched();
        if (outer?.kind === "lost_after") throw lost();
        return answer(result.http, result.text);
      } catch (error) {
        if (entry?.answer === null && idempotencyKey !== null) giveBack(world, owner, idempotencyKey);
        throw error;
      }
    } catch (error) {
      if (error instanceof ConnectionLost) {
        record.answered = null;
        throw error;
      }
      return refused(error);
    }
  }

  /** Executes an operation, or does what a fault wants instead. Whatever it answers is final for the key. */
  function execute(
    operation: Operation,
    params: Record<string, unknown>,
    call: { owner: string; url: string; ids: Record<string, string>; requestId: string; idempotencyKey: string | null },
    fault: Fault | null,
  ): { http: number; text: string } {
    if (fault?.kind === "stored_500") return wordsOf(outage());
    if (fault?.kind === "refuse") return wordsOf(chosen(fault));
    world.caller = { requestId: call.requestId, idempotencyKey: call.idempotencyKey };
    try {
      const { expand, ...rest } = params;
      const thing = operation.run(world, rest, {
        owner: call.owner,
        url: call.url,
        in: (name) => call.ids[name] ?? "",
      });
      if (fault?.kind === "500_after") return wordsOf(outage());
      return { http: 200, text: JSON.stringify(present(world, thing, (expand as string[] | undefined) ?? []), null, 2) };
    } catch (error) {
      if (error instanceof StripeRefusal) return wordsOf(error);
      throw error;
    } finally {
      world.caller = null;
    }
  }

  return engine;
}

/** Gives up on an answer when the caller does, as `fetch` does; the request goes on all the same. */
function impatiently(answer: Promise<Response>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason as Error);
    signal.addEventListener("abort", giveUp, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}

/** A page of another origin, open in the developer's browser, must not work our controls. */
function isOwn(request: Request): boolean {
  return request.method === "GET" || ["none", "same-origin"].includes(request.headers.get("sec-fetch-site") ?? "none");
}

function authenticate(headers: Headers, key: string): void {
  const given = headers.get("authorization") ?? "";
  const basic = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(given)?.[1];
  const shown = basic === undefined ? /^Bearer +(\S+)$/i.exec(given)?.[1] : Buffer.from(basic, "base64").toString("utf8").split(":")[0];
  if (!shown) {
    throw invalid(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details.",
      { http: 401 },
    );
  }
  if (shown !== key)
    throw invalid(`Invalid API Key provided: ${shown.slice(0, 8)}${"*".repeat(Math.max(0, shown.length - 12))}${shown.slice(-4)}`, {
      http: 401,
    });
}

function checkVersion(headers: Headers): void {
  const version = headers.get("stripe-version");
  if (version !== null && version !== API_VERSION) {
    throw invalid(`Invalid Stripe API version: ${version}. The stand-in speaks ${API_VERSION} only.`);
  }
}

function route(method: string, path: string): { operation: Operation; ids: Record<string, string> } {
  for (const operation of OPERATIONS) {
    if (operation.method !== method) continue;
    const ids = idsOf(operation.path, path);
    if (ids) return { operation, ids };
  }
  throw invalid(
    `Unrecognized request URL (${method}: ${path}). If you are trying to list objects, remove the trailing slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in your code. Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
    { http: 404 },
  );
}

function idsOf(template: string, path: string): Record<string, string> | null {
  const wanted = template.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const ids: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined ? part !== value : value === "") return null;
    if (name !== undefined) ids[name] = decodeURIComponent(value);
  }
  return ids;
}

const lost = () => new ConnectionLost("fetch failed");

const outage = () =>
  new StripeRefusal(500, { type: "api_error", message: "An unknown error occurred. The stand-in was told to answer so." });

const chosen = ({ code, message, param, http = 400 }: Fault) =>
  new StripeRefusal(http, {
    type: http === 402 ? "card_error" : http >= 500 ? "api_error" : "invalid_request_error",
    message: message ?? `Refused: ${code ?? "no reason given"}.`,
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  });

function wordsOf(refusal: unknown): { http: number; text: string } {
  if (!(refusal instanceof StripeRefusal)) throw refusal;
  return { http: refusal.http, text: JSON.stringify({ error: refusal.problem }, null, 2) };
}
