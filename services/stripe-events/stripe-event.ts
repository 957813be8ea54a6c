import { getTableColumns, sql } from "drizzle-orm";
import { stripeEvents } from "#db/schema/billing.ts";
import { forbidden } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { listOf, type ListQuery, type Noun, type Page } from "../listing.ts";

export type StripeEvent = typeof stripeEvents.$inferSelect;

/** What Stripe told, for platform admins. */
export const stripeEventNoun = {
  name: "stripe event",
  table: stripeEvents,
  columns: getTableColumns(stripeEvents),
  readable: () => sql`(select ops.is_admin())`,
  // its row is born when it is received, and has no other age
  sorts: { created_at: stripeEvents.receivedAt, updated_at: stripeEvents.receivedAt, created: stripeEvents.created },
  filters: {
    type: (type: string) => sql`${stripeEvents.type} = ${type}`,
    account: (account: string) => sql`${stripeEvents.account} = ${account}`,
    processed: (processed: boolean) => sql`(${stripeEvents.processedAt} is not null) = ${processed}`,
  },
} satisfies Noun<StripeEvent>;

/** One page of what Stripe told; 403 for everybody but platform admins. */
export async function listStripeEvents(ctx: Context, query: ListQuery): Promise<Page<StripeEvent>> {
  const page = await listOf<StripeEvent>(ctx, stripeEventNoun, query);
  if (!ctx.access.isPlatformAdmin) throw forbidden("Only platform admins read what Stripe told.");
  return page;
}
