import { aiReviewTriggered, returnedToDraft } from "../events/application.ts";
import { actingAs } from "./acting.ts";
import { change, noSuchStage } from "./change.ts";
import type { Actor, Deal, DealChange, Party } from "./deal.ts";
import { applicationIn } from "./records.ts";
import type { ApplicationStage } from "./states.ts";

const CANDIDATE: readonly Party[] = ["candidate"];
const CANDIDATE_SIDE: readonly Party[] = ["candidate", "candidate_recruiter"];

/** Who may ask for an assessment from which stage. A question of a gate is for the candidate to rework. */
const TRIGGER: Partial<Record<ApplicationStage, readonly Party[]>> = {
  draft: CANDIDATE_SIDE,
  ai_failed: CANDIDATE_SIDE,
  recruiter_request: CANDIDATE,
};

/** Who may take an application back to edit it, from which stage. */
const EDIT: Partial<Record<ApplicationStage, readonly Party[]>> = {
  ai_reviewed: CANDIDATE,
  ai_failed: CANDIDATE_SIDE,
  recruiter_request: CANDIDATE,
};

function write(
  deal: Deal,
  actor: Actor,
  to: "draft" | "ai_review",
  rule: { from: Partial<Record<ApplicationStage, readonly Party[]>>; what: string; tell: typeof returnedToDraft },
  now: Date,
): DealChange {
  const { stage } = deal.application;
  const parties = rule.from[stage];
  const acting = actingAs(actor, parties ?? CANDIDATE_SIDE, rule.what);
  if (!parties) throw noSuchStage(deal.application, to);
  const application = applicationIn(deal.application, to, now);
  return change(deal, { cra: deal.cra, application }, acting, { events: [rule.tell(application)] });
}

/** Asks for the advisory assessment, before a submission or while reworking one. */
export const triggerAiReview = (deal: Deal, actor: Actor, now: Date): DealChange =>
  write(deal, actor, "ai_review", { from: TRIGGER, what: "ask for an assessment", tell: aiReviewTriggered }, now);

/** Takes the application back to edit it. The deal record, if there is one, waits as it did. */
export const returnToDraft = (deal: Deal, actor: Actor, now: Date): DealChange =>
  write(deal, actor, "draft", { from: EDIT, what: "edit this application", tell: returnedToDraft }, now);
