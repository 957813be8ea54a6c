import { applicationSubmitted } from "../events/application.ts";
import { craCreated, gateAwaitingReview } from "../events/cra.ts";
import { actingAs, actingOnlyAs, type Acting } from "./acting.ts";
import { answered } from "./answer.ts";
import { change, duplicateActiveDeal, jobNotActive, noSuchStage } from "./change.ts";
import type { Actor, Deal, DealChange } from "./deal.ts";
import { atGate, autoApproved, gatesFor, settledTogether, type Routing } from "./gates.ts";
import { applicationIn, newCra, recruitersOf, withHistory } from "./records.ts";
import { AWAITING, openGate, stageOf, type ApplicationStage } from "./states.ts";

/** What a submission rests on. */
export interface Submission {
  /** Of the deal record, if the submission makes it. */
  craId: string;
  /** Who represents the two sides now. An actor who is `candidate_recruiter` is this one. */
  routing: Routing;
  jobActive: boolean;
  /** Whether another deal of the pair is live. */
  otherLiveDeal: boolean;
  /** The question asked of the candidate, and the id of the answer, if the application was reworked. */
  question: { requestId: string; feedbackId: string } | null;
}

/** What the feedback says where the reworked application itself is the answer. */
export const REWORKED = "The application was reworked and submitted again.";

const SUBMITTABLE: ReadonlySet<ApplicationStage> = new Set(["draft", "ai_reviewed"]);

/**
 * Submits an application: its gates are computed and frozen, and a recruiter who submits passes
 * their own (D-11). If the candidate was asked something, it is the answer, and theirs alone to give.
 *
 * Refuses anybody else with `forbidden`, an unfinished application with `invalid_transition`, and a
 * new deal on a job that is not active with `conflict`.
 */
export function submitApplication(deal: Deal, actor: Actor, submission: Submission, now: Date): DealChange {
  const { cra, application } = deal;
  const gate = cra?.state === "info_requested" ? openGate(cra) : null;
  const acting = gate
    ? actingOnlyAs(actor, ["candidate"], "answer what the candidate was asked")
    : actingAs(actor, ["candidate_recruiter", "candidate"], "submit this application");
  if (!SUBMITTABLE.has(application.stage)) throw noSuchStage(application, "submitted");
  if (!cra || !gate) return submitted(deal, acting, submission, now);

  const { question } = submission;
  if (!question) throw new Error("A reworked application answers a question.");
  const answer = { message: REWORKED, inResponseToId: question.requestId, feedbackId: question.feedbackId };
  return answered(deal, { cra, gate }, acting, answer, now);
}

/** The first submission, with or without a proposal before it. */
function submitted(before: Deal, acting: Acting, { craId, routing, ...facts }: Submission, now: Date): DealChange {
  if (!facts.jobActive) throw jobNotActive();
  if (facts.otherLiveDeal) throw duplicateActiveDeal();

  const { application } = before;
  const recruiters = {
    candidateRecruiterId: routing.candidateRecruiterId,
    companyRecruiterId: before.cra?.companyRecruiterId ?? routing.companyRecruiterId, // who proposed stays
  };
  const gateSequence = gatesFor(recruiters);
  const record =
    before.cra ??
    newCra({ ...application, id: craId, applicationId: application.id, proposedBy: acting.userId, state: AWAITING[gateSequence[0]] }, now);
  const routed = { ...record, ...recruitersOf(recruiters), gateSequence };

  const own = acting.actedAs === "candidate_recruiter" && recruiters.candidateRecruiterId !== null;
  const passed = own ? settledTogether(routed, "candidate_recruiter") : [];
  const gate = gateSequence[passed.length] ?? "company";
  const cra = atGate(withHistory(routed, ...passed.map((each) => autoApproved(each, acting.userId, now))), gate, now);
  const sent = applicationIn(application, stageOf(cra), now, { ...recruiters, submittedAt: now });
  return change(before, { cra, application: sent }, acting, {
    events: [
      ...(before.cra ? [] : [craCreated(cra)]),
      gateAwaitingReview(cra, gate),
      applicationSubmitted(application, sent, acting.userId),
    ],
  });
}
