CREATE TABLE "identity"."sessions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"token_hash" text NOT NULL,
	"surface" text NOT NULL,
	"parent_id" uuid,
	"user_id" uuid,
	"candidate_id" uuid,
	"organization_id" uuid,
	"method" text NOT NULL,
	"connection_id" uuid,
	"issuer_sid" text,
	"proved_at" timestamp with time zone,
	"proof_method" text,
	"idp_session_end" timestamp with time zone,
	"last_seen_at" timestamp with time zone NOT NULL,
	"idle_seconds" integer NOT NULL,
	"absolute_end" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"ended_reason" text,
	"user_agent_summary" text,
	"ip_country" text,
	CONSTRAINT "sessions_token_hash_key" UNIQUE("token_hash"),
	CONSTRAINT "sessions_surface" CHECK ("identity"."sessions"."surface" in ('console', 'portal', 'white_label')),
	CONSTRAINT "sessions_method" CHECK ("identity"."sessions"."method" in ('clerk', 'oidc', 'saml', 'passkey', 'link', 'code', 'dev')),
	CONSTRAINT "sessions_proof_method" CHECK ("identity"."sessions"."proof_method" in ('passkey', 'oidc', 'saml', 'code')),
	CONSTRAINT "sessions_ended_reason" CHECK ("identity"."sessions"."ended_reason" in ('signed_out', 'signed_out_everywhere', 'rotated', 'issuer', 'deactivated')),
	CONSTRAINT "sessions_of_somebody" CHECK (num_nonnulls("identity"."sessions"."user_id", "identity"."sessions"."candidate_id") = 1),
	CONSTRAINT "sessions_ended_for_a_reason" CHECK (("identity"."sessions"."ended_at" is null) = ("identity"."sessions"."ended_reason" is null)),
	CONSTRAINT "sessions_proved_by_something" CHECK (("identity"."sessions"."proved_at" is null) = ("identity"."sessions"."proof_method" is null))
);
--> statement-breakpoint
CREATE TABLE "identity"."sso_transactions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT ops.now() NOT NULL,
	"state_hash" text NOT NULL,
	"nonce" text NOT NULL,
	"verifier" text NOT NULL,
	"browser_hash" text NOT NULL,
	"return_to" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	CONSTRAINT "sso_transactions_state_hash_key" UNIQUE("state_hash")
);
--> statement-breakpoint
ALTER TABLE "identity"."sessions" ADD CONSTRAINT "sessions_parent_id_sessions_id_fk" FOREIGN KEY ("parent_id") REFERENCES "identity"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identity"."sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "identity"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identity"."sessions" ADD CONSTRAINT "sessions_candidate_id_candidates_id_fk" FOREIGN KEY ("candidate_id") REFERENCES "ats"."candidates"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identity"."sessions" ADD CONSTRAINT "sessions_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "identity"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_of_user" ON "identity"."sessions" USING btree ("user_id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "sessions_of_issuer" ON "identity"."sessions" USING btree ("issuer_sid") WHERE ended_at is null and issuer_sid is not null;--> statement-breakpoint
CREATE INDEX "sso_transactions_expiry" ON "identity"."sso_transactions" USING btree ("expires_at");--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Whom a session lets in (IDENTITY §1, §4)
--------------------------------------------------------------------------------------------------

-- Takes a platform admin's rights out of the context just entered, and with them the platform's own
-- account: production gives them only to whom a second factor has vouched for. `organization` is the
-- one that was entered with.
CREATE FUNCTION ops.step_down(entered jsonb, organization uuid DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  administers boolean := coalesce(entered -> 'account' ->> 'kind' = 'platform', false);
BEGIN
  PERFORM set_config('splits.is_admin', 'false', true);
  IF administers THEN
    PERFORM set_config('splits.account_id', '', true);
  END IF;
  RETURN entered || jsonb_build_object(
    'is_platform_admin', false,
    'account', CASE WHEN NOT administers THEN entered -> 'account' END,
    'account_ids', (entered -> 'account_ids') - (entered ->> 'user_id'),
    'managed_account_ids', (entered -> 'managed_account_ids') - (entered ->> 'user_id'),
    'roles', (entered -> 'roles') - 'platform_admin',
    'unknown_organization', organization IS NOT NULL AND entered -> 'organization_ids' = '[]'
  );
END
$$;
--> statement-breakpoint
-- Whether a session has neither ended nor outlived itself.
CREATE FUNCTION identity.lives(session identity.sessions) RETURNS boolean
LANGUAGE sql STABLE
AS $$
  SELECT session.ended_at IS NULL AND session.absolute_end > ops.now() AND coalesce(session.idp_session_end > ops.now(), true)
    AND session.last_seen_at + make_interval(secs => session.idle_seconds) > ops.now()
$$;
--> statement-breakpoint
-- Enters the person behind a console cookie, by the hash of its token, and tells of the session
-- itself. One that has ended, outlived itself, or was made by a means that is not trusted here is
-- nobody's: an unknown method opens nothing, and a development sign-in nothing in production.
-- `partner` and `account` are those of `ops.enter`; whoever `administers` acts within the platform's.
-- A cookie is good on the surface it was made for, and no longer than the session it was made from.
CREATE FUNCTION ops.enter_browser(
  hash text, production boolean, partner boolean DEFAULT false, account uuid DEFAULT NULL, administers boolean DEFAULT false,
  on_surface text DEFAULT 'console'
) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  live record;
  entered jsonb;
BEGIN
  SELECT s.*, u.name AS person, u.email AS address, o.name AS organization INTO live
  FROM identity.sessions s
  JOIN identity.users u ON u.id = s.user_id AND u.status = 'active' AND u.deleted_at IS NULL
  -- who has left the organization they acted for acts for all the others again
  LEFT JOIN identity.organizations o ON o.id = s.organization_id AND o.deleted_at IS NULL AND EXISTS (
    SELECT FROM identity.memberships m WHERE m.user_id = s.user_id AND m.organization_id = o.id AND m.deleted_at IS NULL
  )
  WHERE s.token_hash = hash AND s.surface = on_surface AND identity.lives(s)
    AND (s.parent_id IS NULL OR EXISTS (SELECT FROM identity.sessions p WHERE p.id = s.parent_id AND identity.lives(p)))
    AND (s.method = 'clerk' OR (s.method = 'dev' AND NOT production));
  IF NOT FOUND THEN
    RETURN ops.enter('anonymous', NULL);
  END IF;

  entered := ops.enter(
    'user', live.user_id::text, CASE WHEN live.organization IS NOT NULL THEN live.organization_id END,
    partner, CASE WHEN administers THEN live.user_id ELSE account END
  );
  IF production AND coalesce(live.proof_method <> 'passkey' OR live.proved_at <= ops.now() - interval '12 hours', true) THEN
    entered := ops.step_down(entered);
  END IF;
  RETURN entered || jsonb_build_object('session', jsonb_build_object(
    'id', live.id,
    'method', live.method,
    'person', live.person,
    'address', live.address,
    'organization_id', CASE WHEN live.organization IS NOT NULL THEN live.organization_id END,
    'organization', live.organization,
    'issuer_sid', live.issuer_sid,
    'absolute_end', live.absolute_end,
    'last_seen_at', live.last_seen_at,
    'accounts', (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', a.id, 'kind', a.kind, 'name', coalesce(c.name, t.name, r.name, 'Splits Network')
      ) ORDER BY coalesce(c.name, t.name, r.name), a.id), '[]')
      FROM jsonb_array_elements_text(entered -> 'managed_account_ids') managed
      JOIN api.accounts a ON a.id = managed::uuid AND a.status = 'active'
      LEFT JOIN ats.companies c ON c.id = a.company_id
      LEFT JOIN network.teams t ON t.id = a.team_id
      LEFT JOIN network.recruiters r ON r.id = a.recruiter_id
    )
  ));
