import { beforeAll, describe, expect, it } from "vitest";
import { APPLICATION_STAGES, CRA_STATES, GATES } from "#db/schema/ats.ts";
import { corresponds } from "#domain/deals/states.ts";
import { addMoney, addPlacement, application, type Db, deal, id, payouts, seedWorld, splits, THEN, useDb } from "./world.ts";

/** Every CHECK and unique index of the tables, and a write that it must refuse. */
const u = (kind: Parameters<typeof id>[0], number = 1) => `'${id(kind, number)}'`;

/** The trigger would be asked before the CHECK. */
const WITHOUT_PAYOUT_TRIGGERS = "set local session_replication_role = replica;";

const clawback = (causeId: string, refund: string) =>
  `insert into billing.clawbacks (placement_id, cause, cause_id, refund_cents, platform_cents, before_release, reason) values (${u("placement")}, 'admin', ${causeId}, ${refund}, 0, true, 'r')`;

const posting = (key: string, [debit, credit]: readonly [number, number], reverses = "null", balanceTransaction = "null") =>
  `select billing.post(gen_random_uuid(), 'topup', '${key}', 'hash', now(), null,
    '[{"account": "stripe_balance", "kind": "asset", "floor": null, "amount": ${debit}, "balance_transaction_id": ${balanceTransaction}},
      {"account": "bank", "kind": "asset", "floor": null, "amount": ${credit}, "balance_transaction_id": null}]', ${reverses})`;

/** A row again under an id of its own, with some fields changed. */
const copied = (table: string, changes: object = {}) =>
  `insert into ${table} select (jsonb_populate_record(r, '${JSON.stringify(changes)}' || jsonb_build_object('id', gen_random_uuid()))).* from ${table} r`;

