import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { REQUIREMENT_TYPES } from "#db/schema/ats.ts";
import { type Requirement, requirementNoun, requirements } from "#services/jobs/parts.ts";
import { getOne, listOf } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { defined, Deleted, deleted, Id, Instant, OverrideReason, text } from "./shapes.ts";

const RequirementShape = z
  .object({
    id: Id,
    job_id: Id,
    requirement_type: z.enum(REQUIREMENT_TYPES),
    description: z.string(),
    sort_order: z.int(),
    created_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("JobRequirement");

/** A requirement, on its own or inside a job. */
export const requirement = (row: Omit<Requirement, "editable">) => ({
  id: row.id,
  job_id: row.jobId,
  requirement_type: row.requirementType,
  description: row.description,
  sort_order: row.sortOrder,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

const fields = { requirement_type: z.enum(REQUIREMENT_TYPES), description: text(2_000), sort_order: z.int().min(0).max(10_000).optional() };
const Changes = z.strictObject({ ...fields, reason: OverrideReason, version: z.int().optional() }).partial();

const toFields = (body: z.infer<typeof Changes>) =>
  defined({ requirementType: body.requirement_type, description: body.description, sortOrder: body.sort_order });

export function jobRequirements(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Requirement>(api, {
    path: "/job-requirements",
    access: ["job-requirements", "list"],
    summary: "List what a job asks for",
    audience: "public",
    noun: requirementNoun,
    filters: z.object({ job_id: Id }),
    requiredFilters: ["job_id"],
    item: RequirementShape,
    run: (ctx, query) => listOf<Requirement>(ctx, requirementNoun, query),
    present: requirement,
  });
  operation(api, {
    method: "post",
    path: "/job-requirements",
    access: ["job-requirements", "create"],
    summary: "Add a requirement",
    body: z.strictObject({ job_id: Id, ...fields, reason: OverrideReason }).openapi("JobRequirementInput"),
    replies: [201, RequirementShape],
    run: (ctx, { body }) => requirements.create(ctx, { jobId: body.job_id, ...toFields(body) }),
    present: requirement,
  });
  readOperation<Requirement>(api, {
    path: "/job-requirements/{id}",
    access: ["job-requirements", "get"],
    summary: "Read a requirement",
    audience: "public",
    noun: requirementNoun,
    item: RequirementShape,
    run: (ctx, id) => getOne<Requirement>(ctx, requirementNoun, id),
    present: requirement,
  });
  operation<{ id: string }, object, z.infer<typeof Changes>, Requirement>(api, {
    method: "patch",
    path: "/job-requirements/{id}",
    access: ["job-requirements", "update"],
    summary: "Change a requirement",
    body: Changes,
    replies: [200, RequirementShape],
    run: (ctx, { params, body }) => requirements.update(ctx, params.id, toFields(body), body.version),
    present: requirement,
  });
  operation<{ id: string }, object, undefined, { id: string }>(api, {
    method: "delete",
    path: "/job-requirements/{id}",
    access: ["job-requirements", "delete"],
    summary: "Remove a requirement",
    replies: [200, Deleted],
    run: (ctx, { params }) => requirements.delete(ctx, params.id),
    present: deleted,
  });
}
