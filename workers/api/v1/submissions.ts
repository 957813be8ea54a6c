import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { APPLICATION_SOURCES, APPLICATION_STAGES, CRA_STATES, GATES } from "#db/schema/ats.ts";
import { REQUESTABLE_STAGES } from "#domain/deals/request-stage.ts";
import { type Application, type Side, SIDES } from "#services/applications/application.ts";
import { applicationsAfter, getApplication } from "#services/applications/list-applications.ts";
import type { ApplicationRow, ChangedDeal } from "#services/deals/change-deal.ts";
import { changeSubmission, type SubmissionChanges } from "#services/deals/change-submission.ts";
import { submitCandidate, type SubmittedDeal } from "#services/deals/submit-candidate.ts";
import type { ApiEnv } from "../app.ts";
import { defined, Email, Id, InstantInput, OverrideReason, text, wordList } from "../v2/shapes.ts";
import { listOperation, operation } from "./operation.ts";
import { amount, at, born, CURRENCY, Currency, flag, id, instant, maybeMoney, oneOf, words } from "./shapes.ts";

const candidateSummary = z.object({
  id: id("The candidate"),
  full_name: words("Their name", "Kim Example"),
  current_title: words("What they do now", "Engineer").nullable(),
});

const roleSummary = z.object({
  id: id("The role"),
  title: words("What is hired", "Staff Engineer"),
  company_id: id("The company that hires"),
  company_name: words("Its name", "Acme"),
});

const Submission = z
  .object({
    id: id("The submission; events call it application_id"),
    role_id: id("The role it is for"),
    company_id: id("The company that hires"),
    candidate_id: id("Who was submitted"),
    candidate_recruiter_id: id("Who represents the candidate").nullable(),
    company_recruiter_id: id("Who stands for the company").nullable(),
    stage: oneOf("How far it came", APPLICATION_STAGES),
    stage_changed_at: at("Since when"),
    submission_source: oneOf("How it came in", APPLICATION_SOURCES),
    cover_letter: words("What the candidate's side wrote to the company", "I have run such a platform for six years.").nullable(),
    candidate_notes: words("What the candidate added", "I could begin in May.").nullable(),
    ...maybeMoney("salary", "The salary the candidate asks for"),
    currency: Currency,
    recruiter_notes: words("Notes of the recruiters' side, for it alone", "Knows the team.").nullable().optional(),
    internal_notes: words("Notes of the company's side, for it alone", "Strong on paper.").nullable().optional(),
    accepted_by_candidate: flag("Whether the candidate took the offer", false),
    submitted_at: at("When it was first submitted").nullable(),
    hired_at: at("When the candidate was hired").nullable(),
    expired_at: at("When it expired").nullable(),
    closed_at: at("When it ended").nullable(),
    decline_reason: words("Why the candidate declined, in a word", "salary").nullable(),
    decline_details: words("Why it ended, in their own words", "Looking for more depth in storage.").nullable(),
    placement_id: id("The placement that came of it").nullable(),
    ...born,
    assignment_id: id("The deal behind it").nullable(),
    state: oneOf("Where the deal stands", CRA_STATES).nullable(),
    current_gate: oneOf("Whose review it waits for; none after the last", [...GATES, "none"]).nullable(),
    candidate_summary: candidateSummary.optional().openapi({ description: "In reads" }),
    role_summary: roleSummary.optional().openapi({ description: "In reads" }),
    recruiter_name: words("Who represents the candidate; in reads", "Rosa Recruiter").nullable().optional(),
    dry_run: flag("Whether it was only tried: then nothing stands behind its ids; where it is submitted", false).optional(),
  })
  .openapi("Submission");

const facts = (row: ApplicationRow, side: Side) => ({
  id: row.id,
  role_id: row.jobId,
  company_id: row.companyId,
  candidate_id: row.candidateId,
  candidate_recruiter_id: row.candidateRecruiterId,
  company_recruiter_id: row.companyRecruiterId,
  stage: row.stage,
  stage_changed_at: instant(row.stageChangedAt),
  submission_source: row.applicationSource,
  cover_letter: row.coverLetter,
  candidate_notes: row.candidateNotes,
  ...amount("salary", row.salary),
  currency: CURRENCY,
  ...(side === "recruiter" || side === "admin" ? { recruiter_notes: row.recruiterNotes } : {}),
  ...(side === "company" || side === "admin" ? { internal_notes: row.internalNotes } : {}),
  accepted_by_candidate: row.acceptedByCandidate,
  submitted_at: instant(row.submittedAt),
  hired_at: instant(row.hiredAt),
  expired_at: instant(row.expiredAt),
  closed_at: instant(row.closedAt),
  decline_reason: row.declineReason,
  decline_details: row.declineDetails,
  placement_id: row.placementId,
  created_at: instant(row.createdAt),
  updated_at: instant(row.updatedAt),
  version: row.version,
});

/** What leaves the house of an application, in the words of v1. Candidates have no account here. */
export const submission = (row: Application): z.infer<typeof Submission> => ({
  ...facts(row, row.side),
  candidate_summary: { id: row.candidateId, full_name: row.candidateName, current_title: row.candidateTitle },
  role_summary: { id: row.jobId, title: row.jobTitle, company_id: row.companyId, company_name: row.companyName },
  recruiter_name: row.recruiterName,
  assignment_id: row.craId,
  state: row.craState,
  current_gate: row.currentGate,
});

