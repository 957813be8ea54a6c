import type { FC } from "hono/jsx";
import { HONEYPOT, type IntakeField } from "#domain/intake/fields.ts";
import type { Place } from "#services/white-label/place.ts";
import { Button, ErrorSummary, Field, type FieldErrors, Select } from "#ui/form.tsx";
import { Layout, type Setting } from "../layout.tsx";

interface IntakeProps {
  place: Place;
  setting: Setting;
  /** Good once and for two hours, so that a page which is posted twice counts once. */
  token: string;
  given?: Readonly<Record<string, string>>;
  errors?: FieldErrors;
}

/** Takes a role from somebody outside: a hiring manager, or a partner company. Nobody applies for one here. */
export const IntakePage: FC<IntakeProps> = ({ place, setting, token, given = {}, errors = {} }) => (
  <Layout
    place={place}
    setting={setting}
    title={place.intake.heading ?? "Hand in a role"}
    description={`Hand in a role to ${place.name}.`}
    hidden
    hero={
      <>
        <h1>{place.intake.heading ?? "Hand in a role"}</h1>
        <p class="lead">{`What you write goes to ${place.name} and to nobody else. It becomes a role once they have looked at it.`}</p>
      </>
    }
  >
    <form method="post" action="/intake" class="card stack wide prose" novalidate>
      <ErrorSummary errors={errors} />
      <input type="hidden" name="token" value={token} />
      <div class="unseen" aria-hidden="true">
        <label>
          Leave this empty
          <input type="text" name={HONEYPOT} tabindex={-1} autocomplete="off" />
        </label>
      </div>
      {place.intake.fields.map((field) => (
        <Question field={field} value={given[field.name]} error={errors[field.name]} />
      ))}
      <div class="row">
        <Button kind="main">Send</Button>
      </div>
    </form>
  </Layout>
);

const Question: FC<{ field: IntakeField; value: string | undefined; error: string | undefined }> = ({ field, value, error }) => {
  const { name, label, type, required, autocomplete, options = [] } = field;
  if (type === "select") {
    return (
      <Select
        name={name}
        label={label}
        value={value}
        error={error}
        options={[
          { value: "", label: required ? "Choose one" : "Not said" },
          ...options.map((option) => ({ value: option, label: option })),
        ]}
      />
    );
  }
  return (
    <Field
      name={name}
      label={required ? label : `${label} (optional)`}
      value={value}
      error={error}
      required={required}
      {...(autocomplete ? { autocomplete } : {})}
      {...(type === "textarea" ? { rows: 6 } : { type })}
    />
  );
};
