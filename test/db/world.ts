import pg from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { testDatabase } from "../database.ts";

/** Readable ids: `id("job", 2)` is the second job, wherever it is spoken of. */
const KINDS = [
  "user",
  "organization",
  "company",
  "job",
  "candidate",
  "recruiter",
  "application",
  "deal",
  "team",
  "contract",
  "placement",
  "split",
  "payout",
  "other",
] as const;

export const id = (kind: (typeof KINDS)[number], number = 1): string =>
  `00000000-0000-4000-8${KINDS.indexOf(kind).toString(16).padStart(3, "0")}-${number.toString().padStart(12, "0")}`;

type Row = Record<string, unknown>;

/** A database of the test file's own, spoken to as Postgres speaks. */
export class Db {
  readonly client: pg.Client;

  constructor(client: pg.Client) {
    this.client = client;
  }

  async rows<T = Row>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    return (await this.client.query(text, [...values])).rows as T[];
  }

  async value<T>(text: string, values: readonly unknown[] = []): Promise<T> {
    const [row] = await this.rows<Record<string, T>>(text, values);
    return Object.values(row ?? {})[0] as T;
  }

  /** Several statements at once, without values. */
  async run(text: string): Promise<void> {
    await this.client.query(text);
  }

  insert(table: string, row: Row): Promise<Row[]> {
    const names = Object.keys(row);
    const places = names.map((_, index) => `$${index + 1}`);
    return this.rows(`insert into ${table} (${names.join(", ")}) values (${places.join(", ")}) returning *`, Object.values(row));
  }

  /** Runs statements in a transaction that commits. */
  async commit<T>(work: () => Promise<T>, mode = ""): Promise<T> {
    await this.client.query(`begin ${mode}`);
    try {
      const result = await work();
      await this.client.query("commit");
      return result;
    } catch (error) {
      await this.client.query("rollback");
      throw error;
    }
  }

  /** Runs statements and the checks of a commit, then forgets them. */
  async attempt<T>(work: () => Promise<T>): Promise<T> {
    await this.client.query("begin");
    try {
      const result = await work();
      await this.client.query("set constraints all immediate");
      return result;
    } finally {
      await this.client.query("rollback");
    }
  }

  /** Expects that Postgres refuses, by this constraint or trigger or with this SQLSTATE. */
  async refuses(work: string | (() => Promise<unknown>), by: string): Promise<void> {
    const attempt = this.attempt(typeof work === "string" ? () => this.run(work) : work);
    const error = await attempt.then(
      () => undefined,
      (reason: pg.DatabaseError) => reason,
    );
    expect(error, `nothing refused, expected ${by}`).toBeDefined();
    expect([error?.constraint, error?.code], error?.message).toContain(by);
  }

  /** Expects that Postgres accepts; nothing stays. */
  async accepts(work: string | (() => Promise<unknown>)): Promise<void> {
    await this.attempt(typeof work === "string" ? () => this.run(work) : work);
  }
}

/** Opens a database for the test file; a second connection to it is a second `useDb`. */
export function useDb(prepare?: (db: Db) => Promise<void>): { db: () => Db; another: () => Promise<Db> } {
  const clients: pg.Client[] = [];
  let first: Db;
  let url: string;
  let drop: () => Promise<void>;
  const another = async () => {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => undefined); // the database goes while it is connected
    await client.connect();
    clients.push(client);
    return new Db(client);
  };
  beforeAll(async () => {
    ({ url, drop } = await testDatabase());
    first = await another();
    await prepare?.(first);
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await drop();
  });
  return { db: () => first, another };
}

/** Any instant; nothing here depends on which. */
export const THEN = "2025-03-01T12:00:00Z";

/**
 * One marketplace with a row in every table: two companies of one organization, four recruiters (the
 * third leads a team with the fourth), a candidate on the way to the first job, and one hire.
 */
