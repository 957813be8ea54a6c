import { advanceDeal } from "./advance.ts";
import type { Actor, Deal, DealChange } from "./deal.ts";
import { approveGate, denyGate } from "./review.ts";
import { openGate } from "./states.ts";

/** The stages that may be asked for by name. Offers and hires have actions of their own. */
export const REQUESTABLE_STAGES = ["screen", "interview", "rejected"] as const;

export type RequestableStage = (typeof REQUESTABLE_STAGES)[number];

const STATE_OF = { screen: "screen", interview: "in_process" } as const;

/**
 * Brings a deal to a stage by whatever step leads there from where it stands: who reviews at its gate
 * passes that gate with it, and a rejection at a gate denies it. `screen` asked for by the reviewer of
 * a gate before the company's passes that gate, and the deal waits for the next reviewer.
 *
 * Refuses with `forbidden` who may not take one of the steps, with `invalid_transition` a stage that
 * cannot be reached from here, and a rejection without a reason.
 */
export function requestStage(
  deal: Deal,
  actor: Actor,
  { stage, reason, feedbackId }: { stage: RequestableStage; reason: string | null; feedbackId: string },
  now: Date,
): DealChange {
  const isAtGate = deal.cra !== null && openGate(deal.cra) !== null;
  if (stage === "rejected") {
    return isAtGate ? denyGate(deal, actor, { feedbackId, reason }, now) : advanceDeal(deal, actor, { to: "rejected", reason }, now);
  }
  const to = STATE_OF[stage];
  if (!isAtGate) return advanceDeal(deal, actor, { to, reason: null }, now);
  const passed = approveGate(deal, actor, { feedbackId, note: reason }, now);
  const waits = passed.deal.cra !== null && openGate(passed.deal.cra) !== null;
  if (waits && stage === "screen") return passed;
  const advanced = advanceDeal(passed.deal, actor, { to, reason: null }, now);
  return { ...advanced, feedback: passed.feedback, events: [...passed.events, ...advanced.events] };
}
