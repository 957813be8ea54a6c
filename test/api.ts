import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createExecutionContext, env as bindings, waitOnExecutionContext } from "cloudflare:test";
import { inject } from "vitest";
import { connect, type Database } from "#db/connection.ts";
import { CONSUMERS } from "#queues/index.ts";
import type { DeliveryMessage } from "#services/ports.ts";
import type { Env } from "#workers/runtime.ts";
import worker from "#workers/main.ts";
import { testDatabase } from "./database.ts";
import { bindings as objectBindings } from "./main.ts";
import { peopleOf, type Person } from "./people.ts";
import { testStripe, type TestStripe, type Webhook } from "./stripe.ts";

/** One answer, with its body read. */
export interface Answer {
  status: number;
  headers: Headers;

  body: any;
}

export type { Person } from "./people.ts";

export interface CallOptions {
  as?: Person | { token: string };
  body?: unknown;
  headers?: Record<string, string>;
  /** The host that is called; the machine's own unless told. */
  origin?: string;
}

const ISSUER = "https://issuer.splits.test";
const AUTHORIZED_PARTY = "https://app.splits.test";

/** Every marketplace of this test file; test/afterwards.ts looks at their money when it is over. */
export const worlds: { db: Database; stripe: TestStripe }[] = [];

/** A marketplace of its own for one test file: database, Worker and the people in it. */
export async function marketplace() {
  const database = await testDatabase();
  const keys = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "test", alg: "RS256", use: "sig" };
  const stripe = testStripe();
  const sent = {
    events: [] as string[],
    mails: [] as string[],
    payouts: [] as string[],
    stripeWork: [] as string[],
    stripeEvents: [] as string[],
    replays: [] as string[],
    siem: [] as string[],
    requestLog: [] as unknown[],
    deliveries: [] as DeliveryMessage[],
  };
  const env: Env = {
    ENVIRONMENT: "development",
    DATABASE_URL: database.url,
    LOCAL_NEON_ENDPOINT: `${database.neonUrl}/sql`,
    CLERK_ISSUER: ISSUER,
    CLERK_JWKS_URL: "http://127.0.0.1:9/jwks",
    CLERK_JWKS: JSON.stringify({ keys: [jwk] }),
    CLERK_AZP: AUTHORIZED_PARTY,
    CLERK_WEBHOOK_SECRETS: "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0",
    LINK_KEY: "a link key of the tests",
    LOGIN_PEPPER: "a pepper of the tests",
    SECRET_SCANNING_KEYS_URL: "http://127.0.0.1:9/keys",
    CREDENTIAL_MAC_KEYS: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    CURSOR_HMAC_KEY: "a cursor key of the tests",
    KEK_CURRENT: "ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=",
    CREDENTIALS: (bindings as { CREDENTIALS: Env["CREDENTIALS"] }).CREDENTIALS,
    INTAKE: (bindings as { INTAKE: Env["INTAKE"] }).INTAKE,
    FILES: (bindings as { FILES: Env["FILES"] }).FILES,
    ENDPOINTS: (bindings as { ENDPOINTS: Env["ENDPOINTS"] }).ENDPOINTS,
    LOGIN_THROTTLE: (bindings as { LOGIN_THROTTLE: Env["LOGIN_THROTTLE"] }).LOGIN_THROTTLE,
    RL_IP: rateLimit(10),
    RL_CLIENT: rateLimit(30),
    RL_FALLBACK: rateLimit(30),
    USAGE: (bindings as { USAGE: Env["USAGE"] }).USAGE,
    REQUEST_LOG_TOGETHER_MS: "0",
    REQUEST_LOG: queue((message) => sent.requestLog.push(message)),
    API_ORIGIN: "http://127.0.0.1:8787",
    CONSOLE_ORIGIN: "http://127.0.0.1:8787",
    MAIL_API_BASE: "http://127.0.0.1:9",
    MAIL_API_KEY: "re_test",
    MAIL_FROM: "Splits Network <hello@splits.test>",
    EVENTS: queue((message: { event_ids: readonly string[] }) => sent.events.push(...message.event_ids)),
    DELIVERIES: batches((messages: readonly DeliveryMessage[]) => sent.deliveries.push(...messages)),
    MAIL: queue((message: { notification_ids: readonly string[] }) => sent.mails.push(...message.notification_ids)),
    PAYOUTS: queue((message: { transaction_ids: readonly string[] }) => sent.payouts.push(...message.transaction_ids)),
    STRIPE_WORK: queue((message: { operation_ids: readonly string[] }) => sent.stripeWork.push(...message.operation_ids)),
    STRIPE_EVENTS: queue((message: { event_ids: readonly string[] }) => sent.stripeEvents.push(...message.event_ids)),
    REPLAYS: queue((message: { account_ids: readonly string[] }) => sent.replays.push(...message.account_ids)),
    SIEM: queue((message: { destination_ids: readonly string[] }) => sent.siem.push(...message.destination_ids)),
    SIGN_IN_CLIENT_ID: "splits-console",
    STRIPE_SECRET_KEY: stripe.key,
    STRIPE_WEBHOOK_SECRET: "whsec_platform_of_the_tests",
    STRIPE_CONNECT_WEBHOOK_SECRET: "whsec_connect_of_the_tests",
    STRIPE_API_BASE: stripe.url,
    TURNSTILE_BASE: inject("turnstileUrl"),
    DOH_URL: inject("namesUrl"),
    OWN_ZONES: "splits.network",
  };
  objectBindings.current = env;
  const db: Database = connect({ url: database.url, endpoint: env.LOCAL_NEON_ENDPOINT, requestId: "test" });

  /** One request to the Worker; waits for what it left to do after the answer. */
  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const headers = new Headers(options.headers);
    if (options.as) headers.set("authorization", `Bearer ${options.as.token}`);
    let body: BodyInit | undefined;
    if (options.body !== undefined) {
      const isRaw = typeof options.body === "string" || options.body instanceof FormData;
      body = isRaw ? (options.body as BodyInit) : JSON.stringify(options.body);
      if (!(options.body instanceof FormData) && !headers.has("content-type")) headers.set("content-type", "application/json");
    }
    const url = path.startsWith("/") ? path : `/api/v2/${path}`;
    const execution = createExecutionContext();
    const request = new Request(URL.canParse(path) ? path : `${options.origin ?? "http://127.0.0.1:8787"}${url}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const response = await worker.fetch(request as never, env, execution);
    const words = await response.text();
    await waitOnExecutionContext(execution);
    const json = /[/+]json\b/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, body: json && words !== "" ? JSON.parse(words) : words };
  }

  /** One batch of a queue, as the platform would bring it. */
  async function consume(name: string, bodies: readonly unknown[]): Promise<void> {
    const messages = bodies.map((body, index) => ({ id: String(index), timestamp: new Date(), attempts: 1, body, ack() {}, retry() {} }));
    const execution = createExecutionContext();
    await worker.queue({ queue: name, messages, ackAll() {}, retryAll() {} } as never, env, execution);
    await waitOnExecutionContext(execution);
  }

  const queues = { events: sent.events, payouts: sent.payouts, "stripe-work": sent.stripeWork, "stripe-events": sent.stripeEvents };
  const FIELD = { events: "event_ids", payouts: "transaction_ids", "stripe-work": "operation_ids", "stripe-events": "event_ids" } as const;

  /** Brings every message that was sent to its consumer, and what that causes, until nothing is left. */
  async function drain(): Promise<void> {
    for (;;) {
      const name = (Object.keys(queues) as (keyof typeof queues)[]).find((each) => queues[each].length > 0 && CONSUMERS[each]);
      if (name) await consume(name, [{ [FIELD[name]]: queues[name].splice(0) }]);
      else if (sent.deliveries.length > 0) await consume("deliveries", sent.deliveries.splice(0));
      else return;
    }
  }

  /** Posts webhooks to the Worker: those that wait at the stand-in, unless others are given. */
  async function deliver(webhooks?: readonly Webhook[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const { path, signature, body } of webhooks ?? (await stripe.webhooks())) {
      answers.push(await call("POST", path, { body, headers: { "stripe-signature": signature } }));
    }
    return answers;
  }

  /** Lets both sides work until neither has anything left to tell the other. */
  async function settle(): Promise<void> {
    do await drain();
    while ((await deliver()).length > 0);
  }

  let ahead = 0;
  /** Moves the clocks of the database and of the stand-in on by so many seconds. */
  async function advance(seconds: number): Promise<void> {
    ahead += seconds;
    await Promise.all([database.setClock(ahead), stripe.controls.advance({ seconds })]);
  }

  /** The date so many days from where the clocks stand. */
  const dateIn = (days: number): string => new Date(Date.now() + (ahead + days * 86_400) * 1_000).toISOString().slice(0, 10);

  /** One run of the schedule. */
  async function cron(expression: string): Promise<void> {
    const execution = createExecutionContext();
    await worker.scheduled({ cron: expression, scheduledTime: Date.now(), noRetry() {} } as never, env, execution);
    await waitOnExecutionContext(execution);
  }

  /** A session token, Clerk-shaped; `claims` replaces what a test wants wrong. */
  function token(subject: string, claims: Record<string, unknown> = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      sub: subject,
      sid: "sess_test",
      azp: AUTHORIZED_PARTY,
      v: 2,
      iss: ISSUER,
      iat: now,
      nbf: now - 5,
      exp: now + 3_600,
      ...claims,
    })
      .setProtectedHeader({ alg: "RS256", kid: "test" })
      .sign(keys.privateKey);
  }

  const people = peopleOf(db, (subject) => token(subject));

  worlds.push({ db, stripe });
  return { database, db, env, sent, stripe, call, consume, drain, deliver, settle, advance, dateIn, cron, token, ...people };
}

export type Marketplace = Awaited<ReturnType<typeof marketplace>>;

const queue = <Message>(send: (message: Message) => void) =>
  ({ send: async (message: Message) => send(message) }) as unknown as Queue<Message>;

const batches = <Message>(send: (messages: readonly Message[]) => void) =>
  ({
    sendBatch: async (messages: Iterable<{ body: Message }>) => send([...messages].map(({ body }) => body)),
  }) as unknown as Queue<Message>;

/** As the platform's binding: so many calls by each key, then no. */
function rateLimit(limit: number): RateLimit {
  const calls = new Map<string, number>();
  return {
    limit: async ({ key }) => {
      calls.set(key, (calls.get(key) ?? 0) + 1);
      return { success: (calls.get(key) ?? 0) <= limit };
    },
  };
}
