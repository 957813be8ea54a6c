import { eq, sql } from "drizzle-orm";
import { plans, subscriptions } from "#db/schema/billing.ts";
import { users } from "#db/schema/identity.ts";
import { recruiters, teams } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { conflict, forbidden, invalidField } from "#domain/refusals.ts";
import { changeSubscription as decideChange, startSubscription } from "#domain/subscriptions/subscription.ts";
import { asItStands, commit, deciding, differing, expectVersion, insert, newRow, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { beginningFor } from "./own-subscription.ts";
import { type Subscription, subscriptionNoun } from "./subscription.ts";

type Row = typeof subscriptions.$inferSelect;

/** What a platform admin enters while no payment provider does. */
export type SubscriptionFields = Pick<Row, "userId" | "planId" | "status"> &
  Partial<Pick<Row, "teamId" | "billingPeriod" | "currentPeriodStart" | "currentPeriodEnd" | "cancelAt" | "trialStart" | "trialEnd">>;

export type SubscriptionChanges = Partial<Omit<SubscriptionFields, "userId" | "teamId">>;

const ONE_LIVE = {
  subscriptions_one_of_user: () => conflict("This person has a subscription already.", { reason: "subscription_exists" }),
  subscriptions_one_of_team: () => conflict("This team has a subscription already.", { reason: "subscription_exists" }),
};

function requireAdmin(ctx: Context): void {
  if (!ctx.access.isPlatformAdmin) throw forbidden("Only platform admins enter and change subscriptions.");
}

/** Enters a subscription of a recruiter, or of a team for which its owner pays. */
export async function createSubscription(ctx: Context, fields: SubscriptionFields): Promise<Subscription> {
  return deciding(
    ctx,
    async () => {
      const [[person], [plan], [team]] = await ctx.read(
        select({
          id: users.id,
          recruiterId: computed<string | null>("recruiter", sql`(select r.id from ${recruiters} r where r.user_id = ${users.id})`),
        })
          .from(users)
          .where(eq(users.id, fields.userId)),
        select().from(plans).where(eq(plans.id, fields.planId)),
        select({ id: teams.id, version: teams.version, ownerUserId: teams.ownerUserId })
          .from(teams)
          .where(sql`${teams.id} = ${fields.teamId ?? null}`),
      );
      requireAdmin(ctx);
      if (!person) throw invalidField("user_id", "unknown", "there is no such person");
      if (!plan) throw invalidField("plan_id", "unknown", "there is no such plan");
      if (fields.teamId && !team) throw invalidField("team_id", "unknown", "there is no such team");
      if (team && team.ownerUserId !== person.id) throw invalidField("user_id", "invalid", "a team's subscription is its owner's");

      const drafted = newRow(ctx, subscriptions, { ...fields, recruiterId: fields.teamId ? null : person.recruiterId });
      const { subscription, events } = startSubscription(drafted, plan.tier, ctx.now());
      const { expect, write } = beginningFor(ctx, team ?? null);
      return commit(
        ctx,
        { ...subscription, tier: plan.tier, changePending: false },
        {
          expect,
          write: [...write, insert(subscriptions, subscription)],
          audit: { action: "subscription.created", subject: { type: "subscription", id: subscription.id }, after: subscription },
          events,
        },
      );
    },
    ONE_LIVE,
  );
}

/** Moves a subscription to another status or plan. */
export async function changeSubscription(ctx: Context, id: string, changes: SubscriptionChanges, version?: number): Promise<Subscription> {
  return deciding(
    ctx,
    async () => {
      const [[row], [plan]] = await ctx.read(
        rowById<Subscription>(ctx, subscriptionNoun, id),
        select()
          .from(plans)
          .where(sql`${plans.id} = ${changes.planId ?? null}`),
      );
      const before = readable("subscription", id, row);
      requireAdmin(ctx);
      expectVersion(ctx, before, version);
      if (changes.planId && !plan) throw invalidField("plan_id", "unknown", "there is no such plan");
      const tier = plan?.tier ?? before.tier;
      const { subscription, events } = decideChange(before, { ...before, ...changes }, { before: before.tier, after: tier }, ctx.now());
      const {
        tier: _,
        changePending: _pending,
        version: _version,
        id: _id,
        createdAt: _createdAt,
        updatedAt: _updatedAt,
        ...fields
      } = subscription;
      if (!differing(before, fields)) return asItStands(ctx, before);
      const after: Subscription = { ...subscription, tier, version: before.version + 1, updatedAt: ctx.now() };
      return commit(ctx, after, {
        expect: [unchanged(subscriptions, before)],
        write: [update(ctx, subscriptions, id, fields)],
        audit: { action: "subscription.changed", subject: { type: "subscription", id }, before, after },
        events,
      });
    },
    ONE_LIVE,
  );
}
