import type { Child, FC } from "hono/jsx";
import { type AccountKind, SCOPE_WORDS, type Scope } from "#domain/credentials/scopes.ts";
import { returnPath } from "#domain/identity/session.ts";
import type { Offer } from "#domain/oauth/consent.ts";
import { cspSource } from "#domain/oauth/redirect-uri.ts";
import { Refusal } from "#domain/refusals.ts";
import { type Answer, type Asked, type Authorization, authorize } from "#services/oauth/authorize.ts";
import { Button, ButtonLink } from "#ui/form.tsx";
import { contextOf, formOf, type PageContext, signInPath } from "../context.ts";

const KINDS: Readonly<Record<AccountKind, string>> = { company: "Company", team: "Team", recruiter: "Recruiter", platform: "Platform" };

/**
 * Where an application sends a person to ask for access (RFC 6749 §4.1.1). What was agreed to before
 * leads straight back; otherwise the person chooses the account and decides. The address alone says
 * what is asked, so that the answer is held against the same request.
 */
export async function authorizePage(c: PageContext): Promise<Response> {
  const url = new URL(c.req.url);
  const form = c.req.method === "POST" ? await formOf(c) : {};
  const ctx = await contextOf(c, "public");
  const given = { answer: answerIn(form), accountId: url.searchParams.get("account_id"), issuer: c.env.API_ORIGIN };
  const result = await authorize(ctx, url.searchParams, given).catch((error: unknown) => misled(error));
  switch (result.kind) {
    case "misled":
      return misledPage(c, result.because);
    case "sign_in":
      return c.redirect(signInPath(returnPath(`${url.pathname}${url.search}`)), 303);
    case "redirect":
      return c.redirect(result.to, 303);
    case "page":
      c.set("formTarget", cspSource(result.redirectUri)); // browsers hold the redirect behind a form against the policy, too
      return result.step.kind === "choose" ? choicePage(c, url, result, result.step.offers) : consentPage(c, url, result, result.step);
  }
}

type Page = Extract<Authorization, { kind: "page" }>;

/** The application's address is wrong in a way that it cannot be told of. */
function misled(error: unknown): { kind: "misled"; because: string } {
  if (error instanceof Refusal && error.code === "invalid_parameter") return { kind: "misled", because: error.message };
  throw error;
}

function misledPage(c: PageContext, because: string): Response | Promise<Response> {
  c.status(400);
  return c.render(
    <div class="card stack wide">
      <div class="stack">
        <h1>This link leads nowhere</h1>
        <p>{because}</p>
        <p class="soft">Nothing was shared. Tell the people who make the application.</p>
      </div>
      <p class="soft small">
        Request <code>{c.var.requestId}</code>
      </p>
    </div>,
    { title: "This link leads nowhere", slim: true },
  );
}

const choicePage = (c: PageContext, url: URL, { client, person }: Page, offers: readonly Offer[]) =>
  c.render(
    <Question title={`Which account is ${client.name} for?`} person={person}>
      <ul class="list">
        {offers.map((offer) => (
          <li class="head">
            <Account offer={offer} />
            <ButtonLink href={withAccount(url, offer.id)} kind="quiet">
              Choose<span class="unseen"> {offer.name}</span>
            </ButtonLink>
          </li>
        ))}
      </ul>
    </Question>,
    { title: "Choose an account", slim: true },
  );

const consentPage = (
  c: PageContext,
  url: URL,
  { client, person, redirectUri }: Page,
  { offer, others }: { offer: Offer; others: boolean },
) =>
  c.render(
    <Question title={`Allow ${client.name} to act for you?`} person={person}>
      <Wishes offer={offer} />
      <div class="head">
        <Account offer={offer} />
        {others ? (
          <ButtonLink href={withAccount(url, null)} kind="quiet">
            Change
          </ButtonLink>
        ) : null}
      </div>
      <form method="post" action={`${url.pathname}${url.search}`} class="stack">
        <input type="hidden" name="account_id" value={offer.id} />
        <Button kind="main" whole name="answer" value="allow">
          Allow
        </Button>
        <Button whole name="answer" value="deny">
          Do not allow
        </Button>
      </form>
      <p class="soft small">
        Either way you go on to <b>{cspSource(redirectUri)}</b>. {client.name} never sees your password.
      </p>
    </Question>,
    { title: `Allow ${client.name}?`, slim: true },
  );

const Account: FC<{ offer: Offer }> = ({ offer: { name, kind } }) => (
  <div>
    <b>{name}</b>
    <p class="soft small">{KINDS[kind]} account</p>
  </div>
);

function answerIn(form: Readonly<Record<string, string>>): Answer {
  if (form["answer"] === "deny") return "denied";
  return form["answer"] === "allow" ? { accountId: form["account_id"] ?? "" } : null;
}

/** The same request for one account, or with the choice open again. */
function withAccount(url: URL, accountId: string | null): string {
  const again = new URLSearchParams(url.searchParams);
  again.delete("account_id");
  if (accountId === null) again.set("prompt", "consent");
  else again.set("account_id", accountId);
  return `${url.pathname}?${again.toString()}`;
}

const Question: FC<{ title: string; person: Asked; children?: Child }> = ({ title, person, children }) => (
  <div class="card stack wide">
    <div class="stack">
      <h1>{title}</h1>
      <p class="soft">
        You are signed in as {person.name || person.email}
        {person.name ? ` (${person.email})` : ""}.
      </p>
    </div>
    {children}
  </div>
);

/** What the application asks for; where it may do something already, only what is new. */
const Wishes: FC<{ offer: Offer }> = ({ offer: { grantedScopes, newScopes, scopes } }) => {
  const [words, wishes]: [string, readonly Scope[]] =
    grantedScopes === null
      ? ["It would be able to:", newScopes]
      : newScopes.length > 0
        ? ["Beside what you allowed before, it would be able to:", newScopes]
        : ["You allowed this before:", scopes];
  return (
    <div class="stack">
      <p>{words}</p>
      <ul class="list">
        {wishes.map((scope) => (
          <li>{SCOPE_WORDS[scope]}</li>
        ))}
      </ul>
    </div>
  );
};
