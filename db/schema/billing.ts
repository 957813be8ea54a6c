import { DEAL_ROLES } from "../../domain/commission/deal-roles.ts";
import { TIERS } from "../../domain/commission/rates.ts";
import { INVOICE_STATUSES } from "../../domain/invoices/invoice.ts";
import { HOLD_REASON_NAMES, type HoldReason } from "../../domain/payouts/hold-reasons.ts";
import { PAYOUT_STATUSES } from "../../domain/payouts/transaction.ts";
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
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { born, centsColumn, changing, instant, money, oneOf, percentage, subsetOf, xid8 } from "../columns.ts";
import { companies, jobs, placements } from "./ats.ts";
import { users } from "./identity.ts";
import { recruiters, teamSplitConfigs, teams } from "./network.ts";

export const billing = pgSchema("billing");

// the rules own these words; the tables hold them to it
export { DEAL_ROLES, HOLD_REASON_NAMES, INVOICE_STATUSES, PAYOUT_STATUSES, TIERS };

export const SUBSCRIPTION_STATUSES = ["trialing", "active", "past_due", "canceled", "incomplete"] as const;
export const BILLING_PERIODS = ["monthly", "annual"] as const;
export const SPLIT_KINDS = ["standard", "team_member", "team_overhead", "volume_bonus"] as const;
export const COMPLETION_REASONS = ["transfer", "zero_amount", "offset_in_full"] as const;
export const LAST_OUTCOMES = ["refused", "server_error", "server_error_2", "unknown"] as const;
export const ATTEMPT_PHASES = ["claimed", "looked_up", "answered"] as const;
export const BILLING_TERMS = ["immediate", "net_30", "net_60", "net_90"] as const;
export const INVOICE_DELIVERIES = ["email", "none"] as const;
export const COLLECTION_METHODS = ["charge_automatically", "send_invoice"] as const;
export const CREDIT_STATUSES = ["open", "used", "refunded", "voided"] as const;
export const ESCROW_HOLD_REASONS = ["guarantee_period", "dispute_pending", "compliance_review"] as const;
export const ESCROW_HOLD_STATUSES = ["active", "released", "forfeited", "cancelled"] as const;
export const SCHEDULE_TRIGGERS = ["guarantee_complete", "invoice_paid", "escrow_released", "replacement_cleared", "manual"] as const;
export const SCHEDULE_STATUSES = ["scheduled", "processing", "processed", "failed", "cancelled"] as const;
export const DISPUTE_TYPES = ["fee_amount", "fee_split", "placement_validity", "service_quality", "other", "chargeback"] as const;
export const DISPUTE_STATUSES = ["open", "under_review", "resolved", "dismissed"] as const;
export const CLAWBACK_CAUSES = ["admin", "chargeback", "price_reduction"] as const;
export const DEBT_RECOVERIES = ["reversing", "netting"] as const;
export const ACCOUNT_KINDS = ["asset", "liability", "expense", "income"] as const;
export const OPERATION_KINDS = [
  "invoice_issue",
  "invoice_void",
  "credit_note",
  "refund",
  "transfer_reversal",
  "customer",
  "account",
  "subscription",
] as const;
export const OPERATION_STATUSES = ["pending", "processing", "done", "failed"] as const;
export const APPROVAL_STATUSES = ["requested", "approved", "rejected", "used", "expired"] as const;
export const BREAK_SEVERITIES = ["warning", "critical"] as const;
export const TAX_FORMS = ["1099-NEC", "1099-K"] as const;
export const TAX_FORMS_OF_PAYEES = ["w9", "w8ben", "w8bene"] as const;
export const TAX_CLASSIFICATIONS = ["individual", "partnership", "corporation", "foreign"] as const;
export const TAX_PROFILE_STATUSES = ["missing", "pending", "complete", "expired"] as const;

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
    /** Stripe's prices: of one person by month and year, and of a team's seats. */
    stripePriceId: text(),
    stripeAnnualPriceId: text(),
    stripeTeamPriceId: text(),
    stripeTeamAnnualPriceId: text(),
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
    // beyond it the cent correction could take a third cent (MONEY §4)
    check("fee_terms_uplift", sql`urgent_bp + niche_bp <= 5000`),
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
    /** Seats of a team's subscription; null for a person's. */
    seats: integer(),
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
    /** The last warning of its end, in days before it; and the contract year whose shortfall was told. */
    alertedDays: integer(),
    shortfallYear: integer(),
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

