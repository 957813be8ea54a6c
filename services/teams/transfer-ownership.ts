import { getTableColumns, sql } from "drizzle-orm";
import { subscriptions } from "#db/schema/billing.ts";
import { recruiters, teamMembers, teams } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { conflict, invalidField } from "#domain/refusals.ts";
import { handOver } from "#domain/teams/team.ts";
import { commit, deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { type Team, teamNoun } from "./team.ts";

/**
 * Hands a team over to another of its members; overheads of hires to come are theirs from now on, those
 * of settled placements stay whose they are.
 *
 * Refuses whoever neither owns the team nor is a platform admin with a reason, somebody who is no active
 * recruiter sharing in it, and (409 `subscription_exists`) while its subscription runs on the owner's card.
 */
export async function transferOwnership(ctx: Context, id: string, recruiterId: string): Promise<Team> {
  return deciding(ctx, async () => {
    const [[row], members, live] = await ctx.read(
      rowById<Team>(ctx, teamNoun, id),
      select({ ...getTableColumns(teamMembers), userId: recruiters.userId, recruiterStatus: recruiters.status })
        .from(teamMembers)
        .innerJoin(recruiters, sql`${recruiters.id} = ${teamMembers.recruiterId}`)
        .where(
          sql`${teamMembers.teamId} = ${id} and ${teamMembers.status} = 'active'
            and (${teamMembers.teamRole} = 'owner' or ${teamMembers.recruiterId} = ${recruiterId})`,
        ),
      select({ id: subscriptions.id })
        .from(subscriptions)
        .where(sql`${subscriptions.teamId} = ${id} and ${subscriptions.status} <> 'canceled'`),
    );
    const before = readable("team", id, row);
    const owner = members.find(({ teamRole }) => teamRole === "owner");
    const heir = members.find((member) => member.recruiterId === recruiterId);
    if (!owner) throw conflict("This team was dissolved.", { reason: "team_dissolved" });
    const { isPlatformAdmin, recruiterId: caller } = ctx.access;
    const { owner: former, heir: next, events } = handOver(owner, heir, { isPlatformAdmin, recruiterId: caller });
    expectVersion(ctx, before);
    if (next.recruiterStatus !== "active") throw invalidField("recruiter_id", "not_active", "this recruiter is not active");
    if (caller !== owner.recruiterId) ctx.override();
    if (live.length > 0)
      throw conflict("The team's subscription runs on its owner's card. Cancel it first.", { reason: "subscription_exists" });
    const after: Team = { ...before, ownerUserId: next.userId, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(teams, before), unchanged(teamMembers, owner), unchanged(teamMembers, next)],
      write: [
        update(ctx, teams, id, { ownerUserId: after.ownerUserId }),
        // a team has one owner at any moment
        update(ctx, teamMembers, owner.id, { teamRole: former.teamRole }),
        update(ctx, teamMembers, next.id, { teamRole: next.teamRole }),
      ],
      audit: { action: "team.ownership_transferred", subject: { type: "team", id }, before, after },
      events,
    });
  });
}
