import { slugOf } from "../slug.ts";

/** The first part of a company's own host (SURFACES §4). */
const SLUG = /^[a-z0-9](?:-?[a-z0-9])*$/;
const [SHORTEST, LONGEST] = [3, 40] as const;

/** Names that could be taken for ours. */
const RESERVED = new Set([
  "www", "api", "app", "cdn", "admin", "status", "mail", "candidate", "candidates", "portal", "roles", "docs", "help", "support", "blog",
  "auth", "login", "sso", "console", "developers", "billing", "security", "assets", "static", "splits", "splits-network",
]); // prettier-ignore

/** Why a slug cannot be a company's address; null if it can. */
export function slugFault(slug: string): string | null {
  if (!SLUG.test(slug)) return "slug may have small letters and digits, with single hyphens between them.";
  if (slug.length < SHORTEST || slug.length > LONGEST) return `slug has ${SHORTEST} to ${LONGEST} characters.`;
  return RESERVED.has(slug) ? "slug is one of our own names." : null;
}

/** The address of a company that names none. */
export const companySlugOf = (name: string, id: string): string => slugOf(name, id, LONGEST - 9);
