import { eq, getTableColumns, or, type SQL, sql } from "drizzle-orm";
import { teamInvitations as invitations, teams } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { platformAdmins, recruitersOnly } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page, type Way } from "../listing.ts";
import type { InvitationKind } from "../mailed-invitations.ts";
import { type Right, rightBy } from "../rights.ts";
import { requireTeamReader } from "../teams/access.ts";

const { tokenHash: _, ...columns } = getTableColumns(invitations);

/** Who was asked into a team by mail. The address is the team's owner's and admins' to see. */
export type TeamInvitation = Omit<typeof invitations.$inferSelect, "tokenHash"> & { editable: Right; teamName: string };

const ofManagedTeam = (): SQL => sql`${invitations.teamId} = any((select ops.managed_team_ids())::uuid[])`;

/** Each way to an invitation: managing its team. */
const waysToInvitations = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: ofManagedTeam(), opensTo: recruitersOnly },
];

export const teamInvitationNoun = {
  name: "team invitation",
  table: invitations,
  columns: {
    ...columns,
    editable: computed<Right>("editable", rightBy(ofManagedTeam())),
    teamName: computed<string>("team_name", sql`(select t.name from ${teams} t where t.id = ${invitations.teamId})`),
  },
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
} satisfies Noun<TeamInvitation>;

/** Mailed invitations into a team. Of what becomes of one, only the mail is an event: who joins is told as a member. */
export const TEAM_INVITATION: InvitationKind<TeamInvitation> = {
  noun: teamInvitationNoun,
  table: invitations,
  subject: "team_invitation",
  action: "team.invitation_",
  leadsSomewhere: () => true,
  events: ({ id, teamId }, step) =>
    step === "sent" || step === "resent"
      ? [event("team.invitation_sent", { type: "team_invitation", id }, { invitation_id: id, team_id: teamId })]
      : [],
  onePending: "team_invitations_one_pending",
};

/** One page of the invitations into the teams that the caller owns or administers. */
export async function listTeamInvitations(ctx: Context, query: ListQuery): Promise<Page<TeamInvitation>> {
  const page = await listOf<TeamInvitation>(ctx, teamInvitationNoun, query);
  requireTeamReader(ctx);
  return page;
}

/** One invitation the caller may see, or 404. */
export const getTeamInvitation = (ctx: Context, id: string, include: readonly string[]): Promise<Included<TeamInvitation>> =>
  getOne<TeamInvitation>(ctx, teamInvitationNoun, id, include);
