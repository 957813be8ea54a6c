import { spawnSync } from "node:child_process";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { access, mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { LocalProblem } from "./problem.ts";
import { isAlive } from "./processes.ts";

/** The project's folder. */
export const ROOT = resolve(import.meta.dirname, "..");

/** Where the local world keeps its things: `.local`, or what SPLITS_LOCAL_DIR says. */
export const localFolder = (): string => resolve(ROOT, process.env["SPLITS_LOCAL_DIR"] || ".local");

/** Where the parts of a running world answer, as origins, and the name of its database. */
export interface Whereabouts {
  worker: string;
  neon: string;
  issuer: string;
  mail: string;
  stripe: string;
  database: string;
}

/** Whoever has a folder. */
interface Holder {
  pid: number;
  /** Null while the folder is being emptied. */
  world: Whereabouts | null;
}

/**
 * Takes the folder for this process until it ends, making it if it is missing.
 * Refuses with `refusal` if another process has it; the lock of one that was killed does not count.
 */
export async function lockFolder(folder: string, world: Whereabouts | null, refusal: (pid: number) => string): Promise<void> {
  await makeFolder(folder);
  const lock = join(folder, "lock");
  const draft = `${lock}.${process.pid}`;
  // In one go, without waiting: no Ctrl-C comes between, to leave half of it behind.
  process.once("exit", () => {
    if (pidIn(lock) === process.pid) rmSync(lock, { force: true });
  });
  writeFileSync(draft, `${process.pid}\n${JSON.stringify(world)}\n`);
  try {
    while (!linked(draft, lock)) {
      const holder = holderOf(folder);
      if (holder) throw new LocalProblem(refusal(holder.pid));
      rmSync(lock, { force: true });
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** All or nothing: nobody reads a lock that is half written. */
function linked(draft: string, lock: string): boolean {
  try {
    linkSync(draft, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

/** Below a folder that is there: Node's own recursion does not end where nothing can be made. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await access(dirname(folder));
    await mkdir(folder);
  } catch (error) {
    const known = await stat(folder).catch(() => null);
    if (known?.isDirectory()) return;
    throw new LocalProblem(`${folder} cannot be used as the data folder: ${(error as Error).message}.`);
  }
}

/** Who has the folder now, if that process still lives. */
export function holderOf(folder: string): Holder | undefined {
  const lock = join(folder, "lock");
  const pid = pidIn(lock);
  if (!(pid > 0) || pid === process.pid || !isAlive(pid) || !isOurs(pid)) return undefined;
  return { pid, world: JSON.parse(linesOf(lock)[1] || "null") as Whereabouts | null };
}

/** The world that runs in the folder of this shell. Refuses if none does. */
export function runningWorld(): Whereabouts {
  const world = holderOf(localFolder())?.world;
  if (!world) throw new LocalProblem("The local world is not running; start it with npm start.");
  return world;
}

const pidIn = (lock: string): number => Number(linesOf(lock)[0]);

function linesOf(lock: string): string[] {
  try {
    return readFileSync(lock, "utf8").split("\n");
  } catch {
    return [];
  }
}

/** After a restart of the machine or container the process id may belong to something else. */
function isOurs(pid: number): boolean {
  const ours = /local[/\\](start|reset)\.ts/;
  try {
    return ours.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  } catch {
    const { stdout } = spawnSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" });
    return typeof stdout !== "string" || stdout === "" || ours.test(stdout);
  }
}
