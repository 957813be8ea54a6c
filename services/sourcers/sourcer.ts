import { eq, getTableColumns, sql } from "drizzle-orm";
import { candidates } from "#db/schema/ats.ts";
import { candidateSourcers, companySourcers, recruiters } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { readableCandidates } from "../candidates/access.ts";
import { candidateNoun } from "../candidates/candidate.ts";
import type { Noun } from "../listing.ts";
import { companyOf } from "../neighbours.ts";
import { recruiterNoun } from "../recruiters/recruiter.ts";
import { readableCandidateSourcers, readableCompanySourcers, waysToCandidateSourcers, waysToCompanySourcers } from "./access.ts";

/** Who brought a candidate, for good. */
export type CandidateSourcer = typeof candidateSourcers.$inferSelect;
/** Who brought a company, for good. */
export type CompanySourcer = typeof companySourcers.$inferSelect;

/** Attribution has no `updated_at`: it never changes. */
const sorts = (table: typeof candidateSourcers | typeof companySourcers) => ({ updated_at: table.createdAt, sourced_at: table.sourcedAt });

export const candidateSourcerNoun = {
  name: "candidate sourcer",
  table: candidateSourcers,
  columns: getTableColumns(candidateSourcers),
  readable: readableCandidateSourcers,
  ways: waysToCandidateSourcers,
  sorts: sorts(candidateSourcers),
  filters: {
    candidate_id: (id: string) => eq(candidateSourcers.candidateId, id),
    sourcer_recruiter_id: (id: string) => eq(candidateSourcers.sourcerRecruiterId, id),
  },
  includes: {
    candidate: {
      rows: (ids) =>
        select(candidateNoun.columns)
          .from(candidates)
          .where(sql`${candidates.id} in (select candidate_id from ${candidateSourcers} where id in ${ids}) and ${readableCandidates()}`),
      parentKey: "candidateId",
      childKey: "id",
      many: false,
    },
    recruiter: {
      rows: (ids) =>
        select(recruiterNoun.columns)
          .from(recruiters)
          .where(sql`${recruiters.id} in (select sourcer_recruiter_id from ${candidateSourcers} where id in ${ids})`),
      parentKey: "sourcerRecruiterId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<CandidateSourcer>;

export const companySourcerNoun = {
  name: "company sourcer",
  table: companySourcers,
  columns: getTableColumns(companySourcers),
  readable: readableCompanySourcers,
  ways: waysToCompanySourcers,
  sorts: sorts(companySourcers),
  filters: {
    company_id: (id: string) => eq(companySourcers.companyId, id),
    sourcer_recruiter_id: (id: string) => eq(companySourcers.sourcerRecruiterId, id),
  },
  includes: {
    company: companyOf((ids) => sql`(select company_id from ${companySourcers} where id in ${ids})`),
    recruiter: {
      rows: (ids) =>
        select(recruiterNoun.columns)
          .from(recruiters)
          .where(sql`${recruiters.id} in (select sourcer_recruiter_id from ${companySourcers} where id in ${ids})`),
      parentKey: "sourcerRecruiterId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<CompanySourcer>;
