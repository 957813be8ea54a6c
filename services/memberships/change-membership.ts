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

export interface NewMembership {
  /** Somebody the caller sees already … */
  userId?: string | undefined;
  /** … or whose address they know. */
  email?: string | undefined;
  roleName: Membership["roleName"];
  organizationId: string;
  companyId: string | null;
}

/**
 * Gives a person a part in an organization, or in one of its companies. Somebody new is named by
 * their address: an id alone would show a stranger's name.
 */
export async function createMembership(ctx: Context, given: NewMembership): Promise<Membership> {
  return deciding(
    ctx,
    async () => {
      const [[organization], [person], [ofCompany]] = await ctx.read(
        select({
          id: organizations.id,
          version: organizations.version,
          editable: computed<Right>("editable", editableOrganizations()),
        })
          .from(organizations)
          .where(sql`${organizations.id} = ${given.organizationId} and ${readableOrganizations()}`),
        select({ id: users.id })
          .from(users)
          .where(
            given.userId === undefined
              ? sql`${users.email} = ${given.email}::citext and ${users.status} = 'active'`
              : sql`${users.id} = ${given.userId} and ${users.status} = 'active' and ${readableUsers()}`,
          ),
        companyOf(given.organizationId, given.companyId),
      );
      const held = editable(ctx, "organization", given.organizationId, organization);
      if (!person) throw invalidField(given.userId === undefined ? "email" : "user_id", "unknown", "There is no such person.");
      if (given.companyId && !ofCompany) throw noSuchCompany();

      const { email: _, ...fields } = given;
      const row = newRow(ctx, memberships, { ...fields, userId: person.id });
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
    { memberships_one_live: already },
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
    { memberships_one_live: already },
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

const companyOf = (organizationId: string | ReturnType<typeof sql>, companyId: string | null) =>
  select({ id: companies.id })
    .from(companies)
    .where(
      sql`${companies.id} = ${companyId}::uuid and ${companies.identityOrganizationId} = ${organizationId} and ${companies.deletedAt} is null`,
    );

const already = () => conflict("This person has this part in the organization already.");
const lastAdmin = () => conflict("This is the last admin. Name another one first.", { reason: "last_admin" });
const noSuchCompany = () => invalidField("company_id", "unknown", "The organization has no such company.");
