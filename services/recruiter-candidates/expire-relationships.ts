import { sql } from "drizzle-orm";
import { recruiterCandidates } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { expireRelationship } from "#domain/relationships/relationship.ts";
import { commit, databaseRefusal } from "../commit.ts";
import type { Context } from "../context.ts";
import { relationshipChange } from "./change-relationship.ts";

const ROWS = 100;

/** Ends invitations nobody answered and relationships whose year is over; one that was overtaken waits for the next run. */
export async function expireRelationships(ctx: Context): Promise<void> {
  const [rows] = await ctx.read(
    select()
      .from(recruiterCandidates)
      .where(
        sql`(${recruiterCandidates.status} = 'pending' and ${recruiterCandidates.invitationExpiresAt} <= ops.now())
          or (${recruiterCandidates.status} = 'active' and ${recruiterCandidates.relationshipEndDate} <= ops.now())`,
      )
      .orderBy(recruiterCandidates.id)
      .limit(ROWS),
  );
  for (const row of rows) {
    const lapsed = expireRelationship(row, ctx.now());
    if (!lapsed) continue;
    try {
      await commit(ctx, null, relationshipChange(ctx, row, lapsed, { action: "recruiter_candidate.expired" }));
    } catch (error) {
      if (databaseRefusal(error)?.code !== "40001") throw error;
    }
  }
}
