import { sql } from "drizzle-orm";
import { recruiters } from "#db/schema/network.ts";
import { notFound } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, readOne } from "../listing.ts";
import { type Recruiter, recruiterNoun } from "./recruiter.ts";

/** One recruiter the caller may see, most of them by their public profile, or 404. */
export const getRecruiter = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Recruiter>> =>
  getOne<Recruiter>(ctx, recruiterNoun, id, include);

/** The caller's own recruiter record with its status, or 404. */
export async function getOwnRecruiter(ctx: Context, _id: string, include: readonly string[]): Promise<Included<Recruiter>> {
  const row = await readOne<Recruiter>(ctx, recruiterNoun, sql`${recruiters.id} = (select ops.recruiter_id())`, include);
  if (!row) throw notFound("recruiter record of yours");
  return row;
}
