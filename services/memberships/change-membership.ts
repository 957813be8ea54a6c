import { sql } from "drizzle-orm";
import { companies } from "#db/schema/ats.ts";
import { memberships, organizations, users } from "#db/schema/identity.ts";
import { computed, select } from "#db/statements.ts";
import { leavesNoAdmin, type MembershipFacts } from "#domain/identity/membership.ts";
import { conflict, invalidField } from "#domain/refusals.ts";
import { keysKeptBy, suspendOrphaned } from "../api-keys/suspend-keys-of-leaver.ts";
import {
  asItStands,
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
import type { Context } from "../context.ts";
import { commitWithCredentials } from "../credentials/change-credentials.ts";
import { rowById } from "../listing.ts";
import { editableOrganizations, readableOrganizations } from "../organizations/access.ts";
import { readableUsers } from "../users/access.ts";
import { type Membership, membershipNoun } from "./membership.ts";
import type { Right } from "../rights.ts";

/**
 * Gives a person whom the caller sees already a part in an organization, or in one of its companies.
 * Somebody new is invited: they decide, and nobody learns whether an address is known.
 */
export async function createMembership(
  ctx: Context,
  given: Pick<Membership, "userId" | "roleName" | "organizationId" | "companyId">,
): Promise<Membership> {
  return deciding(
    ctx,
    async () => {
      const [[organization], [person], [ofCompany]] = await ctx.read(
        organizationFor(given.organizationId),
        select({ id: users.id })
          .from(users)
          .where(sql`${users.id} = ${given.userId} and ${users.status} = 'active' and ${readableUsers()}`),
        companyOf(given.organizationId, given.companyId),
      );
      const held = editable(ctx, "organization", given.organizationId, organization);
      if (!person) throw invalidField("user_id", "unknown", "There is no such person. Invite somebody new by their address.");
      if (given.companyId && !ofCompany) throw noSuchCompany();

      const row = newRow(ctx, memberships, given);
      return commit(
        ctx,
        { ...row, editable: "own" },
        {
          expect: [unchanged(organizations, held)],
          write: [insert(memberships, row), update(ctx, organizations, held.id, {})],
          audit: { action: "membership.created", subject: { type: "membership", id: row.id }, after: row, companyId: row.companyId },
          events: [],
        },
      );
    },
    { memberships_one_live: alreadyMember },
  );
}

export interface MembershipChanges {
  roleName?: Membership["roleName"];
  companyId?: string | null;
}

/** Changes what somebody is in an organization. Its last admin stays one. */
export async function updateMembership(ctx: Context, id: string, changes: MembershipChanges, version?: number): Promise<Membership> {
  return deciding(
    ctx,
    async () => {
      const { before, organization, others, ofCompany } = await read(ctx, id, changes.companyId);
      if (changes.companyId && !ofCompany) throw noSuchCompany();
      expectVersion(ctx, before, version);
      if (!differing(before, changes)) return asItStands(ctx, before);
      const after: Membership = { ...before, ...changes, version: before.version + 1, updatedAt: ctx.now() };
      if (leavesNoAdmin(before, after, others)) throw lastAdmin();
      return commit(ctx, after, {
        expect: [unchanged(organizations, organization), unchanged(memberships, before)],
        write: [update(ctx, memberships, id, changes), update(ctx, organizations, organization.id, {})],
        audit: { action: "membership.updated", subject: { type: "membership", id }, before, after, companyId: after.companyId },
        events: [],
      });
    },
    { memberships_one_live: alreadyMember },
  );
}

/** Takes somebody out of an organization, and suspends the keys that they made for it. Its last admin stays. */
export async function deleteMembership(ctx: Context, id: string): Promise<{ id: string }> {
  return deciding(ctx, async () => {
    const { before, organization, others, keys } = await read(ctx, id);
    expectVersion(ctx, before);
    if (leavesNoAdmin(before, null, others)) throw lastAdmin();
    return commitWithCredentials(
      ctx,
      { id },
      {
        expect: [unchanged(organizations, organization), unchanged(memberships, before)],
        write: [update(ctx, memberships, id, { deletedAt: ctx.now() }), update(ctx, organizations, organization.id, {})],
        audit: { action: "membership.deleted", subject: { type: "membership", id }, before, companyId: before.companyId },
        events: [],
      },
      suspendOrphaned(ctx, keys),
    );
  });
}

/** A membership the caller may change, with what its change depends on. The organization's version orders all changes in it. */
async function read(ctx: Context, id: string, companyId?: string | null) {
  const organizationId = sql`(select organization_id from ${memberships} where id = ${id})`;
  const [[found], [organization], others, [ofCompany], keys] = await ctx.read(
    rowById<Membership>(ctx, membershipNoun, id),
    select({ id: organizations.id, version: organizations.version })
      .from(organizations)
      .where(sql`${organizations.id} = ${organizationId}`),
    select({ id: memberships.id, roleName: memberships.roleName, companyId: memberships.companyId })
      .from(memberships)
      .innerJoin(users, sql`${users.id} = ${memberships.userId} and ${users.status} = 'active'`)
      .where(
        sql`${memberships.organizationId} = ${organizationId} and ${memberships.deletedAt} is null and ${memberships.roleName} = 'company_admin'`,
      ),
    companyOf(organizationId, companyId ?? null),
    keysKeptBy(id),
  );
  const before = editable(ctx, "membership", id, found as Membership | undefined);
  return {
    before,
    organization: readable("organization", before.organizationId, organization),
    others: others as MembershipFacts[],
    ofCompany,
    keys,
  };
}

/** An organization as the caller may see it, and whether they may change who belongs to it. */
export const organizationFor = (id: string) =>
  select({
    id: organizations.id,
    version: organizations.version,
    name: organizations.name,
    editable: computed<Right>("editable", editableOrganizations()),
  })
    .from(organizations)
    .where(sql`${organizations.id} = ${id} and ${readableOrganizations()}`);

/** The company of an organization by this id, if it has it. */
export const companyOf = (organizationId: string | ReturnType<typeof sql>, companyId: string | null) =>
  select({ id: companies.id, name: companies.name })
    .from(companies)
    .where(
      sql`${companies.id} = ${companyId}::uuid and ${companies.identityOrganizationId} = ${organizationId} and ${companies.deletedAt} is null`,
    );

export const alreadyMember = () => conflict("This person has this part in the organization already.", { reason: "member_exists" });
const lastAdmin = () => conflict("This is the last admin. Name another one first.", { reason: "last_admin" });
export const noSuchCompany = () => invalidField("company_id", "unknown", "The organization has no such company.");
