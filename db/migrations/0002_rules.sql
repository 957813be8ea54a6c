-- What the schema of drizzle cannot say: the access context, guards, and the rules that hold
-- whatever the code does.

--------------------------------------------------------------------------------------------------
-- The access context (DESIGN R-2, DOMAIN §1.2)
--------------------------------------------------------------------------------------------------

-- Resolves who is asking, keeps it until the transaction ends, and returns it.
--   'session'    id = users.clerk_user_id
--   'user'       id = users.id: who stands behind a key or a grant
--   'anonymous'  nobody
--   'system'     ourselves, with every right
-- `organization` narrows the memberships to one; without a membership there it is unknown.
-- `partner` narrows everything to one account (DESIGN R-22): the named one, or the only one the
-- person has; without a part in the named one it is unknown. It also tells what is announced of the
-- version that was asked, so that this costs no trip of its own.
CREATE FUNCTION ops.enter(
  kind text, id text, organization uuid DEFAULT NULL, partner boolean DEFAULT false, account uuid DEFAULT NULL
) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  caller identity.users;
  present boolean;
  admin boolean := kind = 'system';
  recruiter network.recruiters;
  candidate uuid;
  membership record;
  team_ids uuid[] := '{}';
  managed_team_ids uuid[] := '{}';
  teams jsonb := '[]';
  account_ids uuid[] := '{}';
  managed_account_ids uuid[] := '{}';
  acting_id uuid;
  acting_kind text;
  acting_status text;
  manages boolean := false;
