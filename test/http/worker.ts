import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { inject } from "vitest";
import { connect, type Database } from "#db/connection.ts";
import { SIGN_IN_CLIENT_ID } from "#local/issuer.ts";
import { freePort } from "#local/ports.ts";
import { spawnTethered, type Tethered } from "#local/processes.ts";
import { type TestDatabase, testDatabase } from "../database.ts";
import { peopleOf } from "../people.ts";
import { descendantsOf } from "../processes.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const START_MS = 60_000;
const STOP_MS = 5_000;

/** The `LINK_KEY` of every Worker started here. */
export const LINK_KEY = "a link key of the tests";

/** What the partner API of every Worker started here signs and seals with. */
export const PARTNER_KEYS = {
  CREDENTIAL_MAC_KEYS: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
  CURSOR_HMAC_KEY: "a cursor key of the tests",
  KEK_CURRENT: "ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=",
};

export interface WorkerOptions {
  databaseUrl: string;
  /** The `/sql` address of a Neon endpoint; the run's own unless told. */
  endpoint?: string;
  /** A mail catcher with the run's key; the run's own unless told. */
  mailUrl?: string;
  /** The issuer of session tokens; the run's own unless told. */
  issuerUrl?: string;
  /** Any free one unless told. */
  port?: number;
  /** Further variables of the Worker. */
  vars?: Readonly<Record<string, string>>;
}

/** The Worker as `wrangler dev` runs it: its own process, with queues that deliver. */
export interface RunningWorker {
  origin: string;
  /** Runs one of the schedule's crons, now. */
  cron(expression: string): Promise<void>;
  /** Kills workerd and everything around it at once: whatever waits in its queues is lost. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the Worker against a database, with the run's issuer and mail catcher. */
export async function startWorker({
  databaseUrl,
  endpoint = `${inject("neonUrl")}/sql`,
  mailUrl = inject("mailUrl"),
  issuerUrl: issuer = inject("issuerUrl"),
  port: wantedPort,
  vars = {},
}: WorkerOptions): Promise<RunningWorker> {
  const [port, inspector, folder] = [wantedPort ?? (await freePort()), await freePort(), await mkdtemp(join(tmpdir(), "splits-worker-"))];
  const origin = `http://127.0.0.1:${port}`;
  const bindings = {
    ENVIRONMENT: "development",
    DATABASE_URL: databaseUrl,
    LOCAL_NEON_ENDPOINT: endpoint,
    CLERK_ISSUER: issuer,
    CLERK_JWKS_URL: `${issuer}/.well-known/jwks.json`,
    CLERK_AZP: "https://app.splits.test",
    SIGN_IN_CLIENT_ID,
    LINK_KEY,
    LOGIN_PEPPER: "a pepper of the tests",
    ...PARTNER_KEYS,
    API_ORIGIN: origin,
    CONSOLE_ORIGIN: origin,
    MAIL_API_BASE: mailUrl,
    MAIL_API_KEY: inject("mailKey"),
    MAIL_FROM: "Splits Network <hello@splits.test>",
    STRIPE_SECRET_KEY: "sk_test_nobody",
    STRIPE_WEBHOOK_SECRET: "whsec_nobody",
    STRIPE_CONNECT_WEBHOOK_SECRET: "whsec_nobody",
    STRIPE_API_BASE: "http://127.0.0.1:9",
    DOH_URL: inject("namesUrl"),
    OWN_ZONES: "splits.network",
    WEBHOOK_ALLOW_LOOPBACK: "1",
    ...vars,
  };
  const child = spawnTethered(
    process.execPath,
    [
      join(ROOT, "node_modules/wrangler/bin/wrangler.js"),
      "dev",
      "--ip=127.0.0.1",
      `--port=${port}`,
      `--inspector-port=${inspector}`,
      `--persist-to=${folder}`,
      "--log-level=warn",
      "--show-interactive-dev-session=false",
      ...Object.entries(bindings).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    {
      farewell: "TERM",
      cwd: ROOT,
      env: {
        ...process.env,
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_REGISTRY_PATH: join(folder, "registry"),
        WRANGLER_LOG_PATH: join(folder, "logs"),
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
      },
    },
  );
  await untilAnswering(`${origin}/openapi.json`, child);

  const cleaned = () => rm(folder, { recursive: true, force: true });
  return {
    origin,
    async cron(expression) {
      const answer = await fetch(`${origin}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(expression)}&time=${Date.now()}`);
      if (!answer.ok) throw new Error(`The cron ${expression} ended with ${answer.status}: ${await answer.text()}`);
    },
    async kill() {
      for (const pid of [child.pid, ...descendantsOf(child.pid)]) process.kill(pid, "SIGKILL"); // workerd leads a group of its own
      await child.ended;
      await cleaned();
    },
    async stop() {
      await child.stop("SIGTERM", STOP_MS);
      await cleaned();
    },
  };
}

async function untilAnswering(url: string, child: Tethered): Promise<void> {
  const deadline = Date.now() + START_MS;
  let over = false;
  void child.ended.then(() => (over = true));
  while (!over && Date.now() < deadline) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(START_MS) }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await pause(50);
  }
  child.kill();
  throw new Error(`The Worker does not serve ${url}. It printed:\n${child.lines()}`);
}

/** One answer, with its body read. */
export interface Answer {
  status: number;
  headers: Headers;
  // whatever the route answers; each test knows its own
  body: any;
}

export interface CallOptions {
  as?: { token: string };
  body?: unknown;
  headers?: Record<string, string>;
}

/** One request over HTTP to a Worker that runs. */
export async function callWorker(
  worker: RunningWorker,
  method: string,
  path: string,
  { as, body, headers = {} }: CallOptions = {},
): Promise<Answer> {
  const response = await fetch(`${worker.origin}${path.startsWith("/") ? path : `/api/v2/${path}`}`, {
    method,
    headers: {
      ...(as ? { authorization: `Bearer ${as.token}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const words = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: /json/.test(response.headers.get("content-type") ?? "") ? JSON.parse(words) : words,
  };
}

/** A database of a test file's own, and ways to put people into it who can sign in. */
export async function populated(): Promise<{ database: TestDatabase; db: Database } & ReturnType<typeof peopleOf>> {
  const database = await testDatabase();
  const db = connect({ url: database.url, endpoint: `${database.neonUrl}/sql`, requestId: "test" });
  return { database, db, ...peopleOf(db, signedIn) };
}

/** A session token of the run's issuer. */
export async function signedIn(subject: string, email: string): Promise<string> {
  const answer = await fetch(`${inject("issuerUrl")}/_local/token`, { method: "POST", body: JSON.stringify({ email, sub: subject }) });
  return ((await answer.json()) as { token: string }).token;
}