export async function seedWorld(db: Db): Promise<void> {
  const add = (table: string, ...rows: Row[]) =>
    rows.reduce<Promise<unknown>>((before, row) => before.then(() => db.insert(table, row)), Promise.resolve());

  await db.commit(async () => {
    for (let number = 1; number <= 8; number += 1) {
      await add("identity.users", {
        id: id("user", number),
        clerk_user_id: `clerk_${number}`,
        email: `user${number}@example.com`,
        name: `User ${number}`,
      });
    }
    await add(
      "identity.organizations",
      { id: id("organization"), name: "Acme Group", slug: "acme" },
      { id: id("organization", 2), name: "Other", slug: "other" },
    );
    await add(
      "ats.companies",
      { id: id("company"), identity_organization_id: id("organization"), name: "Acme", slug: "acme" },
      { id: id("company", 2), identity_organization_id: id("organization"), name: "Ácme Labs", slug: "acme-labs" },
      { id: id("company", 3), identity_organization_id: id("organization", 2), name: "Other", slug: "other" },
    );
    await add("identity.memberships", {
      id: id("other"),
      user_id: id("user", 5),
      role_name: "company_admin",
      organization_id: id("organization"),
    });
    await add("identity.invitations", {
      organization_id: id("organization"),
      email: "new@acme.test",
      role: "hiring_manager",
      invited_by: id("user", 3),
      token_hash: "hash",
      issued_at: THEN,
      expires_at: THEN,
    });
    await add("identity.user_roles", { user_id: id("user", 8), role_name: "platform_admin" });
    await add("identity.sessions", {
      id: id("other"),
      token_hash: "hash",
      surface: "console",
      user_id: id("user"),
      method: "clerk",
      last_seen_at: THEN,
      idle_seconds: 60,
      absolute_end: THEN,
    });
    await add("identity.sso_transactions", {
      state_hash: "hash",
      nonce: "n",
      verifier: "v",
      browser_hash: "b",
      return_to: "/",
      expires_at: THEN,
    });
    for (let number = 1; number <= 4; number += 1) {
      await add("network.recruiters", {
        id: id("recruiter", number),
        user_id: id("user", number),
        name: `Recruiter ${number}`,
        slug: `recruiter-${number}`,
        status: "active",
      });
    }
    await add("network.recruiter_reputation", { recruiter_id: id("recruiter") });
    await add(
      "network.teams",
      { id: id("team"), name: "Team", owner_user_id: id("user", 3), status: "active" },
      { id: id("team", 2), name: "Team 2", owner_user_id: id("user", 3), status: "active" },
    );
    await add(
      "network.team_members",
      { id: id("other", 1), team_id: id("team"), recruiter_id: id("recruiter", 3), role: "owner", status: "active", joined_at: THEN },
      { id: id("other", 2), team_id: id("team"), recruiter_id: id("recruiter", 4), role: "member", status: "active", joined_at: THEN },
    );
    await add(
      "ats.jobs",
      ...[1, 2].map((number) => ({
        id: id("job", number),
        company_id: id("company"),
        title: `Job ${number}`,
        status: "active",
        job_owner_recruiter_id: id("recruiter", 3),
        fee_percentage: 20,
      })),
    );
    await add("ats.job_requirements", { job_id: id("job"), requirement_type: "mandatory", description: "TypeScript" });
    await add("ats.job_pre_screen_questions", { id: id("other"), job_id: id("job"), question: "Why?", question_type: "text" });
    await add(
      "ats.candidates",
      ...[1, 2, 3].map((number) => ({
        id: id("candidate", number),
        email: `candidate${number}@example.com`,
        full_name: `Candidate ${number}`,
        ...(number === 1 ? { user_id: id("user", 6) } : {}),
      })),
    );
    await add("ats.documents", {
      entity_type: "candidate",
      entity_id: id("candidate"),
      document_type: "resume",
      filename: "cv.pdf",
      storage_key: "k",
      content_type: "application/pdf",
      file_size: 1,
    });
    await add("network.recruiter_candidates", {
      id: id("other"),
      recruiter_id: id("recruiter"),
      candidate_id: id("candidate"),
      status: "active",
      consent_given: true,
      consent_given_at: THEN,
      invitation_token_hash: "hash",
    });
    await add("network.recruiter_companies", {
      id: id("other"),
      recruiter_id: id("recruiter", 2),
      company_id: id("company"),
      status: "active",
      permissions: {},
    });
    await add("network.candidate_sourcers", { candidate_id: id("candidate"), sourcer_recruiter_id: id("recruiter") });
    await add("network.company_sourcers", { company_id: id("company"), sourcer_recruiter_id: id("recruiter", 2) });
    await add("ats.brands", { company_id: id("company"), color: "#0a7d5c" });
    await add("ats.intake_settings", { company_id: id("company") });
    await add("ats.intake_requests", { company_id: id("company"), source: "widget", widget_type: "modal", fields: {} });
    await add("ats.white_label_pages", { company_id: id("company") });
    await add("ats.white_label_codes", { company_id: id("company"), label: "Partner", code_hash: "hash", expires_at: THEN });
    await add("ats.slug_redirects", { slug: "acme-before", company_id: id("company"), expires_at: THEN });
    await add("ats.candidate_portal_tokens", {
      candidate_id: id("candidate"),
      token: "0".repeat(64),
      issued_at: THEN,
      expires_at: THEN,
    });
    await add("ats.privacy_requests", { candidate_id: id("candidate"), kind: "export" });
    await add("identity.login_challenges", {
      kind: "candidate",
      email: "candidate1@example.com",
      link_hash: "hash",
      code_hash: "hash",
      browser_hash: "hash",
      code_expires_at: THEN,
      expires_at: THEN,
    });
    await add("api.handover_codes", {
      code_hash: "hash",
      user_id: id("user"),
      company_id: id("company"),
      session_id: id("other"),
      expires_at: THEN,
    });
    await add("ats.role_invitations", { role_id: id("job"), recruiter_id: id("recruiter"), invited_by: "company" });
    await add("billing.subscriptions", {
      id: id("other"),
      user_id: id("user"),
      recruiter_id: id("recruiter"),
      plan_id: await planId(db, "premium"),
      status: "active",
      stripe_subscription_id: "sub_1",
      upgraded_at: THEN,
    });
    await add("billing.subscriptions", {
      id: id("other", 2),
      user_id: id("user", 3),
      team_id: id("team"),
      plan_id: await planId(db, "paid"),
      status: "active",
    });
    await add("billing.custom_contracts", {
      id: id("contract"),
      company_id: id("company"),
      contract_start_date: "2025-01-01",
      contract_end_date: "2025-12-31",
      discount_percentage: 10,
      discount_threshold: 1,
      approved_by_admin_id: id("user", 8),
      approved_at: THEN,
    });
    await add("api.api_keys", {
      id: id("other"),
      public_id: "0123456789dDjpyi",
      account_id: id("recruiter"),
      user_id: id("user"),
      role_type: "recruiter",
      name: "Sync",
      env: "test",
      secret_hash: "h",
      last4: "Nac2",
      scopes: ["read:roles"],
    });
    await add("api.oauth_clients", {
      id: id("other"),
      public_id: "0123456789client",
      owner_account_id: id("company"),
      owner_user_id: id("user", 5),
      name: "Companion",
      type: "confidential",
      auth_method: "client_secret_basic",
      secret_hash: "h",
      redirect_uris: [],
      allowed_scopes: ["read:roles"],
    });
    await add("api.oauth_grants", {
      id: id("other"),
      public_id: "0123456789grants",
      client_id: id("other"),
      user_id: id("user"),
      account_id: id("recruiter"),
      scopes: ["read:roles"],
    });
    await add("api.oauth_tokens", {
      id: id("other"),
      grant_id: id("other"),
      family_id: id("other"),
      kind: "access",
      token_hash: "once",
      scopes: ["read:roles"],
      issued_at: THEN,
      expires_at: THEN,
      family_expires_at: THEN,
    });
    await add("api.overage_budgets", { account_id: id("recruiter"), month: "2025-03-01", cap_units: 100 });
    await add("api.meter_reports", {
      account_id: id("recruiter"),
      hour: THEN,
      month: "2025-03-01",
      customer_id: "cus_1",
      units: 1,
      identifier: "once",
    });
    await add("api.webhooks", {
      id: id("other"),
      account_id: id("recruiter"),
      owner_user_id: id("user"),
      role_type: "recruiter",
      url: "https://hooks.example.com/",
      event_types: ["role.created"],
    });
    await add("api.webhook_secrets", { key_id: id("other"), webhook_id: id("other"), secret_enc: "s", kek_id: "k" });
    await add("api.replay_jobs", { account_id: id("recruiter"), webhook_id: id("other"), filter: {}, total: 1, created_by: id("user") });
    await add("api.siem_destinations", { account_id: id("recruiter"), kind: "https", format: "json", config_enc: "c", kek_id: "k" });
    await add("api.events", {
      id: id("other"),
      outbox_id: id("other"),
      owner_user_id: id("user"),
      account_id: id("recruiter"),
      type: "role.created",
      entity_type: "role",
      entity_id: id("job"),
      sequence: 1,
      api_version: "v1",
      payload_text: "{}",
      occurred_at: THEN,
    });
    await add("api.webhook_deliveries", {
      id: id("other"),
      event_id: id("other"),
      event_at: THEN,
      event_type: "role.created",
      webhook_id: id("other"),
      account_id: id("recruiter"),
      next_attempt_at: THEN,
    });
    await add("api.webhook_attempts", {
      delivery_id: id("other"),
      attempt_no: 1,
      trigger: "auto",
      started_at: THEN,
      duration_ms: 1,
      http_status: 200,
      signature_key_ids: [],
      request_id: id("other"),
    });
    await add("api.audit_gaps", { credential_id: "once", minute: 1, counted: 2, logged: 1 });
    await add("api.request_log", {
      id: id("other"),
      ts: THEN,
      seq: 1,
      credential_id: "key",
      credential_kind: "key",
      method: "GET",
      route: "/me",
      path: "/api/v1/me",
      status: 200,
      latency_ms: 1,
      request_id: id("other"),
      bytes_out: 1,
    });
    await add("notify.notifications", {
      recipient_user_id: id("user"),
      event_type: "x",
      channel: "in_app",
      subject: "s",
      template: "t",
      category: "billing",
      dedupe_key: "once",
    });
    await add("notify.notification_preferences", { user_id: id("user"), category: "billing" });
    await add("ops.provider_events", { provider: "clerk", provider_event_id: "e1", type: "t", received_at: THEN });
    await add("ops.fraud_signals", { signal_type: "s", severity: "low", confidence_score: 1 });
    await add("identity.auth_events", { id: id("other"), at: THEN, kind: "signed_in", outcome: "success", request_id: "r" });
    await add("ops.audit_events", {
      id: id("other"),
      at: THEN,
      request_id: "r",
      actor: {},
      action: "a",
      subject_type: "job",
      subject_id: id("job"),
      changes: {},
    });

    await add("ats.applications", application(1, 1, "submitted"));
    await add("ats.withdrawal_requests", { application_id: id("application"), effective_at: THEN });
    await add("ats.interview_availability", { application_id: id("application"), slots: "[]", provided_at: THEN });
    await add("ats.stage_times", { stage: "screen", cases: 12, median_seconds: 86400 });
    await add("ats.portal_messages", { application_id: id("application"), body: "When is the interview?" });
    await add("ats.candidate_role_assignments", { ...deal(1, 1, "awaiting_company"), current_gate: "company" });
    await add("ats.cra_gate_feedback", {
      assignment_id: id("deal"),
      gate_name: "company",
      created_by_user_id: id("user", 5),
      created_by_type: "company_admin",
      feedback_type: "info_request",
      message_text: "?",
      addressee_type: "candidate",
    });
    await add("ats.application_notes", {
      application_id: id("application"),
      created_by_user_id: id("user"),
      created_by_type: "candidate",
      message_text: "!",
    });
    await add("ats.application_audit_log", { application_id: id("application"), action: "created" });
    await add("ats.job_pre_screen_answers", { application_id: id("application"), question_id: id("other"), answer: '"because"' });
    await add("ats.ai_reviews", {
      application_id: id("application"),
      fit_score: 1,
      recommendation: "good_fit",
      overall_summary: "s",
      confidence_level: 1,
      model_version: "m",
      analyzed_at: THEN,
    });
    await add("network.team_split_configs", {
      team_id: id("team"),
      model: "hybrid",
      config: { overhead_bp: 2000 },
      is_default: true,
      effective_from: THEN,
      created_by_user_id: id("user", 3),
    });

    await add("ats.applications", application(2, 2, "hired"));
    await add("ats.candidate_role_assignments", { ...deal(2, 2, "hired"), current_gate: "none" });
    await addPlacement(db);
  });
}

