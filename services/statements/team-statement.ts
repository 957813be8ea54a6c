import { sql } from "drizzle-orm";
import { placementSplits as splits } from "#db/schema/billing.ts";
import { recruiters } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { forbidden } from "#domain/refusals.ts";
import type { Period } from "#domain/statements/period.ts";
import { teamStatement, type TeamReader, type TeamStatement } from "#domain/statements/team.ts";
import { readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { type Team, teamNoun } from "../teams/team.ts";
import { earningsOf, toSharedEntries } from "./ledger-lines.ts";

/** What a team's placements brought its members. */
export interface SharedStatement {
  kind: "team";
  team: { id: string; name: string };
  statement: TeamStatement;
  /** Names of those whose totals are shown. */
  names: ReadonlyMap<string, string>;
}

/**
 * The consolidated statement of a team: per member and placement for its owner and admins, and for
 * platform admins; a member sees their own lines and the team's total. A collaborator has no part in it.
 */
export async function getTeamStatement(ctx: Context, teamId: string, period: Period): Promise<SharedStatement> {
  const sharers = sql`select distinct s.recruiter_id from ${splits} s where s.team_id = ${teamId}
    and ((select ops.is_admin()) or s.team_id = any((select ops.team_ids())::uuid[]))`;
  const [[found], named, entries, shares, reversals] = await ctx.read(
    rowById<Team>(ctx, teamNoun, teamId),
    select({ id: recruiters.id, name: recruiters.name })
      .from(recruiters)
      .where(sql`${recruiters.id} in (${sharers})`),
    ...earningsOf(sharers, { teamId, period }),
  );
  const team = readable("team", teamId, found);
  const reader = readerOf(ctx, teamId);
  const statement = teamStatement(teamId, toSharedEntries([entries, shares, reversals]), reader, period);
  const names = new Map(named.filter(({ id }) => statement.byMember.has(id)).map(({ id, name }) => [id, name]));
  return { kind: "team", team: { id: team.id, name: team.name }, statement, names };
}

function readerOf({ access }: Context, teamId: string): TeamReader {
  const teamRole = access.teams.find(({ team_id }) => team_id === teamId)?.team_role;
  if (access.isPlatformAdmin || teamRole === "owner" || teamRole === "admin") return { sees: "all" };
  if (teamRole === "member" && access.recruiterId) return { sees: "own", recruiterId: access.recruiterId };
  throw forbidden("Only members who share in a team read its statement.");
}