BEGIN
  IF kind NOT IN ('session', 'user', 'anonymous', 'system') THEN
    RAISE 'unknown kind of caller: %', kind USING ERRCODE = 'invalid_parameter_value';
  END IF;

  CASE kind
    WHEN 'session' THEN SELECT u.* INTO caller FROM identity.users u WHERE u.clerk_user_id = enter.id;
    WHEN 'user' THEN SELECT u.* INTO caller FROM identity.users u WHERE u.id = enter.id::uuid;
    WHEN 'system' THEN SELECT u.* INTO caller FROM identity.users u WHERE u.id = '00000000-0000-0000-0000-000000000000';
    ELSE NULL;
  END CASE;
  present := caller.id IS NOT NULL AND caller.status = 'active' AND caller.deleted_at IS NULL;

  IF present THEN
    admin := admin OR EXISTS (
      SELECT FROM identity.user_roles r WHERE r.user_id = caller.id AND r.role_name = 'platform_admin' AND r.deleted_at IS NULL
    );
    SELECT r.* INTO recruiter FROM network.recruiters r WHERE r.user_id = caller.id;
    SELECT c.id INTO candidate FROM ats.candidates c WHERE c.user_id = caller.id AND c.deleted_at IS NULL;
  END IF;

  SELECT
    coalesce(array_agg(DISTINCT m.role_name), '{}') AS roles,
    coalesce(array_agg(DISTINCT m.organization_id), '{}') AS organization_ids,
    -- of the whole organization: the admin of one company does not run the others
    coalesce(array_agg(DISTINCT m.organization_id) FILTER (WHERE m.company_id IS NULL AND m.role_name = 'company_admin'), '{}')
      AS admin_organization_ids,
    coalesce(array_agg(DISTINCT c.id) FILTER (WHERE c.id IS NOT NULL), '{}') AS company_ids,
    coalesce(array_agg(DISTINCT c.id) FILTER (WHERE c.id IS NOT NULL AND m.role_name = 'company_admin'), '{}') AS admin_company_ids
  INTO membership
  FROM identity.memberships m
  JOIN identity.organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
  LEFT JOIN ats.companies c
    ON c.identity_organization_id = m.organization_id AND c.id = coalesce(m.company_id, c.id) AND c.deleted_at IS NULL
  WHERE present AND m.user_id = caller.id AND m.deleted_at IS NULL AND (organization IS NULL OR m.organization_id = organization);

  IF recruiter.id IS NOT NULL THEN
    SELECT
      coalesce(array_agg(t.team_id), '{}'),
      coalesce(array_agg(t.team_id) FILTER (WHERE t.role IN ('owner', 'admin')), '{}'),
      coalesce(jsonb_agg(jsonb_build_object('team_id', t.team_id, 'team_role', t.role) ORDER BY t.team_id), '[]')
    INTO team_ids, managed_team_ids, teams
    FROM network.team_members t
    WHERE t.recruiter_id = recruiter.id AND t.status = 'active';
  END IF;

  IF partner THEN
    account_ids := array_remove(
      membership.company_ids || managed_team_ids || array[recruiter.id, CASE WHEN admin AND kind <> 'system' THEN caller.id END], NULL
    );
    managed_account_ids := array_remove(
      membership.admin_company_ids || managed_team_ids || array[recruiter.id, CASE WHEN admin AND kind <> 'system' THEN caller.id END], NULL
    );
    SELECT a.id, a.kind, a.status INTO acting_id, acting_kind, acting_status FROM api.accounts a
    WHERE a.id = coalesce(account, CASE cardinality(account_ids) WHEN 1 THEN account_ids[1] END) AND a.id = any(account_ids);
    IF acting_id IS NOT NULL THEN
      manages := acting_kind <> 'company' OR acting_id = any(membership.admin_company_ids);
      candidate := NULL;
      admin := acting_kind = 'platform';
      membership.roles := CASE WHEN acting_kind = 'company' THEN ARRAY[CASE WHEN manages THEN 'company_admin' ELSE 'hiring_manager' END] ELSE '{}' END;
      membership.company_ids := CASE WHEN acting_kind = 'company' THEN ARRAY[acting_id] ELSE '{}' END;
      membership.admin_company_ids := CASE WHEN manages THEN membership.company_ids ELSE '{}' END;
      membership.organization_ids := ARRAY(SELECT c.identity_organization_id FROM ats.companies c WHERE c.id = any(membership.company_ids));
      membership.admin_organization_ids := '{}';
      IF acting_kind IN ('company', 'platform') THEN
        recruiter := NULL;
        team_ids := '{}';
        managed_team_ids := '{}';
        teams := '[]';
      ELSIF acting_kind = 'recruiter' THEN -- what a team shares belongs to the team's own account
        team_ids := '{}';
        managed_team_ids := '{}';
        teams := '[]';
      ELSIF acting_kind = 'team' THEN
        team_ids := ARRAY[acting_id];
        managed_team_ids := ARRAY[acting_id];
        teams := jsonb_path_query_array(teams, '$[*] ? (@.team_id == $team)', jsonb_build_object('team', acting_id));
      END IF;
    END IF;
  END IF;

  PERFORM
    set_config('splits.kind', kind, true),
    set_config('splits.user_id', coalesce(caller.id::text, ''), true),
    set_config('splits.is_admin', admin::text, true),
    set_config('splits.candidate_id', coalesce(candidate::text, ''), true),
    set_config('splits.recruiter_id', coalesce(recruiter.id::text, ''), true),
    set_config('splits.recruiter_status', coalesce(recruiter.status, ''), true),
    set_config('splits.company_ids', membership.company_ids::text, true),
    set_config('splits.admin_company_ids', membership.admin_company_ids::text, true),
    set_config('splits.organization_ids', membership.organization_ids::text, true),
    set_config('splits.admin_organization_ids', membership.admin_organization_ids::text, true),
    set_config('splits.team_ids', team_ids::text, true),
    set_config('splits.managed_team_ids', managed_team_ids::text, true),
    set_config('splits.account_id', coalesce(acting_id::text, ''), true);

  RETURN jsonb_build_object(
    'now', ops.now(),
    'kind', kind,
    'user_id', caller.id,
    'user_status', CASE WHEN present THEN 'active' WHEN caller.id IS NOT NULL THEN 'deactivated' END,
    'is_platform_admin', admin,
    'candidate_id', candidate,
    'recruiter_id', recruiter.id,
    'recruiter_status', recruiter.status,
    'roles', array_remove(
      membership.roles || array[
        CASE WHEN admin THEN 'platform_admin' END, CASE WHEN recruiter.id IS NOT NULL THEN 'recruiter' END,
        CASE WHEN candidate IS NOT NULL THEN 'candidate' END
      ],
      NULL
    ),
    'organization_ids', membership.organization_ids,
    'admin_organization_ids', membership.admin_organization_ids,
    'company_ids', membership.company_ids,
    'admin_company_ids', membership.admin_company_ids,
    'teams', teams,
    'account_ids', account_ids,
    'managed_account_ids', managed_account_ids,
    'account', CASE WHEN acting_id IS NOT NULL THEN
      jsonb_build_object('id', acting_id, 'kind', acting_kind, 'status', acting_status, 'manages', manages)
    END,
    'api_version', CASE WHEN partner THEN (
      SELECT jsonb_build_object('deprecated_at', v.deprecated_at, 'sunset_at', v.sunset_at, 'successor', (
        SELECT n.version FROM api.api_versions n WHERE n.released_at > v.released_at ORDER BY n.released_at LIMIT 1))
      FROM api.api_versions v WHERE v.version = 'v1' AND v.deprecated_at IS NOT NULL) END,
    'unknown_organization', organization IS NOT NULL AND NOT admin AND membership.organization_ids = '{}'
  );
END
$$;
--> statement-breakpoint
-- The accessors. Without a context the ids are NULL, which no row equals; they are inlined, so that
-- `company_id = any(ops.company_ids())` is an index condition.
CREATE FUNCTION ops.kind() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('splits.kind', true), '') $$;
CREATE FUNCTION ops.user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('splits.user_id', true), '')::uuid $$;
CREATE FUNCTION ops.is_admin() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT coalesce(nullif(current_setting('splits.is_admin', true), '')::boolean, false) $$;
CREATE FUNCTION ops.candidate_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('splits.candidate_id', true), '')::uuid $$;
CREATE FUNCTION ops.recruiter_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('splits.recruiter_id', true), '')::uuid $$;
CREATE FUNCTION ops.active_recruiter_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN current_setting('splits.recruiter_status', true) = 'active' THEN nullif(current_setting('splits.recruiter_id', true), '')::uuid END $$;
CREATE FUNCTION ops.company_ids() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('splits.company_ids', true), '')::uuid[] $$;
CREATE FUNCTION ops.admin_company_ids() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('splits.admin_company_ids', true), '')::uuid[] $$;
CREATE FUNCTION ops.organization_ids() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('splits.organization_ids', true), '')::uuid[] $$;
CREATE FUNCTION ops.admin_organization_ids() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('splits.admin_organization_ids', true), '')::uuid[] $$;
CREATE FUNCTION ops.team_ids() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('splits.team_ids', true), '')::uuid[] $$;
CREATE FUNCTION ops.managed_team_ids() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('splits.managed_team_ids', true), '')::uuid[] $$;
CREATE FUNCTION ops.account_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('splits.account_id', true), '')::uuid $$;
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- What is asked of each row that is read. plpgsql keeps its plans, where SQL in the statement
-- would be planned with every request; conditions that decide without them stand before them.
--------------------------------------------------------------------------------------------------

