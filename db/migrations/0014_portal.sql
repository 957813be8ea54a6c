CREATE TABLE "ats"."stage_times" (
	"stage" text PRIMARY KEY NOT NULL,
	"cases" integer NOT NULL,
	"median_seconds" bigint NOT NULL,
	CONSTRAINT "stage_times_stage" CHECK ("ats"."stage_times"."stage" in ('draft', 'ai_review', 'ai_reviewed', 'ai_failed', 'recruiter_proposed', 'recruiter_request', 'recruiter_review', 'screen', 'submitted', 'company_review', 'company_feedback', 'interview', 'offer', 'hired', 'rejected', 'withdrawn', 'expired')),
	CONSTRAINT "stage_times_counted" CHECK (cases > 0 and median_seconds >= 0)
);
--> statement-breakpoint
CREATE TABLE "identity"."invitations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"email" "citext" NOT NULL,
	"organization_id" uuid NOT NULL,
	"company_id" uuid,
	"role" text NOT NULL,
	"invited_by" uuid NOT NULL,
	"token_hash" text NOT NULL,
	"issued_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"accepted_at" timestamp with time zone,
	CONSTRAINT "invitations_token_key" UNIQUE("token_hash"),
	CONSTRAINT "invitations_role" CHECK ("identity"."invitations"."role" in ('company_admin', 'hiring_manager')),
	CONSTRAINT "invitations_status" CHECK ("identity"."invitations"."status" in ('pending', 'accepted', 'expired', 'revoked')),
	CONSTRAINT "invitations_accepted_at" CHECK (("identity"."invitations"."status" = 'accepted') = ("identity"."invitations"."accepted_at" is not null))
);
--> statement-breakpoint
ALTER TABLE "identity"."invitations" ADD CONSTRAINT "invitations_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "identity"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identity"."invitations" ADD CONSTRAINT "invitations_company_id_companies_id_fk" FOREIGN KEY ("company_id") REFERENCES "ats"."companies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identity"."invitations" ADD CONSTRAINT "invitations_invited_by_users_id_fk" FOREIGN KEY ("invited_by") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "invitations_one_pending" ON "identity"."invitations" USING btree ("organization_id","email",coalesce(company_id, '00000000-0000-0000-0000-000000000000')) WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "invitations_organization" ON "identity"."invitations" USING btree ("organization_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);
--> statement-breakpoint

-- Enters the candidate behind a portal cookie, by the hash of its token, and tells of the session
-- itself (IDENTITY §1, §4). It opens what is the candidate's own; one that has ended is nobody's.
CREATE FUNCTION ops.enter_portal(hash text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  live record;
  entered jsonb := ops.enter('anonymous', NULL);
BEGIN
  SELECT s.*, c.full_name AS person, c.email AS address, c.portal_opted_out_at IS NOT NULL AS opted_out INTO live
  FROM identity.sessions s
  JOIN ats.candidates c ON c.id = s.candidate_id AND c.deleted_at IS NULL AND c.erased_at IS NULL
  WHERE s.token_hash = hash AND s.surface = 'portal' AND s.method IN ('link', 'code') AND identity.lives(s);
  IF NOT FOUND THEN
    RETURN entered;
  END IF;
  PERFORM set_config('splits.kind', 'portal', true), set_config('splits.candidate_id', live.candidate_id::text, true);
  RETURN entered || jsonb_build_object('kind', 'portal', 'candidate_id', live.candidate_id, 'session', jsonb_build_object(
    'id', live.id,
    'method', live.method,
    'person', live.person,
    'address', live.address,
    'organization_id', NULL,
    'organization', NULL,
    'issuer_sid', NULL,
    'absolute_end', live.absolute_end,
    'last_seen_at', live.last_seen_at,
    'proved_at', live.proved_at,
    'opted_out', live.opted_out
  ));
END
$$;
--> statement-breakpoint
-- Locks a mailed link or code and demands that it is still good: of two who would use it one is too late.
CREATE FUNCTION identity.guard_challenge(challenge uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM identity.login_challenges c WHERE c.id = challenge FOR NO KEY UPDATE;
  PERFORM FROM identity.login_challenges c
  WHERE c.id = challenge AND c.used_at IS NULL AND c.superseded_at IS NULL AND c.expires_at > ops.now();
  IF NOT FOUND THEN
    RAISE 'the link or code is over' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
