import { sql } from "drizzle-orm";
import { disputes } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { dismiss, isOpen, resolve, review } from "#domain/disputes/dispute.ts";
import { disputeUpdated } from "#domain/events/dispute.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { commit, deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { type Parts, together } from "../invoices/parts.ts";
import { rowById } from "../listing.ts";
import { freeAll } from "../payouts/change-hold.ts";
import { guardPayouts, guardPlacements, type MoneyAtHand, readMoney } from "../placements/money.ts";
import { type Dispute, disputeNoun } from "./dispute.ts";

/** Takes a dispute up for review. Platform admins only. */
export const reviewDispute = (ctx: Context, id: string): Promise<Dispute> =>
  decide(ctx, id, "dispute.review_started", (dispute) => review(dispute), null);

/**
 * Ends a dispute with a resolution, which frees the placement's money of it. What the resolution takes
 * from whom is a clawback or a hold of its own, to be made before: this frees no other hold.
 */
export const resolveDispute = (ctx: Context, id: string, resolution: string): Promise<Dispute> =>
  decide(ctx, id, "dispute.resolved", (dispute) => resolve(dispute, resolution, ctx.now()), resolution);

/** Ends a dispute as unfounded, which frees the placement's money of it. */
export const dismissDispute = (ctx: Context, id: string, resolution: string): Promise<Dispute> =>
  decide(ctx, id, "dispute.dismissed", (dispute) => dismiss(dispute, resolution, ctx.now()), resolution);

async function decide(
  ctx: Context,
  id: string,
  action: string,
  decision: (dispute: Dispute) => Dispute,
  reason: string | null,
): Promise<Dispute> {
  return deciding(ctx, async () => {
    const of = sql`(select d.placement_id from ${disputes} d where d.id = ${id}::uuid)`;
    const { money, more } = await readMoney(
      ctx,
      of,
      rowById<Dispute>(ctx, disputeNoun, id),
      select()
        .from(disputes)
        .where(sql`${disputes.placementId} = ${of}`),
    );
    const [[row], all] = more as [Dispute[], DisputeRow[]];
    const before = readable("dispute", id, row);
    requirePlatformAdmin(ctx, "decide on disputes");
    expectVersion(ctx, before);
    if (!money) throw new Error(`dispute ${id} has no placement`);
    const decided = decision(before);
    const after: Dispute = { ...decided, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [...guardPlacements(money.placement), guardPayouts(money), unchanged(disputes, before)],
      ...disputeMoved(ctx, { before, after, all, money }, action, reason),
    });
  });
}

type DisputeRow = typeof disputes.$inferSelect;

/** A dispute that went on, as parts of a commit: with the last open one of its placement the shares are free again. */
export function disputeMoved(
  ctx: Context,
  { before, after, all, money }: { before: DisputeRow; after: DisputeRow; all: readonly DisputeRow[]; money: MoneyAtHand },
  action: string,
  reason: string | null,
): Parts {
  const { status: newStatus, resolution, resolvedAt } = after;
  const isLast = isOpen(before) && !isOpen(after) && !all.some((other) => other.id !== before.id && isOpen(other));
  return together(
    {
      write: [update(ctx, disputes, before.id, { status: newStatus, resolution, resolvedAt })],
      audit: [
        {
          action,
          subject: { type: "dispute", id: before.id },
          before: auditable(before),
          after: auditable(after),
          companyId: money.placement.companyId,
          reason,
        },
      ],
      events: before.status === newStatus ? [] : [disputeUpdated(before, after)],
    },
    isLast ? freeAll(ctx, money.transactions, "dispute_open") : null,
  );
}

const auditable = ({ id, status: disputeStatus, resolution, resolvedAt }: DisputeRow) => ({
  id,
  status: disputeStatus,
  resolution,
  resolvedAt,
});
