CREATE TABLE "identity"."login_challenges" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"kind" text NOT NULL,
	"email" "citext" NOT NULL,
	"user_id" uuid,
	"invitation_id" uuid,
	"link_hash" text NOT NULL,
	"code_hash" text NOT NULL,
	"browser_hash" text NOT NULL,
	"mail_sealed" text,
	"tries" integer DEFAULT 0 NOT NULL,
	"code_expires_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"superseded_at" timestamp with time zone,
	CONSTRAINT "login_challenges_link_hash_key" UNIQUE("link_hash"),
	CONSTRAINT "login_challenges_kind" CHECK ("identity"."login_challenges"."kind" in ('candidate', 'guest', 'enrolment', 'passkey')),
	CONSTRAINT "login_challenges_tries" CHECK (tries between 0 and 5)
);
--> statement-breakpoint
CREATE TABLE "ats"."brands" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"company_id" uuid NOT NULL,
	"color" text,
	"logo_key" text,
	CONSTRAINT "brands_company_key" UNIQUE("company_id"),
	CONSTRAINT "brands_color" CHECK (color ~ '^#[0-9a-f]{6}$'),
	CONSTRAINT "brands_logo_key" CHECK (logo_key ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE TABLE "ats"."candidate_portal_tokens" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"candidate_id" uuid NOT NULL,
	"token" text NOT NULL,
	"issued_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"last_accessed_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "candidate_portal_tokens_token_key" UNIQUE("token"),
	CONSTRAINT "candidate_portal_tokens_token" CHECK (token ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE TABLE "ats"."intake_requests" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"company_id" uuid NOT NULL,
	"source" text NOT NULL,
	"widget_type" text,
	"origin" text,
	"fields" jsonb NOT NULL,
	"status" text DEFAULT 'new' NOT NULL,
	"job_id" uuid,
	"handled_by_user_id" uuid,
	"handled_at" timestamp with time zone,
	CONSTRAINT "intake_requests_source" CHECK ("ats"."intake_requests"."source" in ('widget', 'white_label')),
	CONSTRAINT "intake_requests_widget_type" CHECK ("ats"."intake_requests"."widget_type" in ('inline', 'modal', 'button')),
	CONSTRAINT "intake_requests_status" CHECK ("ats"."intake_requests"."status" in ('new', 'accepted', 'declined')),
	CONSTRAINT "intake_requests_widget" CHECK ((source = 'widget') = (widget_type is not null)),
	CONSTRAINT "intake_requests_handled" CHECK ((status = 'new') = (handled_at is null)),
	CONSTRAINT "intake_requests_job" CHECK (job_id is null or status = 'accepted')
);
--> statement-breakpoint
CREATE TABLE "ats"."intake_settings" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"company_id" uuid NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"type" text DEFAULT 'inline' NOT NULL,
	"label" text,
	"heading" text,
	"thanks" text,
	"fields" jsonb,
	"allowed_origins" text[] DEFAULT '{}' NOT NULL,
	"turnstile_site_key" text,
	"turnstile_secret_enc" text,
	CONSTRAINT "intake_settings_company_key" UNIQUE("company_id"),
	CONSTRAINT "intake_settings_type" CHECK ("ats"."intake_settings"."type" in ('inline', 'modal', 'button')),
	CONSTRAINT "intake_settings_turnstile" CHECK ((turnstile_site_key is null) = (turnstile_secret_enc is null))
);
--> statement-breakpoint
CREATE TABLE "ats"."interview_availability" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"application_id" uuid NOT NULL,
	"slots" jsonb NOT NULL,
	"provided_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ats"."portal_messages" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"application_id" uuid NOT NULL,
	"body" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ats"."privacy_requests" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"candidate_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"done_at" timestamp with time zone,
	CONSTRAINT "privacy_requests_kind" CHECK ("ats"."privacy_requests"."kind" in ('export', 'erasure')),
	CONSTRAINT "privacy_requests_status" CHECK ("ats"."privacy_requests"."status" in ('pending', 'done')),
	CONSTRAINT "privacy_requests_done" CHECK ((status = 'done') = (done_at is not null))
);
--> statement-breakpoint
CREATE TABLE "ats"."slug_redirects" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"slug" text NOT NULL,
	"company_id" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "slug_redirects_slug_key" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "ats"."white_label_codes" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"company_id" uuid NOT NULL,
	"label" text NOT NULL,
	"code_hash" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"uses" integer DEFAULT 0 NOT NULL,
	"max_uses" integer,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "white_label_codes_key" UNIQUE("company_id","code_hash"),
	CONSTRAINT "white_label_codes_uses" CHECK (uses >= 0 and max_uses > 0 and uses <= max_uses)
);
--> statement-breakpoint
CREATE TABLE "ats"."white_label_pages" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"company_id" uuid NOT NULL,
	"visibility" text DEFAULT 'public' NOT NULL,
	"roles" text DEFAULT 'none' NOT NULL,
	"job_ids" uuid[] DEFAULT '{}' NOT NULL,
	"welcome" text,
	"instructions" text,
	"thanks" text,
	CONSTRAINT "white_label_pages_company_key" UNIQUE("company_id"),
	CONSTRAINT "white_label_pages_visibility" CHECK ("ats"."white_label_pages"."visibility" in ('public', 'private')),
	CONSTRAINT "white_label_pages_roles" CHECK ("ats"."white_label_pages"."roles" in ('all', 'selected', 'none')),
	CONSTRAINT "white_label_pages_selected" CHECK (roles = 'selected' or job_ids = '{}')
);
--> statement-breakpoint
CREATE TABLE "ats"."withdrawal_requests" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"application_id" uuid NOT NULL,
	"reason" text,
	"effective_at" timestamp with time zone NOT NULL,
	"undone_at" timestamp with time zone,
	"applied_at" timestamp with time zone,
	"lapsed_at" timestamp with time zone,
	CONSTRAINT "withdrawal_requests_end" CHECK (num_nonnulls(undone_at, applied_at, lapsed_at) <= 1)
);
--> statement-breakpoint
CREATE TABLE "api"."handover_codes" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"code_hash" text NOT NULL,
	"user_id" uuid NOT NULL,
	"company_id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	CONSTRAINT "handover_codes_hash_key" UNIQUE("code_hash")
);
--> statement-breakpoint
ALTER TABLE "ats"."candidates" ADD COLUMN "portal_opted_out_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "ats"."jobs" ADD COLUMN "slug" text;--> statement-breakpoint
ALTER TABLE "ats"."jobs" ADD COLUMN "apply_url" text;--> statement-breakpoint
ALTER TABLE "ats"."jobs" ADD COLUMN "show_company" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "identity"."login_challenges" ADD CONSTRAINT "login_challenges_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."brands" ADD CONSTRAINT "brands_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."candidate_portal_tokens" ADD CONSTRAINT "candidate_portal_tokens_candidate_id_candidates_id_fk" FOREIGN KEY ("candidate_id") REFERENCES "ats"."candidates"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."intake_requests" ADD CONSTRAINT "intake_requests_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."intake_requests" ADD CONSTRAINT "intake_requests_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "ats"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."intake_requests" ADD CONSTRAINT "intake_requests_handled_by_user_id_users_id_fk" FOREIGN KEY ("handled_by_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."intake_settings" ADD CONSTRAINT "intake_settings_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."interview_availability" ADD CONSTRAINT "interview_availability_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "ats"."applications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."portal_messages" ADD CONSTRAINT "portal_messages_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "ats"."applications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."privacy_requests" ADD CONSTRAINT "privacy_requests_candidate_id_candidates_id_fk" FOREIGN KEY ("candidate_id") REFERENCES "ats"."candidates"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."slug_redirects" ADD CONSTRAINT "slug_redirects_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."white_label_codes" ADD CONSTRAINT "white_label_codes_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."white_label_pages" ADD CONSTRAINT "white_label_pages_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."withdrawal_requests" ADD CONSTRAINT "withdrawal_requests_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "ats"."applications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."handover_codes" ADD CONSTRAINT "handover_codes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."handover_codes" ADD CONSTRAINT "handover_codes_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api"."handover_codes" ADD CONSTRAINT "handover_codes_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "identity"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "login_challenges_email" ON "identity"."login_challenges" USING btree ("email") WHERE used_at is null and superseded_at is null;--> statement-breakpoint
CREATE INDEX "login_challenges_expiry" ON "identity"."login_challenges" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "candidate_portal_tokens_candidate" ON "ats"."candidate_portal_tokens" USING btree ("candidate_id","issued_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "intake_requests_company" ON "ats"."intake_requests" USING btree ("company_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "intake_requests_created" ON "ats"."intake_requests" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "interview_availability_application" ON "ats"."interview_availability" USING btree ("application_id","provided_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "portal_messages_application" ON "ats"."portal_messages" USING btree ("application_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "privacy_requests_one_open" ON "ats"."privacy_requests" USING btree ("candidate_id","kind") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "privacy_requests_candidate" ON "ats"."privacy_requests" USING btree ("candidate_id","created_at");--> statement-breakpoint
CREATE INDEX "privacy_requests_created" ON "ats"."privacy_requests" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "slug_redirects_company" ON "ats"."slug_redirects" USING btree ("company_id");--> statement-breakpoint
CREATE INDEX "white_label_codes_company" ON "ats"."white_label_codes" USING btree ("company_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "withdrawal_requests_one_open" ON "ats"."withdrawal_requests" USING btree ("application_id") WHERE num_nonnulls(undone_at, applied_at, lapsed_at) = 0;--> statement-breakpoint
CREATE INDEX "withdrawal_requests_due" ON "ats"."withdrawal_requests" USING btree ("effective_at") WHERE num_nonnulls(undone_at, applied_at, lapsed_at) = 0;--> statement-breakpoint
CREATE INDEX "withdrawal_requests_application" ON "ats"."withdrawal_requests" USING btree ("application_id","created_at");--> statement-breakpoint
CREATE INDEX "handover_codes_expiry" ON "api"."handover_codes" USING btree ("expires_at");--> statement-breakpoint
ALTER TABLE "ats"."jobs" ADD CONSTRAINT "jobs_slug_key" UNIQUE("company_id","slug");--> statement-breakpoint
ALTER TABLE "ats"."jobs" ADD CONSTRAINT "jobs_slug" CHECK (slug ~ '^[a-z0-9](-?[a-z0-9])*$');--> statement-breakpoint
ALTER TABLE "ats"."jobs" ADD CONSTRAINT "jobs_apply_url" CHECK (apply_url ~ '^https?://');