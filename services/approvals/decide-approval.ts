import { and, eq, sql } from "drizzle-orm";
import { approvals } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { approve, reject } from "#domain/approvals/approval.ts";
import { approvalDecided } from "#domain/events/approval.ts";
import { commit, deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { type Approval, approvalNoun, requirePlatformAdmin } from "./approval.ts";

const authorsOf = (id: string) =>
  select({ userId: approvals.requestedBy })
    .from(approvals)
    .where(
      and(
        sql`(${approvals.action}, ${approvals.subjectId}) = (select a.action, a.subject_id from ${approvals} a where a.id = ${id})`,
        // an author of a contract stays one; elsewhere each request stands for itself
        eq(approvals.action, "contract.approve"),
      ),
    );

/** Approves what another admin asked for. Refuses whoever asked (`forbidden`), and one that is decided or expired (409). */
export const approveRequest = (ctx: Context, id: string): Promise<Approval> =>
  decide(ctx, id, "approval.approved", (approval, authors) => approve(approval, ctx.userId, authors, ctx.now()));

/** Turns down what was asked for, or takes it back. Refuses one that is decided or expired (409). */
export const rejectRequest = (ctx: Context, id: string, reason: string): Promise<Approval> =>
  decide(ctx, id, "approval.rejected", (approval) => reject(approval, ctx.now()), reason);

async function decide(
  ctx: Context,
  id: string,
  action: string,
  decision: (approval: Approval, authors: readonly string[]) => Approval,
  reason: string | null = null,
): Promise<Approval> {
  return deciding(ctx, async () => {
    const [[row], authors] = await ctx.read(rowById<Approval>(ctx, approvalNoun, id), authorsOf(id));
    const before = readable("approval", id, row);
    requirePlatformAdmin(ctx, "decide on approvals");
    expectVersion(ctx, before);
    const decided = decision(
      before,
      authors.map(({ userId }) => userId),
    );
    const after: Approval = { ...decided, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(approvals, before)],
      write: [update(ctx, approvals, id, { status: after.status, approvedBy: after.approvedBy })],
      audit: { action, subject: { type: "approval", id }, before, after, reason },
      events: [approvalDecided(after)],
    });
  });
}
