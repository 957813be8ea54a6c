import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  customType,
  date,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { ROLE_TYPES, SCOPES } from "../../domain/credentials/scopes.ts";
import { born, changing, instant, oneOf, subsetOf } from "../columns.ts";
import { companies } from "./ats.ts";
import { sessions, users } from "./identity.ts";
import { recruiters, teams } from "./network.ts";

export const api = pgSchema("api");

export const ACCOUNT_KINDS = ["company", "team", "recruiter", "platform"] as const;
export const API_PLANS = ["standard", "premium", "enterprise"] as const;
export const KEY_STATUSES = ["pending", "active", "suspended", "revoked", "rejected", "expired"] as const;
export const CLIENT_STATUSES = ["pending", "approved", "suspended", "rejected", "deleted"] as const;
export const CLIENT_TYPES = ["confidential", "public"] as const;
export const AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"] as const;

const cidr = customType<{ data: string }>({ dataType: () => "cidr" });

/** Who partners are: what owns credentials, clients, a plan and usage. Born with its owner, whose id it carries. */
export const accounts = api.table(
  "accounts",
  {
    ...born(),
    kind: text({ enum: ACCOUNT_KINDS }).notNull(),
    companyId: uuid().references(() => companies.id),
    teamId: uuid().references(() => teams.id),
    recruiterId: uuid().references(() => recruiters.id),
    /** Only of a platform account: the administrator. */
    ownerUserId: uuid().references(() => users.id),
    status: text({ enum: ["active", "suspended"] })
      .notNull()
      .default("active"),
  },
  (t) => [
    oneOf("accounts_kind", t.kind, ACCOUNT_KINDS),
    oneOf("accounts_status", t.status, ["active", "suspended"]),
    check(
      "accounts_owner",
      sql`id = case kind when 'company' then company_id when 'team' then team_id when 'recruiter' then recruiter_id else owner_user_id end
        and num_nonnulls(company_id, team_id, recruiter_id, owner_user_id) = 1`,
    ),
  ],
);

/** What an API plan gives. A price is in millionths of a dollar. */
export const apiPlans = api.table(
  "plans",
  {
    code: text({ enum: API_PLANS }).primaryKey(),
    requestsPerHour: integer().notNull(),
    overage: text({ enum: ["deny", "meter"] }).notNull(),
    ceilingMultiple: integer().notNull().default(10),
    unitPriceMicros: integer().notNull(),
    maxKeys: integer().notNull(),
    maxWebhooks: integer().notNull(),
  },
  (t) => [oneOf("plans_code", t.code, API_PLANS), oneOf("plans_overage", t.overage, ["deny", "meter"])],
);

export const accountPlans = api.table(
  "account_plans",
  {
    accountId: uuid()
      .primaryKey()
      .references(() => accounts.id),
    ...changing(),
    plan: text({ enum: API_PLANS })
      .notNull()
      .default("standard")
      .references(() => apiPlans.code),
    /** Requests an hour, in place of the plan's. */
    customLimit: integer(),
    overageEnabled: boolean().notNull().default(false),
    spendCapCents: integer().notNull().default(0),
    stripeCustomerId: text(),
    stripeItemId: text(),
  },
  () => [
    check("account_plans_limit", sql`custom_limit between 1 and 1000000`),
    check("account_plans_cap", sql`spend_cap_cents between 0 and 100000000`),
  ],
);

