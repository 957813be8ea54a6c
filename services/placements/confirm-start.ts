import { placements } from "#db/schema/ats.ts";
import { confirmStart as decide } from "#domain/placements/placement.ts";
import { commit, deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { type Placement, placementNoun } from "./placement.ts";

/**
 * The company says that the candidate has started, or on which other day they start; the guarantee
 * is counted anew, the fee stays (D-108). Refuses a placement that is not waiting for its start.
 *
 * @param startDate - `YYYY-MM-DD`; null confirms that the work has begun
 */
export async function confirmStart(ctx: Context, id: string, startDate: string | null): Promise<Placement> {
  return deciding(ctx, async () => {
    const [[row]] = await ctx.read(rowById<Placement>(ctx, placementNoun, id));
    const before = readable("placement", id, row);
    expectVersion(ctx, before);
    const { isPlatformAdmin, adminCompanyIds } = ctx.access;
    const { placement, events, override } = decide(
      before,
      { isPlatformAdmin, isCompanyAdmin: adminCompanyIds.includes(before.companyId) },
      { startDate },
      ctx.now(),
    );
    const { state, guaranteeExpiresAt, guaranteeWarnedDays } = placement;
    const after: Placement = { ...placement, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(placements, before)],
      write: [update(ctx, placements, id, { state, startDate: placement.startDate, guaranteeExpiresAt, guaranteeWarnedDays })],
      audit: {
        action: "placement.start_confirmed",
        subject: { type: "placement", id },
        before,
        after,
        companyId: before.companyId,
        reason: override ? "override: confirmed by a platform admin" : null,
      },
      events,
    });
  });
}
