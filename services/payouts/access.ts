import { or, type SQL, sql } from "drizzle-orm";
import { placementPayoutTransactions as transactions, placementSplits as splits } from "#db/schema/billing.ts";
import { forbidden } from "#domain/refusals.ts";
import { platformAdmins, recruitersOnly } from "../audience.ts";
import type { Context } from "../context.ts";
import type { Way } from "../listing.ts";

/** Each way to a split: one's own, and as owner or admin those of one's team (D-6, D-79). */
export const waysToSplits = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`${splits.recruiterId} = (select ops.recruiter_id())`, opensTo: recruitersOnly },
  { rows: sql`${splits.teamId} = any((select ops.managed_team_ids())::uuid[])`, opensTo: recruitersOnly },
];

export const readableSplits = (): SQL => or(...waysToSplits().map(({ rows }) => rows)) as SQL;

/** Each way to a payout transaction, as to its split. */
export const waysToTransactions = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`${transactions.recruiterId} = (select ops.recruiter_id())`, opensTo: recruitersOnly },
  {
    rows: sql`${transactions.placementSplitId} in (select ${splits.id} from ${splits} where ${splits.teamId} = any((select ops.managed_team_ids())::uuid[]))`,
    opensTo: recruitersOnly,
  },
];

export const readableTransactions = (): SQL => or(...waysToTransactions().map(({ rows }) => rows)) as SQL;

/** Only recruiters earn; nobody else ever reads who earns what. */
export const mayReadEarnings = ({ access }: Context): boolean => access.isPlatformAdmin || access.recruiterId !== null;

/** Refuses who may never read earnings, companies and candidates among them. */
export function requireEarner(ctx: Context): void {
  if (!mayReadEarnings(ctx)) throw forbidden("Only recruiters and platform admins read splits and payouts.");
}
