import { type SQL, sql } from "drizzle-orm";
import { customContracts, feeTerms } from "#db/schema/billing.ts";
import { computed } from "#db/statements.ts";
import type { BasisPoints } from "#domain/money.ts";

/** The percentage of the company's contract in force today, in basis points; null without one. */
export const contractFee = (companyId: SQL): SQL => sql`(select (c.fee_percentage * 100)::int from ${customContracts} c
  where c.company_id = ${companyId} and c.approved_at is not null
    and c.contract_start_date <= (ops.now() at time zone 'utc')::date
    and (c.contract_end_date is null or c.contract_end_date >= (ops.now() at time zone 'utc')::date))`;

const inForce = (): SQL =>
  sql`${feeTerms} t where t.effective_from <= ops.now() and (t.effective_to is null or t.effective_to > ops.now()) limit 1`;

/** The platform's own percentages of today, as columns of a selection. */
export const feeInForce = () => ({
  standardBp: computed<BasisPoints>("standard_bp", sql`(select t.standard_bp from ${inForce()})`),
  executiveBp: computed<BasisPoints>("executive_bp", sql`(select t.executive_bp from ${inForce()})`),
});

/** What the company pays for a hire on a job today: contract, the job's own, executive, standard (D-102). */
export const effectiveFee = (job: { companyId: SQL; feePercentage: SQL; premiumType: SQL }): SQL<number> => sql<number>`coalesce(
  ${contractFee(job.companyId)},
  (${job.feePercentage} * 100)::int,
  (select case when 'executive' = any(${job.premiumType}) then t.executive_bp else t.standard_bp end from ${inForce()}))`;
