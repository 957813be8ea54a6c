import type { FC } from "hono/jsx";
import { returnPath } from "#domain/identity/session.ts";
import { isUuid } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import type { Access, Session } from "#services/context.ts";
import { type Desk, type OwnRole, ownDesk } from "#services/desk/desk.ts";
import { chooseOrganization } from "#services/sessions/choose-organization.ts";
import { Chart } from "#ui/chart.tsx";
import { Action } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Badge, Card, Empty, Notice, Stats, type Tone } from "#ui/parts.tsx";
import { contextOf, countryOf, formOf, keepSession, type PageContext } from "../context.ts";
import { inWords } from "../words.ts";

/** What just happened elsewhere, by the word that the address carries. */
const SAID: Readonly<Record<string, string>> = { joined: "Welcome. You are in.", declined: "You said no. The invitation is over." };

/** Who one is here, and what waits. */
export async function homePage(c: PageContext): Promise<Response> {
  const ctx = await contextOf(c);
  const desk = await ownDesk(ctx);
  const { session, access } = ctx;
  if (!session) throw new Error("a page for persons was rendered for nobody");
  const isMember = access.roles.length > 0;
  return c.render(
    <>
      <Heading title={session.person ? `Hello, ${session.person.split(" ")[0]}` : "Hello"}>{partOf(access)}</Heading>
      <RecruiterState access={access} />
      {isMember ? (
        <>
          <Stats
            of={[
              { name: "Waiting for you", value: desk.waitingCount },
              { name: "Deals in process", value: desk.liveDeals },
              { name: "Unread notifications", value: desk.unreadCount },
            ]}
          />
          <div class="cards">
            <Waiting desk={desk} now={ctx.now()} />
            <Unread desk={desk} now={ctx.now()} />
          </div>
          <Weeks weeks={desk.weeks} />
        </>
      ) : (
        <Empty title="You have no role here yet">
          {`A company invites its people and recruiters invite their candidates, by mail to ${session.address}. As soon as somebody has, this is where you begin.`}
        </Empty>
      )}
      {desk.roles.length > 0 ? <Organizations roles={desk.roles} session={session} /> : null}
    </>,
    { title: "Home", status: SAID[c.req.query("done") ?? ""] },
  );
}

/** What the caller is here, in a sentence. */
function partOf({ roles, teams }: Access): string {
  if (roles.length === 0) return "You are signed in.";
  const names = roles.map((name) => inWords(name).toLowerCase());
  const team = teams.length > 0 ? `, in ${teams.length === 1 ? "a team" : `${teams.length} teams`}` : "";
  return `You are here as ${new Intl.ListFormat("en").format(names)}${team}.`;
}

const RECRUITER_STATES: Readonly<Record<string, readonly [Tone, string]>> = {
  pending: ["warn", "Your recruiter account waits for approval. Until then you see public roles only."],
  suspended: ["bad", "Your recruiter account is suspended. Your deals stay; new ones have to wait until it is active again."],
  inactive: ["warn", "Your recruiter account is inactive. Roles are shown to active recruiters."],
};

/** What keeps a recruiter from working, if anything does. */
const RecruiterState: FC<{ access: Access }> = ({ access }) => {
  const [tone, words] = RECRUITER_STATES[access.recruiterStatus ?? ""] ?? [];
  return words ? <Notice tone={tone ?? "neutral"}>{words}</Notice> : null;
};

const Waiting: FC<{ desk: Desk; now: Date }> = ({ desk, now }) => (
  <Card title="Waiting for you">
    {desk.waiting.length > 0 ? (
      <ul class="list">
        {desk.waiting.map(({ job, company, candidate, state, since }) => (
          <li class="head">
            <div>
              <b>{candidate ?? "A candidate"}</b> for {job}
              <p class="soft small">
                {company}, <Ago at={since} now={now} />
              </p>
            </div>
            <Badge tone={state === "info_requested" ? "warn" : "neutral"}>{inWords(state)}</Badge>
          </li>
        ))}
      </ul>
    ) : (
      <p class="soft">Nothing. Deals that need your answer stand here, the oldest first.</p>
    )}
  </Card>
);

const Unread: FC<{ desk: Desk; now: Date }> = ({ desk, now }) => (
  <Card title="Unread" aside={<a href="/console/notifications">All notifications</a>}>
    {desk.unread.length > 0 ? (
      <ul class="list">
        {desk.unread.map(({ subject, createdAt }) => (
          <li>
            {subject}
            <p class="soft small">
              <Ago at={createdAt} now={now} />
            </p>
          </li>
        ))}
      </ul>
    ) : (
      <p class="soft">You have read everything.</p>
    )}
  </Card>
);

const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" });

const Weeks: FC<{ weeks: Desk["weeks"] }> = ({ weeks }) => {
  const total = weeks.reduce((sum, { count }) => sum + count, 0);
  return (
    <Card title="Applications by week">
      <Chart
        sentence={`${total} applications in the last ${weeks.length} weeks, ${weeks.at(-1)?.count ?? 0} of them in this one.`}
        unit="applications"
        points={weeks.map(({ begins, count }, index) => {
          const day = DAY.format(new Date(`${begins}T00:00:00Z`));
          return { label: index % 3 === 2 ? day : "", name: `Week of ${day}`, value: count };
        })}
      />
    </Card>
  );
};

/** The caller's organizations and roles, and for whom of them the session acts. */
const Organizations: FC<{ roles: readonly OwnRole[]; session: Session }> = ({ roles, session }) => {
  const byOrganization = [...Map.groupBy(roles, ({ organizationId }) => organizationId).values()];
  return (
    <Card title="Your organizations" aside={session.organizationId ? <ActFor words="Act for all of them" /> : null}>
      <ul class="list">
        {byOrganization.map((own) => {
          const [{ organizationId, organization } = { organizationId: "", organization: "" }] = own;
          return (
            <li class="head">
              <div>
                <b>{organization}</b> {session.organizationId === organizationId ? <Badge tone="accent">Acting for it</Badge> : null}
                {own.map(({ role, company }) => (
                  <p class="soft small">{company ? `${inWords(role)} at ${company}` : inWords(role)}</p>
                ))}
              </div>
              {byOrganization.length > 1 && session.organizationId !== organizationId ? (
                <ActFor id={organizationId} words="Act for this one" label={`Act for this one: ${organization}`} />
              ) : null}
            </li>
          );
        })}
      </ul>
    </Card>
  );
};

const ActFor: FC<{ id?: string; words: string; label?: string }> = ({ id = "", words, label = words }) => (
  <Action to="/session/organization" kind="quiet" hidden={{ organization_id: id, return_to: "/console" }} label={label}>
    {words}
  </Action>
);

/** Lets the session act for one organization, or for all with none named; the cookie is a new one. */
export async function organizationChosen(c: PageContext): Promise<Response> {
  const { organization_id: id, return_to: returnTo } = await formOf(c);
  if (id && !isUuid(id)) throw notFound("organization");
  keepSession(c, await chooseOrganization(await contextOf(c), id || null, countryOf(c)));
  return c.redirect(returnPath(returnTo), 303);
}
