import type { AttemptTrigger, DeliveryStatus, ErrorClass } from "./words.ts";

/** Live deliveries go before replayed ones. */
export type DeliveryPriority = "live" | "replay";

/** What became of one request to somebody else's server. Failing is an outcome. */
export interface SendOutcome {
  /** Null: it succeeded, with a 2xx. */
  errorClass: ErrorClass | null;
  httpStatus: number | null;
  /** What the receiver asked for; null where it did not, or not in a way that can be read. */
  retryAfterSeconds: number | null;
  /** Those that help and tell nothing of a person. */
  responseHeaders: Readonly<Record<string, string>> | null;
  /** At most 8 KiB. */
  responseBody: string | null;
  resolveMs: number | null;
  firstByteMs: number | null;
  durationMs: number;
}

/** What comes after a send. */
export interface NextStep {
  status: Extract<DeliveryStatus, "succeeded" | "retrying" | "parked" | "dead">;
  /** From now on; null once final. */
  retryInSeconds: number | null;
  /** Whether it counts against the schedule; a probe's failure does not. */
  spends: boolean;
  /** The receiver is gone for good: its endpoint is disabled at once. */
  disables: boolean;
}

/** After the first send and each retry that failed, until the next one (PLATFORM §13.5). */
const STANDARD_SCHEDULE_SECONDS = [60, 600, 3_600] as const;
/** Retries of deliveries that failed together do not come back together. */
const JITTER = 0.2;
/** No receiver may ask for more. */
export const MOST_RETRY_AFTER_SECONDS = 3_600;
const GONE = 410;
/** A probe that failed waits for the breaker, which asks for the next one by itself. */
const PARKED_SECONDS = 30;
/** A fault of ours costs no attempt: it is mended, and tried again. */
const MENDED_SECONDS = 600;

/** The class of a status; null for a success. */
export function classOfStatus(status: number): ErrorClass | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return "http_3xx";
  if (status >= 400 && status < 500) return "http_4xx";
  return "http_5xx";
}

/**
 * What `Retry-After` asks for, in seconds from now, at most an hour; null where it says nothing that can be
 * read (RFC 9110 §10.2.3).
 */
export function retryAfterSeconds(header: string | null, now: Date): number | null {
  const text = header?.trim() ?? "";
  const isDate = /^[A-Z][a-z]{2}, .+ GMT$/.test(text);
  const seconds = /^\d+$/.test(text) ? Number(text) : isDate ? (Date.parse(text) - now.getTime()) / 1_000 : Number.NaN;
  if (!Number.isFinite(seconds)) return null;
  return Math.min(Math.max(Math.ceil(seconds), 0), MOST_RETRY_AFTER_SECONDS);
}

/**
 * What becomes of a delivery after a send. A test is sent once; a probe that fails leaves its delivery as
 * it was. Everything else that fails is retried by schedule, never before the receiver asked for it.
 *
 * @param attempts - how many counted before this one
 * @param random - from 0 up to 1
 */
export function nextStep(
  outcome: SendOutcome,
  { attempts, trigger, random }: { attempts: number; trigger: AttemptTrigger; random: number },
): NextStep {
  if (outcome.errorClass === null) return { status: "succeeded", retryInSeconds: null, spends: true, disables: false };
  if (outcome.httpStatus === GONE) return { status: "dead", retryInSeconds: null, spends: true, disables: true };
  if (trigger === "probe") return { status: "parked", retryInSeconds: PARKED_SECONDS, spends: false, disables: false };
  if (!isReceivers(outcome) && trigger !== "test")
    return { status: "retrying", retryInSeconds: MENDED_SECONDS, spends: false, disables: false };
  const planned = trigger === "test" ? undefined : STANDARD_SCHEDULE_SECONDS[attempts];
  if (planned === undefined) return { status: "dead", retryInSeconds: null, spends: true, disables: false };
  const spread = planned * (1 - JITTER + 2 * JITTER * random);
  return { status: "retrying", retryInSeconds: Math.max(spread, outcome.retryAfterSeconds ?? 0), spends: true, disables: false };
}

/** Whether a failure is the receiver's, and not one of ours: only those say something about an endpoint. */
export const isReceivers = ({ errorClass }: SendOutcome): boolean => errorClass !== "internal" && errorClass !== "body_too_large";
