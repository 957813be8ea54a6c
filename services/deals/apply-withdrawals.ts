import { getTableColumns, sql } from "drizzle-orm";
import { applications, candidateRoleAssignments as deals, withdrawalRequests } from "#db/schema/ats.ts";
import { select } from "#db/statements.ts";
import { hasEnded, isLive } from "#domain/deals/states.ts";
import { withdrawDeal } from "#domain/deals/withdraw.ts";
import { SYSTEM_USER_ID } from "#domain/ids.ts";
import { commit, databaseRefusal, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { ROWS_A_STEP, sweepThrough } from "../upkeep/sweep.ts";
import { openRequest, type WithdrawalRequest } from "../withdrawals/withdrawal-request.ts";
import { dealChange, type DealRecords } from "./change-deal.ts";

interface DueWithdrawal extends DealRecords {
  id: string;
  request: WithdrawalRequest;
}

/** What the candidate's own word lets the system do for them, a day later. */
const FOR_THE_CANDIDATE = {
  userId: SYSTEM_USER_ID,
  parties: new Set(["candidate"] as const),
  overrideReason: null,
  mayAdvance: false,
  mayHire: false,
};

/**
 * Turns wishes to withdraw into withdrawals once nobody may undo them any more, and lets those lapse
 * whose application has ended otherwise (SURFACES S-8). One that was overtaken waits for the next run.
 */
export const applyWithdrawals = (ctx: Context): Promise<void> =>
  sweepThrough(
    ctx,
    (skip) => dueWithdrawals(ctx, skip),
    (due) => apply(ctx, due),
    "a withdrawal could not be applied",
  );

async function apply(ctx: Context, { request, cra, application }: DueWithdrawal): Promise<void> {
  const deal = { cra, application };
  const over = hasEnded(application.stage) || application.stage === "hired" || (cra !== null && !isLive(cra.state));
  const settled = (at: Pick<Partial<WithdrawalRequest>, "appliedAt" | "lapsedAt">) => ({
    expect: [unchanged(withdrawalRequests, request)],
    write: [update(ctx, withdrawalRequests, request.id, at)],
  });
  try {
    if (over) {
      await commit(ctx, null, {
        ...settled({ lapsedAt: ctx.now() }),
        audit: { action: "withdrawal.lapsed", subject: { type: "application", id: application.id }, companyId: application.companyId },
        events: [],
      });
      return;
    }
    const change = withdrawDeal(deal, FOR_THE_CANDIDATE, { note: request.reason }, ctx.now());
    const { changed, parts } = dealChange(ctx, deal, change, { action: "application.withdrawn", ...settled({ appliedAt: ctx.now() }) });
    await commit(ctx, changed, parts);
  } catch (error) {
    if (databaseRefusal(error)?.code !== "40001") throw error;
  }
}

async function dueWithdrawals(ctx: Context, skip: number): Promise<DueWithdrawal[]> {
  const [rows] = await ctx.read(
    select({
      id: withdrawalRequests.id,
      request: getTableColumns(withdrawalRequests),
      application: getTableColumns(applications),
      cra: getTableColumns(deals),
    })
      .from(withdrawalRequests)
      .innerJoin(applications, sql`${applications.id} = ${withdrawalRequests.applicationId}`)
      .leftJoin(
        deals,
        sql`${deals.id} = (select latest.id from ats.candidate_role_assignments latest where latest.application_id = ${applications.id} order by latest.created_at desc limit 1)`,
      )
      .where(
        sql`${openRequest()} and (${withdrawalRequests.effectiveAt} <= ops.now() or ${applications.stage} in ('rejected', 'withdrawn', 'expired', 'hired'))`,
      )
      .orderBy(withdrawalRequests.effectiveAt, withdrawalRequests.id)
      .offset(skip)
      .limit(ROWS_A_STEP),
  );
  return rows;
}
