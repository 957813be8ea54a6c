import { sql } from "drizzle-orm";
import { companies } from "#db/schema/ats.ts";
import { select } from "#db/statements.ts";
import type { Context } from "../context.ts";

export interface OwnCompany {
  id: string;
  name: string;
  slug: string;
}

/** The companies that the caller administers, by name. */
export async function ownCompanies(ctx: Context): Promise<OwnCompany[]> {
  const [found] = await ctx.read(
    select({ id: companies.id, name: companies.name, slug: companies.slug })
      .from(companies)
      .where(sql`${companies.id} = any((select ops.admin_company_ids())::uuid[]) and ${companies.deletedAt} is null`)
      .orderBy(companies.name, companies.id),
  );
  return found;
}
