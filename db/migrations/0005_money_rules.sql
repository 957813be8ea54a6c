-- What holds about money whatever the code does (MONEY §13, §15, §16), and the questions that only
-- the database can answer in one step.

--------------------------------------------------------------------------------------------------
-- What never changes
--------------------------------------------------------------------------------------------------

SELECT ops.make_append_only(name::regclass)
FROM unnest(array[
  'billing.ledger_transactions', 'billing.ledger_entries', 'billing.payout_attempts', 'billing.payout_audit_log',
  'billing.invoice_payments', 'billing.clawbacks'
]) AS name;
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- The books
--------------------------------------------------------------------------------------------------

-- One posting: its accounts where they are new, the transaction, and its entries in the order of
-- account codes. `entries` is [{account, kind, floor, amount, balance_transaction_id}], amounts with debit +.
-- A key that is there already raises unique_violation: whoever posts reads again.
CREATE FUNCTION billing.post(
  id uuid, kind text, key text, hash text, at timestamptz, placement uuid, entries jsonb, reverses uuid DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  INSERT INTO billing.ledger_transactions (id, kind, idempotency_key, request_hash, at, placement_id, reverses)
  VALUES (post.id, post.kind, post.key, post.hash, post.at, post.placement, post.reverses);

  INSERT INTO billing.ledger_accounts (code, kind, floor_cents)
  SELECT e.account, e.kind, e.floor
  FROM jsonb_to_recordset(post.entries) AS e (account text, kind text, floor bigint)
  ORDER BY e.account
  ON CONFLICT (code) DO NOTHING;

  INSERT INTO billing.ledger_entries (transaction_id, account_id, amount_cents, balance_transaction_id)
  SELECT post.id, a.id, e.amount, e.balance_transaction_id
  FROM jsonb_to_recordset(post.entries) AS e (account text, amount bigint, balance_transaction_id text)
  JOIN billing.ledger_accounts a ON a.code = e.account
  ORDER BY e.account;
END
$$;
--> statement-breakpoint
-- At the commit: at least two entries, which add up to nothing. One currency: every account has the same.
CREATE FUNCTION billing.check_posting() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
  entries integer;
  total bigint;
BEGIN
  SELECT count(*), coalesce(sum(e.amount_cents), 0) INTO entries, total FROM billing.ledger_entries e WHERE e.transaction_id = NEW.id;
  IF entries < 2 OR total <> 0 THEN
    RAISE 'posting % has % entries, which add up to %', NEW.idempotency_key, entries, total
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON billing.ledger_transactions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing.check_posting();
--> statement-breakpoint
-- Entries come with their transaction, never later; and a balance with a floor does not go below it.
CREATE FUNCTION billing.check_entry() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
  account billing.ledger_accounts;
  change bigint;
  balance bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM billing.ledger_transactions t WHERE t.id = NEW.transaction_id AND t.xact = pg_current_xact_id()) THEN
    RAISE 'an entry is written in the commit of its transaction' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_entry_late';
  END IF;
  SELECT * INTO account FROM billing.ledger_accounts a WHERE a.id = NEW.account_id;
  IF account.floor_cents IS NULL THEN RETURN NULL; END IF;
  change := CASE WHEN account.kind IN ('asset', 'expense') THEN NEW.amount_cents ELSE -NEW.amount_cents END;
  INSERT INTO billing.ledger_balances AS b (account_id, balance_cents) VALUES (NEW.account_id, change)
  ON CONFLICT (account_id) DO UPDATE SET balance_cents = b.balance_cents + change
  RETURNING b.balance_cents INTO balance;
  IF balance < account.floor_cents THEN
    RAISE '% would stand at %', account.code, balance USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_floor';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER entry AFTER INSERT ON billing.ledger_entries FOR EACH ROW EXECUTE FUNCTION billing.check_entry();
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Placements: whatever moves their money raises money_version
--------------------------------------------------------------------------------------------------

