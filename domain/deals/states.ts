/** The words of a deal: states of the deal record, stages of its application, and how the two go together. */

export const CRA_STATES = [
  "proposed",
  "awaiting_candidate_recruiter",
  "awaiting_company_recruiter",
  "awaiting_company",
  "under_review",
  "info_requested",
  "submitted_to_company",
  "screen",
  "in_process",
  "offer",
  "hired",
  "rejected",
  "declined",
  "withdrawn",
  "timed_out",
  "closed",
] as const;

export type CraState = (typeof CRA_STATES)[number];

export const APPLICATION_STAGES = [
  "draft",
  "ai_review",
  "ai_reviewed",
  "ai_failed",
  "recruiter_proposed",
  "recruiter_request",
  "recruiter_review",
  "screen",
  "submitted",
  "company_review",
  "company_feedback",
  "interview",
  "offer",
  "hired",
  "rejected",
  "withdrawn",
  "expired",
] as const;

export type ApplicationStage = (typeof APPLICATION_STAGES)[number];

/** Who reviews an application before the company works with it, in this order. */
export const GATES = ["candidate_recruiter", "company_recruiter", "company"] as const;

export type Gate = (typeof GATES)[number];

/** The states in which a deal no longer holds its pair; `hired` still does. */
export const ENDED_STATES = ["rejected", "declined", "withdrawn", "timed_out", "closed"] as const;

/** The stages in which an application no longer holds its pair. */
export const ENDED_STAGES = ["rejected", "withdrawn", "expired"] as const;

const endedStates: ReadonlySet<CraState> = new Set(ENDED_STATES);
const endedStages: ReadonlySet<ApplicationStage> = new Set(ENDED_STAGES);

/** Whether a deal in this state keeps its candidate and job from another deal. */
export const isLive = (state: CraState): boolean => !endedStates.has(state);

export const hasEnded = (stage: ApplicationStage): boolean => endedStages.has(stage);

/** Stages in which the candidate still writes: before a submission, or while reworking one. */
export const WRITING_STAGES = ["draft", "ai_review", "ai_reviewed", "ai_failed"] as const;

const writing: ReadonlySet<ApplicationStage> = new Set(WRITING_STAGES);

/** The state in which a deal waits for a gate. */
export const AWAITING = {
  candidate_recruiter: "awaiting_candidate_recruiter",
  company_recruiter: "awaiting_company_recruiter",
  company: "awaiting_company",
} as const satisfies Record<Gate, CraState>;

/** The stage an application shows while its deal waits for a gate. */
export const GATE_STAGE = {
  candidate_recruiter: "recruiter_review",
  company_recruiter: "screen",
  company: "submitted",
} as const satisfies Record<Gate, ApplicationStage>;

/** What the correspondence looks at. */
export interface DealPosition {
  state: CraState;
  currentGate: Gate | "none" | null;
  candidateRecruiterId: string | null;
  companyRecruiterId: string | null;
}

/** The gate a deal waits at; null before its submission and after its last gate. */
export const openGate = (cra: DealPosition): Gate | null => (cra.currentGate === "none" ? null : cra.currentGate);

/** Who answers the questions of a gate: the nearest party on the candidate's way to it, never the asker. */
export function addresseeOf(gate: Gate, cra: DealPosition): "candidate" | "candidate_recruiter" | "company_recruiter" {
  const { candidateRecruiterId, companyRecruiterId } = cra;
  if (gate === "company" && companyRecruiterId) return "company_recruiter";
  const asksThemselves = gate === "company_recruiter" && candidateRecruiterId === companyRecruiterId;
  if (gate !== "candidate_recruiter" && candidateRecruiterId && !asksThemselves) return "candidate_recruiter";
  return "candidate";
}

/** The one stage that belongs to a state; a gate's states ask which gate. */
const STAGE_OF = {
  proposed: "recruiter_proposed",
  awaiting_candidate_recruiter: "of the gate",
  awaiting_company_recruiter: "of the gate",
  awaiting_company: "of the gate",
  under_review: "of the gate",
  info_requested: "of the gate",
  submitted_to_company: "company_review",
  screen: "company_feedback",
  in_process: "interview",
  offer: "offer",
  hired: "hired",
  rejected: "rejected",
  declined: "rejected",
  withdrawn: "withdrawn",
  timed_out: "expired",
  closed: "hired",
} as const satisfies Record<CraState, ApplicationStage | "of the gate">;

