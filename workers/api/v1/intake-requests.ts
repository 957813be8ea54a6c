import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { INTAKE_SOURCES, INTAKE_STATUSES } from "#db/schema/ats.ts";
import type { IntakeRequest } from "#services/intake-requests/intake-request.ts";
import { getIntakeOf, intakesAfter } from "#services/intake-requests/own-intakes.ts";
import type { ApiEnv } from "../app.ts";
import { Id } from "../v2/shapes.ts";
import { listOperation, operation } from "./operation.ts";
import { at, born, id, instant, oneOf, words } from "./shapes.ts";

const IntakeRequestShape = z
  .object({
    id: id("The request"),
    company_id: id("The company it was handed in to"),
    source: oneOf("Through what it came", INTAKE_SOURCES),
    origin: words("Of the page its widget stood in", "https://www.acme.com").nullable(),
    fields: z
      .record(z.string(), z.string())
      .openapi({ description: "The answers, by the names of the questions", example: { role_title: "Cook" } }),
    status: oneOf("What became of it", INTAKE_STATUSES),
    role_id: id("The draft it was accepted as").nullable(),
    submitted_at: at("When it was handed in"),
    handled_at: at("When it was accepted or declined").nullable(),
    ...born,
  })
  .openapi("IntakeRequest");

const request = (row: IntakeRequest): z.infer<typeof IntakeRequestShape> => ({
  id: row.id,
  company_id: row.companyId,
  source: row.source,
  origin: row.origin,
  fields: row.fields,
  status: row.status,
  role_id: row.jobId,
  submitted_at: instant(row.createdAt),
  handled_at: instant(row.handledAt),
  created_at: instant(row.createdAt),
  updated_at: instant(row.updatedAt),
  version: row.version,
});

export function intakeRequests(api: OpenAPIHono<ApiEnv>): void {
  listOperation<IntakeRequest>(api, {
    path: "/intake-requests",
    need: "read:roles",
    access: ["intake-requests", "list"],
    summary: "List roles that were handed in",
    description: "Of a company account: what came through its own pages and its widget.",
    filters: z.object({ status: z.enum(INTAKE_STATUSES), source: z.enum(INTAKE_SOURCES), company_id: Id }),
    item: IntakeRequestShape,
    run: intakesAfter,
    present: request,
  });
  operation<{ id: string }, object, undefined, IntakeRequest>(api, {
    method: "get",
    path: "/intake-requests/{id}",
    need: "read:roles",
    access: ["intake-requests", "get"],
    summary: "Read a role that was handed in",
    replies: [200, IntakeRequestShape],
    run: (ctx, { params }) => getIntakeOf(ctx, params.id),
    present: request,
  });
}
