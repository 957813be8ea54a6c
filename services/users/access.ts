import { or, type SQL, sql } from "drizzle-orm";
import { memberships, users } from "#db/schema/identity.ts";
import { everybody, organizationPeople, platformAdmins } from "../audience.ts";
import type { Way } from "../listing.ts";
import { rightBy } from "../rights.ts";

const isMe = (): SQL => sql`${users.id} = (select ops.user_id())`;

/** Each way by which a caller comes to see a person (DOMAIN §1.4): platform admins all, members those of their organizations. */
export const waysToUsers = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: isMe(), opensTo: everybody },
  {
    rows: sql`${users.id} in (select ${memberships.userId} from ${memberships}
      where ${memberships.organizationId} = any((select ops.organization_ids())::uuid[]) and ${memberships.deletedAt} is null)`,
    opensTo: organizationPeople,
  },
];

/** The people the caller may see. */
export const readableUsers = (): SQL => or(...waysToUsers().map(({ rows }) => rows)) as SQL;

/** The people the caller may change: themselves, everybody for platform admins. */
export const editableUsers = (): SQL => rightBy(isMe());