export const planId = (db: Db, slug: string): Promise<string> => db.value("select id from billing.plans where slug = $1", [slug]);

/** The application of a candidate to the job of the same number. */
export const application = (number: number, candidate: number, stage: string): Row => ({
  id: id("application", number),
  job_id: id("job", Math.min(number, 2)),
  company_id: id("company"),
  candidate_id: id("candidate", candidate),
  stage,
  submitted_at: THEN,
});

/** The deal of an application. */
export const deal = (number: number, candidate: number, state: string): Row => ({
  id: id("deal", number),
  job_id: id("job", Math.min(number, 2)),
  company_id: id("company"),
  candidate_id: id("candidate", candidate),
  proposed_by: id("user"),
  state,
  application_id: id("application", number),
  candidate_recruiter_id: id("recruiter"),
  has_candidate_recruiter: true,
});

export const placement: Row = {
  id: id("placement"),
  application_id: id("application", 2),
  cra_id: id("deal", 2),
  job_id: id("job", 2),
  candidate_id: id("candidate", 2),
  company_id: id("company"),
  state: "hired",
  salary: 100_000,
  fee_percentage: 20,
  placement_fee: 20_000,
  hired_at: THEN,
  start_date: "2025-04-01",
  guarantee_days: 90,
  guarantee_expires_at: "2025-06-30T00:00:00Z",
};

