import { and, eq, sql } from "drizzle-orm";
import { approvals } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { approvalEnd, type ApprovalAction, type ApprovalRequest, isOverdue } from "#domain/approvals/approval.ts";
import { approvalDecided, approvalRequested } from "#domain/events/approval.ts";
import { conflict } from "#domain/refusals.ts";
import { type Change, commit, deciding, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { type Approval, requirePlatformAdmin } from "./approval.ts";

/** What is asked for. */
export interface ApprovalFields {
  action: ApprovalAction;
  subjectId: string;
  request: ApprovalRequest;
  /** Begins with `executive:` where an executive has to want it. */
  reason: string;
}

/** The open approval of an action on a subject, as a statement. */
export const openApproval = (action: ApprovalAction, subjectId: string) =>
  select()
    .from(approvals)
    .where(and(eq(approvals.action, action), eq(approvals.subjectId, subjectId), sql`${approvals.status} in ('requested', 'approved')`))
    .limit(1);

const ALREADY_OPEN = () => conflict("This is asked for already. Decide on that first.", { reason: "approval_open" });

/** The unique index that lets one approval be open, as `deciding` takes it. */
export const ONE_OPEN_APPROVAL = { approvals_one_open: ALREADY_OPEN };

/**
 * Asks for the approval of a second admin; it lasts 24 hours. Refuses whoever is no platform admin,
 * and what is asked for already (409 `approval_open`).
 */
export async function requestApproval(ctx: Context, fields: ApprovalFields): Promise<Approval> {
  return deciding(
    ctx,
    async () => {
      const [[open]] = await ctx.read(openApproval(fields.action, fields.subjectId));
      requirePlatformAdmin(ctx, "ask for approvals");
      if (open && !isOverdue(open, ctx.now())) throw ALREADY_OPEN();
      const { approval, change } = approvalRequest(ctx, fields, open);
      return commit(ctx, approval, change);
    },
    ONE_OPEN_APPROVAL,
  );
}

/**
 * A request for an approval as a part of a commit. One that is open is ended by it.
 *
 * @param open - what `openApproval` found
 */
export function approvalRequest(
  ctx: Context,
  fields: ApprovalFields,
  open: Approval | undefined,
): { approval: Approval; change: Required<Omit<Change, "audit">> & { audit: Exclude<Change["audit"], { action: string }> } } {
  const approval = newRow(ctx, approvals, { ...fields, requestedBy: ctx.userId, expiresAt: approvalEnd(ctx.now()) });
  const ended = open ? expiry(ctx, open) : null;
  return {
    approval,
    change: {
      expect: ended ? [unchanged(approvals, ended.before)] : [],
      write: [...(ended ? [ended.write] : []), insert(approvals, approval)],
      audit: [
        ...(ended ? [ended.audit] : []),
        { action: "approval.requested", subject: { type: "approval", id: approval.id }, after: approval, reason: fields.reason },
      ],
      events: [...(ended ? [ended.event] : []), approvalRequested(approval)],
    },
  };
}

/** The end of an approval that was not used, as parts of a commit. */
export function expiry(ctx: Context, before: Approval) {
  const after: Approval = { ...before, status: "expired", version: before.version + 1, updatedAt: ctx.now() };
  return {
    before,
    write: update(ctx, approvals, before.id, { status: "expired" }),
    audit: { action: "approval.expired", subject: { type: "approval", id: before.id }, before, after },
    event: approvalDecided(after),
  };
}
