import { eq, getTableColumns, sql } from "drizzle-orm";
import { teamMembers as members, teams } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";
import { recruiterOf } from "../neighbours.ts";
import { readableMembers, requireTeamReader, waysToMembers } from "./access.ts";

/** A recruiter's part in a team. */
export type Member = typeof members.$inferSelect;

export const memberNoun = {
  name: "team member",
  table: members,
  columns: getTableColumns(members),
  readable: readableMembers,
  ways: waysToMembers,
  filters: {
    team_id: (id: string) => eq(members.teamId, id),
    status: (name: string) => sql`${members.status} = ${name}`,
    role: (name: string) => sql`${members.teamRole} = ${name}`,
  },
  includes: {
    recruiter: recruiterOf((ids) => sql`(select recruiter_id from ${members} where id in ${ids})`),
    team: {
      rows: (ids) =>
        select({ id: teams.id, name: teams.name, status: teams.status })
          .from(teams)
          .where(sql`${teams.id} in (select team_id from ${members} where id in ${ids})`),
      parentKey: "teamId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<Member>;

/** One page of the members of the caller's teams, and of their own invitations. */
export async function listMembers(ctx: Context, query: ListQuery): Promise<Page<Member>> {
  const page = await listOf<Member>(ctx, memberNoun, query);
  requireTeamReader(ctx);
  return page;
}

/** One membership the caller may see, or 404. */
export const getMember = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Member>> =>
  getOne<Member>(ctx, memberNoun, id, include);
