import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { CRA_STATES, GATES, PROPOSAL_TYPES } from "#db/schema/ats.ts";
import { ADVANCE_TARGETS } from "#domain/deals/advance.ts";
import { DECLINE_REASONS } from "#domain/deals/propose.ts";
import type { Context } from "#services/context.ts";
import type { ChangedDeal, DealRow } from "#services/deals/change-deal.ts";
import { type Deal, dealNoun } from "#services/deals/deal.ts";
import { type Feedback, feedbackNoun } from "#services/deals/feedback.ts";
import { advanceDeal, declineDeal, withdrawDeal } from "#services/deals/move-deal.ts";
import { acceptDeal, proposeDeal } from "#services/deals/propose-deal.ts";
import { approveGate, denyGate, provideInfo, requestInfo, skipGate, startReview } from "#services/deals/review-gate.ts";
import { updateDealNotes } from "#services/deals/update-deal.ts";
import { getOne, type Included, listOf } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { Flag, Id, included, Instant, instant, OverrideReason, summary, text, wordList } from "./shapes.ts";

const DealShape = z
  .object({
    id: Id,
    candidate_id: Id,
    job_id: Id,
    company_id: Id,
    application_id: Id.nullable(),
    candidate_recruiter_id: Id.nullable(),
    company_recruiter_id: Id.nullable(),
    state: z.enum(CRA_STATES),
    state_changed_at: Instant,
    current_gate: z.enum([...GATES, "none"]).nullable(),
    gate_sequence: z.array(z.enum(GATES)),
    proposal_type: z.enum(PROPOSAL_TYPES).nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("CandidateRoleAssignment");

const FeedbackShape = z
  .object({ id: Id, assignment_id: Id, gate_name: z.enum(GATES), message_text: z.string(), created_at: Instant })
  .catchall(z.unknown())
  .openapi("GateFeedback");

/** State and dates, for everybody who sees the deal. */
const outline = (row: DealRow) => ({
  id: row.id,
  candidate_id: row.candidateId,
  job_id: row.jobId,
  company_id: row.companyId,
  application_id: row.applicationId,
  candidate_recruiter_id: row.candidateRecruiterId,
  company_recruiter_id: row.companyRecruiterId,
  state: row.state,
  state_changed_at: row.stateChangedAt.toISOString(),
  current_gate: row.currentGate,
  gate_sequence: row.gateSequence,
  has_candidate_recruiter: row.hasCandidateRecruiter,
  has_company_recruiter: row.hasCompanyRecruiter,
  proposal_type: row.proposalType,
  proposed_at: instant(row.proposedAt),
  response_due_at: instant(row.responseDueAt),
  accepted_at: instant(row.acceptedAt),
  declined_at: instant(row.declinedAt),
  timed_out_at: instant(row.timedOutAt),
  submitted_at: instant(row.gatesPassedAt),
  closed_at: instant(row.closedAt),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

/** What only the deal's parties read. The notes of a gate stand in its feedback, by visibility. */
const words = (row: DealRow & { gatesOfCompanyOnly?: boolean; betweenRecruiters?: boolean }) => ({
  // what recruiters write each other about a candidate is not for the candidate
  proposal_notes: row.betweenRecruiters ? null : row.proposalNotes,
  response_notes: row.betweenRecruiters ? null : row.responseNotes,
  gate_history: row.gateHistory.filter(({ gate }) => !row.gatesOfCompanyOnly || gate === "company").map(({ notes, ...entry }) => entry),
});

const deal = (row: Included<Deal>) => ({
  ...outline(row),
  job_title: row.jobTitle,
  candidate_name: row.candidateName,
  ...(row.open ? words(row) : {}),
  ...included(row, {
    candidate: summary,
    job: summary,
    candidate_recruiter: summary,
    company_recruiter: summary,
    feedback,
    sourcers: summary,
  }),
});

const changed = ({ cra, application }: ChangedDeal) =>
  cra ? { ...outline(cra), ...words(cra), application_stage: application.stage } : null;

const feedback = (row: Feedback | Included<Feedback>) => ({
  id: row.id,
  assignment_id: row.assignmentId,
  gate_name: row.gateName,
  created_by_user_id: row.createdByUserId,
  created_by_type: row.createdByType,
  feedback_type: row.feedbackType,
  message_text: row.messageText,
  in_response_to_id: row.inResponseToId,
  addressee_type: row.addresseeType,
  visibility: row.visibility,
  created_at: row.createdAt.toISOString(),
  ...included(row, { author: summary }),
});

const Notes = z.strictObject({ notes: text(5_000).nullish(), reason: OverrideReason, version: z.int().optional() });
const Reason = z.strictObject({ reason: text(5_000), version: z.int().optional() });
const Message = z.strictObject({ message: text(5_000), reason: OverrideReason });

export function candidateRoleAssignments(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Deal>(api, {
    path: "/candidate-role-assignments",
    access: ["candidate-role-assignments", "list"],
    summary: "List deals",
    noun: dealNoun,
    filters: z.object({
      job_id: Id,
      candidate_id: Id,
      candidate_recruiter_id: Id,
      company_recruiter_id: Id,
      state: wordList(CRA_STATES),
      current_gate: z.enum([...GATES, "none"]),
      active: Flag,
      awaiting_me: Flag,
    }),
    item: DealShape,
    run: (ctx, query) => listOf<Deal>(ctx, dealNoun, query),
    present: deal,
  });
  operation(api, {
    method: "post",
    path: "/candidate-role-assignments/propose",
    access: ["candidate-role-assignments", "propose"],
    summary: "Propose a job",
    description:
      "To the candidate (opportunity, company_outreach) or to the candidate's recruiter (collaboration), who has 72 hours to answer.",
    body: z
      .strictObject({ job_id: Id, candidate_id: Id, proposal_type: z.enum(PROPOSAL_TYPES), notes: text(5_000).nullish() })
      .openapi("ProposalInput"),
    replies: [201, DealShape],
    run: (ctx, { body }) =>
      proposeDeal(ctx, { jobId: body.job_id, candidateId: body.candidate_id, type: body.proposal_type, notes: body.notes ?? null }),
    present: changed,
  });
  readOperation<Deal>(api, {
    path: "/candidate-role-assignments/{id}",
    access: ["candidate-role-assignments", "get"],
    summary: "Read a deal",
    noun: dealNoun,
    item: DealShape,
    run: (ctx, id, include) => getOne<Deal>(ctx, dealNoun, id, include),
    present: deal,
  });
  operation(api, {
    method: "patch",
    path: "/candidate-role-assignments/{id}",
    access: ["candidate-role-assignments", "update"],
    summary: "Change the notes of a deal",
    body: z.strictObject({
      proposal_notes: text(5_000).nullish(),
      response_notes: text(5_000).nullish(),
      reason: OverrideReason,
      version: z.int().optional(),
    }),
    replies: [200, DealShape],
    run: (
      ctx,
      {
        params,
        body,
      }: {
        params: { id: string };
        body: { proposal_notes?: string | null | undefined; response_notes?: string | null | undefined; version?: number | undefined };
      },
    ) => updateDealNotes(ctx, params.id, { proposalNotes: body.proposal_notes, responseNotes: body.response_notes }, body.version),
    present: changed,
  });

  const action = <Body extends object>(
    name: string,
    summaryText: string,
    body: z.ZodType<Body>,
    run: (ctx: Context, id: string, body: Body) => Promise<ChangedDeal>,
  ) =>
    operation<{ id: string }, object, Body, ChangedDeal>(api, {
      method: "post",
      path: `/candidate-role-assignments/{id}/${name}`,
      access: ["candidate-role-assignments", name],
      summary: summaryText,
      body,
      replies: [200, DealShape],
      run: (ctx, input) => run(ctx, input.params.id, input.body),
      present: changed,
    });

  action("accept", "Accept a proposal", Notes, (ctx, id, body) => acceptDeal(ctx, id, body.notes ?? null, body.version));
  action(
    "decline",
    "Decline a proposal or an offer",
    z.strictObject({ reason: z.enum(DECLINE_REASONS).nullish(), notes: text(5_000).nullish() }),
    (ctx, id, body) => declineDeal(ctx, id, { reason: body.reason ?? null, notes: body.notes ?? null }),
  );
  action("start-review", "Claim the current gate for review", Notes, (ctx, id, { version }) => startReview(ctx, id, version));
  action("approve-gate", "Pass the current gate", Notes, (ctx, id, body) => approveGate(ctx, id, body.notes ?? null, body.version));
  action("deny-gate", "Deny at the current gate", Reason, (ctx, id, body) => denyGate(ctx, id, body.reason, body.version));
  action("request-info", "Ask a question at the current gate", Message, (ctx, id, body) => requestInfo(ctx, id, body.message));
  action("provide-info", "Answer the open question", z.strictObject({ message: text(5_000), in_response_to_id: Id }), (ctx, id, body) =>
    provideInfo(ctx, id, body.message, body.in_response_to_id),
  );
  action("skip-gate", "Skip a gate whose recruiter cannot act", Reason, (ctx, id, body) => skipGate(ctx, id, body.reason, body.version));
  action(
    "withdraw",
    "Withdraw a deal",
    z.strictObject({ note: text(5_000).nullish(), reason: OverrideReason, version: z.int().optional() }),
    (ctx, id, body) => withdrawDeal(ctx, { assignmentId: id }, body.note ?? null, body.version),
  );
  action(
    "advance",
    "Bring a deal further",
    z.strictObject({ state: z.enum(ADVANCE_TARGETS), notes: text(5_000).nullish(), reason: OverrideReason, version: z.int().optional() }),
    (ctx, id, body) => advanceDeal(ctx, id, body.state, body.notes ?? null, body.version),
  );
}

/** What was said at the gates of one deal. */
export function craGateFeedback(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Feedback>(api, {
    path: "/cra-gate-feedback",
    access: ["cra-gate-feedback", "list"],
    summary: "List what was said at a deal's gates",
    noun: feedbackNoun,
    filters: z.object({ assignment_id: Id, gate_name: z.enum(GATES) }),
    requiredFilters: ["assignment_id"],
    item: FeedbackShape,
    run: (ctx, query) => listOf<Feedback>(ctx, feedbackNoun, query),
    present: feedback,
  });
  readOperation<Feedback>(api, {
    path: "/cra-gate-feedback/{id}",
    access: ["cra-gate-feedback", "get"],
    summary: "Read an entry of a gate",
    noun: feedbackNoun,
    item: FeedbackShape,
    run: (ctx, id, include) => getOne<Feedback>(ctx, feedbackNoun, id, include),
    present: feedback,
  });
}
