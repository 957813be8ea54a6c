import { type SQL, sql } from "drizzle-orm";
import { candidates } from "#db/schema/ats.ts";
import { memberships, userRoles, users } from "#db/schema/identity.ts";
import { recruiters } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { readableMemberships } from "../memberships/access.ts";
import type { Noun } from "../listing.ts";
import { editableUsers, readableUsers, waysToUsers } from "./access.ts";
import type { Right } from "../rights.ts";

export type User = Pick<
  typeof users.$inferSelect,
  | "id"
  | "email"
  | "name"
  | "status"
  | "onboardingStatus"
  | "onboardingStep"
  | "lastActiveAt"
  | "deletedAt"
  | "createdAt"
  | "updatedAt"
  | "version"
> & {
  /** Oneself and platform admins, who read everything; colleagues read name, address and roles. */
  editable: Right;
  /** Whether the caller may read all of it: who may change it may. */
  whole: boolean;
};

export const USER_ROLES = ["platform_admin", "company_admin", "hiring_manager", "recruiter", "candidate"] as const;

/** Who has which role, as far as the caller may know: a colleague is known by the memberships they share. */
const knownRoles = (ids: SQL): SQL => sql`(
  select ${memberships.userId} as user_id, ${memberships.roleName} as name from ${memberships}
    where ${memberships.userId} in ${ids} and ${memberships.deletedAt} is null and ${readableMemberships()}
  union select ${userRoles.userId}, ${userRoles.roleName} from ${userRoles}
    where ${userRoles.userId} in ${ids} and ${userRoles.deletedAt} is null and ${ofMineOrAdmin(sql`${userRoles.userId}`)}
  union select ${recruiters.userId}, 'recruiter' from ${recruiters}
    where ${recruiters.userId} in ${ids} and ${ofMineOrAdmin(sql`${recruiters.userId}`)}
  union select ${candidates.userId}, 'candidate' from ${candidates}
    where ${candidates.userId} in ${ids} and ${candidates.deletedAt} is null and ${ofMineOrAdmin(sql`${candidates.userId}`)}) known`;

const ofMineOrAdmin = (userId: SQL): SQL => sql`((select ops.is_admin()) or ${userId} = (select ops.user_id()))`;

export const userNoun = {
  name: "user",
  table: users,
  columns: {
    id: users.id,
    email: users.email,
    name: users.name,
    status: users.status,
    onboardingStatus: users.onboardingStatus,
    onboardingStep: users.onboardingStep,
    lastActiveAt: users.lastActiveAt,
    deletedAt: users.deletedAt,
    createdAt: users.createdAt,
    updatedAt: users.updatedAt,
    version: users.version,
    editable: computed<Right>("editable", editableUsers()),
    whole: computed<boolean>("whole", sql`(${editableUsers()} is not null)`),
  },
  readable: readableUsers,
  ways: waysToUsers,
  sorts: { name: users.name },
  filters: {
    email: (email: string) => sql`${users.email} = ${email}`,
    status: (status: string) => sql`${users.status} = ${status}`,
    role: (name: string) => sql`exists (select 1 from ${knownRoles(sql`(${users.id})`)} where known.name = ${name})`,
    organization_id: (id: string) =>
      sql`${users.id} in (select ${memberships.userId} from ${memberships} where ${memberships.organizationId} = ${id} and ${memberships.deletedAt} is null and ${readableMemberships()})`,
  },
  includes: {
    memberships: {
      rows: (ids) =>
        select({
          id: memberships.id,
          userId: memberships.userId,
          roleName: memberships.roleName,
          organizationId: memberships.organizationId,
          companyId: memberships.companyId,
        })
          .from(memberships)
          .where(sql`${memberships.userId} in ${ids} and ${readableMemberships()}`)
          .orderBy(memberships.createdAt, memberships.id),
      childKey: "userId",
      many: true,
    },
    roles: {
      rows: (ids) =>
        select({ userId: computed<string>("user_id", sql`known.user_id`), name: computed<string>("name", sql`known.name`) })
          .from(knownRoles(ids))
          .orderBy(sql`known.name`),
      childKey: "userId",
      many: true,
    },
  },
} satisfies Noun<User>;
