import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { migrate } from "#db/migrate.ts";
import { cronsOf, startClock } from "./clock.ts";
import { envFile } from "./env-file.ts";
import { SIGN_IN_CLIENT_ID, startIssuer } from "./issuer.ts";
import { writeSecretly } from "./kept.ts";
import { localFolder, lockFolder, ROOT } from "./lock.ts";
import { startMailCatcher } from "./mail-catcher.ts";
import { startNameServer } from "./name-server.ts";
import { startNeonEndpoint } from "./neon-endpoint.ts";
import { kindInWords, people, PEOPLE } from "./people.ts";
import { portOf, requireDistinct, requireFree, type PortName } from "./ports.ts";
import { startPostgres } from "./postgres.ts";
import { command, LocalProblem } from "./problem.ts";
import { spawnTethered, type Tethered } from "./processes.ts";
import { localSecrets } from "./secrets.ts";
import { startStripe } from "./stripe/server.ts";
import { startTurnstile } from "./turnstile.ts";

/** How long the Worker may take from its start to its first answer. */
const WORKER_PATIENCE_MS = 60_000;
const STOP_PATIENCE_MS = 5_000;
const OWN_DATABASE = "splits";
/** Under npm one Ctrl-C arrives twice: from the terminal and, a moment later, from npm. */
const ONE_KEYSTROKE_MS = 500;

/** What runs, in the order in which it was started. */
const running: { stop(): void | Promise<void>; kill?(): void }[] = [];
let ending: Promise<void> | undefined;

await command(async () => {
  watchSignals();
  try {
    await start();
  } catch (error) {
    if (ending) return; // parts that are being stopped complain
    await stopAll();
    throw error;
  }
});

async function start(): Promise<void> {
  const begun = performance.now();
  const folder = localFolder();
  const url = (name: PortName, host = "127.0.0.1") => `http://${host}:${portOf(name)}`;
  const origin = url("worker");
  const givenDatabase = process.env["DATABASE_URL"] || undefined;

  const ports: PortName[] = [
    "worker",
    "neon",
    "issuer",
    "mail",
    "stripe",
    "turnstile",
    "names",
    ...(givenDatabase ? [] : (["postgres"] as const)),
  ];
  requireDistinct(ports);
  if (givenDatabase) requireAddress(givenDatabase);
  const world = {
    worker: origin,
    neon: url("neon"),
    issuer: url("issuer"),
    mail: url("mail"),
    stripe: url("stripe"),
    names: url("names"),
    database: givenDatabase ? databaseIn(givenDatabase) : OWN_DATABASE,
  };
  await lockFolder(
    folder,
    world,
    (pid) => `The local world is already running (process ${pid}); use that one, or stop it with Ctrl-C first.`,
  );
  for (const name of ports) await requireFree(name);
  const secrets = await localSecrets(join(folder, "secrets.json"));

  const database = givenDatabase ?? (await ownDatabase(join(folder, "postgres")));
  await createIfMissing(database);
  await requireOurs(database);
  await migrate(database);

  const neon = started(await startNeonEndpoint({ port: portOf("neon"), server: database, clockFile: join(folder, "clock.json") }));
  const issuer = started(
    await startIssuer({ port: portOf("issuer"), keyFile: join(folder, "issuer-key.json"), people: PEOPLE, authorizedParty: origin }),
  );
  const mail = started(await startMailCatcher({ port: portOf("mail"), key: secrets.MAIL_API_KEY, stateFile: join(folder, "mails.json") }));
  const stripe = started(
    await startStripe({ port: portOf("stripe"), key: secrets.STRIPE_SECRET_KEY, stateFile: join(folder, "stripe.json") }),
  );
  const names = started(await startNameServer({ port: portOf("names") }));
  stripe.engine.addWebhookEndpoint({ url: `${origin}/stripe/webhooks`, secret: secrets.STRIPE_WEBHOOK_SECRET });
  stripe.engine.addWebhookEndpoint({
    url: `${origin}/stripe/connect-webhooks`,
    secret: secrets.STRIPE_CONNECT_WEBHOOK_SECRET,
    connect: true,
  });

  const turnstile = started(await startTurnstile({ port: portOf("turnstile") }));

  const { seed } = await import("./seed.ts"); // late, so that a problem with ports is said at once
  await seed({ databaseUrl: database });

  const worker = await startWorker(folder, {
    ENVIRONMENT: "development",
    DATABASE_URL: database,
    LOCAL_NEON_ENDPOINT: neon.sqlUrl,
    CLERK_ISSUER: issuer.url,
    CLERK_JWKS_URL: `${issuer.url}/.well-known/jwks.json`,
    CLERK_AZP: [origin, url("worker", "app.localhost")].join(","),
    SIGN_IN_CLIENT_ID,
    API_ORIGIN: origin,
    CONSOLE_ORIGIN: origin,
    MAIL_API_BASE: mail.url,
    MAIL_FROM: "Splits Network <hello@splits.test>",
    STRIPE_API_BASE: stripe.url,
    TURNSTILE_BASE: turnstile.url,
    DOH_URL: names.url,
    OWN_ZONES: "splits.network",
    WEBHOOK_ALLOW_LOOPBACK: "1",
    ...secrets,
  });
  await untilAnswering(`${origin}/openapi.json`, worker);
  worker.onOutput((text) => void process.stdout.write(text));
  started(startClock({ worker: origin, crons: cronsOf(await readFile(join(ROOT, "wrangler.toml"), "utf8")) }));
  if (ending) return;

  const tokens = await Promise.all(
    PEOPLE.map(async (person) => `${person.name}, ${kindInWords(person.kind)}, ${person.email}\n${await issuer.token(person)}\n`),
  );
  const bearer = (email: string) => `-H "Authorization: Bearer $(npm run -s token -- ${email})"`;
  console.log(`
The local world is ready after ${((performance.now() - begun) / 1000).toFixed(1)} s. Ctrl-C stops all of it.

  Console    ${url("worker", "app.localhost")}   (sign in as anybody; at once under /dev/sign-in)
  Developers ${url("worker", "app.localhost")}/developers   (keys, apps, usage and logs)
  Pages      ${url("worker", "acme.roles.localhost")}   (white-label pages of Acme)
  Portal     ${url("worker", "candidate.localhost")}   (candidates: enter ${people.carl.email}, the code comes by Mail)
  API        ${origin}   (to read and to try: ${origin}/docs/start)
  Mail       ${url("mail", "mail.localhost")}
  Sign-in    ${issuer.url}
  Stripe     ${stripe.url}   (a stand-in: pay, onboard, look at its books)
  Turnstile  ${turnstile.url}   (a stand-in: yes and no by the published test secrets)
  Neon       ${neon.sqlUrl}
  Postgres   ${givenDatabase ? nameOf(givenDatabase) : database}

Session tokens, good for 12 hours (another: npm run -s token -- <email>):

${tokens.join("\n")}
Try:

  curl '${origin}/api/v2/jobs'
  curl ${bearer(people.rosa.email)} '${origin}/api/v2/users/me'
  curl ${bearer(people.grace.email)} '${origin}/api/v2/applications'
`);
}

