import { spawn, type ChildProcess } from "node:child_process";

/**
 * Becomes the program ("$@"), after leaving a watcher that waits for our end of its standard
 * input to close, as it does however we end, and then ends the program's whole group.
 */
const TETHER = `
exec 3<&0 </dev/null
( trap '' INT TERM HUP
  cat <&3
  kill -s "$0" 0
  sleep 10
  kill -s KILL 0
) >/dev/null 2>&1 &
exec 3<&-
exec "$@"`;

/** How many of a program's last lines are kept, to be shown when it ends unasked. */
const KEPT_LINES = 40;

export interface Tethered {
  pid: number;
  /** The last lines the program printed. */
  lines(): string;
  /** Hears every chunk the program prints. */
  onOutput(listener: (text: string) => void): void;
  /** Settles when the program has ended, whoever ended it, with its exit code; null if a signal did. */
  ended: Promise<number | null>;
  /** Asks it to end with `signal`, and after `patienceMs` kills whatever is left of its group. */
  stop(signal: NodeJS.Signals, patienceMs: number): Promise<void>;
  /** Kills the program and all its children at once. */
  kill(): void;
}

export interface TetherOptions {
  /** What the program's group is sent if we die without stopping it. */
  farewell: "INT" | "TERM";
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number | undefined;
  gid?: number | undefined;
}

/**
 * Starts a program in a process group of its own, so that Ctrl-C in the terminal reaches only us,
 * and ties its life to ours: even when we are killed, neither it nor its children stay behind.
 */
export function spawnTethered(program: string, args: readonly string[], options: TetherOptions): Tethered {
  const { farewell, env = process.env, cwd, uid, gid } = options;
  const child = spawn("/bin/sh", ["-c", TETHER, farewell, program, ...args], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env,
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });

  let printed = "";
  const listeners: ((text: string) => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed = (printed + text).split("\n").slice(-KEPT_LINES).join("\n");
      for (const listener of listeners) listener(text);
    });
  }
  child.stdin.on("error", () => {}); // the pipe breaks when the program ends first

  const killGroup = () => signalGroup(child, "SIGKILL");
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      killGroup(); // the watcher, and children the program left behind
      resolve(code);
    });
  });
  ended.catch(() => {}); // whoever waits for it hears of it

  return {
    pid: child.pid ?? 0,
    lines: () => printed.trim(),
    onOutput: (listener) => void listeners.push(listener),
    ended,
    kill: killGroup,
    async stop(signal, patienceMs) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const timer = setTimeout(killGroup, patienceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Whether a process with this id exists, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // nothing of the group is left
  }
}
