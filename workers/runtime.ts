import { connect } from "#db/connection.ts";
import { stripeAnswer } from "#integrations/stripe/answer.ts";
import { stripeClient } from "#integrations/stripe/client.ts";
import { toBase64Url, toHex } from "#domain/bytes.ts";
import { addressBlock } from "#domain/credentials/record.ts";
import { uuidv7 } from "#domain/ids.ts";
import { databaseRefusal } from "#services/commit.ts";
import type { CredentialObject } from "#durable-objects/credential.ts";
import type { IntakeObject } from "#durable-objects/intake.ts";
import type { EndpointObject } from "./main.ts";
import type { LoginThrottle } from "#durable-objects/login-throttle.ts";
import type { RequestLogRow } from "#services/request-log/row.ts";
import type { DeliveryMessage, LinkTokens, Log, Ports, UsageMessage } from "#services/ports.ts";
import { credentialTokensOf } from "./credential-tokens.ts";
import { late } from "./late.ts";
import { sealUnder } from "./seal.ts";
import type { IssuerSettings } from "./api/session-token.ts";

/** The Worker's bindings, as wrangler.toml names them. */
export interface Env {
  ENVIRONMENT: "development" | "production";
  DATABASE_URL: string;
  /** The `/sql` address of the local Neon stand-in. Production refuses it. */
  LOCAL_NEON_ENDPOINT?: string;
  CLERK_ISSUER: string;
  CLERK_JWKS_URL: string;
  CLERK_JWKS?: string;
  /** Origins a session token may be made for, separated by commas. */
  CLERK_AZP: string;
  /** The console as a client of the session issuer. Without a secret it is a public one. */
  SIGN_IN_CLIENT_ID: string;
  SIGN_IN_CLIENT_SECRET?: string;
  /** At most two secrets of Clerk's webhooks, separated by commas. */
  CLERK_WEBHOOK_SECRETS?: string;
  LINK_KEY: string;
  /** Hashes login codes, and the addresses from which sign-ins are counted. */
  LOGIN_PEPPER: string;
  API_ORIGIN: string;
  /** Where people sign in and agree. */
  CONSOLE_ORIGIN: string;
  MAIL_API_BASE: string;
  MAIL_API_KEY: string;
  MAIL_FROM: string;
  /** Server keys of our credentials' ids, base64, newest first, separated by commas; at most three. */
  CREDENTIAL_MAC_KEYS: string;
  CURSOR_HMAC_KEY: string;
  /** Keys that secrets at rest are sealed under, base64 of 32 bytes, newest first, separated by commas. */
  KEK_CURRENT: string;
  /** A name server over HTTPS, which knows where webhooks would go. */
  DOH_URL: string;
  /** Our own domains, separated by commas: nobody has us send to ourselves. */
  OWN_ZONES: string;
  /** `1` lets webhooks go to the host written 127.0.0.1. Production refuses it. */
  WEBHOOK_ALLOW_LOOPBACK?: string;
  /** Where the partner that reports leaked secrets publishes its keys; without it nobody reports. */
  SECRET_SCANNING_KEYS_URL?: string;
  CREDENTIALS: DurableObjectNamespace<CredentialObject>;
  INTAKE: DurableObjectNamespace<IntakeObject>;
  /** Logos and documents. */
  FILES: R2Bucket;
  ENDPOINTS: DurableObjectNamespace<InstanceType<typeof EndpointObject>>;
  LOGIN_THROTTLE: DurableObjectNamespace<LoginThrottle>;
  /** Bad credentials per address, failed token requests per client, and calls per credential while its object is away. */
  RL_IP: RateLimit;
  RL_CLIENT: RateLimit;
  RL_FALLBACK: RateLimit;
  USAGE: Queue<UsageMessage>;
  REQUEST_LOG: Queue<{ rows: readonly RequestLogRow[] }>;
  DELIVERIES: Queue<DeliveryMessage>;
  EVENTS: Queue<{ event_ids: readonly string[] }>;
  MAIL: Queue<{ notification_ids: readonly string[] }>;
  PAYOUTS: Queue<{ transaction_ids: readonly string[] }>;
  STRIPE_WORK: Queue<{ operation_ids: readonly string[] }>;
  REPLAYS: Queue<{ account_ids: readonly string[] }>;
  SIEM: Queue<{ destination_ids: readonly string[] }>;
  STRIPE_EVENTS: Queue<{ event_ids: readonly string[] }>;
  /** How long past its time a delivery counts as forgotten, in seconds, and how many of one endpoint a sweep names. */
  WEBHOOK_SWEEP_SECONDS?: string;
  WEBHOOK_SWEEP_ROWS?: string;
  /** How long rows of the request log wait for each other, in milliseconds; counted refusals wait twenty times as long. */
  REQUEST_LOG_TOGETHER_MS?: string;
  STRIPE_SECRET_KEY: string;
  STRIPE_WEBHOOK_SECRET: string;
  STRIPE_CONNECT_WEBHOOK_SECRET: string;
  /** Where Stripe's API is; only the local world sets it, production refuses it. */
  STRIPE_API_BASE?: string;
  /** Where Turnstile is asked; only the local world sets it, production refuses it. */
  TURNSTILE_BASE?: string;
  /** While work is done on the database: the instant at which it ends, or any other word until it is taken away. */
  MAINTENANCE_UNTIL?: string;
}