const WRONG: Record<string, string> = {
  // identity
  users_clerk_user_id_key: `update identity.users set clerk_user_id = 'clerk_1' where id = ${u("user", 2)}`,
  users_email_key: `update identity.users set email = 'USER1@example.com' where id = ${u("user", 2)}`,
  organizations_slug_unique: "update identity.organizations set slug = 'same'",
  memberships_one_live: `insert into identity.memberships (user_id, role_name, organization_id) values (${u("user", 5)}, 'company_admin', ${u("organization")})`,
  invitations_accepted_at: "update identity.invitations set accepted_at = now()",
  invitations_one_pending: `insert into identity.invitations (organization_id, email, role, invited_by, token_hash, issued_at, expires_at) values (${u("organization")}, 'NEW@acme.test', 'company_admin', ${u("user", 3)}, 'other', now(), now())`,
  invitations_token_key: `insert into identity.invitations (organization_id, email, role, invited_by, token_hash, issued_at, expires_at) values (${u("organization")}, 'other@acme.test', 'company_admin', ${u("user", 3)}, 'hash', now(), now())`,
  user_roles_one_live: `insert into identity.user_roles (user_id, role_name) values (${u("user", 8)}, 'platform_admin')`,
  user_roles_role_name: "update identity.user_roles set role_name = 'company_admin'",
  sessions_token_hash_key: `insert into identity.sessions select (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid()))).* from identity.sessions s`,
  sessions_of_somebody: `update identity.sessions set candidate_id = ${u("candidate")}`,
  sessions_ended_for_a_reason: "update identity.sessions set ended_at = now()",
  sessions_proved_by_something: "update identity.sessions set proved_at = now()",
  sso_transactions_state_hash_key: `insert into identity.sso_transactions select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid()))).* from identity.sso_transactions t`,
  login_challenges_link_hash_key: copied("identity.login_challenges"),
  login_challenges_tries: "update identity.login_challenges set tries = 6",
  // network
  recruiters_user_id_key: `insert into network.recruiters (user_id, name) values (${u("user")}, 'again')`,
  recruiters_slug_unique: "update network.recruiters set slug = 'same'",
  recruiter_candidates_invitation_key: `insert into network.recruiter_candidates (recruiter_id, candidate_id, invitation_token_hash) values (${u("recruiter", 2)}, ${u("candidate")}, 'hash')`,
  recruiter_candidates_one_active: `insert into network.recruiter_candidates (recruiter_id, candidate_id, status, consent_given, consent_given_at) values (${u("recruiter", 2)}, ${u("candidate")}, 'active', true, now())`,
  recruiter_candidates_one_open: `insert into network.recruiter_candidates (recruiter_id, candidate_id) values (${u("recruiter")}, ${u("candidate")})`,
  recruiter_candidates_consent: "update network.recruiter_candidates set consent_given_at = null",
  recruiter_companies_one_open: `insert into network.recruiter_companies (recruiter_id, company_id, permissions) values (${u("recruiter", 2)}, ${u("company")}, '{}')`,
  candidate_sourcers_candidate_id_key: `insert into network.candidate_sourcers (candidate_id, sourcer_recruiter_id) values (${u("candidate")}, ${u("recruiter", 2)})`,
  company_sourcers_company_id_key: `insert into network.company_sourcers (company_id, sourcer_recruiter_id) values (${u("company")}, ${u("recruiter", 3)})`,
  recruiter_reputation_score: "update network.recruiter_reputation set reputation_score = 101",
  teams_suspended_reason: "update network.teams set status = 'suspended'",
  team_members_joined: "update network.team_members set joined_at = null",
  team_members_one_owner: `insert into network.team_members (team_id, recruiter_id, role, status, joined_at) values (${u("team")}, ${u("recruiter")}, 'owner', 'active', now())`,
  team_members_one_earning_team: `insert into network.team_members (team_id, recruiter_id, role, status, joined_at) values (${u("team", 2)}, ${u("recruiter", 4)}, 'member', 'active', now())`,
  team_members_team_recruiter: `insert into network.team_members (team_id, recruiter_id, role) values (${u("team")}, ${u("recruiter", 4)}, 'collaborator')`,
  team_invitations_one_pending: `insert into network.team_invitations (team_id, email, role, token_hash, issued_at, expires_at, invited_by_user_id) values (${u("team")}, 'NEW@team.test', 'member', 'other', now(), now(), ${u("user", 3)})`,
  team_invitations_token_key: `insert into network.team_invitations (team_id, email, role, token_hash, issued_at, expires_at, invited_by_user_id) values (${u("team")}, 'other@team.test', 'member', 'hash', now(), now(), ${u("user", 3)})`,
  team_split_configs_config: "update network.team_split_configs set config = '{}'",
  team_split_configs_purpose: "update network.team_split_configs set is_default = false",
  // ats
  companies_slug_unique: "update ats.companies set slug = 'same'",
  jobs_salary: "update ats.jobs set salary_min = 2, salary_max = 1",
  jobs_fee_percentage: "update ats.jobs set fee_percentage = 100.01",
  jobs_guarantee_days: "update ats.jobs set guarantee_days = 366",
  jobs_bulk_bonus: "update ats.jobs set bulk_bonus = 1",
  jobs_commute_types: "update ats.jobs set commute_types = '{remote,walk}'",
  jobs_premium_type: "update ats.jobs set premium_type = '{vip}'",
  job_pre_screen_questions_options: "update ats.job_pre_screen_questions set question_type = 'select'",
  job_pre_screen_answers_one: `insert into ats.job_pre_screen_answers (application_id, question_id, answer) values (${u("application")}, ${u("other")}, 'true')`,
  candidates_email_key: `update ats.candidates set email = 'Candidate1@Example.com' where id = ${u("candidate", 2)}`,
  candidates_user_id_key: `update ats.candidates set user_id = ${u("user", 6)}`,
  candidates_desired_salary: "update ats.candidates set desired_salary_min = -1",
  documents_file_size: "update ats.documents set file_size = 10485761",
  cra_flags: `update ats.candidate_role_assignments set has_company_recruiter = true where id = ${u("deal")}`,
  cra_closed: `update ats.candidate_role_assignments set closed_at = now() where id = ${u("deal")}`,
  cra_one_live_deal: `insert into ats.candidate_role_assignments (candidate_id, job_id, company_id, proposed_by, state) values (${u("candidate", 2)}, ${u("job", 2)}, ${u("company")}, ${u("user")}, 'proposed')`,
  applications_one_live: `insert into ats.applications (candidate_id, job_id, company_id) values (${u("candidate")}, ${u("job")}, ${u("company")})`,
  ai_reviews_scores: "update ats.ai_reviews set skills_match_percentage = 101",
  placements_application_id_key: `insert into ats.placements (application_id, cra_id, job_id, candidate_id, company_id, state, salary, placement_fee, hired_at, start_date, guarantee_days, guarantee_expires_at)
    select application_id, cra_id, job_id, candidate_id, company_id, 'hired', 1, 1, now(), now(), 90, now() from ats.placements`,
  placements_salary: "update ats.placements set salary = 0",
  placements_fee: "update ats.placements set placement_fee = -1",
  placements_guarantee_days: "update ats.placements set guarantee_days = -1",
  placements_failed: "update ats.placements set state = 'failed'",
  role_invitations_one_open: `insert into ats.role_invitations (role_id, recruiter_id, invited_by) values (${u("job")}, ${u("recruiter")}, 'admin')`,
  jobs_slug_key: `insert into ats.jobs (company_id, title, slug) values (${u("company")}, 't', 'job-1')`,
  jobs_slug: `insert into ats.jobs (company_id, title, slug) values (${u("company")}, 't', 'Two--words')`,
  jobs_apply_url: "update ats.jobs set apply_url = 'javascript:alert(1)'",
  brands_company_key: copied("ats.brands"),
  brands_color: "update ats.brands set color = 'red'",
  brands_logo_key: "update ats.brands set logo_key = '../secret'",
  intake_settings_company_key: copied("ats.intake_settings"),
  intake_settings_turnstile: "update ats.intake_settings set turnstile_site_key = 'key'",
  intake_requests_widget: "update ats.intake_requests set widget_type = null",
  intake_requests_handled: "update ats.intake_requests set status = 'declined'",
  intake_requests_job: `update ats.intake_requests set job_id = ${u("job")}`,
  white_label_pages_company_key: copied("ats.white_label_pages"),
  white_label_pages_selected: `update ats.white_label_pages set job_ids = array[${u("job")}::uuid]`,
  white_label_codes_key: copied("ats.white_label_codes"),
  white_label_codes_uses: "update ats.white_label_codes set max_uses = 1, uses = 2",
  slug_redirects_slug_key: copied("ats.slug_redirects"),
  candidate_portal_tokens_token_key: copied("ats.candidate_portal_tokens"),
  candidate_portal_tokens_token: "update ats.candidate_portal_tokens set token = 'clear'",
  withdrawal_requests_end: "update ats.withdrawal_requests set undone_at = now(), applied_at = now()",
  withdrawal_requests_one_open: copied("ats.withdrawal_requests"),
  privacy_requests_done: "update ats.privacy_requests set status = 'done'",
  privacy_requests_one_open: copied("ats.privacy_requests"),
  stage_times_counted: "update ats.stage_times set cases = 0",
  // billing
  plans_slug_unique: "insert into billing.plans (slug, name, tier, price_cents, annual_price_cents) values ('free', 'Free', 'free', 0, 0)",
  plans_price: "update billing.plans set annual_price_cents = -1",
  splits_rates_one_open: `insert into billing.splits_rates select (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid()))).* from billing.splits_rates r`,
  splits_rates_sum: "update billing.splits_rates set candidate_recruiter_rate = 50",
  fee_terms_one_open: `insert into billing.fee_terms select (jsonb_populate_record(f, jsonb_build_object('id', gen_random_uuid()))).* from billing.fee_terms f`,
  fee_terms_uplift: "update billing.fee_terms set niche_bp = 4001",
  subscriptions_one_of_user: `insert into billing.subscriptions (user_id, plan_id, status) select ${u("user")}, plan_id, 'incomplete' from billing.subscriptions limit 1`,
  subscriptions_one_of_team: `insert into billing.subscriptions (user_id, team_id, plan_id, status) select ${u("user", 4)}, ${u("team")}, plan_id, 'active' from billing.subscriptions limit 1`,
  subscriptions_stripe_subscription_key: "update billing.subscriptions set stripe_subscription_id = 'sub_same'",
  subscriptions_past_due: "update billing.subscriptions set status = 'past_due'",
  custom_contracts_approved: "update billing.custom_contracts set approved_at = null",
  custom_contracts_dates: "update billing.custom_contracts set contract_end_date = '2024-12-31'",
  custom_contracts_fee: "update billing.custom_contracts set discount_percentage = 101",
  custom_contracts_no_overlap: `insert into billing.custom_contracts (company_id, contract_start_date) values (${u("company")}, '2025-12-31')`,
  placement_snapshot_parts: "update billing.placement_snapshot set job_owner_tier = null",
  placement_snapshot_rates: "update billing.placement_snapshot set job_owner_rate = 61",
  placement_allocations_parts: "update billing.placement_allocations set platform_cents = -1",
  placement_splits_amounts: "update billing.placement_splits set bonus_amount = split_amount + 1",
  placement_splits_one_per_payee_and_role:
    "update billing.placement_splits set recruiter_id = (select recruiter_id from billing.placement_splits limit 1), role = 'job_owner'",
  payout_transactions_split_key: `insert into billing.placement_payout_transactions (placement_split_id, placement_id, recruiter_id, status, amount, net_amount) values (${u("split")}, ${u("placement")}, ${u("recruiter")}, 'pending', 8000, 8000)`,
  payout_transactions_amounts: "update billing.placement_payout_transactions set net_amount = 1",
  payout_transactions_hold: "update billing.placement_payout_transactions set status = 'on_hold'",
  payout_transactions_completed: "update billing.placement_payout_transactions set status = 'completed', completed_at = now()",
  payout_transactions_lease: "update billing.placement_payout_transactions set lease_token = gen_random_uuid()",
  payout_transactions_sent:
    "update billing.placement_payout_transactions set status = 'completed', completion_reason = 'transfer', completed_at = now()",
  payout_transactions_reversed_part: "update billing.placement_payout_transactions set reversed_cents = net_cents + 1",
  payout_transactions_all_back: `${WITHOUT_PAYOUT_TRIGGERS} update billing.placement_payout_transactions
    set status = 'reversed', completion_reason = 'transfer', completed_at = now(), stripe_transfer_id = id::text, reversed_cents = 1`,
  payout_transactions_failed: `${WITHOUT_PAYOUT_TRIGGERS} update billing.placement_payout_transactions set status = 'failed', failure_reason = 'x', retry_count = 2`,
  payout_transactions_reasons: "update billing.placement_payout_transactions set status = 'on_hold', hold_reasons = '{bored}'",
  payout_transactions_transfer_key: "update billing.placement_payout_transactions set stripe_transfer_id = 'tr_same'",
  payout_transactions_idempotency_key: `${WITHOUT_PAYOUT_TRIGGERS} insert into billing.placement_payout_transactions (id, placement_split_id, placement_id, recruiter_id, status, amount, net_amount)
    select id, gen_random_uuid(), placement_id, recruiter_id, status, amount, net_amount from billing.placement_payout_transactions on conflict (id) do nothing;
    alter table billing.placement_payout_transactions drop constraint placement_payout_transactions_pkey cascade;
    insert into billing.placement_payout_transactions (id, placement_split_id, placement_id, recruiter_id, status, amount, net_amount)
    select id, gen_random_uuid(), placement_id, recruiter_id, status, amount, net_amount from billing.placement_payout_transactions`,
  company_billing_profiles_company_key: `insert into billing.company_billing_profiles (company_id, billing_email) values (${u("company")}, 'a@b.test')`,
  company_billing_profiles_customer_key: "update billing.company_billing_profiles set stripe_customer_id = 'cus_same'",
  company_billing_profiles_email: "update billing.company_billing_profiles set billing_email = 'nowhere'",
  placement_invoices_amounts: "update billing.placement_invoices set amount_paid_cents = amount_due_cents, credited_cents = 1",
  placement_invoices_currency: "update billing.placement_invoices set currency = 'eur'",
  placement_invoices_paid: "update billing.placement_invoices set collectible_at = now()",
  placement_invoices_placement_key: `insert into billing.placement_invoices (placement_id, company_id, amount_due_cents, status, collection_method, billing_terms)
    values (${u("placement")}, ${u("company")}, 1, 'draft', 'send_invoice', 'net_30')`,
  placement_invoices_stripe_key: `insert into billing.placement_invoices (placement_id, company_id, amount_due_cents, status, collection_method, billing_terms, stripe_invoice_id)
    values (gen_random_uuid(), ${u("company")}, 1, 'draft', 'send_invoice', 'net_30', 'in_1')`,
  invoice_payments_amounts: `insert into billing.invoice_payments (stripe_invoice_payment_id, invoice_id, gross_cents, fee_cents, paid_at) values ('inpay_2', ${u("other")}, 100, 101, now())`,
  invoice_payments_stripe_key: `insert into billing.invoice_payments (stripe_invoice_payment_id, invoice_id, gross_cents, fee_cents, paid_at) values ('inpay_1', ${u("other")}, 100, 1, now())`,
  placement_credits_amounts: "update billing.placement_credits set used_cents = amount_cents + 1",
  placement_credits_placement_key: `insert into billing.placement_credits (placement_id, company_id, job_id, amount_cents, status, expires_at) values (${u("placement")}, ${u("company")}, ${u("job")}, 1, 'open', now())`,
  escrow_holds_amount: "update billing.escrow_holds set hold_amount_cents = 0",
  escrow_holds_one_active: `insert into billing.escrow_holds (placement_id, hold_amount_cents, hold_reason, held_at) values (${u("placement")}, 1, 'guarantee_period', now())`,
  payout_schedules_one_live: `insert into billing.payout_schedules (placement_id, scheduled_date, status) values (${u("placement")}, now(), 'processing')`,
  disputes_chargeback: "update billing.disputes set dispute_type = 'other'",
  disputes_stripe_key: `insert into billing.disputes (placement_id, dispute_type, reason, stripe_dispute_id) values (${u("placement")}, 'chargeback', 'r', 'dp_1')`,
  clawbacks_amounts: clawback("gen_random_uuid()", "0"),
  clawbacks_one_per_cause: clawback(u("other"), "1"),
  payout_reversals_amounts: "update billing.payout_reversals set paid_cents = paid_cents + 1",
  payout_reversals_one_per_cause: `insert into billing.payout_reversals (clawback_id, payout_transaction_id, cause, amount_cents, unpaid_cents, paid_cents) values (${u("other")}, ${u("payout")}, 'clawback:1', 1, 1, 0)`,
  recruiter_debts_amounts: "update billing.recruiter_debts set recovered_cents = amount_cents, written_off_cents = 1",
  recruiter_debts_settled: "update billing.recruiter_debts set recovered_cents = amount_cents",
  recruiter_debts_reversal_key: `insert into billing.recruiter_debts (recruiter_id, reversal_id, amount_cents, recovery) values (${u("recruiter")}, ${u("other")}, 1, 'netting')`,
  ledger_accounts_code_key: "insert into billing.ledger_accounts (code, kind) values ('bank', 'asset')",
  ledger_accounts_currency: "update billing.ledger_accounts set currency = 'eur'",
  ledger_transactions_key: posting("topup:1", [100, -100]),
  ledger_transactions_reverses_key: `${posting("topup:2", [1, -1], u("other"))}; ${posting("topup:3", [1, -1], u("other"))}`,
  ledger_entries_amount: posting("topup:2", [0, 0]),
  ledger_entries_balance_transaction_key: posting("topup:2", [1, -1], "null", '"txn_1"'),
  stripe_operations_lease: "update billing.stripe_operations set lease_token = gen_random_uuid()",
  stripe_operations_one_per_intent: `insert into billing.stripe_operations (kind, subject_type, subject_id, request, next_attempt_at, status) values ('refund', 'clawback', ${u("other")}, '{}', now(), 'done')`,
  approvals_approved: "update billing.approvals set status = 'approved'",
  approvals_four_eyes: "update billing.approvals set status = 'approved', approved_by = requested_by",
  approvals_one_open: `insert into billing.approvals (action, subject_id, request, reason, requested_by, expires_at) values ('clawback', ${u("placement")}, '{}', 'r', ${u("user")}, now())`,
  reconciliation_breaks_one_open:
    "insert into billing.reconciliation_breaks (kind, severity, subject, opened_at) values ('trial_balance', 'critical', 'books', now())",
  tax_profiles_complete: "update billing.tax_profiles set status = 'complete'",
  tax_profiles_tin: "update billing.tax_profiles set tin_last4 = '123'",
  // api
  accounts_owner: `update api.accounts set recruiter_id = company_id where id = ${u("company")}`,
  account_plans_limit: "update api.account_plans set custom_limit = 0",
  account_plans_cap: "update api.account_plans set spend_cap_cents = -1",
  api_keys_publicId_unique: copied("api.api_keys"),
  audit_gaps_once: copied("api.audit_gaps"),
  api_keys_scopes: "update api.api_keys set scopes = '{write:everything}'",
  api_keys_previous: "update api.api_keys set prev_secret_hash = 'h'",
  oauth_clients_publicId_unique: copied("api.oauth_clients"),
  oauth_clients_scopes: "update api.oauth_clients set allowed_scopes = '{write:everything}'",
  oauth_clients_public: "update api.oauth_clients set secret_hash = null",
  oauth_clients_previous: "update api.oauth_clients set prev_secret_expires_at = now()",
  oauth_grants_publicId_unique: copied("api.oauth_grants"),
  oauth_grants_scopes: "update api.oauth_grants set scopes = '{write:everything}'",
  oauth_grants_one_active: copied("api.oauth_grants", { public_id: "another" }),
  oauth_tokens_tokenHash_unique: copied("api.oauth_tokens"),
  overage_budgets_within: "update api.overage_budgets set drawn_units = -1",
  webhooks_api_version: "update api.webhooks set api_version = 'v9'",
  webhooks_retry_policy: "update api.webhooks set retry_policy = 'extended'",
  webhooks_ordering: "update api.webhooks set ordering = 'entity'",
  webhooks_egress: "update api.webhooks set egress = 'relay'",
  webhooks_event_types_known: "update api.webhooks set event_types = '{webhook.test}'",
  webhooks_event_types_some: "update api.webhooks set event_types = '{}'",
  webhooks_url_length: "update api.webhooks set url = 'https://example.com/' || repeat('x', 2048)",
  webhooks_max_per_second: "update api.webhooks set max_per_second = 101",
  webhooks_disabled: "update api.webhooks set status = 'disabled', disabled_at = now()",
  webhooks_failing_alerted: "update api.webhooks set failing_alerted_percent = 60",
  webhook_secrets_algorithm: "update api.webhook_secrets set algorithm = 'ed25519'",
  replay_jobs_counts: "update api.replay_jobs set failed = -1",
  replay_jobs_finished: "update api.replay_jobs set status = 'done'",
  siem_destinations_cursors: "update api.siem_destinations set audit_cursor_seq = -1",
  events_default_outbox_id_owner_user_id_occurred_at_key: copied("api.events"),
  webhook_deliveries_default_event_id_webhook_id_event_at_idx: copied("api.webhook_deliveries"),
  webhook_deliveries_completed: "update api.webhook_deliveries set status = 'succeeded', next_attempt_at = null",
  webhook_deliveries_due: "update api.webhook_deliveries set next_attempt_at = null",
  webhook_deliveries_skipped: "update api.webhook_deliveries set status = 'skipped', next_attempt_at = null, completed_at = now()",
  webhook_deliveries_counts: "update api.webhook_deliveries set attempts = 1",
  webhook_attempts_outcome: "update api.webhook_attempts set http_status = 500",
  webhook_attempts_body: "update api.webhook_attempts set response_body = repeat('x', 8193)",
  meter_reports_identifier_unique: copied("api.meter_reports", { hour: "2025-03-01T13:00:00Z" }),
  pipeline_failures_resolution: "update api.pipeline_failures set resolved_at = now()",
  pipeline_failures_one_open: copied("api.pipeline_failures"),
  handover_codes_hash_key: copied("api.handover_codes"),
  api_versions_order: "update api.api_versions set sunset_at = now()",
  // a unique index of a partitioned table stands once for each part; its default part speaks for all
  request_log_default_credential_id_seq_ts_key: `insert into api.request_log (id, ts, seq, credential_id, method, route, path, status, latency_ms, request_id, bytes_out)
    select gen_random_uuid(), ts, seq, credential_id, method, route, path, status, latency_ms, request_id, bytes_out from api.request_log`,
  // notify, ops
  notifications_dedupe_key:
    "insert into notify.notifications (event_type, channel, subject, template, category, dedupe_key) values ('x', 'email', 's', 't', 'billing', 'once')",
  notification_preferences_one: `insert into notify.notification_preferences (user_id, category) values (${u("user")}, 'billing')`,
  audit_events_chained: `insert into ops.audit_events (id, at, request_id, actor, action, subject_type, subject_id, changes, account_id) values (gen_random_uuid(), now(), 'r', '{}', 'a', 't', ${u("user")}, '{}', ${u("user")})`,
  provider_events_one:
    "insert into ops.provider_events (provider, provider_event_id, type, received_at) values ('clerk', 'e1', 't', now())",
};