-- Whether a company gave the calling recruiter this permission.
CREATE FUNCTION network.caller_may(permission text, company uuid) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM network.recruiter_companies c
    WHERE c.recruiter_id = ops.active_recruiter_id() AND c.company_id = company
      AND c.status = 'active' AND (c.permissions ->> permission)::boolean
  );
END
$$;
--> statement-breakpoint
-- The companies that refuse the calling recruiter, active or not, this permission; their latest word counts.
CREATE FUNCTION network.companies_refusing(permission text) RETURNS uuid[]
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  RETURN coalesce((
    SELECT array_agg(latest.company_id) FROM (
      SELECT DISTINCT ON (c.company_id) c.company_id, (c.permissions ->> permission)::boolean AS given
      FROM network.recruiter_companies c
      WHERE c.recruiter_id = ops.recruiter_id() AND c.status IN ('active', 'terminated')
      ORDER BY c.company_id, c.created_at DESC, c.id DESC
    ) latest
    WHERE NOT latest.given
  ), '{}');
END
$$;
--> statement-breakpoint
-- Whether the calling recruiter, active or not, has a deal on a job.
CREATE FUNCTION ats.caller_works_on(job uuid) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  caller uuid := ops.recruiter_id();
BEGIN
  RETURN caller IS NOT NULL AND EXISTS (
    SELECT FROM ats.candidate_role_assignments d
    WHERE d.job_id = job AND caller IN (d.candidate_recruiter_id, d.company_recruiter_id)
  );
END
$$;
--> statement-breakpoint
-- The percentage of the company's contract in force today, in basis points; NULL without one.
CREATE FUNCTION billing.contract_fee(company uuid) RETURNS integer
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  today date := (ops.now() AT TIME ZONE 'utc')::date;
BEGIN
  RETURN (
    SELECT (c.fee_percentage * 100)::integer FROM billing.custom_contracts c
    WHERE c.company_id = company AND c.approved_at IS NOT NULL
      AND c.contract_start_date <= today AND (c.contract_end_date IS NULL OR c.contract_end_date >= today)
  );
END
$$;
--> statement-breakpoint
-- What the company pays for a hire on a job today, in basis points: the contract's percentage, the
-- job's own, the executive or the standard one (D-102).
CREATE FUNCTION billing.effective_fee(company uuid, own_percentage numeric, premium_type text[]) RETURNS integer
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  RETURN coalesce(
    billing.contract_fee(company),
    (own_percentage * 100)::integer,
    (
      SELECT CASE WHEN 'executive' = any(premium_type) THEN t.executive_bp ELSE t.standard_bp END
      FROM billing.fee_terms t
      WHERE t.effective_from <= ops.now() AND (t.effective_to IS NULL OR t.effective_to > ops.now())
      LIMIT 1
    )
  );
END
$$;
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Guards (DESIGN R-1, R-3, R-4)
--------------------------------------------------------------------------------------------------

-- A commit waits this long for a lock, then starts over.
CREATE FUNCTION ops.begin_commit() RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM set_config('lock_timeout', '5s', true);
END
$$;
--> statement-breakpoint
-- Locks a row and raises unless it is still the one that was read.
CREATE FUNCTION ops.guard_version(table_name regclass, id uuid, version integer) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  found_version integer;
BEGIN
  EXECUTE format('SELECT version FROM %s WHERE id = $1 FOR NO KEY UPDATE', table_name) INTO found_version USING id;
  IF found_version IS DISTINCT FROM version THEN
    RAISE '% % changed', table_name, id USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint

-- What hangs on a row that a guard before this one has locked. The questions are asked here and not
-- in the statement, whose snapshot may be older than the lock.
CREATE FUNCTION ats.guard_job_use(job uuid, has_deals boolean, has_live_deals boolean, has_placement boolean) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  IF (has_deals, has_live_deals, has_placement) IS DISTINCT FROM (
    EXISTS (SELECT FROM ats.applications a WHERE a.job_id = job),
    EXISTS (SELECT FROM ats.candidate_role_assignments d WHERE d.job_id = job AND ats.is_live(d.state)),
    EXISTS (SELECT FROM ats.placements p WHERE p.job_id = job)
  ) THEN
    RAISE 'what hangs on job % changed', job USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
