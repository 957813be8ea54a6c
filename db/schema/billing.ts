import { DEAL_ROLES } from "../../domain/commission/deal-roles.ts";
import { TIERS } from "../../domain/commission/rates.ts";
import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  boolean,
  check,
  date,
  index,
  integer,
  jsonb,
  pgSchema,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { born, centsColumn, changing, instant, money, oneOf, percentage } from "../columns.ts";
import { companies, placements } from "./ats.ts";
import { users } from "./identity.ts";
import { recruiters, teamSplitConfigs, teams } from "./network.ts";

export const billing = pgSchema("billing");

// the rules own these words; the tables hold them to it
export { DEAL_ROLES, TIERS };

export const SUBSCRIPTION_STATUSES = ["trialing", "active", "past_due", "canceled", "incomplete"] as const;
export const BILLING_PERIODS = ["monthly", "annual"] as const;
export const SPLIT_KINDS = ["standard", "team_member", "team_overhead", "volume_bonus"] as const;
export const TRANSACTION_STATUSES = ["pending", "processing", "completed", "failed", "on_hold", "cancelled", "reversed"] as const;
export const COMPLETION_REASONS = ["transfer", "zero_amount", "offset_in_full"] as const;

export const plans = billing.table(
  "plans",
  {
    ...born(),
    ...changing(),
    slug: text().notNull().unique(),
    name: text().notNull(),
    tier: text({ enum: TIERS }).notNull(),
    priceCents: integer().notNull(),
    annualPriceCents: integer().notNull(),
    trialDays: integer().notNull().default(0),
    stripePriceId: text(),
    entitlements: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    isActive: boolean().notNull().default(true),
  },
  (t) => [oneOf("plans_tier", t.tier, TIERS), check("plans_price", sql`price_cents >= 0 and annual_price_cents >= 0`)],
);

/** What each of the five roles earns, by tier and time. A change is a new row, never an edit. */
export const splitsRates = billing.table(
  "splits_rates",
  {
    ...born(),
    tier: text({ enum: TIERS }).notNull(),
    candidateRecruiterRate: percentage().notNull(),
    companyRecruiterRate: percentage().notNull(),
    jobOwnerRate: percentage().notNull(),
    candidateSourcerRate: percentage().notNull(),
    companySourcerRate: percentage().notNull(),
    effectiveFrom: instant().notNull(),
    effectiveTo: instant(),
  },
  (t) => [
    oneOf("splits_rates_tier", t.tier, TIERS),
    check(
      "splits_rates_sum",
      sql`candidate_recruiter_rate + company_recruiter_rate + job_owner_rate + candidate_sourcer_rate + company_sourcer_rate <= 100
        and least(candidate_recruiter_rate, company_recruiter_rate, job_owner_rate, candidate_sourcer_rate, company_sourcer_rate) >= 0`,
    ),
    uniqueIndex("splits_rates_one_open")
      .on(t.tier)
      .where(sql`effective_to is null`),
  ],
);

/** The numbers of the fee that are not rates of a recruiter (MONEY §5). One row is open. */
export const feeTerms = billing.table(
  "fee_terms",
  {
    ...born(),
    standardBp: integer().notNull(),
    executiveBp: integer().notNull(),
    urgentBp: integer().notNull(),
    nicheBp: integer().notNull(),
    keepBp: integer().notNull(),
    effectiveFrom: instant().notNull(),
    effectiveTo: instant(),
  },
  () => [
    uniqueIndex("fee_terms_one_open")
      .on(sql`(effective_to is null)`)
      .where(sql`effective_to is null`),
  ],
);

export const subscriptions = billing.table(
  "subscriptions",
  {
    ...born(),
    ...changing(),
    userId: uuid()
      .notNull()
      .references((): AnyPgColumn => users.id),
    recruiterId: uuid().references((): AnyPgColumn => recruiters.id),
    teamId: uuid().references((): AnyPgColumn => teams.id),
    planId: uuid()
      .notNull()
      .references(() => plans.id),
    status: text({ enum: SUBSCRIPTION_STATUSES }).notNull(),
    /** When the plan last became active or moved up: an upgrade just before a hire is a signal (D-43). */
    upgradedAt: instant(),
    pastDueSince: instant(),
    currentPeriodStart: instant(),
    currentPeriodEnd: instant(),
    cancelAt: instant(),
    canceledAt: instant(),
    trialStart: instant(),
    trialEnd: instant(),
    billingPeriod: text({ enum: BILLING_PERIODS }).notNull().default("monthly"),
    stripeCustomerId: text(),
    stripeSubscriptionId: text().unique("subscriptions_stripe_subscription_key"),
  },
  (t) => [
    oneOf("subscriptions_status", t.status, SUBSCRIPTION_STATUSES),
    oneOf("subscriptions_billing_period", t.billingPeriod, BILLING_PERIODS),
    check("subscriptions_past_due", sql`(status = 'past_due') = (past_due_since is not null)`),
    uniqueIndex("subscriptions_one_of_user")
      .on(t.userId)
      .where(sql`team_id is null and status <> 'canceled'`),
    uniqueIndex("subscriptions_one_of_team")
      .on(t.teamId)
      .where(sql`status <> 'canceled'`),
    index("subscriptions_user").on(t.userId),
    index("subscriptions_recruiter").on(t.recruiterId),
  ],
);

