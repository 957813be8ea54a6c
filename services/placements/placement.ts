import { eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { candidates, companies, jobs, placements } from "#db/schema/ats.ts";
import {
  escrowHolds,
  placementInvoices,
  placementPayoutTransactions,
  placementSnapshot as snapshot,
  placementSplits as splits,
} from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { readableInvoices } from "../invoices/access.ts";
import { invoiceNoun } from "../invoices/invoice.ts";
import type { Noun } from "../listing.ts";
import { candidateOf, companyOf, jobOf } from "../neighbours.ts";
import { mayReadEarnings, readableSplits, readableTransactions } from "../payouts/access.ts";
import { readablePlacements, readableSnapshots, seesFee, seesGuarantee, seesSalary, snapshotSide, waysToPlacements } from "./access.ts";
import { snapshotColumns } from "./snapshot.ts";

/** What the calling recruiter earns of a placement, role by role. */
export interface OwnShare {
  role: string;
  rate_bp: number;
  amount_cents: number;
  bonus_cents: number;
  kind: string;
}

const { salaryCents: _, placementFeeCents: __, ...columns } = getTableColumns(placements);

/** The facts of a hire, and how much of them the caller may read. */
export type Placement = Omit<typeof placements.$inferSelect, "salaryCents" | "placementFeeCents"> & {
  jobTitle: string;
  companyName: string;
  candidateName: string;
  seesFee: boolean;
  seesSalary: boolean;
  seesGuarantee: boolean;
  /** Null for whoever earns nothing of it. */
  ownShares: OwnShare[] | null;
};

const ownShares = (): SQL => sql`(select jsonb_agg(jsonb_build_object('role', s.role, 'rate_bp', (s.split_percentage * 100)::int,
    'amount_cents', s.amount_cents, 'bonus_cents', (s.bonus_amount * 100)::bigint, 'kind', s.kind) order by s.amount_cents desc, s.role)
  from ${splits} s where s.placement_id = ${placements.id} and s.recruiter_id = (select ops.recruiter_id()))`;

/** Who sourced stays hidden from the company (D-5). */
const ofRecruiter = (id: string): SQL => sql`exists (select 1 from ${snapshot} where ${snapshot.placementId} = ${placements.id} and (
  ((${placements.companyId} = any((select ops.company_ids())::uuid[]) or (select ops.is_admin()) or ${id}::uuid = (select ops.recruiter_id()))
    and ${id}::uuid in (${snapshot.candidateRecruiterId}, ${snapshot.companyRecruiterId}, ${snapshot.jobOwnerRecruiterId}))
  or (((select ops.is_admin()) or ${id}::uuid = (select ops.recruiter_id())) and ${id}::uuid in (${snapshot.candidateSourcerRecruiterId}, ${snapshot.companySourcerRecruiterId}))))`;

/** A guarantee that ends within two weeks. */
const ENDING_SOON_DAYS = 14;

const GUARANTEE: Readonly<Record<string, () => SQL>> = {
  running: () => sql`(${placements.state} in ('hired', 'active') and ${placements.guaranteeExpiresAt} > ops.now())`,
  ending_soon: () => sql`(${placements.state} in ('hired', 'active') and ${placements.guaranteeExpiresAt} > ops.now()
    and ${placements.guaranteeExpiresAt} <= ops.now() + make_interval(days => ${ENDING_SOON_DAYS}))`,
  over: () => sql`${placements.guaranteeExpiresAt} <= ops.now()`,
};

const page = (ids: SQL, column: "job_id" | "candidate_id" | "company_id"): SQL =>
  sql`(select ${sql.identifier(column)} from ${placements} where id in ${ids})`;

export const placementNoun = {
  name: "placement",
  table: placements,
  columns: {
    ...columns,
    jobTitle: computed<string>("job_title", sql`(select j.title from ${jobs} j where j.id = ${placements.jobId})`),
    companyName: computed<string>("company_name", sql`(select c.name from ${companies} c where c.id = ${placements.companyId})`),
    candidateName: computed<string>(
      "candidate_name",
      sql`(select c.full_name from ${candidates} c where c.id = ${placements.candidateId})`,
    ),
    seesFee: computed<boolean>("sees_fee", seesFee()),
    seesSalary: computed<boolean>("sees_salary", seesSalary()),
    seesGuarantee: computed<boolean>("sees_guarantee", seesGuarantee()),
    ownShares: computed<OwnShare[] | null>("own_shares", ownShares()),
  },
  readable: readablePlacements,
  ways: waysToPlacements,
  filters: {
    state: (name: string) => sql`${placements.state} = ${name}`,
    company_id: (id: string) => eq(placements.companyId, id),
    job_id: (id: string) => eq(placements.jobId, id),
    candidate_id: (id: string) => eq(placements.candidateId, id),
    recruiter_id: ofRecruiter,
    hired_after: (at: Date) => sql`${placements.hiredAt} > ${at.toISOString()}::timestamptz`,
    hired_before: (at: Date) => sql`${placements.hiredAt} < ${at.toISOString()}::timestamptz`,
    guarantee_status: (name: string) => sql`(${seesGuarantee()} and ${GUARANTEE[name]?.() ?? sql`false`})`,
  },
  includes: {
    job: jobOf((ids) => page(ids, "job_id")),
    candidate: candidateOf((ids) => page(ids, "candidate_id")),
    company: companyOf((ids) => page(ids, "company_id")),
    snapshot: {
      rows: (ids) =>
        select({ ...snapshotColumns, side: computed<string>("side", snapshotSide()) })
          .from(snapshot)
          .where(sql`${snapshot.placementId} in ${ids} and ${readableSnapshots()}`),
      childKey: "placementId",
      many: false,
      allowed: (ctx) => mayReadEarnings(ctx) || ctx.access.adminCompanyIds.length > 0,
    },
    invoice: {
      rows: (ids) =>
        select(invoiceNoun.columns)
          .from(placementInvoices)
          .where(sql`${placementInvoices.placementId} in ${ids} and ${readableInvoices()}`),
      childKey: "placementId",
      many: false,
      allowed: (ctx) => mayReadEarnings(ctx) || ctx.access.adminCompanyIds.length > 0,
    },
    hold: {
      rows: (ids) =>
        select()
          .from(escrowHolds)
          .where(
            sql`${escrowHolds.placementId} in (select p.id from ${placements} p where p.id in ${ids}
              and ((select ops.is_admin()) or p.company_id = any((select ops.admin_company_ids())::uuid[])))`,
          )
          .orderBy(escrowHolds.heldAt, escrowHolds.id),
      childKey: "placementId",
      many: true,
      allowed: (ctx) => ctx.access.isPlatformAdmin || ctx.access.adminCompanyIds.length > 0,
    },
    splits: {
      rows: (ids) =>
        select()
          .from(splits)
          .where(sql`${splits.placementId} in ${ids} and ${readableSplits()}`)
          .orderBy(splits.createdAt, splits.id),
      childKey: "placementId",
      many: true,
      allowed: mayReadEarnings,
    },
    transactions: {
      rows: (ids) =>
        select({
          ...getTableColumns(placementPayoutTransactions),
          dealRole: computed<string>(
            "deal_role",
            sql`(select s.role from ${splits} s where s.id = ${placementPayoutTransactions.placementSplitId})`,
          ),
        })
          .from(placementPayoutTransactions)
          .where(sql`${placementPayoutTransactions.placementId} in ${ids} and ${readableTransactions()}`)
          .orderBy(placementPayoutTransactions.createdAt, placementPayoutTransactions.id),
      childKey: "placementId",
      many: true,
      allowed: mayReadEarnings,
    },
  },
} satisfies Noun<Placement>;