CREATE FUNCTION ats.guard_company_idle(company uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  IF EXISTS (SELECT FROM ats.jobs j WHERE j.company_id = company AND j.status IN ('pending', 'active', 'paused') AND j.deleted_at IS NULL)
    OR EXISTS (SELECT FROM ats.candidate_role_assignments d WHERE d.company_id = company AND ats.is_live(d.state)) THEN
    RAISE 'company % is in use', company USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
CREATE FUNCTION ats.candidate_has_ties(candidate uuid, recruiter uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  RETURN EXISTS (SELECT FROM ats.applications a WHERE a.candidate_id = candidate)
    OR EXISTS (
      SELECT FROM network.recruiter_candidates c
      WHERE c.candidate_id = candidate AND c.status IN ('pending', 'active') AND c.recruiter_id IS DISTINCT FROM recruiter
    );
END
$$;
--> statement-breakpoint
CREATE FUNCTION ats.guard_candidate_use(
  candidate uuid, has_deals boolean, has_live_deals boolean, has_ties boolean, recruiter uuid
) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  IF (has_deals, has_live_deals, has_ties) IS DISTINCT FROM (
    EXISTS (SELECT FROM ats.candidate_role_assignments d WHERE d.candidate_id = candidate),
    EXISTS (SELECT FROM ats.candidate_role_assignments d WHERE d.candidate_id = candidate AND ats.is_live(d.state)),
    ats.candidate_has_ties(candidate, recruiter)
  ) THEN
    RAISE 'what hangs on candidate % changed', candidate USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
-- A recruiter acts for a company while they are tied to it, and as they were tied to it when that was read.
CREATE FUNCTION network.guard_connection(recruiter uuid, company uuid, read_at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM network.recruiter_companies c
  WHERE c.recruiter_id = recruiter AND c.company_id = company AND c.status = 'active' AND c.updated_at <= read_at FOR SHARE;
  IF NOT FOUND THEN
    RAISE 'the connection of recruiter % changed', recruiter USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
-- Whether a recruiter is an employee of a company: those earn nothing from it (DOMAIN §1.5).
CREATE FUNCTION network.is_employee(recruiter uuid, company uuid) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM network.recruiters r
    JOIN identity.memberships m ON m.user_id = r.user_id AND m.deleted_at IS NULL
    JOIN ats.companies c ON c.identity_organization_id = m.organization_id AND c.id = coalesce(m.company_id, c.id)
    WHERE r.id = recruiter AND c.id = company
  );
END
$$;
--> statement-breakpoint
-- Whether a deal in this state still goes on.
CREATE FUNCTION ats.is_live(state text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN state NOT IN ('rejected', 'declined', 'withdrawn', 'timed_out', 'closed');
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- What never changes (MONEY §15)
--------------------------------------------------------------------------------------------------

CREATE FUNCTION ops.refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  RAISE '%.% does not allow %', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
END
$$;
--> statement-breakpoint
CREATE FUNCTION ops.make_append_only(table_name regclass) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION ops.refuse_change()', table_name);
  EXECUTE format('CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change()', table_name);
END
$$;
--> statement-breakpoint
SELECT ops.make_append_only(name::regclass)
FROM unnest(array[
  'billing.placement_snapshot', 'billing.placement_splits', 'billing.placement_allocations',
  'ats.application_audit_log', 'ats.cra_gate_feedback'
]) AS name;
--> statement-breakpoint
-- Who sourced is corrected by deleting and inserting, which a platform admin does and the audit shows.
CREATE TRIGGER never_updated BEFORE UPDATE ON network.candidate_sourcers FOR EACH ROW EXECUTE FUNCTION ops.refuse_change();
CREATE TRIGGER never_updated BEFORE UPDATE ON network.company_sourcers FOR EACH ROW EXECUTE FUNCTION ops.refuse_change();
--> statement-breakpoint
CREATE FUNCTION ats.keep_gate_history() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF jsonb_typeof(NEW.gate_history) <> 'array' OR OLD.gate_history <> coalesce(
    (
      SELECT jsonb_agg(entry ORDER BY place)
      FROM jsonb_array_elements(NEW.gate_history) WITH ORDINALITY AS history (entry, place)
      WHERE place <= jsonb_array_length(OLD.gate_history)
    ),
    '[]'
  ) THEN
    RAISE 'gate_history only grows' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'cra_gate_history_grows';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER gate_history_grows BEFORE UPDATE OF gate_history ON ats.candidate_role_assignments
  FOR EACH ROW EXECUTE FUNCTION ats.keep_gate_history();
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- The audit (DESIGN §2a, R-25); its columns are those of db/schema/audit.ts
--------------------------------------------------------------------------------------------------

CREATE TABLE ops.audit_events (
  id uuid NOT NULL,
  ingest_id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL,
  ingested_at timestamptz NOT NULL DEFAULT ops.now(),
  request_id text NOT NULL,
  actor jsonb NOT NULL,
  action text NOT NULL,
  subject_type text NOT NULL,
  subject_id uuid NOT NULL,
  company_id uuid,
  before_hash text,
  after_hash text,
  changes jsonb NOT NULL,
  reason text,
  -- of an account's own management: its place in the account's chain (`ops.append_audit`)
  account_id uuid,
  seq bigint,
  body text,
  chain_hash text,
  PRIMARY KEY (id, at),
  CONSTRAINT audit_events_chained CHECK (num_nulls(account_id, seq, body, chain_hash) IN (0, 4))
) PARTITION BY RANGE (at);
CREATE INDEX audit_events_subject ON ops.audit_events (subject_type, subject_id, at);
CREATE INDEX audit_events_at ON ops.audit_events (at DESC, id DESC);
CREATE INDEX audit_events_account ON ops.audit_events (account_id, at DESC, id DESC) WHERE account_id IS NOT NULL;
CREATE INDEX audit_events_chain ON ops.audit_events (account_id, seq) WHERE account_id IS NOT NULL;
CREATE INDEX audit_events_ingest ON ops.audit_events (ingest_id);
CREATE TABLE ops.audit_events_default PARTITION OF ops.audit_events DEFAULT;
SELECT ops.make_append_only('ops.audit_events');
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON ops.audit_events_default FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
--> statement-breakpoint
-- The tables that are kept by months, each by its column of time and with a partition `<table>_default`.
CREATE TABLE ops.monthly (
  table_name regclass PRIMARY KEY,
  time_column text NOT NULL,
  kept_months integer NOT NULL,
  append_only boolean NOT NULL
);
INSERT INTO ops.monthly VALUES ('ops.audit_events', 'at', 13, true);
--> statement-breakpoint
-- Makes the partitions of this month and of `months` more. A month with rows in the default
-- partition, which only a clock that jumped leaves behind, stays there.
CREATE FUNCTION ops.ensure_partitions(months integer) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  this_month timestamp := date_trunc('month', ops.now() AT TIME ZONE 'UTC');
  kept ops.monthly;
  first_day timestamptz;
  next_first timestamptz;
  part text;
  has_rows boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('ops.ensure_partitions', 0));
  FOR kept IN SELECT * FROM ops.monthly LOOP
    FOR ahead IN 0..months LOOP
      first_day := (this_month + make_interval(months => ahead)) AT TIME ZONE 'UTC';
      next_first := (this_month + make_interval(months => ahead + 1)) AT TIME ZONE 'UTC';
      part := kept.table_name || to_char(this_month + make_interval(months => ahead), '"_"YYYY_MM');
      CONTINUE WHEN to_regclass(part) IS NOT NULL;
      EXECUTE format('SELECT EXISTS (SELECT FROM %s_default WHERE %I >= $1 AND %I < $2)', kept.table_name, kept.time_column, kept.time_column)
        INTO has_rows USING first_day, next_first;
      CONTINUE WHEN has_rows;
      EXECUTE format('CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', part, kept.table_name, first_day, next_first);
      IF kept.append_only THEN
        EXECUTE format('CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change()', part);
      END IF;
    END LOOP;
  END LOOP;
END
$$;
--> statement-breakpoint
-- Drops the months that are past what is kept of them.
CREATE FUNCTION ops.drop_partitions() RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  kept ops.monthly;
  part record;
BEGIN
  FOR kept IN SELECT * FROM ops.monthly LOOP
    FOR part IN
      SELECT c.oid::regclass AS name, to_date(right(c.relname, 7), 'YYYY_MM') AS first_day
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = kept.table_name AND c.relname ~ '_\d{4}_\d{2}$'
    LOOP
      IF part.first_day + make_interval(months => kept.kept_months + 1) <= (ops.now() AT TIME ZONE 'UTC')::date THEN
        EXECUTE format('DROP TABLE %s', part.name);
      END IF;
    END LOOP;
  END LOOP;
END
$$;
--> statement-breakpoint
SELECT ops.ensure_partitions(3);
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- A deal and its application say the same (DOMAIN §3.2, invariant 4)
--------------------------------------------------------------------------------------------------

-- Whether the candidate answers the questions of the gate a deal waits at (`addresseeOf` of domain/deals).
CREATE FUNCTION ats.asks_candidate(deal ats.candidate_role_assignments) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE deal.current_gate
    WHEN 'candidate_recruiter' THEN true
    WHEN 'company_recruiter' THEN deal.candidate_recruiter_id IS NULL OR deal.candidate_recruiter_id IS NOT DISTINCT FROM deal.company_recruiter_id
    ELSE deal.candidate_recruiter_id IS NULL AND deal.company_recruiter_id IS NULL
  END
$$;
--> statement-breakpoint
-- The stages an application may be in while its deal is in a state: `corresponds` of domain/deals,
-- which a test compares with this over every case.
CREATE FUNCTION ats.stages_of(deal ats.candidate_role_assignments) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE deal.state
    WHEN 'proposed' THEN '{recruiter_proposed}'
    WHEN 'submitted_to_company' THEN '{company_review}'
    WHEN 'screen' THEN '{company_feedback}'
    WHEN 'in_process' THEN '{interview}'
    WHEN 'offer' THEN '{offer}'
    WHEN 'hired' THEN '{hired}'
    WHEN 'closed' THEN '{hired}'
    WHEN 'rejected' THEN '{rejected}'
    WHEN 'declined' THEN '{rejected}'
    WHEN 'withdrawn' THEN '{withdrawn}'
    WHEN 'timed_out' THEN '{expired}'
    ELSE CASE
      -- an accepted proposal has no gate until its application is handed in
      WHEN coalesce(deal.current_gate, 'none') = 'none' THEN '{draft,ai_review,ai_reviewed,ai_failed}'
      WHEN deal.state = 'info_requested' AND ats.asks_candidate(deal) THEN '{recruiter_request,draft,ai_review,ai_reviewed,ai_failed}'
      ELSE array[CASE deal.current_gate WHEN 'candidate_recruiter' THEN 'recruiter_review' WHEN 'company_recruiter' THEN 'screen' ELSE 'submitted' END]
    END
  END
$$;
--> statement-breakpoint
CREATE FUNCTION ats.check_correspondence() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
  application ats.applications;
  deal ats.candidate_role_assignments;
BEGIN
  IF TG_TABLE_NAME = 'applications' THEN
    SELECT * INTO application FROM ats.applications WHERE id = NEW.id;
  ELSE
    SELECT a.* INTO application
    FROM ats.candidate_role_assignments c JOIN ats.applications a ON a.id = c.application_id
    WHERE c.id = NEW.id;
  END IF;
  IF application.id IS NULL THEN RETURN NULL; END IF; -- gone, or a deal without one

  FOR deal IN SELECT * FROM ats.candidate_role_assignments WHERE application_id = application.id LOOP
    IF deal.candidate_id <> application.candidate_id OR deal.job_id <> application.job_id
      OR application.stage = ANY (ats.stages_of(deal)) IS NOT TRUE THEN
      RAISE 'deal % (%, gate %) and application % (%) do not correspond', deal.id, deal.state, deal.current_gate, application.id, application.stage
        USING ERRCODE = 'check_violation', CONSTRAINT = 'deal_application_correspondence';
    END IF;
  END LOOP;
  IF NOT FOUND AND application.stage NOT IN ('draft', 'ai_review', 'ai_reviewed', 'ai_failed', 'withdrawn') THEN
    RAISE 'application % (%) has no deal', application.id, application.stage
      USING ERRCODE = 'check_violation', CONSTRAINT = 'deal_application_correspondence';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER correspondence AFTER INSERT OR UPDATE OF stage, candidate_id, job_id ON ats.applications
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ats.check_correspondence();
CREATE CONSTRAINT TRIGGER correspondence AFTER INSERT OR UPDATE OF state, current_gate, candidate_recruiter_id, company_recruiter_id, application_id, candidate_id, job_id ON ats.candidate_role_assignments
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ats.check_correspondence();
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Money (MONEY §15)
--------------------------------------------------------------------------------------------------

ALTER TABLE billing.custom_contracts ADD CONSTRAINT custom_contracts_no_overlap
  EXCLUDE USING gist (company_id WITH =, daterange(contract_start_date, contract_end_date, '[]') WITH &&);
--> statement-breakpoint
CREATE FUNCTION ats.raise_money_version() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF NEW.state <> OLD.state THEN NEW.money_version := OLD.money_version + 1; END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER money_version BEFORE UPDATE OF state ON ats.placements FOR EACH ROW EXECUTE FUNCTION ats.raise_money_version();
--> statement-breakpoint
-- At the commit: the splits add up to their part, the parts to the fee.
CREATE FUNCTION billing.check_allocation() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
  fee bigint;
  parts billing.placement_allocations;
  split_total bigint;
BEGIN
  SELECT s.fee_cents INTO fee FROM billing.placement_snapshot s WHERE s.placement_id = NEW.placement_id;
  SELECT * INTO parts FROM billing.placement_allocations a WHERE a.placement_id = NEW.placement_id;
  SELECT coalesce(sum(s.amount_cents), 0) INTO split_total FROM billing.placement_splits s WHERE s.placement_id = NEW.placement_id;
  IF split_total IS DISTINCT FROM parts.splits_cents THEN
    RAISE 'splits of placement % sum to %, its allocation says %', NEW.placement_id, split_total, parts.splits_cents
      USING ERRCODE = 'check_violation', CONSTRAINT = 'placement_splits_sum';
  END IF;
  IF parts.splits_cents + parts.platform_cents IS DISTINCT FROM fee THEN
    RAISE 'parts of placement % sum to %, its fee is %', NEW.placement_id, parts.splits_cents + parts.platform_cents, fee
      USING ERRCODE = 'check_violation', CONSTRAINT = 'placement_allocations_sum';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER allocation AFTER INSERT ON billing.placement_snapshot
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing.check_allocation();
CREATE CONSTRAINT TRIGGER allocation AFTER INSERT ON billing.placement_allocations
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing.check_allocation();
CREATE CONSTRAINT TRIGGER allocation AFTER INSERT ON billing.placement_splits
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing.check_allocation();
--> statement-breakpoint
-- At the commit: each split has its transaction. Which is the only one, the unique key says; that it
-- stays the same, the trigger below.
CREATE FUNCTION billing.check_transaction() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM billing.placement_payout_transactions t
    JOIN billing.placement_splits s ON s.id = t.placement_split_id
    WHERE s.id = CASE TG_TABLE_NAME WHEN 'placement_splits' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'placement_split_id')::uuid END
      AND t.placement_id = s.placement_id AND t.recruiter_id = s.recruiter_id AND t.amount_cents = s.amount_cents
  ) THEN
    RAISE 'a split and its transaction differ in placement, payee or amount, or one is missing'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_transactions_match_split';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER transaction AFTER INSERT ON billing.placement_splits
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing.check_transaction();
CREATE CONSTRAINT TRIGGER transaction AFTER INSERT ON billing.placement_payout_transactions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing.check_transaction();
--> statement-breakpoint
-- A share is never deleted; which steps it may take, a later migration says.
CREATE TRIGGER never_deleted BEFORE DELETE ON billing.placement_payout_transactions
  FOR EACH ROW EXECUTE FUNCTION ops.refuse_change();
