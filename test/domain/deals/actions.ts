import { advanceDeal, type AdvanceTarget } from "#domain/deals/advance.ts";
import { returnToDraft, triggerAiReview } from "#domain/deals/ai-review.ts";
import type { Actor, Deal, DealChange } from "#domain/deals/deal.ts";
import { reactivateDeal } from "#domain/deals/expire.ts";
import { hireDeal } from "#domain/deals/hire.ts";
import { acceptOffer, declineOffer } from "#domain/deals/offer.ts";
import { acceptProposal, declineProposal } from "#domain/deals/propose.ts";
import { approveGate, denyGate, provideInfo, requestInfo, skipGate, startReview } from "#domain/deals/review.ts";
import { submitApplication } from "#domain/deals/submit.ts";
import { withdrawDeal } from "#domain/deals/withdraw.ts";
import { CLIENT, CLOSER, submission } from "./deals.ts";

export type Action = (deal: Deal, actor: Actor, now: Date) => DealChange;

const routing = { candidateRecruiterId: CLOSER, companyRecruiterId: CLIENT };
const advance =
  (to: AdvanceTarget): Action =>
  (deal, actor, now) =>
    advanceDeal(deal, actor, { to, reason: "a reason" }, now);

/** Everything a user may ask of a deal, with nothing missing in the request. */
export const ACTIONS = {
  submit: (deal, actor, now) => submitApplication(deal, actor, submission({}, { question: { requestId: "f1", feedbackId: "f2" } }), now),
  accept: (deal, actor, now) => acceptProposal(deal, actor, { routing, notes: null }, now),
  decline: (deal, actor, now) => declineProposal(deal, actor, { reason: null, notes: null }, now),
  startReview,
  approve: (deal, actor, now) => approveGate(deal, actor, { feedbackId: "f", note: "good" }, now),
  deny: (deal, actor, now) => denyGate(deal, actor, { feedbackId: "f", reason: "no" }, now),
  requestInfo: (deal, actor, now) => requestInfo(deal, actor, { feedbackId: "f1", message: "what?" }, now),
  provideInfo: (deal, actor, now) =>
    provideInfo(deal, actor, { feedbackId: "f2", message: "this", inResponseToId: "f1", openRequestId: "f1" }, now),
  skip: (deal, actor, now) => skipGate(deal, actor, { reason: "gone", recruiterGone: true }, now),
  toScreen: advance("screen"),
  toInProcess: advance("in_process"),
  toOffer: advance("offer"),
  toHired: advance("hired"),
  reject: advance("rejected"),
  acceptOffer,
  declineOffer: (deal, actor, now) => declineOffer(deal, actor, { reason: null, details: null }, now),
  hire: hireDeal,
  withdraw: (deal, actor, now) => withdrawDeal(deal, actor, { note: "sorry" }, now),
  reactivate: (deal, actor, now) => reactivateDeal(deal, actor, { otherLiveDeal: false }, now),
  triggerAiReview,
  returnToDraft,
} as const satisfies Record<string, Action>;

export type ActionName = keyof typeof ACTIONS;

export const ACTION_NAMES = Object.keys(ACTIONS) as ActionName[];
