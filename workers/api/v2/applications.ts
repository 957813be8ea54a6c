import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { APPLICATION_SOURCES, APPLICATION_STAGES } from "#db/schema/ats.ts";
import { type Application, applicationNoun, type Side, SIDES } from "#services/applications/application.ts";
import { createApplication } from "#services/applications/create-application.ts";
import { getApplication, listApplications } from "#services/applications/list-applications.ts";
import { returnToDraft, triggerAiReview, updateApplication } from "#services/applications/update-application.ts";
import type { ApplicationRow, ChangedDeal } from "#services/deals/change-deal.ts";
import { acceptOffer, reactivateDeal, withdrawDeal } from "#services/deals/move-deal.ts";
import { submitApplication } from "#services/deals/submit-application.ts";
import type { Included } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { note } from "./application-notes.ts";
import { aiReview } from "./ai-reviews.ts";
import { requirement } from "./job-requirements.ts";
import {
  amount,
  amountFields,
  amountOf,
  amountsAgree,
  amountShape,
  defined,
  Id,
  included,
  Instant,
  instant,
  InstantInput,
  OverrideReason,
  summary,
  text,
  wordList,
} from "./shapes.ts";

const ApplicationShape = z
  .object({
    id: Id,
    job_id: Id,
    company_id: Id,
    candidate_id: Id,
    candidate_recruiter_id: Id.nullable(),
    company_recruiter_id: Id.nullable(),
    stage: z.enum(APPLICATION_STAGES),
    stage_changed_at: Instant,
    application_source: z.enum(APPLICATION_SOURCES),
    cover_letter: z.string().nullable(),
    ...amountShape("salary"),
    accepted_by_candidate: z.boolean(),
    submitted_at: Instant.nullable(),
    hired_at: Instant.nullable(),
    expired_at: Instant.nullable(),
    closed_at: Instant.nullable(),
    decline_reason: z.string().nullable(),
    placement_id: Id.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("Application");

const words = {
  cover_letter: text(20_000).nullish(),
  candidate_notes: text(10_000).nullish(),
  recruiter_notes: text(10_000).nullish(),
  ...amountFields("salary"),
};

const ApplicationInput = z
  .strictObject({ job_id: Id, candidate_id: Id, ...words, reason: OverrideReason })
  .superRefine(amountsAgree("salary"))
  .openapi("ApplicationInput");
const ApplicationChanges = z
  .strictObject({ ...words, internal_notes: text(10_000).nullish(), reason: OverrideReason, version: z.int().optional() })
  .superRefine(amountsAgree("salary"))
  .openapi("ApplicationChanges");

const Nothing = z.strictObject({ reason: OverrideReason, version: z.int().optional() });

/** `screening` is taken for `screen`, and never given out (D-16). */
const StageFilter = wordList([...APPLICATION_STAGES, "screening"], (stage) => (stage === "screening" ? "screen" : stage));

const filters = z.object({
  stage: StageFilter,
  job_id: Id,
  candidate_id: Id,
  candidate_recruiter_id: Id,
  company_id: Id,
  scope: z.enum(["mine", "team", "company"]),
  submitted_after: InstantInput,
});

const toWords = (body: z.infer<typeof ApplicationChanges> | z.infer<typeof ApplicationInput>) =>
  defined({
    coverLetter: body.cover_letter,
    candidateNotes: body.candidate_notes,
    recruiterNotes: body.recruiter_notes,
    internalNotes: "internal_notes" in body ? body.internal_notes : undefined,
    salary: amountOf(body, "salary"),
  });

const facts = (row: ApplicationRow, side: Side) => ({
  id: row.id,
  job_id: row.jobId,
  company_id: row.companyId,
  candidate_id: row.candidateId,
  candidate_recruiter_id: row.candidateRecruiterId,
  company_recruiter_id: row.companyRecruiterId,
  stage: row.stage,
  stage_changed_at: row.stageChangedAt.toISOString(),
  application_source: row.applicationSource,
  cover_letter: row.coverLetter,
  candidate_notes: row.candidateNotes,
  ...amount("salary", row.salary),
  ...(side === "recruiter" || side === "admin" ? { recruiter_notes: row.recruiterNotes } : {}),
  ...(side === "company" || side === "admin" ? { internal_notes: row.internalNotes } : {}),
  accepted_by_candidate: row.acceptedByCandidate,
  submitted_at: instant(row.submittedAt),
  hired_at: instant(row.hiredAt),
  expired_at: instant(row.expiredAt),
  closed_at: instant(row.closedAt),
  decline_reason: row.declineReason,
  // a company's reason is not for the candidate; their own words are
  ...(side === "candidate" && row.declineReason === null && row.stage !== "withdrawn" ? {} : { decline_details: row.declineDetails }),
  placement_id: row.placementId,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

/** An application with its short words on candidate, job and deal, as each side may read it. */
export const application = (row: Included<Application>) => ({
  ...facts(row, row.side),
  candidate_summary: { id: row.candidateId, full_name: row.candidateName, current_title: row.candidateTitle },
  job_summary: { id: row.jobId, title: row.jobTitle, company_id: row.companyId, company_name: row.companyName },
  recruiter_name: row.recruiterName,
  assignment_id: row.craId,
  state: row.craState,
  current_gate: row.currentGate,
  ...included(row, {
    candidate: summary,
    job: summary,
    recruiter: summary,
    documents: summary,
    pre_screen_answers: summary,
    audit_log: summary,
    job_requirements: requirement,
    ai_review: aiReview,
    cra: summary,
    notes: note,
    placement: summary,
  }),
});

/** The application after an action, with the deal it belongs to. */
const changed = ({ application: row, cra, actedAs }: ChangedDeal) => ({
  ...facts(row, SIDES[actedAs]),
  assignment_id: cra?.id ?? null,
  state: cra?.state ?? null,
  current_gate: cra?.currentGate ?? null,
});

export function applications(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Application>(api, {
    path: "/applications",
    access: ["applications", "list"],
    summary: "List applications",
    description: "A recruiter who asks for stage=screen gets their review queue: what waits at a gate of theirs.",
    noun: applicationNoun,
    filters,
    item: ApplicationShape,
    run: listApplications,
    present: application,
  });
  operation(api, {
    method: "post",
    path: "/applications",
    access: ["applications", "create"],
    summary: "Begin an application",
    body: ApplicationInput,
    replies: [201, ApplicationShape],
    run: (ctx, { body }) => createApplication(ctx, { jobId: body.job_id, candidateId: body.candidate_id, ...toWords(body) }),
    present: changed,
  });
  readOperation<Application>(api, {
    path: "/applications/{id}",
    access: ["applications", "get"],
    summary: "Read an application",
    noun: applicationNoun,
    item: ApplicationShape,
    run: getApplication,
    present: application,
  });
  operation(api, {
    method: "patch",
    path: "/applications/{id}",
    access: ["applications", "update"],
    summary: "Change what an application says",
    body: ApplicationChanges,
    replies: [200, ApplicationShape],
    run: (ctx, { params, body }: { params: { id: string }; body: z.infer<typeof ApplicationChanges> }) =>
      updateApplication(ctx, params.id, toWords(body), body.version),
    present: changed,
  });

  const action = <Body extends object>(
    name: string,
    summaryText: string,
    body: z.ZodType<Body>,
    run: (ctx: Parameters<typeof submitApplication>[0], id: string, body: Body) => Promise<ChangedDeal>,
  ) =>
    operation<{ id: string }, object, Body, ChangedDeal>(api, {
      method: "post",
      path: `/applications/{id}/${name}`,
      access: ["applications", name],
      summary: summaryText,
      body,
      replies: [200, ApplicationShape],
      run: (ctx, input) => run(ctx, input.params.id, input.body),
      present: changed,
    });

  action("submit", "Submit an application", Nothing, (ctx, id, { version }) => submitApplication(ctx, id, version));
  action("return-to-draft", "Take an application back to edit it", Nothing, (ctx, id, { version }) => returnToDraft(ctx, id, version));
  action("trigger-ai-review", "Ask for an assessment", Nothing, (ctx, id, { version }) => triggerAiReview(ctx, id, version));
  action(
    "withdraw",
    "Withdraw an application",
    z.strictObject({ note: text(2_000).nullish(), reason: OverrideReason, version: z.int().optional() }),
    (ctx, id, body) => withdrawDeal(ctx, { applicationId: id }, body.note ?? null, body.version),
  );
  action("accept-offer", "Accept the offer", Nothing, (ctx, id, { version }) => acceptOffer(ctx, id, version));
  action("reactivate", "Bring an expired application back", z.strictObject({ reason: text(2_000) }), (ctx, id, body) =>
    reactivateDeal(ctx, id, body.reason),
  );
}
