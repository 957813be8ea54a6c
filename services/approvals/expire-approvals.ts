import { sql } from "drizzle-orm";
import { approvals } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { commit, deciding, unchanged } from "../commit.ts";
import type { Context } from "../context.ts";
import { expiry } from "./request-approval.ts";

/** A step takes this many rows; the rest waits a minute. */
const ROWS_A_STEP = 100;

/** Ends the approvals that were not used within their 24 hours. */
export async function expireApprovals(ctx: Context): Promise<void> {
  await deciding(ctx, async () => {
    const [due] = await ctx.read(
      select()
        .from(approvals)
        .where(sql`${approvals.status} in ('requested', 'approved') and ${approvals.expiresAt} <= ops.now()`)
        .orderBy(approvals.id)
        .limit(ROWS_A_STEP),
    );
    if (due.length === 0) return;
    const ended = due.map((row) => expiry(ctx, row));
    await commit(ctx, null, {
      expect: due.map((row) => unchanged(approvals, row)),
      write: ended.map(({ write }) => write),
      audit: ended.map(({ audit }) => audit),
      events: ended.map(({ event }) => event),
    });
  });
}
