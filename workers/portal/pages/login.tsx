import type { FC } from "hono/jsx";
import { askForLogin, CODE_MINUTES } from "#services/login/ask-for-login.ts";
import { logInByCode, logInByLink, openLoginLink } from "#services/login/complete-login.ts";
import { enterByPortalToken, openPortalToken } from "#services/portal-tokens/portal-token.ts";
import { signOut } from "#services/sessions/session.ts";
import { Action, Button, ErrorSummary, Field, type FieldErrors } from "#ui/form.tsx";
import { type OutsideContext, type OutsidePage } from "../../outside.tsx";
import { contextOfStranger } from "../../stranger.ts";
import {
  type At,
  atOf,
  browserOf,
  dropVisit,
  faultsIn,
  formOf,
  goTo,
  keepAsking,
  keepVisit,
  sessionToken,
  takeNext,
  visit,
} from "../context.ts";
import { sendSlim } from "../frame.tsx";

const AskForm: FC<{ at: At; errors?: FieldErrors; email?: string | undefined }> = ({ at, errors = {}, email }) => (
  <form method="post" action={at("/login")} class="stack wide">
    <ErrorSummary errors={errors} />
    <Field name="email" label="Your e-mail address" type="email" autocomplete="email" required value={email} error={errors["email"]} />
    <Button kind="main" whole>
      Send me a code
    </Button>
  </form>
);

const CodeForm: FC<{ at: At; errors?: FieldErrors }> = ({ at, errors = {} }) => (
  <form method="post" action={at("/code")} class="stack wide">
    <ErrorSummary errors={errors} />
    <Field
      name="code"
      label="The six digits from the mail"
      hint={`Good for ${CODE_MINUTES} minutes.`}
      inputmode="numeric"
      autocomplete="one-time-code"
      autofocus
      required
      error={errors["code"]}
    />
    <Button kind="main" whole>
      Go on
    </Button>
  </form>
);

/** The one field of the sign-in. */
export const loginPage = (c: OutsideContext, status = 200): Promise<Response> =>
  sendSlim(
    c,
    "See where you stand",
    <>
      <p class="soft">Enter the address your recruiter knows you by. You need no password: we send you a code.</p>
      <AskForm at={atOf(c)} />
    </>,
    status,
  );

/** Answers every address alike, whether or not anybody has it. */
export const loginAsked: OutsidePage = async (c) => {
  const { email = "" } = await formOf(c);
  const errors = await faultsIn(async () => keepAsking(c, await askForLogin(contextOfStranger(c), email)));
  if (errors) return sendSlim(c, "See where you stand", <AskForm at={atOf(c)} errors={errors} email={email} />, 422);
  return codePage(c, 202);
};

/** The one field for a code. */
export const codePage = (c: OutsideContext, status = 200, errors: FieldErrors = {}): Promise<Response> =>
  sendSlim(
    c,
    "Look into your mail",
    <>
      <p class="soft">
        If we know this address, a code is on its way to it. It takes a minute at most; if there is nothing, look into the spam folder.
      </p>
      <CodeForm at={atOf(c)} errors={errors} />
      <p class="small">
        <a href={atOf(c)("/login")}>Ask for another code</a>
      </p>
    </>,
    status,
  );

export const codeTried: OutsidePage = async (c) => {
  const { code = "" } = await formOf(c);
  const result = await logInByCode(contextOfStranger(c), code, browserOf(c));
  if (!result.signedIn) {
    const tries = result.triesLeft === 1 ? "one try" : `${result.triesLeft} tries`;
    return codePage(c, 422, { code: `This is not the code we sent. You have ${tries} left.` });
  }
  keepVisit(c, result.token);
  return goTo(c, takeNext(c));
};

/** Where a mailed link leads: mail scanners open it too, so it waits for a press of the button. */
export const linkPage: OutsidePage = async (c) => {
  const link = c.req.param("link") ?? "";
  const address = await openLoginLink(contextOfStranger(c), link);
  return sendSlim(
    c,
    "Sign in",
    <>
      <p class="soft">You asked to sign in as {address}.</p>
      <Action to={atOf(c)(`/login/link/${link}`)} kind="main" whole>
        Sign in
      </Action>
    </>,
  );
};

export const linkUsed: OutsidePage = async (c) => {
  keepVisit(c, await logInByLink(contextOfStranger(c), c.req.param("link") ?? "", browserOf(c)));
  return goTo(c, takeNext(c));
};

/** Where the link in a mail about an application leads. It names nobody; who is in already goes on at once. */
export const portalLinkPage: OutsidePage = async (c) => {
  const token = c.req.param("token") ?? "";
  const link = await openPortalToken(contextOfStranger(c), token);
  if (sessionToken(c) !== null && (await isIn(c, link.candidateId))) return goTo(c, "/");
  return sendSlim(
    c,
    "Your applications",
    <>
      <p class="soft">Everything you applied for through Splits Network, in one place.</p>
      <Action to={atOf(c)(`/${token}`)} kind="main" whole>
        Show me
      </Action>
    </>,
  );
};

async function isIn(c: OutsideContext, candidateId: string): Promise<boolean> {
  const ctx = await visit(c);
  try {
    await ctx.read();
    return ctx.access.candidateId === candidateId;
  } catch {
    return false; // that visit has ended, and the link opens another
  }
}

export const portalLinkUsed: OutsidePage = async (c) => {
  keepVisit(c, await enterByPortalToken(contextOfStranger(c), c.req.param("token") ?? "", browserOf(c)));
  return goTo(c, "/");
};

/** What to do where a link or code leads nowhere any more. */
export const linkOverPage = (c: OutsideContext, message: string, title: string, status: number): Promise<Response> =>
  sendSlim(
    c,
    title,
    <>
      <p class="soft">{message}</p>
      <AskForm at={atOf(c)} />
    </>,
    status,
  );

/** Has a code mailed to whoever is in, for something that cannot be taken back. */
export const proofAsked: OutsidePage = async (c) => {
  const { next = "/" } = await formOf(c);
  const ctx = await visit(c);
  await ctx.read();
  keepAsking(c, await askForLogin(ctx, ctx.session?.address ?? ""), next);
  return goTo(c, "/code");
};

export const signedOut: OutsidePage = async (c) => {
  await signOut(await visit(c));
  dropVisit(c);
  return goTo(c, "/login?done=signed-out");
};
