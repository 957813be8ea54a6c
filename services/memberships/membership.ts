import { eq, getTableColumns, sql } from "drizzle-orm";
import { memberships, users } from "#db/schema/identity.ts";
import { computed, select } from "#db/statements.ts";
import type { Noun } from "../listing.ts";
import { editableMemberships, readableMemberships, waysToMemberships } from "./access.ts";
import type { Right } from "../rights.ts";

export type Membership = typeof memberships.$inferSelect & { editable: Right };

export const membershipNoun = {
  name: "membership",
  table: memberships,
  columns: { ...getTableColumns(memberships), editable: computed<Right>("editable", editableMemberships()) },
  readable: readableMemberships,
  ways: waysToMemberships,
  filters: {
    organization_id: (id: string) => eq(memberships.organizationId, id),
    user_id: (id: string) => eq(memberships.userId, id),
    role_name: (name: string) => sql`${memberships.roleName} = ${name}`,
  },
  includes: {
    user: {
      rows: (ids) =>
        select({ id: users.id, name: users.name, email: users.email, status: users.status })
          .from(users)
          .where(sql`${users.id} in (select user_id from ${memberships} where id in ${ids})`),
      parentKey: "userId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<Membership>;
