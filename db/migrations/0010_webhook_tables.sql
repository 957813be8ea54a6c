CREATE TABLE "api"."replay_jobs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"account_id" uuid NOT NULL,
	"webhook_id" uuid NOT NULL,
	"filter" jsonb NOT NULL,
	"total" integer NOT NULL,
	"enqueued" integer DEFAULT 0 NOT NULL,
	"succeeded" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"position" uuid,
	"status" text DEFAULT 'running' NOT NULL,
	"created_by" uuid NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "replay_jobs_status" CHECK ("api"."replay_jobs"."status" in ('running', 'paused', 'done', 'cancelled')),
	CONSTRAINT "replay_jobs_finished" CHECK ((finished_at is not null) = (status in ('done', 'cancelled'))),
	CONSTRAINT "replay_jobs_counts" CHECK (least(total, enqueued, succeeded, failed) >= 0)
);
--> statement-breakpoint
CREATE TABLE "api"."siem_destinations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"account_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"format" text NOT NULL,
	"config_enc" text NOT NULL,
	"kek_id" text NOT NULL,
	"cursor_seq" bigint DEFAULT 0 NOT NULL,
	"audit_cursor_seq" bigint DEFAULT 0 NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"last_sent_at" timestamp with time zone,
	"last_error_class" text,
	CONSTRAINT "siem_destinations_kind" CHECK ("api"."siem_destinations"."kind" in ('https', 'splunk_hec')),
	CONSTRAINT "siem_destinations_format" CHECK ("api"."siem_destinations"."format" in ('ocsf', 'cef', 'json')),
	CONSTRAINT "siem_destinations_status" CHECK ("api"."siem_destinations"."status" in ('active', 'disabled')),
	CONSTRAINT "siem_destinations_cursors" CHECK (least(cursor_seq, audit_cursor_seq) >= 0)
);
--> statement-breakpoint
CREATE TABLE "api"."webhook_secrets" (
	"key_id" uuid PRIMARY KEY NOT NULL,
	"webhook_id" uuid NOT NULL,
	"secret_enc" text NOT NULL,
	"kek_id" text NOT NULL,
	"algorithm" text DEFAULT 'hmac-sha256' NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"expires_at" timestamp with time zone,
	CONSTRAINT "webhook_secrets_algorithm" CHECK ("api"."webhook_secrets"."algorithm" in ('hmac-sha256'))
);
--> statement-breakpoint
CREATE TABLE "api"."webhooks" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"account_id" uuid NOT NULL,
	"owner_user_id" uuid NOT NULL,
	"role_type" text NOT NULL,
	"created_via" uuid,
	"url" text NOT NULL,
	"description" text,
	"event_types" text[] NOT NULL,
	"status" text DEFAULT 'unverified' NOT NULL,
	"disabled_reason" text,
	"disabled_at" timestamp with time zone,
	"retry_policy" text DEFAULT 'standard' NOT NULL,
	"ordering" text DEFAULT 'none' NOT NULL,
	"max_per_second" integer,
	"egress" text DEFAULT 'direct' NOT NULL,
	"api_version" text DEFAULT 'v1' NOT NULL,
	"headers_enc" text,
	"failing_since" timestamp with time zone,
	"last_failure_at" timestamp with time zone,
	"failing_alerted_percent" integer,
	"last_success_at" timestamp with time zone,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "webhooks_status" CHECK ("api"."webhooks"."status" in ('unverified', 'active', 'disabled')),
	CONSTRAINT "webhooks_role_type" CHECK ("api"."webhooks"."role_type" in ('recruiter', 'company', 'admin')),
	CONSTRAINT "webhooks_disabled_reason" CHECK ("api"."webhooks"."disabled_reason" in ('owner', 'admin', 'gone_410', 'failing_5_days', 'scope_lost', 'owner_gone', 'key_leaked')),
	CONSTRAINT "webhooks_retry_policy" CHECK ("api"."webhooks"."retry_policy" in ('standard')),
	CONSTRAINT "webhooks_ordering" CHECK ("api"."webhooks"."ordering" in ('none')),
	CONSTRAINT "webhooks_egress" CHECK ("api"."webhooks"."egress" in ('direct')),
	CONSTRAINT "webhooks_api_version" CHECK ("api"."webhooks"."api_version" in ('v1')),
	CONSTRAINT "webhooks_event_types_known" CHECK ("api"."webhooks"."event_types" <@ array['role.created', 'role.updated', 'role.closed', 'application.submitted', 'application.stage_changed', 'application.withdrawn', 'placement.created', 'payout.processed', 'payout.failed', 'intake.submitted', 'webhook.disabled']::text[]),
	CONSTRAINT "webhooks_event_types_some" CHECK (cardinality(event_types) > 0),
	CONSTRAINT "webhooks_url_length" CHECK (char_length(url) <= 2048),
	CONSTRAINT "webhooks_max_per_second" CHECK (max_per_second between 1 and 100),
	CONSTRAINT "webhooks_failing_alerted" CHECK (failing_alerted_percent between 50 and 100 and failing_alerted_percent % 25 = 0),
	CONSTRAINT "webhooks_disabled" CHECK (num_nonnulls(disabled_reason, disabled_at) = case status when 'disabled' then 2 else 0 end)
);
--> statement-breakpoint
ALTER TABLE "ops"."outbox" ADD COLUMN "subject_version" integer;--> statement-breakpoint
ALTER TABLE "api"."replay_jobs" ADD CONSTRAINT "replay_jobs_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "api"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."replay_jobs" ADD CONSTRAINT "replay_jobs_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "api"."webhooks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."replay_jobs" ADD CONSTRAINT "replay_jobs_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."siem_destinations" ADD CONSTRAINT "siem_destinations_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "api"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."webhook_secrets" ADD CONSTRAINT "webhook_secrets_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "api"."webhooks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."webhooks" ADD CONSTRAINT "webhooks_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "api"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."webhooks" ADD CONSTRAINT "webhooks_owner_user_id_users_id_fk" FOREIGN KEY ("owner_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "replay_jobs_account" ON "api"."replay_jobs" USING btree ("account_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "replay_jobs_running" ON "api"."replay_jobs" USING btree ("account_id") WHERE status = 'running';--> statement-breakpoint
CREATE INDEX "siem_destinations_account" ON "api"."siem_destinations" USING btree ("account_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "webhook_secrets_webhook" ON "api"."webhook_secrets" USING btree ("webhook_id","created_at");--> statement-breakpoint
CREATE INDEX "webhook_secrets_kek" ON "api"."webhook_secrets" USING btree ("kek_id");--> statement-breakpoint
CREATE INDEX "webhooks_account" ON "api"."webhooks" USING btree ("account_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "webhooks_event_types" ON "api"."webhooks" USING gin ("event_types") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "webhooks_failing" ON "api"."webhooks" USING btree ("failing_since") WHERE status = 'active' and failing_since is not null;