import { Refusal } from "#domain/refusals.ts";
import type { Context } from "#services/context.ts";
import { acceptInvitation, declineInvitation, getInvitation, type Invitation } from "#services/recruiter-candidates/invitation.ts";
import { Action, Button, ErrorSummary, Field, type FieldErrors } from "#ui/form.tsx";
import { isStorable } from "../../api/shape.ts";
import type { OutsideContext, OutsidePage } from "../../outside.tsx";
import { contextOfStranger } from "../../stranger.ts";
import { atOf, formOf, goTo } from "../context.ts";
import { sendSlim } from "../frame.tsx";

/** As much as the API takes of a reason. */
const REASON_CHARACTERS = 2_000;

const tokenOf = (c: OutsideContext): string => c.req.param("token") ?? "";

/**
 * Where the mail leads in which a recruiter asks to represent somebody. The token is enough (DOMAIN §3.3);
 * mail scanners open the page too, so it waits for a press of a button.
 */
export const invitationPage: OutsidePage = (c) => answering(c, async (ctx) => invited(c, await getInvitation(ctx, tokenOf(c))));

/** What is said to whoever comes with an invitation that cannot be answered, though it was theirs. */
const ANSWERED: Readonly<Partial<Record<Refusal["code"], readonly [title: string, words: string]>>> = {
  invalid_transition: ["You have answered already", "Thank you, there is nothing more to do here."],
  active_relationship_exists: [
    "Another recruiter represents you",
    "Only one does at a time. You can withdraw that consent under Privacy, and then open the link of this mail again.",
  ],
};

/** Does what the page is asked for, or says why there is nothing left to answer. */
async function answering(c: OutsideContext, work: (ctx: Context) => Promise<Response>): Promise<Response> {
  try {
    return await work(contextOfStranger(c));
  } catch (error) {
    const said = error instanceof Refusal ? ANSWERED[error.code] : undefined;
    if (!said) throw error;
    const [title, words] = said;
    return sendSlim(
      c,
      title,
      <>
        <p class="soft">{words}</p>
        <p>
          <a href={atOf(c)("/")}>See your applications</a>
        </p>
      </>,
      409,
    );
  }
}

const invited = (
  c: OutsideContext,
  { recruiterName, candidateName }: Invitation,
  errors: FieldErrors = {},
  reason = "",
): Promise<Response> =>
  sendSlim(
    c,
    `May ${recruiterName} represent you?`,
    <>
      <ErrorSummary errors={errors} />
      <p>Hello {candidateName},</p>
      <p class="soft">
        {recruiterName} would like to present you to companies through Splits Network. Nothing is shared before you agree. Your consent
        holds for twelve months, and you can withdraw it at any time.
      </p>
      <Action to={atOf(c)(`/invitation/${tokenOf(c)}/accept`)} kind="main" whole>
        Yes, I agree
      </Action>
      <form method="post" action={atOf(c)(`/invitation/${tokenOf(c)}/decline`)} class="stack wide">
        <Field
          name="reason"
          label="Rather not? You may say why"
          hint="The recruiter reads it. You may leave it blank."
          rows={2}
          value={reason}
          error={errors["reason"]}
        />
        <Button whole>No, thank you</Button>
      </form>
    </>,
    Object.keys(errors).length > 0 ? 422 : 200,
  );

export const invitationAccepted: OutsidePage = (c) =>
  answering(c, async (ctx) => {
    await acceptInvitation(ctx, tokenOf(c));
    return goTo(c, "/login?done=agreed");
  });

export const invitationDeclined: OutsidePage = async (c) => {
  const { reason = "" } = await formOf(c);
  const why = reason.trim();
  return answering(c, async (ctx) => {
    if (why.length > REASON_CHARACTERS || !isStorable(why)) {
      const error = `A reason has ${REASON_CHARACTERS.toLocaleString("en")} characters at most, and no signs that nobody could read.`;
      return invited(c, await getInvitation(ctx, tokenOf(c)), { reason: error }, isStorable(why) ? why.slice(0, REASON_CHARACTERS) : "");
    }
    await declineInvitation(ctx, tokenOf(c), why || null);
    return goTo(c, "/login?done=declined");
  });
};