/** A key of an account. What is stored of a secret is its SHA-256, in hex. */
export const apiKeys = api.table(
  "api_keys",
  {
    ...born(),
    ...changing(),
    publicId: text().notNull().unique(),
    accountId: uuid()
      .notNull()
      .references(() => accounts.id),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    roleType: text({ enum: ROLE_TYPES }).notNull(),
    name: text().notNull(),
    env: text({ enum: ["live", "test"] }).notNull(),
    secretHash: text().notNull(),
    last4: text().notNull(),
    prevSecretHash: text(),
    prevSecretExpiresAt: instant(),
    scopes: text({ enum: SCOPES }).array().notNull(),
    ipAllowlist: cidr().array().notNull().default([]),
    status: text({ enum: KEY_STATUSES }).notNull().default("pending"),
    statusReason: text(),
    expiresAt: instant(),
    approvedBy: uuid().references(() => users.id),
    approvedAt: instant(),
    lastUsedAt: instant(),
    /** The last warning of its end, in days before it. */
    expiryWarnedDays: integer(),
  },
  (t) => [
    index("api_keys_account").on(t.accountId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("api_keys_pending")
      .on(t.createdAt)
      .where(sql`status = 'pending'`),
    index("api_keys_expiry")
      .on(t.expiresAt)
      .where(sql`status in ('pending', 'active', 'suspended')`),
    oneOf("api_keys_role_type", t.roleType, ROLE_TYPES),
    oneOf("api_keys_status", t.status, KEY_STATUSES),
    oneOf("api_keys_env", t.env, ["live", "test"]),
    subsetOf("api_keys_scopes", t.scopes, SCOPES),
    check("api_keys_previous", sql`(prev_secret_hash is null) = (prev_secret_expires_at is null)`),
  ],
);

/** An application that people let act for them (RFC 6749). */
export const oauthClients = api.table(
  "oauth_clients",
  {
    ...born(),
    ...changing(),
    publicId: text().notNull().unique(),
    ownerAccountId: uuid()
      .notNull()
      .references(() => accounts.id),
    /** Who registered it, and as whom client credentials act (DESIGN R-22). */
    ownerUserId: uuid()
      .notNull()
      .references(() => users.id),
    name: text().notNull(),
    type: text({ enum: CLIENT_TYPES }).notNull(),
    secretHash: text(),
    last4: text(),
    prevSecretHash: text(),
    prevSecretExpiresAt: instant(),
    authMethod: text({ enum: AUTH_METHODS }).notNull(),
    redirectUris: text().array().notNull(),
    allowedOrigins: text().array().notNull().default([]),
    allowedScopes: text({ enum: SCOPES }).array().notNull(),
    ipAllowlist: cidr().array().notNull().default([]),
    status: text({ enum: CLIENT_STATUSES }).notNull().default("pending"),
    statusReason: text(),
    approvedBy: uuid().references(() => users.id),
    approvedAt: instant(),
  },
  (t) => [
    index("oauth_clients_account").on(t.ownerAccountId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("oauth_clients_pending")
      .on(t.createdAt)
      .where(sql`status = 'pending'`),
    oneOf("oauth_clients_type", t.type, CLIENT_TYPES),
    oneOf("oauth_clients_auth_method", t.authMethod, AUTH_METHODS),
    oneOf("oauth_clients_status", t.status, CLIENT_STATUSES),
    subsetOf("oauth_clients_scopes", t.allowedScopes, SCOPES),
    check("oauth_clients_public", sql`(type = 'public') = (auth_method = 'none') and (type = 'public') = (secret_hash is null)`),
    check("oauth_clients_previous", sql`(prev_secret_hash is null) = (prev_secret_expires_at is null)`),
  ],
);

/** What one person lets one client do for one account: the limited subject. */
export const oauthGrants = api.table(
  "oauth_grants",
  {
    ...born(),
    ...changing(),
    publicId: text().notNull().unique(),
    clientId: uuid()
      .notNull()
      .references(() => oauthClients.id),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    accountId: uuid()
      .notNull()
      .references(() => accounts.id),
    scopes: text({ enum: SCOPES }).array().notNull(),
    status: text({ enum: ["active", "revoked"] })
      .notNull()
      .default("active"),
    revokedReason: text(),
    reuseDetectedAt: instant(),
    lastUsedAt: instant(),
  },
  (t) => [
    uniqueIndex("oauth_grants_one_active")
      .on(t.clientId, t.userId, t.accountId)
      .where(sql`status = 'active'`),
    index("oauth_grants_user").on(t.userId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("oauth_grants_account").on(t.accountId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    oneOf("oauth_grants_status", t.status, ["active", "revoked"]),
    subsetOf("oauth_grants_scopes", t.scopes, SCOPES),
  ],
);

/** Authorization codes by their hash. */
export const oauthCodes = api.table(
  "oauth_codes",
  {
    codeHash: text().primaryKey(),
    grantId: uuid()
      .notNull()
      .references(() => oauthGrants.id),
    /** The family of tokens that the code begins. */
    familyId: uuid().notNull(),
    redirectUri: text().notNull(),
    codeChallenge: text().notNull(),
    scopes: text({ enum: SCOPES }).array().notNull(),
    createdAt: instant()
      .notNull()
      .default(sql`ops.now()`),
    expiresAt: instant().notNull(),
    consumedAt: instant(),
  },
  (t) => [index("oauth_codes_expiry").on(t.expiresAt)],
);

/** Access and refresh tokens by their hash. A family is what one code exchange began. */
export const oauthTokens = api.table(
  "oauth_tokens",
  {
    id: uuid().primaryKey(),
    grantId: uuid()
      .notNull()
      .references(() => oauthGrants.id),
    familyId: uuid().notNull(),
    kind: text({ enum: ["access", "refresh"] }).notNull(),
    tokenHash: text().notNull().unique(),
    parentId: uuid(),
    generation: integer().notNull().default(0),
    scopes: text({ enum: SCOPES }).array().notNull(),
    issuedAt: instant().notNull(),
    expiresAt: instant().notNull(),
    familyExpiresAt: instant().notNull(),
    rotatedAt: instant(),
    revokedAt: instant(),
    /** The reply that a repeat within the grace gets, sealed under the presented token. */
    replayReplyEnc: text(),
    replayUntil: instant(),
  },
  (t) => [
    index("oauth_tokens_family").on(t.familyId),
    index("oauth_tokens_grant").on(t.grantId, t.issuedAt),
    index("oauth_tokens_expiry").on(t.expiresAt),
    oneOf("oauth_tokens_kind", t.kind, ["access", "refresh"]),
  ],
);

/** Units beyond the limit that a month may cost, and how many of them were handed out. */
export const overageBudgets = api.table(
  "overage_budgets",
  {
    accountId: uuid()
      .notNull()
      .references(() => accounts.id),
    month: date().notNull(),
    capUnits: bigint({ mode: "number" }).notNull(),
    drawnUnits: bigint({ mode: "number" }).notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.month] }),
    check("overage_budgets_within", sql`drawn_units between 0 and greatest(cap_units, drawn_units)`),
  ],
);

/** What a subject's limiter counted in one minute (epoch minutes). */
export const usageMinutes = api.table(
  "usage_minutes",
  {
    credentialId: text().notNull(),
    minute: integer().notNull(),
    accountId: uuid(),
    admitted: integer().notNull().default(0),
    overage: integer().notNull().default(0),
    denied: integer().notNull().default(0),
    free: integer().notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.credentialId, t.minute] }),
    index("usage_minutes_account").on(t.accountId, t.minute),
    index("usage_minutes_overage")
      .on(t.minute)
      .where(sql`overage > 0`),
    // minutes come nearly in their order, so that a span of them is found in an index of a few pages
    index("usage_minutes_minute").using("brin", t.minute),
  ],
);