const changed = ({ application: row, cra, actedAs }: ChangedDeal): z.infer<typeof Submission> => ({
  ...facts(row, SIDES[actedAs]),
  assignment_id: cra?.id ?? null,
  state: cra?.state ?? null,
  current_gate: cra?.currentGate ?? null,
});

const SubmissionInput = z
  .strictObject({
    role_id: Id.openapi({ description: "An active role" }),
    candidate_id: Id.optional().openapi({ description: "Somebody you represent with their consent" }),
    candidate: z
      .strictObject({ name: text(200), email: Email })
      .optional()
      .openapi({ description: "The same, by their address, in place of candidate_id" }),
    notes: text(10_000).nullish().openapi({ description: "For your own side alone" }),
    reason: OverrideReason,
    dry_run: z.boolean().optional().openapi({ description: "Only try: answers or refuses as ever, and submits nobody" }),
  })
  .refine(({ candidate_id: byId, candidate }) => (byId === undefined) !== (candidate === undefined), {
    path: ["candidate_id"],
    message: "candidate_id or candidate names who is submitted, and not both",
  })
  .openapi("SubmissionInput", {
    example: {
      role_id: "019b218f-5440-7000-8000-000000000001",
      candidate: { name: "Kim Example", email: "kim@example.com" },
      notes: "Knows the team.",
    },
  });

const SubmissionPatch = z
  .strictObject({
    notes: text(10_000).nullish().openapi({ description: "For your own side alone; null takes them away" }),
    stage: z.enum(REQUESTABLE_STAGES).optional().openapi({ description: "Where to bring it; a rejection needs a reason" }),
    reason: text(2_000).nullish().openapi({ description: "Why, said with a stage; a platform admin says it of any change" }),
  })
  .refine(({ stage, reason }) => stage !== "rejected" || reason != null, { path: ["reason"], message: "a rejection needs a reason" })
  .refine(({ notes, stage }) => notes !== undefined || stage !== undefined, { path: [], message: "says nothing to change" })
  .openapi("SubmissionPatch", { example: { stage: "rejected", reason: "Looking for more depth in storage." } });

/** `screening` is taken for `screen`, and never given out (D-16). */
const StageFilter = wordList([...APPLICATION_STAGES, "screening"], (stage) => (stage === "screening" ? "screen" : stage));

const filters = z.object({
  stage: StageFilter,
  role_id: Id,
  candidate_id: Id,
  company_id: Id,
  submitted_after: InstantInput,
});

export function submissions(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Application, { role_id?: string }>(api, {
    path: "/submissions",
    need: "read:candidates",
    access: ["submissions", "list"],
    summary: "List submissions",
    description: "A recruiter's own; a company's, of its roles, once they reached it.",
    filters,
    item: Submission,
    run: (ctx, { filters: { role_id: jobId, ...rest }, ...page }) =>
      applicationsAfter(ctx, { ...page, filters: { ...rest, ...defined({ job_id: jobId }) } }),
    present: submission,
  });
  operation<object, object, z.infer<typeof SubmissionInput>, SubmittedDeal>(api, {
    method: "post",
    path: "/submissions",
    need: "write:submissions",
    access: ["submissions", "create"],
    summary: "Submit a candidate to a role",
    description:
      "Somebody who has not consented to be represented by you, or whom nobody knows, answers 403 `consent_required`: ask them by `POST /candidate-invitations`. A second live submission of a candidate to a role answers 409 `duplicate_active_deal`. `dry_run` tells beforehand which it would be.",
    body: SubmissionInput,
    replies: [201, Submission],
    run: (ctx, { body }) =>
      submitCandidate(ctx, {
        jobId: body.role_id,
        candidate: body.candidate ? { email: body.candidate.email } : { id: body.candidate_id as string },
        notes: body.notes ?? null,
        dryRun: body.dry_run ?? false,
      }),
    present: (deal) => ({ ...changed(deal), dry_run: deal.dryRun }),
  });
  operation<{ id: string }, object, undefined, Application>(api, {
    method: "get",
    path: "/submissions/{id}",
    need: "read:candidates",
    access: ["submissions", "get"],
    summary: "Read a submission",
    replies: [200, Submission],
    run: (ctx, { params }) => getApplication(ctx, params.id),
    present: submission,
  });
  operation<{ id: string }, object, z.infer<typeof SubmissionPatch>, ChangedDeal>(api, {
    method: "patch",
    path: "/submissions/{id}",
    need: "write:updates",
    access: ["submissions", "update"],
    summary: "Change a submission's notes or stage",
    description:
      "`screen` and `interview` bring it on, past the gate where you review; `rejected` ends it. The answer tells the stage it came to. A step that does not exist from here answers 409 `invalid_transition`.",
    body: SubmissionPatch,
    replies: [200, Submission],
    run: (ctx, { params, body }) => changeSubmission(ctx, params.id, defined(body) as SubmissionChanges),
    present: changed,
  });
}
