import type { Child, FC } from "hono/jsx";

/** What is wrong with a form: a sentence for each field, by its name. */
export type FieldErrors = Readonly<Record<string, string | undefined>>;

/** All that is wrong, each leading to its field; the page's answer to a form that cannot be taken. */
export const ErrorSummary: FC<{ errors: FieldErrors }> = ({ errors }) => {
  const wrong = Object.entries(errors).filter(([, words]) => words !== undefined);
  if (wrong.length === 0) return null;
  return (
    <div class="notice bad" role="alert">
      <ul class="stack">
        {wrong.map(([name, words]) => (
          <li>
            <a href={`#${name}`}>{words}</a>
          </li>
        ))}
      </ul>
    </div>
  );
};

interface FieldProps {
  name: string;
  label: string;
  /** A sentence under the label. */
  hint?: string;
  error?: string | undefined;
  type?: "text" | "email" | "url" | "number" | "date" | "search";
  value?: string | undefined;
  required?: boolean;
  autocomplete?: string;
  autofocus?: boolean;
  rows?: number;
}

/** One line of text, or with `rows` several, with its label, its hint and what is wrong with it. */
export const Field: FC<FieldProps> = ({ name, label, hint, error, type = "text", value, rows, required, autocomplete, autofocus }) => {
  const described = [hint ? `${name}-hint` : "", error ? `${name}-error` : ""].filter(Boolean).join(" ") || undefined;
  const common = {
    id: name,
    name,
    required,
    autocomplete,
    autofocus: autofocus === true || error !== undefined,
    "aria-describedby": described,
    "aria-invalid": error ? ("true" as const) : undefined,
  };
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <Hint name={name}>{hint}</Hint>
      {rows === undefined ? (
        <input type={type} value={value} {...common} />
      ) : (
        <textarea rows={rows} {...common}>
          {value}
        </textarea>
      )}
      <Wrong name={name}>{error}</Wrong>
    </div>
  );
};

interface SelectProps {
  name: string;
  label: string;
  hint?: string;
  error?: string | undefined;
  value?: string | undefined;
  options: readonly { value: string; label: string }[];
}

/** One of a few words. */
export const Select: FC<SelectProps> = ({ name, label, hint, error, value, options }) => (
  <div class="field">
    <label for={name}>{label}</label>
    <Hint name={name}>{hint}</Hint>
    <select
      id={name}
      name={name}
      aria-describedby={[hint ? `${name}-hint` : "", error ? `${name}-error` : ""].filter(Boolean).join(" ") || undefined}
      aria-invalid={error ? "true" : undefined}
    >
      {options.map((option) => (
        <option value={option.value} selected={option.value === value}>
          {option.label}
        </option>
      ))}
    </select>
    <Wrong name={name}>{error}</Wrong>
  </div>
);

const Hint: FC<{ name: string; children?: Child }> = ({ name, children }) =>
  children ? (
    <p class="soft small" id={`${name}-hint`}>
      {children}
    </p>
  ) : null;

const Wrong: FC<{ name: string; children?: Child }> = ({ name, children }) =>
  children ? (
    <p class="wrong small" id={`${name}-error`}>
      {children}
    </p>
  ) : null;

/** A few things of which any may be chosen, under one name. Each is a field of its own, `name.value`. */
export const Choices: FC<{
  name: string;
  label: string;
  hint?: string;
  error?: string | undefined;
  chosen: readonly string[];
  options: readonly { value: string; label: string; hint?: string }[];
}> = ({ name, label, hint, error, chosen, options }) => (
  <fieldset class="choices" id={name} tabindex={-1} aria-describedby={error ? `${name}-error` : undefined}>
    <legend>{label}</legend>
    <Hint name={name}>{hint}</Hint>
    {options.map((option) => (
      <label class="check">
        <input type="checkbox" name={`${name}.${option.value}`} value="yes" checked={chosen.includes(option.value)} />
        <span>
          {option.label} {option.hint ? <code class="soft">{option.hint}</code> : null}
        </span>
      </label>
    ))}
    <Wrong name={name}>{error}</Wrong>
  </fieldset>
);

/** Makes a form one request however often it is sent: whoever reloads its answer is told the same again (DESIGN R-1). */
export const Once: FC = () => <input type="hidden" name="once" value={crypto.randomUUID()} />;

/** Something that is on or off. */
export const Checkbox: FC<{ name: string; value: string; label: string; checked?: boolean; error?: string | undefined }> = ({
  name,
  value,
  label,
  checked,
  error,
}) => (
  <div class="field">
    <label class="check">
      <input
        type="checkbox"
        id={name}
        name={name}
        value={value}
        checked={checked}
        aria-describedby={error ? `${name}-error` : undefined}
        aria-invalid={error ? "true" : undefined}
      />{" "}
      {label}
    </label>
    <Wrong name={name}>{error}</Wrong>
  </div>
);

/** What a form, or one of its buttons, is for. */
export type ButtonKind = "main" | "plain" | "danger" | "quiet";
const classOf = (kind: ButtonKind, whole?: boolean) =>
  ["button", kind === "plain" ? "" : kind, whole ? "whole" : ""].filter(Boolean).join(" ");

interface ButtonProps {
  kind?: ButtonKind;
  whole?: boolean;
  id?: string;
  name?: string;
  value?: string;
  /** What a screen reader says where the words beside it are needed, too. */
  label?: string;
  children?: Child;
}

export const Button: FC<ButtonProps> = ({ kind = "plain", whole, id, name, value, label, children }) => (
  <button type="submit" class={classOf(kind, whole)} id={id} name={name} value={value} aria-label={label}>
    {children}
  </button>
);

/** A link that looks like a button: it leads somewhere and changes nothing. */
export const ButtonLink: FC<{ href: string; kind?: ButtonKind; whole?: boolean; children?: Child }> = ({
  href,
  kind = "plain",
  whole,
  children,
}) => (
  <a class={classOf(kind, whole)} href={href}>
    {children}
  </a>
);

/** A form that is one button: the only way in which a page changes something. */
export const Action: FC<ButtonProps & { to: string; hidden?: Readonly<Record<string, string>>; swap?: string }> = ({
  to,
  hidden = {},
  swap,
  ...button
}) => (
  <form method="post" action={to} data-swap={swap}>
    {Object.entries(hidden).map(([name, value]) => (
      <input type="hidden" name={name} value={value} />
    ))}
    <Button {...button} />
  </form>
);
