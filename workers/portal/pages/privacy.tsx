import type { FC } from "hono/jsx";
import { isFresh } from "#domain/identity/session.ts";
import { answerDueAt } from "#domain/portal/answer-due.ts";
import {
  askForErasure,
  comeBack,
  downloadData,
  getPrivacy,
  optOut,
  type OwnConsent,
  type OwnPrivacy,
  withdrawConsent,
} from "#services/portal/privacy.ts";
import { Action } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Card, Facts, Notice, Time } from "#ui/parts.tsx";
import type { OutsidePage } from "../../outside.tsx";
import { type At, atOf, goTo, idOf, visit } from "../context.ts";
import { ProveFirst, sendFrame, sendSlim } from "../frame.tsx";

/** Whom a consent was given, without naming anybody. */
const holderInWords = ({ roles }: OwnConsent): string =>
  roles.length === 0 ? "The recruiter who represents you" : `The recruiter who presented you for ${roles.join(", ")}`;

const Consent: FC<{ of: OwnConsent; at: At; proved: boolean }> = ({ of: consent, at, proved }) => (
  <li class="stack">
    <b>{holderInWords(consent)}</b>
    <Facts
      of={[
        { name: "May", value: "Present you to companies, and pass your details on to them for that" },
        ...(consent.givenAt ? [{ name: "Since", value: <Time at={consent.givenAt} with="day" /> }] : []),
        ...(consent.until ? [{ name: "Until", value: <Time at={consent.until} with="day" /> }] : []),
      ]}
    />
    {proved ? (
      <Action to={at(`/privacy/consents/${consent.id}`)} kind="quiet" label={`Withdraw this consent: ${holderInWords(consent)}`}>
        Withdraw this consent
      </Action>
    ) : null}
  </li>
);

const Privacy: FC<{ of: OwnPrivacy; at: At; proved: boolean }> = ({ of: { consents, erasureAskedAt }, at, proved }) => (
  <>
    <Heading title="Privacy">What you agreed to, and what we hold about you.</Heading>
    {proved ? null : (
      <Notice>
        <ProveFirst at={at} next="/privacy">
          To change anything on this page, confirm that it is you.
        </ProveFirst>
      </Notice>
    )}
    <Card title="Your consents">
      {consents.length === 0 ? (
        <p class="soft">No recruiter represents you at present.</p>
      ) : (
        <>
          <ul class="list">
            {consents.map((consent) => (
              <Consent of={consent} at={at} proved={proved} />
            ))}
          </ul>
          <p class="soft small">Applications that were made with a consent go on after it is withdrawn.</p>
        </>
      )}
    </Card>
    <Card title="Take your data along">
      <p class="soft">Everything you gave us and did here, as one file (JSON).</p>
      {proved ? <Action to={at("/privacy/download")}>Download my data</Action> : null}
    </Card>
    <Card title="Leave this portal">
      <p class="soft">
        We made this portal for you so that you know where you stand. Your applications go on without it, and you can come back.
      </p>
      {proved ? <Action to={at("/opt-out")}>Leave the portal</Action> : null}
    </Card>
    <Card title="Have your data deleted">
      {erasureAskedAt ? (
        <p>
          You asked for this on <Time at={erasureAskedAt} with="day" />. It was passed on to a person, who deals with it by{" "}
          <Time at={answerDueAt(erasureAskedAt)} with="day" />, as the law asks.
        </p>
      ) : (
        <>
          <p class="soft">We delete what we hold about you, save what the law makes us keep. Your applications end with that.</p>
          {proved ? (
            <Action to={at("/privacy/delete")} kind="danger">
              Ask for deletion
            </Action>
          ) : null}
        </>
      )}
    </Card>
  </>
);

/** Consents, and what somebody may have done with their data. */
export const privacyPage: OutsidePage = async (c) => {
  const ctx = await visit(c);
  const privacy = await getPrivacy(ctx);
  const proved = isFresh(ctx.session?.provedAt ?? null, ctx.now());
  return sendFrame(c, "Privacy", "/privacy", <Privacy of={privacy} at={atOf(c)} proved={proved} />);
};

export const consentWithdrawn: OutsidePage = async (c) => {
  await withdrawConsent(await visit(c), idOf(c));
  return goTo(c, "/privacy?done=consent");
};

export const dataDownloaded: OutsidePage = async (c) => {
  const data = await downloadData(await visit(c));
  return c.body(`${JSON.stringify(data, null, 2)}\n`, 200, {
    "Content-Type": "application/json",
    "Content-Disposition": 'attachment; filename="my-data.json"',
  });
};

export const erasureAsked: OutsidePage = async (c) => {
  await askForErasure(await visit(c));
  return goTo(c, "/privacy?done=erasure");
};

export const optedOut: OutsidePage = async (c) => {
  await optOut(await visit(c));
  return goTo(c, "/");
};

export const cameBack: OutsidePage = async (c) => {
  await comeBack(await visit(c));
  return goTo(c, "/?done=back");
};

/** What somebody sees who has left the portal: that they have, and how to come back. */
export const leftPage: OutsidePage = (c) => {
  const [at, ctx] = [atOf(c), c.var.ctx];
  const proved = ctx !== undefined && isFresh(ctx.session?.provedAt ?? null, ctx.now());
  return sendSlim(
    c,
    "You have left the portal",
    <>
      <p>Your applications go on, and you hear of them by mail.</p>
      {proved ? (
        <Action to={at("/come-back")} kind="main" whole>
          Come back
        </Action>
      ) : (
        <ProveFirst at={at} next="/">
          You would like to come back?
        </ProveFirst>
      )}
      <p class="small">
        <a href={at("/privacy")}>Your privacy</a>
      </p>
    </>,
    403,
  );
};
