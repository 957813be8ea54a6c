import { getTableColumns, or, sql } from "drizzle-orm";
import { plans, subscriptions } from "#db/schema/billing.ts";
import { teams } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import type { Tier } from "#domain/commission/rates.ts";
import { takeFetched } from "#domain/subscriptions/subscription.ts";
import { endOwnerUnpaid } from "#domain/teams/team.ts";
import { type Change, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import type { FetchedSubscription } from "../ports.ts";

type TeamRow = Pick<typeof teams.$inferSelect, "id" | "version" | "status" | "suspendedReason" | "graceUntil">;
type Row = typeof subscriptions.$inferSelect & { tier: Tier; team: TeamRow | null };

/** The row that a fetched subscription is about, and the plan it is on. */
export const rowOfFetched = ({ id, subscriptionId, price }: Pick<FetchedSubscription, "id" | "subscriptionId" | "price">) =>
  [
    select({
      ...getTableColumns(subscriptions),
      tier: computed<Tier>("tier", sql`(select p.tier from ${plans} p where p.id = ${subscriptions.planId})`),
      team: computed<TeamRow | null>(
        "team",
        sql`(select jsonb_build_object('id', t.id, 'version', t.version, 'status', t.status, 'suspendedReason', t.suspended_reason, 'graceUntil', null)
          from ${teams} t where t.id = ${subscriptions.teamId})`,
      ),
    })
      .from(subscriptions)
      .where(or(sql`${subscriptions.stripeSubscriptionId} = ${id}`, sql`${subscriptions.id} = ${subscriptionId}::uuid`))
      .orderBy(sql`(${subscriptions.stripeSubscriptionId} = ${id}) desc nulls last`)
      .limit(1),
    select()
      .from(plans)
      .where(sql`${plans.slug} = ${price?.planSlug ?? null}`),
  ] as const;

/** What a fetched subscription changes here. */
export type Taken =
  | { taken: true; change: Pick<Change, "expect" | "write" | "audit" | "events"> }
  /** `foreign`: none of ours; `second`: another subscription stands behind the row already. */
  | { taken: false; why: "nothing_new" | "foreign" | "second" };

/**
 * Brings a row to what the provider shows. The fetched state counts, whatever came before; a canceled
 * row stays so. A team that was suspended for want of payment goes on when the payment is there.
 */
export function takingFetched(
  ctx: Context,
  row: Row | undefined,
  plan: typeof plans.$inferSelect | undefined,
  fetched: FetchedSubscription,
): Taken {
  if (!row) return { taken: false, why: "foreign" };
  if (row.stripeSubscriptionId !== null && row.stripeSubscriptionId !== fetched.id) return { taken: false, why: "second" };
  const tier = plan?.tier ?? row.tier;
  const shown: Row = {
    ...row,
    // a price that is none of ours says nothing about the plan; the rest of what is shown counts all the same
    ...(plan && fetched.price ? { planId: plan.id, tier, billingPeriod: fetched.price.billingPeriod } : {}),
    status: fetched.status,
    currentPeriodStart: fetched.currentPeriodStart,
    currentPeriodEnd: fetched.currentPeriodEnd,
    cancelAt: fetched.cancelAt,
    trialStart: fetched.trialStart,
    trialEnd: fetched.trialEnd,
    seats: row.teamId === null ? null : fetched.seats,
    stripeCustomerId: fetched.customerId,
    stripeSubscriptionId: fetched.id,
  };
  const changed = takeFetched(row, shown, { before: row.tier, after: tier }, ctx.now());
  if (!changed) return { taken: false, why: "nothing_new" };
  const { tier: _tier, team, id, version: _version, createdAt: _createdAt, updatedAt: _updatedAt, ...fields } = changed.subscription;
  const revived = team && fields.status === "active" ? endOwnerUnpaid(team) : null;
  return {
    taken: true,
    change: {
      expect: [...(revived && team ? [unchanged(teams, team)] : []), unchanged(subscriptions, row)],
      write: [
        update(ctx, subscriptions, id, fields),
        ...(revived
          ? [update(ctx, teams, revived.team.id, { status: revived.team.status, suspendedReason: revived.team.suspendedReason })]
          : []),
      ],
      audit: [
        { action: "subscription.fetched", subject: { type: "subscription", id }, before: row, after: changed.subscription },
        ...(revived ? [{ action: "team.active", subject: { type: "team", id: revived.team.id }, before: team, after: revived.team }] : []),
      ],
      events: [...changed.events, ...(revived?.events ?? [])],
    },
  };
}
