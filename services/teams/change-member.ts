import { sql } from "drizzle-orm";
import { recruiters, teamMembers, teams } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import type { DomainEvent } from "#domain/events/catalogue.ts";
import { conflict, forbidden, invalidField, Refusal } from "#domain/refusals.ts";
import {
  changeTeamRole,
  isEarning,
  joinTeam,
  memberEvent,
  removeMember,
  type TeamActor,
  type TeamRole,
  withEarningMembers,
} from "#domain/teams/team.ts";
import {
  asItStands,
  type Audit,
  commit,
  deciding,
  differing,
  editable,
  expectVersion,
  insert,
  newRow,
  readable,
  unchanged,
  update,
} from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { rowById } from "../listing.ts";
import { readableRecruiters } from "../recruiters/access.ts";
import { ONE_EARNING_TEAM } from "./change-team.ts";
import { type Member, memberNoun } from "./member.ts";
import { type Team, teamNoun } from "./team.ts";

export const ALREADY_IN = {
  ...ONE_EARNING_TEAM,
  team_members_team_recruiter: () => conflict("This recruiter is in the team or invited already.", { reason: "member_exists" }),
};

/** Asks an active recruiter into a team: by its owner and admins. One who left is asked again in the same row. */
export async function inviteMember(
  ctx: Context,
  input: { teamId: string; recruiterId: string; teamRole: Exclude<TeamRole, "owner"> },
): Promise<Member> {
  return deciding(
    ctx,
    async () => {
      const [[team], [recruiter], [known]] = await ctx.read(
        rowById<Team>(ctx, teamNoun, input.teamId),
        select({ id: recruiters.id, status: recruiters.status })
          .from(recruiters)
          .where(sql`${recruiters.id} = ${input.recruiterId} and ${readableRecruiters()}`),
        select()
          .from(teamMembers)
          .where(sql`${teamMembers.teamId} = ${input.teamId} and ${teamMembers.recruiterId} = ${input.recruiterId}`),
      );
      const into = editable(ctx, "team", input.teamId, team);
      const { id: recruiterId, status } = readable("recruiter", input.recruiterId, recruiter);
      if (status !== "active") throw invalidField("recruiter_id", "not_active", "this recruiter is not active");
      if (known && known.status !== "removed") throw ALREADY_IN.team_members_team_recruiter();

      const asked = { teamRole: input.teamRole, status: "invited", joinedAt: null } as const;
      const member: Member = known
        ? { ...known, ...asked, version: known.version + 1, updatedAt: ctx.now() }
        : newRow(ctx, teamMembers, { ...asked, teamId: into.id, recruiterId });
      return commit(ctx, member, {
        expect: [unchanged(teams, into), ...(known ? [unchanged(teamMembers, known)] : [])],
        write: [known ? update(ctx, teamMembers, known.id, asked) : insert(teamMembers, member)],
        audit: { action: "team.member_invited", subject: { type: "team", id: into.id }, before: known ?? null, after: member },
        events: [memberEvent("team.member_invited", member)],
      });
    },
    ALREADY_IN,
  );
}

/** What may be asked of a membership: to accept an invitation, or to be something else in the team. */
export interface MemberChanges {
  accept: boolean;
  teamRole?: TeamRole | undefined;
  version?: number | undefined;
}

/** The invited recruiter joins; or the team's owner and admins give a member another part. */
export const updateMember = (ctx: Context, id: string, { accept, teamRole, version }: MemberChanges): Promise<Member> =>
  changeMember(
    ctx,
    id,
    "team.member_changed",
    (member, actor) => {
      if (accept && ctx.access.recruiterStatus !== "active" && actor.recruiterId === member.recruiterId) throw notActive(ctx);
      const joined = accept ? joinTeam(member, actor, ctx.now()) : { member, events: [] };
      return teamRole === undefined ? joined : { ...joined, member: changeTeamRole(joined.member, teamRole, actor) };
    },
    (member) => member,
    version,
  );

