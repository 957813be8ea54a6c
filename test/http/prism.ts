import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "#local/ports.ts";

const CLI = resolve(import.meta.dirname, "../../node_modules/@stoplight/prism-cli/dist/index.js");
const START_MS = 60_000;

export interface Prism {
  origin: string;
  stop(): void;
}

interface Judgement {
  /** False lets a request through that is wrong itself, to see how it is refused. */
  judgesRequests?: boolean;
  /** Another contract than the Worker's own, made of it. */
  contract?: (own: string) => string;
}

/** Prism as a proxy before a Worker: an answer that is off the contract becomes a 500 of its own. */
export async function prismBefore(
  upstream: string,
  { judgesRequests = true, contract: told = (own) => own }: Judgement = {},
): Promise<Prism> {
  const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), "splits-prism-"))];
  const contract = join(folder, "openapi.json");
  await writeFile(contract, told(await (await fetch(`${upstream}/openapi.json`)).text()));
  const options = ["--errors", `--validate-request=${judgesRequests}`, "--port", String(port)];
  const child = spawn(process.execPath, [CLI, "proxy", contract, upstream, ...options], { stdio: ["ignore", "pipe", "pipe"] });
  await listening(child);
  return { origin: `http://127.0.0.1:${port}`, stop: () => void child.kill() };
}

async function listening(child: ChildProcess): Promise<void> {
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (said += text));
  const deadline = Date.now() + START_MS;
  while (!said.includes("Prism is listening")) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error(`Prism did not start:\n${said}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}
