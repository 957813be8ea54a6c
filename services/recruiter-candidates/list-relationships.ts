import { forbidden } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { getOne, type Included, listOf, type ListQuery, type Page } from "../listing.ts";
import { requireScope } from "../scopes.ts";
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

/** One page of whom the caller asked to represent, beginning after a place. */
export async function invitationsAfter(ctx: Context, query: KeysetQuery): Promise<KeysetPage<EnrichedRelationship>> {
  requireScope(ctx, "read:candidates");
  return listAfter<EnrichedRelationship>(ctx, relationshipNoun, query);
}

/** One of them, or 404. */
export async function readInvitation(ctx: Context, id: string): Promise<EnrichedRelationship> {
  requireScope(ctx, "read:candidates");
  return getOne<EnrichedRelationship>(ctx, relationshipNoun, id, []);
}
