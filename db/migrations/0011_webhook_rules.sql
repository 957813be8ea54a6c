-- Webhooks: what was published and delivered, kept by months, and its guards.

--------------------------------------------------------------------------------------------------
-- Events, deliveries and attempts (PLATFORM §13, §17); their columns are those of db/schema/deliveries.ts
--------------------------------------------------------------------------------------------------

CREATE TABLE api.events (
  id uuid NOT NULL,
  outbox_id uuid,
  owner_user_id uuid NOT NULL,
  account_id uuid NOT NULL,
  type text NOT NULL,
  entity_type text NOT NULL,
  entity_id uuid NOT NULL,
  sequence integer NOT NULL,
  api_version text NOT NULL,
  payload_text text NOT NULL,
  occurred_at timestamptz NOT NULL,
  PRIMARY KEY (id, occurred_at),
  CONSTRAINT events_once UNIQUE (outbox_id, owner_user_id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE TABLE api.events_default PARTITION OF api.events DEFAULT;
--> statement-breakpoint
CREATE TABLE api.webhook_deliveries (
  id uuid NOT NULL,
  event_id uuid NOT NULL,
  event_at timestamptz NOT NULL,
  event_type text NOT NULL,
  webhook_id uuid NOT NULL,
  account_id uuid NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  attempts integer NOT NULL DEFAULT 0,
  sends integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  swept_at timestamptz,
  last_status integer,
  last_error_class text,
  created_at timestamptz NOT NULL DEFAULT ops.now(),
  completed_at timestamptz,
  replay_of uuid,
  replay_job_id uuid,
  PRIMARY KEY (id, event_at),
  CONSTRAINT webhook_deliveries_status CHECK (status IN ('pending', 'in_flight', 'retrying', 'parked', 'succeeded', 'dead', 'skipped')),
  CONSTRAINT webhook_deliveries_completed CHECK ((completed_at IS NOT NULL) = (status IN ('succeeded', 'dead', 'skipped'))),
  -- what waits has its time; only what is parked with its endpoint waits for somebody to ask for it
  CONSTRAINT webhook_deliveries_due CHECK (
    CASE WHEN status IN ('pending', 'in_flight', 'retrying') THEN next_attempt_at IS NOT NULL ELSE status = 'parked' OR next_attempt_at IS NULL END
  ),
  CONSTRAINT webhook_deliveries_skipped CHECK (status <> 'skipped' OR (attempts = 0 AND coalesce(last_error_class IN ('endpoint_disabled', 'scope_lost'), false))),
  CONSTRAINT webhook_deliveries_counts CHECK (attempts >= 0 AND sends >= attempts)
) PARTITION BY RANGE (event_at);
CREATE UNIQUE INDEX webhook_deliveries_original ON api.webhook_deliveries (event_id, webhook_id, event_at) WHERE replay_of IS NULL;
CREATE INDEX webhook_deliveries_account ON api.webhook_deliveries (account_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_webhook ON api.webhook_deliveries (webhook_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_waiting ON api.webhook_deliveries (webhook_id, next_attempt_at)
  WHERE status IN ('pending', 'in_flight', 'retrying', 'parked');
CREATE INDEX webhook_deliveries_due ON api.webhook_deliveries (next_attempt_at)
  WHERE status IN ('pending', 'in_flight', 'retrying', 'parked');
CREATE INDEX webhook_deliveries_completed ON api.webhook_deliveries (webhook_id, completed_at) WHERE status IN ('succeeded', 'dead');
CREATE INDEX webhook_deliveries_job ON api.webhook_deliveries (replay_job_id) WHERE replay_job_id IS NOT NULL;
CREATE TABLE api.webhook_deliveries_default PARTITION OF api.webhook_deliveries DEFAULT;
--> statement-breakpoint
CREATE TABLE api.webhook_attempts (
  delivery_id uuid NOT NULL,
  attempt_no integer NOT NULL,
  trigger text NOT NULL,
  started_at timestamptz NOT NULL,
  resolve_ms integer,
  first_byte_ms integer,
  duration_ms integer NOT NULL,
  http_status integer,
  error_class text,
  response_headers jsonb,
  response_body text,
  signature_key_ids uuid[] NOT NULL,
  request_id uuid NOT NULL,
  CONSTRAINT webhook_attempts_once PRIMARY KEY (delivery_id, attempt_no, trigger, started_at),
  CONSTRAINT webhook_attempts_trigger CHECK (trigger IN ('auto', 'manual', 'replay', 'test', 'probe')),
  CONSTRAINT webhook_attempts_error_class CHECK (error_class IN (
    'dns', 'connect', 'tls', 'timeout', 'http_3xx', 'http_4xx', 'http_5xx', 'blocked_destination', 'body_too_large', 'internal'
  )),
  -- either an answer that succeeded, or a class that says why not
  CONSTRAINT webhook_attempts_outcome CHECK ((error_class IS NULL) = coalesce(http_status BETWEEN 200 AND 299, false)),
  CONSTRAINT webhook_attempts_body CHECK (char_length(response_body) <= 8192)
) PARTITION BY RANGE (started_at);
CREATE TABLE api.webhook_attempts_default PARTITION OF api.webhook_attempts DEFAULT;
INSERT INTO ops.monthly VALUES
  ('api.events', 'occurred_at', 3, false),
  ('api.webhook_deliveries', 'event_at', 3, false),
  ('api.webhook_attempts', 'started_at', 1, false);
SELECT ops.ensure_partitions(3);
--> statement-breakpoint

-- Keeps with an event the version its subject has in the commit: what partners read as `sequence`.
CREATE FUNCTION ops.tell_version() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  NEW.subject_version := CASE NEW.subject_type
    WHEN 'job' THEN (SELECT j.version FROM ats.jobs j WHERE j.id = NEW.subject_id)
    WHEN 'application' THEN (SELECT a.version FROM ats.applications a WHERE a.id = NEW.subject_id)
    WHEN 'placement' THEN (SELECT p.version FROM ats.placements p WHERE p.id = NEW.subject_id)
    WHEN 'payout_transaction' THEN (SELECT t.version FROM billing.placement_payout_transactions t WHERE t.id = NEW.subject_id)
    WHEN 'webhook' THEN (SELECT w.version FROM api.webhooks w WHERE w.id = NEW.subject_id)
  END;
  RETURN NEW;
END
$$;
CREATE TRIGGER version BEFORE INSERT ON ops.outbox FOR EACH ROW EXECUTE FUNCTION ops.tell_version();
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Guards (PLATFORM §3)
--------------------------------------------------------------------------------------------------

-- Locks a delivery that is being sent, and raises unless it is still the send whose outcome is to be recorded.
CREATE FUNCTION ops.guard_delivery(delivery uuid, of_event_at timestamptz, read_attempts integer) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  now_status text;
  now_attempts integer;
BEGIN
  SELECT d.status, d.attempts INTO now_status, now_attempts FROM api.webhook_deliveries d
  WHERE d.id = delivery AND d.event_at = of_event_at FOR NO KEY UPDATE;
  IF now_status IS DISTINCT FROM 'in_flight' OR now_attempts <> read_attempts THEN
    RAISE 'delivery % is not in flight as it was', delivery USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Management of endpoints
--------------------------------------------------------------------------------------------------

-- Locks the account's right to another endpoint, and raises unless it has as many as were read.
CREATE FUNCTION ops.guard_webhooks(account uuid, read_count integer) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM api.account_plans p WHERE p.account_id = account FOR UPDATE;
  IF (SELECT count(*) FROM api.webhooks w WHERE w.account_id = account AND w.deleted_at IS NULL) <> read_count THEN
    RAISE 'another endpoint was made' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
-- Locks deliveries and raises unless each still is as it was read: {"<id>": "<status>"}, of the events of one span of time.
CREATE FUNCTION ops.guard_replayed(read_statuses jsonb, earliest timestamptz, latest timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  as_read integer;
BEGIN
  SELECT count(*) INTO as_read FROM (
    SELECT d.status, read_statuses ->> d.id::text AS was FROM api.webhook_deliveries d
    WHERE d.id IN (SELECT k::uuid FROM jsonb_object_keys(read_statuses) k) AND d.event_at BETWEEN earliest AND latest
    ORDER BY d.id FOR NO KEY UPDATE
  ) held WHERE held.status = held.was;
  IF as_read <> (SELECT count(*) FROM jsonb_object_keys(read_statuses)) THEN
    RAISE 'a delivery went on meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Who receives an event (PLATFORM §13.2, DESIGN R-24)
--------------------------------------------------------------------------------------------------

-- The endpoints that asked for a type, with whether their owner may read the entity within their account: of so
-- many owners beyond one, in their order, who have not got the event yet. `question` asks whether $1 is readable, under the
-- context of each owner and account; it is text of the house's own predicates. What became of a disabled endpoint's events is
-- kept for 30 days.
CREATE FUNCTION api.webhook_audience(
  event_type text, question text, entity uuid, of_outbox uuid, of_occurred_at timestamptz, after_owner uuid, most integer
) RETURNS TABLE (owner_user_id uuid, account_id uuid, account_kind text, may_read boolean, webhooks jsonb)
LANGUAGE plpgsql VOLATILE
AS $$
#variable_conflict use_column
BEGIN
  FOR owner_user_id, account_id, account_kind, webhooks IN
    WITH matching AS (
      SELECT w.* FROM api.webhooks w
      WHERE w.event_types @> ARRAY[event_type] AND w.deleted_at IS NULL
        AND (w.status = 'active' OR w.status = 'disabled' AND w.disabled_at > ops.now() - interval '30 days')
        AND w.owner_user_id > after_owner
    )
    SELECT m.owner_user_id, m.account_id, a.kind, jsonb_agg(jsonb_build_object(
      'id', m.id, 'is_active', m.status = 'active',
      -- an endpoint made through a grant lives by the scopes of the grant that its client may still ask for
      'grant_scopes', (SELECT CASE WHEN g.status = 'active' AND c.status = 'approved'
          THEN coalesce((SELECT jsonb_agg(s) FROM unnest(g.scopes) s WHERE s = ANY(c.allowed_scopes)), '[]') ELSE '[]' END
        FROM api.oauth_grants g JOIN api.oauth_clients c ON c.id = g.client_id WHERE g.id = m.created_via)
    ) ORDER BY m.id)
    FROM matching m JOIN api.accounts a ON a.id = m.account_id AND a.status = 'active'
    WHERE m.owner_user_id IN (
      SELECT DISTINCT n.owner_user_id FROM matching n
      WHERE NOT EXISTS (
        SELECT FROM api.events e WHERE e.outbox_id = of_outbox AND e.owner_user_id = n.owner_user_id AND e.occurred_at = of_occurred_at
      )
      ORDER BY 1 LIMIT most
    )
    GROUP BY 1, 2, 3 ORDER BY 1, 2
  LOOP
    PERFORM ops.enter('user', owner_user_id::text, NULL, true, account_id);
    may_read := false;
    -- whoever left the account has no context in it
    IF ops.account_id() = account_id THEN
      EXECUTE question INTO may_read USING entity;
    END IF;
    RETURN NEXT;
  END LOOP;
END
$$;
