import { eq, sql } from "drizzle-orm";
import { disputes } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { type DisputeType, requireFirst } from "#domain/disputes/dispute.ts";
import { disputeOpened } from "#domain/events/dispute.ts";
import { forbidden } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { together } from "../invoices/parts.ts";
import { rowById } from "../listing.ts";
import { holdAll } from "../payouts/change-hold.ts";
import { guardPayouts, guardPlacements, readMoney } from "../placements/money.ts";
import { type Placement, placementNoun } from "../placements/placement.ts";
import type { Dispute } from "./dispute.ts";

/** What a party objects to. */
export interface DisputeFields {
  placementId: string;
  disputeType: Exclude<DisputeType, "chargeback">;
  reason: string;
}

/**
 * Raises a dispute about a placement: until it is decided, none of its money is paid (MONEY §16, B18).
 * Parties are the recruiters who earn of it, the company's admins and platform admins. What is on its
 * way already is stopped by its own blockers. Refuses a second open one of the same person (409).
 */
export async function raiseDispute(ctx: Context, fields: DisputeFields): Promise<Dispute> {
  return deciding(ctx, async () => {
    const { money, more } = await readMoney(
      ctx,
      sql`${fields.placementId}::uuid`,
      rowById<Placement>(ctx, placementNoun, fields.placementId),
      select().from(disputes).where(eq(disputes.placementId, fields.placementId)),
    );
    const [[found], known] = more as [Placement[], (typeof disputes.$inferSelect)[]];
    const placement = readable("placement", fields.placementId, found);
    if (!money) throw new Error(`placement ${placement.id} has no snapshot`);
    const { access } = ctx;
    const isCompany = access.adminCompanyIds.includes(placement.companyId);
    if (!isCompany && placement.ownShares === null) {
      if (access.isPlatformAdmin) ctx.override();
      else throw forbidden("Only the recruiters who earn of a placement and the company's admins dispute it.");
    }
    if (fields.disputeType === "fee_split" && !access.isPlatformAdmin && placement.ownShares === null) {
      throw forbidden("Only who earns of a placement disputes its split.");
    }
    requireFirst(ctx.userId, known);
    const row = newRow(ctx, disputes, { ...fields, raisedBy: ctx.userId });
    const held = holdAll(ctx, money.transactions, "dispute_open");
    const parts = together(
      {
        write: [insert(disputes, row)],
        audit: [
          {
            action: "dispute.opened",
            subject: { type: "dispute", id: row.id },
            after: row,
            companyId: placement.companyId,
          },
        ],
        events: [disputeOpened(row)],
      },
      held,
    );
    return commit(
      ctx,
      { ...row, seesReason: true, seesAmount: access.isPlatformAdmin || isCompany },
      { expect: [...guardPlacements(money.placement), guardPayouts(money)], ...parts },
    );
  });
}
