import { classOfStatus, retryAfterSeconds, type SendOutcome } from "#domain/webhooks/outcome.ts";
import type { ErrorClass } from "#domain/webhooks/words.ts";
import type { Destinations, Outgoing, Sender } from "#services/ports.ts";

/** A receiver has so long to answer (PLATFORM §13.1). */
const TIMEOUT_MS = 15_000;
/** What is kept of an answer; the rest is not read. */
const KEPT_BYTES = 8_192;
/** An event is ids and what changed; a longer one is a fault of ours. */
const MOST_PAYLOAD_BYTES = 20_000;
const KEPT_HEADERS = ["content-type", "content-length", "date", "server", "location", "retry-after", "x-request-id", "cf-ray"];
const KEPT_HEADER_LENGTH = 500;

const NOTHING = { httpStatus: null, retryAfterSeconds: null, responseHeaders: null, responseBody: null, firstByteMs: null };

/** What stands with an attempt that the guard did not let out. */
const CLASS_OF = { blocked_destination: "blocked_destination", unresolvable: "dns", unasked: "internal" } as const;

/** Sends what is to leave the house, each time behind the guard. */
export function guardedSender(destinations: Destinations, timeoutMs = TIMEOUT_MS): Sender {
  return {
    async send({ kind, url, headers, body }: Outgoing): Promise<SendOutcome> {
      const began = Date.now();
      const failed = (errorClass: ErrorClass, resolveMs: number | null): SendOutcome => ({
        ...NOTHING,
        errorClass,
        resolveMs,
        durationMs: Date.now() - began,
      });
      if (kind === "webhook" && new TextEncoder().encode(body).length >= MOST_PAYLOAD_BYTES) return failed("body_too_large", null);
      const checked = await destinations.check(url, kind);
      const resolveMs = Date.now() - began;
      if (!checked.open) return failed(CLASS_OF[checked.reason], resolveMs);

      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const response = await fetch(checked.url, { method: "POST", headers, body, redirect: "manual", signal });
        const firstByteMs = Date.now() - began;
        const responseBody = await beginningOf(response);
        return {
          errorClass: classOfStatus(response.status),
          httpStatus: response.status,
          retryAfterSeconds: retryAfterSeconds(response.headers.get("retry-after"), new Date()),
          responseHeaders: keptHeaders(response.headers),
          responseBody,
          resolveMs,
          firstByteMs,
          durationMs: Date.now() - began,
        };
      } catch (error) {
        return failed(signal.aborted ? "timeout" : phaseOf(error), resolveMs);
      }
    },
  };
}

/** The first 8 KiB of an answer. What happens to the rest, or to the connection after the status, is no failure. */
async function beginningOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (let read = await reader?.read(); read && !read.done; read = length < KEPT_BYTES ? await reader?.read() : undefined) {
      chunks.push(read.value);
      length += read.value.length;
    }
  } catch {
    // the connection went, or the time was over: the status counts
  }
  reader?.cancel().catch(() => {});
  const bytes = new Uint8Array(Math.min(length, KEPT_BYTES));
  let filled = 0;
  for (const chunk of chunks) {
    bytes.set(chunk.subarray(0, bytes.length - filled), filled);
    filled += Math.min(chunk.length, bytes.length - filled);
  }
  // Postgres keeps no NUL
  return new TextDecoder().decode(bytes).replaceAll("\0", "\uFFFD");
}

const keptHeaders = (headers: Headers): Record<string, string> =>
  Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value.slice(0, KEPT_HEADER_LENGTH)]];
    }),
  );

/** In which phase a request failed, as far as the runtime tells; one that names none did not connect. */
function phaseOf(error: unknown): ErrorClass {
  const words = error instanceof Error ? error.message : "";
  if (/certificate|\btls\b|\bssl\b|handshake/i.test(words)) return "tls";
  if (/\bdns\b|resolve|name not known|no such host/i.test(words)) return "dns";
  return "connect";
}
