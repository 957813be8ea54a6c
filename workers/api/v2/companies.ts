import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { COMPANY_STATUSES } from "#db/schema/ats.ts";
import { type Company, companyNoun } from "#services/companies/company.ts";
import { type CompanyProfile, createCompany } from "#services/companies/create-company.ts";
import { deleteCompany } from "#services/companies/delete-company.ts";
import { type CompanyChanges, updateCompany } from "#services/companies/update-company.ts";
import { getOne, type Included, listOf } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation, readOperation } from "../operation.ts";
import { defined, Deleted, deleted, Id, included, Instant, OverrideReason, Slug, summary, text, WebAddress } from "./shapes.ts";

const Settings = z.strictObject({ hiring_manager_may_hire: z.boolean().optional() });

const CompanyShape = z
  .object({
    id: Id,
    name: z.string().openapi({ example: "Acme" }),
    slug: z.string(),
    website: z.string().nullable(),
    industry: z.string().nullable(),
    company_size: z.string().nullable(),
    headquarters_location: z.string().nullable(),
    description: z.string().nullable(),
    logo_url: z.string().nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
    organization_id: Id.optional().openapi({ description: "With what follows: for the company, its recruiters and platform admins" }),
    status: z.enum(COMPANY_STATUSES).optional(),
    is_marketplace_listed: z.boolean().optional(),
    settings: Settings.optional(),
    jobs_count: z.int().optional().openapi({ description: "Included on demand: the jobs the caller may see" }),
  })
  .catchall(z.unknown())
  .openapi("Company");

const profile = {
  name: text(200),
  slug: Slug.optional(),
  website: WebAddress.nullish(),
  industry: text(100).nullish(),
  company_size: text(50).nullish(),
  headquarters_location: text(200).nullish(),
  description: text(20_000).nullish(),
  logo_url: WebAddress.nullish(),
  is_marketplace_listed: z.boolean().optional(),
  settings: Settings.optional(),
};

const CompanyInput = z.strictObject({ organization_id: Id, ...profile, reason: OverrideReason }).openapi("CompanyInput");
const CompanyPatch = z
  .strictObject({
    ...profile,
    name: profile.name.optional(),
    status: z.enum(COMPANY_STATUSES).optional().openapi({ description: "By platform admins" }),
    reason: OverrideReason,
    version: z.int().optional(),
  })
  .openapi("CompanyPatch");

const filters = z.object({ industry: text(100), status: z.enum(COMPANY_STATUSES), organization_id: Id });

const toProfile = (body: Partial<z.infer<typeof CompanyInput>>): CompanyProfile =>
  defined({
    name: body.name,
    slug: body.slug,
    website: body.website,
    industry: body.industry,
    companySize: body.company_size,
    headquartersLocation: body.headquarters_location,
    description: body.description,
    logoUrl: body.logo_url,
    isMarketplaceListed: body.is_marketplace_listed,
    settings: body.settings,
  }) as CompanyProfile;

/** What leaves the house of a company: the public profile for everyone, the rest for those who work with it. */
export const company = (row: Company | Included<Company>) => ({
  id: row.id,
  name: row.name,
  slug: row.slug,
  website: row.website,
  industry: row.industry,
  company_size: row.companySize,
  headquarters_location: row.headquartersLocation,
  description: row.description,
  logo_url: row.logoUrl,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...(row.whole
    ? {
        organization_id: row.identityOrganizationId,
        status: row.status,
        is_marketplace_listed: row.isMarketplaceListed,
        settings: row.settings,
      }
    : {}),
  ...included(row, { jobs_count: ({ count }: { count: number }) => count, sourcer: summary }),
});

export function companies(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Company>(api, {
    path: "/companies",
    access: ["companies", "list"],
    summary: "List companies",
    audience: "public",
    noun: companyNoun,
    filters,
    item: CompanyShape,
    run: (ctx, query) => listOf<Company>(ctx, companyNoun, query),
    present: company,
  });
  operation(api, {
    method: "post",
    path: "/companies",
    access: ["companies", "create"],
    summary: "Found a company",
    description: "By platform admins, and by admins of the whole organization.",
    body: CompanyInput,
    replies: [201, CompanyShape],
    run: (ctx, { body }) => createCompany(ctx, body.organization_id, { ...toProfile(body), name: body.name }),
    present: company,
  });
  readOperation<Company>(api, {
    path: "/companies/{id}",
    access: ["companies", "get"],
    summary: "Read a company",
    audience: "public",
    noun: companyNoun,
    item: CompanyShape,
    run: (ctx, id, include) => getOne<Company>(ctx, companyNoun, id, include),
    present: company,
  });
  operation(api, {
    method: "patch",
    path: "/companies/{id}",
    params: idParameter,
    access: ["companies", "update"],
    summary: "Change a company",
    body: CompanyPatch,
    replies: [200, CompanyShape],
    run: (ctx, { params: { id }, body }) =>
      updateCompany(
        ctx,
        id,
        { ...toProfile(body as Partial<z.infer<typeof CompanyInput>>), ...defined({ status: body.status }) } as CompanyChanges,
        body.version,
      ),
    present: company,
  });
  operation(api, {
    method: "delete",
    path: "/companies/{id}",
    params: idParameter,
    access: ["companies", "delete"],
    summary: "Remove a company",
    description: "Refused while jobs are open or deals are live.",
    replies: [200, Deleted],
    run: (ctx, { params: { id } }) => deleteCompany(ctx, id),
    present: deleted,
  });
}
