import type { FieldError } from "../refusals.ts";

export const INTAKE_FIELD_TYPES = ["text", "email", "tel", "url", "number", "textarea", "select"] as const;

/** One question of an intake form, as widget and page ask it (SURFACES §3). */
export interface IntakeField {
  name: string;
  label: string;
  type: (typeof INTAKE_FIELD_TYPES)[number];
  required: boolean;
  autocomplete?: string;
  /** What a `select` offers. */
  options?: readonly string[];
}

/** What a company asks that chose no fields of its own: of a role what it takes to begin a draft, and who hands it in. */
export const HOUSE_FIELDS: readonly IntakeField[] = [
  { name: "contact_name", label: "Your name", type: "text", required: true, autocomplete: "name" },
  { name: "contact_email", label: "Your e-mail", type: "email", required: true, autocomplete: "email" },
  { name: "role_title", label: "Role title", type: "text", required: true },
  { name: "location", label: "Location", type: "text", required: false },
  {
    name: "employment_type",
    label: "Employment type",
    type: "select",
    required: false,
    options: ["Full-time", "Part-time", "Contract", "Temporary"],
  },
  { name: "description", label: "What the role is about", type: "textarea", required: true },
];

/** A field that no person sees and no browser fills in: whoever answers it is none (SURFACES §3). */
export const HONEYPOT = "reference_b";

/** How long one answer may be, in characters. */
export const MAX_ANSWER = 5_000;
const MAX_LINE = 200;

const EMAIL = /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+$/;
const PHONE = /^[+\d][\d\s()./-]{4,30}$/;

const FAULTS: Readonly<Record<IntakeField["type"], (answer: string, field: IntakeField) => string | null>> = {
  text: () => null,
  textarea: () => null,
  email: (answer) => (EMAIL.test(answer) && answer.length <= 254 ? null : "Enter an address such as name@company.com."),
  tel: (answer) => (PHONE.test(answer) ? null : "Enter a phone number."),
  url: (answer) => (/^https?:$/.test(URL.parse(answer)?.protocol ?? "") ? null : "Enter an address that begins with https://."),
  number: (answer) => (/^-?\d+(?:[.,]\d+)?$/.test(answer) ? null : "Enter a number."),
  select: (answer, { options = [] }) => (options.includes(answer) ? null : "Choose one of the answers."),
};

/** The answers to a form, trimmed and without those that are empty, or what is wrong with them, field by field. */
export type CheckedIntake = { ok: true; answers: Readonly<Record<string, string>> } | { ok: false; errors: readonly FieldError[] };

/** Holds answers against the configured fields. An answer to a question that was not asked is refused. */
export function checkIntake(fields: readonly IntakeField[], given: Readonly<Record<string, unknown>>): CheckedIntake {
  const errors: FieldError[] = Object.keys(given)
    .filter((name) => !fields.some((field) => field.name === name))
    .map((name) => ({ pointer: `/${name}`, code: "unknown_field", message: "This was not asked." }));
  const answers: Record<string, string> = {};
  for (const field of fields) {
    const { [field.name]: raw = "" } = given;
    const answer = typeof raw === "string" ? raw.trim() : null;
    const error = faultOf(field, answer);
    if (error) errors.push({ pointer: `/${field.name}`, ...error });
    else if (answer) answers[field.name] = answer;
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, answers };
}

function faultOf(field: IntakeField, answer: string | null): Pick<FieldError, "code" | "message"> | null {
  if (answer === null) return { code: "invalid", message: "Enter text." };
  if (answer === "") return field.required ? { code: "required", message: `${field.label} is needed.` } : null;
  const most = field.type === "textarea" ? MAX_ANSWER : MAX_LINE;
  if (answer.length > most) return { code: "too_long", message: `Keep it under ${most} characters.` };
  const message = FAULTS[field.type](answer, field);
  return message === null ? null : { code: "invalid", message };
}
