import type { FieldError } from "../refusals.ts";
import { HONEYPOT, type IntakeField } from "./fields.ts";

/** What stands on a company's widget and intake page that wrote nothing of its own. */
export const HOUSE_WORDS = {
  label: "Hand in a role",
  heading: "Hand in a role",
  thanks: "Thank you. We have it and will be in touch.",
} as const;

export const MAX_FIELDS = 20;
const MAX_OPTIONS = 50;
const MAX_WORDS = 120;
export const MAX_ORIGINS = 50;
const NAME = /^[a-z][a-z0-9_]{0,39}$/;
const LOCAL = /^(?:localhost|127\.0\.0\.1|\[::1\]|[a-z0-9.-]+\.localhost)$/;

/** What is wrong with the questions that a company wants to ask; nothing where they can be asked. */
export function fieldFaults(fields: readonly IntakeField[]): FieldError[] {
  const fault = (pointer: string, message: string): FieldError => ({ pointer: `/fields${pointer}`, code: "invalid", message });
  if (fields.length === 0) return [fault("", "Ask at least one question.")];
  if (fields.length > MAX_FIELDS) return [fault("", `Ask ${MAX_FIELDS} questions at most.`)];
  return fields.flatMap(({ name, label, type, options }, index) => {
    const isTaken = name === HONEYPOT || fields.findIndex((other) => other.name === name) !== index;
    return [
      ...(NAME.test(name) ? [] : [fault(`/${index}/name`, "A name has small letters, digits and underscores, and begins with a letter.")]),
      ...(isTaken ? [fault(`/${index}/name`, `The name ${name} is taken.`)] : []),
      ...(label.trim() === "" || label.length > MAX_WORDS
        ? [fault(`/${index}/label`, `A question has 1 to ${MAX_WORDS} characters.`)]
        : []),
      ...((type === "select") === (options !== undefined && options.length > 0 && options.length <= MAX_OPTIONS)
        ? []
        : [fault(`/${index}/options`, `A choice has 1 to ${MAX_OPTIONS} answers; other questions have none.`)]),
    ];
  });
}

/**
 * An origin as browsers write it, such as `https://www.acme.com`; null for what is none. Only https, and
 * http on a developer's machine: elsewhere a page could be anybody's.
 */
export function toOrigin(text: string): string | null {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && LOCAL.test(url.hostname));
  const isBare = url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
  return isSafe && isBare ? url.origin : null;
}
