import { eq, getTableColumns, or, type SQL, sql } from "drizzle-orm";
import { placements } from "#db/schema/ats.ts";
import { disputes, placementSplits } from "#db/schema/billing.ts";
import { computed } from "#db/statements.ts";
import { forbidden } from "#domain/refusals.ts";
import { companyPeople, everybody, platformAdmins, recruitersOnly } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page, type Way } from "../listing.ts";

/** Something that a party of a placement, or the payer's bank, objects to. */
export type Dispute = typeof disputes.$inferSelect & {
  /** Reads why: whoever raised it and platform admins. What one party writes may tell what the other must not know. */
  seesReason: boolean;
  /** Reads the amount: the company that pays, and platform admins. */
  seesAmount: boolean;
};

const ofOwnCompany = (): SQL =>
  sql`exists (select 1 from ${placements} where ${placements.id} = ${disputes.placementId} and ${placements.companyId} = any((select ops.admin_company_ids())::uuid[]))`;

/** Each way to a dispute: its raiser, the admins of the company that pays, and whoever earns of the placement. The split is none of the company's business. */
const waysToDisputes = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`${disputes.raisedBy} = (select ops.user_id())`, opensTo: everybody },
  { rows: sql`(${disputes.disputeType} <> 'fee_split' and ${ofOwnCompany()})`, opensTo: companyPeople },
  {
    rows: sql`${disputes.placementId} in (select ${placementSplits.placementId} from ${placementSplits} where ${placementSplits.recruiterId} = (select ops.recruiter_id()))`,
    opensTo: recruitersOnly,
  },
];

const readableDisputes = (): SQL => or(...waysToDisputes().map(({ rows }) => rows)) as SQL;

export const disputeNoun = {
  name: "dispute",
  table: disputes,
  columns: {
    ...getTableColumns(disputes),
    seesReason: computed<boolean>(
      "sees_reason",
      sql`coalesce(((select ops.is_admin()) or ${disputes.raisedBy} = (select ops.user_id())), false)`,
    ),
    seesAmount: computed<boolean>("sees_amount", sql`coalesce(((select ops.is_admin()) or ${ofOwnCompany()}), false)`),
  },
  readable: readableDisputes,
  ways: waysToDisputes,
  filters: {
    status: (name: string) => sql`${disputes.status} = ${name}`,
    placement_id: (id: string) => eq(disputes.placementId, id),
  },
} satisfies Noun<Dispute>;

/** One page of the disputes the caller may see. Only those whose money it is have any: 403. */
export async function listDisputes(ctx: Context, query: ListQuery): Promise<Page<Dispute>> {
  const page = await listOf<Dispute>(ctx, disputeNoun, query);
  if (!isParty(ctx)) throw forbidden("Only recruiters, company admins and platform admins have disputes.");
  return page;
}

/** One dispute the caller may see, or 404. */
export const getDispute = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Dispute>> =>
  getOne<Dispute>(ctx, disputeNoun, id, include);

const isParty = ({ access }: Context): boolean =>
  access.isPlatformAdmin || access.recruiterId !== null || access.adminCompanyIds.length > 0;
