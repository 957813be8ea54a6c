import { eq, sql } from "drizzle-orm";
import { switches } from "#db/schema/billing.ts";
import { updateOf } from "#db/statements.ts";
import { switchChanged } from "#domain/events/switch.ts";
import { takesTwo } from "#domain/payouts/switches.ts";
import { invalidField } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { approvalById, useApproval } from "../approvals/use-approval.ts";
import { type Change, commit, deciding, expectVersion, readable } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { type Switch, switchById } from "./switch.ts";

/**
 * Turns a switch. Payouts are stopped by one admin at once; to start them again takes an approval of
 * `switch.change` (MONEY §18), and so it is with whatever else is turned in its risky direction.
 *
 * @param change.approvalId - null where one admin is enough
 */
export async function changeSwitch(
  ctx: Context,
  id: string,
  change: { enabled: boolean; reason: string; approvalId: string | null },
  version?: number,
): Promise<Switch> {
  return deciding(ctx, async () => {
    const [[row], [approval]] = await ctx.read(switchById(id), approvalById(change.approvalId));
    const before = readable("switch", id, row);
    requirePlatformAdmin(ctx, "turn switches");
    expectVersion(ctx, before, version);
    const needed = takesTwo(before.name, change.enabled) && before.enabled !== change.enabled;
    if (needed && !change.approvalId) throw invalidField("approval_id", "required", "a second admin has to approve this");
    const used = needed
      ? useApproval(ctx, approval, { action: "switch.change", subjectId: id, request: { enabled: change.enabled } })
      : null;
    const { after, parts } = switched(ctx, before, change.enabled, change.reason);
    return commit(ctx, after, {
      expect: [...(used ? [used.guard] : []), ...(parts.expect ?? [])],
      write: [...(used ? [used.write] : []), ...parts.write],
      audit: [...(used ? [used.audit] : []), ...[parts.audit].flat()],
      events: [...(used ? [used.event] : []), ...parts.events],
    });
  });
}

/** A switch that is turned, as parts of a commit. */
export function switched(ctx: Context, before: Switch, enabled: boolean, reason: string): { after: Switch; parts: Change } {
  const after: Switch = {
    ...before,
    enabled,
    reason,
    changedBy: ctx.access.userId,
    changedAt: ctx.now(),
    version: before.version + 1,
  };
  return {
    after,
    parts: {
      expect: [sql`billing.guard_switch(${before.name}, ${before.version})`],
      write: [
        updateOf(switches)
          .set({ enabled, reason, changedBy: after.changedBy, changedAt: after.changedAt, version: after.version })
          .where(eq(switches.name, before.name)) as Statement,
      ],
      audit: { action: "switch.changed", subject: { type: "switch", id: before.id }, before, after, reason },
      events: [switchChanged(after)],
    },
  };
}
