import { sql } from "drizzle-orm";
import { type AnyPgColumn, check, index, integer, pgSchema, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { SESSION_METHODS } from "../../domain/identity/session.ts";
import { INVITATION_STATUSES } from "../../domain/invitations/mailed.ts";
import { born, changing, citext, instant, oneOf } from "../columns.ts";
import { recruiters } from "./network.ts";
import { candidates, companies } from "./ats.ts";

export const identity = pgSchema("identity");

export const USER_STATUSES = ["active", "deactivated"] as const;
export const ONBOARDING_STATUSES = ["pending", "in_progress", "completed", "skipped"] as const;
export const ORGANIZATION_TYPES = ["company", "platform", "agency"] as const;
export const MEMBERSHIP_ROLES = ["company_admin", "hiring_manager"] as const;
export const SESSION_SURFACES = ["console", "portal", "white_label"] as const;
export const PROOF_METHODS = ["passkey", "oidc", "saml", "code"] as const;
export const CHALLENGE_KINDS = ["candidate", "guest", "enrolment", "passkey"] as const;
export const SESSION_ENDS = ["signed_out", "signed_out_everywhere", "rotated", "issuer", "deactivated"] as const;

export const users = identity.table(
  "users",
  {
    ...born(),
    ...changing(),
    clerkUserId: text(),
    clerkUpdatedAt: instant(),
    email: citext().notNull(),
    name: text().notNull().default(""),
    status: text({ enum: USER_STATUSES }).notNull().default("active"),
    onboardingStatus: text({ enum: ONBOARDING_STATUSES }).notNull().default("pending"),
    onboardingStep: integer().notNull().default(0),
    lastActiveAt: instant(),
    deletedAt: instant(),
    referredByRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
  },
  (t) => [
    uniqueIndex("users_clerk_user_id_key")
      .on(t.clerkUserId)
      .where(sql`clerk_user_id is not null`),
    uniqueIndex("users_email_key")
      .on(t.email)
      .where(sql`status = 'active'`),
    index("users_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    oneOf("users_status", t.status, USER_STATUSES),
    oneOf("users_onboarding_status", t.onboardingStatus, ONBOARDING_STATUSES),
  ],
);

export const organizations = identity.table(
  "organizations",
  {
    ...born(),
    ...changing(),
    name: text().notNull(),
    type: text({ enum: ORGANIZATION_TYPES }).notNull().default("company"),
    slug: text().notNull().unique(),
    deletedAt: instant(),
  },
  (t) => [oneOf("organizations_type", t.type, ORGANIZATION_TYPES)],
);

/** A person's part in an organization; without a company it holds for all of its companies. */
export const memberships = identity.table(
  "memberships",
  {
    ...born(),
    ...changing(),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    roleName: text({ enum: MEMBERSHIP_ROLES }).notNull(),
    organizationId: uuid()
      .notNull()
      .references(() => organizations.id),
    companyId: uuid().references((): AnyPgColumn => companies.id),
    deletedAt: instant(),
  },
  (t) => [
    uniqueIndex("memberships_one_live")
      .on(t.userId, t.roleName, t.organizationId, sql`coalesce(company_id, '00000000-0000-0000-0000-000000000000')`)
      .where(sql`deleted_at is null`),
    index("memberships_organization").on(t.organizationId),
    oneOf("memberships_role_name", t.roleName, MEMBERSHIP_ROLES),
  ],
);

/** Who was asked into an organization by mail. The token is computed from the row and never stored (DESIGN R-6). */
export const invitations = identity.table(
  "invitations",
  {
    ...born(),
    ...changing(),
    email: citext().notNull(),
    organizationId: uuid()
      .notNull()
      .references(() => organizations.id),
    companyId: uuid().references((): AnyPgColumn => companies.id),
    roleName: text("role", { enum: MEMBERSHIP_ROLES }).notNull(),
    invitedBy: uuid()
      .notNull()
      .references(() => users.id),
    tokenHash: text().notNull().unique("invitations_token_key"),
    issuedAt: instant().notNull(),
    expiresAt: instant().notNull(),
    status: text({ enum: INVITATION_STATUSES }).notNull().default("pending"),
    acceptedAt: instant(),
  },
  (t) => [
    oneOf("invitations_role", t.roleName, MEMBERSHIP_ROLES),
    oneOf("invitations_status", t.status, INVITATION_STATUSES),
    check("invitations_accepted_at", sql`(${t.status} = 'accepted') = (${t.acceptedAt} is not null)`),
    uniqueIndex("invitations_one_pending")
      .on(t.organizationId, t.email, sql`coalesce(company_id, '00000000-0000-0000-0000-000000000000')`)
      .where(sql`status = 'pending'`),
    index("invitations_organization").on(t.organizationId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** Roles without an organization: only `platform_admin` (DESIGN R-9). */
export const userRoles = identity.table(
  "user_roles",
  {
    ...born(),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    roleName: text({ enum: ["platform_admin"] }).notNull(),
    deletedAt: instant(),
  },
  (t) => [
    uniqueIndex("user_roles_one_live")
      .on(t.userId, t.roleName)
      .where(sql`deleted_at is null`),
    oneOf("user_roles_role_name", t.roleName, ["platform_admin"]),
  ],
);

/**
 * What stands behind a session cookie (IDENTITY §4). Of the token only its SHA-256 is kept. Whether
 * a session still lives is asked by `ops.enter_browser`, in the trip that reads a page's rows.
 */
export const sessions = identity.table(
  "sessions",
  {
    ...born(),
    tokenHash: text().notNull().unique("sessions_token_hash_key"),
    surface: text({ enum: SESSION_SURFACES }).notNull(),
    /** The session that this one was made from on another host, and ends with. */
    parentId: uuid().references((): AnyPgColumn => sessions.id),
    userId: uuid().references(() => users.id),
    candidateId: uuid().references((): AnyPgColumn => candidates.id),
    /** The organization its person acts for; null for all of them. */
    organizationId: uuid().references(() => organizations.id),
    method: text({ enum: SESSION_METHODS }).notNull(),
    connectionId: uuid(),
    /** The session at the issuer that this one was made from. */
    issuerSid: text(),
    /** The last fresh authentication inside the session. */
    provedAt: instant(),
    proofMethod: text({ enum: PROOF_METHODS }),
    idpSessionEnd: instant(),
    lastSeenAt: instant().notNull(),
    idleSeconds: integer().notNull(),
    absoluteEnd: instant().notNull(),
    endedAt: instant(),
    endedReason: text({ enum: SESSION_ENDS }),
    /** `Firefox on Linux`; never the whole header. */
    userAgentSummary: text(),
    /** ISO 3166-1 alpha-2. */
    ipCountry: text(),
  },
  (t) => [
    index("sessions_of_user")
      .on(t.userId)
      .where(sql`ended_at is null`),
    index("sessions_of_issuer")
      .on(t.issuerSid)
      .where(sql`ended_at is null and issuer_sid is not null`),
    oneOf("sessions_surface", t.surface, SESSION_SURFACES),
    oneOf("sessions_method", t.method, SESSION_METHODS),
    oneOf("sessions_proof_method", t.proofMethod, PROOF_METHODS),
    oneOf("sessions_ended_reason", t.endedReason, SESSION_ENDS),
    check("sessions_of_somebody", sql`num_nonnulls(${t.userId}, ${t.candidateId}) = 1`),
    check("sessions_ended_for_a_reason", sql`(${t.endedAt} is null) = (${t.endedReason} is null)`),
    check("sessions_proved_by_something", sql`(${t.provedAt} is null) = (${t.proofMethod} is null)`),
  ],
);

/** A sign-in on its way to a provider and back: good for ten minutes, in one browser, once (IDENTITY §8). */
export const ssoTransactions = identity.table(
  "sso_transactions",
  {
    ...born(),
    stateHash: text().notNull().unique("sso_transactions_state_hash_key"),
    nonce: text().notNull(),
    /** Of PKCE; sealed under the state, which only the browser brings back. */
    verifier: text().notNull(),
    /** SHA-256 of the secret in the browser's `__Host-splits_t`. */
    browserHash: text().notNull(),
    returnTo: text().notNull(),
    expiresAt: instant().notNull(),
    usedAt: instant(),
  },
  (t) => [index("sso_transactions_expiry").on(t.expiresAt)],
);

/** A link and a code that one mail carries, good for one sign-in; it is made for any address, known or not (IDENTITY §6). */
export const loginChallenges = identity.table(
  "login_challenges",
  {
    ...born(),
    kind: text({ enum: CHALLENGE_KINDS }).notNull(),
    email: citext().notNull(),
    userId: uuid().references(() => users.id),
    invitationId: uuid(),
    linkHash: text().notNull().unique("login_challenges_link_hash_key"),
    codeHash: text().notNull(),
    /** SHA-256 of the secret in the browser that asked. */
    browserHash: text().notNull(),
    /** Link and code once more, sealed until the mail has gone out. */
    mailSealed: text(),
    tries: integer().notNull().default(0),
    codeExpiresAt: instant().notNull(),
    expiresAt: instant().notNull(),
    usedAt: instant(),
    /** A newer challenge of the address took its place. */
    supersededAt: instant(),
  },
  (t) => [
    oneOf("login_challenges_kind", t.kind, CHALLENGE_KINDS),
    check("login_challenges_tries", sql`tries between 0 and 5`),
    index("login_challenges_email")
      .on(t.email)
      .where(sql`used_at is null and superseded_at is null`),
    index("login_challenges_expiry").on(t.expiresAt),
  ],
);
