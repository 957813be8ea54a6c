import { returnPath } from "#domain/identity/session.ts";
import { beginSignIn, newBrowserSecret } from "#services/sessions/begin-sign-in.ts";
import { completeSignIn, type SignInFailure } from "#services/sessions/complete-sign-in.ts";
import { Button, ButtonLink, ErrorSummary, Field } from "#ui/form.tsx";
import {
  browserSecret,
  contextOf,
  countryOf,
  formOf,
  hasSessionCookie,
  keepBrowserSecret,
  keepSession,
  type PageContext,
} from "../context.ts";

const ADDRESS = /^[^\s@<>"]+@[^\s@<>"]+$/;
const MAX_ADDRESS = 254;

const DONE: Readonly<Record<string, string>> = {
  "signed-out": "You are signed out.",
  everywhere: "You are signed out everywhere.",
};

/** Asks for the address. Whoever is signed in already goes on to where they wanted. */
export async function signInPage(c: PageContext): Promise<Response> {
  const returnTo = returnPath(c.req.query("return_to"));
  if (hasSessionCookie(c)) {
    const ctx = await contextOf(c, "public");
    await ctx.read();
    if (ctx.session) return c.redirect(returnTo, 303);
  }
  return askForAddress(c, { returnTo });
}

function askForAddress(c: PageContext, { returnTo, email, error }: { returnTo: string; email?: string; error?: string }) {
  return c.render(
    <form method="post" action="/sign-in" class="card stack wide" novalidate>
      <div class="stack">
        <h1>Sign in</h1>
        <p class="soft">Enter your work address. We take you to the right place from there.</p>
      </div>
      <ErrorSummary errors={{ email: error }} />
      <input type="hidden" name="return_to" value={returnTo} />
      <Field name="email" label="E-mail address" type="email" value={email} error={error} required autocomplete="username" />
      <Button kind="main" whole>
        Continue
      </Button>
      {__DEV_AUTH__ ? (
        <p class="soft small">
          <a href={`/dev/sign-in?return_to=${encodeURIComponent(returnTo)}`}>Choose who to be</a>, on a developer's machine alone.
        </p>
      ) : null}
    </form>,
    { title: "Sign in", description: "Sign in to Splits Network.", slim: true, status: DONE[c.req.query("done") ?? ""] },
  );
}

/**
 * Begins the sign-in and leads to the provider by a link, which the browser follows by itself: a
 * redirect after a form post would fall under the page's `form-action`. Only the address is looked
 * at, never whether its person is known.
 */
export async function signInStarted(c: PageContext): Promise<Response> {
  const form = await formOf(c);
  const email = form["email"]?.trim() ?? "";
  const returnTo = returnPath(form["return_to"]);
  if (!ADDRESS.test(email) || email.length > MAX_ADDRESS) {
    c.status(422);
    return askForAddress(c, { returnTo, email, error: "Enter an address such as name@company.com." });
  }
  const ctx = await contextOf(c, "public");
  const secret = browserSecret(c) ?? newBrowserSecret(ctx);
  const there = await beginSignIn(ctx, { loginHint: email, returnTo, redirectUri: callbackOf(c), browserSecret: secret });
  keepBrowserSecret(c, secret);
  return c.render(
    <div class="card stack wide">
      <div class="stack">
        <h1>One moment</h1>
        <p class="soft">You prove who you are on the next page, then you come back here.</p>
      </div>
      <ButtonLink href={there} kind="main" whole>
        Continue
      </ButtonLink>
    </div>,
    { title: "Continue to sign in", refresh: there, slim: true },
  );
}

/** The callback of every provider, at one fixed address. */
const callbackOf = (c: PageContext): string => `${new URL(c.req.url).origin}/sso/oidc/callback`;

/** What somebody reads who is not signed in; the number of a failed check stays in the audit. */
const FAILURES = {
  start_again: [400, "Please start again", "This sign-in was used already, took longer than ten minutes, or began in another browser."],
  called_off: [400, "You are not signed in", "The sign-in was called off before it was finished."],
  not_accepted: [403, "You are not signed in", "Your identity provider's answer was not accepted."],
  no_email: [403, "An address is missing", "Your account there has no e-mail address, by which we could know you."],
  email_unverified: [403, "Your address is not verified", "Verify your e-mail address with your identity provider first."],
  address_taken: [403, "This address belongs to another account", "Sign in as you did before, or ask us to join the two."],
  deactivated: [403, "This account is closed", "It has been deactivated. Write to us if that is a mistake."],
  unreachable: [503, "The sign-in service does not answer", "Nothing is lost. Try again in a moment."],
} as const satisfies Record<SignInFailure, readonly [400 | 403 | 503, string, string]>;

/** The way back from the provider: a session and the page that was wanted, or why not. */
export async function signInReturned(c: PageContext): Promise<Response> {
  const ctx = await contextOf(c, "public");
  const result = await completeSignIn(ctx, {
    answer: new URL(c.req.url).searchParams,
    redirectUri: callbackOf(c),
    browserSecret: browserSecret(c),
    country: countryOf(c),
  });
  if (result.signedIn) {
    keepSession(c, result.token);
    return c.redirect(result.returnTo, 303);
  }
  const [status, title, words] = FAILURES[result.because];
  c.status(status);
  return c.render(
    <div class="card stack wide">
      <div class="stack">
        <h1>{title}</h1>
        <p class="soft">{words}</p>
      </div>
      <ButtonLink href="/sign-in" kind="main" whole>
        Start again
      </ButtonLink>
      <p class="soft small">
        Request <code>{c.var.requestId}</code>
      </p>
    </div>,
    { title, slim: true },
  );
}
