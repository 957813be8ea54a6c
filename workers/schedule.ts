import { sweepOutbox } from "#services/events/handle-events.ts";
import type { Context } from "#services/context.ts";
import { unsentMails } from "#services/notifications/send-mails.ts";
import { HOURLY, MINUTELY, NIGHTLY, QUARTER_HOURLY } from "#services/upkeep/upkeep.ts";
import { sweepDeliveries } from "#services/webhooks/sweep-deliveries.ts";
import type { Env } from "./runtime.ts";

/** What each cron of wrangler.toml does. Every step repairs what a lost message left behind, or lets time pass. */
const CRONS: Readonly<Record<string, readonly ((ctx: Context, env: Env) => Promise<unknown>)[]>> = {
  "* * * * *": [(ctx) => sweepOutbox(ctx, (ids) => ctx.ports.events.send(ids)), resendMails, resendDeliveries, ...MINUTELY],
  "*/15 * * * *": QUARTER_HOURLY,
  "20 * * * *": HOURLY,
  "10 3 * * *": NIGHTLY,
};

/** Runs one cron; a step that fails is told to the log and does not keep the others from their turn. */
export async function runCron(cron: string, ctx: Context, env: Env): Promise<void> {
  for (const step of CRONS[cron] ?? []) {
    try {
      await step(ctx, env);
    } catch (error) {
      ctx.ports.log("error", "a step of the schedule failed", {
        cron,
        step: step.name,
        error: error instanceof Error ? error.message : "unknown",
      });
    }
  }
}

async function resendMails(ctx: Context): Promise<void> {
  const ids = await unsentMails(ctx);
  if (ids.length > 0) await ctx.ports.mail.send(ids);
}

/** How long past its time a delivery counts as forgotten, and how many of one endpoint a run names, unless the environment says. */
const SWEEP = { ageSeconds: 120, perEndpoint: 100 };

async function resendDeliveries(ctx: Context, env: Env): Promise<void> {
  const { WEBHOOK_SWEEP_SECONDS: seconds, WEBHOOK_SWEEP_ROWS: rows } = env;
  await sweepDeliveries(ctx, {
    ageSeconds: seconds === undefined ? SWEEP.ageSeconds : Number(seconds),
    perEndpoint: rows === undefined ? SWEEP.perEndpoint : Number(rows),
  });
}
