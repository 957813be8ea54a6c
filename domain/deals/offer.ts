import { offerAccepted } from "../events/application.ts";
import { craDeclined } from "../events/cra.ts";
import { conflict } from "../refusals.ts";
import { actingAs, optional } from "./acting.ts";
import { change, followed, standing } from "./change.ts";
import type { Actor, Deal, DealChange } from "./deal.ts";
import { craIn } from "./records.ts";

/** The candidate's side says yes. The deal stays at the offer until the company hires. */
export function acceptOffer(deal: Deal, actor: Actor): DealChange {
  const acting = actingAs(actor, ["candidate", "candidate_recruiter"], "accept the offer");
  const cra = standing(deal, ["offer"], "offer");
  if (deal.application.acceptedByCandidate) throw conflict("The offer is accepted already.");
  const application = { ...deal.application, acceptedByCandidate: true };
  return change(deal, { cra, application }, acting, { events: [offerAccepted(application)] });
}

/** The candidate's side says no, which ends the deal. A reason is optional. */
export function declineOffer(deal: Deal, actor: Actor, input: { reason: string | null; details: string | null }, now: Date): DealChange {
  const acting = actingAs(actor, ["candidate", "candidate_recruiter"], "decline the offer");
  const cra = standing(deal, ["offer"], "declined");
  const after = craIn(cra, "declined", now, { declinedAt: now });
  return followed(deal, after, acting, now, {
    application: {
      acceptedByCandidate: false,
      declineReason: optional(input.reason),
      declineDetails: optional(input.details),
    },
    events: [craDeclined(after)],
  });
}
