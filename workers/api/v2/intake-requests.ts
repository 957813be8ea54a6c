import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { INTAKE_SOURCES, INTAKE_STATUSES, INTAKE_TYPES } from "#db/schema/ats.ts";
import { answerIntake } from "#services/intake-requests/answer-intake.ts";
import { getIntake, type IntakeRequest, intakeRequestNoun, listIntakes } from "#services/intake-requests/intake-request.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation, readOperation } from "../operation.ts";
import { Id, instant, Instant, OverrideReason } from "./shapes.ts";

const IntakeShape = z
  .object({
    id: Id,
    company_id: Id,
    source: z.enum(INTAKE_SOURCES),
    widget_type: z.enum(INTAKE_TYPES).nullable(),
    origin: z.string().nullable(),
    fields: z.record(z.string(), z.string()).openapi({ description: "What was written, by the names of the fields" }),
    status: z.enum(INTAKE_STATUSES),
    job_id: Id.nullable().openapi({ description: "The draft that came of it" }),
    handled_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("IntakeRequest");

const Answer = z.strictObject({ reason: OverrideReason, version: z.int().optional() }).openapi("IntakeRequestAnswer");

const filters = z.object({ status: z.enum(INTAKE_STATUSES), company_id: Id, source: z.enum(INTAKE_SOURCES) });

/** What leaves the house of what was handed in. */
const intakeRequest = (row: IntakeRequest) => ({
  id: row.id,
  company_id: row.companyId,
  source: row.source,
  widget_type: row.widgetType,
  origin: row.origin,
  fields: { ...row.fields },
  status: row.status,
  job_id: row.jobId,
  handled_at: instant(row.handledAt),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

export function intakeRequests(api: OpenAPIHono<ApiEnv>): void {
  listOperation<IntakeRequest>(api, {
    path: "/intake-requests",
    access: ["intake-requests", "list"],
    summary: "List the roles that were handed in",
    description: "For the company's people.",
    noun: intakeRequestNoun,
    filters,
    item: IntakeShape,
    run: listIntakes,
    present: intakeRequest,
  });
  readOperation<IntakeRequest>(api, {
    path: "/intake-requests/{id}",
    access: ["intake-requests", "get"],
    summary: "Read a role that was handed in",
    noun: intakeRequestNoun,
    item: IntakeShape,
    run: getIntake,
    present: intakeRequest,
  });
  for (const [verb, answer, summary] of [
    ["accept", "accepted", "Accept a role that was handed in: it becomes a draft"],
    ["decline", "declined", "Decline a role that was handed in"],
  ] as const) {
    operation(api, {
      method: "post",
      path: `/intake-requests/{id}/${verb}`,
      params: idParameter,
      access: ["intake-requests", verb],
      summary,
      description: "By the company's admins, once.",
      body: Answer,
      replies: [200, IntakeShape],
      run: (ctx, { params: { id }, body }) => answerIntake(ctx, id, answer, body.version),
      present: intakeRequest,
    });
  }
}