/** Triggers refuse these updates before the CHECK is asked; here the CHECK itself is meant. */
const WITHOUT_TRIGGERS = /^update (billing\.placement_(snapshot|splits|allocations)|api\.api_versions)/;

const SCHEMAS = "('identity', 'network', 'ats', 'billing', 'api', 'notify', 'ops')";
const WORD_LIST = `contype = 'c' and cardinality(conkey) = 1 and pg_get_constraintdef(oid) ~ '^CHECK \\(\\(\\w+ = ANY \\(\\(?ARRAY'`;

const seedAll = async (db: Db) => {
  await seedWorld(db);
  await addMoney(db);
};

describe("22.3.7: rules of the tables", () => {
  const { db } = useDb(seedAll);

  it.each(Object.entries(WRONG))("%s", async (name, statement) => {
    await db().refuses(WITHOUT_TRIGGERS.test(statement) ? `set local session_replication_role = replica; ${statement}` : statement, name);
  });

  it("lists every CHECK and unique index but the word lists and what only a foreign key needs", async () => {
    const names = await db().rows<{ name: string }>(
      `select conname as name from pg_constraint where contype in ('c', 'x') and connamespace::regnamespace::text in ${SCHEMAS} and not (${WORD_LIST})
       union select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
       where i.indisunique and not i.indisprimary and c.relkind = 'i' and (not c.relispartition or c.relname like '%\\_default\\_%') and c.relname <> 'jobs_id_company' and c.relnamespace::regnamespace::text in ${SCHEMAS}`,
    );
    expect(names.map(({ name }) => name).toSorted()).toEqual(Object.keys(WRONG).toSorted());
  });

  it("refuses a word that is in no list", async () => {
    const lists = await db().rows<{ name: string; table_name: string; column_name: string }>(
      `select conname as name, conrelid::regclass::text as table_name, attname as column_name
       from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[1]
       where ${WORD_LIST} and coninhcount = 0 and connamespace::regnamespace::text in ${SCHEMAS}`,
    );
    expect(lists.length).toBeGreaterThan(50);
    for (const { name, table_name, column_name } of lists) {
      expect(await db().value(`select count(*)::int from ${table_name}`), table_name).toBeGreaterThan(0);
      const others = await db().rows<{ name: string }>(
        `select conname as name from pg_constraint where conrelid = '${table_name}'::regclass and contype = 'c' and conname <> $1`,
        [name],
      );
      const alone = others.map((other) => `alter table ${table_name} drop constraint "${other.name}";`).join("");
      await db().refuses(
        `${alone} set local session_replication_role = replica; update ${table_name} set ${column_name} = 'nonsense'`,
        name,
      );
    }
  });

  it("ends each one-at-a-time rule where it should: ended rows do not count", async () => {
    await db().accepts(
      `update network.recruiter_candidates set status = 'terminated';
       insert into network.recruiter_candidates (recruiter_id, candidate_id) values (${u("recruiter")}, ${u("candidate")});
       update identity.memberships set deleted_at = now();
       insert into identity.memberships (user_id, role_name, organization_id) values (${u("user", 5)}, 'company_admin', ${u("organization")});
       update identity.users set status = 'deactivated' where id = ${u("user")};
       update identity.users set email = 'user1@example.com' where id = ${u("user", 2)};
       update billing.subscriptions set status = 'canceled';
       insert into billing.subscriptions (user_id, plan_id, status) select ${u("user")}, plan_id, 'active' from billing.subscriptions limit 1;
       update billing.custom_contracts set contract_end_date = '2025-12-30';
       insert into billing.custom_contracts (company_id, contract_start_date) values (${u("company")}, '2025-12-31');
       update ats.candidate_role_assignments set state = 'withdrawn', closed_at = now() where id = ${u("deal")};
       update ats.applications set stage = 'withdrawn' where id = ${u("application")};
       insert into ats.applications (candidate_id, job_id, company_id) values (${u("candidate")}, ${u("job")}, ${u("company")})`,
    );
  });

  it("leads from a company's old slug to it, and gives it to nobody else for 90 days", async () => {
    const rename = (number: number, slug: string) => `update ats.companies set slug = '${slug}' where id = ${u("company", number)}`;
    const [first, second] = await Promise.all(
      [1, 2].map((number) => db().value<string>(`select slug from ats.companies where id = ${u("company", number)}`)),
    );
    await db().attempt(async () => {
      await db().run(rename(1, "renamed"));
      expect(await db().rows(`select slug, company_id from ats.slug_redirects where slug = '${first}'`)).toEqual([
        { slug: first, company_id: id("company") },
      ]);
    });
    await db().refuses(`${rename(1, "renamed")}; ${rename(2, String(first))}`, "companies_slug_unique");
    await db().accepts(`${rename(1, "renamed")}; ${rename(1, String(first))}; ${rename(2, "renamed-too")}`);
    await db().accepts(`${rename(1, "renamed")}; set local ops.clock_offset = '91 days'; ${rename(2, String(first))}`);
    expect(second).not.toBe(first);
  });

  it("names a role by its title when it is first published, and keeps that", async () => {
    await db().attempt(async () => {
      const named = async (title: string) =>
        db().value(`insert into ats.jobs (company_id, title, status) values (${u("company", 3)}, $1, 'active') returning slug`, [title]);
      expect(await named("Señor Engineer (m/f/x), C++!")).toBe("senor-engineer-m-f-x-c");
      expect(await named("Senor Engineer m f x: C")).toBe("senor-engineer-m-f-x-c-2");
      expect(await named("Intake")).toBe("intake-role");
      expect(await named("工程师")).toBe("role");
    });
    await db().refuses("update ats.jobs set slug = 'another' where slug is not null", "jobs_slug_fixed");
    await db().accepts("update ats.jobs set title = 'Renamed', status = 'paused'; update ats.jobs set status = 'active'");
  });

  it("keeps the company of a deal and of an application that of its job", async () => {
    await db().refuses(`update ats.applications set company_id = ${u("company", 2)}`, "applications_job_company");
    await db().refuses(`update ats.candidate_role_assignments set company_id = ${u("company", 2)}`, "cra_job_company");
  });
});

