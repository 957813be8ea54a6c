import { sql } from "drizzle-orm";
import { companies, slugRedirects } from "#db/schema/ats.ts";
import { select } from "#db/statements.ts";
import type { Context } from "../context.ts";

/** A company as anybody knows it who has its address. */
export interface AddressedCompany {
  id: string;
  slug: string;
}

/** The active company with this id, or that answers to this slug, by an earlier one too; null where there is none. */
export async function addressedCompany(ctx: Context, by: { id: string } | { slug: string }): Promise<AddressedCompany | null> {
  const meant =
    "id" in by
      ? sql`${companies.id} = ${by.id}::uuid`
      : sql`(${companies.slug} = ${by.slug} or ${companies.id} = (select ${slugRedirects.companyId} from ${slugRedirects}
          where ${slugRedirects.slug} = ${by.slug} and ${slugRedirects.expiresAt} > ops.now()))`;
  const [[found]] = await ctx.read(
    select({ id: companies.id, slug: companies.slug })
      .from(companies)
      .where(sql`${meant} and ${companies.status} = 'active' and ${companies.deletedAt} is null`)
      .limit(1),
  );
  return found ?? null;
}
