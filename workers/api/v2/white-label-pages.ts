import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { PAGE_VISIBILITIES, SHOWN_ROLES } from "#db/schema/ats.ts";
import { getOne } from "#services/listing.ts";
import { changePage, type PageChanges, type PageSettings, pageSettings } from "#services/white-label/page-settings.ts";
import type { ApiEnv } from "../app.ts";
import { operation, readOperation } from "../operation.ts";
import { defined, distinct, Id, Instant, OverrideReason, text } from "./shapes.ts";

const PageShape = z
  .object({
    company_id: Id,
    visibility: z.enum(PAGE_VISIBILITIES),
    roles: z.enum(SHOWN_ROLES),
    job_ids: z.array(Id),
    welcome: z.string().nullable(),
    instructions: z.string().nullable(),
    thanks: z.string().nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("WhiteLabelPage");

const PagePatch = z
  .strictObject({
    visibility: z.enum(PAGE_VISIBILITIES).optional().openapi({ description: "A private page asks for an access code" }),
    roles: z.enum(SHOWN_ROLES).optional(),
    job_ids: distinct(Id, 200).optional().openapi({ description: "Where the roles are `selected`" }),
    welcome: text(2_000).nullish(),
    instructions: text(5_000).nullish(),
    thanks: text(2_000).nullish(),
    reason: OverrideReason,
    version: z.int().optional(),
  })
  .openapi("WhiteLabelPagePatch");

/** What leaves the house of a page's settings. */
const page = (row: PageSettings) => ({
  company_id: row.companyId,
  visibility: row.visibility,
  roles: row.roles,
  job_ids: row.jobIds,
  welcome: row.welcome,
  instructions: row.instructions,
  thanks: row.thanks,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

export function whiteLabelPages(api: OpenAPIHono<ApiEnv>): void {
  readOperation<PageSettings>(api, {
    path: "/white-label-pages/{id}",
    access: ["white-label-pages", "get"],
    summary: "Read what a company's own pages show",
    description: "The id is the company's. 404 before it chose anything: then they are public and show no role.",
    noun: pageSettings.noun,
    item: PageShape,
    run: (ctx, id, include) => getOne<PageSettings>(ctx, pageSettings.noun, id, include),
    present: page,
  });
  operation(api, {
    method: "patch",
    path: "/white-label-pages/{id}",
    access: ["white-label-pages", "update"],
    summary: "Say what a company's own pages show",
    description: "By the company's admins. The id is the company's.",
    params: z.object({ id: Id }),
    body: PagePatch,
    replies: [200, PageShape],
    run: (ctx, { params: { id }, body: { version, reason: _, job_ids: jobIds, ...body } }) =>
      changePage(ctx, id, defined({ ...body, jobIds }) as PageChanges, version),
    present: page,
  });
}
