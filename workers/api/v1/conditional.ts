import { Refusal } from "#domain/refusals.ts";

// Conditional requests by entity tag (RFC 9110 §13). Ours are strong, `"<version>"`.

interface Tag {
  weak: boolean;
  text: string;
}

const TAG = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;
/** A tag may hold a comma. */
const ELEMENTS = /(?:W\/)?"[^"]*"|[^,\s"][^,]*/g;

/** The tags of a header: any, a list, or null without one. Refuses what is no list of tags. */
function tagsIn(headers: Headers, name: "If-Match" | "If-None-Match"): "*" | Tag[] | null {
  const list = headers.get(name)?.trim();
  if (list === undefined) return null;
  if (list === "*") return "*";
  const elements = list.match(ELEMENTS) ?? [];
  const tags = elements.map((element) => TAG.exec(element.trim()));
  // what stands between the elements are commas and blanks, or it is no list
  if (tags.length === 0 || tags.includes(null) || !/^[\s,]*$/.test(list.replaceAll(ELEMENTS, ""))) {
    const message = 'must be *, or ETags such as "3"';
    throw new Refusal("invalid_parameter", `${name} ${message}`, {
      errors: [{ pointer: `header:${name}`, code: "invalid_format", message }],
    });
  }
  return tags.map((tag) => ({ weak: tag?.[1] !== undefined, text: tag?.[2] ?? "" }));
}

/** The versions that `If-Match` lets through; null lets any. A weak tag never matches (RFC 9110 §13.1.1). */
export function versionsIn(headers: Headers): number[] | null {
  const tags = tagsIn(headers, "If-Match");
  if (tags === null || tags === "*") return null;
  return tags.flatMap(({ weak, text }) => (!weak && /^\d{1,9}$/.test(text) ? [Number(text)] : []));
}

/** Whether the caller holds this very representation: tags are compared weakly (RFC 9110 §13.1.2). */
export function isUnchanged(headers: Headers, etag: string): boolean {
  const tags = tagsIn(headers, "If-None-Match");
  return tags === "*" || (tags ?? []).some(({ text }) => `"${text}"` === etag);
}