/** Whether a split's money moved (MONEY §10). */
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
    stripeTransferId: text().unique("payout_transactions_transfer_key"),
    stripePayoutId: text(),
    stripeConnectAccountId: text(),
    stripeDestinationPaymentId: text(),
    status: text({ enum: PAYOUT_STATUSES }).notNull(),
    amount: money().notNull(),
    stripeFee: money()
      .notNull()
      .default(0 as never),
    netAmount: money().notNull(),
    amountCents: centsColumn()
      .notNull()
      .generatedAlwaysAs(sql`(amount * 100)::bigint`),
    netCents: centsColumn()
      .notNull()
      .generatedAlwaysAs(sql`(net_amount * 100)::bigint`),
    /** What debts and clawbacks took off before sending. */
    offsetCents: centsColumn()
      .notNull()
      .default(0 as never),
    /** What came back after it was sent. */
    reversedCents: centsColumn()
      .notNull()
      .default(0 as never),
    holdReasons: text({ enum: HOLD_REASON_NAMES as [HoldReason, ...HoldReason[]] })
      .array()
      .notNull()
      .default(sql`'{}'`),
    completionReason: text({ enum: COMPLETION_REASONS }),
    /** Set by the release; before it nothing is sent. */
    eligibleAt: instant(),
    keyVersion: integer().notNull().default(1),
    idempotencyKey: text()
      .notNull()
      .generatedAlwaysAs(sql`'ppt_' || id::text || '_' || key_version::text`)
      .unique("payout_transactions_idempotency_key"),
    firstSentAt: instant(),
    lastOutcome: text({ enum: LAST_OUTCOMES }),
    leaseToken: uuid(),
    leaseUntil: instant(),
    attempts: integer().notNull().default(0),
    retryCount: integer().notNull().default(0),
    nextRetryAt: instant(),
    failureReason: text(),
    processingStartedAt: instant(),
    completedAt: instant(),
    failedAt: instant(),
  },
  (t) => [
    oneOf("payout_transactions_status", t.status, PAYOUT_STATUSES),
    oneOf("payout_transactions_completion", t.completionReason, COMPLETION_REASONS),
    oneOf("payout_transactions_outcome", t.lastOutcome, LAST_OUTCOMES),
    subsetOf("payout_transactions_reasons", t.holdReasons, HOLD_REASON_NAMES),
    check(
      "payout_transactions_amounts",
      sql`amount >= 0 and offset_cents >= 0 and net_amount >= 0 and (net_amount * 100)::bigint = (amount * 100)::bigint - offset_cents`,
    ),
    check("payout_transactions_reversed_part", sql`reversed_cents >= 0 and reversed_cents <= (net_amount * 100)::bigint`),
    check("payout_transactions_hold", sql`(status = 'on_hold') = (cardinality(hold_reasons) > 0)`),
    check(
      "payout_transactions_lease",
      sql`(status = 'processing') = (lease_token is not null) and (lease_token is null) = (lease_until is null)`,
    ),
    check(
      "payout_transactions_completed",
      sql`(status in ('completed', 'reversed')) = (completion_reason is not null and completed_at is not null)`,
    ),
    check("payout_transactions_sent", sql`status not in ('completed', 'reversed') or stripe_transfer_id is not null or net_amount = 0`),
    check("payout_transactions_all_back", sql`status <> 'reversed' or reversed_cents = (net_amount * 100)::bigint`),
    check(
      "payout_transactions_failed",
      sql`retry_count between 0 and 3 and (status <> 'failed' or (failure_reason is not null and (retry_count = 3) = (next_retry_at is null)))`,
    ),
    index("payout_transactions_recruiter").on(t.recruiterId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("payout_transactions_completed_by").on(t.recruiterId, t.completedAt),
    index("payout_transactions_placement").on(t.placementId),
    index("payout_transactions_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("payout_transactions_due").on(t.status, t.eligibleAt),
  ],
);

/** How a company is billed (MONEY §8). Without a row: net 30, to the company's admins. */
export const companyBillingProfiles = billing.table(
  "company_billing_profiles",
  {
    ...born(),
    ...changing(),
    companyId: uuid()
      .notNull()
      .unique("company_billing_profiles_company_key")
      .references((): AnyPgColumn => companies.id),
    billingTerms: text({ enum: BILLING_TERMS }).notNull().default("net_30"),
    billingEmail: text().notNull(),
    billingName: text(),
    taxId: text(),
    address: jsonb().$type<Record<string, string>>(),
    invoiceDelivery: text({ enum: INVOICE_DELIVERIES }).notNull().default("email"),
    stripeCustomerId: text().unique("company_billing_profiles_customer_key"),
    hasPaymentMethod: boolean().notNull().default(false),
  },
  (t) => [
    oneOf("company_billing_profiles_terms", t.billingTerms, BILLING_TERMS),
    oneOf("company_billing_profiles_delivery", t.invoiceDelivery, INVOICE_DELIVERIES),
    check("company_billing_profiles_email", sql`billing_email like '%_@_%'`),
  ],
);

/** What a company owes for one placement. */
export const placementInvoices = billing.table(
  "placement_invoices",
  {
    ...born(),
    ...changing(),
    placementId: uuid()
      .notNull()
      .unique("placement_invoices_placement_key")
      .references((): AnyPgColumn => placements.id),
    companyId: uuid()
      .notNull()
      .references((): AnyPgColumn => companies.id),
    amountDueCents: centsColumn().notNull(),
    amountPaidCents: centsColumn()
      .notNull()
      .default(0 as never),
    /** What credit notes took off. */
    creditedCents: centsColumn()
      .notNull()
      .default(0 as never),
    /** What the credit of a failed placement paid. */
    creditAppliedCents: centsColumn()
      .notNull()
      .default(0 as never),
    currency: text().notNull().default("usd"),
    status: text({ enum: INVOICE_STATUSES }).notNull(),
    collectionMethod: text({ enum: COLLECTION_METHODS }).notNull(),
    billingTerms: text({ enum: BILLING_TERMS }).notNull(),
    dueDate: date(),
    /** When its funds are ours to give; null while unpaid (D-34). */
    collectibleAt: instant(),
    stripeInvoiceId: text().unique("placement_invoices_stripe_key"),
    /** The number and the page that Stripe gave it. */
    number: text(),
    hostedInvoiceUrl: text(),
    finalizedAt: instant(),
    paidAt: instant(),
    voidedAt: instant(),
    /** The last reminder, in days behind the due date. */
    remindedDays: integer(),
  },
  (t) => [
    oneOf("placement_invoices_status", t.status, INVOICE_STATUSES),
    oneOf("placement_invoices_collection", t.collectionMethod, COLLECTION_METHODS),
    oneOf("placement_invoices_terms", t.billingTerms, BILLING_TERMS),
    check("placement_invoices_currency", sql`currency = 'usd'`),
    check(
      "placement_invoices_amounts",
      sql`least(amount_due_cents, amount_paid_cents, credited_cents, credit_applied_cents) >= 0 and amount_paid_cents + credited_cents <= amount_due_cents`,
    ),
    check("placement_invoices_paid", sql`(collectible_at is null) or (paid_at is not null)`),
    index("placement_invoices_company").on(t.companyId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("placement_invoices_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("placement_invoices_open")
      .on(t.dueDate)
      .where(sql`status in ('open', 'uncollectible')`),
  ],
);

/** Each payment of an invoice, whole or in part. */
export const invoicePayments = billing.table(
  "invoice_payments",
  {
    ...born(),
    stripeInvoicePaymentId: text().notNull().unique("invoice_payments_stripe_key"),
    invoiceId: uuid()
      .notNull()
      .references(() => placementInvoices.id),
    grossCents: centsColumn().notNull(),
    feeCents: centsColumn().notNull(),
    /** Null where it was paid outside Stripe. */
    balanceTransactionId: text(),
    paymentIntentId: text(),
    chargeId: text(),
    availableOn: instant(),
    paidAt: instant().notNull(),
  },
  (t) => [
    check("invoice_payments_amounts", sql`gross_cents > 0 and fee_cents >= 0 and fee_cents <= gross_cents`),
    index("invoice_payments_invoice").on(t.invoiceId),
    index("invoice_payments_intent").on(t.paymentIntentId),
    index("invoice_payments_charge").on(t.chargeId),
  ],
);

/** What a placement that fell through leaves for its replacement (D-35, D-100). */
export const placementCredits = billing.table(
  "placement_credits",
  {
    ...born(),
    ...changing(),
    placementId: uuid()
      .notNull()
      .unique("placement_credits_placement_key")
      .references((): AnyPgColumn => placements.id),
    companyId: uuid()
      .notNull()
      .references((): AnyPgColumn => companies.id),
    jobId: uuid()
      .notNull()
      .references((): AnyPgColumn => jobs.id),
    amountCents: centsColumn().notNull(),
    usedCents: centsColumn()
      .notNull()
      .default(0 as never),
    status: text({ enum: CREDIT_STATUSES }).notNull(),
    expiresAt: instant().notNull(),
    replacementPlacementId: uuid().references((): AnyPgColumn => placements.id),
  },
  (t) => [
    oneOf("placement_credits_status", t.status, CREDIT_STATUSES),
    check("placement_credits_amounts", sql`amount_cents > 0 and used_cents between 0 and amount_cents`),
    index("placement_credits_company").on(t.companyId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("placement_credits_job")
      .on(t.jobId)
      .where(sql`status = 'open'`),
    index("placement_credits_expiry")
      .on(t.expiresAt)
      .where(sql`status = 'open'`),
  ],
);

/** What keeps a placement's money where it is. */
export const escrowHolds = billing.table(
  "escrow_holds",
  {
    ...born(),
    ...changing(),
    placementId: uuid()
      .notNull()
      .references((): AnyPgColumn => placements.id),
    holdAmountCents: centsColumn().notNull(),
    holdReason: text({ enum: ESCROW_HOLD_REASONS }).notNull(),
    heldAt: instant().notNull(),
    releaseScheduledDate: date(),
    releasedAt: instant(),
    releasedBy: uuid().references((): AnyPgColumn => users.id),
    status: text({ enum: ESCROW_HOLD_STATUSES }).notNull().default("active"),
  },
  (t) => [
    oneOf("escrow_holds_reason", t.holdReason, ESCROW_HOLD_REASONS),
    oneOf("escrow_holds_status", t.status, ESCROW_HOLD_STATUSES),
    check("escrow_holds_amount", sql`hold_amount_cents > 0`),
    uniqueIndex("escrow_holds_one_active")
      .on(t.placementId, t.holdReason)
      .where(sql`status = 'active'`),
    index("escrow_holds_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** When a placement's money is released, once its conditions hold (MONEY §9). */
export const payoutSchedules = billing.table(
  "payout_schedules",
  {
    ...born(),
    ...changing(),
    placementId: uuid()
      .notNull()
      .references((): AnyPgColumn => placements.id),
    scheduledDate: date().notNull(),
    triggerEvent: text({ enum: SCHEDULE_TRIGGERS }).notNull().default("guarantee_complete"),
    status: text({ enum: SCHEDULE_STATUSES }).notNull().default("scheduled"),
    retryCount: integer().notNull().default(0),
    lastRetryAt: instant(),
    failureReason: text(),
    releasedAt: instant(),
    processedAt: instant(),
  },
  (t) => [
    oneOf("payout_schedules_trigger", t.triggerEvent, SCHEDULE_TRIGGERS),
    oneOf("payout_schedules_status", t.status, SCHEDULE_STATUSES),
    uniqueIndex("payout_schedules_one_live")
      .on(t.placementId)
      .where(sql`status in ('scheduled', 'processing')`),
    index("payout_schedules_due").on(t.status, t.scheduledDate),
    index("payout_schedules_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** Every call that was made, or may have been made, for a transaction. Append-only. */
export const payoutAttempts = billing.table(
  "payout_attempts",
  {
    transactionId: uuid()
      .notNull()
      .references(() => placementPayoutTransactions.id),
    attemptNo: integer().notNull(),
    phase: text({ enum: ATTEMPT_PHASES }).notNull(),
    keyVersion: integer().notNull(),
    at: instant().notNull(),
    outcome: text(),
    httpStatus: integer(),
    errorCode: text(),
    stripeRequestId: text(),
    stripeTransferId: text(),
  },
  (t) => [
    primaryKey({ columns: [t.transactionId, t.attemptNo, t.phase, t.keyVersion] }),
    oneOf("payout_attempts_phase", t.phase, ATTEMPT_PHASES),
    index("payout_attempts_answered")
      .on(t.at)
      .where(sql`phase = 'answered'`),
  ],
);

/** One row per change of status, hold, amount or schedule (DOMAIN §2.8). Append-only. */
export const payoutAuditLog = billing.table(
  "payout_audit_log",
  {
    ...born(),
    placementId: uuid()
      .notNull()
      .references((): AnyPgColumn => placements.id),
    scheduleId: uuid(),
    transactionId: uuid(),
    eventType: text().notNull(),
    action: text().notNull(),
    oldStatus: text(),
    newStatus: text(),
    oldAmountCents: centsColumn(),
    newAmountCents: centsColumn(),
    reason: text(),
    metadata: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    changedBy: uuid(),
    changedByRole: text(),
  },
  (t) => [index("payout_audit_log_placement").on(t.placementId, t.createdAt), index("payout_audit_log_transaction").on(t.transactionId)],
);

export const disputes = billing.table(
  "disputes",
  {
    ...born(),
    ...changing(),
    placementId: uuid()
      .notNull()
      .references((): AnyPgColumn => placements.id),
    raisedBy: uuid().references((): AnyPgColumn => users.id),
    disputeType: text({ enum: DISPUTE_TYPES }).notNull(),
    reason: text().notNull(),
    status: text({ enum: DISPUTE_STATUSES }).notNull().default("open"),
    resolution: text(),
    resolvedAt: instant(),
    stripeDisputeId: text().unique("disputes_stripe_key"),
    amountCents: centsColumn(),
  },
  (t) => [
    oneOf("disputes_type", t.disputeType, DISPUTE_TYPES),
    oneOf("disputes_status", t.status, DISPUTE_STATUSES),
    check("disputes_chargeback", sql`(dispute_type = 'chargeback') = (stripe_dispute_id is not null)`),
    index("disputes_placement").on(t.placementId),
    index("disputes_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** Money asked back of a placement: what the company gets, and what of it the platform bears (MONEY §11). */
export const clawbacks = billing.table(
  "clawbacks",
  {
    ...born(),
    placementId: uuid()
      .notNull()
      .references((): AnyPgColumn => placements.id),
    cause: text({ enum: CLAWBACK_CAUSES }).notNull(),
    /** The dispute or approval behind it. */
    causeId: uuid().notNull(),
    refundCents: centsColumn().notNull(),
    platformCents: centsColumn().notNull(),
    beforeRelease: boolean().notNull(),
    reason: text().notNull(),
    approvalId: uuid(),
  },
  (t) => [
    oneOf("clawbacks_cause", t.cause, CLAWBACK_CAUSES),
    check("clawbacks_amounts", sql`refund_cents > 0 and platform_cents >= 0`),
    unique("clawbacks_one_per_cause").on(t.placementId, t.cause, t.causeId),
    index("clawbacks_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** What of a clawback falls on one transaction: what was not paid yet, and what was. */
export const payoutReversals = billing.table(
  "payout_reversals",
  {
    ...born(),
    ...changing(),
    clawbackId: uuid()
      .notNull()
      .references(() => clawbacks.id),
    payoutTransactionId: uuid()
      .notNull()
      .references(() => placementPayoutTransactions.id),
    /** `clawback:<id>`. */
    cause: text().notNull(),
    amountCents: centsColumn().notNull(),
    unpaidCents: centsColumn().notNull(),
    paidCents: centsColumn().notNull(),
    operationId: uuid(),
  },
  (t) => [
    unique("payout_reversals_one_per_cause").on(t.payoutTransactionId, t.cause),
    check(
      "payout_reversals_amounts",
      sql`amount_cents > 0 and unpaid_cents >= 0 and paid_cents >= 0 and unpaid_cents + paid_cents = amount_cents`,
    ),
    index("payout_reversals_clawback").on(t.clawbackId),
  ],
);

/** What a recruiter owes: asked back after it was paid. */
export const recruiterDebts = billing.table(
  "recruiter_debts",
  {
    ...born(),
    ...changing(),
    recruiterId: uuid()
      .notNull()
      .references((): AnyPgColumn => recruiters.id),
    reversalId: uuid()
      .notNull()
      .unique("recruiter_debts_reversal_key")
      .references(() => payoutReversals.id),
    amountCents: centsColumn().notNull(),
    recoveredCents: centsColumn()
      .notNull()
      .default(0 as never),
    writtenOffCents: centsColumn()
      .notNull()
      .default(0 as never),
    /** Whether its transfer may still be reversed; only then it is left out of netting. */
    recovery: text({ enum: DEBT_RECOVERIES }).notNull(),
    settledAt: instant(),
  },
  (t) => [
    oneOf("recruiter_debts_recovery", t.recovery, DEBT_RECOVERIES),
    check(
      "recruiter_debts_amounts",
      sql`amount_cents > 0 and recovered_cents >= 0 and written_off_cents >= 0 and recovered_cents + written_off_cents <= amount_cents`,
    ),
    check("recruiter_debts_settled", sql`(settled_at is not null) = (recovered_cents + written_off_cents = amount_cents)`),
    index("recruiter_debts_recruiter").on(t.recruiterId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("recruiter_debts_open")
      .on(t.recruiterId)
      .where(sql`settled_at is null`),
  ],
);

/** The double-entry books (MONEY §13). */
export const ledgerAccounts = billing.table(
  "ledger_accounts",
  {
    ...born(),
    code: text().notNull().unique("ledger_accounts_code_key"),
    kind: text({ enum: ACCOUNT_KINDS }).notNull(),
    currency: text().notNull().default("usd"),
    floorCents: centsColumn(),
  },
  (t) => [oneOf("ledger_accounts_kind", t.kind, ACCOUNT_KINDS), check("ledger_accounts_currency", sql`currency = 'usd'`)],
);

export const ledgerTransactions = billing.table(
  "ledger_transactions",
  {
    id: uuid().primaryKey(),
    kind: text().notNull(),
    idempotencyKey: text().notNull().unique("ledger_transactions_key"),
    requestHash: text().notNull(),
    reverses: uuid().unique("ledger_transactions_reverses_key"),
    xact: xid8()
      .notNull()
      .default(sql`pg_current_xact_id()`),
    at: instant().notNull(),
    placementId: uuid(),
  },
  (t) => [
    index("ledger_transactions_at").on(t.at.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("ledger_transactions_placement").on(t.placementId),
  ],
);

/** Debit +, credit −. */
export const ledgerEntries = billing.table(
  "ledger_entries",
  {
    transactionId: uuid()
      .notNull()
      .references(() => ledgerTransactions.id),
    accountId: uuid()
      .notNull()
      .references(() => ledgerAccounts.id),
    amountCents: centsColumn().notNull(),
    balanceTransactionId: text().unique("ledger_entries_balance_transaction_key"),
  },
  (t) => [
    primaryKey({ columns: [t.transactionId, t.accountId] }),
    check("ledger_entries_amount", sql`amount_cents <> 0`),
    index("ledger_entries_account").on(t.accountId, t.transactionId),
  ],
);

/** Kept by trigger for accounts with a floor; the others' balance is a sum. */
export const ledgerBalances = billing.table("ledger_balances", {
  accountId: uuid()
    .primaryKey()
    .references(() => ledgerAccounts.id),
  balanceCents: centsColumn().notNull(),
});

/** One row per intent towards Stripe that is not a payout (MONEY §17.3). */
export const stripeOperations = billing.table(
  "stripe_operations",
  {
    ...born(),
    ...changing(),
    kind: text({ enum: OPERATION_KINDS }).notNull(),
    subjectType: text().notNull(),
    subjectId: uuid().notNull(),
    request: jsonb().$type<Record<string, unknown>>().notNull(),
    status: text({ enum: OPERATION_STATUSES }).notNull().default("pending"),
    keyVersion: integer().notNull().default(1),
    firstSentAt: instant(),
    lastOutcome: text({ enum: LAST_OUTCOMES }),
    leaseToken: uuid(),
    leaseUntil: instant(),
    processingStartedAt: instant(),
    attempts: integer().notNull().default(0),
    retryCount: integer().notNull().default(0),
    nextAttemptAt: instant().notNull(),
    stripeObjectId: text(),
    failureReason: text(),
  },
  (t) => [
    oneOf("stripe_operations_kind", t.kind, OPERATION_KINDS),
    oneOf("stripe_operations_status", t.status, OPERATION_STATUSES),
    oneOf("stripe_operations_outcome", t.lastOutcome, LAST_OUTCOMES),
    check("stripe_operations_lease", sql`(status = 'processing') = (lease_token is not null)`),
    // one clawback may be taken off two invoices: that of the placement, and the one whose credit it took
    uniqueIndex("stripe_operations_one_per_intent")
      .on(t.kind, t.subjectId, sql`coalesce(request ->> 'invoice_id', '')`)
      .where(sql`kind <> 'subscription' or status in ('pending', 'processing')`),
    index("stripe_operations_due")
      .on(t.nextAttemptAt)
      .where(sql`status in ('pending', 'processing')`),
  ],
);

/** What Stripe told us, once each. */
export const stripeEvents = billing.table(
  "stripe_events",
  {
    id: text().primaryKey(),
    type: text().notNull(),
    account: text(),
    created: instant().notNull(),
    /** What the event is about: `{object, id}`; the object itself is fetched when it is worked on. */
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    receivedAt: instant().notNull(),
    processedAt: instant(),
    attempts: integer().notNull().default(0),
    error: text(),
  },
  (t) => [
    index("stripe_events_waiting")
      .on(t.receivedAt)
      .where(sql`processed_at is null`),
    index("stripe_events_received").on(t.receivedAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

export const switches = billing.table("switches", {
  name: text().primaryKey(),
  enabled: boolean().notNull(),
  reason: text(),
  changedBy: uuid().references((): AnyPgColumn => users.id),
  changedAt: instant().notNull(),
  version: integer().notNull().default(1),
});

/** What two admins must want (MONEY §18). */
export const approvals = billing.table(
  "approvals",
  {
    ...born(),
    ...changing(),
    action: text().notNull(),
    subjectId: uuid().notNull(),
    request: jsonb().$type<Record<string, unknown>>().notNull(),
    reason: text().notNull(),
    requestedBy: uuid()
      .notNull()
      .references((): AnyPgColumn => users.id),
    approvedBy: uuid().references((): AnyPgColumn => users.id),
    status: text({ enum: APPROVAL_STATUSES }).notNull().default("requested"),
    expiresAt: instant().notNull(),
  },
  (t) => [
    oneOf("approvals_status", t.status, APPROVAL_STATUSES),
    check("approvals_four_eyes", sql`approved_by <> requested_by`),
    check("approvals_approved", sql`(status in ('approved', 'used')) <= (approved_by is not null)`),
    index("approvals_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    uniqueIndex("approvals_one_open")
      .on(t.action, t.subjectId)
      .where(sql`status in ('requested', 'approved')`),
  ],
);

export const reconciliationRuns = billing.table(
  "reconciliation_runs",
  {
    ...born(),
    startedAt: instant().notNull(),
    finishedAt: instant(),
    checked: jsonb().$type<Record<string, number>>().notNull().default({}),
    opened: integer().notNull().default(0),
    healed: integer().notNull().default(0),
    /** Breaks that it found and left to a run after it, because they were too many. */
    postponed: integer().notNull().default(0),
  },
  (t) => [index("reconciliation_runs_started").on(t.startedAt.desc().nullsFirst(), t.id.desc().nullsFirst())],
);

export const reconciliationBreaks = billing.table(
  "reconciliation_breaks",
  {
    ...born(),
    ...changing(),
    kind: text().notNull(),
    severity: text({ enum: BREAK_SEVERITIES }).notNull(),
    subject: text().notNull(),
    expected: text(),
    actual: text(),
    openedAt: instant().notNull(),
    ownerUserId: uuid().references((): AnyPgColumn => users.id),
    resolvedAt: instant(),
    resolution: text(),
  },
  (t) => [
    oneOf("reconciliation_breaks_severity", t.severity, BREAK_SEVERITIES),
    uniqueIndex("reconciliation_breaks_one_open")
      .on(t.kind, t.subject)
      .where(sql`resolved_at is null`),
    index("reconciliation_breaks_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** What a payee said of their taxes; the number itself stays with Stripe (MONEY §20). */
export const taxProfiles = billing.table(
  "tax_profiles",
  {
    recruiterId: uuid()
      .primaryKey()
      .references((): AnyPgColumn => recruiters.id),
    form: text({ enum: TAX_FORMS_OF_PAYEES }),
    classification: text({ enum: TAX_CLASSIFICATIONS }),
    status: text({ enum: TAX_PROFILE_STATUSES }).notNull(),
    tinLast4: text(),
    completedAt: instant(),
    expiresAt: instant(),
    createdAt: instant()
      .notNull()
      .default(sql`ops.now()`),
    ...changing(),
  },
  (t) => [
    oneOf("tax_profiles_form", t.form, TAX_FORMS_OF_PAYEES),
    oneOf("tax_profiles_classification", t.classification, TAX_CLASSIFICATIONS),
    oneOf("tax_profiles_status", t.status, TAX_PROFILE_STATUSES),
    check("tax_profiles_tin", sql`tin_last4 ~ '^[0-9]{4}$'`),
    check(
      "tax_profiles_complete",
      sql`status <> 'complete' or (form is not null and classification is not null and completed_at is not null)`,
    ),
  ],
);

/** From which total on a form is due; a year without a row has no forms. */
export const taxThresholds = billing.table(
  "tax_thresholds",
  {
    year: integer().notNull(),
    form: text({ enum: TAX_FORMS }).notNull(),
    cents: centsColumn().notNull(),
    minCount: integer(),
  },
  (t) => [primaryKey({ columns: [t.year, t.form] }), oneOf("tax_thresholds_form", t.form, TAX_FORMS)],
);

/** Named values of the house that admins may change, such as `tax_form`. */
export const settings = billing.table("settings", {
  name: text().primaryKey(),
  value: jsonb().$type<unknown>().notNull(),
  changedBy: uuid().references((): AnyPgColumn => users.id),
  changedAt: instant().notNull(),
});
