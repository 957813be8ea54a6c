import { Refusal } from "#domain/refusals.ts";

// Conditional requests by entity tag (RFC 9110 §13). Ours are strong, `"<version>"`.

interface Tag {
  weak: boolean;
  text: string;
}

const TAG = String.raw`(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"`;
/** One tag or more between commas, of which some may be idle (RFC 9110 §5.6.1). */
const LIST = new RegExp(String.raw`^(?:,\s*)*${TAG}\s*(?:,\s*(?:${TAG}\s*)?)*$`);

/** The tags of a header: any, a list, or null without one. Refuses what is no list of tags. */
function tagsIn(headers: Headers, name: "If-Match" | "If-None-Match"): "*" | Tag[] | null {
  const list = headers.get(name)?.trim();
  if (list === undefined) return null;
  if (list === "*") return "*";
  if (!LIST.test(list)) {
    const message = 'must be *, or ETags such as "3"';
    throw new Refusal("invalid_parameter", `${name} ${message}`, {
      errors: [{ pointer: `header:${name}`, code: "invalid_format", message }],
    });
  }
  return [...list.matchAll(/(W\/)?"([^"]*)"/g)].map(([, weak, text = ""]) => ({ weak: weak !== undefined, text }));
}

/** The versions that `If-Match` lets through; null lets any. A weak tag never matches (RFC 9110 §13.1.1). */
export function versionsIn(headers: Headers): number[] | null {
  const tags = tagsIn(headers, "If-Match");
  if (tags === null || tags === "*") return null;
  return tags.flatMap(({ weak, text }) => (!weak && /^[1-9]\d{0,8}$/.test(text) ? [Number(text)] : []));
}

/** Whether the caller holds this very representation: tags are compared weakly (RFC 9110 §13.1.2). */
export function isUnchanged(headers: Headers, etag: string): boolean {
  const tags = tagsIn(headers, "If-None-Match");
  return tags === "*" || (tags ?? []).some(({ text }) => `"${text}"` === etag);
}
