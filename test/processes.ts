import { execFileSync } from "node:child_process";

/** Every process that lives; one that has ended and only waits to be noticed does not. */
export function processes(): { pid: number; parent: number }[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" }).trim().split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !state?.startsWith("Z"))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}

/** The processes below this one, whatever their depth. */
export function descendantsOf(pid: number): number[] {
  const all = processes();
  const below = (above: number): number[] => all.filter(({ parent }) => parent === above).flatMap((each) => [each.pid, ...below(each.pid)]);
  return below(pid);
}