CREATE FUNCTION billing.touch_placement() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  UPDATE ats.placements p SET money_version = p.money_version + 1 WHERE p.id = NEW.placement_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER money_version AFTER INSERT OR UPDATE ON billing.placement_invoices FOR EACH ROW EXECUTE FUNCTION billing.touch_placement();
CREATE TRIGGER money_version AFTER INSERT OR UPDATE ON billing.placement_credits FOR EACH ROW EXECUTE FUNCTION billing.touch_placement();
CREATE TRIGGER money_version AFTER INSERT OR UPDATE ON billing.payout_schedules FOR EACH ROW EXECUTE FUNCTION billing.touch_placement();
CREATE TRIGGER money_version AFTER INSERT OR UPDATE ON billing.escrow_holds FOR EACH ROW EXECUTE FUNCTION billing.touch_placement();
CREATE TRIGGER money_version AFTER INSERT OR UPDATE ON billing.disputes FOR EACH ROW EXECUTE FUNCTION billing.touch_placement();
CREATE TRIGGER money_version AFTER INSERT ON billing.clawbacks FOR EACH ROW EXECUTE FUNCTION billing.touch_placement();
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Payout transactions: the changes of MONEY §10.1 and no others
--------------------------------------------------------------------------------------------------

CREATE FUNCTION billing.check_payout_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.offset_cents = 0 AND NEW.reversed_cents = 0 AND NEW.key_version = 1 AND NEW.first_sent_at IS NULL AND (
      NEW.status = 'pending'
      OR (NEW.status = 'on_hold' AND NEW.hold_reasons = '{inactive_at_hire}')
      OR (NEW.status = 'completed' AND NEW.completion_reason = 'zero_amount' AND NEW.amount = 0)
    ) THEN
      RETURN NEW;
    END IF;
    RAISE 'a payout transaction does not start as %', NEW.status USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_transactions_start';
  END IF;

  IF (NEW.id, NEW.placement_split_id, NEW.placement_id, NEW.recruiter_id, NEW.amount)
    IS DISTINCT FROM (OLD.id, OLD.placement_split_id, OLD.placement_id, OLD.recruiter_id, OLD.amount) THEN
    RAISE 'split, payee and amount of a payout transaction are fixed'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_transactions_fixed';
  END IF;

  IF NEW.status <> OLD.status AND NEW.status <> ALL (CASE OLD.status
    WHEN 'pending' THEN '{processing,completed,on_hold,cancelled}'
    WHEN 'processing' THEN '{completed,failed,on_hold}'
    WHEN 'failed' THEN '{processing,completed,on_hold,cancelled}'
    WHEN 'on_hold' THEN '{pending,completed,cancelled}'
    WHEN 'completed' THEN '{reversed}'
    ELSE '{}' -- cancelled and reversed are final
  END::text[]) THEN
    RAISE 'a payout transaction does not go from % to %', OLD.status, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_transactions_transition';
  END IF;

  IF OLD.stripe_transfer_id IS NOT NULL AND NEW.stripe_transfer_id IS DISTINCT FROM OLD.stripe_transfer_id THEN
    RAISE 'a transfer id is set once' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_transactions_transfer';
  END IF;
  IF NEW.key_version NOT IN (OLD.key_version, OLD.key_version + 1) THEN
    RAISE 'a key version stays or grows by one' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_transactions_key';
  END IF;
  IF NEW.key_version = OLD.key_version AND OLD.first_sent_at IS NOT NULL
    AND (NEW.net_amount, NEW.stripe_connect_account_id, NEW.first_sent_at)
      IS DISTINCT FROM (OLD.net_amount, OLD.stripe_connect_account_id, OLD.first_sent_at) THEN
    RAISE 'what is sent under a key is fixed' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_transactions_key_in_use';
  END IF;
  IF NEW.reversed_cents < OLD.reversed_cents THEN
    RAISE 'what came back stays back' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_transactions_reversed';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER payout_change BEFORE INSERT OR UPDATE ON billing.placement_payout_transactions
  FOR EACH ROW EXECUTE FUNCTION billing.check_payout_change();
--> statement-breakpoint
-- What is asked back of a row is at most what the row is worth.
CREATE FUNCTION billing.check_reversal() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF (SELECT sum(r.amount_cents) FROM billing.payout_reversals r WHERE r.payout_transaction_id = NEW.payout_transaction_id)
    > (SELECT t.amount_cents FROM billing.placement_payout_transactions t WHERE t.id = NEW.payout_transaction_id) THEN
    RAISE 'more is asked back of payout % than it is worth', NEW.payout_transaction_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_reversals_within_amount';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER within_amount AFTER INSERT OR UPDATE ON billing.payout_reversals FOR EACH ROW EXECUTE FUNCTION billing.check_reversal();
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Why a payout does not move (MONEY §19.3): `payoutBlockers` of domain/payouts, which a test compares
--------------------------------------------------------------------------------------------------

