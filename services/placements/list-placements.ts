import type { Context } from "../context.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { getOne, type Included, listOf, type ListQuery, type Page } from "../listing.ts";
import { requireScope } from "../scopes.ts";
import { type Placement, placementNoun } from "./placement.ts";

/** One page of the placements the caller may see. */
export const listPlacements = (ctx: Context, query: ListQuery): Promise<Page<Placement>> => listOf<Placement>(ctx, placementNoun, query);

/** As `listPlacements`, beginning after a place. */
export async function placementsAfter(ctx: Context, query: KeysetQuery): Promise<KeysetPage<Placement>> {
  requireScope(ctx, "read:placements");
  return listAfter<Placement>(ctx, placementNoun, query);
}

/** One placement the caller may see, or 404. */
export async function getPlacement(ctx: Context, id: string, include: readonly string[] = []): Promise<Included<Placement>> {
  requireScope(ctx, "read:placements");
  return getOne<Placement>(ctx, placementNoun, id, include);
}
