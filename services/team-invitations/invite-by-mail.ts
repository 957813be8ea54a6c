import { sql } from "drizzle-orm";
import { teamInvitations as invitations } from "#db/schema/network.ts";
import { editable } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { inviteMailed, rowsWhere } from "../mailed-invitations.ts";
import { type Team, teamNoun } from "../teams/team.ts";
import { TEAM_INVITATION, type TeamInvitation } from "./team-invitation.ts";

/** Asks an address into a team, as its owner or admin. */
export const inviteByMail = (
  ctx: Context,
  input: { teamId: string; email: string; teamRole: TeamInvitation["teamRole"] },
): Promise<TeamInvitation> =>
  inviteMailed(ctx, TEAM_INVITATION, async () => {
    const [[found], [open]] = await ctx.read(
      rowById<Team>(ctx, teamNoun, input.teamId),
      rowsWhere(
        TEAM_INVITATION,
        sql`${invitations.teamId} = ${input.teamId} and ${invitations.email} = ${input.email}::citext and ${invitations.status} = 'pending'`,
      ),
    );
    const team = editable(ctx, "team", input.teamId, found);
    return { open, given: { ...input, teamName: team.name, invitedByUserId: ctx.userId } };
  });
