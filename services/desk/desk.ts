import { type SQL, sql } from "drizzle-orm";
import { applications, candidateRoleAssignments as deals, candidates, companies, jobs } from "#db/schema/ats.ts";
import { memberships, organizations } from "#db/schema/identity.ts";
import { notifications } from "#db/schema/notify.ts";
import { computed, select, statement } from "#db/statements.ts";
import type { Context } from "../context.ts";
import { openDeals, readableApplications, readableDeals } from "../deals/access.ts";
import { awaitsCaller, ENDED_STATES } from "../deals/deal.ts";
import { COUNTED_ROWS } from "../listing.ts";
import { readableNotifications } from "../notifications/notification.ts";

/** A role of the caller's in an organization. */
export interface OwnRole {
  organizationId: string;
  organization: string;
  role: (typeof memberships.$inferSelect)["roleName"];
  /** Null where the role holds for every company of the organization. */
  company: string | null;
}

/** A deal that waits for the caller. */
export interface WaitingDeal {
  id: string;
  job: string;
  company: string;
  /** Null for who may see the summary only. */
  candidate: string | null;
  state: string;
  since: Date;
}

export interface Desk {
  roles: OwnRole[];
  waiting: WaitingDeal[];
  waitingCount: number;
  /** Deals that have not come to an end, as far as the caller sees them; at most 10,000. */
  liveDeals: number;
  unread: { id: string; subject: string; createdAt: Date }[];
  unreadCount: number;
  /** Applications made in each of the last weeks, the running one last. Weeks begin on Monday, UTC. */
  weeks: { begins: string; count: number }[];
}

const SHOWN = 5;
const WEEKS = 12;

/** What a person needs to know when they come in: who they are here, and what waits for them. One trip. */
export async function ownDesk(ctx: Context): Promise<Desk> {
  const waits = sql`(${readableDeals()}) and ${deals.state} not in ${ENDED_STATES} and ${awaitsCaller()}`;
  const unreadOnly = sql`${readableNotifications()} and not ${notifications.read}`;
  const [roles, waiting, [counts], unread, weeks] = await ctx.read(
    select({
      organizationId: memberships.organizationId,
      organization: computed<string>("organization", sql`${organizations.name}`),
      role: memberships.roleName,
      company: computed<string | null>("company", sql`(select c.name from ${companies} c where c.id = ${memberships.companyId})`),
    })
      .from(memberships)
      .innerJoin(organizations, sql`${organizations.id} = ${memberships.organizationId} and ${organizations.deletedAt} is null`)
      .where(sql`${memberships.userId} = (select ops.user_id()) and ${memberships.deletedAt} is null`)
      .orderBy(organizations.name, memberships.roleName, memberships.id),
    select({
      id: deals.id,
      job: computed<string>("job", sql`(select j.title from ${jobs} j where j.id = ${deals.jobId})`),
      company: computed<string>("company", sql`(select c.name from ${companies} c where c.id = ${deals.companyId})`),
      candidate: computed<string | null>(
        "candidate",
        sql`case when ${openDeals()} then (select c.full_name from ${candidates} c where c.id = ${deals.candidateId}) end`,
      ),
      state: deals.state,
      since: deals.stateChangedAt,
    })
      .from(deals)
      .where(waits)
      .orderBy(deals.stateChangedAt, deals.id)
      .limit(SHOWN),
    select({
      waiting: atMost(deals, waits),
      live: atMost(deals, sql`(${readableDeals()}) and ${deals.state} not in ${ENDED_STATES}`),
      unread: atMost(notifications, unreadOnly),
    }).from(sql`(select 1) once`),
    select({ id: notifications.id, subject: notifications.subject, createdAt: notifications.createdAt })
      .from(notifications)
      .where(unreadOnly)
      .orderBy(sql`${notifications.createdAt} desc`, sql`${notifications.id} desc`)
      .limit(SHOWN),
    statement<{ begins: string; count: number }>(sql`
      select to_char(week, 'YYYY-MM-DD') as begins, count(made.at)::int as count
      from (select date_trunc('week', ops.now() at time zone 'utc') - make_interval(weeks => n) as week from generate_series(0, ${WEEKS - 1}) n) weeks
      left join (
        select ${applications.createdAt} at time zone 'utc' as at from ${applications}
        where (${readableApplications()}) and ${applications.createdAt} > ops.now() - make_interval(weeks => ${WEEKS})
        limit ${COUNTED_ROWS}
      ) made on made.at >= week and made.at < week + interval '1 week'
      group by week order by week`),
  );
  return {
    roles,
    waiting: waiting as WaitingDeal[],
    waitingCount: counts?.waiting ?? 0,
    liveDeals: counts?.live ?? 0,
    unread,
    unreadCount: counts?.unread ?? 0,
    weeks: weeks.rows,
  };
}

/** How many rows of a table fit, counted up to 10,000. */
const atMost = (table: typeof deals | typeof notifications, which: SQL) =>
  sql<number>`(select count(*)::int from (select 1 from ${table} where ${which} limit ${COUNTED_ROWS}) counted)`;
