import { sql } from "drizzle-orm";
import { invitations, memberships, organizations, users } from "#db/schema/identity.ts";
import { select } from "#db/statements.ts";
import { editable, unchanged } from "../commit.ts";
import type { Context } from "../context.ts";
import { inviteMailed, rowsWhere } from "../mailed-invitations.ts";
import { alreadyMember, companyOf, noSuchCompany, organizationFor } from "../memberships/change-membership.ts";
import { type Invitation, ORGANIZATION_INVITATION } from "./invitation.ts";

/**
 * Asks an address into an organization, or into one of its companies, as an admin of the organization.
 * Refuses an address that has this part already.
 */
export const invitePerson = (
  ctx: Context,
  input: Pick<Invitation, "email" | "organizationId" | "companyId" | "roleName">,
): Promise<Invitation> =>
  inviteMailed(ctx, ORGANIZATION_INVITATION, async () => {
    const { email, organizationId, companyId, roleName } = input;
    const [[found], [company], [open], [member]] = await ctx.read(
      organizationFor(organizationId),
      companyOf(organizationId, companyId),
      rowsWhere(
        ORGANIZATION_INVITATION,
        sql`${invitations.organizationId} = ${organizationId} and ${invitations.companyId} is not distinct from ${companyId}::uuid
          and ${invitations.email} = ${email}::citext and ${invitations.status} = 'pending'`,
      ),
      select({ id: memberships.id })
        .from(memberships)
        .innerJoin(users, sql`${users.id} = ${memberships.userId} and ${users.status} = 'active' and ${users.email} = ${email}::citext`)
        .where(
          sql`${memberships.organizationId} = ${organizationId} and ${memberships.companyId} is not distinct from ${companyId}::uuid
            and ${memberships.roleName} = ${roleName} and ${memberships.deletedAt} is null`,
        ),
    );
    const organization = editable(ctx, "organization", organizationId, found);
    if (companyId && !company) throw noSuchCompany();
    if (member) throw alreadyMember();
    return {
      open,
      given: { ...input, organizationName: organization.name, companyName: company?.name ?? null, invitedBy: ctx.userId },
      expect: [unchanged(organizations, organization)],
    };
  });
