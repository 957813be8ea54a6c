import { sql } from "drizzle-orm";
import { teamInvitations as invitations, teamMembers, teams } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { isEarning, memberEvent, withEarningMembers } from "#domain/teams/team.ts";
import { forbidden, notFound, Refusal } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { answerable, callerAddress, rowByToken } from "../mailed-invitations.ts";
import { ALREADY_IN, statusAudit, teamRow } from "../teams/change-member.ts";
import type { Member } from "../teams/member.ts";
import { TEAM_INVITATION } from "./team-invitation.ts";

/**
 * The invited recruiter joins the team, with the token of the mail and signed in with the address it
 * went to. The team is active with its third earning member; nobody earns in two teams (D-15, D-78).
 */
export async function acceptTeamInvitation(ctx: Context, id: string, token: string): Promise<Member> {
  const hash = await ctx.ports.links.hash(token);
  return deciding(
    ctx,
    async () => {
      const ofTeam = sql`(select ${invitations.teamId} from ${invitations} where ${invitations.id} = ${id})`;
      const [[found], [me], [team], [known], [counted]] = await ctx.read(
        rowByToken(TEAM_INVITATION, id, hash),
        callerAddress(),
        select({
          id: teams.id,
          version: teams.version,
          status: teams.status,
          suspendedReason: teams.suspendedReason,
          graceUntil: teams.graceUntil,
        })
          .from(teams)
          .where(sql`${teams.id} = ${ofTeam}`),
        select()
          .from(teamMembers)
          .where(sql`${teamMembers.teamId} = ${ofTeam} and ${teamMembers.recruiterId} = (select ops.recruiter_id())`),
        select({ earning: sql<number>`count(*)::int`.as("earning") })
          .from(teamMembers)
          .where(
            sql`${teamMembers.teamId} = ${ofTeam} and ${teamMembers.recruiterId} is distinct from (select ops.recruiter_id())
              and ${teamMembers.status} = 'active' and ${teamMembers.teamRole} <> 'collaborator'`,
          ),
      );
      const invitation = answerable(ctx, TEAM_INVITATION, found, me?.email);
      const recruiterId = requireRecruiter(ctx);
      if (!team || !counted || counted.earning === 0) throw notFound("team");
      if (known?.status === "active") throw ALREADY_IN.team_members_team_recruiter();

      const joined = { teamRole: invitation.teamRole, status: "active", joinedAt: ctx.now() } as const;
      const member: Member = known
        ? { ...known, ...joined, version: known.version + 1, updatedAt: ctx.now() }
        : newRow(ctx, teamMembers, { teamId: team.id, recruiterId, ...joined });
      const followed = isEarning(member) ? withEarningMembers(team, counted.earning + 1, ctx.now()) : { team, events: [] };
      return commit(ctx, member, {
        expect: [unchanged(teams, team), ...(known ? [unchanged(teamMembers, known)] : []), unchanged(invitations, invitation)],
        write: [
          known ? update(ctx, teamMembers, known.id, joined) : insert(teamMembers, member),
          update(ctx, invitations, invitation.id, { status: "accepted", acceptedByRecruiterId: recruiterId }),
          teamRow(ctx, followed.team),
        ],
        audit: [
          { action: "team.invitation_accepted", subject: { type: "team", id: team.id }, before: known ?? null, after: member },
          ...(followed.team.status === team.status ? [] : [statusAudit(team, followed.team)]),
        ],
        events: [memberEvent("team.member_joined", member), ...followed.events],
      });
    },
    ALREADY_IN,
  );
}

function requireRecruiter({ access }: Context): string {
  if (!access.recruiterId) throw forbidden("Teams are for recruiters. Register as one first.");
  if (access.recruiterStatus !== "active")
    throw new Refusal("recruiter_not_active", `Your recruiter account is ${access.recruiterStatus}; only active recruiters join teams.`);
  return access.recruiterId;
}
