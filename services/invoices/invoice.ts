import { eq, getTableColumns, sql } from "drizzle-orm";
import { jobs, placements } from "#db/schema/ats.ts";
import { invoicePayments, placementCredits, placementInvoices, placementSnapshot, stripeOperations } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import type { FeeBasis } from "#domain/commission/fee.ts";
import { invoiceLines, type InvoiceLine } from "#domain/invoices/invoice.ts";
import { forbidden } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";
import { readableCredits, readableInvoices, seesInvoice, waysToCredits, waysToInvoices } from "./access.ts";

/** An invoice and how much of it the caller may read. */
export type InvoiceView = typeof placementInvoices.$inferSelect & {
  jobTitle: string;
  seesAmounts: boolean;
  /** Why a draft is not issued yet, where somebody has to act. */
  waitsFor: "billing_profile_missing" | null;
};

/** What invoices are read by: the company's admins and platform admins whole, by whoever earns of them their status. */
const mayReadAmounts = ({ access }: Context): boolean => access.isPlatformAdmin || access.adminCompanyIds.length > 0;

/** An invoice whose amounts the caller reads, within a page of invoices. */
const shownWithin = (ids: ReturnType<typeof sql>) => sql`${placementInvoices.id} in ${ids} and ${seesInvoice()}`;

/** The lines of an invoice: how its amount came about. */
export interface InvoiceLines {
  id: string;
  invoiceId: string;
  feeBasis: FeeBasis;
  creditAppliedCents: number;
}

export const invoiceNoun = {
  name: "invoice",
  table: placementInvoices,
  columns: {
    ...getTableColumns(placementInvoices),
    jobTitle: computed<string>(
      "job_title",
      sql`(select j.title from ${jobs} j join ${placements} p on p.job_id = j.id where p.id = ${placementInvoices.placementId})`,
    ),
    seesAmounts: computed<boolean>("sees_amounts", seesInvoice()),
    waitsFor: computed<InvoiceView["waitsFor"]>(
      "waits_for",
      sql`(select o.failure_reason from ${stripeOperations} o where o.kind = 'invoice_issue' and o.subject_id = ${placementInvoices.id}
        and ${placementInvoices.status} = 'draft' and o.failure_reason = 'billing_profile_missing')`,
    ),
  },
  readable: readableInvoices,
  ways: waysToInvoices,
  filters: {
    company_id: (id: string) => eq(placementInvoices.companyId, id),
    placement_id: (id: string) => eq(placementInvoices.placementId, id),
    status: (name: string) => sql`${placementInvoices.status} = ${name}`,
  },
  includes: {
    lines: {
      rows: (ids) =>
        select({
          invoiceId: placementInvoices.id,
          feeBasis: placementSnapshot.feeBasis,
          creditAppliedCents: placementInvoices.creditAppliedCents,
        })
          .from(placementInvoices)
          .innerJoin(placementSnapshot, eq(placementSnapshot.placementId, placementInvoices.placementId))
          .where(shownWithin(ids)),
      childKey: "invoiceId",
      many: false,
      allowed: mayReadAmounts,
    },
    payments: {
      rows: (ids) =>
        select(getTableColumns(invoicePayments))
          .from(invoicePayments)
          .innerJoin(placementInvoices, eq(placementInvoices.id, invoicePayments.invoiceId))
          .where(shownWithin(ids))
          .orderBy(invoicePayments.paidAt, invoicePayments.id),
      childKey: "invoiceId",
      many: true,
      allowed: mayReadAmounts,
    },
    credits: {
      rows: (ids) =>
        select(getTableColumns(placementCredits))
          .from(placementCredits)
          .innerJoin(
            placementInvoices,
            sql`${placementInvoices.placementId} in (${placementCredits.placementId}, ${placementCredits.replacementPlacementId})`,
          )
          .where(shownWithin(ids)),
      parentKey: "placementId",
      childKey: "placementId",
      many: true,
      allowed: mayReadAmounts,
    },
    refunds: {
      rows: (ids) =>
        select({
          id: stripeOperations.id,
          invoiceId: placementInvoices.id,
          status: stripeOperations.status,
          createdAt: stripeOperations.createdAt,
          amountCents: computed<number>("amount_cents", sql`(${stripeOperations.request} ->> 'amount_cents')::float8`),
        })
          .from(stripeOperations)
          .innerJoin(
            placementInvoices,
            sql`${stripeOperations.kind} = 'refund' and ${placementInvoices.placementId} = (${stripeOperations.request} ->> 'placement_id')::uuid`,
          )
          .where(shownWithin(ids))
          .orderBy(stripeOperations.createdAt, stripeOperations.id),
      childKey: "invoiceId",
      many: true,
      allowed: mayReadAmounts,
    },
    placement: {
      rows: (ids) =>
        select({ id: placements.id, jobId: placements.jobId, state: placements.state, startDate: placements.startDate })
          .from(placements)
          .where(sql`${placements.id} in (select i.placement_id from ${placementInvoices} i where i.id in ${ids})`),
      parentKey: "placementId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<InvoiceView>;

/** The lines as they stand on the invoice. */
export const linesOf = ({ feeBasis, creditAppliedCents }: InvoiceLines): InvoiceLine[] =>
  invoiceLines(feeBasis, creditAppliedCents as InvoiceLine["amount"]);

const refuseOthers = (ctx: Context): void => {
  if (!mayReadAmounts(ctx) && ctx.access.recruiterId === null)
    throw forbidden("Invoices are for the company's admins, for whoever earns of them, and for platform admins.");
};

/** One page of the invoices the caller may see, each as far as they may see it. */
export async function listInvoices(ctx: Context, query: ListQuery): Promise<Page<InvoiceView>> {
  const page = await listOf<InvoiceView>(ctx, invoiceNoun, query);
  refuseOthers(ctx);
  return page;
}

/** One invoice, or 404. */
export const getInvoice = (ctx: Context, id: string, include: readonly string[]): Promise<Included<InvoiceView>> =>
  getOne<InvoiceView>(ctx, invoiceNoun, id, include);

/** What a failed placement left. */
export type CreditView = typeof placementCredits.$inferSelect;

export const creditNoun = {
  name: "placement credit",
  table: placementCredits,
  columns: getTableColumns(placementCredits),
  readable: readableCredits,
  ways: waysToCredits,
  filters: {
    company_id: (id: string) => eq(placementCredits.companyId, id),
    placement_id: (id: string) => eq(placementCredits.placementId, id),
    job_id: (id: string) => eq(placementCredits.jobId, id),
    status: (name: string) => sql`${placementCredits.status} = ${name}`,
  },
  includes: {
    placement: {
      rows: (ids) =>
        select({ id: placements.id, jobId: placements.jobId, state: placements.state, startDate: placements.startDate })
          .from(placements)
          .where(sql`${placements.id} in (select c.placement_id from ${placementCredits} c where c.id in ${ids})`),
      parentKey: "placementId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<CreditView>;

/** One page of the credits the caller may see: the company's admins' own, and all for platform admins. */
export async function listCredits(ctx: Context, query: ListQuery): Promise<Page<CreditView>> {
  const page = await listOf<CreditView>(ctx, creditNoun, query);
  if (!mayReadAmounts(ctx)) throw forbidden("Credits are for the company's admins and platform admins.");
  return page;
}

/** One credit, or 404. */
export const getCredit = (ctx: Context, id: string, include: readonly string[]): Promise<Included<CreditView>> =>
  getOne<CreditView>(ctx, creditNoun, id, include);
