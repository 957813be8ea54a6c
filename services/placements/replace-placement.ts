import { forbidden, Refusal } from "#domain/refusals.ts";
import { readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { hire, type HireTerms } from "./hire.ts";
import { type Placement, placementNoun } from "./placement.ts";

/**
 * Hires another candidate of the same role in place of one who left inside the guarantee (D-36): the
 * hire, named from the placement that failed.
 */
export async function replacePlacement(
  ctx: Context,
  id: string,
  applicationId: string,
  terms: Omit<HireTerms, "replacesPlacementId">,
): Promise<Placement> {
  try {
    return await hire(ctx, applicationId, { ...terms, replacesPlacementId: id });
  } catch (error) {
    // the address names the placement: what may be known of it is answered before the application
    if (error instanceof Refusal && error.code === "not_found") await judgePlacement(ctx, id);
    throw error;
  }
}

async function judgePlacement(ctx: Context, id: string): Promise<void> {
  const [[row]] = await ctx.read(rowById<Placement>(ctx, placementNoun, id));
  const placement = readable("placement", id, row);
  if (!ctx.access.isPlatformAdmin && !ctx.access.companyIds.includes(placement.companyId)) throw forbidden("Only the company hires.");
}
