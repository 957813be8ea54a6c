import type { DomainEvent } from "../events/catalogue.ts";
import {
  allGatesPassed,
  gateApproved,
  gateAwaitingReview,
  gateDenied,
  gateInfoRequested,
  gateReviewStarted,
  gateSkipped,
} from "../events/cra.ts";
import { conflict, invalidField } from "../refusals.ts";
import { actingAs, actingOnlyAs, optional, required, type Acting } from "./acting.ts";
import { answered } from "./answer.ts";
import { followed, noSuchStage, noSuchStep, standing } from "./change.ts";
import { ADDRESSEES, type Actor, type Cra, type Deal, type DealChange, type NewFeedback, type Party } from "./deal.ts";
import { atGate, gateAfter, REVIEWERS, settledTogether } from "./gates.ts";
import { craIn, historyEntry, withHistory } from "./records.ts";
import { addresseeOf, AWAITING, openGate, stageOf, type CraState, type Gate } from "./states.ts";

const WAITING: readonly CraState[] = Object.values(AWAITING);
const REVIEWABLE: readonly CraState[] = [...WAITING, "under_review"];
/** A question may stay open while the deal is denied or taken past the gate. */
const UNSETTLED: readonly CraState[] = [...REVIEWABLE, "info_requested"];

const ANY_REVIEWER: readonly Party[] = Object.values(REVIEWERS).flat();

/** The reviewer of the current gate opens the application. Optional: a gate may be settled without it. */
export function startReview(deal: Deal, actor: Actor, now: Date): DealChange {
  const acting = asReviewer(deal, actor);
  const { cra, gate } = gateIn(deal, WAITING, "under_review");
  const after = craIn(cra, "under_review", now);
  return followed(deal, after, acting, now, { events: [gateReviewStarted(after, gate, acting.userId)] });
}

/** Passes the current gate, and with it the next one where both recruiters are one person (D-11). A note stays at the gate. */
export function approveGate(deal: Deal, actor: Actor, input: { feedbackId: string; note: string | null }, now: Date): DealChange {
  const acting = asReviewer(deal, actor);
  const { cra, gate } = gateIn(deal, REVIEWABLE, beyond(deal));
  const note = optional(input.note);
  const gates = settledTogether(cra, gate);
  const history = gates.map((each) => historyEntry(each, "approved", acting.userId, now, note));
  const after = atGate(withHistory(cra, ...history), gateAfter(cra.gateSequence, gates.at(-1) ?? gate), now);
  return followed(deal, after, acting, now, {
    events: [...gates.map((each) => gateApproved(after, each, gateAfter(cra.gateSequence, each), acting.userId)), arrived(cra, after)],
    feedback: note === null ? [] : [said(input.feedbackId, gate, acting, "approval_note", note)],
  });
}

/** Ends the deal at the current gate. A reason is required, and everybody in the deal may read it. */
export function denyGate(deal: Deal, actor: Actor, input: { feedbackId: string; reason: string | null }, now: Date): DealChange {
  const acting = asReviewer(deal, actor);
  const reason = required("reason", input.reason);
  const { cra, gate } = gateIn(deal, UNSETTLED, "rejected");
  const entry = historyEntry(gate, "denied", acting.userId, now, reason);
  const after = craIn(withHistory(cra, entry), "rejected", now, { currentGate: "none" });
  return followed(deal, after, acting, now, {
    application: { declineDetails: reason },
    events: [gateDenied(after, gate, acting.userId)],
    feedback: [{ ...said(input.feedbackId, gate, acting, "denial_reason", reason), visibility: "shared" }],
  });
}

/** Asks whoever stands before the gate. The deal keeps the gate and waits for the answer. */
export function requestInfo(deal: Deal, actor: Actor, input: { feedbackId: string; message: string | null }, now: Date): DealChange {
  const acting = asReviewer(deal, actor);
  const message = required("message", input.message);
  const { cra, gate } = gateIn(deal, REVIEWABLE, "info_requested");
  const addressee = addresseeOf(gate, cra);
  const entry = historyEntry(gate, "info_requested", acting.userId, now);
  const after = craIn(withHistory(cra, entry), "info_requested", now);
  return followed(deal, after, acting, now, {
    events: [gateInfoRequested(after, gate, addressee, input.feedbackId)],
    feedback: [{ ...said(input.feedbackId, gate, acting, "info_request", message), addresseeType: addressee }],
  });
}

