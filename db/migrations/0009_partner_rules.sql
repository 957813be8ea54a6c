-- The partner API: who is born with an account, the request log, the chain of audit events, guards.

--------------------------------------------------------------------------------------------------
-- Reference data
--------------------------------------------------------------------------------------------------

INSERT INTO api.plans (code, requests_per_hour, overage, unit_price_micros, max_keys, max_webhooks) VALUES
  ('standard', 100, 'deny', 0, 5, 10),
  ('premium', 1000, 'meter', 1000, 20, 50),
  ('enterprise', 10000, 'meter', 500, 100, 200);
INSERT INTO api.api_versions (version, released_at) VALUES ('v1', '2026-11-01T00:00:00Z');
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Accounts (DESIGN R-22)
--------------------------------------------------------------------------------------------------

-- Opens the account that is born with a company, a team, a recruiter or a platform admin, on the standard plan.
CREATE FUNCTION api.open_account() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
  owner uuid := CASE TG_TABLE_NAME WHEN 'user_roles' THEN (to_jsonb(NEW) ->> 'user_id')::uuid ELSE NEW.id END;
BEGIN
  INSERT INTO api.accounts (id, kind, company_id, team_id, recruiter_id, owner_user_id)
  VALUES (
    owner,
    CASE TG_TABLE_NAME WHEN 'companies' THEN 'company' WHEN 'teams' THEN 'team' WHEN 'recruiters' THEN 'recruiter' ELSE 'platform' END,
    CASE TG_TABLE_NAME WHEN 'companies' THEN owner END,
    CASE TG_TABLE_NAME WHEN 'teams' THEN owner END,
    CASE TG_TABLE_NAME WHEN 'recruiters' THEN owner END,
    CASE TG_TABLE_NAME WHEN 'user_roles' THEN owner END
  ) ON CONFLICT (id) DO NOTHING;
  INSERT INTO api.account_plans (account_id) VALUES (owner) ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
CREATE TRIGGER account AFTER INSERT ON ats.companies FOR EACH ROW EXECUTE FUNCTION api.open_account();
CREATE TRIGGER account AFTER INSERT ON network.teams FOR EACH ROW EXECUTE FUNCTION api.open_account();
CREATE TRIGGER account AFTER INSERT ON network.recruiters FOR EACH ROW EXECUTE FUNCTION api.open_account();
CREATE TRIGGER account AFTER INSERT ON identity.user_roles FOR EACH ROW EXECUTE FUNCTION api.open_account();
--> statement-breakpoint
-- A version ends a year after the next one came and half a year after the notice, at the earliest (PLATFORM §11).
CREATE FUNCTION api.check_version() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
  next_release timestamptz := (SELECT min(v.released_at) FROM api.api_versions v WHERE v.released_at > NEW.released_at);
BEGIN
  IF NEW.sunset_at IS NOT NULL AND (
    next_release IS NULL
    OR NEW.sunset_at < greatest(next_release + interval '12 months', NEW.deprecated_at + interval '6 months')
  ) THEN
    RAISE 'version % may not end on %: a year after its successor and half a year after its notice, at the earliest', NEW.version, NEW.sunset_at
      USING ERRCODE = 'check_violation', CONSTRAINT = 'api_versions_notice';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER notice BEFORE INSERT OR UPDATE ON api.api_versions FOR EACH ROW EXECUTE FUNCTION api.check_version();
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- The request log (PLATFORM §15)
--------------------------------------------------------------------------------------------------

