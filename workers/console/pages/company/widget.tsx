import type { FC } from "hono/jsx";
import { HOUSE_FIELDS, INTAKE_FIELD_TYPES, type IntakeField } from "#domain/intake/fields.ts";
import { HOUSE_WORDS } from "#domain/intake/settings.ts";
import { slugOf } from "#domain/slug.ts";
import {
  changeIntakeSettings,
  getIntakeSettings,
  type IntakeChanges,
  type IntakeSettings,
} from "#services/intake-requests/intake-settings.ts";
import { Button, Checkbox, ErrorSummary, Field, type FieldErrors, Select } from "#ui/form.tsx";
import { Badge, Card } from "#ui/parts.tsx";
import { CompanyHead, faultsOf, OfCompany, withinCompany } from "../../company-pages.tsx";
import { formOf, type PageContext } from "../../context.ts";
import { linesOf } from "../../partner-pages.tsx";

const HERE = "/console/company/widget";
/** So many questions can be added at once. */
const NEW_ROWS = 2;
const MAX_LABEL = 60;
const MAX_HEADING = 120;
const MAX_THANKS = 500;

type Form = Readonly<Record<string, string>>;

export const TYPE_WORDS = [
  { value: "inline", label: "A form in the page" },
  { value: "modal", label: "A button that opens a dialog" },
  { value: "button", label: "A floating button" },
] as const;

const FIELD_WORDS: Readonly<Record<IntakeField["type"], string>> = {
  text: "One line",
  textarea: "Several lines",
  email: "E-mail",
  tel: "Phone",
  url: "Web address",
  number: "Number",
  select: "Choice",
};

const DONE: Readonly<Record<string, string>> = {
  saved: "Saved. Pages that show the widget follow within some minutes.",
};

/** How a company takes in roles through its own pages. */
export const widgetPage = (c: PageContext): Promise<Response> => pageWith(c, {}, {});

async function pageWith(c: PageContext, given: Form, errors: FieldErrors): Promise<Response> {
  const place = await withinCompany(c);
  const settings = await getIntakeSettings(place.ctx, place.company.id);
  return c.render(
    <>
      <CompanyHead place={place} at={HERE} title="Widget">
        A form on your own site, through which hiring managers and partners hand roles in to you. Nobody applies through it.
      </CompanyHead>
      <ErrorSummary errors={errors} />
      <Words settings={settings} given={given} errors={errors} />
      <Origins settings={settings} given={given} errors={errors} />
      <Questions settings={settings} given={given} errors={errors} />
      <Turnstile settings={settings} given={given} errors={errors} />
    </>,
    { title: "Widget", status: DONE[c.req.query("done") ?? ""] },
  );
}

interface PartProps {
  settings: IntakeSettings;
  given: Form;
  errors: FieldErrors;
}

const Words: FC<PartProps> = ({ settings, given, errors }) => (
  <Card
    title="How it looks and what it says"
    aside={settings.enabled ? <Badge tone="good">Open</Badge> : <Badge tone="warn">Closed</Badge>}
  >
    <form method="post" action={HERE} class="stack wide prose">
      <OfCompany id={settings.companyId} />
      <Checkbox name="enabled" value="yes" label="Take in roles" checked={settings.enabled} />
      <Select name="type" label="How it stands in the page" value={given["type"] ?? settings.type} options={TYPE_WORDS} />
      <Field
        name="label"
        label="On the button (optional)"
        hint={`Unless told: ${HOUSE_WORDS.label}`}
        value={given["label"] ?? settings.label ?? ""}
        error={errors["label"]}
      />
      <Field
        name="heading"
        label="Heading (optional)"
        hint={`Unless told: ${HOUSE_WORDS.heading}`}
        value={given["heading"] ?? settings.heading ?? ""}
        error={errors["heading"]}
      />
      <Field
        name="thanks"
        label="Thanks (optional)"
        hint={`Unless told: ${HOUSE_WORDS.thanks}`}
        value={given["thanks"] ?? settings.thanks ?? ""}
        error={errors["thanks"]}
        rows={3}
      />
      <p class="soft small">
        Its colour and logo are your brand's, under <a href="/console/company/white-label">White-label</a>.
      </p>
      <div class="row">
        <Button kind="main">Save</Button>
      </div>
    </form>
  </Card>
);

