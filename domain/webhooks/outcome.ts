import type { DeliveryStatus, ErrorClass } from "./words.ts";

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
