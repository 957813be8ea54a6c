import { sql } from "drizzle-orm";
import { candidates } from "#db/schema/ats.ts";
import { notFound } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, readOne } from "../listing.ts";
import { type Candidate, candidateNoun } from "./candidate.ts";

/** One candidate the caller may see, or 404. */
export const getCandidate = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Candidate>> =>
  getOne<Candidate>(ctx, candidateNoun, id, include);

/** The caller's own candidate record, or 404: the test of who is a candidate (DOMAIN §1.3). */
export async function getOwnCandidate(ctx: Context, _id: string, include: readonly string[]): Promise<Included<Candidate>> {
  const row = await readOne<Candidate>(ctx, candidateNoun, sql`${candidates.id} = (select ops.candidate_id())`, include);
  if (!row) throw notFound("candidate record of yours");
  return row;
}
