import { sql } from "drizzle-orm";
import { reconciliationBreaks as breaks } from "#db/schema/billing.ts";
import { userRoles } from "#db/schema/identity.ts";
import { select } from "#db/statements.ts";
import { breakClosed } from "#domain/events/reconciliation.ts";
import { conflict, invalidField } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { approvalById, useApproval } from "../approvals/use-approval.ts";
import { asItStands, commit, deciding, differing, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { type BreakRow, breakNoun } from "./break.ts";

function requireOpen(row: BreakRow): void {
  if (row.resolvedAt) throw conflict("This break is closed.", { reason: "break_closed" });
}

/** Puts a break into a platform admin's hands. Refuses anybody else's, and a closed break (409). */
export async function assignBreak(ctx: Context, id: string, ownerUserId: string | null, version?: number): Promise<BreakRow> {
  return deciding(ctx, async () => {
    const [[row], owners] = await ctx.read(
      rowById<BreakRow>(ctx, breakNoun, id),
      select({ userId: userRoles.userId })
        .from(userRoles)
        .where(sql`${userRoles.userId} = ${ownerUserId} and ${userRoles.roleName} = 'platform_admin' and ${userRoles.deletedAt} is null`),
    );
    const before = readable("reconciliation break", id, row);
    requirePlatformAdmin(ctx, "look after breaks");
    expectVersion(ctx, before, version);
    if (ownerUserId !== null && owners.length === 0) throw invalidField("owner_user_id", "unknown", "there is no such platform admin");
    requireOpen(before);
    if (!differing(before, { ownerUserId })) return asItStands(ctx, before);
    const after: BreakRow = { ...before, ownerUserId, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(breaks, before)],
      write: [update(ctx, breaks, id, { ownerUserId })],
      audit: { action: "reconciliation_break.assigned", subject: { type: "reconciliation_break", id }, before, after },
      events: [],
    });
  });
}

/**
 * Closes a break that does not heal by itself, and says why. A critical one takes an approval of
 * `break.resolve`. It is not opened again as long as it stands as it stands now.
 */
export async function resolveBreak(ctx: Context, id: string, resolution: string, approvalId: string | null): Promise<BreakRow> {
  return deciding(ctx, async () => {
    const [[row], [approval]] = await ctx.read(rowById<BreakRow>(ctx, breakNoun, id), approvalById(approvalId));
    const before = readable("reconciliation break", id, row);
    requirePlatformAdmin(ctx, "resolve breaks");
    expectVersion(ctx, before);
    requireOpen(before);
    const isCritical = before.severity === "critical";
    if (isCritical && !approvalId) throw invalidField("approval_id", "required", "a critical break is resolved by two admins");
    const used = isCritical ? useApproval(ctx, approval, { action: "break.resolve", subjectId: id, request: {} }) : null;
    const fields = { resolvedAt: ctx.now(), resolution, ownerUserId: before.ownerUserId ?? ctx.userId };
    const after: BreakRow = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [...(used ? [used.guard] : []), unchanged(breaks, before)],
      write: [...(used ? [used.write] : []), update(ctx, breaks, id, fields)],
      audit: [
        ...(used ? [used.audit] : []),
        { action: "reconciliation_break.resolved", subject: { type: "reconciliation_break", id }, before, after, reason: resolution },
      ],
      events: [...(used ? [used.event] : []), breakClosed(after)],
    });
  });
}