/** Requests per hour, route and kind of answer, added up from the request log. */
export const usageRoutesHourly = api.table(
  "usage_routes_hourly",
  {
    accountId: uuid(),
    credentialId: text().notNull(),
    hour: instant().notNull(),
    version: text().notNull(),
    route: text().notNull(),
    statusClass: integer().notNull(),
    count: integer().notNull(),
    latencySumMs: bigint({ mode: "number" }).notNull(),
    /** Up to 5, 10, 25, 50, 100, 250, 500, 1,000, 2,500 ms, and above. */
    latencyHist: integer().array().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.credentialId, t.hour, t.version, t.route, t.statusClass] }),
    index("usage_routes_account").on(t.accountId, t.hour),
  ],
);

/** A subject's minute of which the limiter counted other than the request log keeps. */
export const auditGaps = api.table(
  "audit_gaps",
  {
    ...born(),
    credentialId: text().notNull(),
    minute: integer().notNull(),
    accountId: uuid(),
    counted: integer().notNull(),
    logged: integer().notNull(),
  },
  (t) => [unique("audit_gaps_once").on(t.credentialId, t.minute)],
);

/** What was told to the payment provider of an account's overage: at most once for each hour, of one month. */
export const meterReports = api.table(
  "meter_reports",
  {
    accountId: uuid()
      .notNull()
      .references(() => accounts.id),
    /** The last hour it covers, by its beginning. */
    hour: instant().notNull(),
    /** The month its units are billed for. */
    month: date().notNull(),
    units: bigint({ mode: "number" }).notNull(),
    identifier: text().notNull().unique(),
    /** The provider's id of who is billed. */
    customerId: text().notNull(),
    /** The provider's word: `accepted`, `unknown`, or the code of its refusal, which bills nothing; null until there is one. */
    stripeStatus: text(),
    reportedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.hour] }),
    index("meter_reports_unsent")
      .on(t.hour)
      .where(sql`stripe_status is null`),
  ],
);

