import { sql } from "drizzle-orm";
import { notifications } from "#db/schema/notify.ts";
import { insertInto, statement } from "#db/statements.ts";
import { type Facts, type Hearer, type Notice, NOTICED_EVENTS, noticesOf } from "#domain/notices/notices.ts";
import { CONFIDENTIAL } from "#domain/portal/stages.ts";
import { type Slot, slotsInWords } from "#domain/portal/times.ts";
import { commit, newRow } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { keepingPortalToken } from "../portal-tokens/portal-token.ts";
import type { StoredEvent, Subscriber } from "../events/handle-events.ts";

/** Turns an event into one row per recipient and channel, once, and lets the mails go (DESIGN R-13). */
export const notificationSubscriber: Subscriber = {
  name: "notifications",
  hears: NOTICED_EVENTS,
  handle: notify,
};

interface Person extends Record<string, unknown> {
  party: Hearer;
  user_id: string | null;
  email: string;
  in_app: Record<string, boolean> | null;
  mail: Record<string, boolean> | null;
}

async function notify(ctx: Context, event: StoredEvent, handled: Statement): Promise<void> {
  const notices = noticesOf(event);
  const [facts, people] = await ctx.read(factsOf(event), peopleOf(event));
  const [found = {}] = (facts as unknown as { rows: Record<string, string | null>[] }).rows;
  const known = toFacts(found);
  const forCandidates = found["confidential"] ? { ...known, companyName: CONFIDENTIAL } : known;
  const persons = (people as unknown as { rows: Person[] }).rows;
  const rows = notices.flatMap((notice) =>
    persons
      .filter(({ party }) => party === notice.to)
      .flatMap((person) => rowsFor(ctx, event, notice, notice.to === "candidate" ? forCandidates : known, person)),
  );
  const { candidate } = partsOf(event);
  const isMailed = candidate !== null && notices.some(({ to, mail }) => to === "candidate" && mail);
  const portal = isMailed ? [statement(await keepingPortalToken(ctx, candidate))] : [];
  await commit(ctx, null, {
    write: [handled, ...portal, ...(rows.length > 0 ? [insertInto(notifications).values(rows).onConflictDoNothing() as Statement] : [])],
    audit: [],
    events: [],
  });
  const mails = rows.filter(({ channel }) => channel === "email").map(({ id }) => id);
  if (mails.length > 0)
    ctx.ports.later(ctx.ports.mail.send(mails).catch(() => ctx.ports.log("warn", "the mail queue took no nudge; the sweep will")));
}

/** Somebody without a user has no in-app list; preferences hold where there are some, else everything is on. */
function rowsFor(ctx: Context, event: StoredEvent, notice: Notice, facts: Facts, person: Person) {
  const hasPortal = notice.to === "candidate" && !notice.invitation;
  const wanted = (channel: "in_app" | "email"): boolean =>
    channel === "in_app"
      ? person.user_id !== null && person.in_app?.[notice.category] !== false
      : notice.mail === true && (notice.invitation === true || person.mail?.[notice.category] !== false);
  return (["in_app", "email"] as const).filter(wanted).map((channel) =>
    newRow(ctx, notifications, {
      recipientUserId: person.user_id,
      recipientEmail: channel === "email" ? person.email : null,
      eventType: event.type,
      channel,
      subject: notice.subject(facts),
      template: notice.template,
      payload: {
        text: notice.text(facts),
        subject_type: event.subject.type,
        subject_id: event.subject.id,
        ...(notice.page ? { page: notice.page(event.subject.id) } : {}),
        ...(channel === "email" && hasPortal ? { portal_of: partsOf(event).candidate } : {}),
      },
      status: channel === "in_app" ? "sent" : "pending",
      priority: notice.priority ?? "normal",
      category: notice.category,
      dedupeKey: `${event.id}:${person.user_id ?? person.party}:${channel}`,
    }),
  );
}

const toFacts = (row: Record<string, string | null> = {}): Facts => ({
  jobTitle: row["job_title"] ?? null,
  companyName: row["company_name"] ?? null,
  candidateName: row["candidate_name"] ?? null,
  recruiterName: row["recruiter_name"] ?? null,
  teamName: row["team_name"] ?? null,
  organizationName: row["organization_name"] ?? null,
  credentialName: row["credential_name"] ?? null,
  webhookName: row["webhook_name"] ?? null,
  reason: row["reason"] ?? null,
  message: row["message"] ?? null,
  times: row["slots"] ? slotsInWords(JSON.parse(row["slots"]) as Slot[]) : null,
});

/** The ids an event names, by the part they play; absent ones find nobody. */
function partsOf(event: StoredEvent) {
  const payload = event.payload as unknown as Record<string, string | null | undefined>;
  return {
    job: payload["job_id"] ?? null,
    company: payload["company_id"] ?? null,
    candidate: payload["candidate_id"] ?? null,
    application: payload["application_id"] ?? null,
    candidateRecruiter: payload["candidate_recruiter_id"] ?? null,
    companyRecruiter: payload["company_recruiter_id"] ?? null,
    recruiter: payload["recruiter_id"] ?? payload["sourcer_recruiter_id"] ?? null,
    user: payload["user_id"] ?? payload["owner_user_id"] ?? null,
    team: payload["team_id"] ?? null,
    organization: payload["organization_id"] ?? null,
    placement: payload["placement_id"] ?? null,
    invitation: payload["invitation_id"] ?? null,
    credential: payload["credential_id"] ?? null,
    account: payload["account_id"] ?? null,
    webhook: payload["webhook_id"] ?? null,
    message: payload["message_id"] ?? null,
    availability: payload["availability_id"] ?? null,
  };
}

