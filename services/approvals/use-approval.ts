import { type SQL, sql } from "drizzle-orm";
import { approvals } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { type ApprovalAction, type ApprovalRequest, useUp } from "#domain/approvals/approval.ts";
import type { DomainEvent } from "#domain/events/catalogue.ts";
import { approvalDecided } from "#domain/events/approval.ts";
import { invalidField } from "#domain/refusals.ts";
import { type Audit, type Guard, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import type { Approval } from "./approval.ts";

/** An approval as the verb that uses it reads it, in its one trip; nothing for null. */
export const approvalById = (id: string | null) =>
  select()
    .from(approvals)
    .where(sql`${approvals.id} = ${id}::uuid`)
    .limit(1);

/** The parts of a commit that use an approval up. The guard stands first among the guards (MONEY §16). */
export interface UsedApproval {
  approval: Approval;
  guard: Guard;
  write: Statement;
  audit: Audit;
  event: DomainEvent;
}

/**
 * Uses an approval in the commit of what it allows. Refuses one that does not exist (422), and (409)
 * one that is for something else, pending, used, rejected, expired or was given for another request.
 *
 * @param found - what `approvalById` found
 */
export function useApproval(
  ctx: Context,
  found: Approval | undefined,
  wanted: { action: ApprovalAction; subjectId: string; request: ApprovalRequest },
): UsedApproval {
  if (!found) throw invalidField("approval_id", "unknown", "there is no such approval");
  const used = useUp(found, wanted, ctx.now());
  const after: Approval = { ...used, version: found.version + 1, updatedAt: ctx.now() };
  return {
    approval: after,
    guard: guardOf(after),
    write: update(ctx, approvals, found.id, { status: "used" }),
    audit: { action: "approval.used", subject: { type: "approval", id: found.id }, before: found, after },
    event: approvalDecided(after),
  };
}

const guardOf = ({ id, action, subjectId }: Approval): SQL => sql`billing.guard_approval(${id}::uuid, ${action}, ${subjectId}::uuid)`;
