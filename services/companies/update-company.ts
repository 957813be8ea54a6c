import { companies } from "#db/schema/ats.ts";
import { event } from "#domain/events/catalogue.ts";
import { forbidden } from "#domain/refusals.ts";
import { asItStands, commit, deciding, differing, editable, expectVersion, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { type Company, companyNoun } from "./company.ts";
import { type CompanyProfile, companySlugTaken, requireSlug } from "./create-company.ts";

export type CompanyChanges = CompanyProfile & { status?: Company["status"] };

/** Changes what a company says of itself; whether it is active is the platform's to say. */
export async function updateCompany(ctx: Context, id: string, changes: CompanyChanges, version?: number): Promise<Company> {
  return deciding(
    ctx,
    async () => {
      const [[found]] = await ctx.read(rowById<Company>(ctx, companyNoun, id));
      const before = editable(ctx, "company", id, found as Company | undefined);
      if (changes.status !== undefined && changes.status !== before.status && !ctx.access.isPlatformAdmin) {
        throw forbidden("Platform admins say whether a company is active.");
      }
      expectVersion(ctx, before, version);
      if (changes.slug !== before.slug) requireSlug(changes.slug);
      const asked = { ...changes, ...(changes.settings ? { settings: { ...before.settings, ...changes.settings } } : {}) };
      const written = differing(before, asked);
      if (!written) return asItStands(ctx, before);
      const after: Company = { ...before, ...written, version: before.version + 1, updatedAt: ctx.now() };
      return commit(ctx, after, {
        expect: [unchanged(companies, before)],
        write: [update(ctx, companies, id, written)],
        audit: { action: "company.updated", subject: { type: "company", id }, before, after, companyId: id },
        events: [event("company.updated", { type: "company", id }, { company_id: id, updated_fields: Object.keys(written) })],
      });
    },
    { companies_slug_unique: companySlugTaken },
  );
}
