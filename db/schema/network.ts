import { INVITATION_STATUSES } from "../../domain/invitations/mailed.ts";
import { RECRUITER_STATUSES } from "../../domain/recruiters/recruiter.ts";
import { CONNECTION_STATUSES } from "../../domain/relationships/connection.ts";
import { RELATIONSHIP_STATUSES } from "../../domain/relationships/relationship.ts";
import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  boolean,
  check,
  index,
  integer,
  jsonb,
  numeric,
  pgSchema,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { born, changing, citext, instant, oneOf, searchColumn } from "../columns.ts";
import { candidates, companies, candidateRoleAssignments } from "./ats.ts";
import { organizations, users } from "./identity.ts";

export const network = pgSchema("network");

// the rules own these words; the tables hold them to it
export { CONNECTION_STATUSES, RECRUITER_STATUSES, RELATIONSHIP_STATUSES };

export const VISIBILITIES = ["public", "limited", "hidden"] as const;
export const TEAM_INVITATION_ROLES = ["admin", "member", "collaborator"] as const;
export const TEAM_STATUSES = ["active", "suspended"] as const;
export const TEAM_ROLES = ["owner", "admin", "member", "collaborator"] as const;
export const TEAM_MEMBER_STATUSES = ["active", "invited", "removed"] as const;
export const SPLIT_MODELS = ["flat_split", "tiered_split", "individual_credit", "hybrid"] as const;
export const SUSPENSION_REASONS = ["below_minimum", "owner_unpaid", "admin"] as const;

export const recruiters = network.table(
  "recruiters",
  {
    ...born(),
    ...changing(),
    userId: uuid()
      .notNull()
      .unique("recruiters_user_id_key")
      .references((): AnyPgColumn => users.id),
    name: text().notNull(),
    status: text({ enum: RECRUITER_STATUSES }).notNull().default("pending"),
    bio: text(),
    tagline: text(),
    phone: text(),
    location: text(),
    industries: text()
      .array()
      .notNull()
      .default(sql`'{}'`),
    specialties: text()
      .array()
      .notNull()
      .default(sql`'{}'`),
    yearsExperience: integer(),
    slug: text().unique(),
    marketplaceEnabled: boolean().notNull().default(false),
    marketplaceVisibility: text({ enum: VISIBILITIES }).notNull().default("limited"),
    autoRoutingOptOut: boolean().notNull().default(false),
    stripeConnectAccountId: text(),
    stripeConnectOnboarded: boolean().notNull().default(false),
    stripeConnectOnboardedAt: instant(),
    search: searchColumn("name"),
  },
  (t) => [
    index("recruiters_search").using("gin", t.search),
    oneOf("recruiters_status", t.status, RECRUITER_STATUSES),
    oneOf("recruiters_visibility", t.marketplaceVisibility, VISIBILITIES),
    index("recruiters_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("recruiters_marketplace")
      .on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`marketplace_enabled and marketplace_visibility = 'public' and status = 'active'`),
  ],
);