// --- the parts

/** Has a part stopped with the others, those that started last first. */
function started<Part extends { stop(): void | Promise<void> }>(part: Part): Part {
  running.push(part);
  return part;
}

/** Our own Postgres's address of our database there. */
async function ownDatabase(dataDir: string): Promise<string> {
  const postgres = started(await startPostgres({ dataDir, port: portOf("postgres") }));
  const fallen = () => fellOver("Postgres", postgres.lines());
  void postgres.ended.then(fallen, fallen);
  const url = new URL(postgres.url);
  url.pathname = `/${OWN_DATABASE}`;
  return url.href;
}

/** The name of the database in an address. */
function databaseIn(address: string): string {
  return decodeURIComponent(new URL(address).pathname.slice(1));
}

/** An address without its password. */
function nameOf(database: string): string {
  const { host, pathname } = new URL(database);
  return `${host}${pathname}, the one of DATABASE_URL`;
}

/** Creates the database that an address names, if its server has none of that name. */
async function createIfMissing(database: string): Promise<void> {
  const refusal = await tryQuery(database, "SELECT 1");
  if (refusal === undefined) return;
  if ((refusal as { code?: string }).code !== "3D000") {
    throw new LocalProblem(`The database cannot be used: ${(refusal as Error).message}.`);
  }
  const server = new URL(database);
  const name = databaseIn(database);
  server.pathname = "/postgres";
  const failure = await tryQuery(server.href, `CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  if (failure !== undefined) throw new LocalProblem(`The database ${name} could not be created: ${(failure as Error).message}.`);
}

/** Refuses an address that names no Postgres database. */
function requireAddress(database: string): void {
  const address = URL.parse(database);
  const isPostgres = address?.protocol === "postgres:" || address?.protocol === "postgresql:";
  if (!address || !isPostgres || address.pathname.length < 2) {
    throw new LocalProblem(
      "DATABASE_URL must read postgres://user:password@host:port/database; signs such as : / @ in a password are written as %3A %2F %40.",
    );
  }
}

/** Somebody's own tables are left alone: an address from another project is easily left in the shell. */
async function requireOurs(database: string): Promise<void> {
  const client = new pg.Client({ connectionString: database });
  client.on("error", () => {}); // a server that is being stopped says so here too
  await client.connect();
  try {
    const { rows } = await client.query<{ ours: boolean; filled: boolean; encoding: string }>(`select
      to_regclass('ops.outbox') is not null as ours,
      exists (select 1 from pg_tables where schemaname not in ('pg_catalog', 'information_schema')) as filled,
      current_setting('server_encoding') as encoding`);
    const [found] = rows;
    if (found?.encoding !== "UTF8") throw new LocalProblem(`The database is encoded as ${found?.encoding}; Splits Network needs UTF8.`);
    if (found.filled && !found.ours) {
      throw new LocalProblem(
        `The database of DATABASE_URL has tables of something else; name an empty one, or one that does not exist yet.`,
      );
    }
  } finally {
    await client.end();
  }
}

/** Runs one statement over a connection of its own, and returns what the server had against it. */
async function tryQuery(connectionString: string, statement: string): Promise<unknown> {
  const client = new pg.Client({ connectionString });
  try {
    await client.connect();
    await client.query(statement);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Starts `wrangler dev` with the string bindings of workers/runtime.ts, in a file: every user of the machine may read a command line. */
async function startWorker(folder: string, bindings: Record<string, string>): Promise<Tethered> {
  const file = join(folder, "worker.env");
  await writeSecretly(file, envFile(bindings));
  const worker = spawnTethered(
    process.execPath,
    [
      join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js"),
      "dev",
      "--ip=127.0.0.1",
      `--port=${portOf("worker")}`,
      `--persist-to=${join(folder, "wrangler")}`,
      "--log-level=warn",
      `--env-file=${file}`,
    ],
    {
      farewell: "TERM",
      cwd: ROOT,
      env: {
        ...process.env,
        CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: "true", // from that file alone, and not from the shell
        CLOUDFLARE_INCLUDE_PROCESS_ENV: "false",
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_REGISTRY_PATH: join(folder, "wrangler-registry"),
        WRANGLER_LOG_PATH: join(folder, "wrangler-logs"),
        CLOUDFLARE_CF_FETCH_ENABLED: "false", // nothing leaves the machine
      },
    },
  );
  started({ stop: () => worker.stop("SIGTERM", STOP_PATIENCE_MS), kill: () => worker.kill() });
  const fallen = () => fellOver("The Worker", worker.lines());
  void worker.ended.then(fallen, fallen);
  return worker;
}

async function untilAnswering(url: string, worker: Tethered): Promise<void> {
  const deadline = Date.now() + WORKER_PATIENCE_MS;
  let last = "no answer";
  while (Date.now() < deadline) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(WORKER_PATIENCE_MS) }).catch(() => undefined);
    if (ending) return;
    if (answer?.ok) return;
    if (answer) last = `${answer.status} ${await answer.text()}`;
    await pause(100);
  }
  throw new Error(`The Worker does not serve ${url} (${last.slice(0, 500)}). It printed:\n${worker.lines()}`);
}

// --- the end

/** A part that ends unasked takes the world with it. */
async function fellOver(name: string, lines: string): Promise<void> {
  if (ending) return;
  console.error(`${name} ended unexpectedly. Its last lines:\n\n${lines}\n`);
  await stopAll();
  process.exit(1);
}

function stopAll(): Promise<void> {
  ending ??= (async () => {
    for (const each of running.toReversed()) await Promise.resolve(each.stop()).catch((error) => console.error(error));
  })();
  return ending;
}

/** The first Ctrl-C stops everything in order, the second at once. What we leave behind, its tether ends. */
function watchSignals(): void {
  let first: number | undefined;
  const onSignal = (): void => {
    if (first === undefined) {
      first = Date.now();
      console.log("\nStopping; Ctrl-C again does not wait.");
      void stopAll().then(() => process.exit(0));
    } else if (Date.now() - first > ONE_KEYSTROKE_MS) {
      for (const each of running) each.kill?.();
      process.exit(130);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
}
