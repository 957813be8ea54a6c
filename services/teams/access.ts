import { or, type SQL, sql } from "drizzle-orm";
import { teamMembers as members, teams, teamSplitConfigs as configs } from "#db/schema/network.ts";
import { forbidden } from "#domain/refusals.ts";
import { platformAdmins, recruitersOnly } from "../audience.ts";
import type { Context } from "../context.ts";
import type { Way } from "../listing.ts";
import { rightBy } from "../rights.ts";

/** Each way to a team: being in it, or being asked to. */
export const waysToTeams = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`${teams.id} = any((select ops.team_ids())::uuid[])`, opensTo: recruitersOnly },
  {
    rows: sql`${teams.id} in (select ${members.teamId} from ${members} where ${members.recruiterId} = (select ops.recruiter_id()) and ${members.status} = 'invited')`,
    opensTo: recruitersOnly,
  },
];

export const readableTeams = (): SQL => or(...waysToTeams().map(({ rows }) => rows)) as SQL;

/** The teams the caller may change: those they own or administer. */
export const editableTeams = (): SQL => rightBy(sql`${teams.id} = any((select ops.managed_team_ids())::uuid[])`);

/** Each way to a membership: of one's own teams, and one's own invitations. */
export const waysToMembers = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`(${members.teamId} = any((select ops.team_ids())::uuid[]) and ${members.status} <> 'removed')`, opensTo: recruitersOnly },
  { rows: sql`(${members.recruiterId} = (select ops.recruiter_id()) and ${members.status} <> 'removed')`, opensTo: recruitersOnly },
];

export const readableMembers = (): SQL => or(...waysToMembers().map(({ rows }) => rows)) as SQL;

/** Each way to a team's rules: its members read them, with their history; collaborators do not. */
export const waysToSplitConfigs = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  {
    rows: sql`${configs.teamId} in (select ${members.teamId} from ${members}
    where ${members.recruiterId} = (select ops.recruiter_id()) and ${members.status} = 'active' and ${members.teamRole} <> 'collaborator')`,
    opensTo: recruitersOnly,
  },
];

export const readableSplitConfigs = (): SQL => or(...waysToSplitConfigs().map(({ rows }) => rows)) as SQL;

/** Teams are among recruiters: companies and candidates never see one. */
export function requireTeamReader({ access }: Context): void {
  if (!access.isPlatformAdmin && !access.recruiterId) throw forbidden("Teams are for recruiters.");
}
