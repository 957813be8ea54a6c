import { sql } from "drizzle-orm";
import { companies } from "#db/schema/ats.ts";
import { organizations } from "#db/schema/identity.ts";
import { computed, select } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { companySlugOf, slugFault } from "#domain/companies/slug.ts";
import { conflict, invalidField, type Refusal } from "#domain/refusals.ts";
import { commit, deciding, editable, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { editableOrganizations, readableOrganizations } from "../organizations/access.ts";
import type { Company } from "./company.ts";
import type { Right } from "../rights.ts";

/** What a company says of itself. */
export type CompanyProfile = Partial<
  Pick<
    Company,
    | "name"
    | "slug"
    | "website"
    | "industry"
    | "companySize"
    | "headquartersLocation"
    | "description"
    | "logoUrl"
    | "isMarketplaceListed"
    | "settings"
  >
>;

/** Founds a company in an organization: by platform admins, or by an admin of the whole organization. */
export async function createCompany(ctx: Context, organizationId: string, profile: CompanyProfile & { name: string }): Promise<Company> {
  return deciding(
    ctx,
    async () => {
      const [[organization]] = await ctx.read(
        select({ id: organizations.id, version: organizations.version, editable: computed<Right>("editable", editableOrganizations()) })
          .from(organizations)
          .where(sql`${organizations.id} = ${organizationId} and ${readableOrganizations()}`),
      );
      const held = editable(ctx, "organization", organizationId, organization);
      requireSlug(profile.slug);
      const id = ctx.newId();
      const { search: _, ...row } = newRow(ctx, companies, {
        ...profile,
        id,
        identityOrganizationId: organizationId,
        slug: profile.slug ?? companySlugOf(profile.name, id),
      }) as typeof companies.$inferSelect;
      return commit(
        ctx,
        { ...row, editable: "own", whole: true },
        {
          // the organization's version orders what comes into it and its removal
          expect: [unchanged(organizations, held)],
          write: [insert(companies, row), update(ctx, organizations, organizationId, {})],
          audit: { action: "company.created", subject: { type: "company", id }, after: row, companyId: id },
          events: [event("company.created", { type: "company", id }, { company_id: id })],
        },
      );
    },
    { companies_slug_unique: companySlugTaken },
  );
}

/** Refuses a slug that cannot be a company's host. */
export function requireSlug(slug: string | undefined): void {
  const fault = slug === undefined ? null : slugFault(slug);
  if (fault !== null) throw invalidField("slug", "invalid", fault);
}

export const companySlugTaken = (): Refusal => conflict("This slug is taken.", { reason: "slug_taken" });
