import { type SQL, sql } from "drizzle-orm";
import { applications, candidates } from "#db/schema/ats.ts";
import type { Context } from "../context.ts";
import { readableApplications, waysToApplications } from "../deals/access.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { getOne, type Noun, type Way } from "../listing.ts";
import { requireScope } from "../scopes.ts";
import { readableCandidates } from "./access.ts";
import { type Candidate, candidateNoun } from "./candidate.ts";

/** Each way to the candidates whose applications the caller may see: a recruiter's own, those on a company's jobs. */
const waysOfApplications = (): Way[] =>
  waysToApplications().map(({ rows, opensTo }) => ({
    rows: sql`(${readableCandidates()} and ${candidates.id} in (select ${applications.candidateId} from ${applications} where ${rows}))`,
    opensTo,
  }));

/** Candidates as partners meet them: never a profile that nobody submitted (PLATFORM §6). */
const submittedCandidateNoun: Noun<Candidate> = {
  ...candidateNoun,
  readable: (): SQL =>
    sql`(${sql.join(
      waysOfApplications().map(({ rows }) => rows),
      sql` or `,
    )})`,
  ways: waysOfApplications,
  filters: {
    job_id: (id: string) =>
      sql`${candidates.id} in (select ${applications.candidateId} from ${applications} where ${applications.jobId} = ${id} and ${readableApplications()})`,
  },
};

/** One page of the candidates in applications the caller may see, beginning after a place. */
export async function submittedCandidatesAfter(ctx: Context, query: KeysetQuery): Promise<KeysetPage<Candidate>> {
  requireScope(ctx, "read:candidates");
  return listAfter<Candidate>(ctx, submittedCandidateNoun, query);
}

/** One candidate in an application the caller may see, or 404. */
export async function getSubmittedCandidate(ctx: Context, id: string): Promise<Candidate> {
  requireScope(ctx, "read:candidates");
  return getOne<Candidate>(ctx, submittedCandidateNoun, id);
}
