import { eq, getTableColumns, sql } from "drizzle-orm";
import { plans, subscriptions } from "#db/schema/billing.ts";
import { teamMembers } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { TIERS, type Tier } from "#domain/commission/rates.ts";
import { countsAs } from "#domain/commission/tier.ts";
import { notFound } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import type { Plan } from "../plans/plan.ts";
import { type Subscription, subscriptionNoun } from "./subscription.ts";

/** The caller's own subscription with its plan; without one the free plan, so that everybody has a tier (D-2). */
export interface OwnPlan {
  /** Null where there is none. */
  subscription: Subscription | null;
  plan: Plan;
  /** The tier whose rates a hire would use now: the higher of the own plan and the team's (D-80). */
  effectiveTier: Tier;
}

/** What the caller's plan lets them do. A trial has the features of its plan, though not its rates (D-21). */
export interface OwnEntitlements {
  tier: Tier;
  plan: string;
  entitlements: Readonly<Record<string, unknown>>;
}

type Held = Subscription & { plan: Plan };

/** The caller's subscriptions and those of the team they earn in, the current one first, and the plans on offer. */
async function readHeld(ctx: Context): Promise<{ held: Held[]; offered: Plan[] }> {
  const [held, offered] = await ctx.read(
    select({ ...subscriptionNoun.columns, plan: getTableColumns(plans) })
      .from(subscriptions)
      .innerJoin(plans, eq(plans.id, subscriptions.planId))
      .where(sql`(${subscriptions.userId} = (select ops.user_id()) and ${subscriptions.teamId} is null)
        or ${subscriptions.teamId} in (select ${teamMembers.teamId} from ${teamMembers}
          where ${teamMembers.recruiterId} = (select ops.recruiter_id()) and ${teamMembers.status} = 'active' and ${teamMembers.teamRole} <> 'collaborator')`)
      .orderBy(sql`(${subscriptions.status} = 'canceled')`, sql`${subscriptions.createdAt} desc`),
    select()
      .from(plans)
      .where(sql`${plans.isActive}`),
  );
  return { held: held as Held[], offered };
}

/** The caller's subscription and plan as they stand now. */
export async function getOwnPlan(ctx: Context): Promise<OwnPlan> {
  const { held, offered } = await readHeld(ctx);
  const own = held.find(
    ({ teamId, status, currentPeriodEnd }) => teamId === null && (status !== "canceled" || runsOn(currentPeriodEnd, ctx.now())),
  );
  const effectiveTier = highest(held.map((subscription) => rateTier(subscription, ctx.now())));
  if (!own) return { subscription: null, plan: freePlan(offered), effectiveTier };
  const { plan, ...subscription } = own;
  return { subscription: { ...subscription, tier: plan.tier }, plan, effectiveTier };
}

/** What the best plan the caller holds, own or of their team, entitles them to. */
export async function getOwnEntitlements(ctx: Context): Promise<OwnEntitlements> {
  const { held, offered } = await readHeld(ctx);
  const using = held.filter(
    (subscription) => subscription.status === "trialing" || rateTier(subscription, ctx.now()) === subscription.plan.tier,
  );
  const plan =
    using.map((subscription) => subscription.plan).toSorted((one, other) => TIERS.indexOf(other.tier) - TIERS.indexOf(one.tier))[0] ??
    freePlan(offered);
  return { tier: plan.tier, plan: plan.slug, entitlements: plan.entitlements };
}

const rateTier = ({ id, recruiterId, teamId, status, pastDueSince, currentPeriodEnd, upgradedAt, plan }: Held, now: Date): Tier =>
  countsAs(
    {
      id,
      recruiter_id: recruiterId,
      team_id: teamId,
      tier: plan.tier,
      status,
      past_due_since: pastDueSince?.toISOString() ?? null,
      current_period_end: currentPeriodEnd?.toISOString() ?? null,
      upgraded_at: upgradedAt?.toISOString() ?? null,
    },
    now,
  );

const highest = (tiers: readonly Tier[]): Tier => TIERS.findLast((tier) => tiers.includes(tier)) ?? "free";

const runsOn = (end: Date | null, now: Date): boolean => end !== null && now < end;

function freePlan(offered: readonly Plan[]): Plan {
  const plan = offered.find(({ tier }) => tier === "free");
  if (!plan) throw notFound("free plan");
  return plan;
}