/** What was agreed with a company. Overlaps cannot be stored (an exclusion constraint, MONEY §15). */
export const customContracts = billing.table(
  "custom_contracts",
  {
    ...born(),
    ...changing(),
    companyId: uuid()
      .notNull()
      .references((): AnyPgColumn => companies.id),
    feePercentage: percentage(),
    flatFeeCents: centsColumn(),
    minPlacementsPerYear: integer(),
    discountPercentage: percentage(),
    discountThreshold: integer().notNull().default(0),
    contractStartDate: date().notNull(),
    contractEndDate: date(),
    termsDocumentUrl: text(),
    approvedByAdminId: uuid().references((): AnyPgColumn => users.id),
    approvedAt: instant(),
  },
  (t) => [
    check("custom_contracts_dates", sql`contract_end_date is null or contract_end_date >= contract_start_date`),
    check(
      "custom_contracts_fee",
      sql`fee_percentage between 0 and 100 and flat_fee_cents between 0 and 9999999999 and discount_percentage between 0 and 100 and discount_threshold >= 0`,
    ),
    check("custom_contracts_approved", sql`(approved_at is null) = (approved_by_admin_id is null)`),
    index("custom_contracts_company").on(t.companyId),
  ],
);

/** Who earns what of one hire, and on what grounds: written once, in the hire's commit. */
export const placementSnapshot = billing.table(
  "placement_snapshot",
  {
    placementId: uuid()
      .primaryKey()
      .references((): AnyPgColumn => placements.id),
    candidateRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
    companyRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
    jobOwnerRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
    candidateSourcerRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
    companySourcerRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
    candidateRecruiterRate: percentage(),
    companyRecruiterRate: percentage(),
    jobOwnerRate: percentage(),
    candidateSourcerRate: percentage(),
    companySourcerRate: percentage(),
    totalPlacementFee: money().notNull(),
    subscriptionTier: text(),
    createdAt: instant()
      .notNull()
      .default(sql`ops.now()`),
    feeCents: centsColumn()
      .notNull()
      .generatedAlwaysAs(sql`(total_placement_fee * 100)::bigint`),
    candidateRecruiterTier: text({ enum: TIERS }),
    companyRecruiterTier: text({ enum: TIERS }),
    jobOwnerTier: text({ enum: TIERS }),
    candidateSourcerTier: text({ enum: TIERS }),
    companySourcerTier: text({ enum: TIERS }),
    candidateRecruiterTeamId: uuid(),
    companyRecruiterTeamId: uuid(),
    jobOwnerTeamId: uuid(),
    candidateSourcerTeamId: uuid(),
    companySourcerTeamId: uuid(),
    candidateRecruiterSplitConfig: jsonb().$type<Record<string, unknown>>(),
    companyRecruiterSplitConfig: jsonb().$type<Record<string, unknown>>(),
    jobOwnerSplitConfig: jsonb().$type<Record<string, unknown>>(),
    candidateSourcerSplitConfig: jsonb().$type<Record<string, unknown>>(),
    companySourcerSplitConfig: jsonb().$type<Record<string, unknown>>(),
    feeBasis: jsonb().$type<Record<string, unknown>>().notNull(),
    contractId: uuid(),
    feeTermsId: uuid()
      .notNull()
      .references(() => feeTerms.id),
    splitsRatesIds: jsonb().$type<readonly string[]>().notNull(),
    policyVersion: text(),
  },
  () => [
    check(
      "placement_snapshot_parts",
      sql.raw(
        [
          ["candidate_recruiter", "candidate_recruiter_id"],
          ["company_recruiter", "company_recruiter_id"],
          ["job_owner", "job_owner_recruiter_id"],
          ["candidate_sourcer", "candidate_sourcer_recruiter_id"],
          ["company_sourcer", "company_sourcer_recruiter_id"],
        ]
          .map(([part, id]) => `num_nulls(${id}, ${part}_rate, ${part}_tier) in (0, 3)`)
          .join(" and "),
      ),
    ),
    check(
      "placement_snapshot_rates",
      sql`coalesce(candidate_recruiter_rate, 0) + coalesce(company_recruiter_rate, 0) + coalesce(job_owner_rate, 0) + coalesce(candidate_sourcer_rate, 0) + coalesce(company_sourcer_rate, 0) <= 100`,
    ),
    check("placement_snapshot_tier", sql`subscription_tier in ('free', 'paid', 'premium', 'mixed')`),
  ],
);