CREATE TABLE api.request_log (
  id uuid NOT NULL,
  ts timestamptz NOT NULL,
  ingest_id bigint GENERATED ALWAYS AS IDENTITY,
  ingested_at timestamptz NOT NULL DEFAULT ops.now(),
  -- the number of the limiter's verdict, and the minute it was counted in; refusals have neither
  seq bigint,
  minute integer,
  account_id uuid,
  user_id uuid,
  -- the subject: a key's or grant's id, for sessions the person's
  credential_id text,
  credential_kind text,
  client_id uuid,
  method text NOT NULL,
  route text NOT NULL,
  path text NOT NULL,
  status integer NOT NULL,
  latency_ms integer NOT NULL,
  ip text,
  user_agent text,
  country text,
  request_id uuid NOT NULL,
  scopes_used text[] NOT NULL DEFAULT '{}',
  rate_remaining integer,
  overage boolean NOT NULL DEFAULT false,
  error_code text,
  bytes_out integer NOT NULL,
  repeat_count integer NOT NULL DEFAULT 1,
  PRIMARY KEY (ts, id),
  UNIQUE (credential_id, seq, ts)
) PARTITION BY RANGE (ts);
CREATE INDEX request_log_account ON api.request_log (account_id, ts DESC, id DESC);
CREATE INDEX request_log_minute ON api.request_log (credential_id, minute) WHERE seq IS NOT NULL;
CREATE INDEX request_log_ingest ON api.request_log (ingest_id);
CREATE TABLE api.request_log_default PARTITION OF api.request_log DEFAULT;
INSERT INTO ops.monthly VALUES ('api.request_log', 'ts', 13, false);
SELECT ops.ensure_partitions(3);
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- The chain of audit events (PLATFORM §15, DESIGN R-25)
--------------------------------------------------------------------------------------------------

-- Appends one event to its account's chain: chain_hash = sha256(previous || seq || body), in hex.
-- Called last in a commit: it locks the head of the account.
CREATE FUNCTION ops.append_audit(
  account uuid, id uuid, at timestamptz, request_id text, actor jsonb, action text, subject_type text, subject_id uuid,
  company_id uuid, before_hash text, after_hash text, changes jsonb, reason text
) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  head api.audit_heads;
  body text := jsonb_build_object(
    'id', id, 'at', at, 'request_id', request_id, 'actor', actor, 'action', action, 'subject_type', subject_type,
    'subject_id', subject_id, 'company_id', company_id, 'before_hash', before_hash, 'after_hash', after_hash, 'changes', changes, 'reason', reason
  )::text;
  next_hash text;
BEGIN
  INSERT INTO api.audit_heads AS h (account_id, seq, hash) VALUES (account, 0, '')
  ON CONFLICT (account_id) DO UPDATE SET seq = h.seq
  RETURNING h.* INTO head;
  next_hash := ops.chain_hash(head.hash, head.seq + 1, body);
  INSERT INTO ops.audit_events (
    id, at, ingested_at, request_id, actor, action, subject_type, subject_id, company_id, before_hash, after_hash, changes, reason,
    account_id, seq, body, chain_hash
  ) VALUES (
    id, at, ops.now(), request_id, actor, action, subject_type, subject_id, company_id, before_hash, after_hash, changes, reason,
    account, head.seq + 1, body, next_hash
  );
  UPDATE api.audit_heads h SET seq = head.seq + 1, hash = next_hash WHERE h.account_id = account;
