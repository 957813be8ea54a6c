CREATE TABLE "identity"."memberships" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"user_id" uuid NOT NULL,
	"role_name" text NOT NULL,
	"organization_id" uuid NOT NULL,
	"company_id" uuid,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "memberships_role_name" CHECK ("identity"."memberships"."role_name" in ('company_admin', 'hiring_manager'))
);
--> statement-breakpoint
CREATE TABLE "identity"."organizations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"name" text NOT NULL,
	"type" text DEFAULT 'company' NOT NULL,
	"slug" text NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "organizations_slug_unique" UNIQUE("slug"),
	CONSTRAINT "organizations_type" CHECK ("identity"."organizations"."type" in ('company', 'platform', 'agency'))
);
--> statement-breakpoint
CREATE TABLE "identity"."user_roles" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"user_id" uuid NOT NULL,
	"role_name" text NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "user_roles_role_name" CHECK ("identity"."user_roles"."role_name" in ('platform_admin'))
);
--> statement-breakpoint
CREATE TABLE "identity"."users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"clerk_user_id" text,
	"clerk_updated_at" timestamp with time zone,
	"email" "citext" NOT NULL,
	"name" text DEFAULT '' NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"onboarding_status" text DEFAULT 'pending' NOT NULL,
	"onboarding_step" integer DEFAULT 0 NOT NULL,
	"last_active_at" timestamp with time zone,
	"deleted_at" timestamp with time zone,
	"referred_by_recruiter_id" uuid,
	CONSTRAINT "users_status" CHECK ("identity"."users"."status" in ('active', 'deactivated')),
	CONSTRAINT "users_onboarding_status" CHECK ("identity"."users"."onboarding_status" in ('pending', 'in_progress', 'completed', 'skipped'))
);
--> statement-breakpoint
CREATE TABLE "network"."candidate_sourcers" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"candidate_id" uuid NOT NULL,
	"sourcer_recruiter_id" uuid NOT NULL,
	"sourced_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	CONSTRAINT "candidate_sourcers_candidate_id_key" UNIQUE("candidate_id")
);
--> statement-breakpoint
CREATE TABLE "network"."company_sourcers" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"company_id" uuid NOT NULL,
	"sourcer_recruiter_id" uuid NOT NULL,
	"sourced_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	CONSTRAINT "company_sourcers_company_id_key" UNIQUE("company_id")
);
--> statement-breakpoint
CREATE TABLE "network"."recruiter_candidates" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"recruiter_id" uuid NOT NULL,
	"candidate_id" uuid NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"invitation_token_hash" text,
	"invited_at" timestamp with time zone,
	"invitation_expires_at" timestamp with time zone,
	"consent_given" boolean DEFAULT false NOT NULL,
	"consent_given_at" timestamp with time zone,
	"consent_ip_address" text,
	"consent_user_agent" text,
	"declined_at" timestamp with time zone,
	"declined_reason" text,
	"relationship_start_date" timestamp with time zone,
	"relationship_end_date" timestamp with time zone,
	"renewal_requested_by" uuid,
	"renewal_requested_at" timestamp with time zone,
	"termination_reason" text,
	"terminated_by" uuid,
	CONSTRAINT "recruiter_candidates_invitation_key" UNIQUE("invitation_token_hash"),
	CONSTRAINT "recruiter_candidates_status" CHECK ("network"."recruiter_candidates"."status" in ('pending', 'active', 'declined', 'cancelled', 'expired', 'terminated')),
	CONSTRAINT "recruiter_candidates_consent" CHECK (status <> 'active' or (consent_given and consent_given_at is not null))
);
--> statement-breakpoint
CREATE TABLE "network"."recruiter_companies" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"recruiter_id" uuid NOT NULL,
	"company_id" uuid NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"permissions" jsonb NOT NULL,
	"invited_by" uuid,
	"request_message" text,
	"terms_acknowledged_at" timestamp with time zone,
	"terms_acknowledged_by" uuid,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"termination_reason" text,
	"terminated_by" uuid,
	CONSTRAINT "recruiter_companies_status" CHECK ("network"."recruiter_companies"."status" in ('pending', 'active', 'declined', 'terminated'))
);
--> statement-breakpoint
CREATE TABLE "network"."recruiter_reputation" (
	"recruiter_id" uuid PRIMARY KEY NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"total_submissions" integer DEFAULT 0 NOT NULL,
	"total_hires" integer DEFAULT 0 NOT NULL,
	"hire_rate" numeric(5, 2) DEFAULT '0' NOT NULL,
	"total_placements" integer DEFAULT 0 NOT NULL,
	"completed_placements" integer DEFAULT 0 NOT NULL,
	"failed_placements" integer DEFAULT 0 NOT NULL,
	"completion_rate" numeric(5, 2) DEFAULT '0' NOT NULL,
	"total_collaborations" integer DEFAULT 0 NOT NULL,
	"avg_response_time_hours" numeric(8, 2),
	"proposals_accepted" integer DEFAULT 0 NOT NULL,
	"proposals_declined" integer DEFAULT 0 NOT NULL,
	"proposals_timed_out" integer DEFAULT 0 NOT NULL,
	"reputation_score" numeric(5, 2) DEFAULT '50' NOT NULL,
	"internal_rating" numeric(2, 1),
	"last_calculated_at" timestamp with time zone,
	CONSTRAINT "recruiter_reputation_score" CHECK (reputation_score between 0 and 100)
);
--> statement-breakpoint
CREATE TABLE "network"."recruiters" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"bio" text,
	"tagline" text,
	"phone" text,
	"location" text,
	"industries" text[] DEFAULT '{}' NOT NULL,
	"specialties" text[] DEFAULT '{}' NOT NULL,
	"years_experience" integer,
	"slug" text,
	"marketplace_enabled" boolean DEFAULT false NOT NULL,
	"marketplace_visibility" text DEFAULT 'limited' NOT NULL,
	"auto_routing_opt_out" boolean DEFAULT false NOT NULL,
	"stripe_connect_account_id" text,
	"stripe_connect_onboarded" boolean DEFAULT false NOT NULL,
	"stripe_connect_onboarded_at" timestamp with time zone,
	"search" "tsvector" GENERATED ALWAYS AS (ops.words(name)) STORED,
	CONSTRAINT "recruiters_user_id_key" UNIQUE("user_id"),
	CONSTRAINT "recruiters_slug_unique" UNIQUE("slug"),
	CONSTRAINT "recruiters_status" CHECK ("network"."recruiters"."status" in ('pending', 'active', 'suspended', 'inactive')),
	CONSTRAINT "recruiters_visibility" CHECK ("network"."recruiters"."marketplace_visibility" in ('public', 'limited', 'hidden'))
);
--> statement-breakpoint
CREATE TABLE "network"."team_members" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"team_id" uuid NOT NULL,
	"recruiter_id" uuid NOT NULL,
	"role" text NOT NULL,
	"joined_at" timestamp with time zone,
	"status" text DEFAULT 'invited' NOT NULL,
	CONSTRAINT "team_members_team_recruiter" UNIQUE("team_id","recruiter_id"),
	CONSTRAINT "team_members_role" CHECK ("network"."team_members"."role" in ('owner', 'admin', 'member', 'collaborator')),
	CONSTRAINT "team_members_status" CHECK ("network"."team_members"."status" in ('active', 'invited', 'removed')),
	CONSTRAINT "team_members_joined" CHECK (status <> 'active' or joined_at is not null)
);
--> statement-breakpoint
CREATE TABLE "network"."team_split_configs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"team_id" uuid NOT NULL,
	"model" text NOT NULL,
	"config" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"effective_from" timestamp with time zone NOT NULL,
	"cra_id" uuid,
	"created_by_user_id" uuid NOT NULL,
	CONSTRAINT "team_split_configs_model" CHECK ("network"."team_split_configs"."model" in ('flat_split', 'tiered_split', 'individual_credit', 'hybrid')),
	CONSTRAINT "team_split_configs_config" CHECK ((model = 'hybrid') = (config ? 'overhead_bp') and (model = 'tiered_split') = (config ? 'owner_bp')),
	CONSTRAINT "team_split_configs_purpose" CHECK (is_default = (cra_id is null))
);
--> statement-breakpoint
CREATE TABLE "network"."teams" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"name" text NOT NULL,
	"owner_user_id" uuid NOT NULL,
	"billing_organization_id" uuid,
	"status" text DEFAULT 'suspended' NOT NULL,
	"suspended_reason" text,
	"grace_until" timestamp with time zone,
	"search" "tsvector" GENERATED ALWAYS AS (ops.words(name)) STORED,
	CONSTRAINT "teams_status" CHECK ("network"."teams"."status" in ('active', 'suspended')),
	CONSTRAINT "teams_suspended_reason" CHECK ((status = 'suspended') = (suspended_reason is not null)),
	CONSTRAINT "teams_reason" CHECK ("network"."teams"."suspended_reason" in ('below_minimum', 'owner_unpaid', 'admin'))
);
--> statement-breakpoint
CREATE TABLE "ats"."ai_reviews" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"application_id" uuid NOT NULL,
	"fit_score" integer NOT NULL,
	"recommendation" text NOT NULL,
	"overall_summary" text NOT NULL,
	"confidence_level" integer NOT NULL,
	"strengths" text[] DEFAULT '{}' NOT NULL,
	"concerns" text[] DEFAULT '{}' NOT NULL,
	"matched_skills" text[] DEFAULT '{}' NOT NULL,
	"missing_skills" text[] DEFAULT '{}' NOT NULL,
	"skills_match_percentage" integer,
	"required_years" numeric(4, 1),
	"candidate_years" numeric(4, 1),
	"meets_experience_requirement" boolean,
	"location_compatibility" text,
	"model_version" text NOT NULL,
	"processing_time_ms" integer,
	"analyzed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "ai_reviews_recommendation" CHECK ("ats"."ai_reviews"."recommendation" in ('strong_fit', 'good_fit', 'fair_fit', 'poor_fit')),
	CONSTRAINT "ai_reviews_location" CHECK ("ats"."ai_reviews"."location_compatibility" in ('perfect', 'good', 'challenging', 'mismatch')),
	CONSTRAINT "ai_reviews_scores" CHECK (fit_score between 0 and 100 and confidence_level between 0 and 100 and skills_match_percentage between 0 and 100)
);
--> statement-breakpoint
CREATE TABLE "ats"."application_audit_log" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"application_id" uuid NOT NULL,
	"action" text NOT NULL,
	"performed_by_user_id" uuid,
	"performed_by_role" text,
	"company_id" uuid,
	"old_value" jsonb,
	"new_value" jsonb,
	"metadata" jsonb,
	"ip_address" text,
	"user_agent" text
);
--> statement-breakpoint
CREATE TABLE "ats"."application_notes" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"application_id" uuid NOT NULL,
	"created_by_user_id" uuid NOT NULL,
	"created_by_type" text NOT NULL,
	"note_type" text DEFAULT 'note' NOT NULL,
	"visibility" text DEFAULT 'shared' NOT NULL,
	"message_text" text NOT NULL,
	"in_response_to_id" uuid,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "application_notes_author" CHECK ("ats"."application_notes"."created_by_type" in ('candidate', 'candidate_recruiter', 'company_recruiter', 'company_admin', 'hiring_manager', 'platform_admin')),
	CONSTRAINT "application_notes_type" CHECK ("ats"."application_notes"."note_type" in ('info_request', 'info_response', 'note', 'improvement_request', 'stage_transition', 'interview_feedback', 'general', 'pitch')),
	CONSTRAINT "application_notes_visibility" CHECK ("ats"."application_notes"."visibility" in ('shared', 'company_only', 'candidate_only'))
);
--> statement-breakpoint
CREATE TABLE "ats"."applications" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"job_id" uuid NOT NULL,
	"company_id" uuid NOT NULL,
	"candidate_id" uuid NOT NULL,
	"candidate_recruiter_id" uuid,
	"company_recruiter_id" uuid,
	"stage" text DEFAULT 'draft' NOT NULL,
	"stage_changed_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"stage_before_expiry" text,
	"expiry_warned_at" timestamp with time zone,
	"application_source" text DEFAULT 'direct' NOT NULL,
	"cover_letter" text,
	"candidate_notes" text,
	"recruiter_notes" text,
	"internal_notes" text,
	"salary" numeric(12,2),
	"accepted_by_candidate" boolean DEFAULT false NOT NULL,
	"submitted_at" timestamp with time zone,
	"hired_at" timestamp with time zone,
	"expired_at" timestamp with time zone,
	"closed_at" timestamp with time zone,
	"placement_id" uuid,
	"decline_reason" text,
	"decline_details" text,
	"created_by_user_id" uuid,
	CONSTRAINT "applications_stage" CHECK ("ats"."applications"."stage" in ('draft', 'ai_review', 'ai_reviewed', 'ai_failed', 'recruiter_proposed', 'recruiter_request', 'recruiter_review', 'screen', 'submitted', 'company_review', 'company_feedback', 'interview', 'offer', 'hired', 'rejected', 'withdrawn', 'expired')),
	CONSTRAINT "applications_source" CHECK ("ats"."applications"."application_source" in ('direct', 'recruiter', 'company_recruiter', 'api', 'extension', 'widget', 'white_label', 'ats_sync'))
);
--> statement-breakpoint
CREATE TABLE "ats"."candidate_role_assignments" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"candidate_id" uuid NOT NULL,
	"job_id" uuid NOT NULL,
	"company_id" uuid NOT NULL,
	"proposed_by" uuid NOT NULL,
	"candidate_recruiter_id" uuid,
	"company_recruiter_id" uuid,
	"state" text NOT NULL,
	"state_changed_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"state_before_timeout" text,
	"current_gate" text,
	"gate_sequence" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"gate_history" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"has_candidate_recruiter" boolean DEFAULT false NOT NULL,
	"has_company_recruiter" boolean DEFAULT false NOT NULL,
	"reached_company_at" timestamp with time zone,
	"proposal_type" text,
	"proposed_at" timestamp with time zone,
	"response_due_at" timestamp with time zone,
	"accepted_at" timestamp with time zone,
	"declined_at" timestamp with time zone,
	"timed_out_at" timestamp with time zone,
	"gates_passed_at" timestamp with time zone,
	"closed_at" timestamp with time zone,
	"proposal_notes" text,
	"response_notes" text,
	"application_id" uuid,
	CONSTRAINT "cra_state" CHECK ("ats"."candidate_role_assignments"."state" in ('proposed', 'awaiting_candidate_recruiter', 'awaiting_company_recruiter', 'awaiting_company', 'under_review', 'info_requested', 'submitted_to_company', 'screen', 'in_process', 'offer', 'hired', 'rejected', 'declined', 'withdrawn', 'timed_out', 'closed')),
	CONSTRAINT "cra_current_gate" CHECK ("ats"."candidate_role_assignments"."current_gate" in ('candidate_recruiter', 'company_recruiter', 'company', 'none')),
	CONSTRAINT "cra_proposal_type" CHECK ("ats"."candidate_role_assignments"."proposal_type" in ('opportunity', 'company_outreach', 'collaboration')),
	CONSTRAINT "cra_flags" CHECK (has_candidate_recruiter = (candidate_recruiter_id is not null) and has_company_recruiter = (company_recruiter_id is not null)),
	CONSTRAINT "cra_closed" CHECK ((state in ('rejected', 'declined', 'withdrawn', 'timed_out', 'closed')) = (closed_at is not null))
);
--> statement-breakpoint
CREATE TABLE "ats"."candidates" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"email" "citext" NOT NULL,
	"full_name" text NOT NULL,
	"user_id" uuid,
	"phone" text,
	"location" text,
	"linkedin_url" text,
	"github_url" text,
	"portfolio_url" text,
	"current_title" text,
	"current_company" text,
	"bio" text,
	"skills" text[] DEFAULT '{}' NOT NULL,
	"verification_status" text DEFAULT 'unverified' NOT NULL,
	"verified_by" uuid,
	"verified_at" timestamp with time zone,
	"marketplace_visibility" text DEFAULT 'limited' NOT NULL,
	"show_email" boolean DEFAULT false NOT NULL,
	"show_phone" boolean DEFAULT false NOT NULL,
	"show_location" boolean DEFAULT true NOT NULL,
	"show_current_company" boolean DEFAULT true NOT NULL,
	"show_salary_expectations" boolean DEFAULT false NOT NULL,
	"desired_salary_min" numeric(12,2),
	"desired_salary_max" numeric(12,2),
	"desired_job_type" text,
	"open_to_remote" boolean DEFAULT true NOT NULL,
	"open_to_relocation" boolean DEFAULT false NOT NULL,
	"availability" text,
	"data_sharing_consent" boolean DEFAULT false NOT NULL,
	"data_sharing_consent_at" timestamp with time zone,
	"last_activity_at" timestamp with time zone,
	"erased_at" timestamp with time zone,
	"created_by_user_id" uuid,
	"deleted_at" timestamp with time zone,
	"search" "tsvector" GENERATED ALWAYS AS (ops.words(variadic array[full_name, current_title, current_company] || skills)) STORED,
	CONSTRAINT "candidates_email_key" UNIQUE("email"),
	CONSTRAINT "candidates_user_id_key" UNIQUE("user_id"),
	CONSTRAINT "candidates_verification_status" CHECK ("ats"."candidates"."verification_status" in ('unverified', 'pending', 'verified', 'rejected')),
	CONSTRAINT "candidates_marketplace_visibility" CHECK ("ats"."candidates"."marketplace_visibility" in ('public', 'limited', 'hidden')),
	CONSTRAINT "candidates_desired_salary" CHECK (desired_salary_min <= desired_salary_max and desired_salary_min >= 0 and desired_salary_max >= 0)
);
--> statement-breakpoint
CREATE TABLE "ats"."companies" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"identity_organization_id" uuid NOT NULL,
	"name" text NOT NULL,
	"slug" text NOT NULL,
	"website" text,
	"industry" text,
	"company_size" text,
	"headquarters_location" text,
	"description" text,
	"logo_url" text,
	"status" text DEFAULT 'active' NOT NULL,
	"is_marketplace_listed" boolean DEFAULT true NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"deleted_at" timestamp with time zone,
	"search" "tsvector" GENERATED ALWAYS AS (ops.words(name)) STORED,
	CONSTRAINT "companies_slug_unique" UNIQUE("slug"),
	CONSTRAINT "companies_status" CHECK ("ats"."companies"."status" in ('active', 'inactive'))
);
--> statement-breakpoint
CREATE TABLE "ats"."cra_gate_feedback" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"assignment_id" uuid NOT NULL,
	"gate_name" text NOT NULL,
	"created_by_user_id" uuid NOT NULL,
	"created_by_type" text NOT NULL,
	"feedback_type" text NOT NULL,
	"message_text" text NOT NULL,
	"in_response_to_id" uuid,
	"addressee_type" text,
	"visibility" text DEFAULT 'gate' NOT NULL,
	CONSTRAINT "cra_gate_feedback_gate" CHECK ("ats"."cra_gate_feedback"."gate_name" in ('candidate_recruiter', 'company_recruiter', 'company')),
	CONSTRAINT "cra_gate_feedback_author" CHECK ("ats"."cra_gate_feedback"."created_by_type" in ('candidate', 'candidate_recruiter', 'company_recruiter', 'company_admin', 'hiring_manager', 'platform_admin')),
	CONSTRAINT "cra_gate_feedback_type" CHECK ("ats"."cra_gate_feedback"."feedback_type" in ('info_request', 'info_response', 'clarification', 'approval_note', 'denial_reason')),
	CONSTRAINT "cra_gate_feedback_addressee" CHECK ("ats"."cra_gate_feedback"."addressee_type" in ('candidate', 'candidate_recruiter', 'company_recruiter')),
	CONSTRAINT "cra_gate_feedback_visibility" CHECK ("ats"."cra_gate_feedback"."visibility" in ('gate', 'shared'))
);
--> statement-breakpoint
CREATE TABLE "ats"."documents" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"entity_type" text NOT NULL,
	"entity_id" uuid NOT NULL,
	"document_type" text NOT NULL,
	"filename" text NOT NULL,
	"storage_key" text NOT NULL,
	"content_type" text NOT NULL,
	"file_size" bigint NOT NULL,
	"processing_status" text DEFAULT 'pending' NOT NULL,
	"uploaded_by_user_id" uuid,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "documents_entity_type" CHECK ("ats"."documents"."entity_type" in ('candidate', 'job', 'application', 'company', 'placement', 'contract', 'invoice')),
	CONSTRAINT "documents_document_type" CHECK ("ats"."documents"."document_type" in ('resume', 'cover_letter', 'job_description', 'company_document', 'contract', 'invoice', 'receipt', 'agreement', 'offer_letter', 'other')),
	CONSTRAINT "documents_processing_status" CHECK ("ats"."documents"."processing_status" in ('pending', 'processing', 'processed', 'failed')),
	CONSTRAINT "documents_file_size" CHECK (file_size between 0 and 10485760)
);
--> statement-breakpoint
CREATE TABLE "ats"."job_pre_screen_answers" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"application_id" uuid NOT NULL,
	"question_id" uuid NOT NULL,
	"answer" jsonb NOT NULL,
	CONSTRAINT "job_pre_screen_answers_one" UNIQUE("application_id","question_id")
);
--> statement-breakpoint
CREATE TABLE "ats"."job_pre_screen_questions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"job_id" uuid NOT NULL,
	"question" text NOT NULL,
	"question_type" text NOT NULL,
	"options" jsonb,
	"is_required" boolean DEFAULT true NOT NULL,
	"sort_order" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "job_pre_screen_questions_type" CHECK ("ats"."job_pre_screen_questions"."question_type" in ('text', 'yes_no', 'select', 'multi_select')),
	CONSTRAINT "job_pre_screen_questions_options" CHECK (question_type not in ('select', 'multi_select') or coalesce(jsonb_array_length(options), 0) > 0)
);
--> statement-breakpoint
CREATE TABLE "ats"."job_requirements" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"job_id" uuid NOT NULL,
	"requirement_type" text NOT NULL,
	"description" text NOT NULL,
	"sort_order" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "job_requirements_type" CHECK ("ats"."job_requirements"."requirement_type" in ('mandatory', 'preferred'))
);
--> statement-breakpoint
CREATE TABLE "ats"."jobs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"company_id" uuid NOT NULL,
	"title" text NOT NULL,
	"department" text,
	"job_function" text,
	"location" text,
	"employment_type" text,
	"job_level" text,
	"commute_types" text[] DEFAULT '{}' NOT NULL,
	"open_to_relocation" boolean DEFAULT false NOT NULL,
	"salary_min" numeric(12,2),
	"salary_max" numeric(12,2),
	"show_salary_range" boolean DEFAULT true NOT NULL,
	"fee_percentage" numeric(5,2),
	"guarantee_days" integer DEFAULT 90 NOT NULL,
	"status" text DEFAULT 'draft' NOT NULL,
	"closed_reason" text,
	"opened_at" timestamp with time zone,
	"filled_at" timestamp with time zone,
	"closed_at" timestamp with time zone,
	"activates_at" timestamp with time zone,
	"closes_at" timestamp with time zone,
	"description" text,
	"recruiter_description" text,
	"candidate_description" text,
	"job_owner_recruiter_id" uuid,
	"company_recruiter_id" uuid,
	"invite_only" boolean DEFAULT false NOT NULL,
	"premium_type" text[] DEFAULT '{}' NOT NULL,
	"hires_committed" integer,
	"bulk_bonus" numeric(10,2),
	"created_by_user_id" uuid,
	"deleted_at" timestamp with time zone,
	"search" "tsvector" GENERATED ALWAYS AS (ops.words(title, department, location)) STORED,
	CONSTRAINT "jobs_id_company" UNIQUE("id","company_id"),
	CONSTRAINT "jobs_status" CHECK ("ats"."jobs"."status" in ('draft', 'pending', 'active', 'paused', 'filled', 'closed')),
	CONSTRAINT "jobs_employment_type" CHECK ("ats"."jobs"."employment_type" in ('full_time', 'part_time', 'contract', 'temporary')),
	CONSTRAINT "jobs_job_level" CHECK ("ats"."jobs"."job_level" in ('entry', 'mid', 'senior', 'lead', 'manager', 'director', 'vp', 'c_suite')),
	CONSTRAINT "jobs_commute_types" CHECK ("ats"."jobs"."commute_types" <@ array['remote', 'hybrid_1', 'hybrid_2', 'hybrid_3', 'hybrid_4', 'in_office']::text[]),
	CONSTRAINT "jobs_premium_type" CHECK ("ats"."jobs"."premium_type" <@ array['urgent', 'executive', 'niche', 'volume']::text[]),
	CONSTRAINT "jobs_salary" CHECK (salary_min <= salary_max and salary_min >= 0 and salary_max >= 0),
	CONSTRAINT "jobs_fee_percentage" CHECK (fee_percentage between 0 and 100),
	CONSTRAINT "jobs_guarantee_days" CHECK (guarantee_days between 0 and 365),
	CONSTRAINT "jobs_bulk_bonus" CHECK (bulk_bonus is null or (bulk_bonus >= 0 and coalesce(hires_committed, 0) >= 5))
);
--> statement-breakpoint
CREATE TABLE "ats"."placements" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"application_id" uuid NOT NULL,
	"cra_id" uuid NOT NULL,
	"job_id" uuid NOT NULL,
	"candidate_id" uuid NOT NULL,
	"company_id" uuid NOT NULL,
	"state" text NOT NULL,
	"salary" numeric(12,2) NOT NULL,
	"salary_cents" bigint GENERATED ALWAYS AS ((salary * 100)::bigint) STORED NOT NULL,
	"fee_percentage" numeric(5,2),
	"placement_fee" numeric(10,2) NOT NULL,
	"placement_fee_cents" bigint GENERATED ALWAYS AS ((placement_fee * 100)::bigint) STORED NOT NULL,
	"hired_at" timestamp with time zone NOT NULL,
	"start_date" date NOT NULL,
	"end_date" date,
	"guarantee_days" integer NOT NULL,
	"guarantee_expires_at" timestamp with time zone NOT NULL,
	"guarantee_warned_days" integer,
	"completed_at" timestamp with time zone,
	"failed_at" timestamp with time zone,
	"failure_reason" text,
	"within_guarantee" boolean,
	"replaces_placement_id" uuid,
	"replacement_placement_id" uuid,
	"money_version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "placements_application_id_key" UNIQUE("application_id"),
	CONSTRAINT "placements_state" CHECK ("ats"."placements"."state" in ('hired', 'active', 'completed', 'failed')),
	CONSTRAINT "placements_salary" CHECK (salary > 0),
	CONSTRAINT "placements_fee" CHECK (placement_fee >= 0),
	CONSTRAINT "placements_guarantee_days" CHECK (guarantee_days between 0 and 365),
	CONSTRAINT "placements_failed" CHECK ((state = 'failed') = (failed_at is not null))
);
--> statement-breakpoint
CREATE TABLE "ats"."role_invitations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"role_id" uuid NOT NULL,
	"recruiter_id" uuid NOT NULL,
	"invited_by" text NOT NULL,
	"invited_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"expires_at" timestamp with time zone,
	"accepted_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "role_invitations_invited_by" CHECK ("ats"."role_invitations"."invited_by" in ('system', 'company', 'admin'))
);
--> statement-breakpoint
CREATE TABLE "billing"."custom_contracts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"company_id" uuid NOT NULL,
	"fee_percentage" numeric(5,2),
	"flat_fee_cents" bigint,
	"min_placements_per_year" integer,
	"discount_percentage" numeric(5,2),
	"discount_threshold" integer DEFAULT 0 NOT NULL,
	"contract_start_date" date NOT NULL,
	"contract_end_date" date,
	"terms_document_url" text,
	"approved_by_admin_id" uuid,
	"approved_at" timestamp with time zone,
	CONSTRAINT "custom_contracts_dates" CHECK (contract_end_date is null or contract_end_date >= contract_start_date),
	CONSTRAINT "custom_contracts_fee" CHECK (fee_percentage between 0 and 100 and flat_fee_cents between 0 and 9999999999 and discount_percentage between 0 and 100 and discount_threshold >= 0),
	CONSTRAINT "custom_contracts_approved" CHECK ((approved_at is null) = (approved_by_admin_id is null))
);
--> statement-breakpoint
CREATE TABLE "billing"."fee_terms" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"standard_bp" integer NOT NULL,
	"executive_bp" integer NOT NULL,
	"urgent_bp" integer NOT NULL,
	"niche_bp" integer NOT NULL,
	"keep_bp" integer NOT NULL,
	"effective_from" timestamp with time zone NOT NULL,
	"effective_to" timestamp with time zone,
	CONSTRAINT "fee_terms_uplift" CHECK (urgent_bp + niche_bp <= 5000)
);
--> statement-breakpoint
CREATE TABLE "billing"."placement_allocations" (
	"placement_id" uuid PRIMARY KEY NOT NULL,
	"splits_cents" bigint NOT NULL,
	"platform_cents" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	CONSTRAINT "placement_allocations_parts" CHECK (splits_cents >= 0 and platform_cents >= 0)
);
--> statement-breakpoint
CREATE TABLE "billing"."placement_payout_transactions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"placement_split_id" uuid NOT NULL,
	"placement_id" uuid NOT NULL,
	"recruiter_id" uuid NOT NULL,
	"status" text NOT NULL,
	"amount" numeric(10,2) NOT NULL,
	"net_amount" numeric(10,2) NOT NULL,
	"amount_cents" bigint GENERATED ALWAYS AS ((amount * 100)::bigint) STORED NOT NULL,
	"net_cents" bigint GENERATED ALWAYS AS ((net_amount * 100)::bigint) STORED NOT NULL,
	"hold_reasons" text[] DEFAULT '{}' NOT NULL,
	"completion_reason" text,
	"completed_at" timestamp with time zone,
	CONSTRAINT "payout_transactions_split_key" UNIQUE("placement_split_id"),
	CONSTRAINT "payout_transactions_status" CHECK ("billing"."placement_payout_transactions"."status" in ('pending', 'processing', 'completed', 'failed', 'on_hold', 'cancelled', 'reversed')),
	CONSTRAINT "payout_transactions_completion" CHECK ("billing"."placement_payout_transactions"."completion_reason" in ('transfer', 'zero_amount', 'offset_in_full')),
	CONSTRAINT "payout_transactions_amounts" CHECK (amount >= 0 and net_amount = amount),
	CONSTRAINT "payout_transactions_hold" CHECK ((status = 'on_hold') = (cardinality(hold_reasons) > 0)),
	CONSTRAINT "payout_transactions_completed" CHECK ((status = 'completed') = (completion_reason is not null and completed_at is not null))
);
--> statement-breakpoint
CREATE TABLE "billing"."placement_snapshot" (
	"placement_id" uuid PRIMARY KEY NOT NULL,
	"candidate_recruiter_id" uuid,
	"company_recruiter_id" uuid,
	"job_owner_recruiter_id" uuid,
	"candidate_sourcer_recruiter_id" uuid,
	"company_sourcer_recruiter_id" uuid,
	"candidate_recruiter_rate" numeric(5,2),
	"company_recruiter_rate" numeric(5,2),
	"job_owner_rate" numeric(5,2),
	"candidate_sourcer_rate" numeric(5,2),
	"company_sourcer_rate" numeric(5,2),
	"total_placement_fee" numeric(10,2) NOT NULL,
	"subscription_tier" text,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"fee_cents" bigint GENERATED ALWAYS AS ((total_placement_fee * 100)::bigint) STORED NOT NULL,
	"candidate_recruiter_tier" text,
	"company_recruiter_tier" text,
	"job_owner_tier" text,
	"candidate_sourcer_tier" text,
	"company_sourcer_tier" text,
	"candidate_recruiter_team_id" uuid,
	"company_recruiter_team_id" uuid,
	"job_owner_team_id" uuid,
	"candidate_sourcer_team_id" uuid,
	"company_sourcer_team_id" uuid,
	"candidate_recruiter_split_config" jsonb,
	"company_recruiter_split_config" jsonb,
	"job_owner_split_config" jsonb,
	"candidate_sourcer_split_config" jsonb,
	"company_sourcer_split_config" jsonb,
	"fee_basis" jsonb NOT NULL,
	"contract_id" uuid,
	"fee_terms_id" uuid NOT NULL,
	"splits_rates_ids" jsonb NOT NULL,
	"policy_version" text,
	CONSTRAINT "placement_snapshot_parts" CHECK (num_nulls(candidate_recruiter_id, candidate_recruiter_rate, candidate_recruiter_tier) in (0, 3) and num_nulls(company_recruiter_id, company_recruiter_rate, company_recruiter_tier) in (0, 3) and num_nulls(job_owner_recruiter_id, job_owner_rate, job_owner_tier) in (0, 3) and num_nulls(candidate_sourcer_recruiter_id, candidate_sourcer_rate, candidate_sourcer_tier) in (0, 3) and num_nulls(company_sourcer_recruiter_id, company_sourcer_rate, company_sourcer_tier) in (0, 3)),
	CONSTRAINT "placement_snapshot_rates" CHECK (coalesce(candidate_recruiter_rate, 0) + coalesce(company_recruiter_rate, 0) + coalesce(job_owner_rate, 0) + coalesce(candidate_sourcer_rate, 0) + coalesce(company_sourcer_rate, 0) <= 100),
	CONSTRAINT "placement_snapshot_tier" CHECK (subscription_tier in ('free', 'paid', 'premium', 'mixed'))
);
--> statement-breakpoint
CREATE TABLE "billing"."placement_splits" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"placement_id" uuid NOT NULL,
	"recruiter_id" uuid NOT NULL,
	"role" text NOT NULL,
	"split_percentage" numeric(5,2) NOT NULL,
	"split_amount" numeric(10,2) NOT NULL,
	"bonus_amount" numeric(10,2) DEFAULT 0 NOT NULL,
	"amount_cents" bigint GENERATED ALWAYS AS ((split_amount * 100)::bigint) STORED NOT NULL,
	"kind" text DEFAULT 'standard' NOT NULL,
	"team_id" uuid,
	"split_config_id" uuid,
	CONSTRAINT "placement_splits_one_per_payee_and_role" UNIQUE("placement_id","recruiter_id","role"),
	CONSTRAINT "placement_splits_role" CHECK ("billing"."placement_splits"."role" in ('candidate_recruiter', 'company_recruiter', 'job_owner', 'candidate_sourcer', 'company_sourcer')),
	CONSTRAINT "placement_splits_kind" CHECK ("billing"."placement_splits"."kind" in ('standard', 'team_member', 'team_overhead', 'volume_bonus')),
	CONSTRAINT "placement_splits_amounts" CHECK (split_amount >= 0 and bonus_amount >= 0 and bonus_amount <= split_amount)
);
--> statement-breakpoint
CREATE TABLE "billing"."plans" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"tier" text NOT NULL,
	"price_cents" integer NOT NULL,
	"annual_price_cents" integer NOT NULL,
	"trial_days" integer DEFAULT 0 NOT NULL,
	"stripe_price_id" text,
	"entitlements" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	CONSTRAINT "plans_slug_unique" UNIQUE("slug"),
	CONSTRAINT "plans_tier" CHECK ("billing"."plans"."tier" in ('free', 'paid', 'premium')),
	CONSTRAINT "plans_price" CHECK (price_cents >= 0 and annual_price_cents >= 0)
);
--> statement-breakpoint
CREATE TABLE "billing"."splits_rates" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"tier" text NOT NULL,
	"candidate_recruiter_rate" numeric(5,2) NOT NULL,
	"company_recruiter_rate" numeric(5,2) NOT NULL,
	"job_owner_rate" numeric(5,2) NOT NULL,
	"candidate_sourcer_rate" numeric(5,2) NOT NULL,
	"company_sourcer_rate" numeric(5,2) NOT NULL,
	"effective_from" timestamp with time zone NOT NULL,
	"effective_to" timestamp with time zone,
	CONSTRAINT "splits_rates_tier" CHECK ("billing"."splits_rates"."tier" in ('free', 'paid', 'premium')),
	CONSTRAINT "splits_rates_sum" CHECK (candidate_recruiter_rate + company_recruiter_rate + job_owner_rate + candidate_sourcer_rate + company_sourcer_rate <= 100
        and least(candidate_recruiter_rate, company_recruiter_rate, job_owner_rate, candidate_sourcer_rate, company_sourcer_rate) >= 0)
);
--> statement-breakpoint
CREATE TABLE "billing"."subscriptions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"user_id" uuid NOT NULL,
	"recruiter_id" uuid,
	"team_id" uuid,
	"plan_id" uuid NOT NULL,
	"status" text NOT NULL,
	"upgraded_at" timestamp with time zone,
	"past_due_since" timestamp with time zone,
	"current_period_start" timestamp with time zone,
	"current_period_end" timestamp with time zone,
	"cancel_at" timestamp with time zone,
	"canceled_at" timestamp with time zone,
	"trial_start" timestamp with time zone,
	"trial_end" timestamp with time zone,
	"billing_period" text DEFAULT 'monthly' NOT NULL,
	"stripe_customer_id" text,
	"stripe_subscription_id" text,
	CONSTRAINT "subscriptions_stripe_subscription_key" UNIQUE("stripe_subscription_id"),
	CONSTRAINT "subscriptions_status" CHECK ("billing"."subscriptions"."status" in ('trialing', 'active', 'past_due', 'canceled', 'incomplete')),
	CONSTRAINT "subscriptions_billing_period" CHECK ("billing"."subscriptions"."billing_period" in ('monthly', 'annual')),
	CONSTRAINT "subscriptions_past_due" CHECK ((status = 'past_due') = (past_due_since is not null))
);
--> statement-breakpoint
CREATE TABLE "notify"."notification_preferences" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"user_id" uuid NOT NULL,
	"category" text NOT NULL,
	"email_enabled" boolean DEFAULT true NOT NULL,
	"in_app_enabled" boolean DEFAULT true NOT NULL,
	CONSTRAINT "notification_preferences_one" UNIQUE("user_id","category"),
	CONSTRAINT "notification_preferences_category" CHECK ("notify"."notification_preferences"."category" in ('applications', 'interviews', 'offers_hires', 'placements', 'candidates', 'jobs_matches', 'billing', 'security', 'invitations', 'teams', 'engagement'))
);
--> statement-breakpoint
CREATE TABLE "notify"."notifications" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"recipient_user_id" uuid,
	"recipient_email" "citext",
	"event_type" text NOT NULL,
	"channel" text NOT NULL,
	"subject" text NOT NULL,
	"template" text NOT NULL,
	"payload" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"priority" text DEFAULT 'normal' NOT NULL,
	"category" text NOT NULL,
	"read" boolean DEFAULT false NOT NULL,
	"read_at" timestamp with time zone,
	"dismissed" boolean DEFAULT false NOT NULL,
	"action_url" text,
	"action_label" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"provider_message_id" text,
	"error_message" text,
	"dedupe_key" text NOT NULL,
	CONSTRAINT "notifications_dedupe_key" UNIQUE("dedupe_key"),
	CONSTRAINT "notifications_channel" CHECK ("notify"."notifications"."channel" in ('in_app', 'email')),
	CONSTRAINT "notifications_status" CHECK ("notify"."notifications"."status" in ('pending', 'sent', 'failed')),
	CONSTRAINT "notifications_priority" CHECK ("notify"."notifications"."priority" in ('low', 'normal', 'high', 'urgent')),
	CONSTRAINT "notifications_category" CHECK ("notify"."notifications"."category" in ('applications', 'interviews', 'offers_hires', 'placements', 'candidates', 'jobs_matches', 'billing', 'security', 'invitations', 'teams', 'engagement'))
);
--> statement-breakpoint
CREATE TABLE "ops"."event_handled" (
	"event_id" uuid NOT NULL,
	"subscriber" text NOT NULL,
	"at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	CONSTRAINT "event_handled_event_id_subscriber_pk" PRIMARY KEY("event_id","subscriber")
);
--> statement-breakpoint
CREATE TABLE "ops"."fraud_signals" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"signal_type" text NOT NULL,
	"severity" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"recruiter_id" uuid,
	"job_id" uuid,
	"candidate_id" uuid,
	"application_id" uuid,
	"placement_id" uuid,
	"signal_data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"confidence_score" integer NOT NULL,
	CONSTRAINT "fraud_signals_severity" CHECK ("ops"."fraud_signals"."severity" in ('low', 'medium', 'high', 'critical')),
	CONSTRAINT "fraud_signals_status" CHECK ("ops"."fraud_signals"."status" in ('active', 'resolved', 'false_positive'))
);
--> statement-breakpoint
CREATE TABLE "ops"."idempotency_keys" (
	"owner" text NOT NULL,
	"key" text NOT NULL,
	"method" text NOT NULL,
	"route" text NOT NULL,
	"fingerprint" text NOT NULL,
	"status" integer NOT NULL,
	"headers" jsonb NOT NULL,
	"body" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY("owner","key")
);
--> statement-breakpoint
CREATE TABLE "ops"."outbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"event_type" text NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"actor_user_id" uuid,
	"subject_type" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"payload" jsonb NOT NULL,
	"claimed_until" timestamp with time zone NOT NULL,
	"handled_at" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ops"."provider_events" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"provider" text NOT NULL,
	"provider_event_id" text NOT NULL,
	"type" text NOT NULL,
	"payload" jsonb,
	"received_at" timestamp with time zone NOT NULL,
	"processed_at" timestamp with time zone,
	CONSTRAINT "provider_events_one" UNIQUE("provider","provider_event_id")
);
--> statement-breakpoint
ALTER TABLE "identity"."memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identity"."memberships" ADD CONSTRAINT "memberships_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "identity"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identity"."memberships" ADD CONSTRAINT "memberships_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identity"."user_roles" ADD CONSTRAINT "user_roles_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identity"."users" ADD CONSTRAINT "users_referred_by_recruiter_id_recruiters_id_fk" FOREIGN KEY ("referred_by_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."candidate_sourcers" ADD CONSTRAINT "candidate_sourcers_candidate_id_candidates_id_fk" FOREIGN KEY ("candidate_id") REFERENCES "ats"."candidates"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."candidate_sourcers" ADD CONSTRAINT "candidate_sourcers_sourcer_recruiter_id_recruiters_id_fk" FOREIGN KEY ("sourcer_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."company_sourcers" ADD CONSTRAINT "company_sourcers_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."company_sourcers" ADD CONSTRAINT "company_sourcers_sourcer_recruiter_id_recruiters_id_fk" FOREIGN KEY ("sourcer_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."recruiter_candidates" ADD CONSTRAINT "recruiter_candidates_recruiter_id_recruiters_id_fk" FOREIGN KEY ("recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."recruiter_candidates" ADD CONSTRAINT "recruiter_candidates_candidate_id_candidates_id_fk" FOREIGN KEY ("candidate_id") REFERENCES "ats"."candidates"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."recruiter_candidates" ADD CONSTRAINT "recruiter_candidates_renewal_requested_by_users_id_fk" FOREIGN KEY ("renewal_requested_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."recruiter_candidates" ADD CONSTRAINT "recruiter_candidates_terminated_by_users_id_fk" FOREIGN KEY ("terminated_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."recruiter_companies" ADD CONSTRAINT "recruiter_companies_recruiter_id_recruiters_id_fk" FOREIGN KEY ("recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."recruiter_companies" ADD CONSTRAINT "recruiter_companies_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."recruiter_companies" ADD CONSTRAINT "recruiter_companies_invited_by_users_id_fk" FOREIGN KEY ("invited_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."recruiter_companies" ADD CONSTRAINT "recruiter_companies_terms_acknowledged_by_users_id_fk" FOREIGN KEY ("terms_acknowledged_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."recruiter_companies" ADD CONSTRAINT "recruiter_companies_terminated_by_users_id_fk" FOREIGN KEY ("terminated_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."recruiter_reputation" ADD CONSTRAINT "recruiter_reputation_recruiter_id_recruiters_id_fk" FOREIGN KEY ("recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."recruiters" ADD CONSTRAINT "recruiters_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."team_members" ADD CONSTRAINT "team_members_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "network"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."team_members" ADD CONSTRAINT "team_members_recruiter_id_recruiters_id_fk" FOREIGN KEY ("recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."team_split_configs" ADD CONSTRAINT "team_split_configs_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "network"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."team_split_configs" ADD CONSTRAINT "team_split_configs_cra_id_candidate_role_assignments_id_fk" FOREIGN KEY ("cra_id") REFERENCES "ats"."candidate_role_assignments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."team_split_configs" ADD CONSTRAINT "team_split_configs_created_by_user_id_users_id_fk" FOREIGN KEY ("created_by_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."teams" ADD CONSTRAINT "teams_owner_user_id_users_id_fk" FOREIGN KEY ("owner_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network"."teams" ADD CONSTRAINT "teams_billing_organization_id_organizations_id_fk" FOREIGN KEY ("billing_organization_id") REFERENCES "identity"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."ai_reviews" ADD CONSTRAINT "ai_reviews_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "ats"."applications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."application_audit_log" ADD CONSTRAINT "application_audit_log_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "ats"."applications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."application_notes" ADD CONSTRAINT "application_notes_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "ats"."applications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."application_notes" ADD CONSTRAINT "application_notes_created_by_user_id_users_id_fk" FOREIGN KEY ("created_by_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."application_notes" ADD CONSTRAINT "application_notes_in_response_to_id_application_notes_id_fk" FOREIGN KEY ("in_response_to_id") REFERENCES "ats"."application_notes"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."applications" ADD CONSTRAINT "applications_candidate_id_candidates_id_fk" FOREIGN KEY ("candidate_id") REFERENCES "ats"."candidates"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."applications" ADD CONSTRAINT "applications_candidate_recruiter_id_recruiters_id_fk" FOREIGN KEY ("candidate_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."applications" ADD CONSTRAINT "applications_company_recruiter_id_recruiters_id_fk" FOREIGN KEY ("company_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."applications" ADD CONSTRAINT "applications_placement_id_placements_id_fk" FOREIGN KEY ("placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."applications" ADD CONSTRAINT "applications_created_by_user_id_users_id_fk" FOREIGN KEY ("created_by_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."applications" ADD CONSTRAINT "applications_job_company" FOREIGN KEY ("job_id","company_id") REFERENCES "ats"."jobs"("id","company_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."candidate_role_assignments" ADD CONSTRAINT "candidate_role_assignments_candidate_id_candidates_id_fk" FOREIGN KEY ("candidate_id") REFERENCES "ats"."candidates"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."candidate_role_assignments" ADD CONSTRAINT "candidate_role_assignments_proposed_by_users_id_fk" FOREIGN KEY ("proposed_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."candidate_role_assignments" ADD CONSTRAINT "candidate_role_assignments_candidate_recruiter_id_recruiters_id_fk" FOREIGN KEY ("candidate_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."candidate_role_assignments" ADD CONSTRAINT "candidate_role_assignments_company_recruiter_id_recruiters_id_fk" FOREIGN KEY ("company_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."candidate_role_assignments" ADD CONSTRAINT "candidate_role_assignments_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "ats"."applications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."candidate_role_assignments" ADD CONSTRAINT "cra_job_company" FOREIGN KEY ("job_id","company_id") REFERENCES "ats"."jobs"("id","company_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."candidates" ADD CONSTRAINT "candidates_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."candidates" ADD CONSTRAINT "candidates_verified_by_users_id_fk" FOREIGN KEY ("verified_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."candidates" ADD CONSTRAINT "candidates_created_by_user_id_users_id_fk" FOREIGN KEY ("created_by_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."companies" ADD CONSTRAINT "companies_identity_organization_id_organizations_id_fk" FOREIGN KEY ("identity_organization_id") REFERENCES "identity"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."cra_gate_feedback" ADD CONSTRAINT "cra_gate_feedback_assignment_id_candidate_role_assignments_id_fk" FOREIGN KEY ("assignment_id") REFERENCES "ats"."candidate_role_assignments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."cra_gate_feedback" ADD CONSTRAINT "cra_gate_feedback_created_by_user_id_users_id_fk" FOREIGN KEY ("created_by_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."cra_gate_feedback" ADD CONSTRAINT "cra_gate_feedback_in_response_to_id_cra_gate_feedback_id_fk" FOREIGN KEY ("in_response_to_id") REFERENCES "ats"."cra_gate_feedback"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."documents" ADD CONSTRAINT "documents_uploaded_by_user_id_users_id_fk" FOREIGN KEY ("uploaded_by_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."job_pre_screen_answers" ADD CONSTRAINT "job_pre_screen_answers_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "ats"."applications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."job_pre_screen_answers" ADD CONSTRAINT "job_pre_screen_answers_question_id_job_pre_screen_questions_id_fk" FOREIGN KEY ("question_id") REFERENCES "ats"."job_pre_screen_questions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."job_pre_screen_questions" ADD CONSTRAINT "job_pre_screen_questions_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "ats"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."job_requirements" ADD CONSTRAINT "job_requirements_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "ats"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."jobs" ADD CONSTRAINT "jobs_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."jobs" ADD CONSTRAINT "jobs_job_owner_recruiter_id_recruiters_id_fk" FOREIGN KEY ("job_owner_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."jobs" ADD CONSTRAINT "jobs_company_recruiter_id_recruiters_id_fk" FOREIGN KEY ("company_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."jobs" ADD CONSTRAINT "jobs_created_by_user_id_users_id_fk" FOREIGN KEY ("created_by_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."placements" ADD CONSTRAINT "placements_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "ats"."applications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."placements" ADD CONSTRAINT "placements_cra_id_candidate_role_assignments_id_fk" FOREIGN KEY ("cra_id") REFERENCES "ats"."candidate_role_assignments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."placements" ADD CONSTRAINT "placements_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "ats"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."placements" ADD CONSTRAINT "placements_candidate_id_candidates_id_fk" FOREIGN KEY ("candidate_id") REFERENCES "ats"."candidates"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."placements" ADD CONSTRAINT "placements_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."placements" ADD CONSTRAINT "placements_replaces_placement_id_placements_id_fk" FOREIGN KEY ("replaces_placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."placements" ADD CONSTRAINT "placements_replacement_placement_id_placements_id_fk" FOREIGN KEY ("replacement_placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."role_invitations" ADD CONSTRAINT "role_invitations_role_id_jobs_id_fk" FOREIGN KEY ("role_id") REFERENCES "ats"."jobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ats"."role_invitations" ADD CONSTRAINT "role_invitations_recruiter_id_recruiters_id_fk" FOREIGN KEY ("recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."custom_contracts" ADD CONSTRAINT "custom_contracts_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."custom_contracts" ADD CONSTRAINT "custom_contracts_approved_by_admin_id_users_id_fk" FOREIGN KEY ("approved_by_admin_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_allocations" ADD CONSTRAINT "placement_allocations_placement_id_placement_snapshot_placement_id_fk" FOREIGN KEY ("placement_id") REFERENCES "billing"."placement_snapshot"("placement_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "placement_payout_transactions_placement_split_id_placement_splits_id_fk" FOREIGN KEY ("placement_split_id") REFERENCES "billing"."placement_splits"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "placement_payout_transactions_placement_id_placements_id_fk" FOREIGN KEY ("placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_payout_transactions" ADD CONSTRAINT "placement_payout_transactions_recruiter_id_recruiters_id_fk" FOREIGN KEY ("recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_snapshot" ADD CONSTRAINT "placement_snapshot_placement_id_placements_id_fk" FOREIGN KEY ("placement_id") REFERENCES "ats"."placements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_snapshot" ADD CONSTRAINT "placement_snapshot_candidate_recruiter_id_recruiters_id_fk" FOREIGN KEY ("candidate_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_snapshot" ADD CONSTRAINT "placement_snapshot_company_recruiter_id_recruiters_id_fk" FOREIGN KEY ("company_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_snapshot" ADD CONSTRAINT "placement_snapshot_job_owner_recruiter_id_recruiters_id_fk" FOREIGN KEY ("job_owner_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_snapshot" ADD CONSTRAINT "placement_snapshot_candidate_sourcer_recruiter_id_recruiters_id_fk" FOREIGN KEY ("candidate_sourcer_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_snapshot" ADD CONSTRAINT "placement_snapshot_company_sourcer_recruiter_id_recruiters_id_fk" FOREIGN KEY ("company_sourcer_recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_snapshot" ADD CONSTRAINT "placement_snapshot_fee_terms_id_fee_terms_id_fk" FOREIGN KEY ("fee_terms_id") REFERENCES "billing"."fee_terms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_splits" ADD CONSTRAINT "placement_splits_placement_id_placement_snapshot_placement_id_fk" FOREIGN KEY ("placement_id") REFERENCES "billing"."placement_snapshot"("placement_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_splits" ADD CONSTRAINT "placement_splits_recruiter_id_recruiters_id_fk" FOREIGN KEY ("recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_splits" ADD CONSTRAINT "placement_splits_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "network"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."placement_splits" ADD CONSTRAINT "placement_splits_split_config_id_team_split_configs_id_fk" FOREIGN KEY ("split_config_id") REFERENCES "network"."team_split_configs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."subscriptions" ADD CONSTRAINT "subscriptions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."subscriptions" ADD CONSTRAINT "subscriptions_recruiter_id_recruiters_id_fk" FOREIGN KEY ("recruiter_id") REFERENCES "network"."recruiters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."subscriptions" ADD CONSTRAINT "subscriptions_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "network"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."subscriptions" ADD CONSTRAINT "subscriptions_plan_id_plans_id_fk" FOREIGN KEY ("plan_id") REFERENCES "billing"."plans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notify"."notification_preferences" ADD CONSTRAINT "notification_preferences_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notify"."notifications" ADD CONSTRAINT "notifications_recipient_user_id_users_id_fk" FOREIGN KEY ("recipient_user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "memberships_one_live" ON "identity"."memberships" USING btree ("user_id","role_name","organization_id",coalesce(company_id, '00000000-0000-0000-0000-000000000000')) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "memberships_organization" ON "identity"."memberships" USING btree ("organization_id");--> statement-breakpoint
CREATE UNIQUE INDEX "user_roles_one_live" ON "identity"."user_roles" USING btree ("user_id","role_name") WHERE deleted_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "users_clerk_user_id_key" ON "identity"."users" USING btree ("clerk_user_id") WHERE clerk_user_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_key" ON "identity"."users" USING btree ("email") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "users_created" ON "identity"."users" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_candidate_sourcers_recruiter" ON "network"."candidate_sourcers" USING btree ("sourcer_recruiter_id");--> statement-breakpoint
CREATE INDEX "idx_company_sourcers_recruiter" ON "network"."company_sourcers" USING btree ("sourcer_recruiter_id");--> statement-breakpoint
CREATE UNIQUE INDEX "recruiter_candidates_one_active" ON "network"."recruiter_candidates" USING btree ("candidate_id") WHERE status = 'active';--> statement-breakpoint
CREATE UNIQUE INDEX "recruiter_candidates_one_open" ON "network"."recruiter_candidates" USING btree ("recruiter_id","candidate_id") WHERE status in ('pending', 'active');--> statement-breakpoint
CREATE INDEX "recruiter_candidates_recruiter" ON "network"."recruiter_candidates" USING btree ("recruiter_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "recruiter_candidates_candidate" ON "network"."recruiter_candidates" USING btree ("candidate_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "recruiter_companies_one_open" ON "network"."recruiter_companies" USING btree ("recruiter_id","company_id") WHERE status in ('pending', 'active');--> statement-breakpoint
CREATE INDEX "recruiter_companies_company" ON "network"."recruiter_companies" USING btree ("company_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "recruiter_companies_recruiter" ON "network"."recruiter_companies" USING btree ("recruiter_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "recruiters_search" ON "network"."recruiters" USING gin ("search");--> statement-breakpoint
CREATE INDEX "recruiters_created" ON "network"."recruiters" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "recruiters_marketplace" ON "network"."recruiters" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE marketplace_enabled and marketplace_visibility = 'public' and status = 'active';--> statement-breakpoint
CREATE INDEX "team_members_recruiter" ON "network"."team_members" USING btree ("recruiter_id");--> statement-breakpoint
CREATE UNIQUE INDEX "team_members_one_owner" ON "network"."team_members" USING btree ("team_id") WHERE role = 'owner' and status = 'active';--> statement-breakpoint
CREATE UNIQUE INDEX "team_members_one_earning_team" ON "network"."team_members" USING btree ("recruiter_id") WHERE status = 'active' and role <> 'collaborator';--> statement-breakpoint
CREATE INDEX "team_split_configs_team" ON "network"."team_split_configs" USING btree ("team_id","effective_from" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "team_split_configs_cra" ON "network"."team_split_configs" USING btree ("cra_id") WHERE cra_id is not null;--> statement-breakpoint
CREATE INDEX "teams_search" ON "network"."teams" USING gin ("search");--> statement-breakpoint
CREATE INDEX "ai_reviews_application" ON "ats"."ai_reviews" USING btree ("application_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "application_audit_log_application" ON "ats"."application_audit_log" USING btree ("application_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "application_notes_application" ON "ats"."application_notes" USING btree ("application_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "applications_one_live" ON "ats"."applications" USING btree ("candidate_id","job_id") WHERE stage not in ('rejected', 'withdrawn', 'expired') and closed_at is null;--> statement-breakpoint
CREATE INDEX "applications_candidate" ON "ats"."applications" USING btree ("candidate_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "applications_company" ON "ats"."applications" USING btree ("company_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "applications_job" ON "ats"."applications" USING btree ("job_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "applications_candidate_recruiter" ON "ats"."applications" USING btree ("candidate_recruiter_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "applications_company_recruiter" ON "ats"."applications" USING btree ("company_recruiter_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "applications_created" ON "ats"."applications" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "applications_waiting" ON "ats"."applications" USING btree ("stage","stage_changed_at");--> statement-breakpoint
CREATE UNIQUE INDEX "cra_one_live_deal" ON "ats"."candidate_role_assignments" USING btree ("candidate_id","job_id") WHERE state not in ('rejected', 'declined', 'withdrawn', 'timed_out', 'closed');--> statement-breakpoint
CREATE INDEX "cra_candidate" ON "ats"."candidate_role_assignments" USING btree ("candidate_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "cra_job" ON "ats"."candidate_role_assignments" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "cra_company" ON "ats"."candidate_role_assignments" USING btree ("company_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "cra_candidate_recruiter" ON "ats"."candidate_role_assignments" USING btree ("candidate_recruiter_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "cra_company_recruiter" ON "ats"."candidate_role_assignments" USING btree ("company_recruiter_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "cra_proposed_by" ON "ats"."candidate_role_assignments" USING btree ("proposed_by");--> statement-breakpoint
CREATE INDEX "cra_application" ON "ats"."candidate_role_assignments" USING btree ("application_id");--> statement-breakpoint
CREATE INDEX "cra_created" ON "ats"."candidate_role_assignments" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "cra_state_since" ON "ats"."candidate_role_assignments" USING btree ("state","state_changed_at");--> statement-breakpoint
CREATE INDEX "cra_current_gate_idx" ON "ats"."candidate_role_assignments" USING btree ("current_gate") WHERE current_gate is not null and current_gate <> 'none';--> statement-breakpoint
CREATE INDEX "candidates_search" ON "ats"."candidates" USING gin ("search");--> statement-breakpoint
CREATE INDEX "candidates_created" ON "ats"."candidates" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "companies_search" ON "ats"."companies" USING gin ("search");--> statement-breakpoint
CREATE INDEX "companies_organization" ON "ats"."companies" USING btree ("identity_organization_id");--> statement-breakpoint
CREATE INDEX "companies_created" ON "ats"."companies" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "cra_gate_feedback_assignment" ON "ats"."cra_gate_feedback" USING btree ("assignment_id","created_at");--> statement-breakpoint
CREATE INDEX "documents_entity" ON "ats"."documents" USING btree ("entity_type","entity_id");--> statement-breakpoint
CREATE INDEX "job_pre_screen_questions_job" ON "ats"."job_pre_screen_questions" USING btree ("job_id","sort_order");--> statement-breakpoint
CREATE INDEX "job_requirements_job" ON "ats"."job_requirements" USING btree ("job_id","sort_order");--> statement-breakpoint
CREATE INDEX "jobs_search" ON "ats"."jobs" USING gin ("search");--> statement-breakpoint
CREATE INDEX "jobs_company" ON "ats"."jobs" USING btree ("company_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "jobs_open" ON "ats"."jobs" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE status = 'active' and not invite_only and deleted_at is null;--> statement-breakpoint
CREATE INDEX "jobs_created" ON "ats"."jobs" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "jobs_by_title" ON "ats"."jobs" USING btree ("title","id","status","invite_only") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "jobs_by_update" ON "ats"."jobs" USING btree ("updated_at" DESC NULLS FIRST,"id" DESC NULLS FIRST,"status","invite_only") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "jobs_owner" ON "ats"."jobs" USING btree ("job_owner_recruiter_id") WHERE job_owner_recruiter_id is not null;--> statement-breakpoint
CREATE INDEX "jobs_company_recruiter" ON "ats"."jobs" USING btree ("company_recruiter_id") WHERE company_recruiter_id is not null;--> statement-breakpoint
CREATE INDEX "jobs_closes" ON "ats"."jobs" USING btree ("closes_at") WHERE status = 'active' and closes_at is not null;--> statement-breakpoint
CREATE INDEX "placements_company" ON "ats"."placements" USING btree ("company_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "placements_candidate" ON "ats"."placements" USING btree ("candidate_id");--> statement-breakpoint
CREATE INDEX "placements_job" ON "ats"."placements" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "placements_created" ON "ats"."placements" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "placements_running" ON "ats"."placements" USING btree ("state","start_date","guarantee_expires_at");--> statement-breakpoint
CREATE INDEX "role_invitations_recruiter" ON "ats"."role_invitations" USING btree ("recruiter_id");--> statement-breakpoint
CREATE UNIQUE INDEX "role_invitations_one_open" ON "ats"."role_invitations" USING btree ("role_id","recruiter_id") WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX "custom_contracts_company" ON "billing"."custom_contracts" USING btree ("company_id");--> statement-breakpoint
CREATE UNIQUE INDEX "fee_terms_one_open" ON "billing"."fee_terms" USING btree ((effective_to is null)) WHERE effective_to is null;--> statement-breakpoint
CREATE INDEX "payout_transactions_recruiter" ON "billing"."placement_payout_transactions" USING btree ("recruiter_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "payout_transactions_placement" ON "billing"."placement_payout_transactions" USING btree ("placement_id");--> statement-breakpoint
CREATE INDEX "payout_transactions_created" ON "billing"."placement_payout_transactions" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_placement_splits_role" ON "billing"."placement_splits" USING btree ("role");--> statement-breakpoint
CREATE INDEX "idx_placement_splits_placement_role" ON "billing"."placement_splits" USING btree ("placement_id","role");--> statement-breakpoint
CREATE INDEX "placement_splits_recruiter" ON "billing"."placement_splits" USING btree ("recruiter_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "placement_splits_team" ON "billing"."placement_splits" USING btree ("team_id") WHERE team_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "splits_rates_one_open" ON "billing"."splits_rates" USING btree ("tier") WHERE effective_to is null;--> statement-breakpoint
CREATE UNIQUE INDEX "subscriptions_one_of_user" ON "billing"."subscriptions" USING btree ("user_id") WHERE team_id is null and status <> 'canceled';--> statement-breakpoint
CREATE UNIQUE INDEX "subscriptions_one_of_team" ON "billing"."subscriptions" USING btree ("team_id") WHERE status <> 'canceled';--> statement-breakpoint
CREATE INDEX "subscriptions_user" ON "billing"."subscriptions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "subscriptions_recruiter" ON "billing"."subscriptions" USING btree ("recruiter_id");--> statement-breakpoint
CREATE INDEX "notifications_inbox" ON "notify"."notifications" USING btree ("recipient_user_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE channel = 'in_app' and not dismissed;--> statement-breakpoint
CREATE INDEX "notifications_unsent" ON "notify"."notifications" USING btree ("created_at") WHERE channel = 'email' and status = 'pending';--> statement-breakpoint
CREATE INDEX "idempotency_keys_expiry" ON "ops"."idempotency_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "outbox_waiting" ON "ops"."outbox" USING btree ("id") WHERE handled_at is null;