const Origins: FC<PartProps> = ({ settings, given, errors }) => (
  <Card title="Where it may stand">
    <form method="post" action={`${HERE}/origins`} class="stack wide prose">
      <OfCompany id={settings.companyId} />
      <Field
        name="allowed_origins"
        label="Pages that may send"
        hint="One origin a line, such as https://www.company.com. Your own page here may always."
        value={given["allowed_origins"] ?? settings.allowedOrigins.join("\n")}
        error={errors["allowed_origins"]}
        rows={4}
      />
      <div class="row">
        <Button kind="main">Save origins</Button>
      </div>
    </form>
  </Card>
);

const Questions: FC<PartProps> = ({ settings, given, errors }) => {
  const isAgain = "row_0" in given;
  const rows: readonly (IntakeField | null)[] = [...(settings.fields ?? HOUSE_FIELDS), ...Array.from({ length: NEW_ROWS }, () => null)];
  return (
    <Card title="What it asks" id="fields" aside={settings.fields === null ? <Badge>Ours</Badge> : <Badge tone="accent">Yours</Badge>}>
      <p class="soft prose">An empty question is left out. Answers to a choice stand one a line.</p>
      {errors["fields"] ? <p class="wrong small">{errors["fields"]}</p> : null}
      <form method="post" action={`${HERE}/fields`} class="stack wide">
        <OfCompany id={settings.companyId} />
        {rows.map((field, index) => {
          const value = (name: string, kept: string) => (isAgain ? (given[`${name}_${index}`] ?? "") : kept);
          return (
            <fieldset class="question">
              <legend>{field ? `Question ${index + 1}` : "Another question"}</legend>
              <input type="hidden" name={`row_${index}`} value={value("row", field?.name ?? "")} />
              <input type="hidden" name={`autocomplete_${index}`} value={value("autocomplete", field?.autocomplete ?? "")} />
              <div class="grid">
                <Field
                  name={`label_${index}`}
                  label="Question"
                  value={value("label", field?.label ?? "")}
                  error={errors[`label_${index}`]}
                />
                <Select
                  name={`type_${index}`}
                  label="Answer"
                  value={value("type", field?.type ?? "text")}
                  options={INTAKE_FIELD_TYPES.map((type) => ({ value: type, label: FIELD_WORDS[type] }))}
                />
                <Field
                  name={`options_${index}`}
                  label="Answers to choose from"
                  value={value("options", (field?.options ?? []).join("\n"))}
                  error={errors[`options_${index}`]}
                  rows={field?.type === "select" ? 4 : 1}
                />
              </div>
              <Checkbox
                name={`required_${index}`}
                value="yes"
                label="Has to be answered"
                checked={isAgain ? given[`required_${index}`] === "yes" : (field?.required ?? false)}
              />
            </fieldset>
          );
        })}
        <div class="row">
          <Button kind="main">Save questions</Button>
          {settings.fields === null ? null : (
            <Button name="reset" value="yes">
              Ask ours again
            </Button>
          )}
        </div>
      </form>
    </Card>
  );
};

const Turnstile: FC<PartProps> = ({ settings, given, errors }) => (
  <Card title="Turnstile" aside={settings.turnstileSiteKey ? <Badge tone="good">Asked</Badge> : <Badge>Not asked</Badge>}>
    <p class="soft prose">
      Every form proves itself by a little work already. If robots come through, have Cloudflare's Turnstile asked as well.
    </p>
    <form method="post" action={`${HERE}/turnstile`} class="stack wide prose">
      <OfCompany id={settings.companyId} />
      <Field
        name="site_key"
        label="Site key"
        hint="Leave both empty to ask it no more."
        value={given["site_key"] ?? settings.turnstileSiteKey ?? ""}
        error={errors["site_key"]}
        autocomplete="off"
      />
      <Field name="secret" label="Secret key" hint="Kept sealed and never shown again." error={errors["secret"]} autocomplete="off" />
      <div class="row">
        <Button kind="main">Save keys</Button>
      </div>
    </form>
  </Card>
);

const LABELS = { label: "The label", heading: "The heading", thanks: "The thanks", allowed_origins: "An origin" };

interface Wish {
  changes: IntakeChanges;
  errors: FieldErrors;
  /** Where in the form stands what a refusal names. */
  fieldOf?: (name: string) => string;
}