const notActive = (ctx: Context): Refusal =>
  new Refusal("recruiter_not_active", `Your recruiter account is ${ctx.access.recruiterStatus}; only active recruiters join a team.`);

/** Takes a member out of a team, or withdraws an invitation; members may leave by themselves. */
export const deleteMember = (ctx: Context, id: string): Promise<{ id: string }> =>
  changeMember(ctx, id, "team.member_removed", removeMember, (member) => ({ id: member.id }));

/**
 * Changes a membership and whatever of the team follows from the number of its earning members. The
 * team's version is raised with it, so that two changes at once do not count each other out.
 */
async function changeMember<Result>(
  ctx: Context,
  id: string,
  action: string,
  decide: (member: Member, actor: TeamActor) => { member: Member; events: DomainEvent[] },
  result: (member: Member) => Result,
  version?: number,
): Promise<Result> {
  return deciding(
    ctx,
    async () => {
      const [[row], [team], [counted]] = await ctx.read(
        rowById<Member>(ctx, memberNoun, id),
        select({
          id: teams.id,
          version: teams.version,
          status: teams.status,
          suspendedReason: teams.suspendedReason,
          graceUntil: teams.graceUntil,
        })
          .from(teams)
          .where(sql`${teams.id} = (select ${teamMembers.teamId} from ${teamMembers} where ${teamMembers.id} = ${id})`),
        select({ others: sql<number>`count(*)::int`.as("others") })
          .from(teamMembers)
          .where(
            sql`${teamMembers.teamId} = (select m.team_id from ${teamMembers} m where m.id = ${id}) and ${teamMembers.id} <> ${id}
              and ${teamMembers.status} = 'active' and ${teamMembers.teamRole} <> 'collaborator'`,
          ),
      );
      const before = readable("team member", id, row);
      if (!team) throw forbidden("This team is not there any more.");
      const { isPlatformAdmin, recruiterId, teams: mine } = ctx.access;
      const isOwn = mine.some(({ team_id, team_role }) => team_id === before.teamId && ["owner", "admin"].includes(team_role));
      const manages = isPlatformAdmin || isOwn;
      if (isPlatformAdmin && !isOwn && before.recruiterId !== recruiterId) ctx.override();
      expectVersion(ctx, before, version);
      const decided = decide(before, { recruiterId, manages, isPlatformAdmin });
      if (!differing(before, decided.member)) return asItStands(ctx, result(before));
      const after: Member = { ...decided.member, version: before.version + 1, updatedAt: ctx.now() };
      const earning = (counted?.others ?? 0) + (isEarning(after) ? 1 : 0);
      const counts = isEarning(before) !== isEarning(after);
      const followed = counts ? withEarningMembers(team, earning, ctx.now()) : { team, events: [] };

      return commit(ctx, result(after), {
        expect: [...(counts ? [unchanged(teams, team)] : []), unchanged(teamMembers, before)],
        write: [
          update(ctx, teamMembers, id, { teamRole: after.teamRole, status: after.status, joinedAt: after.joinedAt }),
          ...(counts ? [teamRow(ctx, followed.team)] : []),
        ],
        audit: [
          { action, subject: { type: "team", id: before.teamId }, before, after },
          ...(followed.team.status === team.status ? [] : [statusAudit(team, followed.team)]),
        ],
        events: [...decided.events, ...followed.events],
      });
    },
    ALREADY_IN,
  );
}

type TeamRow = Pick<Team, "id" | "version" | "status" | "suspendedReason" | "graceUntil">;

/** What of a team follows from its members, as a statement. */
export const teamRow = (ctx: Context, { id, status, suspendedReason, graceUntil }: TeamRow): Statement =>
  update(ctx, teams, id, { status, suspendedReason, graceUntil });

/** That a team became active, or is suspended. */
export const statusAudit = (before: TeamRow, after: TeamRow): Audit => ({
  action: `team.${after.status}`,
  subject: { type: "team", id: before.id },
  before,
  after,
});
