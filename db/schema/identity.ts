import { sql } from "drizzle-orm";
import { type AnyPgColumn, index, integer, pgSchema, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { born, changing, citext, instant, oneOf } from "../columns.ts";
import { recruiters } from "./network.ts";
import { companies } from "./ats.ts";

export const identity = pgSchema("identity");

export const USER_STATUSES = ["active", "deactivated"] as const;
export const ONBOARDING_STATUSES = ["pending", "in_progress", "completed", "skipped"] as const;
export const ORGANIZATION_TYPES = ["company", "platform", "agency"] as const;
export const MEMBERSHIP_ROLES = ["company_admin", "hiring_manager"] as const;

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
