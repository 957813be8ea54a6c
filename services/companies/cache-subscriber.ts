import type { Subscriber } from "../events/handle-events.ts";

/**
 * Has caches forget a company's pages when what they show has changed. It is repeated until it has
 * succeeded: pages that went private must not go on being served (SURFACES §2.7).
 */
export const cacheSubscriber: Subscriber = {
  name: "caches",
  hears: ["company.updated", "company.deleted", "job.created", "job.updated", "job.status_changed", "job.deleted"],
  async handle(ctx, event, handled) {
    const { company_id: companyId } = event.payload as { company_id: string };
    await ctx.ports.forgetCached(`company:${companyId}`);
    await ctx.database.writer.batch([handled] as never);
  },
};
