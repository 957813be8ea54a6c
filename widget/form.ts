import { HONEYPOT, type IntakeField } from "#domain/intake/fields.ts";
import { element } from "./element.ts";
import { type Configuration, handIn, TIMEOUT, type Trouble } from "./intake.ts";

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
type Wrong = readonly { pointer: string; message: string }[];

/** The sentence that leads on wherever the form cannot. */
export const wayOut = (words: string, href: string, name = "Open the form on its own page"): HTMLElement =>
  element("p", {}, `${words} `, element("a", { href, target: "_blank", rel: "noopener" }, name));

/** What is said of a server that is not waited for any more. */
export const NO_ANSWER = "There was no answer in time.";

/** Where a result is said: it takes the focus, so that it is heard. */
const status = (...said: readonly (Node | string)[]): HTMLElement => element("div", { role: "status", tabindex: "-1" }, ...said);

/**
 * The form of the configured fields.
 *
 * @param base - the address of the company's intake; null shows everything and sends nothing
 * @param link - the company's own page, for whenever this one cannot go on
 * @param tell - tells the page what became of it
 * @param token - the token of Turnstile, where it is asked for
 * @param extra - what stands above the button
 */
export function intakeForm(
  { fields, thanks, type }: Configuration,
  base: string | null,
  link: string,
  tell: (event: "submitted" | "error", detail: object) => void,
  token: () => string,
  extra: Node,
): HTMLFormElement {
  const rows = fields.map(rowOf);
  const bait = element("input", { name: HONEYPOT, autocomplete: "off" });
  const button = element("button", {}, "Send");
  const trouble = status();
  const form = element(
    "form",
    { novalidate: "" },
    ...rows.map(([row]) => row),
    element("div", { hidden: "" }, bait),
    extra,
    trouble,
    button,
  );

  /** Says what is wrong at each field and leads to the first; true where nothing is. */
  function show(errors: Wrong): boolean {
    let first: Control | undefined;
    for (const [, control, wrong] of rows) {
      const error = errors.find(({ pointer, message }) => message && pointer.split("/").pop() === control.name);
      wrong.textContent = error ? error.message : "";
      control.setAttribute("aria-invalid", `${Boolean(error)}`);
      if (error && !first) first = control;
    }
    if (first) first.focus();
    return !first;
  }

  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.textContent = "";
    if (busy || !show(rows.map(([, { name, validationMessage }]) => ({ pointer: name, message: validationMessage })))) return;
    busy = true;
    button.textContent = "Sending…";
    try {
      const answers = Object.fromEntries([...rows.map(([, control]) => control), bait].map(({ name, value }) => [name, value]));
      const { id } = base ? await handIn(base, { type, fields: answers, turnstile: token() || undefined }) : { id: "preview" };
      const done = status(thanks);
      form.replaceWith(done);
      done.focus();
      tell("submitted", { id });
    } catch (error) {
      const { code = "offline", errors = [], retry_after: wait } = error as Trouble;
      if (show(errors)) {
        trouble.append(
          wayOut(
            wait ? tooOften(wait) : `${code === TIMEOUT ? NO_ANSWER : "This could not be sent."} What you wrote is still here: try again.`,
            link,
          ),
        );
        trouble.focus();
      }
      tell("error", { code });
    }
    busy = false;
    button.textContent = "Send";
  });
  return form;
}

const tooOften = (seconds: number): string =>
  `That was too often. Try again after ${new Date(Date.now() + seconds * 1_000).toLocaleTimeString()}.`;

/** A question: all of it, where it is answered, and where is said what is wrong with the answer. */
function rowOf({ name, label, type, required, autocomplete, options = [] }: IntakeField): [HTMLElement, Control, HTMLElement] {
  const facts = { id: name, name, "aria-describedby": `${name}-wrong`, required: required && "", autocomplete };
  const control =
    type === "textarea"
      ? element(type, { ...facts, rows: "4" })
      : type === "select"
        ? element(type, facts, ...["", ...options].map((value) => element("option", { value }, value || "Choose…")))
        : element("input", { ...facts, type });
  const wrong = element("p", { id: `${name}-wrong`, class: "wrong" });
  return [element("div", {}, element("label", { for: name }, label + (required ? "" : " (optional)")), control, wrong), control, wrong];
}
