import { getTableColumns, sql } from "drizzle-orm";
import { users } from "#db/schema/identity.ts";
import { recruiterReputation, recruiters, teamMembers, teams } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import type { Noun } from "../listing.ts";
import { editableRecruiters, readableRecruiters, recruiterEmailVisible, seesWholeRecruiter, waysToRecruiters } from "./access.ts";
import type { Right } from "../rights.ts";

const { search, ...columns } = getTableColumns(recruiters);

/** A recruiter as the caller may see them. */
export type Recruiter = Omit<typeof recruiters.$inferSelect, "search"> & {
  editable: Right;
  /** Whether the caller reads the whole row or the public profile. */
  whole: boolean;
  /** The recruiter's address, where the caller may read it. */
  email: string | null;
};

export const recruiterNoun = {
  name: "recruiter",
  table: recruiters,
  columns: {
    ...columns,
    editable: computed<Right>("editable", editableRecruiters()),
    whole: computed<boolean>("whole", seesWholeRecruiter()),
    email: computed<string | null>(
      "email",
      sql`case when ${recruiterEmailVisible()} then (select u.email::text from ${users} u where u.id = ${recruiters.userId}) end`,
    ),
  },
  readable: readableRecruiters,
  ways: waysToRecruiters,
  search,
  sorts: { name: recruiters.name },
  filters: {
    status: (status: string) => sql`${recruiters.status} = ${status}`,
    industry: (name: string) =>
      sql`exists (select 1 from unnest(${recruiters.industries}) as industry where ops.fold(industry) = ops.fold(${name}))`,
    specialty: (name: string) =>
      sql`exists (select 1 from unnest(${recruiters.specialties}) as specialty where ops.fold(specialty) = ops.fold(${name}))`,
    location: (place: string) => sql`ops.fold(${recruiters.location}) like '%' || ops.fold(${place}) || '%'`,
    marketplace_enabled: (enabled: boolean) => sql`${recruiters.marketplaceEnabled} = ${enabled}`,
  },
  includes: {
    user: {
      rows: (ids) =>
        select({ id: users.id, name: users.name, email: users.email, status: users.status })
          .from(users)
          .where(sql`${users.id} in (select user_id from ${recruiters} where id in ${ids} and ${seesWholeRecruiter()})`),
      parentKey: "userId",
      childKey: "id",
      many: false,
      allowed: (ctx) => ctx.access.isPlatformAdmin || ctx.access.recruiterId !== null,
    },
    reputation: {
      rows: (ids) =>
        select()
          .from(recruiterReputation)
          .where(sql`${recruiterReputation.recruiterId} in ${ids}`),
      childKey: "recruiterId",
      many: false,
      allowed: (ctx) => ctx.access.isPlatformAdmin,
    },
    team: {
      rows: (ids) =>
        select({ id: teams.id, recruiterId: teamMembers.recruiterId, name: teams.name, teamRole: teamMembers.teamRole })
          .from(teamMembers)
          .innerJoin(teams, sql`${teams.id} = ${teamMembers.teamId}`)
          .where(
            sql`${teamMembers.recruiterId} in ${ids} and ${teamMembers.status} = 'active' and ((select ops.is_admin()) or ${teams.id} = any((select ops.team_ids())::uuid[]))`,
          )
          .orderBy(sql`(${teamMembers.teamRole} = 'collaborator')`, teamMembers.joinedAt),
      childKey: "recruiterId",
      many: false,
      allowed: (ctx) => ctx.access.isPlatformAdmin || ctx.access.recruiterId !== null,
    },
  },
} satisfies Noun<Recruiter>;
