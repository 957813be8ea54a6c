import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Page } from "../listing.ts";
import { type Placement, placementNoun } from "./placement.ts";

/** One page of the placements the caller may see. */
export const listPlacements = (ctx: Context, query: ListQuery): Promise<Page<Placement>> => listOf<Placement>(ctx, placementNoun, query);

/** One placement the caller may see, or 404. */
export const getPlacement = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Placement>> =>
  getOne<Placement>(ctx, placementNoun, id, include);
