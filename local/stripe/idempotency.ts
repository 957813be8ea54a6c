import { StripeRefusal } from "./refusal.ts";
import type { World } from "./world.ts";

/** What is remembered of an idempotency key. While the first request runs there is no answer yet. */
export interface KeyEntry {
  path: string;
  params: string;
  answer: { http: number; body: string; requestId: string } | null;
  /** Seconds; when it was stored. */
  at: number;
}

/** Stripe may forget a key so long after it was stored. */
const KEPT_SECONDS = 24 * 3600;

/** The longest key that Stripe takes. */
export const LONGEST_KEY = 255;

/** What is remembered of a key of an account. Refuses another request under the same key, and the same one while it runs. */
export function remembered(world: World, account: string, key: string, path: string, params: string): KeyEntry["answer"] {
  prune(world);
  const entry = world.state.keys[`${account}:${key}`];
  if (!entry) return null;
  if (entry.path !== path) {
    throw mismatch(
      `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${path}' vs '${entry.path}'). Try using a key other than '${key}' if you meant to execute a different request.`,
    );
  }
  if (entry.params !== params) {
    throw mismatch(
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    );
  }
  if (entry.answer === null) {
    throw new StripeRefusal(409, {
      type: "idempotency_error",
      code: "idempotency_key_in_use",
      message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
    });
  }
  return entry.answer;
}

const mismatch = (message: string) => new StripeRefusal(400, { type: "idempotency_error", message });

/** Takes a key for a request that begins to execute. */
export function take(world: World, account: string, key: string, path: string, params: string): KeyEntry {
  return (world.state.keys[`${account}:${key}`] = { path, params, answer: null, at: world.seconds() });
}

/** Gives a key back whose request did not execute after all. */
export function giveBack(world: World, account: string, key: string): void {
  delete world.state.keys[`${account}:${key}`];
}

function prune(world: World): void {
  const oldest = world.seconds() - KEPT_SECONDS;
  for (const [name, entry] of Object.entries(world.state.keys)) {
    if (entry.at > oldest) break; // in order of use
    if (entry.answer !== null) delete world.state.keys[name];
  }
}
