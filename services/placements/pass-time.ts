import { eq, type SQL, sql } from "drizzle-orm";
import { placements } from "#db/schema/ats.ts";
import { recruiterReputation } from "#db/schema/network.ts";
import { select, statement } from "#db/statements.ts";
import { closeDeal } from "#domain/deals/close.ts";
import { activatePlacement, completePlacement, type PlacementChange, warnOfGuaranteeEnd } from "#domain/placements/placement.ts";
import { type Change, commit, deciding, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { dealChange, readDeal } from "../deals/change-deal.ts";

/** A step takes this many rows; the rest waits a minute. */
const ROWS_A_STEP = 100;

type Row = typeof placements.$inferSelect;

/** Activates the placements whose start date has come. */
export const activatePlacements = (ctx: Context): Promise<void> =>
  each(ctx, sql`${placements.state} = 'hired' and ${placements.startDate} <= (ops.now() at time zone 'utc')::date`, async (row) => {
    const change = activatePlacement(row, ctx.now());
    if (change) await commit(ctx, null, moved(ctx, row, change, "placement.activated"));
  });

/** Warns, 14, 7 and 1 days before, that a guarantee ends. */
export const warnOfGuaranteeEnds = (ctx: Context): Promise<void> =>
  each(
    ctx,
    sql`${placements.state} = 'active' and ${placements.guaranteeExpiresAt} > ops.now() and ${placements.guaranteeExpiresAt} <= ops.now() + interval '14 days'
      and (case when ${placements.guaranteeDays} > 1 and ${placements.guaranteeExpiresAt} <= ops.now() + interval '1 day' then 1
        when ${placements.guaranteeDays} > 7 and ${placements.guaranteeExpiresAt} <= ops.now() + interval '7 days' then 7
        when ${placements.guaranteeDays} > 14 then 14 end) < coalesce(${placements.guaranteeWarnedDays}, 15)`,
    async (row) => {
      const change = warnOfGuaranteeEnd(row, ctx.now());
      if (change) await commit(ctx, null, moved(ctx, row, change, "placement.guarantee_warned"));
    },
  );

/** Completes the placements whose guarantee is over and closes their deals, which frees the pairs (D-103). */
export const completePlacements = (ctx: Context): Promise<void> =>
  each(ctx, sql`${placements.state} = 'active' and ${placements.guaranteeExpiresAt} <= ops.now()`, async ({ craId }, id) => {
    const deal = await readDeal(ctx, { assignmentId: craId }, one(id));
    const row = (deal.more[0] as Row[])[0];
    const change = row ? completePlacement(row, ctx.now()) : null;
    if (!row || !change) return;
    const { parts } = dealChange(ctx, deal, closeDeal(deal, ctx.now()), { action: "closed", reason: "the guarantee is over" });
    const placement = moved(ctx, row, change, "placement.completed");
    await commit(ctx, null, {
      expect: [...(placement.expect ?? []), ...(parts.expect ?? [])],
      write: [...placement.write, ...parts.write, countCompleted(id)],
      audit: [...[parts.audit].flat(), ...[placement.audit].flat()],
      events: [...placement.events, ...parts.events],
    });
  });

/** A completed placement counts for each recruiter with a role in it; locked in the order of their ids. */
const countCompleted = (placementId: string) =>
  statement(sql`update ${recruiterReputation} set completed_placements = completed_placements + 1, updated_at = ops.now()
    where recruiter_id in (select r.recruiter_id from ${recruiterReputation} r
      join billing.placement_snapshot s on s.placement_id = ${placementId}::uuid
        and r.recruiter_id in (s.candidate_recruiter_id, s.company_recruiter_id, s.job_owner_recruiter_id, s.candidate_sourcer_recruiter_id, s.company_sourcer_recruiter_id)
      order by r.recruiter_id for no key update of r)`);

const one = (id: string) => select().from(placements).where(eq(placements.id, id));

function moved(ctx: Context, before: Row, { placement, events }: PlacementChange<Row>, action: string): Change {
  const { state, guaranteeWarnedDays, completedAt } = placement;
  return {
    expect: [unchanged(placements, before)],
    write: [update(ctx, placements, before.id, { state, guaranteeWarnedDays, completedAt })],
    audit: { action, subject: { type: "placement", id: before.id }, before, after: placement, companyId: before.companyId },
    events,
  };
}

/** Each due placement in a commit of its own: one that fails keeps no other from its turn. */
async function each(ctx: Context, due: SQL, step: (row: Row, id: string) => Promise<void>): Promise<void> {
  const [rows] = await ctx.read(
    select({ id: placements.id }).from(placements).where(due).orderBy(placements.startDate, placements.id).limit(ROWS_A_STEP),
  );
  for (const { id } of rows) {
    try {
      await deciding(ctx, async () => {
        const [[row]] = await ctx.read(one(id));
        if (row) await step(row, id);
      });
    } catch (error) {
      ctx.ports.log("error", "a placement could not be moved on", {
        placement_id: id,
        error: error instanceof Error ? error.message : "unknown",
      });
    }
  }
}
