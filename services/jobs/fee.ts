import { type SQL, sql } from "drizzle-orm";

/** The percentage of the company's contract in force today, in basis points; null without one. */
export const contractFee = (companyId: SQL): SQL<number | null> => sql`billing.contract_fee(${companyId})`;

/** What the company pays for a hire on a job today, in basis points: contract, the job's own, executive, standard (D-102). */
export const effectiveFee = (job: { companyId: SQL; feePercentage: SQL; premiumType: SQL }): SQL<number> =>
  sql<number>`billing.effective_fee(${job.companyId}, ${job.feePercentage}, ${job.premiumType})`;

/** A percentage and premiums that a job is to have, as `effectiveFee` takes them. */
export const asPercentage = (basisPoints: number | null): SQL => sql`(${basisPoints}::numeric / 100)`;
export const asPremiums = (premiums: readonly string[]): SQL => sql`${`{${premiums.join(",")}}`}::text[]`;