export const placementAllocations = billing.table(
  "placement_allocations",
  {
    placementId: uuid()
      .primaryKey()
      .references(() => placementSnapshot.placementId),
    splitsCents: centsColumn().notNull(),
    platformCents: centsColumn().notNull(),
    createdAt: instant()
      .notNull()
      .default(sql`ops.now()`),
  },
  () => [check("placement_allocations_parts", sql`splits_cents >= 0 and platform_cents >= 0`)],
);

export const placementSplits = billing.table(
  "placement_splits",
  {
    ...born(),
    placementId: uuid()
      .notNull()
      .references(() => placementSnapshot.placementId),
    recruiterId: uuid()
      .notNull()
      .references((): AnyPgColumn => recruiters.id),
    dealRole: text("role", { enum: DEAL_ROLES }).notNull(),
    splitPercentage: percentage().notNull(),
    splitAmount: money().notNull(),
    bonusAmount: money()
      .notNull()
      .default(0 as never),
    amountCents: centsColumn()
      .notNull()
      .generatedAlwaysAs(sql`(split_amount * 100)::bigint`),
    kind: text({ enum: SPLIT_KINDS }).notNull().default("standard"),
    teamId: uuid().references((): AnyPgColumn => teams.id),
    splitConfigId: uuid().references((): AnyPgColumn => teamSplitConfigs.id),
  },
  (t) => [
    unique("placement_splits_one_per_payee_and_role").on(t.placementId, t.recruiterId, t.dealRole),
    oneOf("placement_splits_role", t.dealRole, DEAL_ROLES),
    oneOf("placement_splits_kind", t.kind, SPLIT_KINDS),
    check("placement_splits_amounts", sql`split_amount >= 0 and bonus_amount >= 0 and bonus_amount <= split_amount`),
    index("idx_placement_splits_role").on(t.dealRole),
    index("idx_placement_splits_placement_role").on(t.placementId, t.dealRole),
    index("placement_splits_recruiter").on(t.recruiterId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("placement_splits_team")
      .on(t.teamId)
      .where(sql`team_id is not null`),
  ],
);

/** Whether a split's money moved. The columns that only a transfer uses come with the transfers. */
export const placementPayoutTransactions = billing.table(
  "placement_payout_transactions",
  {
    ...born(),
    ...changing(),
    placementSplitId: uuid()
      .notNull()
      .unique("payout_transactions_split_key")
      .references(() => placementSplits.id),
    placementId: uuid()
      .notNull()
      .references((): AnyPgColumn => placements.id),
    recruiterId: uuid()
      .notNull()
      .references((): AnyPgColumn => recruiters.id),
    status: text({ enum: TRANSACTION_STATUSES }).notNull(),
    amount: money().notNull(),
    netAmount: money().notNull(),
    amountCents: centsColumn()
      .notNull()
      .generatedAlwaysAs(sql`(amount * 100)::bigint`),
    netCents: centsColumn()
      .notNull()
      .generatedAlwaysAs(sql`(net_amount * 100)::bigint`),
    holdReasons: text()
      .array()
      .notNull()
      .default(sql`'{}'`),
    completionReason: text({ enum: COMPLETION_REASONS }),
    completedAt: instant(),
  },
  (t) => [
    oneOf("payout_transactions_status", t.status, TRANSACTION_STATUSES),
    oneOf("payout_transactions_completion", t.completionReason, COMPLETION_REASONS),
    check("payout_transactions_amounts", sql`amount >= 0 and net_amount = amount`),
    check("payout_transactions_hold", sql`(status = 'on_hold') = (cardinality(hold_reasons) > 0)`),
    check("payout_transactions_completed", sql`(status = 'completed') = (completion_reason is not null and completed_at is not null)`),
    index("payout_transactions_recruiter").on(t.recruiterId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("payout_transactions_placement").on(t.placementId),
    index("payout_transactions_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);
