import { forbidden } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Page } from "../listing.ts";
import { type EnrichedRelationship, relationshipNoun } from "./relationship.ts";

/** One page of the caller's relationships. Company roles never read any: 403 (DOMAIN §1.4). */
export async function listRelationships(ctx: Context, query: ListQuery): Promise<Page<EnrichedRelationship>> {
  const page = await listOf<EnrichedRelationship>(ctx, relationshipNoun, query);
  const { isPlatformAdmin, recruiterId, candidateId } = ctx.access;
  if (!isPlatformAdmin && !recruiterId && !candidateId) throw forbidden("Relationships are shown to recruiters and their candidates.");
  return page;
}

/** One relationship the caller may see, or 404. */
export const getRelationship = (ctx: Context, id: string, include: readonly string[]): Promise<Included<EnrichedRelationship>> =>
  getOne<EnrichedRelationship>(ctx, relationshipNoun, id, include);
