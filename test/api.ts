import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { connect, type Database } from "#db/connection.ts";
import type { Env } from "#workers/runtime.ts";
import worker from "#workers/main.ts";
import { testDatabase } from "./database.ts";
import { peopleOf, type Person } from "./people.ts";

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
}

const ISSUER = "https://issuer.splits.test";
const AUTHORIZED_PARTY = "https://app.splits.test";

/** A marketplace of its own for one test file: database, Worker and the people in it. */
export async function marketplace() {
  const database = await testDatabase();
  const keys = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "test", alg: "RS256", use: "sig" };
  const sent = { events: [] as string[], mails: [] as string[] };
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
    API_ORIGIN: "http://127.0.0.1:8787",
    MAIL_API_BASE: "http://127.0.0.1:9",
    MAIL_API_KEY: "re_test",
    MAIL_FROM: "Splits Network <hello@splits.test>",
    EVENTS: queue((message: { event_ids: readonly string[] }) => sent.events.push(...message.event_ids)),
    MAIL: queue((message: { notification_ids: readonly string[] }) => sent.mails.push(...message.notification_ids)),
  };
  const db: Database = connect({ url: database.url, endpoint: env.LOCAL_NEON_ENDPOINT, requestId: "test" });

  /** One request to the Worker; waits for what it left to do after the answer. */
  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const headers = new Headers(options.headers);
    if (options.as) headers.set("authorization", `Bearer ${options.as.token}`);
    let body: BodyInit | undefined;
    if (options.body !== undefined) {
      body = typeof options.body === "string" ? options.body : JSON.stringify(options.body);
      if (!headers.has("content-type")) headers.set("content-type", "application/json");
    }
    const url = path.startsWith("/") ? path : `/api/v2/${path}`;
    const execution = createExecutionContext();
    const request = new Request(`http://127.0.0.1:8787${url}`, { method, headers, ...(body === undefined ? {} : { body }) });
    const response = await worker.fetch(request as never, env, execution);
    const words = await response.text();
    await waitOnExecutionContext(execution);
    const json = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, body: json && words !== "" ? JSON.parse(words) : words };
  }

  /** One batch of a queue, as the platform would bring it. */
  async function consume(name: string, bodies: readonly unknown[]): Promise<void> {
    const messages = bodies.map((body, index) => ({ id: String(index), timestamp: new Date(), attempts: 1, body, ack() {}, retry() {} }));
    const execution = createExecutionContext();
    await worker.queue({ queue: name, messages, ackAll() {}, retryAll() {} } as never, env, execution);
    await waitOnExecutionContext(execution);
  }

  /** Brings every event that was nudged to its subscribers. */
  async function drain(): Promise<void> {
    while (sent.events.length > 0) await consume("events", [{ event_ids: sent.events.splice(0) }]);
  }

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

  return { database, db, env, sent, call, consume, drain, cron, token, ...people };
}

export type Marketplace = Awaited<ReturnType<typeof marketplace>>;

const queue = <Message>(send: (message: Message) => void) =>
  ({ send: async (message: Message) => send(message) }) as unknown as Queue<Message>;
