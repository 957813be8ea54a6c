import { invalidField, Refusal } from "../refusals.ts";

/** What a credential may be allowed to do (PLATFORM §6). */
export const SCOPES = [
  "read:roles",
  "read:candidates",
  "read:placements",
  "read:payouts",
  "write:submissions",
  "write:updates",
  "write:roles",
  "manage:webhooks",
  "read:audit",
] as const;
export type Scope = (typeof SCOPES)[number];

/** What each scope opens, in a sentence that a person reads before they agree. */
export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  "read:roles": "See roles",
  "read:candidates": "See submissions and their candidates",
  "read:placements": "See placements",
  "read:payouts": "See payouts",
  "write:submissions": "Invite candidates and submit them to roles",
  "write:updates": "Change submissions",
  "write:roles": "Post and change roles",
  "manage:webhooks": "Manage webhooks",
  "read:audit": "Read the request log and the audit log",
};

export const ROLE_TYPES = ["recruiter", "company", "admin"] as const;
export type RoleType = (typeof ROLE_TYPES)[number];

export type AccountKind = "company" | "team" | "recruiter" | "platform";

/** As whom the credentials of an account act. */
export const ROLE_TYPE_OF: Readonly<Record<AccountKind, RoleType>> = {
  company: "company",
  team: "recruiter",
  recruiter: "recruiter",
  platform: "admin",
};

/** What each role type may hold. `read:audit` comes with an enterprise plan, whatever the role type. */
const HOLDABLE: Readonly<Record<RoleType, readonly Scope[]>> = {
  recruiter: ["read:roles", "read:candidates", "read:placements", "read:payouts", "write:submissions", "write:updates", "manage:webhooks"],
  company: ["read:roles", "read:candidates", "read:placements", "write:updates", "write:roles", "manage:webhooks"],
  admin: SCOPES,
};

/** The scopes that credentials of this role type may hold under this plan. */
export function holdableScopes(roleType: RoleType, plan: "standard" | "premium" | "enterprise"): readonly Scope[] {
  const own = HOLDABLE[roleType];
  return plan === "enterprise" && !own.includes("read:audit") ? [...own, "read:audit"] : own;
}

/**
 * The scopes that are asked for, each once, in our order. Refuses one that credentials of this role type
 * may not hold (422, naming it), and one that they may hold under an enterprise plan alone (`plan_required`).
 */
export function requireHoldable(asked: readonly Scope[], roleType: RoleType, plan: "standard" | "premium" | "enterprise"): Scope[] {
  const refused = asked.find((scope) => !holdableScopes(roleType, plan).includes(scope));
  if (refused && holdableScopes(roleType, "enterprise").includes(refused))
    throw new Refusal("plan_required", `${refused} comes with the enterprise plan.`, { plan: "enterprise" });
  if (refused) throw invalidField("scopes", "not_holdable", `${refused} is not for credentials of a ${roleType} account`);
  return SCOPES.filter((scope) => asked.includes(scope));
}

/** The scopes of a space-separated list, each once, in our order (RFC 6749 §3.3); null when one is unknown. */
export function parseScopes(list: string): Scope[] | null {
  const asked = new Set(list.split(" ").filter(Boolean));
  const known = SCOPES.filter((scope) => asked.has(scope));
  return known.length === asked.size ? known : null;
}