CREATE TRIGGER never_deleted_whole BEFORE TRUNCATE ON billing.placement_payout_transactions
  FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- What a hire depends on (MONEY §16): the type HireInputs of domain/commission/hire-inputs.ts
--------------------------------------------------------------------------------------------------

-- It looks at tables that a later migration makes, which are there when it is called.
SET LOCAL check_function_bodies = off;
--> statement-breakpoint
-- Nothing here asks the clock, so only a changed row changes the hash. NULL for an unknown deal.
CREATE FUNCTION billing.hire_inputs(cra_id uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET timezone = 'UTC'
AS $$
  WITH
  deal AS (SELECT * FROM ats.candidate_role_assignments d WHERE d.id = hire_inputs.cra_id),
  application AS (SELECT a.* FROM ats.applications a JOIN deal d ON d.application_id = a.id),
  job AS (SELECT j.* FROM ats.jobs j JOIN deal d ON d.job_id = j.id),
  company AS (SELECT c.* FROM ats.companies c JOIN job j ON j.company_id = c.id),
  candidate_sourcer AS (SELECT s.* FROM network.candidate_sourcers s JOIN deal d ON d.candidate_id = s.candidate_id),
  company_sourcer AS (SELECT s.* FROM network.company_sourcers s JOIN company c ON c.id = s.company_id),
  recruiter AS (
    SELECT r.id, r.status, r.user_id, u.status AS user_status
    FROM network.recruiters r JOIN identity.users u ON u.id = r.user_id
    WHERE r.id IN (
      SELECT candidate_recruiter_id FROM deal
      UNION SELECT company_recruiter_id FROM deal
      UNION SELECT job_owner_recruiter_id FROM job
      UNION SELECT sourcer_recruiter_id FROM candidate_sourcer
      UNION SELECT sourcer_recruiter_id FROM company_sourcer
    )
  ),
  team AS (
    SELECT t.* FROM network.teams t
    WHERE t.id IN (
      SELECT m.team_id FROM network.team_members m JOIN recruiter r ON r.id = m.recruiter_id
      WHERE m.status = 'active' AND m.role <> 'collaborator'
    )
  ),
  subscription AS (
    SELECT s.*, p.tier, CASE WHEN s.team_id IS NULL THEN r.id END AS holder
    FROM billing.subscriptions s
    JOIN billing.plans p ON p.id = s.plan_id
    LEFT JOIN recruiter r ON r.user_id = s.user_id AND s.team_id IS NULL
    WHERE r.id IS NOT NULL OR s.team_id IN (SELECT id FROM team)
  ),
  contract AS (SELECT k.* FROM billing.custom_contracts k JOIN company c ON c.id = k.company_id WHERE k.approved_at IS NOT NULL)
  SELECT jsonb_build_object(
    'deal', jsonb_build_object(
      'id', d.id, 'state', d.state, 'application_id', d.application_id, 'candidate_id', d.candidate_id, 'job_id', d.job_id,
      'candidate_recruiter_id', d.candidate_recruiter_id, 'company_recruiter_id', d.company_recruiter_id
    ),
    'application', (SELECT jsonb_build_object('id', a.id, 'stage', a.stage, 'stage_changed_at', a.stage_changed_at) FROM application a),
    'job', (
      SELECT jsonb_build_object(
        'id', j.id, 'status', j.status, 'company_id', j.company_id, 'job_owner_recruiter_id', j.job_owner_recruiter_id,
        'guarantee_days', j.guarantee_days, 'fee_bp', (j.fee_percentage * 100)::bigint, 'premium_type', to_jsonb(j.premium_type),
        'hires_committed', j.hires_committed, 'bulk_bonus_cents', (j.bulk_bonus * 100)::bigint
      ) FROM job j
    ),
    'company', (SELECT jsonb_build_object('id', c.id, 'status', c.status) FROM company c),
    'recruiters', coalesce((
      SELECT jsonb_agg(jsonb_build_object('id', r.id, 'status', r.status, 'user_status', r.user_status) ORDER BY r.id) FROM recruiter r
    ), '[]'),
    'candidate_sourcer', (
      SELECT jsonb_build_object('sourcer_recruiter_id', s.sourcer_recruiter_id, 'sourced_at', s.sourced_at) FROM candidate_sourcer s
    ),
    'company_sourcer', (
      SELECT jsonb_build_object('sourcer_recruiter_id', s.sourcer_recruiter_id, 'sourced_at', s.sourced_at) FROM company_sourcer s
    ),
    'subscriptions', coalesce((
      SELECT jsonb_agg(jsonb_build_object(
        'id', s.id, 'recruiter_id', s.holder, 'team_id', s.team_id, 'tier', s.tier, 'status', s.status,
        'past_due_since', s.past_due_since, 'current_period_end', s.current_period_end, 'upgraded_at', s.upgraded_at
      ) ORDER BY s.id) FROM subscription s
    ), '[]'),
    'splits_rates', coalesce((
      SELECT jsonb_agg(jsonb_build_object(
        'id', r.id, 'tier', r.tier, 'effective_from', r.effective_from, 'effective_to', r.effective_to,
        'candidate_recruiter_bp', (r.candidate_recruiter_rate * 100)::bigint,
        'company_recruiter_bp', (r.company_recruiter_rate * 100)::bigint,
        'job_owner_bp', (r.job_owner_rate * 100)::bigint,
        'candidate_sourcer_bp', (r.candidate_sourcer_rate * 100)::bigint,
        'company_sourcer_bp', (r.company_sourcer_rate * 100)::bigint
      ) ORDER BY r.id) FROM billing.splits_rates r
    ), '[]'),
    'fee_terms', coalesce((
      SELECT jsonb_agg(jsonb_build_object(
        'id', f.id, 'effective_from', f.effective_from, 'effective_to', f.effective_to, 'standard_bp', f.standard_bp,
        'executive_bp', f.executive_bp, 'urgent_bp', f.urgent_bp, 'niche_bp', f.niche_bp, 'keep_bp', f.keep_bp
      ) ORDER BY f.id) FROM billing.fee_terms f
    ), '[]'),
    'teams', coalesce((
      SELECT jsonb_agg(jsonb_build_object(
        'id', t.id, 'status', t.status, 'suspended_reason', t.suspended_reason, 'grace_until', t.grace_until,
        'members', (
          SELECT jsonb_agg(jsonb_build_object(
            'recruiter_id', m.recruiter_id, 'role', m.role, 'status', m.status, 'joined_at', m.joined_at
          ) ORDER BY m.id) FROM network.team_members m WHERE m.team_id = t.id
        ),
        'split_configs', coalesce((
          SELECT jsonb_agg(jsonb_build_object(
            'id', g.id, 'cra_id', g.cra_id, 'is_default', g.is_default, 'effective_from', g.effective_from,
            'rule', jsonb_build_object('model', g.model) || g.config
          ) ORDER BY g.id) FROM network.team_split_configs g WHERE g.team_id = t.id AND (g.is_default OR g.cra_id = d.id)
        ), '[]')
      ) ORDER BY t.id) FROM team t
    ), '[]'),
    'contracts', coalesce((
      SELECT jsonb_agg(jsonb_build_object(
        'id', k.id, 'flat_fee_cents', k.flat_fee_cents, 'fee_bp', (k.fee_percentage * 100)::bigint,
        'discount_bp', (k.discount_percentage * 100)::bigint, 'discount_threshold', k.discount_threshold,
        'contract_start_date', k.contract_start_date, 'contract_end_date', k.contract_end_date
      ) ORDER BY k.id) FROM contract k
    ), '[]'),
    'contract_placements', coalesce((
      SELECT jsonb_agg(jsonb_build_object('id', p.id, 'contract_id', s.contract_id, 'hired_at', p.hired_at, 'state', p.state) ORDER BY p.id)
      FROM contract k
      JOIN ats.placements p ON p.company_id = k.company_id
      JOIN billing.placement_snapshot s ON s.placement_id = p.id AND s.contract_id = k.id
      WHERE k.discount_threshold > 0
    ), '[]'),
    'role_placements', coalesce((
      SELECT jsonb_agg(jsonb_build_object(
        'id', p.id, 'hired_at', p.hired_at, 'state', p.state,
        'candidate_recruiter_id', s.candidate_recruiter_id, 'bulk_cents', (s.fee_basis ->> 'bulk_cents')::bigint
      ) ORDER BY p.id)
      FROM job j
      JOIN ats.placements p ON p.job_id = j.id
      JOIN billing.placement_snapshot s ON s.placement_id = p.id
      WHERE j.bulk_bonus IS NOT NULL
    ), '[]'),
    'open_credits', coalesce((
      SELECT jsonb_agg(jsonb_build_object(
        'id', k.id, 'placement_id', k.placement_id, 'amount_cents', k.amount_cents, 'expires_at', k.expires_at
      ) ORDER BY k.id)
      FROM job j JOIN billing.placement_credits k ON k.job_id = j.id
      WHERE k.status = 'open'
    ), '[]'),
    'policy', NULL
  )
  FROM deal d
$$;
--> statement-breakpoint
CREATE FUNCTION billing.hire_inputs_hash(cra_id uuid) RETURNS text
LANGUAGE sql STABLE
AS $$ SELECT encode(sha256(convert_to(billing.hire_inputs(cra_id)::text, 'UTF8')), 'hex') $$;
--> statement-breakpoint
-- Locks what a hire changes, then raises unless everything it depends on is as it was read. Hires of
-- one company wait for each other, so each counts the ones before it. A failed placement that the hire
-- replaces, and its credit, are locked by `billing.guard_placement`, which follows.
CREATE FUNCTION billing.guard_hire(cra_id uuid, inputs_hash text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  deal ats.candidate_role_assignments;
BEGIN
  SELECT * INTO deal FROM ats.candidate_role_assignments d WHERE d.id = cra_id;
  PERFORM FROM ats.companies c WHERE c.id = deal.company_id FOR NO KEY UPDATE;
  PERFORM FROM ats.candidate_role_assignments d WHERE d.id = cra_id FOR NO KEY UPDATE;
  PERFORM FROM ats.applications a WHERE a.id = deal.application_id FOR NO KEY UPDATE;
  PERFORM FROM ats.jobs j WHERE j.id = deal.job_id FOR NO KEY UPDATE;
  IF billing.hire_inputs_hash(cra_id) IS DISTINCT FROM inputs_hash OR inputs_hash IS NULL THEN
    RAISE 'what the hire of deal % depends on changed', cra_id USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