export const recruiterCandidates = network.table(
  "recruiter_candidates",
  {
    ...born(),
    ...changing(),
    recruiterId: uuid()
      .notNull()
      .references(() => recruiters.id),
    candidateId: uuid()
      .notNull()
      .references((): AnyPgColumn => candidates.id),
    status: text({ enum: RELATIONSHIP_STATUSES }).notNull().default("pending"),
    invitationTokenHash: text().unique("recruiter_candidates_invitation_key"),
    invitedAt: instant(),
    invitationExpiresAt: instant(),
    consentGiven: boolean().notNull().default(false),
    consentGivenAt: instant(),
    consentIpAddress: text(),
    consentUserAgent: text(),
    declinedAt: instant(),
    declinedReason: text(),
    relationshipStartDate: instant(),
    relationshipEndDate: instant(),
    renewalRequestedBy: uuid().references((): AnyPgColumn => users.id),
    renewalRequestedAt: instant(),
    terminationReason: text(),
    terminatedBy: uuid().references((): AnyPgColumn => users.id),
  },
  (t) => [
    oneOf("recruiter_candidates_status", t.status, RELATIONSHIP_STATUSES),
    check("recruiter_candidates_consent", sql`status <> 'active' or (consent_given and consent_given_at is not null)`),
    uniqueIndex("recruiter_candidates_one_active")
      .on(t.candidateId)
      .where(sql`status = 'active'`),
    uniqueIndex("recruiter_candidates_one_open")
      .on(t.recruiterId, t.candidateId)
      .where(sql`status in ('pending', 'active')`),
    index("recruiter_candidates_recruiter").on(t.recruiterId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("recruiter_candidates_candidate").on(t.candidateId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

export interface CompanyPermissions {
  can_view_jobs: boolean;
  can_submit_candidates: boolean;
  can_view_applications: boolean;
  can_advance_candidates: boolean;
  can_create_jobs: boolean;
  can_edit_jobs: boolean;
}

export const recruiterCompanies = network.table(
  "recruiter_companies",
  {
    ...born(),
    ...changing(),
    recruiterId: uuid()
      .notNull()
      .references(() => recruiters.id),
    companyId: uuid()
      .notNull()
      .references((): AnyPgColumn => companies.id),
    status: text({ enum: CONNECTION_STATUSES }).notNull().default("pending"),
    permissions: jsonb().$type<CompanyPermissions>().notNull(),
    invitedBy: uuid().references((): AnyPgColumn => users.id),
    requestMessage: text(),
    termsAcknowledgedAt: instant(),
    termsAcknowledgedBy: uuid().references((): AnyPgColumn => users.id),
    startedAt: instant(),
    endedAt: instant(),
    terminationReason: text(),
    terminatedBy: uuid().references((): AnyPgColumn => users.id),
  },
  (t) => [
    oneOf("recruiter_companies_status", t.status, CONNECTION_STATUSES),
    uniqueIndex("recruiter_companies_one_open")
      .on(t.recruiterId, t.companyId)
      .where(sql`status in ('pending', 'active')`),
    index("recruiter_companies_company").on(t.companyId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("recruiter_companies_recruiter").on(t.recruiterId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** Who first brought a candidate: permanent, the first wins (DOMAIN §2.4). */
export const candidateSourcers = network.table(
  "candidate_sourcers",
  {
    ...born(),
    candidateId: uuid()
      .notNull()
      .unique("candidate_sourcers_candidate_id_key")
      .references((): AnyPgColumn => candidates.id, { onDelete: "cascade" }),
    sourcerRecruiterId: uuid()
      .notNull()
      .references(() => recruiters.id),
    sourcedAt: instant()
      .notNull()
      .default(sql`ops.now()`),
  },
  (t) => [index("idx_candidate_sourcers_recruiter").on(t.sourcerRecruiterId)],
);

/** Who first brought a company: permanent, the first wins. */
export const companySourcers = network.table(
  "company_sourcers",
  {
    ...born(),
    companyId: uuid()
      .notNull()
      .unique("company_sourcers_company_id_key")
      .references((): AnyPgColumn => companies.id, { onDelete: "cascade" }),
    sourcerRecruiterId: uuid()
      .notNull()
      .references(() => recruiters.id),
    sourcedAt: instant()
      .notNull()
      .default(sql`ops.now()`),
  },
  (t) => [index("idx_company_sourcers_recruiter").on(t.sourcerRecruiterId)],
);

/** Counters behind the routing score. Only the counters a deal moves are written today. */
export const recruiterReputation = network.table(
  "recruiter_reputation",
  {
    recruiterId: uuid()
      .primaryKey()
      .references(() => recruiters.id),
    createdAt: instant()
      .notNull()
      .default(sql`ops.now()`),
    ...changing(),
    totalSubmissions: integer().notNull().default(0),
    totalHires: integer().notNull().default(0),
    hireRate: numeric({ precision: 5, scale: 2 }).notNull().default("0"),
    totalPlacements: integer().notNull().default(0),
    completedPlacements: integer().notNull().default(0),
    failedPlacements: integer().notNull().default(0),
    completionRate: numeric({ precision: 5, scale: 2 }).notNull().default("0"),
    totalCollaborations: integer().notNull().default(0),
    avgResponseTimeHours: numeric({ precision: 8, scale: 2 }),
    proposalsAccepted: integer().notNull().default(0),
    proposalsDeclined: integer().notNull().default(0),
    proposalsTimedOut: integer().notNull().default(0),
    reputationScore: numeric({ precision: 5, scale: 2 }).notNull().default("50"),
    internalRating: numeric({ precision: 2, scale: 1 }),
    lastCalculatedAt: instant(),
  },
  () => [check("recruiter_reputation_score", sql`reputation_score between 0 and 100`)],
);

export const teams = network.table(
  "teams",
  {
    ...born(),
    ...changing(),
    name: text().notNull(),
    ownerUserId: uuid()
      .notNull()
      .references((): AnyPgColumn => users.id),
    billingOrganizationId: uuid().references((): AnyPgColumn => organizations.id),
    status: text({ enum: TEAM_STATUSES }).notNull().default("suspended"),
    suspendedReason: text({ enum: SUSPENSION_REASONS }),
    graceUntil: instant(),
    search: searchColumn("name"),
  },
  (t) => [
    index("teams_search").using("gin", t.search),
    oneOf("teams_status", t.status, TEAM_STATUSES),
    check("teams_suspended_reason", sql`(status = 'suspended') = (suspended_reason is not null)`),
    oneOf("teams_reason", t.suspendedReason, SUSPENSION_REASONS),
  ],
);

export const teamMembers = network.table(
  "team_members",
  {
    ...born(),
    ...changing(),
    teamId: uuid()
      .notNull()
      .references(() => teams.id),
    recruiterId: uuid()
      .notNull()
      .references(() => recruiters.id),
    teamRole: text("role", { enum: TEAM_ROLES }).notNull(),
    joinedAt: instant(),
    status: text({ enum: TEAM_MEMBER_STATUSES }).notNull().default("invited"),
  },
  (t) => [
    oneOf("team_members_role", t.teamRole, TEAM_ROLES),
    oneOf("team_members_status", t.status, TEAM_MEMBER_STATUSES),
    check("team_members_joined", sql`status <> 'active' or joined_at is not null`),
    unique("team_members_team_recruiter").on(t.teamId, t.recruiterId),
    index("team_members_recruiter").on(t.recruiterId),
    uniqueIndex("team_members_one_owner")
      .on(t.teamId)
      .where(sql`role = 'owner' and status = 'active'`),
    // D-15: nobody earns in two teams
    uniqueIndex("team_members_one_earning_team")
      .on(t.recruiterId)
      .where(sql`status = 'active' and role <> 'collaborator'`),
  ],
);

export interface SplitParameters {
  overhead_bp?: number;
  owner_bp?: number;
}

/** Who was asked into a team by mail. The token is computed from the row and never stored (DESIGN R-6). */
export const teamInvitations = network.table(
  "team_invitations",
  {
    ...born(),
    ...changing(),
    teamId: uuid()
      .notNull()
      .references(() => teams.id),
    email: citext().notNull(),
    teamRole: text("role", { enum: TEAM_INVITATION_ROLES }).notNull(),
    tokenHash: text().notNull().unique("team_invitations_token_key"),
    issuedAt: instant().notNull(),
    expiresAt: instant().notNull(),
    status: text({ enum: INVITATION_STATUSES }).notNull().default("pending"),
    invitedByUserId: uuid()
      .notNull()
      .references((): AnyPgColumn => users.id),
    acceptedByRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
  },
  (t) => [
    oneOf("team_invitations_role", t.teamRole, TEAM_INVITATION_ROLES),
    oneOf("team_invitations_status", t.status, INVITATION_STATUSES),
    uniqueIndex("team_invitations_one_pending")
      .on(t.teamId, t.email)
      .where(sql`status = 'pending'`),
    index("team_invitations_team").on(t.teamId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** How a team divides one share. History is kept; a row with `cra_id` overrides the default for one deal. */
export const teamSplitConfigs = network.table(
  "team_split_configs",
  {
    ...born(),
    teamId: uuid()
      .notNull()
      .references(() => teams.id),
    model: text({ enum: SPLIT_MODELS }).notNull(),
    config: jsonb().$type<SplitParameters>().notNull().default({}),
    isDefault: boolean().notNull().default(false),
    effectiveFrom: instant().notNull(),
    craId: uuid().references((): AnyPgColumn => candidateRoleAssignments.id),
    createdByUserId: uuid()
      .notNull()
      .references((): AnyPgColumn => users.id),
  },
  (t) => [
    oneOf("team_split_configs_model", t.model, SPLIT_MODELS),
    check(
      "team_split_configs_config",
      sql`(model = 'hybrid') = (config ? 'overhead_bp') and (model = 'tiered_split') = (config ? 'owner_bp')`,
    ),
    check("team_split_configs_purpose", sql`is_default = (cra_id is null)`),
    index("team_split_configs_team").on(t.teamId, t.effectiveFrom.desc().nullsFirst()),
    index("team_split_configs_cra")
      .on(t.craId)
      .where(sql`cra_id is not null`),
  ],
);
