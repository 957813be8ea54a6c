import { eq, getTableColumns, or, type SQL, sql } from "drizzle-orm";
import { customContracts } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import type { ApprovalRequest } from "#domain/approvals/approval.ts";
import type { ContractTerms, CustomContract } from "#domain/contracts/contract.ts";
import { toDecimal } from "#domain/money.ts";
import { forbidden } from "#domain/refusals.ts";
import { companyPeople, platformAdmins } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page, type Way } from "../listing.ts";

/** What was agreed with a company. */
export type Contract = typeof customContracts.$inferSelect;

/** Each way to a contract: platform admins read all, a company's admins their own. */
const waysToContracts = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`${customContracts.companyId} = any((select ops.admin_company_ids())::uuid[])`, opensTo: companyPeople },
];

const readableContracts = (): SQL => or(...waysToContracts().map(({ rows }) => rows)) as SQL;

export const contractNoun = {
  name: "contract",
  table: customContracts,
  columns: getTableColumns(customContracts),
  readable: readableContracts,
  ways: waysToContracts,
  sorts: { contract_start_date: customContracts.contractStartDate },
  filters: {
    company_id: (id: string) => eq(customContracts.companyId, id),
    active_on: (day: string) => sql`(${customContracts.approvedAt} is not null
      and daterange(${customContracts.contractStartDate}, ${customContracts.contractEndDate}, '[]') @> ${day}::date)`,
  },
} satisfies Noun<Contract>;

/** One page of the contracts the caller may see; of nobody but platform admins and company admins: 403. */
export async function listContracts(ctx: Context, query: ListQuery): Promise<Page<Contract>> {
  const page = await listOf<Contract>(ctx, contractNoun, query);
  if (!ctx.access.isPlatformAdmin && ctx.access.adminCompanyIds.length === 0)
    throw forbidden("Only a company's admins read its contracts.");
  return page;
}

/** One contract the caller may see, or 404. */
export const getContract = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Contract>> =>
  getOne<Contract>(ctx, contractNoun, id, include);

/** All contracts of a company, as a statement. */
export const contractsOf = (companyId: string | SQL) =>
  select()
    .from(customContracts)
    .where(sql`${customContracts.companyId} = ${companyId}`);

/** A row in the words of the rules. */
export const toRule = (row: Contract): CustomContract => ({
  id: row.id,
  companyId: row.companyId,
  feeBp: row.feePercentage,
  flatFee: row.flatFeeCents,
  discountBp: row.discountPercentage,
  discountThreshold: row.discountThreshold,
  minPlacementsPerYear: row.minPlacementsPerYear,
  startDate: row.contractStartDate,
  endDate: row.contractEndDate,
  termsDocumentUrl: row.termsDocumentUrl,
  approvedByUserId: row.approvedByAdminId,
  approvedAt: row.approvedAt,
});

/** The terms in the words of the table. */
export const toColumns = (terms: ContractTerms) => ({
  feePercentage: terms.feeBp,
  flatFeeCents: terms.flatFee,
  discountPercentage: terms.discountBp,
  discountThreshold: terms.discountThreshold,
  minPlacementsPerYear: terms.minPlacementsPerYear,
  contractStartDate: terms.startDate,
  contractEndDate: terms.endDate,
  termsDocumentUrl: terms.termsDocumentUrl,
});

/** The terms as an approval knows them: who approves, approves exactly these. */
export const termsRequest = (terms: ContractTerms): ApprovalRequest => ({
  fee_percentage: terms.feeBp === null ? null : toDecimal(terms.feeBp),
  flat_fee_cents: terms.flatFee,
  discount_percentage: terms.discountBp === null ? null : toDecimal(terms.discountBp),
  discount_threshold: terms.discountThreshold,
  min_placements_per_year: terms.minPlacementsPerYear,
  contract_start_date: terms.startDate,
  contract_end_date: terms.endDate,
  terms_document_url: terms.termsDocumentUrl,
});
