import { eq, getTableColumns, or, type SQL, sql } from "drizzle-orm";
import { teamInvitations as invitations, teams } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { platformAdmins, recruitersOnly } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page, type Way } from "../listing.ts";
import { type Right, rightBy } from "../rights.ts";
import { requireTeamReader } from "../teams/access.ts";

const { tokenHash: _, ...columns } = getTableColumns(invitations);

/** Who was asked into a team by mail. The address is the team's owner's and admins' to see. */
export type Invitation = Omit<typeof invitations.$inferSelect, "tokenHash"> & { editable: Right; teamName: string };

const ofManagedTeam = (): SQL => sql`${invitations.teamId} = any((select ops.managed_team_ids())::uuid[])`;

/** Each way to an invitation: managing its team. */
const waysToInvitations = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: ofManagedTeam(), opensTo: recruitersOnly },
];

export const teamName = () => computed<string>("team_name", sql`(select t.name from ${teams} t where t.id = ${invitations.teamId})`);

export const invitationNoun = {
  name: "team invitation",
  table: invitations,
  columns: { ...columns, editable: computed<Right>("editable", rightBy(ofManagedTeam())), teamName: teamName() },
  readable: (): SQL => or(...waysToInvitations().map(({ rows }) => rows)) as SQL,
  ways: waysToInvitations,
  filters: {
    team_id: (id: string) => eq(invitations.teamId, id),
    status: (name: string) => sql`${invitations.status} = ${name}`,
    role: (name: string) => sql`${invitations.teamRole} = ${name}`,
  },
  includes: {
    team: {
      rows: (ids) =>
        select({ id: teams.id, name: teams.name, status: teams.status })
          .from(teams)
          .where(sql`${teams.id} in (select team_id from ${invitations} where id in ${ids})`),
      parentKey: "teamId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<Invitation>;

/** One page of the invitations into the teams that the caller owns or administers. */
export async function listInvitations(ctx: Context, query: ListQuery): Promise<Page<Invitation>> {
  const page = await listOf<Invitation>(ctx, invitationNoun, query);
  requireTeamReader(ctx);
  return page;
}

/** One invitation the caller may see, or 404. */
export const getInvitation = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Invitation>> =>
  getOne<Invitation>(ctx, invitationNoun, id, include);