/** Saves one part; what cannot be saved comes back as it was written. */
async function saved(c: PageContext, wishOf: (form: Form) => Wish): Promise<Response> {
  const form = await formOf(c);
  const { ctx, company } = await withinCompany(c);
  const { changes, fieldOf = (name) => name, ...wish } = wishOf(form);
  let { errors } = wish;
  if (Object.keys(errors).length === 0) {
    try {
      await changeIntakeSettings(ctx, company.id, changes);
      return c.redirect(`${HERE}?done=saved`, 303);
    } catch (error) {
      errors = Object.fromEntries(Object.entries(faultsOf(error, LABELS)).map(([name, words]) => [fieldOf(name), words]));
    }
  }
  c.status(422);
  return pageWith(c, form, errors);
}

/** Saves whether it is open, how it stands and what it says. */
export const wordsSaved = (c: PageContext): Promise<Response> =>
  saved(c, (form) => {
    const errors: Record<string, string> = {};
    const words = (name: string, most: number): string | null => {
      const text = form[name]?.trim() ?? "";
      if (text.length > most) errors[name] = `Keep it under ${most} characters.`;
      return text === "" ? null : text;
    };
    const type = TYPE_WORDS.find(({ value }) => value === form["type"])?.value ?? "inline";
    const changes = {
      enabled: form["enabled"] === "yes",
      type,
      label: words("label", MAX_LABEL),
      heading: words("heading", MAX_HEADING),
      thanks: words("thanks", MAX_THANKS),
    };
    return { changes, errors };
  });

/** Saves on which pages it may stand. */
export const originsSaved = (c: PageContext): Promise<Response> =>
  saved(c, (form) => ({ changes: { allowedOrigins: linesOf(form["allowed_origins"]) }, errors: {} }));

/** Saves what it asks. A question keeps its name, by which its answers are known, however it is worded. */
export const fieldsSaved = (c: PageContext): Promise<Response> =>
  saved(c, (form) => {
    const asked = askedRows(form);
    const fieldOf = (name: string): string => {
      const [, place = "", part = ""] = /^fields\/(\d+)\/(\w+)$/.exec(name) ?? [];
      return part ? `${part === "name" ? "label" : part}_${asked[Number(place)]}` : name;
    };
    return { changes: { fields: form["reset"] === "yes" ? null : fieldsIn(form, asked) }, errors: {}, fieldOf };
  });

/** The rows of the form in which a question stands. */
const askedRows = (form: Form): number[] =>
  Object.keys(form).flatMap((name) => {
    const index = /^label_(\d+)$/.exec(name)?.[1];
    return index !== undefined && form[name]?.trim() ? [Number(index)] : [];
  });

function fieldsIn(form: Form, asked: readonly number[]): IntakeField[] {
  const fields: IntakeField[] = [];
  for (const index of asked) {
    const label = form[`label_${index}`]?.trim() ?? "";
    const options = (form[`options_${index}`] ?? "")
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter(Boolean);
    const autocomplete = form[`autocomplete_${index}`];
    fields.push({
      name: form[`row_${index}`] || nameOf(label, fields),
      label,
      type: INTAKE_FIELD_TYPES.find((type) => type === form[`type_${index}`]) ?? "text",
      required: form[`required_${index}`] === "yes",
      ...(autocomplete ? { autocomplete } : {}),
      ...(options.length > 0 ? { options } : {}),
    });
  }
  return fields;
}

const MAX_NAME = 30;

/** A name for a new question, made of its words, that no other has. */
function nameOf(label: string, others: readonly IntakeField[]): string {
  const words = `q_${slugOf(label, "").replaceAll("-", "_")}`.slice(0, MAX_NAME).replaceAll(/_+$/g, "");
  const taken = (name: string) => others.some((other) => other.name === name);
  for (let number = 1; ; number++) {
    const name = number === 1 ? words : `${words}_${number}`;
    if (!taken(name)) return name;
  }
}

/** Saves the keys of Turnstile, or asks it no more. */
export const turnstileSaved = (c: PageContext): Promise<Response> =>
  saved(c, (form) => {
    const [siteKey, secret] = [form["site_key"]?.trim() ?? "", form["secret"]?.trim() ?? ""];
    const errors: FieldErrors = siteKey !== "" && secret === "" ? { secret: "Enter the secret key that belongs to the site key." } : {};
    return { changes: { turnstile: siteKey === "" ? null : { siteKey, secret } }, errors };
  });