const companyOf = ({ job, company, placement }: ReturnType<typeof partsOf>) =>
  sql`coalesce(${company}::uuid, (select company_id from ats.jobs where id = ${job}::uuid), (select company_id from ats.placements where id = ${placement}::uuid))`;

/** A key or a client; their ids are of one kind. */
const CREDENTIALS = sql`(select id, name, status_reason from api.api_keys union all select id, name, status_reason from api.oauth_clients) credential`;

function factsOf(event: StoredEvent): Statement {
  const parts = partsOf(event);
  return statement(sql`select
    (select title from ats.jobs where id = ${parts.job}::uuid) as job_title,
    (select name from ats.companies where id = ${companyOf(parts)}) as company_name,
    (select full_name from ats.candidates where id = ${parts.candidate}::uuid) as candidate_name,
    (select name from network.recruiters where id = coalesce(${parts.recruiter}::uuid, ${parts.candidateRecruiter}::uuid, ${parts.companyRecruiter}::uuid)) as recruiter_name,
    (select name from network.teams where id = ${parts.team}::uuid) as team_name,
    (select name from identity.organizations where id = ${parts.organization}::uuid) as organization_name,
    (select name from ${CREDENTIALS} where id = ${parts.credential}::uuid) as credential_name,
    (select coalesce(nullif(description, ''), substring(url from '^https?://([^/?#]+)')) from api.webhooks where id = ${parts.webhook}::uuid) as webhook_name,
    coalesce((select status_reason from ${CREDENTIALS} where id = ${parts.credential}::uuid), (select f.message_text from ats.cra_gate_feedback f join ats.candidate_role_assignments d on d.id = f.assignment_id
      where d.application_id = ${parts.application}::uuid and d.state = 'rejected' and f.feedback_type = 'denial_reason'
      order by f.created_at desc limit 1)) as reason,
    (select body from ats.portal_messages where id = ${parts.message}::uuid) as message,
    (select slots::text from ats.interview_availability where id = ${parts.availability}::uuid) as slots,
    (select 'yes' from ats.jobs where id = ${parts.job}::uuid and not show_company) as confidential`);
}

function peopleOf(event: StoredEvent): Statement {
  const parts = partsOf(event);
  return statement(sql`
    with person(party, user_id, email) as (
      select 'candidate', user_id, email::text from ats.candidates where id = ${parts.candidate}::uuid and erased_at is null
      union select p.party, u.id, u.email::text from (values
          ('candidate_recruiter', ${parts.candidateRecruiter}::uuid), ('company_recruiter', ${parts.companyRecruiter}::uuid), ('recruiter', ${parts.recruiter}::uuid)
        ) p(party, recruiter_id)
        join network.recruiters r on r.id = p.recruiter_id join identity.users u on u.id = r.user_id and u.status = 'active'
      union select 'company', u.id, u.email::text from ats.companies c
        join identity.memberships m on m.organization_id = c.identity_organization_id and m.deleted_at is null and (m.company_id is null or m.company_id = c.id)
        join identity.users u on u.id = m.user_id and u.status = 'active'
        where c.id = ${companyOf(parts)}
      union select 'company_admin', u.id, u.email::text from ats.companies c
        join identity.memberships m on m.organization_id = c.identity_organization_id and m.deleted_at is null and m.role_name = 'company_admin'
          and (m.company_id is null or m.company_id = c.id)
        join identity.users u on u.id = m.user_id and u.status = 'active'
        where c.id = ${companyOf(parts)}
      union select 'earner', u.id, u.email::text from billing.placement_splits s
        join network.recruiters r on r.id = s.recruiter_id join identity.users u on u.id = r.user_id and u.status = 'active'
        where s.placement_id = ${parts.placement}::uuid
      union select 'platform_admin', u.id, u.email::text from identity.user_roles r join identity.users u on u.id = r.user_id and u.status = 'active' where r.deleted_at is null
      union select 'invitee', u.id, i.email::text from network.team_invitations i
        left join identity.users u on u.email = i.email and u.status = 'active' where i.id = ${parts.invitation}::uuid and i.status = 'pending'
      union select 'invitee', u.id, i.email::text from identity.invitations i
        left join identity.users u on u.email = i.email and u.status = 'active' where i.id = ${parts.invitation}::uuid
      union select 'inviter', u.id, u.email::text from identity.invitations i
        join identity.users u on u.id = i.invited_by and u.status = 'active' where i.id = ${parts.invitation}::uuid
      union select 'account_manager', u.id, u.email::text from api.accounts a
        cross join lateral (
          select a.owner_user_id as user_id
          union select r.user_id from network.recruiters r where r.id = a.recruiter_id
          union select r.user_id from network.team_members t join network.recruiters r on r.id = t.recruiter_id
            where t.team_id = a.team_id and t.status = 'active' and t.role in ('owner', 'admin')
          union select m.user_id from ats.companies c
            join identity.memberships m on m.organization_id = c.identity_organization_id and m.deleted_at is null and m.role_name = 'company_admin'
              and (m.company_id is null or m.company_id = c.id)
            where c.id = a.company_id
        ) manager
        join identity.users u on u.id = manager.user_id and u.status = 'active'
        where a.id = ${parts.account}::uuid
      union select 'user', id, email::text from identity.users where id = ${parts.user}::uuid
    )
    select party, user_id, email,
      (select json_object_agg(category, in_app_enabled) from notify.notification_preferences n where n.user_id = person.user_id) as in_app,
      (select json_object_agg(category, email_enabled) from notify.notification_preferences n where n.user_id = person.user_id) as mail
    from person`);
}
