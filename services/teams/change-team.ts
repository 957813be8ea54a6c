import { sql } from "drizzle-orm";
import { subscriptions } from "#db/schema/billing.ts";
import { organizations } from "#db/schema/identity.ts";
import { teamMembers, teams } from "#db/schema/network.ts";
import { computed, select, updateOf } from "#db/statements.ts";
import { conflict, forbidden, invalidField, Refusal } from "#domain/refusals.ts";
import { memberEvent, teamEvent } from "#domain/teams/team.ts";
import { asItStands, commit, deciding, differing, editable, expectVersion, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { rowById } from "../listing.ts";
import { type Team, teamNoun } from "./team.ts";

export type TeamFields = Pick<Team, "name"> & Partial<Pick<Team, "billingOrganizationId">>;

/** Nobody earns in two teams (D-15). */
export const ONE_EARNING_TEAM = {
  team_members_one_earning_team: () => conflict("This recruiter earns in a team already.", { reason: "earning_team_exists" }),
};

const payer = (id: string | null | undefined) =>
  select({
    mine: computed<boolean>(
      "mine",
      sql`coalesce((select ops.is_admin()) or ${organizations.id} = any((select ops.admin_organization_ids())::uuid[]), false)`,
    ),
  })
    .from(organizations)
    .where(sql`${organizations.id} = ${id ?? null}`);

function requirePayer(id: string | null | undefined, found: { mine: boolean } | undefined): void {
  if (id && !found?.mine) throw invalidField("billing_organization_id", "unknown", "there is no such organization of yours");
}

/** Founds a team, which its recruiter owns; it waits as suspended until three earning members are in it (D-78). */
export async function createTeam(ctx: Context, fields: TeamFields): Promise<Team> {
  return deciding(
    ctx,
    async () => {
      const [[organization]] = await ctx.read(payer(fields.billingOrganizationId));
      const { recruiterId, recruiterStatus } = ctx.access;
      if (!recruiterId) throw forbidden("Teams are founded by recruiters.");
      if (recruiterStatus !== "active")
        throw new Refusal("recruiter_not_active", `Your recruiter account is ${recruiterStatus}; only active recruiters found teams.`);
      requirePayer(fields.billingOrganizationId, organization);

      const { search: _, ...row } = newRow(ctx, teams, {
        ...fields,
        ownerUserId: ctx.userId,
        status: "suspended",
        suspendedReason: "below_minimum",
      });
      const owner = newRow(ctx, teamMembers, { teamId: row.id, recruiterId, teamRole: "owner", status: "active", joinedAt: ctx.now() });
      const team: Team = { ...row, editable: "own", earningMembers: 1 };
      return commit(ctx, team, {
        write: [insert(teams, row), insert(teamMembers, owner)],
        audit: { action: "team.created", subject: { type: "team", id: row.id }, after: row },
        events: [teamEvent("team.created", row)],
      });
    },
    ONE_EARNING_TEAM,
  );
}

/** Renames a team, or changes who is billed for it: by its owner and admins. */
export async function updateTeam(ctx: Context, id: string, fields: Partial<TeamFields>, version?: number): Promise<Team> {
  return deciding(ctx, async () => {
    const [[row], [organization]] = await ctx.read(rowById<Team>(ctx, teamNoun, id), payer(fields.billingOrganizationId));
    const before = editable(ctx, "team", id, row);
    expectVersion(ctx, before, version);
    requirePayer(fields.billingOrganizationId, organization);
    if (!differing(before, fields)) return asItStands(ctx, before);
    const after: Team = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(teams, before)],
      write: [update(ctx, teams, id, fields)],
      audit: { action: "team.updated", subject: { type: "team", id }, before, after },
      events: [],
    });
  });
}

/**
 * Dissolves a team: everybody leaves, the row stays for the placements it shared in. By its owner
 * or a platform admin, and not while a subscription of the team runs.
 */
export async function deleteTeam(ctx: Context, id: string): Promise<{ id: string }> {
  return deciding(ctx, async () => {
    const [[row], members, live] = await ctx.read(
      rowById<Team>(ctx, teamNoun, id),
      select()
        .from(teamMembers)
        .where(sql`${teamMembers.teamId} = ${id} and ${teamMembers.status} <> 'removed'`),
      select({ id: subscriptions.id })
        .from(subscriptions)
        .where(sql`${subscriptions.teamId} = ${id} and ${subscriptions.status} <> 'canceled'`),
    );
    const before = editable(ctx, "team", id, row);
    if (!ctx.access.isPlatformAdmin && before.ownerUserId !== ctx.userId) throw forbidden("Only its owner dissolves a team.");
    expectVersion(ctx, before);
    if (live.length > 0) throw conflict("The team's subscription runs. Cancel it first.", { reason: "subscription_exists" });
    return commit(
      ctx,
      { id },
      {
        expect: [unchanged(teams, before)],
        write: [
          update(ctx, teams, id, { status: "suspended", suspendedReason: "below_minimum", graceUntil: null }),
          updateOf(teamMembers)
            .set({ status: "removed", version: sql`${teamMembers.version} + 1`, updatedAt: ctx.now() })
            .where(sql`${teamMembers.teamId} = ${id} and ${teamMembers.status} <> 'removed'`) as Statement,
        ],
        audit: { action: "team.dissolved", subject: { type: "team", id }, before, after: { ...before, status: "suspended" } },
        events: members.map((member) => memberEvent("team.member_removed", member)),
      },
    );
  });
}
