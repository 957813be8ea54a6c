import { sql } from "drizzle-orm";
import { candidateSourcers, companySourcers } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import type { Context } from "../context.ts";
import { requireAttribution } from "./access.ts";

/** Whether somebody is the sourcer for good, and whether that is the caller. Who it is stays hidden. */
export interface Protection {
  protected: boolean;
  isSelf: boolean;
}

/** Whether a candidate has a sourcer. One the caller does not know looks like one without. */
export const checkCandidateProtection = (ctx: Context, candidateId: string): Promise<Protection> =>
  check(ctx, candidateSourcers, sql`${candidateSourcers.candidateId} = ${candidateId}`);

/** Whether a company has a sourcer. */
export const checkCompanyProtection = (ctx: Context, companyId: string): Promise<Protection> =>
  check(ctx, companySourcers, sql`${companySourcers.companyId} = ${companyId}`);

async function check(
  ctx: Context,
  table: typeof candidateSourcers | typeof companySourcers,
  where: ReturnType<typeof sql>,
): Promise<Protection> {
  const isSelf = computed<boolean>("is_self", sql`coalesce(${table.sourcerRecruiterId} = (select ops.recruiter_id()), false)`);
  const [[found]] = await ctx.read(
    select({ isSelf })
      .from(table as typeof candidateSourcers)
      .where(where),
  );
  requireAttribution(ctx);
  return { protected: found !== undefined, isSelf: found?.isSelf ?? false };
}