export const log: Log = (level, message, facts = {}) => {
  console[level](JSON.stringify({ level, message, ...facts }));
};

/** The id of one request, which its answer and every line of its log carry. */
export const newRequestId = (): string => uuidv7(new Date(), 0, crypto.getRandomValues(new Uint8Array(8)));

/** Tells the log of a bug, or of a database that said no. */
export function logFault(requestId: string, error: unknown): void {
  const { name, stack } = error instanceof Error ? error : new Error(String(error));
  log("error", "fault", { request_id: requestId, error: name, ...databaseRefusal(error), stack: framesOf(stack) });
}

/** Where it happened. What happened may stand above over several lines, with what somebody sent in them. */
const framesOf = (stack = ""): string[] =>
  stack
    .split("\n")
    .filter((line) => /^ {4}at /.test(line))
    .slice(0, 5);

/** The ports of one request or one batch of messages. `cache` is undefined where nothing is cached, as it is locally. */
export function portsOf(env: Env, later: (work: Promise<unknown>) => void, cache?: CacheContext): Ports {
  let client: ReturnType<typeof stripeClient> | undefined;
  const stripe = () => (client ??= stripeClient({ secretKey: env.STRIPE_SECRET_KEY, base: env.STRIPE_API_BASE }));
  const guard = late(async () =>
    (await import("#integrations/destinations/destinations.ts")).destinations({
      server: env.DOH_URL,
      ownZones: env.OWN_ZONES.split(","),
      allowLoopback: env.WEBHOOK_ALLOW_LOOPBACK === "1",
    }),
  );
  return {
    events: { send: async (ids) => void (await env.EVENTS.send({ event_ids: ids })) },
    mail: { send: async (ids) => void (await env.MAIL.send({ notification_ids: ids })) },
    payouts: { send: async (ids) => void (await env.PAYOUTS.send({ transaction_ids: ids })) },
    stripeWork: { send: async (ids) => void (await env.STRIPE_WORK.send({ operation_ids: ids })) },
    stripeEvents: { send: async (ids) => void (await env.STRIPE_EVENTS.send({ event_ids: ids })) },
    replays: { send: async (ids, delaySeconds = 0) => void (await env.REPLAYS.send({ account_ids: ids }, { delaySeconds })) },
    siem: { send: async (ids, delaySeconds = 0) => void (await env.SIEM.send({ destination_ids: ids }, { delaySeconds })) },
    plans: late(async () => (await import("#integrations/stripe/subscriptions.ts")).stripePlans(stripe)),
    transfers: late(async () => (await import("#integrations/stripe/transfers.ts")).stripeTransfers(stripe)),
    chargebacks: late(async () => (await import("#integrations/stripe/disputes.ts")).stripeChargebacks(stripe)),
    books: late(async () => (await import("#integrations/stripe/books.ts")).stripeBooks(stripe)),
    usageMeter: late(async () => (await import("#integrations/stripe/meter.ts")).stripeMeter(stripe)),
    invoices: late(async () => (await import("#integrations/stripe/billing.ts")).stripeInvoices(stripe)),
    connect: late(async () => (await import("#integrations/stripe/connect.ts")).stripeConnect(stripe)),
    providerEvents: late(async () =>
      (await import("#integrations/stripe/events.ts")).stripeProviderEvents({
        client: stripe,
        secrets: { platform: env.STRIPE_WEBHOOK_SECRET, connect: env.STRIPE_CONNECT_WEBHOOK_SECRET },
      }),
    ),
    answerTo: stripeAnswer,
    signIn: async () =>
      (await import("#integrations/oidc/provider.ts")).oidcProvider({
        issuer: env.CLERK_ISSUER,
        clientId: env.SIGN_IN_CLIENT_ID,
        clientSecret: env.SIGN_IN_CLIENT_SECRET,
        insecure: env.ENVIRONMENT === "development",
      }),
    files: late(async () => (await import("./files.ts")).filesIn(env.FILES)),
    forgetCached: async (tag) => {
      const purged = await cache?.purge({ tags: [tag] });
      if (purged && !purged.success) throw new Error("the cache was not purged");
    },
    intake: (companyId, address) => env.INTAKE.getByName(`${companyId} ${addressBlock(address)}`),
    isPerson: async (...asked) =>
      (await import("#integrations/turnstile/siteverify.ts")).turnstileAt(env.TURNSTILE_BASE ?? "https://challenges.cloudflare.com")(
        ...asked,
      ),
    links: linkTokens(env.LINK_KEY),
    peppered: (text) => hmac(env.LOGIN_PEPPER, text),
    seal: sealUnder(env.KEK_CURRENT),
    destinations: guard,
    sender: late(async () => (await import("#integrations/webhooks/sender.ts")).guardedSender(guard)),
    endpoints: (webhookId) => env.ENDPOINTS.getByName(webhookId),
    deliveries: { send: async (messages) => void (await env.DELIVERIES.sendBatch(messages.map((body) => ({ body })))) },
    credentials: (subject) => env.CREDENTIALS.getByName(subject),
    credentialTokens: credentialTokensOf(env),
    loginTries: async (what, whose, limits) => {
      const owner = env.LOGIN_THROTTLE.getByName(await hmac(env.LOGIN_PEPPER, `${what} ${whose}`));
      return owner.take(limits, Math.floor(Date.now() / 1_000));
    },
    forgiveTry: async (what, whose) => env.LOGIN_THROTTLE.getByName(await hmac(env.LOGIN_PEPPER, `${what} ${whose}`)).giveBack(),
    log,
    later,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  };
}

