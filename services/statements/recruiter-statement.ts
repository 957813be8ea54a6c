import { type SQL, sql } from "drizzle-orm";
import { placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { recruiters } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { type Blocker, whyNotPaid } from "#domain/payouts/blockers.ts";
import { expectedAt } from "#domain/payouts/release.ts";
import { forbidden, notFound } from "#domain/refusals.ts";
import type { Period } from "#domain/statements/period.ts";
import { recruiterStatement, type RecruiterStatement, type UpcomingPayout } from "#domain/statements/recruiter.ts";
import type { Context } from "../context.ts";
import { payoutFacts, type PayoutWithFacts, toBlockerFacts } from "../payouts/facts.ts";
import { earningsOf, toRecruiterEntries } from "./ledger-lines.ts";

/** A share that is not released yet, and why. */
export interface Upcoming extends UpcomingPayout {
  dealRole: string;
  why: readonly Blocker[];
}

/** What a recruiter earned, owes and was paid. */
export interface PayeeStatement {
  kind: "recruiter";
  payee: { id: string; name: string };
  statement: RecruiterStatement;
  upcoming: readonly Upcoming[];
}

/** The statement of the calling recruiter, or for a platform admin of any. Others' are 404. */
export async function getRecruiterStatement(ctx: Context, recruiterId: string | null, period: Period): Promise<PayeeStatement> {
  const who: SQL = sql`select r.id from ${recruiters} r where r.id = coalesce(${recruiterId}::uuid, (select ops.recruiter_id()))
    and ((select ops.is_admin()) or r.id = (select ops.recruiter_id()))`;
  const [[payee], entries, shares, reversals, waiting] = await ctx.read(
    select({ id: recruiters.id, name: recruiters.name })
      .from(recruiters)
      .where(sql`${recruiters.id} in (${who})`),
    ...earningsOf(who),
    payoutFacts(
      sql`${transactions.recruiterId} in (${who}) and ${transactions.eligibleAt} is null and ${transactions.status} not in ('completed', 'cancelled', 'reversed')`,
    ).orderBy(transactions.createdAt, transactions.id),
  );
  if (!payee) {
    if (recruiterId !== null && (ctx.access.isPlatformAdmin || ctx.access.recruiterId)) throw notFound("recruiter", recruiterId);
    throw forbidden("Only recruiters have statements of what they earn.");
  }
  const upcoming = (waiting as PayoutWithFacts[]).map((row) => toUpcoming(row, ctx.now()));
  const statement = recruiterStatement(payee.id, toRecruiterEntries([entries, shares, reversals]), upcoming, period);
  return { kind: "recruiter", payee, statement, upcoming };
}

function toUpcoming(row: PayoutWithFacts, now: Date): Upcoming {
  const facts = toBlockerFacts(row);
  const answer = whyNotPaid(facts, "payee", now);
  const why = answer.closed === null ? answer.blockers : [];
  return {
    transactionId: row.id,
    placementId: row.placementId,
    dealRole: row.dealRole,
    amount: row.netCents,
    expectedAt: facts.placement.state === "failed" ? null : expectedAt(facts.placement.guaranteeExpiresAt, facts.invoice),
    blockers: why.map(({ code }) => code),
    why,
  };
}
