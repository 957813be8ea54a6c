import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { accounts } from "#db/schema/api.ts";

/** Whether somebody acts within an account of the statement, for reads about many: of one caller `ops.enter` says so. */
export const actsWithin = (userId: PgColumn): SQL =>
  sql`(${accounts.ownerUserId} = ${userId}
    or ${accounts.recruiterId} in (select r.id from network.recruiters r where r.user_id = ${userId})
    or ${accounts.companyId} in (
      select c.id from identity.memberships m
      join ats.companies c on c.identity_organization_id = m.organization_id and c.id = coalesce(m.company_id, c.id)
      where m.user_id = ${userId} and m.deleted_at is null)
    or ${accounts.teamId} in (
      select t.team_id from network.team_members t join network.recruiters r on r.id = t.recruiter_id
      where r.user_id = ${userId} and t.status = 'active' and t.role in ('owner', 'admin')))`;
