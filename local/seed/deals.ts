import {
  aiReviews,
  applicationAuditLog,
  applications,
  candidateRoleAssignments,
  craGateFeedback,
  jobPreScreenAnswers,
} from "#db/schema/ats.ts";
import { triggerAiReview } from "#domain/deals/ai-review.ts";
import { advanceDeal, type AdvanceTarget } from "#domain/deals/advance.ts";
import { closeDeal } from "#domain/deals/close.ts";
import type { Actor, Deal, DealChange, Party } from "#domain/deals/deal.ts";
import { startDraft } from "#domain/deals/draft.ts";
import { expireDeal } from "#domain/deals/expire.ts";
import { hireDeal } from "#domain/deals/hire.ts";
import { acceptOffer, declineOffer } from "#domain/deals/offer.ts";
import { acceptProposal, propose } from "#domain/deals/propose.ts";
import { applicationIn } from "#domain/deals/records.ts";
import { approveGate, denyGate, requestInfo, startReview } from "#domain/deals/review.ts";
import { openGate, type CraState } from "#domain/deals/states.ts";
import { submitApplication } from "#domain/deals/submit.ts";
import { withdrawDeal } from "#domain/deals/withdraw.ts";
import { type Ground, pick } from "./ground.ts";
import type { Market, SeededCandidate, SeededJob } from "./market.ts";

/** One act in the life of a deal. */
type Step =
  | "propose"
  | "accept"
  | "draft"
  | "ask the assessor"
  | "assess"
  | "submit"
  | "candidate submits"
  | "review"
  | "ask"
  | "approve"
  | "deny"
  | "screen"
  | "in_process"
  | "offer"
  | "accept offer"
  | "decline offer"
  | "reject"
  | "withdraw"
  | "expire"
  | "hire"
  | "close";

interface Cast {
  job: SeededJob;
  candidate: SeededCandidate;
}

/** A deal as it was left, written to the ground. */
export interface SeededDeal {
  craId: string | null;
  applicationId: string;
  candidate: SeededCandidate;
  job: SeededJob;
  state: CraState | null;
}

interface Act {
  change: DealChange;
  userId: string | null;
}

/** A step and how many days ago it was taken. */
export type Timed = readonly [Step, number];

const PACE_DAYS = 1.25;
/** The longest wait but an unanswered question's is two weeks. */
const EXPIRY_DAYS = 15;

/** The steps at an even pace, the last of them so many days ago. An expiry comes when the wait is over. */
const paced = (steps: readonly Step[], age: number): Timed[] =>
  steps.map((step, place) => {
    const left = steps.length - 1 - place;
    return [step, age + left * PACE_DAYS + (left > 0 && steps.at(-1) === "expire" ? EXPIRY_DAYS : 0)];
  });

