import { or, type SQL, sql } from "drizzle-orm";
import { organizations } from "#db/schema/identity.ts";
import { organizationPeople, platformAdmins } from "../audience.ts";
import type { Way } from "../listing.ts";
import { rightBy } from "../rights.ts";

/** Each way by which a caller comes to see an organization: platform admins all, members their own. */
export const waysToOrganizations = (): Way[] => [
  { rows: sql`(${organizations.deletedAt} is null and (select ops.is_admin()))`, opensTo: platformAdmins },
  {
    rows: sql`(${organizations.deletedAt} is null and ${organizations.id} = any((select ops.organization_ids())::uuid[]))`,
    opensTo: organizationPeople,
  },
];

/** The organizations the caller may see. */
export const readableOrganizations = (): SQL => or(...waysToOrganizations().map(({ rows }) => rows)) as SQL;

/** The organizations the caller may change: those they administer as a whole. */
export const editableOrganizations = (): SQL => rightBy(sql`${organizations.id} = any((select ops.admin_organization_ids())::uuid[])`);
