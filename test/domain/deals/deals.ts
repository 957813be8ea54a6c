import { expect } from "vitest";
import type { Application, Actor, Cra, Deal, DealChange, Party } from "#domain/deals/deal.ts";
import { gatesFor } from "#domain/deals/gates.ts";
import { newApplication, newCra, recruitersOf } from "#domain/deals/records.ts";
import { AWAITING, stageOf, type ApplicationStage, type CraState, type Gate } from "#domain/deals/states.ts";
import type { Submission } from "#domain/deals/submit.ts";
import { Refusal, type ErrorCode, type RefusalMembers } from "#domain/refusals.ts";

export const NOW = new Date("2026-03-01T12:00:00.000Z");
export const later = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);

export const CLOSER = "recruiter-closer";
export const CLIENT = "recruiter-client";

/** Somebody with these parts in the deal, who may do whatever the parts may at most. */
export const as = (...parties: readonly Party[]): Actor => ({
  userId: `user-${parties.join("-") || "stranger"}`,
  parties: new Set(parties),
  overrideReason: "A letter from them",
  mayAdvance: true,
  mayHire: true,
});

export const candidate = as("candidate");
export const closer = as("candidate_recruiter");
export const client = as("company_recruiter");
export const company = as("company_admin");
export const manager = as("hiring_manager");
export const admin = as("platform_admin");
export const stranger = as();

export interface Sides {
  closer?: boolean;
  client?: boolean;
}

const recruiters = ({ closer: hasCloser = true, client: hasClient = true }: Sides) => ({
  candidateRecruiterId: hasCloser ? CLOSER : null,
  companyRecruiterId: hasClient ? CLIENT : null,
});

const pair = { jobId: "job-1", companyId: "company-1", candidateId: "candidate-1" };

export const draft = (sides: Sides = {}, stage: ApplicationStage = "draft"): Deal => ({
  cra: null,
  application: newApplication({ id: "application-1", ...pair, ...recruiters(sides), stage }, NOW),
});

export const submission = (sides: Sides = {}, more: Partial<Submission> = {}): Submission => ({
  craId: "cra-1",
  routing: recruiters(sides),
  jobActive: true,
  otherLiveDeal: false,
  question: null,
  ...more,
});

/** A submitted deal in any state, with the stage that belongs to it. */
export function dealIn(state: CraState, sides: Sides & { gate?: Gate } = {}, more: Partial<Cra> = {}): Deal {
  const parties = recruiters(sides);
  const awaited = (Object.keys(AWAITING) as Gate[]).find((gate) => AWAITING[gate] === state);
  const atGates = awaited !== undefined || state === "under_review" || state === "info_requested";
  const gateSequence = gatesFor(parties);
  const cra: Cra = {
    ...newCra({ id: "cra-1", ...pair, ...parties, applicationId: "application-1", proposedBy: "user-candidate", state }, NOW),
    gateSequence,
    currentGate: state === "proposed" ? null : atGates ? (awaited ?? sides.gate ?? gateSequence[0]) : "none",
    ...(state === "proposed" ? { proposalType: "opportunity" as const, proposedAt: NOW, responseDueAt: later(3) } : {}),
    ...(state === "timed_out" ? { currentGate: "company" as const, stateBeforeTimeout: "awaiting_company" as const } : {}),
    ...more,
  };
  const application: Application = {
    ...newApplication({ id: "application-1", ...pair, ...parties, stage: stageOf(cra) }, NOW),
    submittedAt: state === "proposed" ? null : NOW,
    ...(state === "timed_out" ? { stageBeforeExpiry: "submitted" as const } : {}),
  };
  return { cra: { ...cra, ...recruitersOf(cra) }, application };
}

/** An accepted proposal whose application is not submitted yet. */
export const accepted = (): Deal => {
  const deal = dealIn("awaiting_candidate_recruiter", {}, { currentGate: null, acceptedAt: NOW, proposalType: "opportunity" });
  return { ...deal, application: { ...deal.application, submittedAt: null } };
};

/** The deal record, which must be there. */
export function cra(deal: Deal): Cra {
  if (!deal.cra) throw new Error("there is no deal record");
  return deal.cra;
}

/** Runs a decision after another. */
export const andThen = (change: DealChange, decide: (deal: Deal) => DealChange): DealChange => decide(change.deal);

export const types = (change: { events: readonly { type: string }[] }): string[] => change.events.map((each) => each.type);

/** Expects a refusal with this code, and returns what it tells. */
export function refused(code: ErrorCode, decide: () => unknown): RefusalMembers {
  try {
    decide();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    expect(error.code, error.message).toBe(code);
    return error.members;
  }
  throw new Error(`expected ${code}, but it was allowed`);
}