/** Plays the steps by the rules of domain/deals, and keeps the records with their history. */
export function play(ground: Ground, { job, candidate }: Cast, steps: readonly Timed[]): SeededDeal {
  const closer = candidate.recruiter;
  const recruiterSide: Actor = {
    ...nobody,
    userId: closer?.userId ?? candidate.userId ?? "",
    parties: new Set<Party>([closer ? "candidate_recruiter" : "candidate"]),
  };
  const candidateSide: Actor = { ...nobody, userId: candidate.userId ?? "", parties: new Set<Party>(["candidate"]) };
  const company: Actor = { ...nobody, userId: job.adminUserId, parties: new Set<Party>(["company_admin"]) };
  const reviewer = (deal: Deal): Actor => {
    const gate = deal.cra && openGate(deal.cra);
    if (gate === "candidate_recruiter" && closer) return { ...nobody, userId: closer.userId, parties: new Set<Party>([gate]) };
    if (gate === "company_recruiter" && job.companyRecruiter)
      return { ...nobody, userId: job.companyRecruiter.userId, parties: new Set<Party>([gate]) };
    return company;
  };
  const routing = { candidateRecruiterId: closer?.id ?? null, companyRecruiterId: job.companyRecruiter?.id ?? null };
  const pair = { jobId: job.id, companyId: job.companyId, candidateId: candidate.id };

  const act = (step: Step, deal: Deal, now: Date): Act => {
    const by = (actor: Actor, change: DealChange): Act => ({ change, userId: actor.userId });
    const sent = (actor: Actor) =>
      by(
        actor,
        submitApplication(deal, actor, { craId: ground.id(), routing, jobActive: true, otherLiveDeal: false, question: null }, now),
      );
    switch (step) {
      case "propose":
        return by(recruiterSide, proposal(now));
      case "accept":
        return by(candidateSide, acceptProposal(deal, candidateSide, { routing, notes: null }, now));
      case "draft":
        return by(recruiterSide, startDraft(recruiterSide, { ...pair, ...routing, companyRecruiterId: null, id: ground.id() }, now));
      case "ask the assessor":
        return by(recruiterSide, triggerAiReview(deal, recruiterSide, now));
      case "assess":
        return { change: bySystem({ ...deal, application: applicationIn(deal.application, "ai_reviewed", now) }), userId: null };
      case "submit":
        return sent(recruiterSide);
      case "candidate submits":
        return sent(candidateSide);
      case "review":
        return by(reviewer(deal), startReview(deal, reviewer(deal), now));
      case "ask":
        return by(
          reviewer(deal),
          requestInfo(deal, reviewer(deal), { feedbackId: ground.id(), message: "Which of these projects did you lead?" }, now),
        );
      case "approve":
        return by(
          reviewer(deal),
          approveGate(deal, reviewer(deal), { feedbackId: ground.id(), note: "A strong profile for this role." }, now),
        );
      case "deny":
        return by(
          reviewer(deal),
          denyGate(deal, reviewer(deal), { feedbackId: ground.id(), reason: "The salary expectations are too far apart." }, now),
        );
      case "screen":
      case "in_process":
      case "offer":
        return by(company, advanceDeal(deal, company, { to: step satisfies AdvanceTarget, reason: null }, now));
      case "reject":
        return by(company, advanceDeal(deal, company, { to: "rejected", reason: "We went on with somebody more senior." }, now));
      case "accept offer":
        return by(recruiterSide, acceptOffer(deal, recruiterSide));
      case "decline offer":
        return by(recruiterSide, declineOffer(deal, recruiterSide, { reason: "salary", details: null }, now));
      case "withdraw":
        return by(recruiterSide, withdrawDeal(deal, recruiterSide, { note: "Took another offer." }, now));
      case "hire":
        return by(company, hireDeal(deal, company, now));
      case "close":
        return { change: closeDeal(deal, now), userId: null };
      case "expire": {
        const change = expireDeal(deal, now);
        if (!change) throw new Error("A seeded deal was not due to expire.");
        return { change, userId: null };
      }
    }
  };

  const proposal = (now: Date): DealChange => {
    if (!closer) throw new Error("A seeded proposal needs a recruiter.");
    return propose(
      { userId: closer.userId, recruiterId: closer.id, recruiterActive: true, isCompanyRecruiter: false, isJobOwner: false },
      {
        type: "opportunity",
        ...pair,
        craId: ground.id(),
        applicationId: ground.id(),
        jobActive: true,
        candidateRecruiterId: closer.id,
        candidateHidden: false,
        otherLiveDeal: false,
        notes: "I thought of you at once.",
      },
      now,
    );
  };

  const acts: (Act & { step: Step; at: Date; before: Deal | null })[] = [];
  let deal: Deal | null = null;
  for (const [step, age] of steps) {
    const at = ground.daysAgo(age);
    const done = act(step, deal as Deal, at);
    acts.push({ ...done, step, at, before: deal });
    deal = done.change.deal;
  }
  return write(ground, { job, candidate }, acts);
}

const nobody: Actor = { userId: "", parties: new Set(), overrideReason: null, mayAdvance: false, mayHire: false };
const bySystem = (deal: Deal): DealChange => ({ deal, feedback: [], events: [], actedAs: "system", override: false });

/** The words of the application history, as the verbs write them. */
const ACTIONS: Readonly<Record<Step, string>> = {
  propose: "cra.proposed",
  accept: "cra.accepted",
  draft: "application.created",
  "ask the assessor": "application.ai_review_triggered",
  assess: "application.ai_reviewed",
  submit: "application.submitted",
  "candidate submits": "application.submitted",
  review: "cra.review_started",
  ask: "cra.info_requested",
  approve: "cra.gate_approved",
  deny: "cra.gate_denied",
  screen: "cra.advanced",
  in_process: "cra.advanced",
  offer: "cra.advanced",
  "accept offer": "application.offer_accepted",
  "decline offer": "cra.declined",
  reject: "cra.advanced",
  withdraw: "deal.withdrawn",
  expire: "application.expired",
  hire: "hired",
  close: "cra.closed",
};

function write(
  ground: Ground,
  { job, candidate }: Cast,
  acts: readonly (Act & { step: Step; at: Date; before: Deal | null })[],
): SeededDeal {
  const first = acts[0];
  const last = acts.at(-1);
  if (!first || !last) throw new Error("A seeded deal has at least one step.");
  const { cra, application } = last.change.deal;
  const submitted = application.submittedAt;
  ground.add(applications, {
    ...application,
    createdAt: first.at,
    updatedAt: last.at,
    version: acts.length,
    applicationSource: candidate.recruiter ? "recruiter" : "direct",
    coverLetter: `I would like to talk about what you need in this role. ${candidate.name}`,
    recruiterNotes: candidate.recruiter ? "Calm under pressure, wants more responsibility." : null,
    createdByUserId: first.userId,
  });
  if (cra) {
    const born = acts.find(({ change }) => change.deal.cra)?.at ?? first.at;
    ground.add(candidateRoleAssignments, { ...cra, createdAt: born, updatedAt: last.at, version: acts.length });
  }
  for (const { step, at, before, change, userId } of acts) {
    ground.add(applicationAuditLog, {
      id: ground.id(),
      createdAt: at,
      applicationId: application.id,
      action: ACTIONS[step],
      performedByUserId: userId,
      performedByRole: change.actedAs,
      companyId: job.companyId,
      oldValue: { stage: before?.application.stage ?? null, state: before?.cra?.state ?? null },
      newValue: { stage: change.deal.application.stage, state: change.deal.cra?.state ?? null },
    });
    for (const each of change.feedback) {
      ground.add(craGateFeedback, { ...each, createdAt: at, assignmentId: cra?.id ?? "", createdByUserId: userId ?? "" });
    }
    if (step === "assess") assessment(ground, application.id, at);
  }
  if (submitted && job.question) {
    ground.add(jobPreScreenAnswers, {
      ...ground.born(submitted),
      applicationId: application.id,
      questionId: job.question.id,
      answer: job.question.answer,
    });
  }
  return { craId: cra?.id ?? null, applicationId: application.id, candidate, job, state: cra?.state ?? null };
}

