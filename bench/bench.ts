import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, copyFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { migrate } from "#db/migrate.ts";
import { startNeonEndpoint } from "#local/neon-endpoint.ts";
import { freePort } from "#local/ports.ts";
import { startPostgres } from "#local/postgres.ts";
import pg from "pg";
import { limiterOverhead, partnerKey } from "./partner.ts";
import { measurePayouts } from "./payouts.ts";
import { measureWebhooks } from "./webhooks.ts";

/**
 * Builds the Worker as it is deployed, runs it in workerd against real Postgres, and prints its
 * throughput as a share of a bare Worker's in the same run (DESIGN §7). Three alternating runs,
 * medians. `--json` prints one object on the last line.
 */
const RUNS = 3;
const STARTS = 8;
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 4);
const CONNECTIONS = 8;
/** Rows of the measured person and company, and how many others have as many. */
const OWN_ROWS = 200;
const OTHERS = 49;
const ISSUER = "https://issuer.splits.test";
const PARTY = "https://app.splits.test";
const COMPATIBILITY_DATE = "2026-11-01";
const MAC_KEY = Buffer.alloc(32, 1);
const ROOT = resolve(import.meta.dirname, "..");

interface Measured {
  perSecond: number;
  p50Ms: number;
  p95Ms: number;
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** Asks again and again over a few connections, and counts what was answered well. */
async function load(ask: () => Promise<Response>): Promise<Measured> {
  const until = performance.now() + SECONDS * 1_000;
  const times: number[] = [];
  const ask1 = async () => {
    while (performance.now() < until) {
      const began = performance.now();
      const response = await ask();
      const words = await response.text();
      if (!response.ok && ![401, 429].includes(response.status)) throw new Error(`${response.status} ${words}`);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, ask1));
  const sorted = times.toSorted((a, b) => a - b);
  return {
    perSecond: times.length / SECONDS,
    p50Ms: sorted[Math.floor(sorted.length * 0.5)] ?? 0,
    p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
  };
}

async function world() {
  const folder = await mkdtemp(join(tmpdir(), "splits-bench-"));
  await chmod(folder, 0o755);
  const postgres = await startPostgres({ dataDir: join(folder, "postgres"), port: await freePort(), durable: false });
  const neon = await startNeonEndpoint({ port: 0, server: postgres.url });
  const { url } = await neon.createDatabase({ template: "template0", name: "bench" });
  await migrate(url);
  const client = new pg.Client(url);
  await client.connect();
  const [organization, elsewhere, company, user] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  await client.query(`
    insert into identity.organizations (id, name, slug) values ('${organization}', 'Acme', 'acme'), ('${elsewhere}', 'Others', 'others');
    insert into ats.companies (id, identity_organization_id, name, slug) values ('${company}', '${organization}', 'Acme', 'acme');
    insert into ats.companies (identity_organization_id, name, slug) select '${elsewhere}', 'Other ' || n, 'other-' || n from generate_series(1, ${OTHERS}) n;
    insert into identity.users (id, clerk_user_id, email, name) values ('${user}', 'user_bench', 'bench@acme.test', 'Bench');
    insert into identity.users (clerk_user_id, email, name) select 'user_' || n, n || '@others.test', 'Other' from generate_series(1, ${OTHERS}) n;
    insert into identity.memberships (user_id, role_name, organization_id) values ('${user}', 'company_admin', '${organization}');
    insert into ats.jobs (company_id, title, status, description, created_at)
      select c.id, 'Job ' || n, 'active', repeat('What the role is about. ', 20), now() - n * interval '1 minute' from generate_series(1, ${OWN_ROWS}) n, ats.companies c;
    insert into notify.notifications (recipient_user_id, event_type, channel, subject, template, status, category, dedupe_key, created_at)
      select u.id, 'job.updated', 'in_app', 'Notice ' || n, 'bench', 'sent', 'applications', u.id || ':' || n, now() - n * interval '1 minute' from generate_series(1, ${OWN_ROWS}) n, identity.users u`);
  const { rows } = await client.query<{ id: string }>("select id from ats.jobs where company_id = $1", [company]);
  return {
    url,
    neon,
    company,
    user,
    jobs: rows.map(({ id }) => id),
    /** Leaves the tables as autovacuum does. */
    vacuum: () => client.query("vacuum analyze"),
    async stop() {
      await client.end();
      await neon.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The bundle that `wrangler deploy` would send. */
async function bundle(): Promise<string> {
  const out = join(ROOT, "dist");
  const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
  await promisify(execFile)(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", out, "--minify"], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" },
  });
  return join(out, "main.js");
}

async function bareBundle(): Promise<string> {
  const outfile = join(ROOT, "dist/bare.js");
  await build({
    entryPoints: [join(ROOT, "bench/bare.ts")],
    outfile,
    bundle: true,
    format: "esm",
    minify: true,
    conditions: ["workerd", "worker"],
    platform: "browser",
    logLevel: "error",
  });
  return outfile;
}

function workerd(scriptPath: string, bindings: Record<string, string>, queueConsumers: Record<string, object> = {}): Miniflare {
  const options = convertV4MiniflareOptions({
    modules: true,
    scriptPath,
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: ["nodejs_compat"],
    bindings,
    queueConsumers,
    queueProducers: {
      DELIVERIES: "deliveries",
      EVENTS: "events",
      MAIL: "mail",
      PAYOUTS: "payouts",
      STRIPE_WORK: "stripe-work",
      STRIPE_EVENTS: "stripe-events",
      REPLAYS: "replays",
      SIEM: "siem",
      USAGE: "usage",
      REQUEST_LOG: "request-log",
    },
    ...(scriptPath.endsWith("bare.js")
      ? {}
      : {
          durableObjects: {
            CREDENTIALS: { className: "CredentialObject", useSQLite: true },
            ENDPOINTS: { className: "EndpointObject", useSQLite: true },
            INTAKE: { className: "IntakeObject", useSQLite: true },
            LOGIN_THROTTLE: { className: "LoginThrottle", useSQLite: true },
          },
          r2Buckets: ["FILES"],
          ratelimits: Object.fromEntries(
            ["RL_IP", "RL_CLIENT", "RL_FALLBACK"].map((name) => [
              name,
              { namespace_id: name, simple: { limit: 1_000_000, period: 60 as const } },
            ]),
          ),
        }),
    handleStructuredLogs: () => undefined,
  });
  return new Miniflare(options);
}

async function main(): Promise<void> {
  const [script, bareScript] = [await bundle(), await bareBundle()];
  const place = await world();
  const keys = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "bench", alg: "RS256", use: "sig" };
  const token = await new SignJWT({ sub: "user_bench", sid: "sess_bench", azp: PARTY, iss: ISSUER, v: 2 })
    .setProtectedHeader({ alg: "RS256", kid: "bench" })
    .setIssuedAt()
    .setNotBefore("-5s")
    .setExpirationTime("1h")
    .sign(keys.privateKey);
  const bindings = {
    ENVIRONMENT: "development",
    DATABASE_URL: place.url,
    LOCAL_NEON_ENDPOINT: place.neon.sqlUrl,
    CLERK_ISSUER: ISSUER,
    CLERK_JWKS_URL: "http://127.0.0.1:9/jwks",
    CLERK_JWKS: JSON.stringify({ keys: [jwk] }),
    CLERK_AZP: PARTY,
    LINK_KEY: "bench",
    LOGIN_PEPPER: "bench",
    CREDENTIAL_MAC_KEYS: MAC_KEY.toString("base64"),
    CURSOR_HMAC_KEY: "bench",
    KEK_CURRENT: Buffer.alloc(32, 2).toString("base64"),
    API_ORIGIN: "http://127.0.0.1:8787",
    CONSOLE_ORIGIN: "http://127.0.0.1:8787",
    MAIL_API_BASE: "http://127.0.0.1:9",
    MAIL_API_KEY: "bench",
    MAIL_FROM: "bench@splits.test",
    STRIPE_SECRET_KEY: "sk_test_nobody",
    STRIPE_WEBHOOK_SECRET: "whsec_nobody",
    STRIPE_CONNECT_WEBHOOK_SECRET: "whsec_nobody",
    STRIPE_API_BASE: "http://127.0.0.1:9",
    DOH_URL: "http://127.0.0.1:9",
    OWN_ZONES: "splits.network",
    WEBHOOK_ALLOW_LOOPBACK: "1",
  };
  const ours = workerd(script, bindings);
  const bare = workerd(bareScript, bindings);
  try {
    const [origin, bareOrigin] = [await ours.ready, await bare.ready];
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const key = await partnerKey({ url: place.url, company: place.company, user: place.user, macKey: MAC_KEY });
    let turn = 0;
    const someJob = () => place.jobs[turn++ % place.jobs.length] ?? "";
    const body = () => JSON.stringify({ title: `Title ${turn}` });
    const asks = {
      read: () => fetch(new URL("/api/v2/notifications", origin), { headers }),
      bareRead: () => fetch(new URL(`/notifications?user_id=${place.user}`, bareOrigin), { headers }),
      jobs: () => fetch(new URL(`/api/v2/jobs?company_id=${place.company}`, origin), { headers }),
      bareJobs: () => fetch(new URL(`/jobs?company_id=${place.company}`, bareOrigin), { headers }),
      write: () => fetch(new URL(`/api/v2/jobs/${someJob()}`, origin), { method: "PATCH", headers, body: body() }),
      partner: () => fetch(new URL("/api/v1/roles", origin), { headers: { authorization: `Bearer ${key}` } }),
      forged: () => fetch(new URL("/api/v1/roles", origin), { headers: { authorization: `Bearer ${key.slice(0, -1)}!` } }),
      bareWrite: () => fetch(new URL(`/jobs/${someJob()}`, bareOrigin), { method: "PATCH", headers, body: body() }),
    };
    const measured: Record<keyof typeof asks, Measured[]> = {
      read: [],
      bareRead: [],
      jobs: [],
      bareJobs: [],
      write: [],
      bareWrite: [],
      partner: [],
      forged: [],
    };
    for (const ask of Object.values(asks)) for (let warm = 0; warm < 50; warm++) await (await ask()).text();
    await place.vacuum();
    for (let run = 0; run < RUNS; run++) {
      for (const name of ["read", "bareRead", "jobs", "bareJobs", "write", "bareWrite", "partner", "forged"] as const)
        measured[name].push(await load(asks[name]));
    }
    const trips = async (ask: () => Promise<Response>) => place.neon.counts((await ask()).headers.get("x-request-id") ?? "").round_trips;
    const of = (name: keyof typeof asks) => ({
      per_second: Math.round(median(measured[name].map(({ perSecond }) => perSecond))),
      p50_ms: Number(median(measured[name].map(({ p50Ms }) => p50Ms)).toFixed(2)),
      p95_ms: Number(median(measured[name].map(({ p95Ms }) => p95Ms)).toFixed(2)),
    });
    const raw = {
      read: of("read"),
      bare_read: of("bareRead"),
      jobs: of("jobs"),
      bare_jobs: of("bareJobs"),
      write: of("write"),
      bare_write: of("bareWrite"),
      partner: of("partner"),
      forged: of("forged"),
    };
    const ratio = (a: Measured[], b: Measured[]) =>
      Number(median(a.map((each, run) => each.perSecond / (b[run]?.perSecond ?? Infinity))).toFixed(2));
    const payouts = await measurePayouts(place);
    const delivering = workerd(script, bindings, {
      events: { maxBatchSize: 25, maxBatchTimeout: 0 },
      deliveries: { maxBatchSize: 50, maxBatchTimeout: 0 },
    });
    const deliveringOrigin = await delivering.ready;
    const webhooks = await measureWebhooks(delivering, place, {
      kek: bindings.KEK_CURRENT,
      async change() {
        const response = await fetch(new URL(`/api/v2/jobs/${someJob()}`, deliveringOrigin), { method: "PATCH", headers, body: body() });
        return ((await response.json()) as { data: { id: string; version: number } }).data;
      },
    }).finally(() => delivering.dispose());
    const result = {
      read_ratio: ratio(measured.read, measured.bareRead),
      /** A list whose rows carry fields computed from other tables: who may see what, and the fee in force. */
      jobs_read_ratio: ratio(measured.jobs, measured.bareJobs),
      /** A list of roles by API key, with its hop to the limiter and its row in the log, of the bare list of jobs, which is one company's. */
      partner_ratio: ratio(measured.partner, measured.bareJobs),
      limiter_overhead_ms: await limiterOverhead(asks.partner, () => fetch(new URL("/api/v2/jobs", origin), { headers })),
      write_ratio: ratio(measured.write, measured.bareWrite),
      read_round_trips: await trips(asks.read),
      write_round_trips: await trips(asks.write),
      payouts_per_second: payouts.perSecond,
      payout_round_trips: payouts.roundTrips,
      deliveries_per_second: webhooks.perSecond,
      delivery_p50_ms: webhooks.p50Ms,
      delivery_p95_ms: webhooks.p95Ms,
      delivery_round_trips: webhooks.roundTrips,
      bundle_gzip_kb: Number((gzipSync(await readFile(script)).length / 1024).toFixed(1)),
      bundle_kb: Number(((await stat(script)).size / 1024).toFixed(1)),
      startup_ms: await startup(script, bareScript, bindings),
      raw,
    };
    console.table(raw);
    console.table({
      "read, of a bare Worker": { value: result.read_ratio, budget: "≥ 0.75" },
      "read of the jobs, with computed fields": { value: result.jobs_read_ratio, budget: "" },
      "roles by API key, of a bare list of jobs": { value: result.partner_ratio, budget: "" },
      "limiter on top, p50 ms": { value: result.limiter_overhead_ms.p50, budget: "≤ 3" },
      "limiter on top, p99 ms": { value: result.limiter_overhead_ms.p99, budget: "≤ 15" },
      "bad tokens a second": { value: raw.forged.per_second, budget: "" },
      "write, of a bare Worker": { value: result.write_ratio, budget: "≥ 0.60" },
      "round trips of a read": { value: result.read_round_trips, budget: "1" },
      "round trips of a write": { value: result.write_round_trips, budget: "2" },
      "payouts a second, eight runners": { value: result.payouts_per_second, budget: "" },
      "round trips of a payout": { value: result.payout_round_trips, budget: "≤ 2" },
      "webhook deliveries a second, one endpoint": { value: result.deliveries_per_second, budget: "" },
      "commit to the receiver's first byte, p50 ms": { value: result.delivery_p50_ms, budget: "" },
      "commit to the receiver's first byte, p95 ms": { value: result.delivery_p95_ms, budget: "" },
      "round trips of a delivery": { value: result.delivery_round_trips, budget: "≤ 2" },
      "bundle, KB gzip": { value: result.bundle_gzip_kb, budget: "≤ 900" },
      "start-up, ms above a bare Worker": { value: result.startup_ms, budget: "≤ 100" },
    });
    if (process.argv.includes("--json")) console.log(JSON.stringify(result));
  } finally {
    await Promise.all([ours.dispose(), bare.dispose()]);
    await place.stop();
  }
}

/**
 * How much longer than a bare Worker's workerd ours takes from nothing to its first answer: to read the
 * script, to run its top level, and to make what the request needs. workerd is started as it is, because
 * what Miniflare does with a script before is not the Worker's.
 */
async function startup(script: string, bareScript: string, bindings: Record<string, string>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "splits-startup-"));
  const program = join(ROOT, "node_modules/workerd/bin/workerd");
  const first = async (path: string) => {
    const port = await freePort();
    await copyFile(path, join(folder, "main.js"));
    await writeFile(join(folder, "config.capnp"), workerdConfig(port, bindings));
    const began = performance.now();
    const child = spawn(program, ["serve", join(folder, "config.capnp"), "--control-fd=3"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const ended = once(child, "exit");
    await once(child.stdio[3] as Readable, "data"); // says that it listens
    await (await fetch(`http://127.0.0.1:${port}/nowhere`)).arrayBuffer();
    const took = performance.now() - began;
    child.kill();
    await ended;
    return took;
  };
  // the quickest of each: whatever else the machine does only ever adds
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let run = 0; run < STARTS; run++) {
    ours.push(await first(script));
    bare.push(await first(bareScript));
  }
  await rm(folder, { recursive: true });
  return Math.max(0, Math.round(Math.min(...ours) - Math.min(...bare)));
}

const workerdConfig = (port: number, bindings: Record<string, string>): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "main.js", esModule = embed "main.js")],
    compatibilityDate = "${COMPATIBILITY_DATE}",
    bindings = [${Object.entries(bindings)
      .map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`)
      .join()}],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);`;

await main();
