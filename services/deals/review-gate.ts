import * as rules from "#domain/deals/review.ts";
import type { Context } from "../context.ts";
import { changeDeal, type ChangedDeal } from "./change-deal.ts";

/** Claims the current gate for review; anybody of the gate may still decide it. */
export const startReview = (ctx: Context, assignmentId: string, version?: number): Promise<ChangedDeal> =>
  changeDeal(ctx, { assignmentId }, { action: "cra.review_started" }, (deal) => rules.startReview(deal, deal.actor, ctx.now()), version);

/** Passes the current gate. */
export const approveGate = (ctx: Context, assignmentId: string, note: string | null, version?: number): Promise<ChangedDeal> =>
  changeDeal(
    ctx,
    { assignmentId },
    { action: "cra.gate_approved" },
    (deal) => rules.approveGate(deal, deal.actor, { feedbackId: ctx.newId(), note }, ctx.now()),
    version,
  );

/** Ends the deal at the current gate. */
export const denyGate = (ctx: Context, assignmentId: string, reason: string, version?: number): Promise<ChangedDeal> =>
  changeDeal(
    ctx,
    { assignmentId },
    { action: "cra.gate_denied" },
    (deal) => rules.denyGate(deal, deal.actor, { feedbackId: ctx.newId(), reason }, ctx.now()),
    version,
  );

/** Asks whoever stands before the gate. */
export const requestInfo = (ctx: Context, assignmentId: string, message: string): Promise<ChangedDeal> =>
  changeDeal(ctx, { assignmentId }, { action: "cra.info_requested" }, (deal) =>
    rules.requestInfo(deal, deal.actor, { feedbackId: ctx.newId(), message }, ctx.now()),
  );

/** Answers the question that is open. */
export const provideInfo = (ctx: Context, assignmentId: string, message: string, inResponseToId: string): Promise<ChangedDeal> =>
  changeDeal(ctx, { assignmentId }, { action: "cra.info_provided" }, (deal) =>
    rules.provideInfo(deal, deal.actor, { feedbackId: ctx.newId(), message, inResponseToId, openRequestId: deal.openRequestId }, ctx.now()),
  );

/** Takes the deal past a gate whose recruiter cannot act any more (D-12). */
export const skipGate = (ctx: Context, assignmentId: string, reason: string, version?: number): Promise<ChangedDeal> =>
  changeDeal(
    ctx,
    { assignmentId },
    { action: "cra.gate_skipped", reason },
    (deal) => rules.skipGate(deal, deal.actor, { reason, recruiterGone: deal.gateRecruiterGone }, ctx.now()),
    version,
  );
