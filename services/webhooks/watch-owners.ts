import { eq, getTableColumns, sql } from "drizzle-orm";
import { accounts } from "#db/schema/api.ts";
import { users } from "#db/schema/identity.ts";
import { webhooks } from "#db/schema/webhooks.ts";
import { select } from "#db/statements.ts";
import { actsWithin } from "../accounts/acts-within.ts";
import { commit, deciding } from "../commit.ts";
import type { Context } from "../context.ts";
import { disabling } from "./disabling.ts";

/** A step takes this many rows; the rest waits for the next run. */
const ROWS_A_STEP = 100;

/**
 * Disables endpoints whose owner acts within their account no more, whichever way they left, and tells its managers,
 * who may adopt them. What is sent to an endpoint is decided for its owner (DESIGN R-24): without one it hears nothing.
 */
export async function watchOwners(ctx: Context): Promise<void> {
  await deciding(ctx, async () => {
    const [orphaned] = await ctx.read(
      select(getTableColumns(webhooks))
        .from(webhooks)
        .innerJoin(accounts, eq(accounts.id, webhooks.accountId))
        .where(
          sql`${webhooks.status} <> 'disabled' and ${webhooks.deletedAt} is null and not exists (
            select from ${users} where ${users.id} = ${webhooks.ownerUserId} and ${users.status} = 'active' and ${users.deletedAt} is null
              and ${actsWithin(users.id)})`,
        )
        .orderBy(webhooks.id)
        .limit(ROWS_A_STEP),
    );
    if (orphaned.length > 0) await commit(ctx, null, disabling(ctx, orphaned, "owner_gone"));
  });
}