describe("what never changes", () => {
  const { db } = useDb(seedAll);

  it.each([
    "billing.placement_snapshot",
    "billing.placement_splits",
    "billing.placement_allocations",
    "billing.ledger_transactions",
    "billing.ledger_entries",
    "billing.payout_attempts",
    "billing.payout_audit_log",
    "billing.invoice_payments",
    "billing.clawbacks",
    "ats.application_audit_log",
    "ats.cra_gate_feedback",
    "ops.audit_events",
    "identity.auth_events",
  ])("%s is append-only", async (table) => {
    expect(await db().value(`select count(*)::int from ${table}`)).toBeGreaterThan(0);
    const column = await db().value<string>(
      `select attname from pg_attribute where attrelid = '${table}'::regclass and attnum > 0 and attgenerated = '' and attidentity = '' limit 1`,
    );
    await db().refuses(`update ${table} set ${column} = ${column}`, "append_only");
    await db().refuses(`delete from ${table}`, "append_only");
    await db().refuses(`truncate ${table} cascade`, "23001");
  });

  it("holds the partitions of the audit too", async () => {
    await db().refuses("delete from ops.audit_events_default", "append_only");
    await db().refuses("truncate ops.audit_events_default", "append_only_whole");
    const month = await db().value<string>("select 'ops.audit_events_' || to_char(now() at time zone 'UTC', 'YYYY_MM')");
    await db().refuses(`truncate ${month}`, "append_only_whole");
  });

  it("corrects a sourcer by deleting and inserting only", async () => {
    await db().refuses(`update network.candidate_sourcers set sourcer_recruiter_id = ${u("recruiter", 2)}`, "never_updated");
    await db().refuses(`update network.company_sourcers set sourced_at = now()`, "never_updated");
    await db().accepts(
      `delete from network.candidate_sourcers; insert into network.candidate_sourcers (candidate_id, sourcer_recruiter_id) values (${u("candidate")}, ${u("recruiter", 2)})`,
    );
  });

  it("lets gate_history only grow", async () => {
    const set = (history: string) => `update ats.candidate_role_assignments set gate_history = '${history}' where id = ${u("deal")}`;
    const one = `[{"gate": "company", "action": "approved"}]`;
    const two = `[{"gate": "company", "action": "approved"}, {"gate": "company", "action": "denied"}]`;
    await db().accepts(`${set(one)}; ${set(one)}; ${set(two)}`);
    await db().refuses(`${set(two)}; ${set(one)}`, "cra_gate_history_grows");
    await db().refuses(`${set(one)}; ${set("[]")}`, "cra_gate_history_grows");
    await db().refuses(
      `${set(one)}; ${set('[{"gate": "company", "action": "denied"}, {"gate": "company", "action": "approved"}]')}`,
      "cra_gate_history_grows",
    );
    await db().refuses(set("{}"), "cra_gate_history_grows");
  });
});

