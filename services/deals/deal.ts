import { eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { candidateRoleAssignments as deals, candidates, craGateFeedback, jobs } from "#db/schema/ats.ts";
import { candidateSourcers, companySourcers } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import type { Noun } from "../listing.ts";
import { candidateOf, jobOf, recruiterOf } from "../neighbours.ts";
import { openDeals, readableDeals, waysToDeals } from "./access.ts";
import { readableFeedback } from "./feedback-access.ts";

export type Deal = typeof deals.$inferSelect & {
  /** Whether notes and history may be told, or the summary only (D-4). */
  open: boolean;
  jobTitle: string;
  /** Null for who may see the summary only. */
  candidateName: string | null;
};

const page = (ids: SQL, column: string): SQL => sql`(select ${sql.identifier(column)} from ${deals} where id in ${ids})`;

/** The states from which a deal goes nowhere. */
export const ENDED_STATES = sql.raw("('rejected', 'declined', 'withdrawn', 'timed_out', 'closed')");

/** The deals that wait for the caller: their gate, their answer. */
export const awaitsCaller = (): SQL => sql`(
  (${deals.currentGate} = 'candidate_recruiter' and ${deals.state} <> 'info_requested' and ${deals.candidateRecruiterId} = (select ops.active_recruiter_id()))
  or (${deals.currentGate} = 'company_recruiter' and ${deals.state} <> 'info_requested' and ${deals.companyRecruiterId} = (select ops.active_recruiter_id()))
  or (${deals.currentGate} = 'company' and ${deals.state} <> 'info_requested' and ${deals.companyId} = any((select ops.company_ids())::uuid[]))
  or (${deals.state} = 'proposed' and ((${deals.proposalType} = 'collaboration' and ${deals.candidateRecruiterId} = (select ops.active_recruiter_id()))
    or (${deals.proposalType} <> 'collaboration' and ${deals.candidateId} = (select ops.candidate_id()))))
  or (${deals.state} = 'info_requested' and exists (select 1 from ${craGateFeedback} f where f.assignment_id = ${deals.id} and f.feedback_type = 'info_request'
    and ((f.addressee_type = 'candidate' and ${deals.candidateId} = (select ops.candidate_id()))
      or (f.addressee_type = 'candidate_recruiter' and ${deals.candidateRecruiterId} = (select ops.active_recruiter_id()))
      or (f.addressee_type = 'company_recruiter' and ${deals.companyRecruiterId} = (select ops.active_recruiter_id()))))))`;

export const dealNoun = {
  name: "deal",
  table: deals,
  columns: {
    ...getTableColumns(deals),
    open: computed<boolean>("open", openDeals()),
    /** A company reads of the gates before its own only that they were passed (DOMAIN §1.4). */
    gatesOfCompanyOnly: computed<boolean>(
      "gates_of_company_only",
      sql`coalesce(${deals.companyId} = any((select ops.company_ids())::uuid[]) and not (select ops.is_admin())
        and (select ops.recruiter_id()) is distinct from ${deals.candidateRecruiterId}
        and (select ops.recruiter_id()) is distinct from ${deals.companyRecruiterId}, false)`,
    ),
    betweenRecruiters: computed<boolean>(
      "between_recruiters",
      sql`coalesce(${deals.proposalType} = 'collaboration' and not (select ops.is_admin())
        and (select ops.recruiter_id()) is distinct from ${deals.candidateRecruiterId}
        and (select ops.recruiter_id()) is distinct from ${deals.companyRecruiterId}, false)`,
    ),
    jobTitle: computed<string>("job_title", sql`(select j.title from ${jobs} j where j.id = ${deals.jobId})`),
    candidateName: computed<string | null>(
      "candidate_name",
      sql`case when ${openDeals()} then (select c.full_name from ${candidates} c where c.id = ${deals.candidateId}) end`,
    ),
  },
  readable: readableDeals,
  ways: waysToDeals,
  filters: {
    job_id: (id: string) => eq(deals.jobId, id),
    candidate_id: (id: string) => eq(deals.candidateId, id),
    candidate_recruiter_id: (id: string) => eq(deals.candidateRecruiterId, id),
    company_recruiter_id: (id: string) => eq(deals.companyRecruiterId, id),
    state: (states: readonly string[]) => sql`${deals.state} = any(${`{${states.join(",")}}`}::text[])`,
    current_gate: (gate: string) => sql`${deals.currentGate} = ${gate}`,
    active: (live: boolean) => (live ? sql`${deals.state} not in ${ENDED_STATES}` : sql`${deals.state} in ${ENDED_STATES}`),
    awaiting_me: (wanted: boolean) => (wanted ? awaitsCaller() : sql`(${awaitsCaller()}) is not true`),
  },
  includes: {
    candidate: candidateOf((ids) => sql`(select candidate_id from ${deals} where id in ${ids} and ${openDeals()})`),
    job: jobOf((ids) => page(ids, "job_id")),
    candidate_recruiter: recruiterOf((ids) => page(ids, "candidate_recruiter_id"), "candidateRecruiterId"),
    company_recruiter: recruiterOf((ids) => page(ids, "company_recruiter_id"), "companyRecruiterId"),
    feedback: {
      rows: (ids) =>
        select()
          .from(craGateFeedback)
          .where(sql`${craGateFeedback.assignmentId} in ${ids} and ${readableFeedback()}`)
          .orderBy(craGateFeedback.createdAt, craGateFeedback.id),
      childKey: "assignmentId",
      many: true,
    },
    sourcers: {
      rows: (ids) =>
        select({
          id: deals.id,
          candidateSourcerRecruiterId: computed<string | null>(
            "candidate_sourcer",
            sql`(select s.sourcer_recruiter_id from ${candidateSourcers} s where s.candidate_id = ${deals.candidateId})`,
          ),
          companySourcerRecruiterId: computed<string | null>(
            "company_sourcer",
            sql`(select s.sourcer_recruiter_id from ${companySourcers} s where s.company_id = ${deals.companyId})`,
          ),
        })
          .from(deals)
          .where(sql`${deals.id} in ${ids}`),
      childKey: "id",
      many: false,
      allowed: (ctx) => ctx.access.isPlatformAdmin,
    },
  },
} satisfies Noun<Deal>;
