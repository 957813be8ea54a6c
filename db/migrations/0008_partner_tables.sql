CREATE TABLE "api"."account_plans" (
	"account_id" uuid PRIMARY KEY NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"plan" text DEFAULT 'standard' NOT NULL,
	"custom_limit" integer,
	"overage_enabled" boolean DEFAULT false NOT NULL,
	"spend_cap_cents" integer DEFAULT 0 NOT NULL,
	"stripe_customer_id" text,
	"stripe_item_id" text,
	CONSTRAINT "account_plans_limit" CHECK (custom_limit between 1 and 1000000),
	CONSTRAINT "account_plans_cap" CHECK (spend_cap_cents between 0 and 100000000)
);
--> statement-breakpoint
CREATE TABLE "api"."accounts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"kind" text NOT NULL,
	"company_id" uuid,
	"team_id" uuid,
	"recruiter_id" uuid,
	"owner_user_id" uuid,
	"status" text DEFAULT 'active' NOT NULL,
	CONSTRAINT "accounts_kind" CHECK ("api"."accounts"."kind" in ('company', 'team', 'recruiter', 'platform')),
	CONSTRAINT "accounts_status" CHECK ("api"."accounts"."status" in ('active', 'suspended')),
	CONSTRAINT "accounts_owner" CHECK (id = case kind when 'company' then company_id when 'team' then team_id when 'recruiter' then recruiter_id else owner_user_id end
        and num_nonnulls(company_id, team_id, recruiter_id, owner_user_id) = 1)
);
--> statement-breakpoint
CREATE TABLE "api"."api_keys" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"public_id" text NOT NULL,
	"account_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"role_type" text NOT NULL,
	"name" text NOT NULL,
	"env" text NOT NULL,
	"secret_hash" text NOT NULL,
	"last4" text NOT NULL,
	"prev_secret_hash" text,
	"prev_secret_expires_at" timestamp with time zone,
	"scopes" text[] NOT NULL,
	"ip_allowlist" "cidr"[] DEFAULT '{}' NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"status_reason" text,
	"expires_at" timestamp with time zone,
	"approved_by" uuid,
	"approved_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"expiry_warned_days" integer,
	CONSTRAINT "api_keys_publicId_unique" UNIQUE("public_id"),
	CONSTRAINT "api_keys_role_type" CHECK ("api"."api_keys"."role_type" in ('recruiter', 'company', 'admin')),
	CONSTRAINT "api_keys_status" CHECK ("api"."api_keys"."status" in ('pending', 'active', 'suspended', 'revoked', 'rejected', 'expired')),
	CONSTRAINT "api_keys_env" CHECK ("api"."api_keys"."env" in ('live', 'test')),
	CONSTRAINT "api_keys_scopes" CHECK ("api"."api_keys"."scopes" <@ array['read:roles', 'read:candidates', 'read:placements', 'read:payouts', 'write:submissions', 'write:updates', 'write:roles', 'manage:webhooks', 'read:audit']::text[]),
	CONSTRAINT "api_keys_previous" CHECK ((prev_secret_hash is null) = (prev_secret_expires_at is null))
);
--> statement-breakpoint
CREATE TABLE "api"."plans" (
	"code" text PRIMARY KEY NOT NULL,
	"requests_per_hour" integer NOT NULL,
	"overage" text NOT NULL,
	"ceiling_multiple" integer DEFAULT 10 NOT NULL,
	"unit_price_micros" integer NOT NULL,
	"max_keys" integer NOT NULL,
	"max_webhooks" integer NOT NULL,
	CONSTRAINT "plans_code" CHECK ("api"."plans"."code" in ('standard', 'premium', 'enterprise')),
	CONSTRAINT "plans_overage" CHECK ("api"."plans"."overage" in ('deny', 'meter'))
);
--> statement-breakpoint
CREATE TABLE "api"."api_versions" (
	"version" text PRIMARY KEY NOT NULL,
	"released_at" timestamp with time zone NOT NULL,
	"deprecated_at" timestamp with time zone,
	"sunset_at" timestamp with time zone,
	CONSTRAINT "api_versions_order" CHECK (sunset_at is null or (deprecated_at is not null and sunset_at > deprecated_at))
);
--> statement-breakpoint
CREATE TABLE "api"."audit_anchors" (
	"account_id" uuid NOT NULL,
	"day" date NOT NULL,
	"seq" bigint NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "audit_anchors_account_id_day_pk" PRIMARY KEY("account_id","day")
);
--> statement-breakpoint
CREATE TABLE "api"."audit_heads" (
	"account_id" uuid PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api"."meter_reports" (
	"account_id" uuid NOT NULL,
	"hour" timestamp with time zone NOT NULL,
	"units" bigint NOT NULL,
	"identifier" text NOT NULL,
	"stripe_status" text,
	"reported_at" timestamp with time zone,
	CONSTRAINT "meter_reports_account_id_hour_pk" PRIMARY KEY("account_id","hour"),
	CONSTRAINT "meter_reports_identifier_unique" UNIQUE("identifier")
);
--> statement-breakpoint
CREATE TABLE "api"."oauth_clients" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"public_id" text NOT NULL,
	"owner_account_id" uuid NOT NULL,
	"owner_user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"secret_hash" text,
	"last4" text,
	"prev_secret_hash" text,
	"prev_secret_expires_at" timestamp with time zone,
	"auth_method" text NOT NULL,
	"redirect_uris" text[] NOT NULL,
	"allowed_origins" text[] DEFAULT '{}' NOT NULL,
	"allowed_scopes" text[] NOT NULL,
	"ip_allowlist" "cidr"[] DEFAULT '{}' NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"status_reason" text,
	"approved_by" uuid,
	"approved_at" timestamp with time zone,
	CONSTRAINT "oauth_clients_publicId_unique" UNIQUE("public_id"),
	CONSTRAINT "oauth_clients_type" CHECK ("api"."oauth_clients"."type" in ('confidential', 'public')),
	CONSTRAINT "oauth_clients_auth_method" CHECK ("api"."oauth_clients"."auth_method" in ('client_secret_basic', 'client_secret_post', 'none')),
	CONSTRAINT "oauth_clients_status" CHECK ("api"."oauth_clients"."status" in ('pending', 'approved', 'suspended', 'rejected', 'deleted')),
	CONSTRAINT "oauth_clients_scopes" CHECK ("api"."oauth_clients"."allowed_scopes" <@ array['read:roles', 'read:candidates', 'read:placements', 'read:payouts', 'write:submissions', 'write:updates', 'write:roles', 'manage:webhooks', 'read:audit']::text[]),
	CONSTRAINT "oauth_clients_public" CHECK ((type = 'public') = (auth_method = 'none') and (type = 'public') = (secret_hash is null)),
	CONSTRAINT "oauth_clients_previous" CHECK ((prev_secret_hash is null) = (prev_secret_expires_at is null))
);
--> statement-breakpoint
CREATE TABLE "api"."oauth_codes" (
	"code_hash" text PRIMARY KEY NOT NULL,
	"grant_id" uuid NOT NULL,
	"family_id" uuid NOT NULL,
	"redirect_uri" text NOT NULL,
	"code_challenge" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"consumed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "api"."oauth_grants" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"public_id" text NOT NULL,
	"client_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"account_id" uuid NOT NULL,
	"scopes" text[] NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"revoked_reason" text,
	"reuse_detected_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "oauth_grants_publicId_unique" UNIQUE("public_id"),
	CONSTRAINT "oauth_grants_status" CHECK ("api"."oauth_grants"."status" in ('active', 'revoked')),
	CONSTRAINT "oauth_grants_scopes" CHECK ("api"."oauth_grants"."scopes" <@ array['read:roles', 'read:candidates', 'read:placements', 'read:payouts', 'write:submissions', 'write:updates', 'write:roles', 'manage:webhooks', 'read:audit']::text[])
);
--> statement-breakpoint
CREATE TABLE "api"."oauth_tokens" (
	"id" uuid PRIMARY KEY NOT NULL,
	"grant_id" uuid NOT NULL,
	"family_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"token_hash" text NOT NULL,
	"parent_id" uuid,
	"generation" integer DEFAULT 0 NOT NULL,
	"scopes" text[] NOT NULL,
	"issued_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"family_expires_at" timestamp with time zone NOT NULL,
	"rotated_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"replay_reply_enc" text,
	"replay_until" timestamp with time zone,
	CONSTRAINT "oauth_tokens_tokenHash_unique" UNIQUE("token_hash"),
	CONSTRAINT "oauth_tokens_kind" CHECK ("api"."oauth_tokens"."kind" in ('access', 'refresh'))
);
--> statement-breakpoint
CREATE TABLE "api"."overage_budgets" (
	"account_id" uuid NOT NULL,
	"month" date NOT NULL,
	"cap_units" bigint NOT NULL,
	"drawn_units" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "overage_budgets_account_id_month_pk" PRIMARY KEY("account_id","month"),
	CONSTRAINT "overage_budgets_within" CHECK (drawn_units between 0 and greatest(cap_units, drawn_units))
);
--> statement-breakpoint
CREATE TABLE "api"."role_quotas" (
	"company_id" uuid NOT NULL,
	"day" date NOT NULL,
	"used" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "role_quotas_company_id_day_pk" PRIMARY KEY("company_id","day")
);
--> statement-breakpoint
CREATE TABLE "api"."usage_minutes" (
	"credential_id" text NOT NULL,
	"minute" integer NOT NULL,
	"account_id" uuid,
	"admitted" integer DEFAULT 0 NOT NULL,
	"overage" integer DEFAULT 0 NOT NULL,
	"denied" integer DEFAULT 0 NOT NULL,
	"free" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "usage_minutes_credential_id_minute_pk" PRIMARY KEY("credential_id","minute")
);
--> statement-breakpoint
CREATE TABLE "api"."usage_routes_hourly" (
	"account_id" uuid,
	"credential_id" text NOT NULL,
	"hour" timestamp with time zone NOT NULL,
	"version" text NOT NULL,
	"route" text NOT NULL,
	"status_class" integer NOT NULL,
	"count" integer NOT NULL,
	"latency_sum_ms" bigint NOT NULL,
	"latency_hist" integer[] NOT NULL,
	CONSTRAINT "usage_routes_hourly_credential_id_hour_version_route_status_class_pk" PRIMARY KEY("credential_id","hour","version","route","status_class")
);
--> statement-breakpoint
ALTER TABLE "api"."account_plans" ADD CONSTRAINT "account_plans_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "api"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."account_plans" ADD CONSTRAINT "account_plans_plan_plans_code_fk" FOREIGN KEY ("plan") REFERENCES "api"."plans"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."accounts" ADD CONSTRAINT "accounts_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."accounts" ADD CONSTRAINT "accounts_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "network"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."accounts" ADD CONSTRAINT "accounts_recruiter_id_recruiters_id_fk" FOREIGN KEY ("recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."accounts" ADD CONSTRAINT "accounts_owner_user_id_users_id_fk" FOREIGN KEY ("owner_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."api_keys" ADD CONSTRAINT "api_keys_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "api"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."api_keys" ADD CONSTRAINT "api_keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."api_keys" ADD CONSTRAINT "api_keys_approved_by_users_id_fk" FOREIGN KEY ("approved_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."audit_anchors" ADD CONSTRAINT "audit_anchors_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "api"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."audit_heads" ADD CONSTRAINT "audit_heads_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "api"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."meter_reports" ADD CONSTRAINT "meter_reports_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "api"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."oauth_clients" ADD CONSTRAINT "oauth_clients_owner_account_id_accounts_id_fk" FOREIGN KEY ("owner_account_id") REFERENCES "api"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."oauth_clients" ADD CONSTRAINT "oauth_clients_owner_user_id_users_id_fk" FOREIGN KEY ("owner_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."oauth_clients" ADD CONSTRAINT "oauth_clients_approved_by_users_id_fk" FOREIGN KEY ("approved_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."oauth_codes" ADD CONSTRAINT "oauth_codes_grant_id_oauth_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "api"."oauth_grants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."oauth_grants" ADD CONSTRAINT "oauth_grants_client_id_oauth_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "api"."oauth_clients"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."oauth_grants" ADD CONSTRAINT "oauth_grants_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."oauth_grants" ADD CONSTRAINT "oauth_grants_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "api"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."oauth_tokens" ADD CONSTRAINT "oauth_tokens_grant_id_oauth_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "api"."oauth_grants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."overage_budgets" ADD CONSTRAINT "overage_budgets_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "api"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."role_quotas" ADD CONSTRAINT "role_quotas_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_account" ON "api"."api_keys" USING btree ("account_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "api_keys_pending" ON "api"."api_keys" USING btree ("created_at") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "api_keys_expiry" ON "api"."api_keys" USING btree ("expires_at") WHERE status in ('pending', 'active', 'suspended');--> statement-breakpoint
CREATE INDEX "oauth_clients_account" ON "api"."oauth_clients" USING btree ("owner_account_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "oauth_clients_pending" ON "api"."oauth_clients" USING btree ("created_at") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "oauth_codes_expiry" ON "api"."oauth_codes" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "oauth_grants_one_active" ON "api"."oauth_grants" USING btree ("client_id","user_id","account_id") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "oauth_grants_user" ON "api"."oauth_grants" USING btree ("user_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "oauth_grants_account" ON "api"."oauth_grants" USING btree ("account_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "oauth_tokens_family" ON "api"."oauth_tokens" USING btree ("family_id");--> statement-breakpoint
CREATE INDEX "oauth_tokens_grant" ON "api"."oauth_tokens" USING btree ("grant_id","issued_at");--> statement-breakpoint
CREATE INDEX "oauth_tokens_expiry" ON "api"."oauth_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "usage_minutes_account" ON "api"."usage_minutes" USING btree ("account_id","minute");--> statement-breakpoint
CREATE INDEX "usage_routes_account" ON "api"."usage_routes_hourly" USING btree ("account_id","hour");
--> statement-breakpoint
ALTER TABLE "ops"."idempotency_keys" ADD COLUMN "sealed_until" timestamp with time zone;
--> statement-breakpoint
CREATE TABLE "api"."audit_gaps" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"credential_id" text NOT NULL,
	"minute" integer NOT NULL,
	"account_id" uuid,
	"counted" integer NOT NULL,
	"logged" integer NOT NULL,
	CONSTRAINT "audit_gaps_once" UNIQUE("credential_id","minute")
);
--> statement-breakpoint
ALTER TABLE "api"."meter_reports" ADD COLUMN "month" date NOT NULL;
--> statement-breakpoint
ALTER TABLE "api"."meter_reports" ADD COLUMN "customer_id" text NOT NULL;
--> statement-breakpoint
CREATE INDEX "meter_reports_unsent" ON "api"."meter_reports" USING btree ("hour") WHERE stripe_status is null;
--> statement-breakpoint
CREATE INDEX "usage_minutes_overage" ON "api"."usage_minutes" USING btree ("minute") WHERE overage > 0;
--> statement-breakpoint
CREATE INDEX "usage_minutes_minute" ON "api"."usage_minutes" USING brin ("minute");
--> statement-breakpoint
CREATE INDEX "idempotency_keys_sealed" ON "ops"."idempotency_keys" USING btree ("sealed_until") WHERE body <> '';
--> statement-breakpoint
CREATE TABLE "api"."pipeline_failures" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"queue" text NOT NULL,
	"body" jsonb NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"resolved_at" timestamp with time zone,
	"resolution" text,
	CONSTRAINT "pipeline_failures_resolution" CHECK ((resolved_at is null) = (resolution is null))
);
--> statement-breakpoint
CREATE TABLE "api"."refused_deliveries" (
	"entrance" text NOT NULL,
	"minute" timestamp with time zone NOT NULL,
	"count" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "refused_deliveries_entrance_minute_pk" PRIMARY KEY("entrance","minute")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "pipeline_failures_one_open" ON "api"."pipeline_failures" USING btree ("queue",md5(body::text)) WHERE resolved_at is null;
--> statement-breakpoint
CREATE INDEX "pipeline_failures_created" ON "api"."pipeline_failures" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);
