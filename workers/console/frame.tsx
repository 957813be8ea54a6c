import { jsxRenderer } from "hono/jsx-renderer";
import type { FC } from "hono/jsx";
import type { AccountKind } from "#domain/credentials/scopes.ts";
import type { Context, Session } from "#services/context.ts";
import { Action } from "#ui/form.tsx";
import { Document, Mark, type PageFacts, Status } from "#ui/page.tsx";
import { AREAS, isIn } from "./areas.ts";
import { chooserOf, type PageContext } from "./context.ts";

declare module "hono" {
  interface ContextRenderer {
    (content: unknown, facts: FrameFacts): Response | Promise<Response>;
  }
}

export interface FrameFacts extends PageFacts {
  /** What just happened. */
  status?: string | undefined;
  /** A page for nobody in particular, in the middle of the window. */
  slim?: boolean;
}

/** What stands around every page: with a session the navigation and who it is, otherwise the mark alone. */
export const frame = jsxRenderer(({ children, status, slim, ...facts }, c) => {
  const { ctx, filledAgain } = (c as PageContext).var;
  if (!ctx?.session || slim) {
    return (
      <Document {...facts} class="slim">
        <main id="main">
          <Mark href="/" />
          <Status>{status}</Status>
          {children}
        </main>
      </Document>
    );
  }
  return (
    <Document {...facts} class="console">
      <header class="top">
        <Mark href="/console" />
      </header>
      <Areas ctx={ctx} path={c.req.path} />
      <main id="main">
        <Status>{filledAgain ? "You had been signed out. What you had typed is here again; it was not sent." : status}</Status>
        {ctx.partner?.need === "session" ? <Acting ctx={ctx} chooser={chooserOf(c as PageContext)} /> : null}
        {children}
      </main>
      <Who session={ctx.session} />
    </Document>
  );
});

const Areas: FC<{ ctx: Context; path: string }> = ({ ctx, path }) => (
  <nav class="areas" aria-label="Console">
    <ul>
      {AREAS.filter(({ opensTo }) => opensTo?.(ctx.access) ?? true).map((area) => (
        <li>
          <a href={area.path} aria-current={isIn(area, path) ? "page" : undefined}>
            {area.name}
          </a>
        </li>
      ))}
    </ul>
  </nav>
);

export const ACCOUNT_WORDS: Readonly<Record<AccountKind, string>> = {
  company: "a company's account",
  team: "a team's account",
  recruiter: "your own account as a recruiter",
  platform: "the platform's account",
};

/** For which account the page stands, and the way to another. */
const Acting: FC<{ ctx: Context; chooser: string }> = ({ ctx: { access, session }, chooser }) => {
  const account = session?.accounts.find(({ id }) => id === access.account?.id);
  return account ? (
    <p class="acting small">
      <b>{account.name}</b> <span class="soft">{ACCOUNT_WORDS[account.kind]}</span>{" "}
      {session && session.accounts.length > 1 ? <a href={chooser}>Change account</a> : null}
    </p>
  ) : null;
};

const Who: FC<{ session: Session }> = ({ session }) => (
  <footer class="who small">
    <div>
      <b>{session.person || session.address}</b>
      <p class="soft">{session.organization ? `Acting for ${session.organization}` : session.address}</p>
    </div>
    <Action to="/sign-out" kind="quiet">
      Sign out
    </Action>
  </footer>
);
