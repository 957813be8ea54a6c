import { createHash } from "node:crypto";

export type PersonKind = "platform_admin" | "company_admin" | "hiring_manager" | "recruiter" | "team_owner" | "candidate";

/** Someone who can sign in. */
export interface Person {
  email: string;
  name: string;
  /** The subject of their session tokens. */
  sub: string;
  kind: PersonKind;
}

/** The subject that the local issuer gives an e-mail address, the same on every machine. */
export function subjectOf(email: string): string {
  return `user_${createHash("sha256").update(email.toLowerCase()).digest("hex").slice(0, 27)}`;
}

const person = (email: string, name: string, kind: PersonKind): Person => ({ email, name, sub: subjectOf(email), kind });

/** One seeded person of each role. */
export const people = {
  ada: person("ada@splits.test", "Ada Lovelace", "platform_admin"),
  grace: person("grace@acme.test", "Grace Hopper", "company_admin"),
  henry: person("henry@acme.test", "Henry Ford", "hiring_manager"),
  rosa: person("rosa@recruit.test", "Rosa Parks", "recruiter"),
  tom: person("tom@agency.test", "Tom Paine", "team_owner"),
  carl: person("carl@candidates.test", "Carl Sagan", "candidate"),
} as const satisfies Record<string, Person>;

export const PEOPLE: readonly Person[] = Object.values(people);

/** `hiring_manager` as it is read: "hiring manager". */
export const kindInWords = (kind: PersonKind): string => kind.replaceAll("_", " ");