/**
 * Answers the open question, and the deal waits for the gate again. Only the one who was asked may;
 * an admin answers for nobody. A candidate who reworks the application answers by submitting it.
 *
 * @param input.openRequestId - the feedback that asked, which `inResponseToId` must name
 */
export function provideInfo(
  deal: Deal,
  actor: Actor,
  input: { feedbackId: string; message: string | null; inResponseToId: string | null; openRequestId: string | null },
  now: Date,
): DealChange {
  const asked = deal.cra?.state === "info_requested" ? openGate(deal.cra) : null;
  const acting = actingOnlyAs(actor, deal.cra && asked ? [addresseeOf(asked, deal.cra)] : ADDRESSEES, "answer this question");
  const message = required("message", input.message);
  const inResponseToId = required("in_response_to_id", input.inResponseToId);
  const at = gateIn(deal, ["info_requested"], AWAITING[(deal.cra && openGate(deal.cra)) ?? "company"]);
  if (deal.application.stage !== stageOf(at.cra)) {
    throw noSuchStage(deal.application, stageOf({ ...at.cra, state: AWAITING[at.gate] }));
  }
  if (inResponseToId !== input.openRequestId) {
    throw invalidField("in_response_to_id", "not_open", "This is not the question that is open.");
  }
  return answered(deal, at, acting, { feedbackId: input.feedbackId, message, inResponseToId }, now);
}

/**
 * Takes the deal past a gate whose recruiter cannot act any more (D-12): a platform admin any gate,
 * a company admin the company recruiter's. A reason is required.
 *
 * @param input.recruiterGone - whether the gate's recruiter is suspended or their relationship ended
 */
export function skipGate(deal: Deal, actor: Actor, input: { reason: string | null; recruiterGone: boolean }, now: Date): DealChange {
  const open = deal.cra && openGate(deal.cra);
  const acting = actingAs(actor, !open || open === "company_recruiter" ? ["company_admin"] : [], "skip this gate");
  const reason = required("reason", input.reason);
  const { cra, gate } = gateIn(deal, UNSETTLED, beyond(deal));
  if (gate !== "company" && !input.recruiterGone) {
    throw conflict("The recruiter of this gate can still review.", { reason: "recruiter_available" });
  }
  const next = gateAfter(cra.gateSequence, gate);
  const after = atGate(withHistory(cra, historyEntry(gate, "skipped", acting.userId, now, reason)), next, now);
  return followed(deal, after, acting, now, {
    events: [gateSkipped(after, gate, next, acting.userId), arrived(cra, after)],
  });
}

/** The actor as a reviewer of the current gate; without one, as a reviewer of any, to be told so. */
const asReviewer = (deal: Deal, actor: Actor): Acting => {
  const gate = deal.cra && openGate(deal.cra);
  return actingAs(actor, gate ? REVIEWERS[gate] : ANY_REVIEWER, "review at this gate");
};

/** The deal record and the gate it is at. An accepted proposal has none until it is submitted (D-95). */
function gateIn(deal: Deal, states: readonly CraState[], to: CraState): { cra: Cra; gate: Gate } {
  const cra = standing(deal, states, to);
  const gate = openGate(cra);
  if (!gate) throw noSuchStep(deal, to);
  return { cra, gate };
}

/** Where passing the open gate leads, for the refusal of a deal that cannot pass it. */
function beyond({ cra }: Deal): CraState {
  const gate = cra && openGate(cra);
  const next = cra && gate ? gateAfter(cra.gateSequence, gate) : null;
  return next ? AWAITING[next] : "submitted_to_company";
}

/** What a passed gate leads to: the next reviewer, or the company's pipeline. */
function arrived(before: Cra, after: Cra): DomainEvent {
  const gate = openGate(after);
  return gate ? gateAwaitingReview(after, gate) : allGatesPassed(before, after);
}

const said = (
  id: string,
  gateName: Gate,
  { actedAs }: Acting,
  feedbackType: NewFeedback["feedbackType"],
  messageText: string,
): NewFeedback => ({
  id,
  gateName,
  createdByType: actedAs,
  feedbackType,
  messageText,
  inResponseToId: null,
  addresseeType: null,
  visibility: "gate",
});
