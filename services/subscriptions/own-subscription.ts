import { eq, getTableColumns, sql } from "drizzle-orm";
import { plans, subscriptions } from "#db/schema/billing.ts";
import { users } from "#db/schema/identity.ts";
import { teamMembers, teams } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { cents, type Cents } from "#domain/money.ts";
import { conflict, forbidden, invalidField, notFound } from "#domain/refusals.ts";
import { seatsAmount, VOLUME_SEATS } from "#domain/subscriptions/seats.ts";
import { type Change, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import type { Plan } from "../plans/plan.ts";
import type { PriceOf } from "../ports.ts";
import { readableTeams } from "../teams/access.ts";
import { type Subscription, subscriptionNoun } from "./subscription.ts";

export type BillingPeriod = "monthly" | "annual";

/** What a change of a subscription asks the provider for. It is frozen when it is asked for. */
export interface SubscriptionRequest extends Record<string, unknown> {
  plan: string;
  billing_period: BillingPeriod;
  seats: number;
  cancel_at_period_end: boolean;
}

/** Active members who take a seat, of a team. */
export const seatsOfTeam = (teamId: ReturnType<typeof sql>) =>
  sql<number>`(select count(*)::int from ${teamMembers} m where m.team_id = ${teamId} and m.status = 'active' and m.role <> 'collaborator')`;

/** Whoever pays, and for whom. */
interface Payer {
  email: string;
  name: string;
  /** Null unless a team was named that the caller may see. */
  team: { id: string; version: number; ownerUserId: string; seats: number } | null;
}

/** The one of these people, with the team named, if it is theirs to see. */
export const payerOf = (teamId: string | null) =>
  select({
    email: users.email,
    name: users.name,
    team: computed<Payer["team"]>(
      "team",
      sql`(select jsonb_build_object('id', ${teams.id}, 'version', ${teams.version}, 'ownerUserId', ${teams.ownerUserId}, 'seats', ${seatsOfTeam(sql`${teams.id}`)})
        from ${teams} where ${teams.id} = ${teamId}::uuid and ${readableTeams()})`,
    ),
  })
    .from(users)
    .where(sql`${users.id} = (select ops.user_id())`);

/**
 * What a subscription of a team rests on as it begins: the team is as it was read, and changes with it, so
 * that whoever hands it over or dissolves it at that moment decides again.
 */
export const beginningFor = (ctx: Context, team: { id: string; version: number } | null): Required<Pick<Change, "expect" | "write">> =>
  team ? { expect: [unchanged(teams, team)], write: [update(ctx, teams, team.id, {})] } : { expect: [], write: [] };

/** The subscription that the caller pays for, for themselves or for a team; the latest of those that are not over. */
export const ownSubscription = (teamId: string | null) =>
  select({ ...subscriptionNoun.columns, plan: getTableColumns(plans) })
    .from(subscriptions)
    .innerJoin(plans, eq(plans.id, subscriptions.planId))
    .where(
      sql`${subscriptions.userId} = (select ops.user_id()) and ${subscriptions.teamId} is not distinct from ${teamId}::uuid and ${subscriptions.status} <> 'canceled'`,
    )
    .limit(1);

export type OwnSubscription = Subscription & { plan: Plan };

/** The plan to be on: one that is offered, and costs something. */
export const planToPay = (planId: string) =>
  select()
    .from(plans)
    .where(sql`${plans.id} = ${planId} and ${plans.isActive}`);

/** Refuses everybody but a recruiter for themselves, and a team's owner for the team. */
export function requirePayer(ctx: Context, payer: Payer | undefined, teamId: string | null): Payer {
  if (teamId !== null && !payer?.team) throw notFound("team", teamId);
  if (!ctx.access.recruiterId || !payer) throw forbidden("Plans are for recruiters.");
  if (teamId === null) return payer;
  if (payer.team?.ownerUserId !== ctx.userId) throw forbidden("Only its owner pays for a team.");
  return payer;
}

export function requirePaidPlan(plan: Plan | undefined): Plan {
  if (!plan) throw invalidField("plan_id", "unknown", "there is no such plan on offer");
  if (plan.tier === "free") throw invalidField("plan_id", "invalid", "the free plan is what is left without a subscription");
  return plan;
}

/** A subscription that the provider bills; what an administrator entered is changed by administrators. */
export function requireBilled(own: OwnSubscription | undefined): OwnSubscription & { stripeSubscriptionId: string } {
  if (!own) throw conflict("There is no subscription.", { reason: "no_subscription" });
  if (!own.stripeSubscriptionId)
    throw own.status === "incomplete"
      ? conflict("The checkout has not been finished.", { reason: "checkout_open" })
      : conflict("This subscription is looked after by the platform.", { reason: "not_billed" });
  return own as OwnSubscription & { stripeSubscriptionId: string };
}

/** The price of a plan for a person or a team, as the provider has to know it. */
export function priceOf(plan: Plan, billingPeriod: BillingPeriod, forTeam: boolean): PriceOf {
  const unit = cents(billingPeriod === "annual" ? plan.annualPriceCents : plan.priceCents);
  const volume: Cents = cents(seatsAmount(VOLUME_SEATS, unit) / VOLUME_SEATS);
  const { slug, name, tier } = plan;
  return { plan: { slug, name, tier }, billingPeriod, forTeam, unit, volume: { seats: VOLUME_SEATS, unit: volume } };
}

/** The column in which a plan keeps the provider's id of a price. */
export const priceColumn = ({ billingPeriod, forTeam }: Pick<PriceOf, "billingPeriod" | "forTeam">) =>
  forTeam
    ? billingPeriod === "annual"
      ? "stripeTeamAnnualPriceId"
      : "stripeTeamPriceId"
    : billingPeriod === "annual"
      ? "stripeAnnualPriceId"
      : "stripePriceId";
