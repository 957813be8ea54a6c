import { eq, getTableColumns, sql } from "drizzle-orm";
import { recruiters, teamMembers as members, teams, teamSplitConfigs as configs } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";
import { editableTeams, readableMembers, readableSplitConfigs, readableTeams, requireTeamReader, waysToTeams } from "./access.ts";
import type { Right } from "../rights.ts";

const { search, ...columns } = getTableColumns(teams);

/** Recruiters who share what they earn. */
export type Team = Omit<typeof teams.$inferSelect, "search"> & {
  editable: Right;
  /** Active members who share; collaborators do not. */
  earningMembers: number;
};

export const teamNoun = {
  name: "team",
  table: teams,
  columns: {
    ...columns,
    editable: computed<Right>("editable", editableTeams()),
    earningMembers: computed<number>(
      "earning",
      sql`(select count(*)::int from ${members} m where m.team_id = ${teams.id} and m.status = 'active' and m.role <> 'collaborator')`,
    ),
  },
  readable: readableTeams,
  ways: waysToTeams,
  search,
  sorts: { name: teams.name },
  filters: { status: (name: string) => sql`${teams.status} = ${name}` },
  includes: {
    members: {
      rows: (ids) =>
        select({ ...getTableColumns(members), name: recruiters.name })
          .from(members)
          .innerJoin(recruiters, eq(recruiters.id, members.recruiterId))
          .where(sql`${members.teamId} in ${ids} and ${members.status} <> 'removed' and ${readableMembers()}`)
          .orderBy(members.joinedAt, members.id),
      childKey: "teamId",
      many: true,
    },
    split_config: {
      rows: (ids) =>
        select()
          .from(configs)
          .where(
            sql`${configs.teamId} in ${ids} and ${configs.isDefault} and ${configs.effectiveFrom} <= ops.now() and ${readableSplitConfigs()}`,
          )
          .orderBy(sql`${configs.effectiveFrom} desc`, sql`${configs.id} desc`),
      childKey: "teamId",
      many: false,
    },
  },
} satisfies Noun<Team>;

/** One page of the caller's teams, and of those they are invited to. */
export async function listTeams(ctx: Context, query: ListQuery): Promise<Page<Team>> {
  const page = await listOf<Team>(ctx, teamNoun, query);
  requireTeamReader(ctx);
  return page;
}

/** One team the caller may see, or 404. */
export const getTeam = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Team>> =>
  getOne<Team>(ctx, teamNoun, id, include);

/** The teams in which the caller's recruiter is active; none for whoever is no recruiter. */
export async function getOwnTeams(ctx: Context): Promise<Team[]> {
  const [rows] = await ctx.read(
    select(teamNoun.columns)
      .from(teams)
      .where(sql`${teams.id} = any((select ops.team_ids())::uuid[])`)
      .orderBy(teams.name, teams.id),
  );
  return rows as Team[];
}