END
$$;
CREATE FUNCTION ops.chain_hash(previous text, seq bigint, body text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT encode(sha256(convert_to(previous || seq || body, 'UTF8')), 'hex') $$;
--> statement-breakpoint
-- Holds an account's chain against what is stored, from the oldest kept anchor on (or from the
-- beginning): how many events were looked at, and the first place where it is broken.
CREATE FUNCTION ops.verify_audit(account uuid) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
  WITH first AS (SELECT min(e.seq) AS seq FROM ops.audit_events e WHERE e.account_id = account),
  -- what is older than the kept months may be gone with them: only then does an anchor stand for it
  anchor AS (
    SELECT a.seq, a.hash FROM api.audit_anchors a, first
    WHERE a.account_id = account AND a.seq >= coalesce(first.seq, 0) - 1
      AND a.day < date_trunc('month', ops.now() AT TIME ZONE 'UTC')
        - make_interval(months => (SELECT k.kept_months - 1 FROM ops.monthly k WHERE k.table_name = 'ops.audit_events'::regclass))
    ORDER BY CASE WHEN first.seq IS NULL THEN -a.seq ELSE a.seq END LIMIT 1
  ),
  start AS (
    SELECT
      CASE WHEN first.seq = 1 THEN 0 ELSE coalesce((SELECT a.seq FROM anchor a), 0) END AS seq,
      CASE WHEN first.seq = 1 THEN '' ELSE coalesce((SELECT a.hash FROM anchor a), '') END AS hash
    FROM first
  ),
  chain AS (
    SELECT
      e.seq, e.chain_hash, e.body,
      lag(e.seq, 1, start.seq) OVER (ORDER BY e.seq) AS previous_seq,
      lag(e.chain_hash, 1, start.hash) OVER (ORDER BY e.seq) AS previous_hash,
      e.body::jsonb = jsonb_build_object(
        'id', e.id, 'at', e.at, 'request_id', e.request_id, 'actor', e.actor, 'action', e.action, 'subject_type', e.subject_type,
        'subject_id', e.subject_id, 'company_id', e.company_id, 'before_hash', e.before_hash, 'after_hash', e.after_hash,
        'changes', e.changes, 'reason', e.reason
      ) AS same
    FROM ops.audit_events e, start WHERE e.account_id = account AND e.seq > start.seq
  ),
  broken AS (
    SELECT min(seq) AS seq FROM chain
    WHERE seq <> previous_seq + 1 OR chain_hash <> ops.chain_hash(previous_hash, seq, body) OR NOT same
  ),
  -- an end cut off leaves the chain whole, so it is held against its head
  ends AS (
    SELECT coalesce((SELECT max(seq) FROM chain), (SELECT seq FROM start)) AS seen, (SELECT h.seq FROM api.audit_heads h WHERE h.account_id = account) AS head
  )
  SELECT jsonb_build_object(
    'verified', (SELECT seq FROM broken) IS NULL AND coalesce(head, 0) = coalesce(seen, 0),
    'events', (SELECT count(*) FROM chain),
    'from_seq', (SELECT seq FROM start) + 1,
    'to_seq', coalesce(head, 0),
    'broken_at', coalesce((SELECT seq FROM broken), CASE WHEN coalesce(head, 0) > coalesce(seen, 0) THEN seen + 1 END)
  ) FROM ends
$$;
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Guards (PLATFORM §3)
--------------------------------------------------------------------------------------------------