END
$$;
--> statement-breakpoint
-- Locks a session and demands that it has not ended: of two who would replace it one is too late.
CREATE FUNCTION identity.guard_live_session(session uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM identity.sessions s WHERE s.id = session AND s.ended_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE 'session % has ended', session USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Who got in and out, and who did not (IDENTITY §17.3); the columns are those of db/schema/audit.ts
--------------------------------------------------------------------------------------------------

CREATE TABLE identity.auth_events (
  id uuid NOT NULL,
  ingest_id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL,
  ingested_at timestamptz NOT NULL DEFAULT ops.now(),
  kind text NOT NULL,
  user_id uuid,
  candidate_id uuid,
  organization_id uuid,
  connection_id uuid,
  session_id uuid,
  method text,
  outcome text NOT NULL,
  reason text,
  ip text,
  country text,
  user_agent_summary text,
  request_id text NOT NULL,
  PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX auth_events_at ON identity.auth_events (at DESC, id DESC);
CREATE INDEX auth_events_user ON identity.auth_events (user_id, at DESC, id DESC);
CREATE INDEX auth_events_ingest ON identity.auth_events (ingest_id);
CREATE TABLE identity.auth_events_default PARTITION OF identity.auth_events DEFAULT;
SELECT ops.make_append_only('identity.auth_events');
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON identity.auth_events_default FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
INSERT INTO ops.monthly VALUES ('identity.auth_events', 'at', 13, true);
SELECT ops.ensure_partitions(3);
