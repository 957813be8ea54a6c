import { sql } from "drizzle-orm";
import { webhooks } from "#db/schema/webhooks.ts";
import { select } from "#db/statements.ts";
import { webhookDisabled, webhookFailing } from "#domain/events/webhook.ts";
import { FAILING_DAYS, FAILING_STAGES, failingStage, RUN_ENDS_HOURS } from "#domain/webhooks/failing.ts";
import { commit, deciding, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";

/** A step takes this many rows; the rest waits for the next run. */
const ROWS_A_STEP = 100;

/** Tells owners of endpoints that go on failing, in stages, and disables those that failed for five days (PLATFORM §13.5). */
export async function watchEndpoints(ctx: Context): Promise<void> {
  await deciding(ctx, async () => {
    const [failing] = await ctx.read(
      select()
        .from(webhooks)
        .where(
          sql`${webhooks.status} = 'active' and ${webhooks.deletedAt} is null
            and ${webhooks.lastFailureAt} > ops.now() - make_interval(hours => ${RUN_ENDS_HOURS})
            and ${webhooks.failingSince} <= ops.now() - make_interval(hours => ${(FAILING_DAYS * 24 * FAILING_STAGES[0]) / 100})
            and (${webhooks.failingAlertedPercent} is null or ${webhooks.failingSince} <= ops.now() - make_interval(hours => ${(FAILING_DAYS * 24 * FAILING_STAGES[1]) / 100}))`,
        )
        .orderBy(webhooks.failingSince)
        .limit(ROWS_A_STEP),
    );
    const changes = failing.flatMap((row) => {
      const { failingSince, lastFailureAt } = row;
      const stage = failingSince && lastFailureAt ? failingStage({ ...row, failingSince, lastFailureAt }, ctx.now()) : null;
      if (stage === null) return [];
      const isOver = stage === FAILING_STAGES.at(-1);
      const fields = {
        failingAlertedPercent: stage,
        ...(isOver ? { status: "disabled" as const, disabledReason: "failing_5_days" as const, disabledAt: ctx.now() } : {}),
      };
      return [{ row, fields, isOver, stage }];
    });
    if (changes.length === 0) return;
    await commit(ctx, null, {
      expect: changes.map(({ row }) => unchanged(webhooks, row)),
      write: changes.map(({ row, fields }) => update(ctx, webhooks, row.id, fields)),
      audit: changes.map(({ row, fields, isOver }) => ({
        action: isOver ? "webhook.disabled" : "webhook.warned",
        subject: { type: "webhook", id: row.id },
        before: row,
        after: { ...row, ...fields },
        accountId: row.accountId,
      })),
      events: changes.map(({ row, isOver, stage }) => (isOver ? webhookDisabled(row, "failing_5_days") : webhookFailing(row, stage))),
    });
  });
}
