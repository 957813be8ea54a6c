import { isUuid } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import { endAllSessions, endSession, listSessions, type OwnSession, signOut } from "#services/sessions/session.ts";
import { Action, ButtonLink } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Badge, Confirm, Time } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { contextOf, dropSession, type PageContext } from "../context.ts";

/** How somebody signed in, in words. */
const METHODS: Readonly<Record<OwnSession["method"], string>> = {
  clerk: "Sign-in page",
  oidc: "Single sign-on",
  saml: "Single sign-on",
  passkey: "Passkey",
  link: "Mailed link",
  code: "Mailed code",
  dev: "Development",
};

const COUNTRIES = new Intl.DisplayNames("en", { type: "region" });

/** Where the caller is signed in, and ways to end it. */
export async function sessionsPage(c: PageContext): Promise<Response> {
  const ctx = await contextOf(c);
  const sessions = await listSessions(ctx);
  return c.render(
    <>
      <Heading
        title="Sessions"
        actions={
          <ButtonLink href="/console/sessions/end-all" kind="quiet">
            Sign out everywhere
          </ButtonLink>
        }
      >
        Where you are signed in. A session ends by itself after eight hours without use, and after a day in any case.
      </Heading>
      <div id="sessions">
        <Table<OwnSession>
          name="Your sessions"
          rows={sessions}
          columns={[
            {
              name: "Browser",
              cell: (session) => (
                <>
                  <b>{session.userAgentSummary ?? "Unknown browser"}</b> {session.current ? <Badge tone="accent">This one</Badge> : null}
                  <small>
                    {[METHODS[session.method], session.ipCountry ? COUNTRIES.of(session.ipCountry) : null, session.organization]
                      .filter(Boolean)
                      .join(" · ")}
                  </small>
                </>
              ),
            },
            { name: "Signed in", cell: ({ createdAt }) => <Time at={createdAt} /> },
            { name: "Last used", cell: ({ lastSeenAt }) => <Ago at={lastSeenAt} now={ctx.now()} /> },
            { name: "Ends", cell: ({ absoluteEnd }) => <Time at={absoluteEnd} /> },
            {
              name: "Sign out",
              actions: true,
              cell: (session) =>
                session.current ? (
                  <Action to="/sign-out" kind="quiet">
                    Sign out
                  </Action>
                ) : (
                  <Action
                    to={`/console/sessions/${session.id}/end`}
                    kind="quiet"
                    swap="sessions"
                    label={`Sign out of ${session.userAgentSummary ?? "an unknown browser"}`}
                  >
                    Sign out
                  </Action>
                ),
            },
          ]}
        />
      </div>
    </>,
    { title: "Sessions", status: c.req.query("done") === "ended" ? "That session has ended." : undefined },
  );
}

/** Ends one session elsewhere. */
export async function sessionEnded(c: PageContext): Promise<Response> {
  const id = c.req.param("id") ?? "";
  if (!isUuid(id)) throw notFound("session");
  await endSession(await contextOf(c), id);
  return c.redirect("/console/sessions?done=ended", 303);
}

export async function endAllPage(c: PageContext): Promise<Response> {
  const ctx = await contextOf(c);
  await ctx.read();
  return c.render(
    <Confirm title="Sign out everywhere?" action="Sign out everywhere" to="/console/sessions/end-all" back="/console/sessions">
      <p>Every browser in which you are signed in, this one included, asks for a sign-in at its next click. Nothing else changes.</p>
    </Confirm>,
    { title: "Sign out everywhere" },
  );
}

export async function allSessionsEnded(c: PageContext): Promise<Response> {
  await endAllSessions(await contextOf(c));
  dropSession(c);
  return c.redirect("/sign-in?done=everywhere", 303);
}

/** Ends this session. Without one there is nothing to end, which is as well. */
export async function signedOut(c: PageContext): Promise<Response> {
  await signOut(await contextOf(c, "public"));
  dropSession(c);
  return c.redirect("/sign-in?done=signed-out", 303);
}
