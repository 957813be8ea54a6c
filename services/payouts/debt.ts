import { eq, getTableColumns, sql } from "drizzle-orm";
import { clawbacks, payoutReversals, recruiterDebts } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { debtSettled } from "#domain/events/payout.ts";
import { writeoffPosting } from "#domain/ledger/postings.ts";
import { minus, plus } from "#domain/money.ts";
import { writeOffDebt as decide } from "#domain/payouts/net.ts";
import { conflict } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { approvalById, useApproval } from "../approvals/use-approval.ts";
import { platformAdmins, recruitersOnly } from "../audience.ts";
import { commit, deciding, expectVersion, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page, rowById } from "../listing.ts";
import { posted } from "../ledger/post.ts";
import { requireEarner } from "./access.ts";
import { type Debt, toDebt } from "./ready-payout.ts";
import { updateDebt } from "./reverse-payout.ts";

/** A debt with the placement whose payout was clawed back. */
export type ShownDebt = Debt & { placementId: string };

/** Each way to a debt: one's own, and as platform admin all. */
const waysToDebts = () => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`${recruiterDebts.recruiterId} = (select ops.recruiter_id())`, opensTo: recruitersOnly },
];

const placementOf = sql`(select k.placement_id from ${payoutReversals} r join ${clawbacks} k on k.id = r.clawback_id where r.id = ${recruiterDebts.reversalId})`;

export const debtNoun = {
  name: "debt",
  table: recruiterDebts,
  columns: { ...getTableColumns(recruiterDebts), placementId: computed<string>("placement_id", placementOf) },
  readable: () => sql`(${waysToDebts()[0]?.rows} or ${waysToDebts()[1]?.rows})`,
  ways: waysToDebts,
  filters: {
    recruiter_id: (id: string) => eq(recruiterDebts.recruiterId, id),
    open: (isOpen: string) => (isOpen === "true" ? sql`${recruiterDebts.settledAt} is null` : sql`${recruiterDebts.settledAt} is not null`),
  },
} satisfies Noun<ShownDebt>;

/** One page of the debts the caller may see: their own, or all for platform admins. Others: 403. */
export async function listDebts(ctx: Context, query: ListQuery): Promise<Page<ShownDebt>> {
  const page = await listOf<ShownDebt>(ctx, debtNoun, query);
  requireEarner(ctx);
  return page;
}

/** One debt the caller may see, or 404. */
export const getDebt = (ctx: Context, id: string, include: readonly string[]): Promise<Included<ShownDebt>> =>
  getOne<ShownDebt>(ctx, debtNoun, id, include);

/**
 * Gives up what is left of a debt, by an approval of `debt.write_off`. Refuses whoever is no platform
 * admin, a debt that is settled (409 `debt_settled`), and one whose transfer may still be reversed
 * (409 `reversal_undecided`).
 */
export async function writeOffDebt(ctx: Context, id: string, approvalId: string, reason: string): Promise<ShownDebt> {
  return deciding(ctx, async () => {
    const [[row], [approval], [hash]] = await ctx.read(
      rowById<ShownDebt>(ctx, debtNoun, id),
      approvalById(approvalId),
      select({ debts: computed<string>("debts", sql`billing.debts_hash(${recruiterDebts.recruiterId})`) })
        .from(recruiterDebts)
        .where(eq(recruiterDebts.id, id)),
    );
    const before = readable("debt", id, row);
    requirePlatformAdmin(ctx, "write debts off");
    expectVersion(ctx, before);
    if (before.settledAt) throw conflict("Nothing of this debt is open.", { reason: "debt_settled" });
    if (before.recovery === "reversing") throw conflict("Its transfer may still be reversed.", { reason: "reversal_undecided" });
    const used = useApproval(ctx, approval, { action: "debt.write_off", subjectId: id, request: {} });
    const debt = decide(toDebt(before));
    const { recruiterId } = before;
    const amount = minus(debt.writtenOffCents, before.writtenOffCents);
    const after: ShownDebt = { ...before, ...debt, settledAt: ctx.now(), version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [used.guard, sql`billing.guard_debts(${recruiterId}::uuid, ${hash?.debts ?? ""})`],
      write: [
        used.write,
        updateDebt(ctx, debt),
        posted(ctx, writeoffPosting({ debtId: id, recruiterId, amount }), { placementId: before.placementId }),
      ],
      audit: [used.audit, { action: "debt.written_off", subject: { type: "debt", id }, before, after, reason }],
      events: [used.event, debtSettled(after)],
    });
  });
}

/** What of a debt is still owed. */
export const openOf = (debt: Debt) => minus(debt.amountCents, plus(debt.recoveredCents, debt.writtenOffCents));
