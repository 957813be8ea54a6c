import { sql } from "drizzle-orm";
import { plans, stripeOperations, subscriptions } from "#db/schema/billing.ts";
import { teams } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { PAST_DUE_DAYS } from "#domain/commission/tier.ts";
import { suspendUnpaid } from "#domain/teams/team.ts";
import { commit, databaseRefusal, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { subscriptionOperation } from "./change-plan.ts";
import { seatsOfTeam } from "./own-subscription.ts";

/** A step takes this many rows; the rest waits a minute. */
const ROWS_A_STEP = 100;

/**
 * Asks the provider for as many seats as each team has active members without collaborators. One
 * change at a time: members who come and go meanwhile are counted when the last one is made.
 */
export async function keepSeats(ctx: Context): Promise<void> {
  const [due] = await ctx.read(
    select({
      id: subscriptions.id,
      version: subscriptions.version,
      plan: plans.slug,
      billingPeriod: subscriptions.billingPeriod,
      cancelAt: subscriptions.cancelAt,
      seats: subscriptions.seats,
      members: computed<number>("members", seatsOfTeam(sql`${subscriptions.teamId}`)),
    })
      .from(subscriptions)
      .innerJoin(plans, sql`${plans.id} = ${subscriptions.planId}`)
      .where(
        sql`${subscriptions.teamId} is not null and ${subscriptions.stripeSubscriptionId} is not null and ${subscriptions.status} in ('trialing', 'active', 'past_due')
          and ${subscriptions.seats} is distinct from greatest(1, ${seatsOfTeam(sql`${subscriptions.teamId}`)})
          and not exists (select 1 from ${stripeOperations} o where o.kind = 'subscription' and o.subject_id = ${subscriptions.id}
            and (o.status in ('pending', 'processing') or (o.status = 'failed' and o.updated_at > ops.now() - interval '1 hour')))`,
      )
      .orderBy(subscriptions.id)
      .limit(ROWS_A_STEP),
  );
  for (const row of due) {
    const seats = Math.max(1, row.members);
    const { write, event } = subscriptionOperation(ctx, row.id, {
      plan: row.plan,
      billing_period: row.billingPeriod,
      seats,
      cancel_at_period_end: row.cancelAt !== null,
    });
    await onItsOwn(ctx, row.id, () =>
      commit(ctx, null, {
        expect: [unchanged(subscriptions, row)],
        write: [write],
        audit: {
          action: "subscription.seats_requested",
          subject: { type: "subscription", id: row.id },
          before: { seats: row.seats },
          after: { seats },
        },
        events: [event],
      }),
    );
  }
}

/** Suspends the teams whose subscription has been unpaid for a week: their members are on their own plans again. */
export async function suspendUnpaidTeams(ctx: Context): Promise<void> {
  const [due] = await ctx.read(
    select({
      id: teams.id,
      version: teams.version,
      status: teams.status,
      suspendedReason: teams.suspendedReason,
      graceUntil: teams.graceUntil,
    })
      .from(teams)
      .innerJoin(subscriptions, sql`${subscriptions.teamId} = ${teams.id}`)
      .where(
        sql`${teams.status} = 'active' and ${subscriptions.status} = 'past_due' and ${subscriptions.pastDueSince} <= ops.now() - make_interval(days => ${PAST_DUE_DAYS})`,
      )
      .orderBy(teams.id)
      .limit(ROWS_A_STEP),
  );
  for (const before of due) {
    const suspended = suspendUnpaid(before);
    if (!suspended) continue;
    const { status, suspendedReason, graceUntil } = suspended.team;
    await onItsOwn(ctx, before.id, () =>
      commit(ctx, null, {
        expect: [unchanged(teams, before)],
        write: [update(ctx, teams, before.id, { status, suspendedReason, graceUntil })],
        audit: { action: "team.suspended", subject: { type: "team", id: before.id }, before, after: suspended.team },
        events: suspended.events,
      }),
    );
  }
}

/** A row that somebody else was faster with waits for the next minute, and keeps nobody else from their turn. */
async function onItsOwn(ctx: Context, id: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!databaseRefusal(error)) throw error;
    ctx.ports.log("warn", "a row was changed meanwhile; the next minute tries again", { id });
  }
}
