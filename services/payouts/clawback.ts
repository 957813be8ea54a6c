import { eq, getTableColumns, sql } from "drizzle-orm";
import { clawbacks, payoutReversals } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { platformAdmins } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";
import type { Clawback } from "./claw-back.ts";

/** What of a clawback falls on one payout. */
export type PayoutReversal = typeof payoutReversals.$inferSelect;

const readable = () => sql`(select ops.is_admin())`;

export const clawbackNoun = {
  name: "clawback",
  table: clawbacks,
  columns: getTableColumns(clawbacks),
  readable,
  ways: () => [{ rows: readable(), opensTo: platformAdmins }],
  filters: {
    placement_id: (id: string) => eq(clawbacks.placementId, id),
    cause: (name: string) => sql`${clawbacks.cause} = ${name}`,
  },
  includes: {
    reversals: {
      rows: (ids) =>
        select()
          .from(payoutReversals)
          .where(sql`${payoutReversals.clawbackId} in ${ids}`),
      childKey: "clawbackId",
      many: true,
    },
  },
} satisfies Noun<Clawback>;

/** One page of the clawbacks; for platform admins alone: 403. */
export async function listClawbacks(ctx: Context, query: ListQuery): Promise<Page<Clawback>> {
  const page = await listOf<Clawback>(ctx, clawbackNoun, query);
  requirePlatformAdmin(ctx, "read clawbacks");
  return page;
}

/** One clawback, or 404. */
export const getClawback = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Clawback>> =>
  getOne<Clawback>(ctx, clawbackNoun, id, include);