describe("a deal and its application", () => {
  const { db } = useDb(seedWorld);

  const ENDED = ["rejected", "declined", "withdrawn", "timed_out", "closed"];
  const RECRUITERS = [
    [null, null],
    [1, null],
    [null, 1],
    [1, 2],
    [1, 1],
  ] as const;

  it.each(CRA_STATES)("%s takes the stages that the domain says, and no other", async (state) => {
    for (const gate of [null, "none", ...GATES] as const) {
      for (const [candidateRecruiter, companyRecruiter] of RECRUITERS) {
        const recruiters = {
          candidateRecruiterId: candidateRecruiter && id("recruiter", candidateRecruiter),
          companyRecruiterId: companyRecruiter && id("recruiter", companyRecruiter),
        };
        const position = { state, currentGate: gate, ...recruiters };
        const stages = await db().value<string[]>("select ats.stages_of(jsonb_populate_record(null::ats.candidate_role_assignments, $1))", [
          JSON.stringify({
            state,
            current_gate: gate,
            candidate_recruiter_id: recruiters.candidateRecruiterId,
            company_recruiter_id: recruiters.companyRecruiterId,
          }),
        ]);
        expect(stages.toSorted(), JSON.stringify(position)).toEqual(
          APPLICATION_STAGES.filter((stage) => corresponds(position, stage)).toSorted(),
        );
      }
    }
  });

  it.each(CRA_STATES)("%s refuses every other stage at the commit", async (state) => {
    for (const stage of APPLICATION_STAGES) {
      const put = async () => {
        await db().insert("ats.applications", application(3, 3, stage));
        await db().insert("ats.candidate_role_assignments", {
          ...deal(3, 3, state),
          current_gate: "company",
          closed_at: ENDED.includes(state) ? THEN : null,
        });
      };
      const fits = corresponds({ state, currentGate: "company", candidateRecruiterId: id("recruiter"), companyRecruiterId: null }, stage);
      await (fits ? db().accepts(put) : db().refuses(put, "deal_application_correspondence"));
    }
  });

  it("needs a deal from the submission on", async () => {
    const alone = (stage: string) => () => db().insert("ats.applications", application(3, 3, stage));
    for (const stage of APPLICATION_STAGES) {
      await (corresponds(null, stage) ? db().accepts(alone(stage)) : db().refuses(alone(stage), "deal_application_correspondence"));
    }
  });

  it("is asked of both at the commit, whichever changes, in either order", async () => {
    const toReview = `update ats.applications set stage = 'company_review' where id = ${u("application")}`;
    const passed = `update ats.candidate_role_assignments set state = 'submitted_to_company', current_gate = 'none' where id = ${u("deal")}`;
    await db().refuses(toReview, "deal_application_correspondence");
    await db().refuses(passed, "deal_application_correspondence");
    await db().accepts(`${toReview}; ${passed}`);
    await db().accepts(`${passed}; ${toReview}`);
  });

  it("is about the same candidate and job", async () => {
    await db().refuses(
      `update ats.candidate_role_assignments set candidate_id = ${u("candidate", 3)} where id = ${u("deal")}`,
      "deal_application_correspondence",
    );
    await db().refuses(
      `update ats.candidate_role_assignments set application_id = ${u("application", 2)} where id = ${u("deal")}`,
      "deal_application_correspondence",
    );
  });
});

