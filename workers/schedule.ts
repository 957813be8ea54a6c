import { sweepOutbox } from "#services/events/handle-events.ts";
import type { Context } from "#services/context.ts";
import { unsentMails } from "#services/notifications/send-mails.ts";
import { HOURLY, MINUTELY, NIGHTLY, QUARTER_HOURLY } from "#services/upkeep/upkeep.ts";

/** What each cron of wrangler.toml does. Every step repairs what a lost message left behind, or lets time pass. */
const CRONS: Readonly<Record<string, readonly ((ctx: Context) => Promise<unknown>)[]>> = {
  "* * * * *": [(ctx) => sweepOutbox(ctx, (ids) => ctx.ports.events.send(ids)), resendMails, ...MINUTELY],
  "*/15 * * * *": QUARTER_HOURLY,
  "20 * * * *": HOURLY,
  "10 3 * * *": NIGHTLY,
};

/** Runs one cron; a step that fails is told to the log and does not keep the others from their turn. */
export async function runCron(cron: string, ctx: Context): Promise<void> {
  for (const step of CRONS[cron] ?? []) {
    try {
      await step(ctx);
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
