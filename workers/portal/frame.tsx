import type { Child, FC } from "hono/jsx";
import { Action } from "#ui/form.tsx";
import { Document, Mark, Status } from "#ui/page.tsx";
import { atOf } from "./context.ts";
import { type OutsideContext, Plain, send } from "../outside.tsx";
import type { At } from "./context.ts";

const NOINDEX = <meta name="robots" content="noindex" />;

/** What just happened, by the word that the address carries. */
const DONE: Readonly<Record<string, string>> = {
  document: "Your document was added.",
  removed: "Your document was removed.",
  times: "Thank you. Your times were passed on.",
  message: "Your message was passed on. The answer comes by mail.",
  withdrawn: "Your withdrawal is noted. For 24 hours you can change your mind.",
  undone: "You are still in. Nothing has changed.",
  consent: "Your consent is withdrawn.",
  erasure: "Your wish was passed on. A person deals with it within a month, as the law asks.",
  back: "Welcome back.",
  agreed: "Thank you. As soon as you are presented for a role, you see here where it stands.",
  declined: "You said no, and nothing of you is shared. You can close this page.",
  "signed-out": "You are signed out.",
};

/** A page of the portal for whoever is in. */
export const Frame: FC<{ title: string; at: At; here: string; done?: string | undefined; children?: Child }> = ({
  title,
  at,
  here,
  done,
  children,
}) => (
  <Document title={title} script={false} head={NOINDEX} class="portal">
    <header class="top head">
      <Mark href={at("/")} />
      <nav class="tabs" aria-label="Portal">
        <ul class="row">
          {(
            [
              ["/", "Applications"],
              ["/privacy", "Privacy"],
            ] as const
          ).map(([path, name]) => (
            <li>
              <a href={at(path)} aria-current={path === here ? "page" : undefined}>
                {name}
              </a>
            </li>
          ))}
          <li>
            <Action to={at("/sign-out")} kind="quiet">
              Sign out
            </Action>
          </li>
        </ul>
      </nav>
    </header>
    <main id="main">
      <Status>{done === undefined ? null : DONE[done]}</Status>
      {children}
    </main>
  </Document>
);

/** A page of the portal for whoever is not in, or cannot go on. */
export const Slim: FC<{ title: string; at: At; done?: string | undefined; children?: Child }> = ({ title, at, done, children }) => (
  <Plain title={title} home={at("/")} status={<Status>{done === undefined ? null : DONE[done]}</Status>}>
    {children}
  </Plain>
);

/** Sends a page within the frame; what was just done stands in the address. */
export const sendFrame = (c: OutsideContext, title: string, here: string, children: Child, status = 200): Promise<Response> =>
  send(
    c,
    <Frame title={title} at={atOf(c)} here={here} done={c.req.query("done")}>
      {children}
    </Frame>,
    status,
  );

export const sendSlim = (c: OutsideContext, title: string, children: Child, status = 200): Promise<Response> =>
  send(
    c,
    <Slim title={title} at={atOf(c)} done={c.req.query("done")}>
      {children}
    </Slim>,
    status,
  );

/** Lets a code be mailed before something that cannot be taken back; afterwards it leads to the page. */
export const ProveFirst: FC<{ at: At; next: string; children?: Child }> = ({ at, next, children }) => (
  <div class="stack">
    <p class="soft">{children} We send a code to your own address first, so that nobody else can do it for you.</p>
    <Action to={at("/prove")} hidden={{ next }}>
      E-mail me a code
    </Action>
  </div>
);
