import type { Party } from "#domain/deals/deal.ts";
import { requestStage, type RequestableStage } from "#domain/deals/request-stage.ts";
import { type ApplicationWords, updateApplication } from "../applications/update-application.ts";
import type { Context } from "../context.ts";
import { requireScope } from "../scopes.ts";
import { changeDeal, type ChangedDeal, type DealAtHand } from "./change-deal.ts";

export interface SubmissionChanges {
  /** The notes of the caller's own side; null takes them away. */
  notes?: string | null;
  stage?: RequestableStage;
  /** Why; a rejection needs one. */
  reason?: string | null;
}

/** Writes the caller's side's notes and brings the deal to another stage, in one commit. */
export function changeSubmission(
  ctx: Context,
  applicationId: string,
  { notes, stage, reason = null }: SubmissionChanges,
): Promise<ChangedDeal> {
  requireScope(ctx, "write:updates");
  const words = (deal: DealAtHand): ApplicationWords => (notes === undefined ? {} : ownNotes(deal, notes));
  if (stage === undefined) return updateApplication(ctx, applicationId, words);
  return changeDeal(
    ctx,
    { applicationId },
    { action: "application.stage_requested", reason: stage === "rejected" ? reason : null },
    (deal) => {
      const change = requestStage(deal, deal.actor, { stage, reason, feedbackId: ctx.newId() }, ctx.now());
      return { ...change, deal: { ...change.deal, application: { ...change.deal.application, ...words(deal) } } };
    },
  );
}

const RECRUITERS: readonly Party[] = ["candidate_recruiter", "company_recruiter"];

/** Each side keeps notes that the other does not read. */
const ownNotes = ({ actor }: DealAtHand, notes: string | null): ApplicationWords =>
  RECRUITERS.some((party) => actor.parties.has(party)) ? { recruiterNotes: notes } : { internalNotes: notes };
