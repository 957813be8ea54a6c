import type { Cra, GateHistoryEntry, Party } from "./deal.ts";
import { craIn, historyEntry, type DealRecruiters } from "./records.ts";
import { AWAITING, type Gate } from "./states.ts";

/** Who represents the two sides, as found at the time of asking. */
export interface Routing extends DealRecruiters {
  /** The recruiter of the candidate's active, consented relationship. */
  candidateRecruiterId: string | null;
  /** `jobs.company_recruiter_id`. */
  companyRecruiterId: string | null;
}

/** The gates a submission passes: those of the recruiters there are, then the company's. */
export function gatesFor({ candidateRecruiterId, companyRecruiterId }: DealRecruiters): readonly [Gate, ...Gate[]] {
  if (candidateRecruiterId && companyRecruiterId) return ["candidate_recruiter", "company_recruiter", "company"];
  if (candidateRecruiterId) return ["candidate_recruiter", "company"];
  if (companyRecruiterId) return ["company_recruiter", "company"];
  return ["company"];
}

/** Who reviews at a gate; a platform admin may stand in. */
export const REVIEWERS = {
  candidate_recruiter: ["candidate_recruiter"],
  company_recruiter: ["company_recruiter"],
  company: ["company_admin", "hiring_manager"],
} as const satisfies Record<Gate, readonly Party[]>;

/** The gate after this one; null after the last. */
export const gateAfter = (sequence: readonly Gate[], gate: Gate): Gate | null => sequence[sequence.indexOf(gate) + 1] ?? null;

/**
 * The gates one review settles: the gate itself, and the company recruiter's too where both
 * recruiters are one person (D-11).
 */
export function settledTogether(cra: DealRecruiters & Pick<Cra, "gateSequence">, gate: Gate): readonly Gate[] {
  const one = cra.candidateRecruiterId !== null && cra.candidateRecruiterId === cra.companyRecruiterId;
  return one && gate === "candidate_recruiter" && gateAfter(cra.gateSequence, gate) === "company_recruiter"
    ? [gate, "company_recruiter"]
    : [gate];
}

/** What the history says where nobody reviews their own act (D-11). */
export const autoApproved = (gate: Gate, userId: string, now: Date): GateHistoryEntry => ({
  ...historyEntry(gate, "approved", userId, now),
  auto: true,
});

/** The deal record at a gate, or with the company once there is none left. */
export const atGate = (cra: Cra, gate: Gate | null, now: Date): Cra =>
  gate
    ? craIn(cra, AWAITING[gate], now, {
        currentGate: gate,
        reachedCompanyAt: gate === "company" ? (cra.reachedCompanyAt ?? now) : cra.reachedCompanyAt,
      })
    : craIn(cra, "submitted_to_company", now, { currentGate: "none", gatesPassedAt: now });
