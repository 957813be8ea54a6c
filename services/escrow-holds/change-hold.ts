import { sql } from "drizzle-orm";
import { type approvals, escrowHolds } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { endHold, requireHoldable } from "#domain/payouts/compliance-hold.ts";
import { conflict } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { approvalById, useApproval } from "../approvals/use-approval.ts";
import { commit, deciding, expectVersion, insert, newRow, readable, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { payoutLog } from "../payouts/audit-log.ts";
import { guardPlacements, type HoldRow, readMoney } from "../placements/money.ts";
import { type Placement, placementNoun } from "../placements/placement.ts";

/**
 * Holds all money of a placement for a compliance review; nothing of it is released or sent meanwhile.
 * Platform admins only. Refuses a placement without a fee and a second review (409).
 */
export async function holdPlacement(ctx: Context, placementId: string, reason: string): Promise<HoldRow> {
  return deciding(
    ctx,
    async () => {
      const { money, more } = await readMoney(ctx, sql`${placementId}::uuid`, rowById<Placement>(ctx, placementNoun, placementId));
      const [[found]] = more as [Placement[]];
      const placement = readable("placement", placementId, found);
      requirePlatformAdmin(ctx, "hold the money of placements");
      if (!money) throw new Error(`placement ${placementId} has no snapshot`);
      requireHoldable(placement.placementFee, money.holds);
      const row = newRow(ctx, escrowHolds, {
        placementId,
        holdAmountCents: placement.placementFee,
        holdReason: "compliance_review",
        heldAt: ctx.now(),
      });
      return commit(ctx, row, {
        expect: guardPlacements(money.placement),
        write: [
          insert(escrowHolds, row),
          ...payoutLog(ctx, [
            { placementId, eventType: "escrow_hold", action: "held", newStatus: row.status, newAmountCents: row.holdAmountCents, reason },
          ]),
        ],
        audit: {
          action: "escrow_hold.created",
          subject: { type: "escrow_hold", id: row.id },
          after: row,
          companyId: placement.companyId,
          reason,
        },
        events: [
          event(
            "escrow_hold.created",
            { type: "escrow_hold", id: row.id },
            { hold_id: row.id, placement_id: placementId, hold_reason: row.holdReason },
          ),
        ],
      });
    },
    { escrow_holds_one_active: () => conflict("This placement is under review already.", { reason: "held_already" }) },
  );
}

/**
 * Ends a hold by hand, by an approval of `escrow_hold.release` whose request is `{to}`: what is then due
 * is released by the next sweep. Refuses the guarantee's hold and one that is over (409).
 *
 * @param to - cancelled where it should never have been
 */
export async function endPlacementHold(
  ctx: Context,
  id: string,
  to: "released" | "cancelled",
  approvalId: string,
  reason: string,
): Promise<HoldRow> {
  return deciding(ctx, async () => {
    const { money, more } = await readMoney(
      ctx,
      sql`(select h.placement_id from ${escrowHolds} h where h.id = ${id}::uuid)`,
      select()
        .from(escrowHolds)
        .where(sql`${escrowHolds.id} = ${id}::uuid and (select ops.is_admin())`),
      approvalById(approvalId),
    );
    const [[found], [approval]] = more as [HoldRow[], (typeof approvals.$inferSelect)[]];
    const before = readable("escrow hold", id, found);
    requirePlatformAdmin(ctx, "end holds");
    expectVersion(ctx, before);
    if (!money) throw new Error(`hold ${id} has no placement`);
    const ended = endHold(before, to);
    const used = useApproval(ctx, approval, { action: "escrow_hold.release", subjectId: id, request: { to } });
    const fields = { status: ended.status, releasedAt: ctx.now(), releasedBy: ctx.userId };
    const after: HoldRow = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [used.guard, ...guardPlacements(money.placement)],
      write: [
        used.write,
        update(ctx, escrowHolds, id, fields),
        ...payoutLog(ctx, [
          { placementId: before.placementId, eventType: "escrow_hold", action: to, oldStatus: before.status, newStatus: to, reason },
        ]),
      ],
      audit: [
        used.audit,
        {
          action: `escrow_hold.${to}`,
          subject: { type: "escrow_hold", id },
          before,
          after,
          companyId: money.placement.companyId,
          reason,
        },
      ],
      events: [
        used.event,
        event(
          "escrow_hold.released",
          { type: "escrow_hold", id },
          { hold_id: id, placement_id: before.placementId, hold_reason: before.holdReason },
        ),
      ],
    });
  });
}
