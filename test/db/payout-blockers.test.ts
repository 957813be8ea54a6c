import { sql } from "drizzle-orm";
import { describe, expect, inject, it } from "vitest";
import { connect } from "#db/connection.ts";
import { statement } from "#db/statements.ts";
import { payoutBlockers } from "#domain/payouts/blockers.ts";
import { claimPayout } from "#domain/payouts/claim.ts";
import { random } from "#local/stripe/world.ts";
import { type PayoutWithFacts, payoutFacts, toBlockerFacts } from "#services/payouts/facts.ts";
import { placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { type Db, seedWorld, useDb } from "./world.ts";

const ROWS = 400;

/** As many payouts as rows, each in a state of chance: its placement, invoices, dispute, holds, payee, debts and itself. */
async function addPayouts(db: Db, seed: number): Promise<void> {
  const next = random(seed);
  const one = <T>(...things: readonly T[]): T => things[Math.floor(next() * things.length)] as T;
  const rows = Array.from({ length: ROWS }, () => ({
    id: crypto.randomUUID(),
    placement: one("hired", "active", "completed", "completed", "completed"),
    invoice: one("none", "draft", "open", "overdue", "uncollectible", "void", "unsettled", "paid", "paid", "paid", "paid"),
    credited: one("none", "none", "none", "open", "paid", "unsettled"),
    dispute: one("none", "none", "none", "none", "open", "under_review", "dismissed"),
    compliance: one(false, false, false, true),
    onboarded: one(true, true, true, false),
    tax: one("complete", "complete", "complete", "expired", "pending", "none"),
    debt: one("none", "none", "none", "netting", "reversing", "settled"),
    status: one(
      "pending",
      "pending",
      "pending",
      "failed",
      "failed_final",
      "failed_later",
      "processing",
      "lapsed",
      "on_hold",
      "completed",
      "cancelled",
    ),
    sent: one(false, false, true),
    eligible: one(true, true, true, false),
    reasons: one("{connect_required}", "{fraud_review,admin_hold}", "{platform_balance}", "{inactive_at_hire,dispute_open}"),
  }));
  const given = JSON.stringify(rows);
  await db.run("begin; set local session_replication_role = replica");
  const from =
    "from jsonb_to_recordset($1::jsonb) as x (id uuid, placement text, invoice text, credited text, dispute text, compliance boolean, onboarded boolean, tax text, debt text, status text, sent boolean, eligible boolean, reasons text)";
  const put = (text: string) => db.rows(text, [given]);
  await put(`insert into identity.users (id, clerk_user_id, email, name) select id, id::text, id || '@p.test', 'P' ${from}`);
  await put(
    `insert into network.recruiters (id, user_id, name, status, stripe_connect_account_id, stripe_connect_onboarded) select id, id, 'P', 'active', 'acct_' || id, onboarded ${from}`,
  );
  await put(`insert into billing.tax_profiles (recruiter_id, form, classification, status, completed_at, expires_at)
    select id, 'w9', 'individual', case tax when 'expired' then 'complete' else tax end, now(), case tax when 'expired' then now() - interval '1 day' end ${from} where tax <> 'none'`);
  await put(`insert into ats.placements (id, application_id, cra_id, job_id, candidate_id, company_id, state, salary, placement_fee, hired_at, start_date, guarantee_days, guarantee_expires_at)
    select id, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), placement, 1, 100, now(), now(), 90, now() ${from}`);
  const invoice = (
    kind: string,
    placement: string,
  ) => `insert into billing.placement_invoices (placement_id, company_id, amount_due_cents, status, collection_method, billing_terms, due_date, paid_at, collectible_at)
    select ${placement}, gen_random_uuid(), 1, case ${kind} when 'overdue' then 'open' when 'unsettled' then 'paid' else ${kind} end, 'send_invoice', 'net_30',
      case ${kind} when 'overdue' then current_date - 2 when 'draft' then null else current_date + 2 end,
      case when ${kind} in ('paid', 'unsettled') then now() end, case ${kind} when 'paid' then now() - interval '1 hour' when 'unsettled' then now() + interval '1 hour' end
    ${from} where ${kind} <> 'none'`;
  await put(invoice("invoice", "id"));
  await put(invoice("credited", "md5(id::text)::uuid"));
  await put(`insert into billing.placement_credits (placement_id, company_id, job_id, amount_cents, used_cents, status, expires_at, replacement_placement_id)
    select md5(id::text)::uuid, gen_random_uuid(), gen_random_uuid(), 1, 1, 'used', now(), id ${from} where credited <> 'none'`);
  await put(
    `insert into billing.disputes (placement_id, dispute_type, reason, status) select id, 'other', 'r', dispute ${from} where dispute <> 'none'`,
  );
  await put(
    `insert into billing.escrow_holds (placement_id, hold_amount_cents, hold_reason, held_at) select id, 1, 'compliance_review', now() ${from} where compliance`,
  );
  await put(`insert into billing.recruiter_debts (recruiter_id, reversal_id, amount_cents, recovered_cents, recovery, settled_at)
    select id, gen_random_uuid(), 10, case debt when 'settled' then 10 else 0 end, case debt when 'reversing' then 'reversing' else 'netting' end, case debt when 'settled' then now() end ${from} where debt <> 'none'`);
  await put(
    `insert into billing.placement_splits (id, placement_id, recruiter_id, role, split_percentage, split_amount) select id, id, id, 'job_owner', 10, 10 ${from}`,
  );
  await put(`insert into billing.placement_payout_transactions (id, placement_split_id, placement_id, recruiter_id, amount, net_amount, status, hold_reasons, eligible_at, first_sent_at,
      stripe_connect_account_id, lease_token, lease_until, processing_started_at, failure_reason, retry_count, next_retry_at, completion_reason, completed_at, stripe_transfer_id)
    select id, id, id, id, 10, 10, case when status like 'failed%' then 'failed' when status = 'lapsed' then 'processing' else status end, case status when 'on_hold' then reasons::text[] else '{}' end,
      case when eligible then now() - interval '1 hour' end, case when sent or status in ('processing', 'lapsed') then now() - interval '1 hour' end, 'acct_' || id,
      case when status in ('processing', 'lapsed') then gen_random_uuid() end, case status when 'processing' then now() + interval '1 hour' when 'lapsed' then now() - interval '1 minute' end,
      case when status in ('processing', 'lapsed') then now() - interval '2 hours' end, case when status like 'failed%' then 'x' end,
      case status when 'failed_final' then 3 when 'failed' then 1 when 'failed_later' then 2 else 0 end,
      case status when 'failed' then now() - interval '1 minute' when 'failed_later' then now() + interval '1 hour' end,
      case status when 'completed' then 'transfer' end, case status when 'completed' then now() end, case status when 'completed' then 'tr_' || id end ${from}`);
  await db.run("commit");
}

describe("what a payout waits for", () => {
  const { db } = useDb(seedWorld);

  /** The rows as the verbs read them, over the driver that they use. */
  async function facts(): Promise<(PayoutWithFacts & { now: string })[]> {
    const url = new URL(inject("serverUrl"));
    url.pathname = db().client.database ?? "";
    const { reader } = connect({ url: url.href, endpoint: `${inject("neonUrl")}/sql`, requestId: "blockers" });
    const [, rows] = (await reader.batch([
      statement(sql`select ops.enter('system', null)`),
      payoutFacts(sql`true`).orderBy(transactions.id),
    ] as never)) as unknown as [unknown, PayoutWithFacts[]];
    return rows;
  }

  it.each([
    ["with payouts on", "true", "true"],
    ["without tax profiles", "true", "false"],
    ["with payouts paused", "false", "true"],
  ])("property 14: is the same to the database and the rules, and nothing exactly when claimed: %s", async (_, enabled, tax) => {
    await addPayouts(db(), Number(`${enabled.length}${tax.length}`));
    await db().run(
      `update billing.switches set enabled = ${enabled} where name = 'payouts.enabled'; update billing.switches set enabled = ${tax} where name = 'payouts.require_tax_profile'`,
    );
    const rows = await facts();
    const now = new Date(rows[0]?.now ?? 0);
    const expected = await db().rows<{ id: string; blockers: string[] }>(
      "select id, billing.payout_blockers(id, $1) as blockers from billing.placement_payout_transactions order by id",
      [now],
    );
    expect(rows.length).toBeGreaterThan(ROWS);
    expect(rows.map((row) => ({ id: row.id, blockers: payoutBlockers(toBlockerFacts(row), now) }))).toEqual(expected);

    const token = crypto.randomUUID();
    const shouldClaim = rows.filter((row) =>
      claimPayout(row, { now, leaseToken: token, connectAccountId: "acct", blockers: payoutBlockers(toBlockerFacts(row), now) }),
    );
    expect(shouldClaim.length).toBeGreaterThan(5);
    await db().attempt(async () => {
      const claimed = await db().rows<{ id: string }>(
        "select (c.claimed).id from billing.placement_payout_transactions t, billing.claim_payout(t.id, $1, $2) c order by 1",
        [token, now],
      );
      expect(claimed.map(({ id }) => id)).toEqual(shouldClaim.map(({ id }) => id));
    });
  });
});
