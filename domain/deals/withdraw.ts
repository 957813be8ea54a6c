import { applicationWithdrawn } from "../events/application.ts";
import { craWithdrawn } from "../events/cra.ts";
import { actingAs, optional, required } from "./acting.ts";
import { change, noSuchStep } from "./change.ts";
import type { Actor, Deal, DealChange } from "./deal.ts";
import { applicationIn, craIn } from "./records.ts";
import { hasEnded, isLive } from "./states.ts";

/**
 * The candidate's side leaves, at any time before a hire. A recruiter who does it for the candidate
 * says why. The deal keeps the gate it stood at.
 */
export function withdrawDeal(deal: Deal, actor: Actor, input: { note: string | null }, now: Date): DealChange {
  const acting = actingAs(actor, ["candidate", "candidate_recruiter"], "withdraw it");
  const note = acting.actedAs === "candidate_recruiter" ? required("note", input.note) : optional(input.note);
  const { cra, application } = deal;
  const open = cra ? isLive(cra.state) && cra.state !== "hired" : !hasEnded(application.stage);
  if (!open) throw noSuchStep(deal, "withdrawn");

  const after = cra && craIn(cra, "withdrawn", now);
  const gone = applicationIn(application, "withdrawn", now, { declineDetails: note });
  return change(deal, { cra: after, application: gone }, acting, {
    events: [
      ...(cra && after ? [craWithdrawn(cra, after)] : []),
      applicationWithdrawn(application, gone, acting.actedAs === "candidate" ? "candidate" : "recruiter"),
    ],
  });
}
