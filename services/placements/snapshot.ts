import { eq, getTableColumns, sql } from "drizzle-orm";
import { placementAllocations as allocations, placementSnapshot as snapshot } from "#db/schema/billing.ts";
import { computed } from "#db/statements.ts";
import { forbidden } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";
import { mayReadEarnings } from "../payouts/access.ts";
import { readableSnapshots, snapshotSide, waysToSnapshots } from "./access.ts";

/** Who looks at a snapshot: platform admins see all of it, the company totals, a recruiter the roles of their own and their team's. */
export type SnapshotSide = "admin" | "company" | "recruiter";

/** Who earns at what rate, frozen at the hire. Its id is the placement's. */
export type Snapshot = Omit<typeof snapshot.$inferSelect, "feeCents"> & {
  id: string;
  side: SnapshotSide;
  /** What the platform keeps. */
  platformAmount: number;
  callerRecruiterId: string | null;
  /** The teams the caller owns or administers. */
  callerTeamIds: readonly string[] | null;
};

const { feeCents: _, ...columns } = getTableColumns(snapshot);

/** The columns of a snapshot, and what its presenter needs to know of the caller. */
export const snapshotColumns = {
  ...columns,
  id: snapshot.placementId,
  platformAmount: computed<number>(
    "platform_amount",
    sql`(select a.platform_cents from ${allocations} a where a.placement_id = ${snapshot.placementId})::float8`,
  ),
  callerRecruiterId: computed<string | null>("caller_recruiter", sql`(select ops.recruiter_id())`),
  callerTeamIds: computed<string[] | null>("caller_teams", sql`to_jsonb((select ops.managed_team_ids()))`),
};

export const snapshotNoun = {
  name: "placement snapshot",
  table: snapshot,
  key: snapshot.placementId,
  columns: { ...snapshotColumns, side: computed<SnapshotSide>("side", snapshotSide()) },
  readable: readableSnapshots,
  ways: waysToSnapshots,
  filters: { placement_id: (id: string) => eq(snapshot.placementId, id) },
} satisfies Noun<Snapshot>;

/** One page of the snapshots the caller may see, each as far as they may see it. */
export async function listSnapshots(ctx: Context, query: ListQuery): Promise<Page<Snapshot>> {
  const page = await listOf<Snapshot>(ctx, snapshotNoun, query);
  if (!mayReadEarnings(ctx) && ctx.access.adminCompanyIds.length === 0)
    throw forbidden("Snapshots are for platform admins, company admins and recruiters.");
  return page;
}

/** One snapshot by its placement, or 404. */
export const getSnapshot = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Snapshot>> =>
  getOne<Snapshot>(ctx, snapshotNoun, id, include);
