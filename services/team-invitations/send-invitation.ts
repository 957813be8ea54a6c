import { sql } from "drizzle-orm";
import { teamInvitations as invitations } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { isLapsed, issueInvitation, revokeInvitation as revoke, type TeamInvitation } from "#domain/teams/invitation.ts";
import { conflict } from "#domain/refusals.ts";
import { commit, databaseRefusal, deciding, editable, expectVersion, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { type Team, teamNoun } from "../teams/team.ts";
import { type Invitation, invitationNoun } from "./team-invitation.ts";

type Row = typeof invitations.$inferSelect;

const ONE_PENDING = {
  team_invitations_one_pending: () =>
    conflict("This address is invited already. Send the invitation again instead.", { reason: "invitation_pending" }),
};

const tokenHashOf = async (ctx: Context, id: string): Promise<string> => ctx.ports.links.hash(await ctx.ports.links.token(id, ctx.now()));

/**
 * Asks an address into a team, as its owner or admin. The token goes out by mail alone, and the answer
 * does not tell whether anybody is known by the address.
 */
export async function inviteByMail(
  ctx: Context,
  input: { teamId: string; email: string; teamRole: TeamInvitation["teamRole"] },
): Promise<Invitation> {
  return deciding(
    ctx,
    async () => {
      const [[found], [open]] = await ctx.read(
        rowById<Team>(ctx, teamNoun, input.teamId),
        select()
          .from(invitations)
          .where(
            sql`${invitations.teamId} = ${input.teamId} and ${invitations.email} = ${input.email}::citext and ${invitations.status} = 'pending'`,
          ),
      );
      const team = editable(ctx, "team", input.teamId, found);
      if (open && !isLapsed(open, ctx.now())) throw ONE_PENDING.team_invitations_one_pending();

      const id = ctx.newId();
      const drafted = newRow(ctx, invitations, {
        id,
        ...input,
        tokenHash: "",
        issuedAt: ctx.now(),
        expiresAt: ctx.now(),
        invitedByUserId: ctx.userId,
      });
      const { invitation, events } = issueInvitation<Row>(drafted, await tokenHashOf(ctx, id), ctx.now());
      return commit(ctx, shown(invitation, team.name), {
        expect: open ? [unchanged(invitations, open)] : [],
        write: [...(open ? [update(ctx, invitations, open.id, { status: "expired" })] : []), insert(invitations, invitation)],
        audit: {
          action: "team.invitation_sent",
          subject: { type: "team_invitation", id },
          after: { status: "pending", teamRole: input.teamRole },
        },
        events,
      });
    },
    ONE_PENDING,
  );
}

/** Mails an unanswered invitation again, with a new token and seven new days; the old token dies. */
export const resendInvitation = (ctx: Context, id: string, version?: number): Promise<Invitation> =>
  changeInvitation(ctx, id, version, "team.invitation_resent", async (row) =>
    issueInvitation(row, await tokenHashOf(ctx, row.id), ctx.now()),
  );

/** Takes an unanswered invitation back; its token answers 410 from then on. */
export const revokeInvitation = (ctx: Context, id: string, version?: number): Promise<Invitation> =>
  changeInvitation(ctx, id, version, "team.invitation_revoked", async (row) => ({ invitation: revoke(row), events: [] }));

async function changeInvitation(
  ctx: Context,
  id: string,
  version: number | undefined,
  action: string,
  decide: (row: Row) => Promise<ReturnType<typeof issueInvitation<Row>>>,
): Promise<Invitation> {
  return deciding(
    ctx,
    async () => {
      const [[found]] = await ctx.read(rowById<Invitation>(ctx, invitationNoun, id));
      const before = editable(ctx, "team invitation", id, found);
      expectVersion(ctx, before, version);
      const { invitation, events } = await decide({ ...before, tokenHash: "" });
      const { status, issuedAt, expiresAt, tokenHash } = invitation;
      const after = { ...invitation, version: before.version + 1, updatedAt: ctx.now() };
      return commit(ctx, shown(after, before.teamName), {
        expect: [unchanged(invitations, before)],
        write: [update(ctx, invitations, id, { status, issuedAt, expiresAt, ...(tokenHash === "" ? {} : { tokenHash }) })],
        audit: { action, subject: { type: "team_invitation", id }, before: { status: before.status }, after: { status } },
        events,
      });
    },
    ONE_PENDING,
  );
}

const shown = ({ tokenHash: _, ...row }: Row, teamName: string): Invitation => ({ ...row, editable: "own", teamName });

/** A step takes this many rows; the rest waits a minute. */
const ROWS_A_STEP = 100;

/** Ends the invitations nobody answered in time. */
export async function expireInvitations(ctx: Context): Promise<void> {
  const [due] = await ctx.read(
    select()
      .from(invitations)
      .where(sql`${invitations.status} = 'pending' and ${invitations.expiresAt} <= ops.now()`)
      .orderBy(invitations.id)
      .limit(ROWS_A_STEP),
  );
  for (const before of due) {
    try {
      await commit(ctx, null, {
        expect: [unchanged(invitations, before)],
        write: [update(ctx, invitations, before.id, { status: "expired" })],
        audit: {
          action: "team.invitation_expired",
          subject: { type: "team_invitation", id: before.id },
          before: { status: before.status },
          after: { status: "expired" },
        },
        events: [],
      });
    } catch (error) {
      // answered at the last moment
      if (databaseRefusal(error)?.code !== "40001") throw error;
    }
  }
}
