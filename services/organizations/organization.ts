import { getTableColumns, sql } from "drizzle-orm";
import { companies } from "#db/schema/ats.ts";
import { memberships, organizations } from "#db/schema/identity.ts";
import { computed, select } from "#db/statements.ts";
import { readableCompanies } from "../companies/access.ts";
import type { Noun } from "../listing.ts";
import { readableMemberships } from "../memberships/access.ts";
import { editableOrganizations, readableOrganizations, waysToOrganizations } from "./access.ts";
import type { Right } from "../rights.ts";

export type Organization = typeof organizations.$inferSelect & { editable: Right };

export const organizationNoun = {
  name: "organization",
  table: organizations,
  columns: { ...getTableColumns(organizations), editable: computed<Right>("editable", editableOrganizations()) },
  readable: readableOrganizations,
  ways: waysToOrganizations,
  sorts: { name: organizations.name },
  filters: {
    type: (type: string) => sql`${organizations.type} = ${type}`,
    // what was deleted is shown to nobody, so that every organization in sight is active
    status: () => sql`${organizations.deletedAt} is null`,
  },
  includes: {
    memberships: {
      rows: (ids) =>
        select({
          id: memberships.id,
          organizationId: memberships.organizationId,
          userId: memberships.userId,
          roleName: memberships.roleName,
          companyId: memberships.companyId,
        })
          .from(memberships)
          .where(sql`${memberships.organizationId} in ${ids} and ${readableMemberships()}`)
          .orderBy(memberships.createdAt, memberships.id),
      childKey: "organizationId",
      many: true,
    },
    companies: {
      rows: (ids) =>
        select({
          id: companies.id,
          organizationId: companies.identityOrganizationId,
          name: companies.name,
          slug: companies.slug,
          status: companies.status,
        })
          .from(companies)
          .where(sql`${companies.identityOrganizationId} in ${ids} and ${readableCompanies()}`)
          .orderBy(companies.name, companies.id),
      childKey: "organizationId",
      many: true,
    },
  },
} satisfies Noun<Organization>;
