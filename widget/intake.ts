import type { IntakeField } from "#domain/intake/fields.ts";

/** What the company chose, as `GET /api/v1/intake/{companyId}` answers it. */
export interface Configuration {
  company: string;
  type: WidgetType;
  label: string;
  color: string;
  ink: string;
  logo: string | null;
  heading: string;
  thanks: string;
  fields: readonly IntakeField[];
  state: "open" | "closed";
  /** The same form on the company's own page. */
  link: string;
  /** The site key where the company asks for Turnstile, too. */
  turnstile: string | null;
}

export type WidgetType = "inline" | "modal" | "button";

/** A problem as the API tells it, or `timeout`. Without a code there was no connection, or an answer that is none of ours. */
export interface Trouble {
  code?: string;
  /** What is wrong with which field, by the end of its pointer. */
  errors?: readonly { pointer: string; message: string }[];
  /** In how many seconds it may be tried again. */
  retry_after?: number;
}

/** The code of what took longer. */
export const TIMEOUT = "timeout";

/** A server that has not answered for so long is not waited for. */
const PATIENCE_MS = 15_000;

/** Asks the intake of a company; `data` of the answer, or throws the trouble. */
export async function ask<Data>(url: string, request?: RequestInit): Promise<Data> {
  const wait = new AbortController();
  const { signal } = wait;
  const timer = setTimeout(() => wait.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(url, { ...request, credentials: "omit", signal });
    const body = await answer.json();
    if (!answer.ok) throw body;
    return body.data as Data;
  } catch (error) {
    throw signal.aborted ? { code: TIMEOUT } : error;
  } finally {
    clearTimeout(timer);
  }
}

interface Challenge {
  salt: string;
  hash: string;
  max: number;
  sig: string;
}

/** How many numbers are tried at once, so that none waits for another's answer. */
const TRIED_AT_ONCE = 500;

/** Works a challenge out: the number whose hash, behind the salt, is the one that was asked for. */
async function numberOf({ salt, hash, max }: Challenge): Promise<number> {
  for (let first = 0; first <= max; first += TRIED_AT_ONCE) {
    const hashes = await Promise.all(Array.from({ length: TRIED_AT_ONCE }, (_, index) => hashOf(salt + (first + index))));
    const index = hashes.indexOf(hash);
    if (index >= 0) return first + index;
  }
  return 0;
}

const hashOf = async (text: string): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).reduce(
    (hex, byte) => hex + (256 + byte).toString(16).slice(1),
    "",
  );

/** Hands in a role with a proof of work; where the proof came too late, once more with a new one. */
export async function handIn(base: string, intake: object, again = true): Promise<{ id: string }> {
  const challenge = await ask<Challenge>(`${base}/challenge`, { method: "POST" });
  const proof = { ...challenge, max: undefined, number: await numberOf(challenge) };
  try {
    return await ask(base, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...intake, proof }) });
  } catch (error) {
    const { errors } = error as Trouble;
    if (again && errors && errors.some(({ pointer }) => pointer === "/proof")) return handIn(base, intake, false);
    throw error;
  }
}
