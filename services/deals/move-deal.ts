import { type AdvanceTarget, advanceDeal as advance } from "#domain/deals/advance.ts";
import { reactivateDeal as reactivate } from "#domain/deals/expire.ts";
import { acceptOffer as accept, declineOffer } from "#domain/deals/offer.ts";
import { declineProposal, type DeclineReason } from "#domain/deals/propose.ts";
import { withdrawDeal as withdraw } from "#domain/deals/withdraw.ts";
import type { Context } from "../context.ts";
import { changeDeal, type ChangedDeal, type DealId } from "./change-deal.ts";

/** Brings a deal further on the company's side, or ends it there. */
export const advanceDeal = (
  ctx: Context,
  assignmentId: string,
  to: AdvanceTarget,
  notes: string | null,
  version?: number,
): Promise<ChangedDeal> =>
  changeDeal(
    ctx,
    { assignmentId },
    { action: "cra.advanced", reason: to === "rejected" ? notes : null },
    (deal) => advance(deal, deal.actor, { to, reason: notes }, ctx.now()),
    version,
  );

/** The candidate's side leaves the deal. */
export const withdrawDeal = (ctx: Context, id: DealId, note: string | null, version?: number): Promise<ChangedDeal> =>
  changeDeal(ctx, id, { action: "deal.withdrawn" }, (deal) => withdraw(deal, deal.actor, { note }, ctx.now()), version);

/** The candidate takes the offer; the hire is still the company's act. */
export const acceptOffer = (ctx: Context, applicationId: string, version?: number): Promise<ChangedDeal> =>
  changeDeal(ctx, { applicationId }, { action: "application.offer_accepted" }, (deal) => accept(deal, deal.actor), version);

/** Declines what was put to the caller: a proposal that waits for an answer, or an offer. */
export const declineDeal = (
  ctx: Context,
  assignmentId: string,
  input: { reason: DeclineReason | null; notes: string | null },
): Promise<ChangedDeal> =>
  changeDeal(ctx, { assignmentId }, { action: "cra.declined" }, (deal) =>
    deal.cra?.proposedAt && !deal.cra.acceptedAt
      ? declineProposal(deal, deal.actor, input, ctx.now())
      : declineOffer(deal, deal.actor, { reason: input.reason, details: input.notes }, ctx.now()),
  );

/** Brings an expired deal back to where it stood. Platform admins only, with a reason. */
export const reactivateDeal = (ctx: Context, applicationId: string, reason: string): Promise<ChangedDeal> =>
  changeDeal(ctx, { applicationId }, { action: "application.reactivated", reason }, (deal) =>
    reactivate(deal, deal.actor, { otherLiveDeal: deal.otherLiveDeal }, ctx.now()),
  );