export const snapshot: Row = {
  placement_id: id("placement"),
  candidate_recruiter_id: id("recruiter"),
  candidate_recruiter_rate: 40,
  candidate_recruiter_tier: "premium",
  job_owner_recruiter_id: id("recruiter", 3),
  job_owner_rate: 15,
  job_owner_tier: "paid",
  total_placement_fee: 20_000,
  subscription_tier: "mixed",
  fee_basis: { bulk_cents: 0 },
  contract_id: id("contract"),
  fee_terms_id: "03000000-0000-7000-8000-000000000001",
  splits_rates_ids: "[]",
};

export const allocation: Row = { placement_id: id("placement"), splits_cents: 1_100_000, platform_cents: 900_000 };

export const splits: Row[] = [
  {
    id: id("split", 1),
    placement_id: id("placement"),
    recruiter_id: id("recruiter", 1),
    role: "candidate_recruiter",
    split_percentage: 40,
    split_amount: 8_000,
  },
  {
    id: id("split", 2),
    placement_id: id("placement"),
    recruiter_id: id("recruiter", 3),
    role: "job_owner",
    split_percentage: 15,
    split_amount: 3_000,
  },
];

export const payouts: Row[] = [
  {
    id: id("payout", 1),
    placement_split_id: id("split", 1),
    placement_id: id("placement"),
    recruiter_id: id("recruiter", 1),
    status: "pending",
    amount: 8_000,
    net_amount: 8_000,
  },
  {
    id: id("payout", 2),
    placement_split_id: id("split", 2),
    placement_id: id("placement"),
    recruiter_id: id("recruiter", 3),
    status: "pending",
    amount: 3_000,
    net_amount: 3_000,
  },
];

