import { sql } from "drizzle-orm";
import { companies, placements } from "#db/schema/ats.ts";
import { placementCredits, placementInvoices, placementSnapshot as snapshot } from "#db/schema/billing.ts";
import { computed, select, statement } from "#db/statements.ts";
import type { FeeBasis } from "#domain/commission/fee.ts";
import { type InvoiceLine, invoiceLines } from "#domain/invoices/invoice.ts";
import { cents, type Cents } from "#domain/money.ts";
import { forbidden } from "#domain/refusals.ts";
import { commitmentOf, type CompanyEntry, companyStatement, type CompanyStatement } from "#domain/statements/company.ts";
import { instantsOf, type Period } from "#domain/statements/period.ts";
import { readable } from "../commit.ts";
import { readableCompanies } from "../companies/access.ts";
import type { Context } from "../context.ts";
import { contractsOf, toRule } from "../contracts/contract.ts";
import { entriesOn, entryOf, rowsOf } from "./ledger-lines.ts";

/** An invoice of the period, line by line. */
export interface StatementInvoice {
  id: string;
  placementId: string;
  number: string | null;
  status: string;
  finalizedAt: Date | null;
  dueDate: string | null;
  lines: readonly InvoiceLine[];
  due: Cents;
  paid: Cents;
  credited: Cents;
}

/** A credit that was open in the period. */
export interface StatementCredit {
  id: string;
  placementId: string;
  status: string;
  amount: Cents;
  used: Cents;
  expiresAt: Date;
}

/** What a company was invoiced, paid and got back; never how a fee was split. */
export interface ClientStatement {
  kind: "company";
  company: { id: string; name: string };
  statement: CompanyStatement;
  invoices: readonly StatementInvoice[];
  credits: readonly StatementCredit[];
}

type StoredEntry = Parameters<typeof entryOf>[0] & { account: string };

/** A company's statement: for its admins and platform admins. */
export async function getCompanyStatement(ctx: Context, companyId: string, period: Period): Promise<ClientStatement> {
  const mine = sql`select c.id from ${companies} c where c.id = ${companyId} and ((select ops.is_admin()) or c.id = any((select ops.admin_company_ids())::uuid[]))`;
  const { start, end } = instantsOf(period);
  const [[found], entries, titles, invoices, credits, contracts, committed] = await ctx.read(
    select({
      id: companies.id,
      name: companies.name,
      own: computed<boolean>("own", sql`exists (select 1 from (${mine}) m where m.id = ${companies.id})`),
    })
      .from(companies)
      .where(sql`${companies.id} = ${companyId} and ${readableCompanies()}`),
    entriesOn(sql`select account || ':' || m.id from (${mine}) m cross join unnest(array['receivable', 'credit', 'refund_due']) account`),
    statement(sql`select p.id, j.title, (select i.number from ${placementInvoices} i where i.placement_id = p.id) as number
      from ${placements} p join ats.jobs j on j.id = p.job_id where p.company_id in (${mine})`),
    select({
      id: placementInvoices.id,
      placementId: placementInvoices.placementId,
      number: placementInvoices.number,
      status: placementInvoices.status,
      finalizedAt: placementInvoices.finalizedAt,
      dueDate: placementInvoices.dueDate,
      due: placementInvoices.amountDueCents,
      paid: placementInvoices.amountPaidCents,
      credited: placementInvoices.creditedCents,
      creditApplied: placementInvoices.creditAppliedCents,
      feeBasis: snapshot.feeBasis,
    })
      .from(placementInvoices)
      .innerJoin(snapshot, sql`${snapshot.placementId} = ${placementInvoices.placementId}`)
      .where(
        sql`${placementInvoices.companyId} in (${mine}) and ${placementInvoices.finalizedAt} >= ${start.toISOString()}::timestamptz and ${placementInvoices.finalizedAt} < ${end.toISOString()}::timestamptz`,
      )
      .orderBy(placementInvoices.finalizedAt, placementInvoices.id),
    select({
      id: placementCredits.id,
      placementId: placementCredits.placementId,
      status: placementCredits.status,
      amount: placementCredits.amountCents,
      used: placementCredits.usedCents,
      expiresAt: placementCredits.expiresAt,
    })
      .from(placementCredits)
      .where(
        sql`${placementCredits.companyId} in (${mine}) and ${placementCredits.createdAt} < ${end.toISOString()}::timestamptz
          and (${placementCredits.status} = 'open' or ${placementCredits.updatedAt} >= ${start.toISOString()}::timestamptz)`,
      )
      .orderBy(placementCredits.createdAt, placementCredits.id),
    contractsOf(sql`(${mine})`),
    select({ contractId: snapshot.contractId, hiredAt: placements.hiredAt, state: placements.state })
      .from(placements)
      .innerJoin(snapshot, sql`${snapshot.placementId} = ${placements.id}`)
      .where(sql`${placements.companyId} in (${mine}) and ${snapshot.contractId} is not null`),
  );
  const company = readable("company", companyId, found);
  if (!company.own) throw forbidden("Only a company's admins read its statement.");

  const about = new Map(rowsOf<{ id: string; title: string; number: string | null }>(titles).map((row) => [row.id, row]));
  const lines = rowsOf<StoredEntry>(entries).map((stored): CompanyEntry => {
    const placement = about.get(stored.placement_id ?? "");
    const kind = entryOf(stored);
    return {
      ...kind,
      account: stored.account as CompanyEntry["account"],
      placementId: stored.placement_id,
      roleTitle: placement?.title ?? null,
      invoiceNumber: ABOUT_INVOICE.has(kind.postingKind) ? (placement?.number ?? null) : null,
    };
  });
  return {
    kind: "company",
    company: { id: company.id, name: company.name },
    statement: companyStatement(companyId, lines, commitmentOf(contracts.map(toRule), committed, ctx.now()), period),
    invoices: invoices.map(({ feeBasis, creditApplied, ...invoice }) => ({
      ...invoice,
      lines: invoiceLines(feeBasis as unknown as FeeBasis, cents(creditApplied)),
    })),
    credits,
  };
}

/** The postings that are about an invoice. */
const ABOUT_INVOICE: ReadonlySet<string> = new Set(["invoice", "paid", "uncollectible"]);
