import type { DomainEvent } from "../events/catalogue.ts";
import type { ApplicationStage, CraState, Gate } from "./states.ts";

export const PROPOSAL_TYPES = ["opportunity", "company_outreach", "collaboration"] as const;

export type ProposalType = (typeof PROPOSAL_TYPES)[number];

/** Who a person can be in a deal. */
export const PARTIES = [
  "candidate",
  "candidate_recruiter",
  "company_recruiter",
  "company_admin",
  "hiring_manager",
  "platform_admin",
] as const;

export type Party = (typeof PARTIES)[number];

export const FEEDBACK_TYPES = ["info_request", "info_response", "clarification", "approval_note", "denial_reason"] as const;

export type FeedbackType = (typeof FEEDBACK_TYPES)[number];

/** Who may be asked at a gate. */
export const ADDRESSEES = ["candidate", "candidate_recruiter", "company_recruiter"] as const;

export type Addressee = (typeof ADDRESSEES)[number];

/** One act at a gate, as the column `gate_history` keeps it. Entries are only ever appended. */
export interface GateHistoryEntry {
  gate: Gate;
  action: "approved" | "denied" | "info_requested" | "info_provided" | "skipped";
  timestamp: string;
  reviewer_user_id: string;
  notes?: string;
  auto?: true;
}

/** The deal record: one candidate, one job, who represents them, and how far it came. */
export interface Cra {
  id: string;
  candidateId: string;
  jobId: string;
  companyId: string;
  proposedBy: string;
  candidateRecruiterId: string | null;
  /** Before the submission only a company recruiter who proposed; from then on, the one at the gate. */
  companyRecruiterId: string | null;
  state: CraState;
  stateChangedAt: Date;
  stateBeforeTimeout: CraState | null;
  /** Null before the submission, `none` after the last gate or a denial. */
  currentGate: Gate | "none" | null;
  gateSequence: readonly Gate[];
  gateHistory: readonly GateHistoryEntry[];
  hasCandidateRecruiter: boolean;
  hasCompanyRecruiter: boolean;
  /** When `company` became the current gate. */
  reachedCompanyAt: Date | null;
  proposalType: ProposalType | null;
  proposedAt: Date | null;
  responseDueAt: Date | null;
  acceptedAt: Date | null;
  declinedAt: Date | null;
  timedOutAt: Date | null;
  gatesPassedAt: Date | null;
  closedAt: Date | null;
  proposalNotes: string | null;
  responseNotes: string | null;
  applicationId: string | null;
}

/** What the deal's rules need of an application. */
export interface Application {
  id: string;
  jobId: string;
  companyId: string;
  candidateId: string;
  candidateRecruiterId: string | null;
  companyRecruiterId: string | null;
  stage: ApplicationStage;
  stageChangedAt: Date;
  stageBeforeExpiry: ApplicationStage | null;
  expiryWarnedAt: Date | null;
  acceptedByCandidate: boolean;
  /** The first submission. */
  submittedAt: Date | null;
  hiredAt: Date | null;
  expiredAt: Date | null;
  closedAt: Date | null;
  declineReason: string | null;
  declineDetails: string | null;
}

/** The two records that always change together. An application that was never submitted nor proposed has no deal record. */
export interface Deal {
  cra: Cra | null;
  application: Application;
}

/** A user as this deal knows them. */
export interface Actor {
  userId: string;
  parties: ReadonlySet<Party>;
  /** Why a platform admin steps in, if they say so; they owe it where they act as nobody else (DOMAIN §1.1). */
  overrideReason: string | null;
  /** A company recruiter with `can_advance_candidates`. */
  mayAdvance: boolean;
  /** A hiring manager whose company set `hiring_manager_may_hire` (D-3). */
  mayHire: boolean;
}

/** A row of `ats.cra_gate_feedback`; its author is the actor. */
export interface NewFeedback {
  id: string;
  gateName: Gate;
  createdByType: Party;
  feedbackType: FeedbackType;
  messageText: string;
  inResponseToId: string | null;
  addresseeType: Addressee | null;
  visibility: "gate" | "shared";
}

/** What a decision changes and announces. The events stand in the order they happened. */
export interface DealChange {
  deal: Deal;
  feedback: NewFeedback[];
  events: DomainEvent[];
  actedAs: Party | "system";
  /** A platform admin acted where no party of the deal did. */
  override: boolean;
  /** The counter `proposals_*` that moves. */
  reputation?: "accepted" | "declined" | "timed_out";
}
