import type { Application, Cra, GateHistoryEntry } from "./deal.ts";
import { hasEnded, isLive, type ApplicationStage, type CraState, type Gate } from "./states.ts";

/** The deal record in a state it enters now, closed if the state is an end. */
export const craIn = (cra: Cra, state: CraState, now: Date, more: Partial<Cra> = {}): Cra => ({
  ...cra,
  state,
  stateChangedAt: now,
  closedAt: isLive(state) ? null : now,
  ...more,
});

/** The application in a stage; its clock starts anew only if that is another one. */
export const applicationIn = (
  application: Application,
  stage: ApplicationStage,
  now: Date,
  more: Partial<Application> = {},
): Application => ({
  ...application,
  ...(stage === application.stage ? {} : { stage, stageChangedAt: now, closedAt: hasEnded(stage) ? now : null }),
  ...more,
});

/** The recruiters of a deal. */
export type DealRecruiters = Pick<Cra, "candidateRecruiterId" | "companyRecruiterId">;

/** The recruiters of a deal with the flags that repeat them. */
export const recruitersOf = ({ candidateRecruiterId, companyRecruiterId }: DealRecruiters) => ({
  candidateRecruiterId,
  companyRecruiterId,
  hasCandidateRecruiter: candidateRecruiterId !== null,
  hasCompanyRecruiter: companyRecruiterId !== null,
});

/** What both records of a deal are born with. */
interface Pair extends DealRecruiters {
  id: string;
  jobId: string;
  companyId: string;
  candidateId: string;
}

/** A new deal record. Its gates come with the submission. */
export const newCra = (
  { id, jobId, companyId, candidateId, ...facts }: Pair & Pick<Cra, "applicationId" | "proposedBy" | "state">,
  now: Date,
): Cra => ({
  id,
  candidateId,
  jobId,
  companyId,
  proposedBy: facts.proposedBy,
  ...recruitersOf(facts),
  state: facts.state,
  stateChangedAt: now,
  stateBeforeTimeout: null,
  currentGate: null,
  gateSequence: [],
  gateHistory: [],
  reachedCompanyAt: null,
  proposalType: null,
  proposedAt: null,
  responseDueAt: null,
  acceptedAt: null,
  declinedAt: null,
  timedOutAt: null,
  gatesPassedAt: null,
  closedAt: null,
  proposalNotes: null,
  responseNotes: null,
  applicationId: facts.applicationId,
});

/** An application that nothing has happened to yet. */
export const newApplication = (
  { id, jobId, companyId, candidateId, candidateRecruiterId, companyRecruiterId, stage }: Pair & Pick<Application, "stage">,
  now: Date,
): Application => ({
  id,
  jobId,
  companyId,
  candidateId,
  candidateRecruiterId,
  companyRecruiterId,
  stage,
  stageChangedAt: now,
  stageBeforeExpiry: null,
  expiryWarnedAt: null,
  acceptedByCandidate: false,
  submittedAt: null,
  hiredAt: null,
  expiredAt: null,
  closedAt: null,
  declineReason: null,
  declineDetails: null,
});

/** One act at a gate for the history. */
export const historyEntry = (
  gate: Gate,
  action: GateHistoryEntry["action"],
  reviewerUserId: string,
  now: Date,
  notes: string | null = null,
): GateHistoryEntry => ({
  gate,
  action,
  timestamp: now.toISOString(),
  reviewer_user_id: reviewerUserId,
  ...(notes === null ? {} : { notes }),
});

/** The deal record with more history. */
export const withHistory = (cra: Cra, ...entries: readonly GateHistoryEntry[]): Cra => ({
  ...cra,
  gateHistory: [...cra.gateHistory, ...entries],
});
