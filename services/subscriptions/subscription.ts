import { getTableColumns, or, type SQL, sql } from "drizzle-orm";
import { plans, stripeOperations, subscriptions } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import type { Tier } from "#domain/commission/rates.ts";
import { forbidden } from "#domain/refusals.ts";
import { everybody, platformAdmins, recruitersOnly } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page, type Way } from "../listing.ts";

/** Who pays for which plan: a recruiter for themselves, or an owner for the team. */
export type Subscription = typeof subscriptions.$inferSelect & {
  tier: Tier;
  /** Whether a change is on its way to the payment provider. */
  changePending: boolean;
};

/** Whether an operation of a subscription is not done yet. */
const changePending = () =>
  computed<boolean>(
    "change_pending",
    sql`exists (select 1 from ${stripeOperations} o where o.kind = 'subscription' and o.subject_id = ${subscriptions.id} and o.status in ('pending', 'processing'))`,
  );

/** Each way to a subscription: one's own, and that of a team one owns or administers. */
const waysToSubscriptions = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`${subscriptions.userId} = (select ops.user_id())`, opensTo: everybody },
  { rows: sql`${subscriptions.teamId} = any((select ops.managed_team_ids())::uuid[])`, opensTo: recruitersOnly },
];

const readableSubscriptions = (): SQL => or(...waysToSubscriptions().map(({ rows }) => rows)) as SQL;

export const subscriptionNoun = {
  name: "subscription",
  table: subscriptions,
  columns: {
    ...getTableColumns(subscriptions),
    tier: computed<Tier>("tier", sql`(select p.tier from ${plans} p where p.id = ${subscriptions.planId})`),
    changePending: changePending(),
  },
  readable: readableSubscriptions,
  ways: waysToSubscriptions,
  filters: { status: (name: string) => sql`${subscriptions.status} = ${name}` },
  includes: {
    plan: {
      rows: (ids) =>
        select()
          .from(plans)
          .where(sql`${plans.id} in (select plan_id from ${subscriptions} where id in ${ids})`),
      parentKey: "planId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<Subscription>;

/** One page of the subscriptions the caller may see. Only recruiters have any; others read the plans: 403. */
export async function listSubscriptions(ctx: Context, query: ListQuery): Promise<Page<Subscription>> {
  const page = await listOf<Subscription>(ctx, subscriptionNoun, query);
  if (!ctx.access.isPlatformAdmin && !ctx.access.recruiterId) throw forbidden("Only recruiters have subscriptions.");
  return page;
}

/** One subscription the caller may see, or 404. */
export const getSubscription = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Subscription>> =>
  getOne<Subscription>(ctx, subscriptionNoun, id, include);
