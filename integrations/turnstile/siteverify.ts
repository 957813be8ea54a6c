import { z } from "zod";
import type { Ports } from "#services/ports.ts";

const TIMEOUT_MS = 3_000;
const Answer = z.object({ success: z.boolean() });

/**
 * Asks Turnstile whether a token was given to a person and not used before.
 *
 * @param base - where it is asked, such as `https://challenges.cloudflare.com`
 */
export const turnstileAt =
  (base: string): Ports["isPerson"] =>
  async ({ secret, token, address }) => {
    try {
      const answer = await fetch(`${base}/turnstile/v0/siteverify`, {
        method: "POST",
        body: new URLSearchParams({ secret, response: token, remoteip: address }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return Answer.parse(await answer.json()).success ? "yes" : "no";
    } catch {
      return "unknown";
    }
  };
