import type { Child, FC } from "hono/jsx";
import { toDecimal } from "#domain/money.ts";
import type { Place, PublicRole } from "#services/white-label/place.ts";
import type { Submitting, SubmissionTerms } from "#services/white-label/submission-terms.ts";
import { Button, ButtonLink, ErrorSummary, Field, type FieldErrors } from "#ui/form.tsx";
import { Facts, Notice } from "#ui/parts.tsx";
import { Layout, type Setting } from "../layout.tsx";

interface Frame {
  place: Place;
  setting: Setting;
}

const Submit: FC<Frame & { title: string; children?: Child }> = ({ place, setting, title, children }) => (
  <Layout place={place} setting={setting} title={title} description={`Submit a candidate to ${place.name}.`} hidden hero={<h1>{title}</h1>}>
    {children}
  </Layout>
);

/** Says to somebody without a session what comes, and leads to the sign-in. */
export const SignInPage: FC<Frame & { signIn: string }> = ({ place, setting, signIn }) => (
  <Submit place={place} setting={setting} title="Submit a candidate">
    <div class="card stack prose">
      <h2>Sign in first</h2>
      <p>
        {`Candidates reach ${place.name} through recruiters who represent them with their consent. Sign in with your recruiter account and you come back to this form, which also shows fee, split and response time.`}
      </p>
      <div class="row">
        <ButtonLink href={signIn} kind="main">
          Sign in
        </ButtonLink>
        {place.intake.isOpen ? <ButtonLink href="/intake">Hand in a role instead</ButtonLink> : null}
      </div>
    </div>
  </Submit>
);

/** For which role? */
export const ChoosePage: FC<Frame & { roles: readonly PublicRole[] }> = ({ place, setting, roles }) => (
  <Submit place={place} setting={setting} title="Submit a candidate">
    <section class="stack wide" aria-labelledby="which">
      <h2 id="which">{roles.length > 0 ? "For which role?" : "No role is open right now"}</h2>
      <ul class="roles">
        {roles.map((role) => (
          <li>
            <a href={`/submit?role_id=${role.id}`}>
              <b>{role.title}</b>
              {role.location ? <span class="soft">{role.location}</span> : null}
            </a>
          </li>
        ))}
      </ul>
    </section>
  </Submit>
);

const percent = (basisPoints: Parameters<typeof toDecimal>[0]): string => `${Number(toDecimal(basisPoints))} %`;

const Terms: FC<{ of: SubmissionTerms }> = ({ of }) => (
  <aside class="card stack" aria-label="What you work for">
    <h2>What you work for</h2>
    <Facts
      of={[
        { name: "Fee", value: `${percent(of.fee)} of the first year's salary` },
        { name: "Your split", value: `${percent(of.split)} of the fee, for representing the candidate` },
        { name: "Response time", value: `The company answers within ${of.responseDays} days, or the submission ends` },
        { name: "Guarantee", value: of.guaranteeDays === 0 ? "None" : `${of.guaranteeDays} days from the first day at work` },
      ]}
    />
  </aside>
);

const UNREADY: Readonly<Record<string, string>> = {
  pending: "Your recruiter account waits for approval. You can submit candidates as soon as it is active.",
  suspended: "Your recruiter account is suspended. New submissions have to wait until it is active again.",
  inactive: "Your recruiter account is inactive. Roles are submitted to by active recruiters.",
};

interface FormProps extends Frame {
  roleId: string;
  who: Submitting;
  given?: Readonly<Record<string, string>>;
  errors?: FieldErrors;
  /** Why it was not taken, where that is about no field. */
  refusal?: string | undefined;
}

/** The form of a recruiter, with what is in it for them, or why they cannot submit. */
export const SubmitPage: FC<FormProps> = ({ place, setting, roleId, who: { recruiter, terms }, given = {}, errors = {}, refusal }) => {
  const title = terms ? `Submit for ${terms.role.title}` : "Submit a candidate";
  const blocked = blockOf(place, recruiter, terms);
  return (
    <Submit place={place} setting={setting} title={title}>
      {refusal ? (
        <div class="notice bad" role="alert">
          {refusal}
        </div>
      ) : null}
      {blocked ?? (
        <div class="beside">
          <form method="post" action="/submit" class="card stack wide" novalidate>
            <ErrorSummary errors={errors} />
            <input type="hidden" name="role_id" value={roleId} />
            <p class="soft">
              {`You submit as ${recruiter?.name ?? ""}. The candidate has agreed that you represent them; if they have not yet, invite them first.`}
            </p>
            <Field
              name="email"
              label="Candidate's e-mail"
              hint="The address under which you represent them."
              type="email"
              value={given["email"]}
              error={errors["email"]}
              required
              autocomplete="off"
            />
            <Field
              name="notes"
              label="Notes (optional)"
              hint="For your own side. The company does not read them."
              rows={5}
              value={given["notes"]}
              error={errors["notes"]}
            />
            <div class="row">
              <Button kind="main">Submit the candidate</Button>
            </div>
          </form>
          {terms ? <Terms of={terms} /> : null}
        </div>
      )}
    </Submit>
  );
};

function blockOf(place: Place, recruiter: Submitting["recruiter"], terms: SubmissionTerms | null): Child | null {
  if (recruiter === null) {
    return (
      <div class="card stack prose">
        <h2>Only recruiters submit candidates</h2>
        <p>Your account is no recruiter's. If you want a role to be filled, you can hand it in.</p>
        <div class="row">
          {place.intake.isOpen ? (
            <ButtonLink href="/intake" kind="main">
              Hand in a role
            </ButtonLink>
          ) : null}
          <ButtonLink href="/">See all roles</ButtonLink>
        </div>
      </div>
    );
  }
  const unready = UNREADY[recruiter.status];
  if (unready) return <Notice tone="warn">{unready}</Notice>;
  if (!terms) return <Notice tone="warn">This role is not open to you. Choose another from the list.</Notice>;
  return terms.role.isOpen ? null : <Notice tone="warn">This role takes no submissions at the moment.</Notice>;
}
