import { getTableColumns, sql } from "drizzle-orm";
import { users } from "#db/schema/identity.ts";
import { teamInvitations as invitations, teamMembers, teams } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { openTeamInvitation, revokeInvitation } from "#domain/teams/invitation.ts";
import { isEarning, memberEvent, withEarningMembers } from "#domain/teams/team.ts";
import { forbidden, notFound, Refusal } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { ALREADY_IN, statusAudit, teamRow } from "../teams/change-member.ts";
import type { Member } from "../teams/member.ts";
import { teamName } from "./team-invitation.ts";

/** What whoever holds the token may know. */
export type OpenInvitation = Pick<typeof invitations.$inferSelect, "teamRole" | "expiresAt" | "status"> & { teamName: string };

const readInvitation = (hash: string) =>
  select({ ...getTableColumns(invitations), teamName: teamName() })
    .from(invitations)
    .where(sql`${invitations.tokenHash} = ${hash}`);

/** The invitation a token opens: 404 unknown, 410 over, 409 answered. */
export async function openInvitation(ctx: Context, token: string): Promise<OpenInvitation> {
  const [[found]] = await ctx.read(readInvitation(await ctx.ports.links.hash(token)));
  return openTeamInvitation(found, ctx.now());
}

/**
 * The invited recruiter joins the team, with the token of the mail and signed in with the address it
 * went to. The team is active with its third earning member; nobody earns in two teams (D-15, D-78).
 */
export async function acceptInvitation(ctx: Context, token: string): Promise<Member> {
  const hash = await ctx.ports.links.hash(token);
  return deciding(
    ctx,
    async () => {
      const ofTeam = sql`(select ${invitations.teamId} from ${invitations} where ${invitations.tokenHash} = ${hash})`;
      const [[found], [me], [team], [known], [counted]] = await ctx.read(
        readInvitation(hash),
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
      const invitation = openTeamInvitation(found, ctx.now());
      requireInvited(ctx, invitation.email, me?.email);
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

/** The invited person does not want to join: the invitation is over. */
export async function declineInvitation(ctx: Context, token: string): Promise<OpenInvitation> {
  const hash = await ctx.ports.links.hash(token);
  return deciding(ctx, async () => {
    const [[found], [me]] = await ctx.read(readInvitation(hash), callerAddress());
    const invitation = openTeamInvitation(found, ctx.now());
    requireInvited(ctx, invitation.email, me?.email);
    const declined = revokeInvitation(invitation);
    return commit(ctx, declined, {
      expect: [unchanged(invitations, invitation)],
      write: [update(ctx, invitations, invitation.id, { status: declined.status })],
      audit: {
        action: "team.invitation_declined",
        subject: { type: "team_invitation", id: invitation.id },
        before: { status: invitation.status },
        after: { status: declined.status },
      },
      events: [],
    });
  });
}

const callerAddress = () =>
  select({ email: computed<string>("email", sql`${users.email}::text`) })
    .from(users)
    .where(sql`${users.id} = (select ops.user_id())`);

/** Whoever is signed in must be the one who was invited: the session's verified address tells, or the person's own. */
function requireInvited(ctx: Context, invited: string, own: string | undefined): void {
  const verified = ctx.caller.kind === "session" ? ctx.caller.verifiedEmail : null;
  if ([verified, own].some((address) => address?.toLowerCase() === invited.toLowerCase())) return;
  throw forbidden("You are signed in as somebody else than the invited person. Sign in with the invited address.");
}

function requireRecruiter({ access }: Context): string {
  if (!access.recruiterId) throw forbidden("Teams are for recruiters. Register as one first.");
  if (access.recruiterStatus !== "active")
    throw new Refusal("recruiter_not_active", `Your recruiter account is ${access.recruiterStatus}; only active recruiters join teams.`);
  return access.recruiterId;
}