/**
 * The application stage that belongs to a deal record (DOMAIN §3.2). An accepted proposal that is
 * not submitted yet has no current gate and is a draft.
 */
export function stageOf(cra: DealPosition): ApplicationStage {
  const stage = STAGE_OF[cra.state];
  if (stage !== "of the gate") return stage;
  const gate = openGate(cra);
  if (!gate) return "draft";
  const asksCandidate = cra.state === "info_requested" && addresseeOf(gate, cra) === "candidate";
  return asksCandidate ? "recruiter_request" : GATE_STAGE[gate];
}

/**
 * Whether a deal record and an application stage may stand together. Where the candidate writes,
 * every writing stage fits: without a deal record, after an accepted proposal, and while an
 * application is reworked.
 */
export function corresponds(cra: DealPosition | null, stage: ApplicationStage): boolean {
  if (!cra) return writing.has(stage) || stage === "withdrawn";
  const own = stageOf(cra);
  return stage === own || ((own === "draft" || own === "recruiter_request") && writing.has(stage));
}

const ALLOWED_STATES: Readonly<Record<CraState, readonly CraState[]>> = {
  proposed: ["awaiting_candidate_recruiter", "awaiting_company_recruiter", "declined", "withdrawn"],
  awaiting_candidate_recruiter: [
    "awaiting_company_recruiter",
    "awaiting_company",
    "under_review",
    "info_requested",
    "rejected",
    "withdrawn",
  ],
  awaiting_company_recruiter: ["awaiting_company", "under_review", "info_requested", "rejected", "withdrawn"],
  awaiting_company: ["under_review", "info_requested", "submitted_to_company", "rejected", "withdrawn"],
  under_review: ["awaiting_company_recruiter", "awaiting_company", "info_requested", "submitted_to_company", "rejected", "withdrawn"],
  info_requested: [
    "awaiting_candidate_recruiter",
    "awaiting_company_recruiter",
    "awaiting_company",
    "submitted_to_company",
    "rejected",
    "withdrawn",
  ],
  submitted_to_company: ["screen", "in_process", "rejected", "withdrawn"],
  screen: ["in_process", "rejected", "withdrawn"],
  in_process: ["offer", "rejected", "withdrawn"],
  offer: ["hired", "rejected", "declined", "withdrawn"],
  hired: [],
  rejected: [],
  declined: [],
  withdrawn: [],
  timed_out: [
    "awaiting_candidate_recruiter",
    "awaiting_company_recruiter",
    "awaiting_company",
    "under_review",
    "info_requested",
    "submitted_to_company",
    "screen",
  ],
  closed: [],
};

/** Every state some user may request from this one; what the scheduler does is not listed. */
export const allowedStates = (state: CraState): readonly CraState[] => ALLOWED_STATES[state];

const ALLOWED_STAGES: Readonly<Record<ApplicationStage, readonly ApplicationStage[]>> = {
  draft: ["ai_review", "recruiter_review", "screen", "submitted", "withdrawn"],
  ai_review: ["withdrawn"],
  ai_reviewed: ["draft", "recruiter_review", "screen", "submitted", "withdrawn"],
  ai_failed: ["ai_review", "draft", "withdrawn"],
  recruiter_proposed: ["draft", "rejected", "withdrawn"],
  recruiter_request: ["draft", "ai_review", "recruiter_review", "screen", "submitted", "company_review", "rejected", "withdrawn"],
  recruiter_review: ["recruiter_request", "screen", "submitted", "rejected", "withdrawn"],
  screen: ["recruiter_request", "submitted", "rejected", "withdrawn"],
  submitted: ["recruiter_request", "company_review", "rejected", "withdrawn"],
  company_review: ["company_feedback", "interview", "rejected", "withdrawn"],
  company_feedback: ["interview", "rejected", "withdrawn"],
  interview: ["offer", "rejected", "withdrawn"],
  offer: ["hired", "rejected", "withdrawn"],
  hired: [],
  rejected: [],
  withdrawn: [],
  expired: ["recruiter_request", "recruiter_review", "screen", "submitted", "company_review", "company_feedback"],
};

/** Every stage some user may bring an application to from this one. */
export const allowedStages = (stage: ApplicationStage): readonly ApplicationStage[] => ALLOWED_STAGES[stage];