/** The end of each account's chain of audit events. */
export const auditHeads = api.table("audit_heads", {
  accountId: uuid()
    .primaryKey()
    .references(() => accounts.id),
  seq: bigint({ mode: "number" }).notNull(),
  hash: text().notNull(),
});

/** Where a chain stood on a day: what verification starts from once older events are gone. */
export const auditAnchors = api.table(
  "audit_anchors",
  {
    accountId: uuid()
      .notNull()
      .references(() => accounts.id),
    day: date().notNull(),
    seq: bigint({ mode: "number" }).notNull(),
    hash: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.day] })],
);

/** Roles posted over the API by one company on one UTC day. */
export const roleQuotas = api.table(
  "role_quotas",
  {
    companyId: uuid()
      .notNull()
      .references(() => companies.id),
    day: date().notNull(),
    used: integer().notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.companyId, t.day] })],
);

/**
 * What a queue gave up, or an entrance was refused too often, for people to look at. `body` names rows by
 * their ids and holds nothing else; the rows stay as they were. One and the same thing is open once.
 */
export const pipelineFailures = api.table(
  "pipeline_failures",
  {
    ...born(),
    ...changing(),
    queue: text().notNull(),
    body: jsonb().$type<Record<string, readonly string[]>>().notNull(),
    firstSeenAt: instant().notNull(),
    resolvedAt: instant(),
    resolution: text(),
  },
  (t) => [
    check("pipeline_failures_resolution", sql`(resolved_at is null) = (resolution is null)`),
    uniqueIndex("pipeline_failures_one_open")
      .on(t.queue, sql`md5(body::text)`)
      .where(sql`resolved_at is null`),
    index("pipeline_failures_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** How many messages from outside had no signature that fits, by entrance and minute. */
export const refusedDeliveries = api.table(
  "refused_deliveries",
  { entrance: text().notNull(), minute: instant().notNull(), count: integer().notNull().default(1) },
  (t) => [primaryKey({ columns: [t.entrance, t.minute] })],
);

/** The versions of the public API, and when each ends. */
export const apiVersions = api.table(
  "api_versions",
  {
    version: text().primaryKey(),
    releasedAt: instant().notNull(),
    deprecatedAt: instant(),
    sunsetAt: instant(),
  },
  () => [check("api_versions_order", sql`sunset_at is null or (deprecated_at is not null and sunset_at > deprecated_at)`)],
);

/** Carries a person from the console's host to a company's own, once and within a minute (SURFACES §2.6). */
export const handoverCodes = api.table(
  "handover_codes",
  {
    ...born(),
    codeHash: text().notNull().unique("handover_codes_hash_key"),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    companyId: uuid()
      .notNull()
      .references(() => companies.id),
    /** The console session that the one on the company's host is made from. */
    sessionId: uuid()
      .notNull()
      .references(() => sessions.id),
    expiresAt: instant().notNull(),
    usedAt: instant(),
  },
  (t) => [index("handover_codes_expiry").on(t.expiresAt)],
);
