import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { LocalProblem } from "./problem.ts";

/** Every port of the local world, the variable that moves it, and the words for it in a message. */
export const PORTS = {
  worker: { variable: "WORKER_PORT", preset: 8787, name: "the Worker" },
  postgres: { variable: "POSTGRES_PORT", preset: 5487, name: "Postgres" },
  neon: { variable: "NEON_PORT", preset: 8788, name: "the Neon endpoint" },
  issuer: { variable: "ISSUER_PORT", preset: 8789, name: "the identity issuer" },
  mail: { variable: "MAIL_PORT", preset: 8790, name: "the mail catcher" },
  stripe: { variable: "STRIPE_PORT", preset: 8791, name: "the Stripe stand-in" },
  turnstile: { variable: "TURNSTILE_PORT", preset: 8792, name: "the Turnstile stand-in" },
  names: { variable: "NAMES_PORT", preset: 8793, name: "the name server" },
} as const;

export type PortName = keyof typeof PORTS;

/** The port to use: the variable's, or else the preset. Refuses what is not a port. */
export function portOf(name: PortName): number {
  const { variable, preset } = PORTS[name];
  const wanted = process.env[variable] ?? String(preset);
  const port = Number(wanted);
  if (!/^\d+$/.test(wanted) || port < 1 || port > 65_535) {
    throw new LocalProblem(`${variable} is "${wanted}", which is not a port; give a number from 1 to 65535.`);
  }
  return port;
}

/** Refuses, with both variables in the sentence, if two of these parts are to have the same port. */
export function requireDistinct(names: readonly PortName[]): void {
  const taken = new Map<number, string>();
  for (const name of names) {
    const { variable } = PORTS[name];
    const other = taken.get(portOf(name));
    if (other !== undefined) throw new LocalProblem(`${other} and ${variable} are both ${portOf(name)}; give each a port of its own.`);
    taken.set(portOf(name), variable);
  }
}

/** Refuses, with the port and its variable in the sentence, if something already listens there. */
export async function requireFree(name: PortName): Promise<void> {
  const port = portOf(name);
  if (await isFree(port)) return;
  const { variable, name: words } = PORTS[name];
  throw new LocalProblem(`Port ${port} for ${words} is taken; stop what uses it or set ${variable} to another port.`);
}

/** Below the ports that systems take for outgoing connections: none of those gets in between. */
const [FIRST_FREE, LAST_FREE] = [10_000, 32_000];
const given = new Set<number>();

/** A port of 127.0.0.1 that nothing listened on a moment ago, and that this process was not given before. */
export async function freePort(): Promise<number> {
  const port = randomInt(FIRST_FREE, LAST_FREE);
  if (given.has(port) || !(await isFree(port))) return freePort();
  given.add(port);
  return port;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(false) : reject(error)));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
