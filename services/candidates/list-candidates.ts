import type { Context } from "../context.ts";
import { listOf, type ListQuery, type Page } from "../listing.ts";
import { type Candidate, candidateNoun, searchableFor } from "./candidate.ts";

/** One page of the candidates the caller may see; who is only a candidate sees exactly themselves. */
export const listCandidates = (ctx: Context, query: ListQuery): Promise<Page<Candidate>> =>
  listOf<Candidate>(ctx, candidateNoun, query, query.search ? searchableFor(query.search) : undefined);
