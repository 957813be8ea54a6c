import { or, type SQL, sql } from "drizzle-orm";
import { memberships } from "#db/schema/identity.ts";
import { everybody, organizationPeople, platformAdmins } from "../audience.ts";
import type { Way } from "../listing.ts";
import { rightBy } from "../rights.ts";

/** Each way by which a caller comes to see a membership: their own, and all of their organizations. */
export const waysToMemberships = (): Way[] => [
  { rows: live(sql`(select ops.is_admin())`), opensTo: platformAdmins },
  { rows: live(sql`${memberships.userId} = (select ops.user_id())`), opensTo: everybody },
  { rows: live(sql`${memberships.organizationId} = any((select ops.organization_ids())::uuid[])`), opensTo: organizationPeople },
];

const live = (way: SQL): SQL => sql`(${memberships.deletedAt} is null and ${way})`;

/** The memberships the caller may see. */
export const readableMemberships = (): SQL => or(...waysToMemberships().map(({ rows }) => rows)) as SQL;

/** The memberships the caller may change: those of the organizations they administer as a whole. */
export const editableMemberships = (): SQL =>
  rightBy(sql`${memberships.organizationId} = any((select ops.admin_organization_ids())::uuid[])`);
