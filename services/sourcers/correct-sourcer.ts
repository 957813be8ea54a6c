import { sql } from "drizzle-orm";
import { candidates, companies } from "#db/schema/ats.ts";
import { candidateSourcers, companySourcers, recruiters } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { conflict, notFound } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, readable, remove, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { readableCandidateSourcers, readableCompanySourcers, requireCorrector } from "./access.ts";
import type { CandidateSourcer, CompanySourcer } from "./sourcer.ts";

interface Correction {
  sourcerRecruiterId: string;
  sourcedAt: Date | null;
}

const sourcedAlready = () => conflict("Somebody sourced them already. Remove that first, with a reason.", { reason: "sourced" });

/** A platform admin says, with a reason, who brought a candidate nobody is known to have brought. */
export async function addCandidateSourcer(
  ctx: Context,
  { candidateId, ...correction }: Correction & { candidateId: string },
): Promise<CandidateSourcer> {
  return deciding(
    ctx,
    async () => {
      const [[candidate], [recruiter]] = await ctx.read(
        select({ id: candidates.id })
          .from(candidates)
          .where(sql`${candidates.id} = ${candidateId}`),
        select({ id: recruiters.id })
          .from(recruiters)
          .where(sql`${recruiters.id} = ${correction.sourcerRecruiterId}`),
      );
      requireCorrector(ctx);
      if (!candidate) throw notFound("candidate", candidateId);
      if (!recruiter) throw notFound("recruiter", correction.sourcerRecruiterId);
      ctx.override();
      const row = newRow(ctx, candidateSourcers, {
        candidateId,
        sourcerRecruiterId: recruiter.id,
        sourcedAt: correction.sourcedAt ?? ctx.now(),
      });
      return commit(ctx, row, {
        write: [insert(candidateSourcers, row), update(ctx, candidates, candidateId, {})],
        audit: { action: "candidate_sourcer.added", subject: { type: "candidate_sourcer", id: row.id }, after: row },
        events: [
          event(
            "candidate.sourced",
            { type: "candidate", id: candidateId },
            { candidate_id: candidateId, sourcer_recruiter_id: recruiter.id, sourced_at: row.sourcedAt.toISOString() },
          ),
        ],
      });
    },
    { candidate_sourcers_candidate_id_key: sourcedAlready },
  );
}

/** A platform admin says, with a reason, who brought a company nobody is known to have brought. */
export async function addCompanySourcer(
  ctx: Context,
  { companyId, ...correction }: Correction & { companyId: string },
): Promise<CompanySourcer> {
  return deciding(
    ctx,
    async () => {
      const [[company], [recruiter]] = await ctx.read(
        select({ id: companies.id })
          .from(companies)
          .where(sql`${companies.id} = ${companyId}`),
        select({
          id: recruiters.id,
          employed: computed<boolean>("employed", sql`network.is_employee(${recruiters.id}, ${companyId}::uuid)`),
        })
          .from(recruiters)
          .where(sql`${recruiters.id} = ${correction.sourcerRecruiterId}`),
      );
      requireCorrector(ctx);
      if (!company) throw notFound("company", companyId);
      if (!recruiter) throw notFound("recruiter", correction.sourcerRecruiterId);
      ctx.override();
      if (recruiter.employed) throw conflict("Employees of a company are not its sourcers.", { reason: "company_employee" });
      const row = newRow(ctx, companySourcers, {
        companyId,
        sourcerRecruiterId: recruiter.id,
        sourcedAt: correction.sourcedAt ?? ctx.now(),
      });
      return commit(ctx, row, {
        write: [insert(companySourcers, row), update(ctx, companies, companyId, {})],
        audit: { action: "company_sourcer.added", subject: { type: "company_sourcer", id: row.id }, after: row, companyId },
        events: [
          event(
            "company.sourced",
            { type: "company", id: companyId },
            { company_id: companyId, sourcer_recruiter_id: recruiter.id, sourced_at: row.sourcedAt.toISOString() },
          ),
        ],
      });
    },
    { company_sourcers_company_id_key: sourcedAlready },
  );
}

/** A platform admin takes a wrong attribution back, with a reason. Frozen placements keep theirs. */
export async function removeCandidateSourcer(ctx: Context, id: string): Promise<{ id: string }> {
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(
      select()
        .from(candidateSourcers)
        .where(sql`${candidateSourcers.id} = ${id} and ${readableCandidateSourcers()}`),
    );
    const row = readable("candidate sourcer", id, found);
    requireCorrector(ctx);
    ctx.override();
    return commit(
      ctx,
      { id },
      {
        write: [remove(candidateSourcers, id), update(ctx, candidates, row.candidateId, {})],
        audit: { action: "candidate_sourcer.removed", subject: { type: "candidate_sourcer", id }, before: row },
        events: [],
      },
    );
  });
}

/** As `removeCandidateSourcer`, for a company. */
export async function removeCompanySourcer(ctx: Context, id: string): Promise<{ id: string }> {
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(
      select()
        .from(companySourcers)
        .where(sql`${companySourcers.id} = ${id} and ${readableCompanySourcers()}`),
    );
    const row = readable("company sourcer", id, found);
    requireCorrector(ctx);
    ctx.override();
    return commit(
      ctx,
      { id },
      {
        write: [remove(companySourcers, id), update(ctx, companies, row.companyId, {})],
        audit: {
          action: "company_sourcer.removed",
          subject: { type: "company_sourcer", id },
          before: row,
          companyId: row.companyId,
        },
        events: [],
      },
    );
  });
}