-- A dispute of the placement, or of the failed one whose credit paid for it, is undecided.
CREATE FUNCTION billing.has_open_dispute(placement uuid) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM billing.disputes d
    WHERE d.status IN ('open', 'under_review') AND (
      d.placement_id = placement
      OR d.placement_id IN (SELECT c.placement_id FROM billing.placement_credits c WHERE c.replacement_placement_id = placement AND c.used_cents > 0)
    )
  );
END
$$;
--> statement-breakpoint
-- What a placement's release still waits for, in the order in which it is told.
CREATE FUNCTION billing.release_blockers(placement uuid, now timestamptz) RETURNS text[]
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  p ats.placements;
  invoice billing.placement_invoices;
  credited billing.placement_invoices;
  has_credited boolean;
BEGIN
  SELECT * INTO p FROM ats.placements x WHERE x.id = placement;
  SELECT * INTO invoice FROM billing.placement_invoices i WHERE i.placement_id = placement;
  SELECT i.* INTO credited
  FROM billing.placement_credits c JOIN billing.placement_invoices i ON i.placement_id = c.placement_id
  WHERE c.replacement_placement_id = placement AND c.used_cents > 0;
  has_credited := credited.id IS NOT NULL;
  RETURN array_remove(array[
    CASE p.state WHEN 'hired' THEN 'placement_not_started' WHEN 'active' THEN 'guarantee_running' END,
    CASE
      WHEN invoice.id IS NULL OR invoice.status IN ('draft', 'void') THEN 'invoice_not_issued'
      WHEN invoice.status = 'open' AND (now AT TIME ZONE 'utc')::date > invoice.due_date THEN 'invoice_overdue'
      WHEN invoice.status = 'open' THEN 'invoice_open'
      WHEN invoice.status = 'uncollectible' THEN 'invoice_uncollectible'
    END,
    CASE WHEN has_credited AND NOT (credited.status = 'paid' AND coalesce(credited.collectible_at <= now, false)) THEN 'credited_invoice_open' END,
    CASE WHEN invoice.status = 'paid' AND NOT coalesce(invoice.collectible_at <= now, false) THEN 'funds_settling' END,
    CASE WHEN billing.has_open_dispute(placement) THEN 'dispute_open' END,
    CASE WHEN EXISTS (
      SELECT FROM billing.escrow_holds h WHERE h.placement_id = placement AND h.status = 'active' AND h.hold_reason <> 'guarantee_period'
    ) THEN 'under_review' END
  ], NULL);
END
$$;
--> statement-breakpoint
CREATE FUNCTION billing.payout_blockers(transaction_id uuid, now timestamptz) RETURNS text[]
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  t billing.placement_payout_transactions;
  payee network.recruiters;
  released text[];
  held text[];
  unmet text[];
BEGIN
  SELECT * INTO t FROM billing.placement_payout_transactions x WHERE x.id = transaction_id;
  SELECT * INTO payee FROM network.recruiters r WHERE r.id = t.recruiter_id;
  released := billing.release_blockers(t.placement_id, now);
  held := array(
    SELECT CASE WHEN reason IN ('admin_hold', 'fraud_review', 'policy_hold', 'request_mismatch') THEN 'under_review' ELSE reason END
    FROM unnest(t.hold_reasons) AS reason
  );
  unmet := released || held || array_remove(array[
    CASE WHEN NOT payee.stripe_connect_onboarded THEN 'connect_required' END,
    CASE WHEN billing.is_on('payouts.require_tax_profile') AND NOT EXISTS (
      SELECT FROM billing.tax_profiles x WHERE x.recruiter_id = t.recruiter_id AND x.status = 'complete' AND coalesce(x.expires_at > now, true)
    ) THEN 'tax_profile_missing' END,
    CASE WHEN t.first_sent_at IS NULL AND t.net_cents > 0 AND EXISTS (
      SELECT FROM billing.recruiter_debts d WHERE d.recruiter_id = t.recruiter_id AND d.settled_at IS NULL AND d.recovery = 'netting'
    ) THEN 'netting_pending' END,
    CASE WHEN NOT billing.is_on('payouts.enabled') THEN 'payouts_paused' END,
    CASE WHEN t.eligible_at IS NULL AND released = '{}' THEN 'awaiting_release' END
  ], NULL);
  RETURN array(
    SELECT code FROM unnest(array[
      'placement_not_started', 'guarantee_running', 'invoice_not_issued', 'invoice_open', 'invoice_overdue', 'invoice_uncollectible',
      'credited_invoice_open', 'funds_settling', 'dispute_open', 'connect_required', 'tax_profile_missing', 'inactive_at_hire',
      'under_review', 'netting_pending', 'payouts_paused', 'platform_balance', 'awaiting_release'
    ]) WITH ORDINALITY AS codes (code, place)
    WHERE code = ANY (unmet)
    ORDER BY place
  );