CREATE FUNCTION ops.guard_code(hash text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM api.oauth_codes c WHERE c.code_hash = hash FOR UPDATE;
  PERFORM FROM api.oauth_codes c WHERE c.code_hash = hash AND c.consumed_at IS NULL AND c.expires_at > ops.now();
  IF NOT FOUND THEN
    RAISE 'the code is used or over' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
CREATE FUNCTION ops.guard_refresh(hash text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM api.oauth_tokens t WHERE t.token_hash = hash FOR UPDATE;
  PERFORM FROM api.oauth_tokens t
  WHERE t.token_hash = hash AND t.rotated_at IS NULL AND t.revoked_at IS NULL AND t.expires_at > ops.now();
  IF NOT FOUND THEN
    RAISE 'the refresh token is used or over' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
-- The rows of the budget and of the quota are made at need, so that there is something to lock.
CREATE FUNCTION ops.guard_budget(account uuid, of_month date, drawn bigint) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  now_drawn bigint;
BEGIN
  INSERT INTO api.overage_budgets (account_id, month, cap_units) VALUES (account, of_month, 0) ON CONFLICT DO NOTHING;
  SELECT b.drawn_units INTO now_drawn FROM api.overage_budgets b WHERE b.account_id = account AND b.month = of_month FOR UPDATE;
  IF now_drawn <> drawn THEN
    RAISE 'the budget was drawn from' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
CREATE FUNCTION ops.guard_role_quota(company uuid, of_day date, read_used integer) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  now_used integer;
BEGIN
  INSERT INTO api.role_quotas (company_id, day) VALUES (company, of_day) ON CONFLICT DO NOTHING;
  SELECT q.used INTO now_used FROM api.role_quotas q WHERE q.company_id = company AND q.day = of_day FOR UPDATE;
  IF now_used <> read_used THEN
    RAISE 'the quota was used' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
-- How many credentials of a kind an account holds, under the lock of its plan.
CREATE FUNCTION ops.guard_keys(account uuid, read_count integer) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM api.account_plans p WHERE p.account_id = account FOR UPDATE;
  IF (SELECT count(*) FROM api.api_keys k WHERE k.account_id = account AND k.status IN ('pending', 'active', 'suspended')) <> read_count THEN
    RAISE 'another key was made' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Management of credentials (PLATFORM §4, §6)
--------------------------------------------------------------------------------------------------

-- What waits for an administrator: keys and clients in one list.
CREATE VIEW api.access_requests AS
SELECT w.*, a.kind AS account_kind, coalesce(c.name, t.name, r.name, u.name) AS account_name
FROM (
  SELECT k.id, 'api_key' AS kind, k.account_id, k.user_id AS requested_by, k.name, k.scopes, '{}'::text[] AS redirect_uris, k.created_at, k.updated_at
  FROM api.api_keys k WHERE k.status = 'pending'
  UNION ALL
  SELECT o.id, 'oauth_client', o.owner_account_id, o.owner_user_id, o.name, o.allowed_scopes, o.redirect_uris, o.created_at, o.updated_at
  FROM api.oauth_clients o WHERE o.status = 'pending'
) w
JOIN api.accounts a ON a.id = w.account_id
LEFT JOIN ats.companies c ON c.id = a.company_id
LEFT JOIN network.teams t ON t.id = a.team_id
LEFT JOIN network.recruiters r ON r.id = a.recruiter_id
LEFT JOIN identity.users u ON u.id = a.owner_user_id;
--> statement-breakpoint
-- Locks an account's plan, which has no id of its own, and demands the version that was read.
CREATE FUNCTION ops.guard_account_plan(account uuid, read_version integer) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM api.account_plans p WHERE p.account_id = account AND p.version = read_version FOR UPDATE;
  IF NOT FOUND THEN
    RAISE 'the plan of % changed', account USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
-- Locks the live keys of an account and the active grants of an account or of a client, and demands
-- exactly those that were read, as {id: version}: each of their objects will be told its version.
CREATE FUNCTION ops.guard_subjects(account uuid, client uuid, seen jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM api.api_keys k
  WHERE k.account_id = account AND k.status IN ('pending', 'active', 'suspended') ORDER BY k.id FOR NO KEY UPDATE;
  PERFORM FROM api.oauth_grants g
  WHERE (g.account_id = account OR g.client_id = client) AND g.status = 'active' ORDER BY g.id FOR NO KEY UPDATE;
  IF seen IS DISTINCT FROM (
    SELECT coalesce(jsonb_object_agg(s.id, s.version), '{}') FROM (
      SELECT k.id, k.version FROM api.api_keys k WHERE k.account_id = account AND k.status IN ('pending', 'active', 'suspended')
      UNION ALL
      SELECT g.id, g.version FROM api.oauth_grants g WHERE (g.account_id = account OR g.client_id = client) AND g.status = 'active'
    ) s
  ) THEN
    RAISE 'a credential of account %, client % changed', account, client USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Exports: an account's rows in the order they came in (DESIGN R-25)
--------------------------------------------------------------------------------------------------

CREATE INDEX request_log_export ON api.request_log (account_id, ingest_id);
CREATE INDEX audit_events_export ON ops.audit_events (account_id, ingest_id) WHERE account_id IS NOT NULL;
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- OAuth (PLATFORM §5)
--------------------------------------------------------------------------------------------------

-- The families of a grant that can still be refreshed; each was begun at a fixed time before its end.
CREATE FUNCTION api.live_families(of_grant uuid) RETURNS TABLE (family_id uuid, family_expires_at timestamptz)
LANGUAGE sql STABLE
AS $$
  SELECT t.family_id, t.family_expires_at FROM api.oauth_tokens t
  WHERE t.grant_id = of_grant AND t.kind = 'refresh' AND t.rotated_at IS NULL AND t.revoked_at IS NULL AND t.expires_at > ops.now()
$$;
-- Locks a grant and raises unless it has as many live families as were read.
CREATE FUNCTION api.guard_families(of_grant uuid, read_count integer) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM api.oauth_grants g WHERE g.id = of_grant FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM api.live_families(of_grant)) <> read_count THEN
    RAISE 'another family was begun or ended' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
-- Locks a client and raises unless the active grant of it, a person and an account is the one that was read; NULL: none.
CREATE FUNCTION api.guard_grant(client uuid, person uuid, account uuid, read_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM api.oauth_clients c WHERE c.id = client FOR NO KEY UPDATE;
  IF read_id IS DISTINCT FROM (
    SELECT g.id FROM api.oauth_grants g
    WHERE g.client_id = client AND g.user_id = person AND g.account_id = account AND g.status = 'active'
  ) THEN
    RAISE 'another consent was given or ended' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
