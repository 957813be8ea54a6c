import { sql } from "drizzle-orm";
import { invitations, memberships, organizations } from "#db/schema/identity.ts";
import { select } from "#db/statements.ts";
import { commit, deciding, insert, newRow, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { answerable, callerAddress, rowByToken, trace } from "../mailed-invitations.ts";
import { alreadyMember } from "../memberships/change-membership.ts";
import type { Membership } from "../memberships/membership.ts";
import { ORGANIZATION_INVITATION } from "./invitation.ts";

/**
 * The invited person takes their part in the organization, with the token of the mail and signed in with
 * the address it went to. Of two who accept at once one does; who has the part already is refused.
 */
export async function acceptInvitation(ctx: Context, id: string, token: string): Promise<Membership> {
  const hash = await ctx.ports.links.hash(token);
  return deciding(
    ctx,
    async () => {
      const [[found], [me], [organization]] = await ctx.read(
        rowByToken(ORGANIZATION_INVITATION, id, hash),
        callerAddress(),
        select({ id: organizations.id, version: organizations.version })
          .from(organizations)
          .where(sql`${organizations.id} = (select ${invitations.organizationId} from ${invitations} where ${invitations.id} = ${id})`),
      );
      const invitation = answerable(ctx, ORGANIZATION_INVITATION, found, me?.email);
      const joined = readable("organization", invitation.organizationId, organization);
      const { organizationId, companyId, roleName } = invitation;
      const row = newRow(ctx, memberships, { userId: ctx.userId, organizationId, companyId, roleName });
      const accepted = { ...invitation, status: "accepted", acceptedAt: ctx.now() } as const;
      return commit(
        ctx,
        { ...row, editable: null },
        {
          expect: [unchanged(organizations, joined), unchanged(invitations, invitation)],
          write: [
            insert(memberships, row),
            update(ctx, invitations, id, { status: accepted.status, acceptedAt: accepted.acceptedAt }),
            update(ctx, organizations, organizationId, {}),
          ],
          audit: [
            trace(ORGANIZATION_INVITATION, "accepted", invitation, accepted),
            { action: "membership.created", subject: { type: "membership", id: row.id }, after: row, companyId },
          ],
          events: ORGANIZATION_INVITATION.events(accepted, "accepted"),
        },
      );
    },
    { memberships_one_live: alreadyMember },
  );
}
