CREATE TABLE "network"."team_invitations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"team_id" uuid NOT NULL,
	"email" "citext" NOT NULL,
	"role" text NOT NULL,
	"token_hash" text NOT NULL,
	"issued_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"invited_by_user_id" uuid NOT NULL,
	"accepted_by_recruiter_id" uuid,
	CONSTRAINT "team_invitations_token_key" UNIQUE("token_hash"),
	CONSTRAINT "team_invitations_role" CHECK ("network"."team_invitations"."role" in ('admin', 'member', 'collaborator')),
	CONSTRAINT "team_invitations_status" CHECK ("network"."team_invitations"."status" in ('pending', 'accepted', 'expired', 'revoked'))
);
--> statement-breakpoint
CREATE TABLE "billing"."approvals" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"action" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"request" jsonb NOT NULL,
	"reason" text NOT NULL,
	"requested_by" uuid NOT NULL,
	"approved_by" uuid,
	"status" text DEFAULT 'requested' NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "approvals_status" CHECK ("billing"."approvals"."status" in ('requested', 'approved', 'rejected', 'used', 'expired')),
	CONSTRAINT "approvals_four_eyes" CHECK (approved_by <> requested_by),
	CONSTRAINT "approvals_approved" CHECK ((status in ('approved', 'used')) <= (approved_by is not null))
);
--> statement-breakpoint
CREATE TABLE "billing"."clawbacks" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"placement_id" uuid NOT NULL,
	"cause" text NOT NULL,
	"cause_id" uuid NOT NULL,
	"refund_cents" bigint NOT NULL,
	"platform_cents" bigint NOT NULL,
	"before_release" boolean NOT NULL,
	"reason" text NOT NULL,
	"approval_id" uuid,
	CONSTRAINT "clawbacks_one_per_cause" UNIQUE("placement_id","cause","cause_id"),
	CONSTRAINT "clawbacks_cause" CHECK ("billing"."clawbacks"."cause" in ('admin', 'chargeback', 'price_reduction')),
	CONSTRAINT "clawbacks_amounts" CHECK (refund_cents > 0 and platform_cents >= 0)
);
--> statement-breakpoint
CREATE TABLE "billing"."company_billing_profiles" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"company_id" uuid NOT NULL,
	"billing_terms" text DEFAULT 'net_30' NOT NULL,
	"billing_email" text NOT NULL,
	"billing_name" text,
	"tax_id" text,
	"address" jsonb,
	"invoice_delivery" text DEFAULT 'email' NOT NULL,
	"stripe_customer_id" text,
	"has_payment_method" boolean DEFAULT false NOT NULL,
	CONSTRAINT "company_billing_profiles_company_key" UNIQUE("company_id"),
	CONSTRAINT "company_billing_profiles_customer_key" UNIQUE("stripe_customer_id"),
	CONSTRAINT "company_billing_profiles_terms" CHECK ("billing"."company_billing_profiles"."billing_terms" in ('immediate', 'net_30', 'net_60', 'net_90')),
	CONSTRAINT "company_billing_profiles_delivery" CHECK ("billing"."company_billing_profiles"."invoice_delivery" in ('email', 'none')),
	CONSTRAINT "company_billing_profiles_email" CHECK (billing_email like '%_@_%')
);
--> statement-breakpoint
CREATE TABLE "billing"."disputes" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"placement_id" uuid NOT NULL,
	"raised_by" uuid,
	"dispute_type" text NOT NULL,
	"reason" text NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	"resolution" text,
	"resolved_at" timestamp with time zone,
	"stripe_dispute_id" text,
	"amount_cents" bigint,
	CONSTRAINT "disputes_stripe_key" UNIQUE("stripe_dispute_id"),
	CONSTRAINT "disputes_type" CHECK ("billing"."disputes"."dispute_type" in ('fee_amount', 'fee_split', 'placement_validity', 'service_quality', 'other', 'chargeback')),
	CONSTRAINT "disputes_status" CHECK ("billing"."disputes"."status" in ('open', 'under_review', 'resolved', 'dismissed')),
	CONSTRAINT "disputes_chargeback" CHECK ((dispute_type = 'chargeback') = (stripe_dispute_id is not null))
);
--> statement-breakpoint
CREATE TABLE "billing"."escrow_holds" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"placement_id" uuid NOT NULL,
	"hold_amount_cents" bigint NOT NULL,
	"hold_reason" text NOT NULL,
	"held_at" timestamp with time zone NOT NULL,
	"release_scheduled_date" date,
	"released_at" timestamp with time zone,
	"released_by" uuid,
	"status" text DEFAULT 'active' NOT NULL,
	CONSTRAINT "escrow_holds_reason" CHECK ("billing"."escrow_holds"."hold_reason" in ('guarantee_period', 'dispute_pending', 'compliance_review')),
	CONSTRAINT "escrow_holds_status" CHECK ("billing"."escrow_holds"."status" in ('active', 'released', 'forfeited', 'cancelled')),
	CONSTRAINT "escrow_holds_amount" CHECK (hold_amount_cents > 0)
);
--> statement-breakpoint
CREATE TABLE "billing"."invoice_payments" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"stripe_invoice_payment_id" text NOT NULL,
	"invoice_id" uuid NOT NULL,
	"gross_cents" bigint NOT NULL,
	"fee_cents" bigint NOT NULL,
	"balance_transaction_id" text,
	"payment_intent_id" text,
	"charge_id" text,
	"available_on" timestamp with time zone,
	"paid_at" timestamp with time zone NOT NULL,
	CONSTRAINT "invoice_payments_stripe_key" UNIQUE("stripe_invoice_payment_id"),
	CONSTRAINT "invoice_payments_amounts" CHECK (gross_cents > 0 and fee_cents >= 0 and fee_cents <= gross_cents)
);
--> statement-breakpoint
CREATE TABLE "billing"."ledger_accounts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"code" text NOT NULL,
	"kind" text NOT NULL,
	"currency" text DEFAULT 'usd' NOT NULL,
	"floor_cents" bigint,
	CONSTRAINT "ledger_accounts_code_key" UNIQUE("code"),
	CONSTRAINT "ledger_accounts_kind" CHECK ("billing"."ledger_accounts"."kind" in ('asset', 'liability', 'expense', 'income')),
	CONSTRAINT "ledger_accounts_currency" CHECK (currency = 'usd')
);
--> statement-breakpoint
CREATE TABLE "billing"."ledger_balances" (
	"account_id" uuid PRIMARY KEY NOT NULL,
	"balance_cents" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "billing"."ledger_entries" (
	"transaction_id" uuid NOT NULL,
	"account_id" uuid NOT NULL,
	"amount_cents" bigint NOT NULL,
	"balance_transaction_id" text,
	CONSTRAINT "ledger_entries_transaction_id_account_id_pk" PRIMARY KEY("transaction_id","account_id"),
	CONSTRAINT "ledger_entries_balance_transaction_key" UNIQUE("balance_transaction_id"),
	CONSTRAINT "ledger_entries_amount" CHECK (amount_cents <> 0)
);
--> statement-breakpoint
CREATE TABLE "billing"."ledger_transactions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"idempotency_key" text NOT NULL,
	"request_hash" text NOT NULL,
	"reverses" uuid,
	"xact" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"placement_id" uuid,
	CONSTRAINT "ledger_transactions_key" UNIQUE("idempotency_key"),
	CONSTRAINT "ledger_transactions_reverses_key" UNIQUE("reverses")
);
--> statement-breakpoint
CREATE TABLE "billing"."payout_attempts" (
	"transaction_id" uuid NOT NULL,
	"attempt_no" integer NOT NULL,
	"phase" text NOT NULL,
	"key_version" integer NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"outcome" text,
	"http_status" integer,
	"error_code" text,
	"stripe_request_id" text,
	"stripe_transfer_id" text,
	CONSTRAINT "payout_attempts_transaction_id_attempt_no_phase_key_version_pk" PRIMARY KEY("transaction_id","attempt_no","phase","key_version"),
	CONSTRAINT "payout_attempts_phase" CHECK ("billing"."payout_attempts"."phase" in ('claimed', 'looked_up', 'answered'))
);
--> statement-breakpoint
CREATE TABLE "billing"."payout_audit_log" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"placement_id" uuid NOT NULL,
	"schedule_id" uuid,
	"transaction_id" uuid,
	"event_type" text NOT NULL,
	"action" text NOT NULL,
	"old_status" text,
	"new_status" text,
	"old_amount_cents" bigint,
	"new_amount_cents" bigint,
	"reason" text,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"changed_by" uuid,
	"changed_by_role" text
);
--> statement-breakpoint
CREATE TABLE "billing"."payout_reversals" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"clawback_id" uuid NOT NULL,
	"payout_transaction_id" uuid NOT NULL,
	"cause" text NOT NULL,
	"amount_cents" bigint NOT NULL,
	"unpaid_cents" bigint NOT NULL,
	"paid_cents" bigint NOT NULL,
	"operation_id" uuid,
	CONSTRAINT "payout_reversals_one_per_cause" UNIQUE("payout_transaction_id","cause"),
	CONSTRAINT "payout_reversals_amounts" CHECK (amount_cents > 0 and unpaid_cents >= 0 and paid_cents >= 0 and unpaid_cents + paid_cents = amount_cents)
);
--> statement-breakpoint
CREATE TABLE "billing"."payout_schedules" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"placement_id" uuid NOT NULL,
	"scheduled_date" date NOT NULL,
	"trigger_event" text DEFAULT 'guarantee_complete' NOT NULL,
	"status" text DEFAULT 'scheduled' NOT NULL,
	"retry_count" integer DEFAULT 0 NOT NULL,
	"last_retry_at" timestamp with time zone,
	"failure_reason" text,
	"released_at" timestamp with time zone,
	"processed_at" timestamp with time zone,
	CONSTRAINT "payout_schedules_trigger" CHECK ("billing"."payout_schedules"."trigger_event" in ('guarantee_complete', 'invoice_paid', 'escrow_released', 'replacement_cleared', 'manual')),
	CONSTRAINT "payout_schedules_status" CHECK ("billing"."payout_schedules"."status" in ('scheduled', 'processing', 'processed', 'failed', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "billing"."placement_credits" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"placement_id" uuid NOT NULL,
	"company_id" uuid NOT NULL,
	"job_id" uuid NOT NULL,
	"amount_cents" bigint NOT NULL,
	"used_cents" bigint DEFAULT 0 NOT NULL,
	"status" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"replacement_placement_id" uuid,
	CONSTRAINT "placement_credits_placement_key" UNIQUE("placement_id"),
	CONSTRAINT "placement_credits_status" CHECK ("billing"."placement_credits"."status" in ('open', 'used', 'refunded', 'voided')),
	CONSTRAINT "placement_credits_amounts" CHECK (amount_cents > 0 and used_cents between 0 and amount_cents)
);
--> statement-breakpoint
CREATE TABLE "billing"."placement_invoices" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"placement_id" uuid NOT NULL,
	"company_id" uuid NOT NULL,
	"amount_due_cents" bigint NOT NULL,
	"amount_paid_cents" bigint DEFAULT 0 NOT NULL,
	"credited_cents" bigint DEFAULT 0 NOT NULL,
	"credit_applied_cents" bigint DEFAULT 0 NOT NULL,
	"currency" text DEFAULT 'usd' NOT NULL,
	"status" text NOT NULL,
	"collection_method" text NOT NULL,
	"billing_terms" text NOT NULL,
	"due_date" date,
	"collectible_at" timestamp with time zone,
	"stripe_invoice_id" text,
	"number" text,
	"hosted_invoice_url" text,
	"finalized_at" timestamp with time zone,
	"paid_at" timestamp with time zone,
	"voided_at" timestamp with time zone,
	"reminded_days" integer,
	CONSTRAINT "placement_invoices_placement_key" UNIQUE("placement_id"),
	CONSTRAINT "placement_invoices_stripe_key" UNIQUE("stripe_invoice_id"),
	CONSTRAINT "placement_invoices_status" CHECK ("billing"."placement_invoices"."status" in ('draft', 'open', 'paid', 'void', 'uncollectible')),
	CONSTRAINT "placement_invoices_collection" CHECK ("billing"."placement_invoices"."collection_method" in ('charge_automatically', 'send_invoice')),
	CONSTRAINT "placement_invoices_terms" CHECK ("billing"."placement_invoices"."billing_terms" in ('immediate', 'net_30', 'net_60', 'net_90')),
	CONSTRAINT "placement_invoices_currency" CHECK (currency = 'usd'),
	CONSTRAINT "placement_invoices_amounts" CHECK (least(amount_due_cents, amount_paid_cents, credited_cents, credit_applied_cents) >= 0 and amount_paid_cents + credited_cents <= amount_due_cents),
	CONSTRAINT "placement_invoices_paid" CHECK ((collectible_at is null) or (paid_at is not null))
);
--> statement-breakpoint
CREATE TABLE "billing"."reconciliation_breaks" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"kind" text NOT NULL,
	"severity" text NOT NULL,
	"subject" text NOT NULL,
	"expected" text,
	"actual" text,
	"opened_at" timestamp with time zone NOT NULL,
	"owner_user_id" uuid,
	"resolved_at" timestamp with time zone,
	"resolution" text,
	CONSTRAINT "reconciliation_breaks_severity" CHECK ("billing"."reconciliation_breaks"."severity" in ('warning', 'critical'))
);
--> statement-breakpoint
CREATE TABLE "billing"."reconciliation_runs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"checked" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"opened" integer DEFAULT 0 NOT NULL,
	"healed" integer DEFAULT 0 NOT NULL,
	"postponed" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "billing"."recruiter_debts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"recruiter_id" uuid NOT NULL,
	"reversal_id" uuid NOT NULL,
	"amount_cents" bigint NOT NULL,
	"recovered_cents" bigint DEFAULT 0 NOT NULL,
	"written_off_cents" bigint DEFAULT 0 NOT NULL,
	"recovery" text NOT NULL,
	"settled_at" timestamp with time zone,
	CONSTRAINT "recruiter_debts_reversal_key" UNIQUE("reversal_id"),
	CONSTRAINT "recruiter_debts_recovery" CHECK ("billing"."recruiter_debts"."recovery" in ('reversing', 'netting')),
	CONSTRAINT "recruiter_debts_amounts" CHECK (amount_cents > 0 and recovered_cents >= 0 and written_off_cents >= 0 and recovered_cents + written_off_cents <= amount_cents),
	CONSTRAINT "recruiter_debts_settled" CHECK ((settled_at is not null) = (recovered_cents + written_off_cents = amount_cents))
);
--> statement-breakpoint
CREATE TABLE "billing"."settings" (
	"name" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"changed_by" uuid,
	"changed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "billing"."stripe_events" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"account" text,
	"created" timestamp with time zone NOT NULL,
	"payload" jsonb NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"processed_at" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "billing"."stripe_operations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"kind" text NOT NULL,
	"subject_type" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"request" jsonb NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"key_version" integer DEFAULT 1 NOT NULL,
	"first_sent_at" timestamp with time zone,
	"last_outcome" text,
	"lease_token" uuid,
	"lease_until" timestamp with time zone,
	"processing_started_at" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"retry_count" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone NOT NULL,
	"stripe_object_id" text,
	"failure_reason" text,
	CONSTRAINT "stripe_operations_kind" CHECK ("billing"."stripe_operations"."kind" in ('invoice_issue', 'invoice_void', 'credit_note', 'refund', 'transfer_reversal', 'customer', 'account', 'subscription')),
	CONSTRAINT "stripe_operations_status" CHECK ("billing"."stripe_operations"."status" in ('pending', 'processing', 'done', 'failed')),
	CONSTRAINT "stripe_operations_outcome" CHECK ("billing"."stripe_operations"."last_outcome" in ('refused', 'server_error', 'server_error_2', 'unknown')),
	CONSTRAINT "stripe_operations_lease" CHECK ((status = 'processing') = (lease_token is not null))
);
--> statement-breakpoint
CREATE TABLE "billing"."switches" (
	"name" text PRIMARY KEY NOT NULL,
	"enabled" boolean NOT NULL,
	"reason" text,
	"changed_by" uuid,
	"changed_at" timestamp with time zone NOT NULL,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "billing"."tax_profiles" (
	"recruiter_id" uuid PRIMARY KEY NOT NULL,
	"form" text,
	"classification" text,
	"status" text NOT NULL,
	"tin_last4" text,
	"completed_at" timestamp with time zone,
	"expires_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "tax_profiles_form" CHECK ("billing"."tax_profiles"."form" in ('w9', 'w8ben', 'w8bene')),
	CONSTRAINT "tax_profiles_classification" CHECK ("billing"."tax_profiles"."classification" in ('individual', 'partnership', 'corporation', 'foreign')),
	CONSTRAINT "tax_profiles_status" CHECK ("billing"."tax_profiles"."status" in ('missing', 'pending', 'complete', 'expired')),
	CONSTRAINT "tax_profiles_tin" CHECK (tin_last4 ~ '^[0-9]{4}$'),
	CONSTRAINT "tax_profiles_complete" CHECK (status <> 'complete' or (form is not null and classification is not null and completed_at is not null))
);
--> statement-breakpoint
CREATE TABLE "billing"."tax_thresholds" (
	"year" integer NOT NULL,
	"form" text NOT NULL,
	"cents" bigint NOT NULL,
	"min_count" integer,
	CONSTRAINT "tax_thresholds_year_form_pk" PRIMARY KEY("year","form"),
	CONSTRAINT "tax_thresholds_form" CHECK ("billing"."tax_thresholds"."form" in ('1099-NEC', '1099-K'))
);
--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" DROP CONSTRAINT "payout_transactions_amounts";--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" DROP CONSTRAINT "payout_transactions_completed";--> statement-breakpoint
ALTER TABLE "billing"."custom_contracts" ADD COLUMN "alerted_days" integer;--> statement-breakpoint
ALTER TABLE "billing"."custom_contracts" ADD COLUMN "shortfall_year" integer;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "stripe_transfer_id" text;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "stripe_payout_id" text;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "stripe_connect_account_id" text;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "stripe_destination_payment_id" text;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "stripe_fee" numeric(10,2) DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "offset_cents" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "reversed_cents" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "eligible_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "key_version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "idempotency_key" text GENERATED ALWAYS AS ('ppt_' || id::text || '_' || key_version::text) STORED NOT NULL;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "first_sent_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "last_outcome" text;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "lease_token" uuid;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "lease_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "attempts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "retry_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "next_retry_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "failure_reason" text;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "processing_started_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD COLUMN "failed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "billing"."plans" ADD COLUMN "stripe_annual_price_id" text;--> statement-breakpoint
ALTER TABLE "billing"."plans" ADD COLUMN "stripe_team_price_id" text;--> statement-breakpoint
ALTER TABLE "billing"."plans" ADD COLUMN "stripe_team_annual_price_id" text;--> statement-breakpoint
ALTER TABLE "billing"."subscriptions" ADD COLUMN "seats" integer;--> statement-breakpoint
ALTER TABLE "network"."team_invitations" ADD CONSTRAINT "team_invitations_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "network"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."team_invitations" ADD CONSTRAINT "team_invitations_invited_by_user_id_users_id_fk" FOREIGN KEY ("invited_by_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."team_invitations" ADD CONSTRAINT "team_invitations_accepted_by_recruiter_id_recruiters_id_fk" FOREIGN KEY ("accepted_by_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."approvals" ADD CONSTRAINT "approvals_requested_by_users_id_fk" FOREIGN KEY ("requested_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."approvals" ADD CONSTRAINT "approvals_approved_by_users_id_fk" FOREIGN KEY ("approved_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."clawbacks" ADD CONSTRAINT "clawbacks_placement_id_placements_id_fk" FOREIGN KEY ("placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."company_billing_profiles" ADD CONSTRAINT "company_billing_profiles_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."disputes" ADD CONSTRAINT "disputes_placement_id_placements_id_fk" FOREIGN KEY ("placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."disputes" ADD CONSTRAINT "disputes_raised_by_users_id_fk" FOREIGN KEY ("raised_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."escrow_holds" ADD CONSTRAINT "escrow_holds_placement_id_placements_id_fk" FOREIGN KEY ("placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."escrow_holds" ADD CONSTRAINT "escrow_holds_released_by_users_id_fk" FOREIGN KEY ("released_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."invoice_payments" ADD CONSTRAINT "invoice_payments_invoice_id_placement_invoices_id_fk" FOREIGN KEY ("invoice_id") REFERENCES "billing"."placement_invoices"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."ledger_balances" ADD CONSTRAINT "ledger_balances_account_id_ledger_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "billing"."ledger_accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."ledger_entries" ADD CONSTRAINT "ledger_entries_transaction_id_ledger_transactions_id_fk" FOREIGN KEY ("transaction_id") REFERENCES "billing"."ledger_transactions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."ledger_entries" ADD CONSTRAINT "ledger_entries_account_id_ledger_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "billing"."ledger_accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."payout_attempts" ADD CONSTRAINT "payout_attempts_transaction_id_placement_payout_transactions_id_fk" FOREIGN KEY ("transaction_id") REFERENCES "billing"."placement_payout_transactions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."payout_audit_log" ADD CONSTRAINT "payout_audit_log_placement_id_placements_id_fk" FOREIGN KEY ("placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."payout_reversals" ADD CONSTRAINT "payout_reversals_clawback_id_clawbacks_id_fk" FOREIGN KEY ("clawback_id") REFERENCES "billing"."clawbacks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."payout_reversals" ADD CONSTRAINT "payout_reversals_payout_transaction_id_placement_payout_transactions_id_fk" FOREIGN KEY ("payout_transaction_id") REFERENCES "billing"."placement_payout_transactions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."payout_schedules" ADD CONSTRAINT "payout_schedules_placement_id_placements_id_fk" FOREIGN KEY ("placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_credits" ADD CONSTRAINT "placement_credits_placement_id_placements_id_fk" FOREIGN KEY ("placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_credits" ADD CONSTRAINT "placement_credits_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_credits" ADD CONSTRAINT "placement_credits_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "ats"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_credits" ADD CONSTRAINT "placement_credits_replacement_placement_id_placements_id_fk" FOREIGN KEY ("replacement_placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_invoices" ADD CONSTRAINT "placement_invoices_placement_id_placements_id_fk" FOREIGN KEY ("placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_invoices" ADD CONSTRAINT "placement_invoices_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."reconciliation_breaks" ADD CONSTRAINT "reconciliation_breaks_owner_user_id_users_id_fk" FOREIGN KEY ("owner_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."recruiter_debts" ADD CONSTRAINT "recruiter_debts_recruiter_id_recruiters_id_fk" FOREIGN KEY ("recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."recruiter_debts" ADD CONSTRAINT "recruiter_debts_reversal_id_payout_reversals_id_fk" FOREIGN KEY ("reversal_id") REFERENCES "billing"."payout_reversals"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."settings" ADD CONSTRAINT "settings_changed_by_users_id_fk" FOREIGN KEY ("changed_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."switches" ADD CONSTRAINT "switches_changed_by_users_id_fk" FOREIGN KEY ("changed_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."tax_profiles" ADD CONSTRAINT "tax_profiles_recruiter_id_recruiters_id_fk" FOREIGN KEY ("recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "team_invitations_one_pending" ON "network"."team_invitations" USING btree ("team_id","email") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "team_invitations_team" ON "network"."team_invitations" USING btree ("team_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "approvals_created" ON "billing"."approvals" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "approvals_one_open" ON "billing"."approvals" USING btree ("action","subject_id") WHERE status in ('requested', 'approved');--> statement-breakpoint
CREATE INDEX "clawbacks_created" ON "billing"."clawbacks" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "disputes_placement" ON "billing"."disputes" USING btree ("placement_id");--> statement-breakpoint
CREATE INDEX "disputes_created" ON "billing"."disputes" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "escrow_holds_one_active" ON "billing"."escrow_holds" USING btree ("placement_id","hold_reason") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "escrow_holds_created" ON "billing"."escrow_holds" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "invoice_payments_invoice" ON "billing"."invoice_payments" USING btree ("invoice_id");--> statement-breakpoint
CREATE INDEX "invoice_payments_intent" ON "billing"."invoice_payments" USING btree ("payment_intent_id");--> statement-breakpoint
CREATE INDEX "invoice_payments_charge" ON "billing"."invoice_payments" USING btree ("charge_id");--> statement-breakpoint
CREATE INDEX "ledger_entries_account" ON "billing"."ledger_entries" USING btree ("account_id","transaction_id");--> statement-breakpoint
CREATE INDEX "ledger_transactions_at" ON "billing"."ledger_transactions" USING btree ("at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "ledger_transactions_placement" ON "billing"."ledger_transactions" USING btree ("placement_id");--> statement-breakpoint
CREATE INDEX "payout_attempts_answered" ON "billing"."payout_attempts" USING btree ("at") WHERE phase = 'answered';--> statement-breakpoint
CREATE INDEX "payout_audit_log_placement" ON "billing"."payout_audit_log" USING btree ("placement_id","created_at");--> statement-breakpoint
CREATE INDEX "payout_audit_log_transaction" ON "billing"."payout_audit_log" USING btree ("transaction_id");--> statement-breakpoint
CREATE INDEX "payout_reversals_clawback" ON "billing"."payout_reversals" USING btree ("clawback_id");--> statement-breakpoint
CREATE UNIQUE INDEX "payout_schedules_one_live" ON "billing"."payout_schedules" USING btree ("placement_id") WHERE status in ('scheduled', 'processing');--> statement-breakpoint
CREATE INDEX "payout_schedules_due" ON "billing"."payout_schedules" USING btree ("status","scheduled_date");--> statement-breakpoint
CREATE INDEX "payout_schedules_created" ON "billing"."payout_schedules" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "placement_credits_company" ON "billing"."placement_credits" USING btree ("company_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "placement_credits_job" ON "billing"."placement_credits" USING btree ("job_id") WHERE status = 'open';--> statement-breakpoint
CREATE INDEX "placement_credits_expiry" ON "billing"."placement_credits" USING btree ("expires_at") WHERE status = 'open';--> statement-breakpoint
CREATE INDEX "placement_invoices_company" ON "billing"."placement_invoices" USING btree ("company_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "placement_invoices_created" ON "billing"."placement_invoices" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "placement_invoices_open" ON "billing"."placement_invoices" USING btree ("due_date") WHERE status in ('open', 'uncollectible');--> statement-breakpoint
CREATE UNIQUE INDEX "reconciliation_breaks_one_open" ON "billing"."reconciliation_breaks" USING btree ("kind","subject") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "reconciliation_breaks_created" ON "billing"."reconciliation_breaks" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "reconciliation_runs_started" ON "billing"."reconciliation_runs" USING btree ("started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "recruiter_debts_recruiter" ON "billing"."recruiter_debts" USING btree ("recruiter_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "recruiter_debts_open" ON "billing"."recruiter_debts" USING btree ("recruiter_id") WHERE settled_at is null;--> statement-breakpoint
CREATE INDEX "stripe_events_waiting" ON "billing"."stripe_events" USING btree ("received_at") WHERE processed_at is null;--> statement-breakpoint
CREATE INDEX "stripe_events_received" ON "billing"."stripe_events" USING btree ("received_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "stripe_operations_one_per_intent" ON "billing"."stripe_operations" USING btree ("kind","subject_id",coalesce(request ->> 'invoice_id', '')) WHERE kind <> 'subscription' or status in ('pending', 'processing');--> statement-breakpoint
CREATE INDEX "stripe_operations_due" ON "billing"."stripe_operations" USING btree ("next_attempt_at") WHERE status in ('pending', 'processing');--> statement-breakpoint
CREATE INDEX "payout_transactions_completed_by" ON "billing"."placement_payout_transactions" USING btree ("recruiter_id","completed_at");--> statement-breakpoint
CREATE INDEX "payout_transactions_due" ON "billing"."placement_payout_transactions" USING btree ("status","eligible_at");--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "payout_transactions_transfer_key" UNIQUE("stripe_transfer_id");--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "payout_transactions_idempotency_key" UNIQUE("idempotency_key");--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "payout_transactions_outcome" CHECK ("billing"."placement_payout_transactions"."last_outcome" in ('refused', 'server_error', 'server_error_2', 'unknown'));--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "payout_transactions_reasons" CHECK ("billing"."placement_payout_transactions"."hold_reasons" <@ array['connect_required', 'tax_profile_missing', 'inactive_at_hire', 'dispute_open', 'invoice_uncollectible', 'platform_balance', 'admin_hold', 'fraud_review', 'policy_hold', 'request_mismatch']::text[]);--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "payout_transactions_reversed_part" CHECK (reversed_cents >= 0 and reversed_cents <= (net_amount * 100)::bigint);--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "payout_transactions_lease" CHECK ((status = 'processing') = (lease_token is not null) and (lease_token is null) = (lease_until is null));--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "payout_transactions_sent" CHECK (status not in ('completed', 'reversed') or stripe_transfer_id is not null or net_amount = 0);--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "payout_transactions_all_back" CHECK (status <> 'reversed' or reversed_cents = (net_amount * 100)::bigint);--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "payout_transactions_failed" CHECK (retry_count between 0 and 3 and (status <> 'failed' or (failure_reason is not null and (retry_count = 3) = (next_retry_at is null))));--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "payout_transactions_amounts" CHECK (amount >= 0 and offset_cents >= 0 and net_amount >= 0 and (net_amount * 100)::bigint = (amount * 100)::bigint - offset_cents);--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "payout_transactions_completed" CHECK ((status in ('completed', 'reversed')) = (completion_reason is not null and completed_at is not null));