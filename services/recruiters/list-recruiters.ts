import type { Context } from "../context.ts";
import { listOf, type ListQuery, type Page } from "../listing.ts";
import { type Recruiter, recruiterNoun } from "./recruiter.ts";

/** One page of the recruiters the caller may see: for the public, the marketplace's. */
export const listRecruiters = (ctx: Context, query: ListQuery): Promise<Page<Recruiter>> => listOf<Recruiter>(ctx, recruiterNoun, query);