export const databaseOf = (env: Env, requestId: string) => connect({ url: env.DATABASE_URL, endpoint: env.LOCAL_NEON_ENDPOINT, requestId });

/** So long nobody asks anew while work is done whose end is not told. */
const MAINTENANCE_SECONDS = 60;

/** How many seconds the work on the database will still take; 0 while none is done. */
export function maintenanceSeconds({ MAINTENANCE_UNTIL: until }: Env): number {
  if (!until) return 0;
  const end = Date.parse(until);
  return Number.isNaN(end) ? MAINTENANCE_SECONDS : Math.max(0, Math.ceil((end - Date.now()) / 1_000));
}

export const issuerOf = (env: Env): IssuerSettings => ({
  issuer: env.CLERK_ISSUER,
  jwksUrl: env.CLERK_JWKS_URL,
  pinnedKeys: env.CLERK_JWKS,
  authorizedParties: env.CLERK_AZP.split(","),
  secondFactor: env.ENVIRONMENT !== "development",
});

const utf8 = new TextEncoder();

/** HMAC-SHA-256 under a secret, in base64url. */
async function hmac(secret: string, text: string): Promise<string> {
  const key = await crypto.subtle.importKey("raw", utf8.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return toBase64Url(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(text))));
}

/** Tokens of mailed links: an HMAC over row and instant, so that no message needs to carry one (DESIGN R-6). */
export function linkTokens(secret: string): LinkTokens {
  return {
    token: (rowId, issuedAt) => hmac(secret, `${rowId}|${issuedAt.toISOString()}`),
    async hash(token) {
      return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(token))));
    },
  };
}

/** Refuses to serve production with a local switch on, or with an address nobody outside could trust. */
export function refuseLocalSwitches(env: Env): void {
  if (env.ENVIRONMENT === "development") return;
  for (const name of ["LOCAL_NEON_ENDPOINT", "STRIPE_API_BASE", "TURNSTILE_BASE", "WEBHOOK_ALLOW_LOOPBACK"] as const) {
    if (env[name]) throw new Error(`${name} is a local switch and must not be set here`);
  }
  const optional = env.SECRET_SCANNING_KEYS_URL ? (["SECRET_SCANNING_KEYS_URL"] as const) : [];
  for (const name of [
    "CLERK_ISSUER",
    "CLERK_JWKS_URL",
    "CLERK_AZP",
    "API_ORIGIN",
    "CONSOLE_ORIGIN",
    "MAIL_API_BASE",
    "DOH_URL",
    ...optional,
  ] as const) {
    for (const address of (env[name] ?? "").split(",")) requirePublic(name, address);
  }
}

function requirePublic(name: string, address: string): void {
  const { protocol = "", hostname = "" } = URL.parse(address) ?? {};
  const local = hostname === "localhost" || /\.(localhost|test|invalid)$/.test(hostname) || /^[\d.]+$|^\[/.test(hostname);
  if (protocol !== "https:" || local) throw new Error(`${name} must be a public https address`);
}
