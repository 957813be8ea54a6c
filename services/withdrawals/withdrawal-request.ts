import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { applications, withdrawalRequests } from "#db/schema/ats.ts";
import { select } from "#db/statements.ts";
import { hasEnded } from "#domain/deals/states.ts";
import { withdrawalRequested, withdrawalUndone } from "#domain/events/application.ts";
import { UNDO_HOURS } from "#domain/portal/stages.ts";
import { conflict, invalidField, notFound } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { candidateOf, ownApplications, reachedCompany, requireProof } from "../portal/access.ts";

/** Characters that a reason may have. */
const MAX_REASON = 2_000;

export type WithdrawalRequest = typeof withdrawalRequests.$inferSelect;

/** Neither undone, nor applied, nor overtaken by another end. */
export const openRequest = (): SQL =>
  sql`num_nonnulls(${withdrawalRequests.undoneAt}, ${withdrawalRequests.appliedAt}, ${withdrawalRequests.lapsedAt}) = 0`;

/** An application of the candidate's, and the wish to withdraw from it that is open. */
async function readBoth(ctx: Context, applicationId: string) {
  const [[application], [request]] = await ctx.read(
    select({ ...getTableColumns(applications), reachedCompany: reachedCompany() })
      .from(applications)
      .where(sql`${applications.id} = ${applicationId} and ${ownApplications()}`),
    select(getTableColumns(withdrawalRequests)).from(withdrawalRequests)
      .where(sql`${withdrawalRequests.applicationId} = ${applicationId} and ${openRequest()}
        and exists (select 1 from ${applications} where ${applications.id} = ${withdrawalRequests.applicationId} and ${ownApplications()})`),
  );
  candidateOf(ctx);
  if (!application) throw notFound("application");
  return { application, request: request ?? null };
}

/**
 * The candidate wishes to withdraw. The parties hear of it at once; the deal changes 24 h later, by the
 * deal's own service, unless it is undone (SURFACES S-8). Needs a fresh proof; refuses an application
 * that has ended, and one whose withdrawal is under way.
 */
export async function requestWithdrawal(ctx: Context, applicationId: string, reason: string | null): Promise<WithdrawalRequest> {
  return deciding(
    ctx,
    async () => {
      const { application, request } = await readBoth(ctx, applicationId);
      requireProof(ctx);
      if ((reason?.trim().length ?? 0) > MAX_REASON)
        throw invalidField("reason", "too_long", `A reason may have ${MAX_REASON.toLocaleString("en")} characters at most.`);
      if (hasEnded(application.stage) || application.stage === "hired")
        throw conflict("This application has come to its end, so there is nothing to withdraw.", { reason: "ended" });
      if (request) throw underWay();
      const effectiveAt = new Date(ctx.now().getTime() + UNDO_HOURS * 3_600_000);
      const row = newRow(ctx, withdrawalRequests, { applicationId, reason: reason?.trim() || null, effectiveAt });
      return commit(ctx, row, {
        expect: [unchanged(applications, application)],
        write: [insert(withdrawalRequests, row)],
        audit: { action: "withdrawal.requested", subject: { type: "application", id: applicationId }, companyId: application.companyId },
        events: [withdrawalRequested(application, effectiveAt, application.reachedCompany)],
      });
    },
    { withdrawal_requests_one_open: underWay },
  );
}

const underWay = () => conflict("You have asked for this already.", { reason: "under_way" });

/** The candidate stays after all. Refuses when nothing is left to undo. */
export async function undoWithdrawal(ctx: Context, applicationId: string): Promise<void> {
  await deciding(ctx, async () => {
    const { application, request } = await readBoth(ctx, applicationId);
    if (!request || request.effectiveAt <= ctx.now())
      throw conflict("There is no withdrawal that could still be undone.", { reason: "nothing_to_undo" });
    await commit(ctx, null, {
      expect: [unchanged(withdrawalRequests, request)],
      write: [update(ctx, withdrawalRequests, request.id, { undoneAt: ctx.now() })],
      audit: { action: "withdrawal.undone", subject: { type: "application", id: applicationId }, companyId: application.companyId },
      events: [withdrawalUndone(application, application.reachedCompany)],
    });
  });
}
