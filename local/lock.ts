import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { access, link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { LocalProblem } from "./problem.ts";
import { isAlive } from "./processes.ts";

/** The project's folder. */
export const ROOT = resolve(import.meta.dirname, "..");

/** Where the local world keeps its things: `.local`, or what SPLITS_LOCAL_DIR says. */
export const localFolder = (): string => resolve(ROOT, process.env["SPLITS_LOCAL_DIR"] || ".local");

/** Whoever runs the world of a folder, and where its issuer is. */
interface Holder {
  pid: number;
  issuer: string;
}

/**
 * Takes the folder for this process until it ends, making it if it is missing.
 * Refuses with `refusal` if another process has it; the lock of one that was killed does not count.
 */
export async function lockFolder(folder: string, issuer: string, refusal: (pid: number) => string): Promise<void> {
  await makeFolder(folder);
  const lock = join(folder, "lock");
  const draft = `${lock}.${process.pid}`;
  await writeFile(draft, `${process.pid}\n${issuer}\n`);
  try {
    for (;;) {
      try {
        await link(draft, lock); // all or nothing: nobody reads a lock that is half written
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = await holderOf(folder);
      if (holder) throw new LocalProblem(refusal(holder.pid));
      await rm(lock, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
  process.once("exit", () => rmSync(lock, { force: true }));
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
export async function holderOf(folder: string): Promise<Holder | undefined> {
  const [first = "", issuer = ""] = (await readFile(join(folder, "lock"), "utf8").catch(() => "")).split("\n");
  const pid = Number(first);
  return pid > 0 && pid !== process.pid && isAlive(pid) && isOurs(pid) ? { pid, issuer } : undefined;
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
