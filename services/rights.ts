import { type SQL, sql } from "drizzle-orm";

/** By which right the caller may change a row: it is theirs, or only as a platform admin, who owes a reason (DOMAIN §1.1); null: not at all. */
export type Right = "own" | "override" | null;

/**
 * The right to change a row, as SQL over the entered context.
 *
 * @param own - whether the row is the caller's to change; what is not is an override of platform admins
 */
export const rightBy = (own: SQL): SQL => sql`(case when ${own} then 'own' when (select ops.is_admin()) then 'override' end)`;
