import { isReceivers, type SendOutcome } from "./outcome.ts";

/** How an endpoint has been doing, as its object remembers it. Instants in epoch milliseconds. */
export interface Health {
  breaker: "closed" | "open" | "half_open";
  /** While open: when a probe may ask. */
  openUntil: number | null;
  /** How often in a row it was opened, which doubles the wait. */
  openings: number;
  /** Failures since the last success. */
  straight: number;
  /** Sends and failures of the last five minutes, by spans of ten seconds. */
  recent: readonly { at: number; sends: number; failures: number }[];
  failingSince: number | null;
  /** The receiver asked for a rest, or needs one. */
  pausedUntil: number | null;
  /** The next rest that it did not ask for, in seconds. */
  restSeconds: number;
  /** After a rest: one in flight until the next success. */
  gentle: boolean;
}

const REST_SECONDS = { first: 5, most: 60 };

export const HEALTHY: Health = {
  breaker: "closed",
  openUntil: null,
  openings: 0,
  straight: 0,
  recent: [],
  failingSince: null,
  pausedUntil: null,
  restSeconds: REST_SECONDS.first,
  gentle: false,
};

/** How many requests an endpoint gets at the same time. */
export const MOST_IN_FLIGHT = 4;

const STRAIGHT_FAILURES = 5;
const RECENT_MS = 300_000;
const SPAN_MS = 10_000;
/** Of so many sends half may fail before the breaker opens. */
const RECENT_SENDS = 20;
const OPEN_MS = { first: 30_000, most: 900_000 };
/** Answers that ask for a rest (PLATFORM §13.5). */
const TIRED: readonly (number | null)[] = [429, 502, 504];

/** How an endpoint is doing after a send. Faults of our own say nothing about it. */
export function after(health: Health, outcome: SendOutcome, now: number): Health {
  if (!isReceivers(outcome)) return health.breaker === "half_open" ? opened(health, now) : health;
  const recent = counted(health.recent, outcome.errorClass !== null, now);
  if (outcome.errorClass === null) return { ...HEALTHY, recent: health.breaker === "closed" ? recent : [], pausedUntil: null };

  const failed: Health = {
    ...health,
    ...rest(health, outcome, now),
    recent,
    straight: health.straight + 1,
    failingSince: health.failingSince ?? now,
  };
  if (health.breaker === "half_open") return opened(failed, now);
  return health.breaker === "closed" && isTooMuch(failed) ? opened(failed, now) : failed;
}

/** Whether one more may be sent now, whether it is the probe, and else when to ask again; null: when one of those in flight is over. */
export type Leave = { may: true; probe: boolean } | { may: false; askAgainAt: number | null };

/**
 * Asks for one more beside those in flight. Whoever gets a probe's leave calls `probing`.
 *
 * @param wanted - somebody asked for this delivery now, who need not wait for the breaker's time
 */
export function leave(health: Health, inFlight: number, now: number, wanted: boolean): Leave {
  if (health.pausedUntil !== null && health.pausedUntil > now) return { may: false, askAgainAt: health.pausedUntil };
  if (health.breaker === "half_open") return { may: false, askAgainAt: null };
  if (health.breaker === "open") {
    if ((health.openUntil ?? 0) > now && !wanted) return { may: false, askAgainAt: health.openUntil };
    return inFlight === 0 ? { may: true, probe: true } : { may: false, askAgainAt: null };
  }
  return inFlight < (health.gentle ? 1 : MOST_IN_FLIGHT) ? { may: true, probe: false } : { may: false, askAgainAt: null };
}

/** One delivery is on its way to see whether the endpoint is back. */
export const probing = (health: Health): Health => ({ ...health, breaker: "half_open", openUntil: null });

/** Nobody knows what became of the probe: another one may ask. */
export const probeLost = (health: Health, now: number): Health =>
  health.breaker === "half_open" ? { ...health, breaker: "open", openUntil: now } : health;

function rest(health: Health, { httpStatus, errorClass, retryAfterSeconds }: SendOutcome, now: number): Partial<Health> {
  if (!TIRED.includes(httpStatus) && errorClass !== "timeout") return {};
  const seconds = retryAfterSeconds ?? health.restSeconds;
  return {
    pausedUntil: Math.max(now + seconds * 1_000, health.pausedUntil ?? 0),
    restSeconds: retryAfterSeconds === null ? Math.min(health.restSeconds * 2, REST_SECONDS.most) : health.restSeconds,
    gentle: true,
  };
}

function opened(health: Health, now: number): Health {
  const wait = Math.min(OPEN_MS.first * 2 ** health.openings, OPEN_MS.most);
  return { ...health, breaker: "open", openUntil: now + wait, openings: health.openings + 1 };
}

function isTooMuch({ straight, recent }: Health): boolean {
  const sum = (of: "sends" | "failures") => recent.reduce((total, span) => total + span[of], 0);
  return straight >= STRAIGHT_FAILURES || (sum("sends") >= RECENT_SENDS && sum("failures") * 2 >= sum("sends"));
}

function counted(recent: Health["recent"], isFailure: boolean, now: number): Health["recent"] {
  const at = Math.floor(now / SPAN_MS) * SPAN_MS;
  const kept = recent.filter((span) => span.at > now - RECENT_MS && span.at !== at);
  const span = recent.find((known) => known.at === at) ?? { at, sends: 0, failures: 0 };
  return [...kept, { at, sends: span.sends + 1, failures: span.failures + (isFailure ? 1 : 0) }];
}