END
$$;
--> statement-breakpoint
CREATE FUNCTION billing.is_on(switch text) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  RETURN coalesce((SELECT s.enabled FROM billing.switches s WHERE s.name = switch), false);
END
$$;
--> statement-breakpoint
-- The claim of MONEY §10.2: one row, one winner. No row when somebody else has it or a blocker holds.
CREATE FUNCTION billing.claim_payout(transaction_id uuid, token uuid, now timestamptz)
RETURNS TABLE (claimed billing.placement_payout_transactions, must_look_up boolean, may_send boolean)
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  RETURN QUERY
  WITH claimed AS (
    UPDATE billing.placement_payout_transactions t SET
      status = 'processing', lease_token = token, attempts = t.attempts + 1,
      lease_until = now + make_interval(mins => least(5 * 2 ^ least(t.attempts, 7), 360)::int),
      processing_started_at = CASE WHEN t.status = 'processing' THEN t.processing_started_at ELSE now END,
      first_sent_at = coalesce(t.first_sent_at, now),
      stripe_connect_account_id = CASE WHEN t.first_sent_at IS NULL THEN r.stripe_connect_account_id ELSE t.stripe_connect_account_id END,
      version = t.version + 1, updated_at = now
    FROM network.recruiters r
    WHERE t.id = transaction_id AND r.id = t.recruiter_id AND (
      (t.status = 'processing' AND t.lease_until < now)
      OR ((t.status = 'pending' OR (t.status = 'failed' AND t.retry_count < 3 AND t.next_retry_at <= now))
          AND t.net_cents > 0 AND billing.payout_blockers(t.id, now) = '{}'))
    RETURNING t.*
  ),
  noted AS (
    INSERT INTO billing.payout_attempts (transaction_id, attempt_no, phase, key_version, at)
    SELECT c.id, c.attempts, 'claimed', c.key_version, now FROM claimed c
  )
  SELECT
    c::text::billing.placement_payout_transactions,
    coalesce(c.last_outcome IN ('refused', 'server_error_2'), false)
      OR c.first_sent_at < now - interval '20 hours' OR c.processing_started_at <= now - interval '7 days',
    billing.payout_blockers(c.id, now) = '{}'
  FROM claimed c;
END
$$;
--> statement-breakpoint

--------------------------------------------------------------------------------------------------
-- Guards, in the order in which a batch calls them (MONEY §16)
--------------------------------------------------------------------------------------------------