describe("22.3.7: the money of a placement", () => {
  const { db } = useDb(async (db) => {
    await seedWorld(db);
    await db.run(
      "set session_replication_role = replica; delete from billing.placement_payout_transactions; delete from billing.placement_splits",
    );
    await db.run(
      "delete from billing.placement_allocations; delete from billing.placement_snapshot; delete from ats.placements; set session_replication_role = origin",
    );
  });
  const hire =
    (wrong: Parameters<typeof addPlacement>[1] = {}) =>
    () =>
      addPlacement(db(), wrong);
  const [closer, owner] = splits as [object, object];
  const [closerPayout, ownerPayout] = payouts as [object, object];

  it("adds up", async () => {
    await db().accepts(hire());
    await db().refuses(hire({ allocation: { splits_cents: 1_100_001 } }), "placement_splits_sum");
    await db().refuses(hire({ allocation: { platform_cents: 900_001 } }), "placement_allocations_sum");
    await db().refuses(hire({ snapshot: { total_placement_fee: 20_000.01 } }), "placement_allocations_sum");
    await db().refuses(
      hire({
        splits: [{ ...closer, split_amount: 8_000.01 }, { ...owner }],
        payouts: [{ ...closerPayout, amount: 8_000.01, net_amount: 8_000.01 }, { ...ownerPayout }],
      }),
      "placement_splits_sum",
    );
    await db().refuses(hire({ splits: [{ ...closer }], payouts: [{ ...closerPayout }] }), "placement_splits_sum");
    await db().refuses(hire({ allocation: null }), "placement_splits_sum");
  });

  it("allows a hire without splits, where all is the platform's", async () => {
    await db().accepts(hire({ allocation: { splits_cents: 0, platform_cents: 2_000_000 }, splits: [], payouts: [] }));
    await db().accepts(
      hire({ snapshot: { total_placement_fee: 0 }, allocation: { splits_cents: 0, platform_cents: 0 }, splits: [], payouts: [] }),
    );
  });

  it("refuses a split that comes later", async () => {
    await db().refuses(async () => {
      await addPlacement(db());
      await db().run("set constraints all immediate; set constraints all deferred");
      await db().insert("billing.placement_splits", { ...closer, id: id("split", 3), role: "job_owner", split_amount: 1 });
      await db().insert("billing.placement_payout_transactions", {
        ...closerPayout,
        id: id("payout", 3),
        placement_split_id: id("split", 3),
        amount: 1,
        net_amount: 1,
      });
    }, "placement_splits_sum");
  });

  it("gives each split one transaction, of its placement, payee and amount", async () => {
    const refused = (wrong: object) =>
      db().refuses(hire({ payouts: [{ ...closerPayout, ...wrong }, { ...ownerPayout }] }), "payout_transactions_match_split");
    await db().refuses(hire({ payouts: [{ ...closerPayout }] }), "payout_transactions_match_split");
    await refused({ amount: 7_999.99, net_amount: 7_999.99 });
    await refused({ recruiter_id: id("recruiter", 2) });
    await db().refuses(hire({ payouts: [...payouts, { ...closerPayout, id: id("payout", 3) }] }), "payout_transactions_split_key");
  });

  it("starts a transaction only as a hire does", async () => {
    const starting = (start: object) => hire({ payouts: [{ ...closerPayout, ...start }, { ...ownerPayout }] });
    await db().accepts(starting({ status: "on_hold", hold_reasons: ["inactive_at_hire"] }));
    await db().refuses(starting({ status: "on_hold", hold_reasons: ["admin_hold"] }), "payout_transactions_start");
    await db().refuses(starting({ status: "processing" }), "payout_transactions_start");
    await db().refuses(
      starting({ status: "completed", completion_reason: "zero_amount", completed_at: THEN }),
      "payout_transactions_start",
    );
    const zero = { amount: 0, net_amount: 0, status: "completed", completion_reason: "zero_amount", completed_at: THEN };
    await db().accepts(
      hire({
        splits: [{ ...closer, split_amount: 0 }, { ...owner }],
        payouts: [{ ...closerPayout, ...zero }, { ...ownerPayout }],
        allocation: { splits_cents: 300_000, platform_cents: 1_700_000 },
      }),
    );
  });

  describe("once there is a transaction", () => {
    beforeAll(() => db().commit(hire()));

    /** MONEY §10.1. */
    const NEXT: Record<string, readonly string[]> = {
      pending: ["processing", "completed", "on_hold", "cancelled"],
      processing: ["completed", "failed", "on_hold"],
      failed: ["processing", "completed", "on_hold", "cancelled"],
      on_hold: ["pending", "completed", "cancelled"],
      completed: ["reversed"],
      cancelled: [],
      reversed: [],
    };
    const become = (status: string) => {
      const isSent = status === "completed" || status === "reversed";
      return `update billing.placement_payout_transactions set status = '${status}', hold_reasons = ${status === "on_hold" ? "'{admin_hold}'" : "'{}'"},
         completion_reason = ${isSent ? "'transfer', completed_at = now(), stripe_transfer_id = 'tr_1'" : "null, completed_at = null"},
         reversed_cents = ${status === "reversed" ? "net_cents" : "0"},
         lease_token = ${status === "processing" ? "gen_random_uuid(), lease_until = now()" : "null, lease_until = null"},
         failure_reason = 'refused', retry_count = 1, next_retry_at = now() where id = ${u("payout")}`;
    };
    const START: Record<string, readonly string[]> = {
      pending: [],
      processing: ["processing"],
      failed: ["processing", "failed"],
      on_hold: ["on_hold"],
      completed: ["completed"],
      cancelled: ["cancelled"],
      reversed: ["completed", "reversed"],
    };

    it.each(Object.keys(NEXT))("%s goes only where it may", async (from) => {
      const path = START[from]!.map(become).join(";");
      for (const to of Object.keys(NEXT).filter((status) => status !== from)) {
        const work = `${path}; ${become(to)}`;
        await (NEXT[from]!.includes(to) ? db().accepts(work) : db().refuses(work, "payout_transactions_transition"));
      }
    });

    it("keeps split, payee and amount, and stays", async () => {
      const set = (change: string) => `update billing.placement_payout_transactions set ${change} where id = ${u("payout")}`;
      await db().refuses(set("amount = 1, net_amount = 1"), "payout_transactions_fixed");
      await db().refuses(set(`recruiter_id = ${u("recruiter", 2)}`), "payout_transactions_fixed");
      await db().refuses(set(`placement_split_id = ${u("split", 2)}`), "payout_transactions_fixed");
      await db().refuses("delete from billing.placement_payout_transactions", "never_deleted");
      await db().refuses("truncate billing.placement_payout_transactions cascade", "never_deleted_whole");
    });

    it("counts a change of the placement's state in its money_version, and no other", async () => {
      const version = () => db().value<number>("select money_version from ats.placements");
      await db().attempt(async () => {
        await db().run("update ats.placements set guarantee_warned_days = 30");
        expect(await version()).toBe(1);
        await db().run("update ats.placements set state = 'active'");
        expect(await version()).toBe(2);
        await db().run("update ats.placements set state = 'active'");
        expect(await version()).toBe(2);
      });
    });
  });
});

