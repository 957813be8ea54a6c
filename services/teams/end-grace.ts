import { sql } from "drizzle-orm";
import { teams } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { endGrace } from "#domain/teams/team.ts";
import { commit, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";

/** A step takes this many rows; the rest waits a minute. */
const ROWS_A_STEP = 100;

/** Suspends the teams that stayed below three earning members until their grace was over (D-78). */
export async function endTeamGrace(ctx: Context): Promise<void> {
  const [due] = await ctx.read(
    select({
      id: teams.id,
      version: teams.version,
      status: teams.status,
      suspendedReason: teams.suspendedReason,
      graceUntil: teams.graceUntil,
    })
      .from(teams)
      .where(sql`${teams.status} = 'active' and ${teams.graceUntil} <= ops.now()`)
      .orderBy(teams.graceUntil, teams.id)
      .limit(ROWS_A_STEP),
  );
  for (const before of due) {
    const ended = endGrace(before, ctx.now());
    if (!ended) continue;
    const { status, suspendedReason, graceUntil } = ended.team;
    try {
      await commit(ctx, null, {
        expect: [unchanged(teams, before)],
        write: [update(ctx, teams, before.id, { status, suspendedReason, graceUntil })],
        audit: { action: "team.suspended", subject: { type: "team", id: before.id }, before, after: ended.team },
        events: ended.events,
      });
    } catch (error) {
      ctx.ports.log("warn", "a team could not be suspended; the next minute tries again", {
        team_id: before.id,
        error: error instanceof Error ? error.message : "unknown",
      });
    }
  }
}