CREATE FUNCTION billing.guard_approval(id uuid, action text, subject uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM billing.approvals a
  WHERE a.id = guard_approval.id AND a.action = guard_approval.action AND a.subject_id = subject
    AND a.status = 'approved' AND a.expires_at > ops.now()
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE 'approval % is not there to be used', id USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
-- Locks a placement and the rows its money depends on, and demands that none has changed.
CREATE FUNCTION billing.guard_placement(id uuid, money_version integer) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  found_version integer;
BEGIN
  SELECT p.money_version INTO found_version FROM ats.placements p WHERE p.id = guard_placement.id FOR NO KEY UPDATE;
  PERFORM FROM billing.payout_schedules s WHERE s.placement_id = guard_placement.id ORDER BY s.id FOR NO KEY UPDATE;
  PERFORM FROM billing.placement_invoices i WHERE i.placement_id = guard_placement.id FOR NO KEY UPDATE;
  PERFORM FROM billing.placement_credits c WHERE c.placement_id = guard_placement.id FOR NO KEY UPDATE;
  PERFORM FROM billing.escrow_holds h WHERE h.placement_id = guard_placement.id ORDER BY h.id FOR NO KEY UPDATE;
  PERFORM FROM billing.disputes d WHERE d.placement_id = guard_placement.id ORDER BY d.id FOR NO KEY UPDATE;
  IF found_version IS DISTINCT FROM money_version THEN
    RAISE 'the money of placement % changed', id USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
CREATE FUNCTION billing.payouts_hash(placement uuid) RETURNS text
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  RETURN (
    SELECT encode(sha256(convert_to(coalesce(
      string_agg(concat_ws(',', t.id, t.status, t.offset_cents, t.reversed_cents, t.key_version), ';' ORDER BY t.id), ''
    ), 'UTF8')), 'hex')
    FROM billing.placement_payout_transactions t WHERE t.placement_id = placement
  );
END
$$;
--> statement-breakpoint
CREATE FUNCTION billing.guard_payouts(placement uuid, hash text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM billing.placement_payout_transactions t WHERE t.placement_id = placement ORDER BY t.id FOR NO KEY UPDATE;
  IF billing.payouts_hash(placement) IS DISTINCT FROM hash THEN
    RAISE 'the payouts of placement % changed', placement USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
-- The row is ours by its lease; or Stripe shows its transfer, and it is not completed yet.
CREATE FUNCTION billing.guard_payout(id uuid, token uuid, transfer text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  t billing.placement_payout_transactions;
BEGIN
  SELECT * INTO t FROM billing.placement_payout_transactions x WHERE x.id = guard_payout.id FOR NO KEY UPDATE;
  IF NOT coalesce(
    (t.status = 'processing' AND t.lease_token = token)
      OR (transfer IS NOT NULL AND t.status IN ('pending', 'processing', 'failed', 'on_hold')),
    false
  ) THEN
    RAISE 'payout % is no longer held under this lease', id USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
CREATE FUNCTION billing.debts_hash(recruiter uuid) RETURNS text
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  RETURN (
    SELECT encode(sha256(convert_to(coalesce(
      string_agg(concat_ws(',', d.id, d.recovered_cents, d.written_off_cents, d.recovery), ';' ORDER BY d.id), ''
    ), 'UTF8')), 'hex')
    FROM billing.recruiter_debts d WHERE d.recruiter_id = recruiter AND d.settled_at IS NULL
  );
END
$$;
--> statement-breakpoint
CREATE FUNCTION billing.guard_debts(recruiter uuid, hash text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM billing.recruiter_debts d WHERE d.recruiter_id = recruiter AND d.settled_at IS NULL ORDER BY d.id FOR NO KEY UPDATE;
  IF billing.debts_hash(recruiter) IS DISTINCT FROM hash THEN
    RAISE 'the debts of recruiter % changed', recruiter USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
CREATE FUNCTION billing.guard_operation(id uuid, token uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM billing.stripe_operations o
  WHERE o.id = guard_operation.id AND o.status = 'processing' AND o.lease_token = token FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE 'operation % is no longer held under this lease', id USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
CREATE FUNCTION billing.guard_stripe_event(id text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM billing.stripe_events e WHERE e.id = guard_stripe_event.id AND e.processed_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE 'event % is done already', id USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;

--> statement-breakpoint
CREATE FUNCTION billing.guard_switch(name text, version integer) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM billing.switches s WHERE s.name = guard_switch.name AND s.version = guard_switch.version FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE 'switch % was turned', name USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
--> statement-breakpoint
-- Designations of premium roles happen one after another: the last place is not taken twice (D-72).
CREATE FUNCTION ats.guard_premium_roles(job uuid, premium integer) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('ats.guard_premium_roles'));
  IF premium <> (
    SELECT count(*) FROM ats.jobs o WHERE o.status = 'active' AND o.deleted_at IS NULL AND o.premium_type <> '{}' AND o.id <> job
  ) THEN
    RAISE 'the premium roles changed' USING ERRCODE = 'serialization_failure';
  END IF;
END
$$;