const assessment = (ground: Ground, applicationId: string, at: Date) =>
  ground.add(aiReviews, {
    id: ground.id(),
    createdAt: at,
    applicationId,
    fitScore: 82,
    recommendation: "good_fit",
    overallSummary: "Most of what the role asks for is there.",
    confidenceLevel: 74,
    strengths: ["Has led a comparable team"],
    concerns: ["No experience in this industry"],
    matchedSkills: ["analytics"],
    missingSkills: [],
    skillsMatchPercentage: 80,
    locationCompatibility: "good",
    modelVersion: "seed",
    processingTimeMs: 1_200,
    analyzedAt: at,
  });

const SENT = ["draft", "submit"] as const;

/** How a deal comes to each state; `gates` are approvals until the company has it. */
const PATHS: readonly { state: CraState | null; steps: readonly (Step | "gates")[]; age: number; signedUp?: true }[] = [
  { state: null, steps: ["draft"], age: 1 },
  { state: null, steps: ["draft", "ask the assessor", "assess"], age: 2 },
  { state: "proposed", steps: ["propose"], age: 1 },
  { state: "awaiting_candidate_recruiter", steps: ["draft", "candidate submits"], age: 2, signedUp: true },
  { state: "awaiting_company_recruiter", steps: SENT, age: 3 },
  { state: "awaiting_company", steps: [...SENT, "approve"], age: 2 },
  { state: "under_review", steps: [...SENT, "approve", "review"], age: 1 },
  { state: "info_requested", steps: [...SENT, "approve", "ask"], age: 2 },
  { state: "submitted_to_company", steps: [...SENT, "gates"], age: 3 },
  { state: "screen", steps: [...SENT, "gates", "screen"], age: 4 },
  { state: "in_process", steps: [...SENT, "gates", "screen", "in_process"], age: 5 },
  { state: "offer", steps: [...SENT, "gates", "in_process", "offer"], age: 2 },
  { state: "rejected", steps: [...SENT, "gates", "screen", "reject"], age: 8 },
  { state: "rejected", steps: [...SENT, "deny"], age: 9 },
  { state: "declined", steps: [...SENT, "gates", "in_process", "offer", "decline offer"], age: 7 },
  { state: "withdrawn", steps: [...SENT, "withdraw"], age: 6 },
  { state: "timed_out", steps: [...SENT, "expire"], age: 5 },
];

/** Deals in every state but those of a hire: at Acme with Rosa's candidates first, then at the other companies. */
export function makeDeals(ground: Ground, market: Market, taken: Set<SeededCandidate>): SeededDeal[] {
  const represented = market.candidates.filter(({ recruiter }) => recruiter);
  const alone = market.candidates.filter(({ recruiter, userId }) => !recruiter && userId);
  const made: SeededDeal[] = [];
  const next = (job: SeededJob | undefined, signedUp: boolean): SeededCandidate => {
    const found = represented.find((each) => !taken.has(each) && each.recruiter !== job?.companyRecruiter && (!signedUp || each.userId));
    if (!found) throw new Error("There are too few candidates for the deals.");
    taken.add(found);
    return found;
  };
  for (const company of [market.companies[0], market.companies[4], market.companies[8], market.companies[11]]) {
    if (!company) continue;
    PATHS.forEach(({ state, steps, age, signedUp }, place) => {
      const job = pick(company.jobs, place % 3);
      const carl = company === market.companies[0] && state === "in_process";
      const candidate = carl ? market.carl : next(job, signedUp ?? false);
      const gates = job.companyRecruiter ? (["approve", "approve"] as const) : (["approve"] as const);
      const deal = play(
        ground,
        { job, candidate },
        paced(
          steps.flatMap((step) => (step === "gates" ? gates : [step])),
          age,
        ),
      );
      if (deal.state !== state) throw new Error(`A seeded deal came to ${deal.state} instead of ${state}.`);
      made.push(deal);
    });
  }
  // candidates who came alone, and one who accepted a proposal but has not handed in yet
  market.companies.slice(5, 8).forEach((company, place) => {
    made.push(play(ground, { job: pick(company.jobs, 0), candidate: pick(alone, place * 5) }, paced(SENT, 1 + place)));
  });
  const job = pick(market.companies[6]?.jobs ?? [], 0);
  made.push(play(ground, { job, candidate: next(job, true) }, paced(["propose", "accept"], 1)));
  return made;
}