/** The rows of the hire, as they are or with some of them wrong. */
export async function addPlacement(
  db: Db,
  wrong: { snapshot?: Row; allocation?: Row | null; splits?: Row[]; payouts?: Row[] } = {},
): Promise<void> {
  await db.insert("ats.placements", placement);
  await db.insert("billing.placement_snapshot", { ...snapshot, ...wrong.snapshot });
  if (wrong.allocation !== null) await db.insert("billing.placement_allocations", { ...allocation, ...wrong.allocation });
  for (const split of wrong.splits ?? splits) await db.insert("billing.placement_splits", split);
  for (const payout of wrong.payouts ?? payouts) await db.insert("billing.placement_payout_transactions", payout);
}

/** A row in every table that the money after the hire added, whether or not they make sense together. */
export async function addMoney(db: Db): Promise<void> {
  const add = db.insert.bind(db);
  await db.commit(async () => {
    await add("network.team_invitations", {
      team_id: id("team"),
      email: "new@team.test",
      role: "member",
      token_hash: "hash",
      issued_at: THEN,
      expires_at: THEN,
      invited_by_user_id: id("user", 3),
    });
    await add("billing.company_billing_profiles", {
      company_id: id("company"),
      billing_email: "books@acme.test",
      stripe_customer_id: "cus_1",
    });
    await add("billing.company_billing_profiles", {
      company_id: id("company", 2),
      billing_email: "books@labs.test",
      stripe_customer_id: "cus_2",
    });
    await add("billing.placement_invoices", {
      id: id("other"),
      placement_id: id("placement"),
      company_id: id("company"),
      amount_due_cents: 2_000_000,
      status: "open",
      collection_method: "send_invoice",
      billing_terms: "net_30",
      stripe_invoice_id: "in_1",
    });
    await add("billing.invoice_payments", {
      stripe_invoice_payment_id: "inpay_1",
      invoice_id: id("other"),
      gross_cents: 100,
      fee_cents: 3,
      paid_at: THEN,
    });
    await add("billing.placement_credits", {
      placement_id: id("placement"),
      company_id: id("company"),
      job_id: id("job"),
      amount_cents: 100,
      status: "open",
      expires_at: THEN,
    });
    await add("billing.escrow_holds", {
      placement_id: id("placement"),
      hold_amount_cents: 100,
      hold_reason: "guarantee_period",
      held_at: THEN,
    });
    await add("billing.payout_schedules", { placement_id: id("placement"), scheduled_date: "2025-06-30" });
    await add("billing.payout_attempts", { transaction_id: id("payout"), attempt_no: 1, phase: "claimed", key_version: 1, at: THEN });
    await add("billing.payout_audit_log", { placement_id: id("placement"), event_type: "payout.held", action: "held" });
    await add("billing.disputes", {
      placement_id: id("placement"),
      dispute_type: "chargeback",
      reason: "r",
      stripe_dispute_id: "dp_1",
      amount_cents: 1,
    });
    await add("billing.clawbacks", {
      id: id("other"),
      placement_id: id("placement"),
      cause: "admin",
      cause_id: id("other"),
      refund_cents: 100,
      platform_cents: 40,
      before_release: false,
      reason: "r",
    });
    await add("billing.payout_reversals", {
      id: id("other"),
      clawback_id: id("other"),
      payout_transaction_id: id("payout"),
      cause: "clawback:1",
      amount_cents: 60,
      unpaid_cents: 20,
      paid_cents: 40,
    });
    await add("billing.recruiter_debts", {
      recruiter_id: id("recruiter"),
      reversal_id: id("other"),
      amount_cents: 40,
      recovery: "netting",
    });
    await db.rows("select billing.post($1, 'topup', 'topup:1', 'hash', now(), null, $2)", [
      id("other"),
      JSON.stringify([
        { account: "stripe_balance", kind: "asset", floor: null, amount: 100, balance_transaction_id: "txn_1" },
        { account: "bank", kind: "asset", floor: null, amount: -100, balance_transaction_id: null },
      ]),
    ]);
    await add("billing.stripe_operations", {
      kind: "refund",
      subject_type: "clawback",
      subject_id: id("other"),
      request: {},
      next_attempt_at: THEN,
    });
    await add("billing.approvals", {
      action: "clawback",
      subject_id: id("placement"),
      request: {},
      reason: "r",
      requested_by: id("user", 8),
      expires_at: THEN,
    });
    await add("api.pipeline_failures", { queue: "payouts", body: { transaction_ids: [id("other")] }, first_seen_at: THEN });
    await add("billing.reconciliation_breaks", { kind: "trial_balance", severity: "critical", subject: "books", opened_at: THEN });
    await add("billing.tax_profiles", {
      recruiter_id: id("recruiter"),
      form: "w9",
      classification: "individual",
      status: "pending",
      tin_last4: "1234",
    });
  });
}
