import { conflict, invalidField } from "../refusals.ts";
import type { DeliveryStatus, WebhookStatus } from "./words.ts";

/** Events can be sent again for so many days. */
export const REPLAY_DAYS = 90;

/** Deliveries that a replay job sends again a second, for one account (PLATFORM §13.4). */
export const REPLAYS_A_SECOND = 50;

/** What a replay may choose from: the others are on their way by themselves. */
export const REPLAYABLE_STATUSES = ["succeeded", "dead", "skipped", "parked"] as const;
export type ReplayableStatus = (typeof REPLAYABLE_STATUSES)[number];

/** What a replay does with one delivery: a final one is sent again as a new row, a waiting one is brought forward. */
export type ReplayWay = "again" | "forward";

/** Refuses (409) a delivery that is being sent at this moment, and an endpoint that receives nothing. */
export function replayWay(delivery: DeliveryStatus, endpoint: WebhookStatus): ReplayWay {
  if (endpoint !== "active") throw conflict(`The endpoint is ${endpoint}. Enable it first.`);
  if (delivery === "in_flight") throw conflict("This delivery is being sent right now. See how it goes.");
  return delivery === "pending" || delivery === "retrying" || delivery === "parked" ? "forward" : "again";
}

/**
 * The span that a replay covers: from its own beginning, or as far as replays reach, up to its own end or this
 * moment, so that what comes later is not a part of it. Refuses (422) an end before the beginning.
 */
export function replaySpan({ since, until }: { since: Date | null; until: Date | null }, now: Date): { since: Date; until: Date } {
  const reach = new Date(now.getTime() - REPLAY_DAYS * 86_400_000);
  const span = { since: since && since > reach ? since : reach, until: until && until < now ? until : now };
  if (span.since >= span.until) throw invalidField("filter/until", "out_of_range", "until is not after since");
  return span;
}

export type ReplayStatus = "running" | "paused" | "done" | "cancelled";
export type ReplayAction = "pause" | "resume" | "cancel";

const STEPS: Readonly<Record<ReplayAction, { from: readonly ReplayStatus[]; to: ReplayStatus }>> = {
  pause: { from: ["running"], to: "paused" },
  resume: { from: ["paused"], to: "running" },
  cancel: { from: ["running", "paused"], to: "cancelled" },
};

/** What a replay job becomes; null where there is no such step. */
export const replayStep = (status: ReplayStatus, action: ReplayAction): ReplayStatus | null =>
  STEPS[action].from.includes(status) ? STEPS[action].to : null;