describe("partitions of the audit", () => {
  const { db } = useDb();
  const parts = () =>
    db().value<string[]>(
      "select array_agg(inhrelid::regclass::text order by 1) from pg_inherits where inhparent = 'ops.audit_events'::regclass",
    );

  it("are there for this month and three more, and the daily call adds what is missing", async () => {
    const made = await parts();
    expect(made).toHaveLength(5);
    await db().run("select ops.ensure_partitions(3)");
    expect(await parts()).toEqual(made);
    await db().run("set ops.clock_offset = '31 days'; select ops.ensure_partitions(3); reset ops.clock_offset");
    expect(await parts()).toHaveLength(6);
  });

  it("take rows of any month, those of none into the default one, and still can be added", async () => {
    const event = (at: string) =>
      db().insert("ops.audit_events", {
        id: id("other"),
        at,
        request_id: "r",
        actor: {},
        action: "a",
        subject_type: "job",
        subject_id: id("job"),
        changes: {},
      });
    await event("2001-01-01");
    await event(new Date().toISOString());
    await event("2040-01-15");
    expect(await db().value("select count(*)::int from ops.audit_events_default")).toBe(2);
    await db().run("set ops.clock_offset = '20 years'; select ops.ensure_partitions(0); reset ops.clock_offset");
    const years = 2040 - new Date().getUTCFullYear();
    await db().run(`set ops.clock_offset = '${years} years'; select ops.ensure_partitions(12); reset ops.clock_offset`);
    expect(await db().value("select count(*)::int from ops.audit_events where at = '2040-01-15'")).toBe(1);
  });
});
