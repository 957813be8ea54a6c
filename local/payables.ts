import type pg from "pg";
import { accountOf } from "#domain/ledger/accounts.ts";
import { entriesText, type Posting } from "#domain/ledger/posting.ts";
import { invoicePosting, releasePosting, topupPosting } from "#domain/ledger/postings.ts";
import { sum, type Cents } from "#domain/money.ts";

/** One share of a released placement, and whom it is owed to. */
export interface Payable {
  transactionId: string;
  recruiterId: string;
  /** The payee's account at Stripe. */
  account: string;
  amount: Cents;
}

/** A placement whose guarantee is over, whose invoice is settled, and whose escrow was released. */
export interface ReleasedPlacement {
  id: string;
  companyId: string;
  /** At most five, one per role. */
  payables: readonly Payable[];
  releasedAt: Date;
}

const ROLES = ["candidate_recruiter", "company_recruiter", "job_owner", "candidate_sourcer", "company_sourcer"] as const;

/**
 * Fills a database with released placements as a whole life before would have left them: rows,
 * payees who are ready to receive, and the postings. What leads to the hire is left out, so references are
 * not asked for.
 *
 * @param funded - what the platform has at Stripe, and under which balance transaction
 */
export async function addReleasedPlacements(
  client: pg.Client,
  placements: readonly ReleasedPlacement[],
  funded: { amount: Cents; balanceTransactionId: string; topupId: string } | null,
): Promise<void> {
  const rows = placements.map(({ id, companyId, payables, releasedAt }) => ({
    id,
    company_id: companyId,
    fee: sum(payables.map(({ amount }) => amount)),
    released_at: releasedAt.toISOString(),
  }));
  const shares = placements.flatMap(({ id, payables, releasedAt }) =>
    payables.map((payable, index) => ({
      id: payable.transactionId,
      placement_id: id,
      recruiter_id: payable.recruiterId,
      account: payable.account,
      deal_role: ROLES[index % ROLES.length],
      cents: payable.amount,
      released_at: releasedAt.toISOString(),
    })),
  );
  await client.query("begin; set local session_replication_role = replica");
  await client.query(PAYEES, [JSON.stringify(shares)]);
  await client.query(PLACEMENTS, [JSON.stringify(rows)]);
  await client.query(SHARES, [JSON.stringify(shares)]);
  await client.query("set local session_replication_role = origin");
  const postings: [Posting, string | null][] = placements.flatMap(({ id, companyId, payables }): [Posting, string | null][] => {
    const fee = sum(payables.map(({ amount }) => amount));
    const release = releasePosting({
      placementId: id,
      escrow: fee,
      payables: payables.map(({ recruiterId, amount }) => ({ recruiterId, net: amount })),
    });
    return [
      [invoicePosting({ invoiceId: id, placementId: id, companyId, due: fee, creditApplied: 0 as Cents }), id],
      ...(release ? [[release, id] as [Posting, string]] : []),
    ];
  });
  if (funded) postings.push([topupPosting(funded), null]);
  await client.query(POSTINGS, [
    JSON.stringify(
      postings.map(([{ key, kind, entries }, placementId]) => ({
        key,
        kind,
        placement_id: placementId,
        words: entriesText({ key, kind, entries }),
        entries: entries.map(({ account, amount, balanceTransactionId }) => ({
          account,
          kind: accountOf(account).kind,
          floor: accountOf(account).floor,
          amount,
          balance_transaction_id: balanceTransactionId,
        })),
      })),
    ),
  ]);
  await client.query("commit");
}

const PAYEES = `
  with payee as (select distinct on (recruiter_id) * from jsonb_to_recordset($1::jsonb) as x (recruiter_id uuid, account text)),
  person as (insert into identity.users (id, clerk_user_id, email, name)
    select recruiter_id, 'payee_' || recruiter_id, recruiter_id || '@payees.test', 'Payee' from payee on conflict do nothing),
  recruiter as (insert into network.recruiters (id, user_id, name, status, stripe_connect_account_id, stripe_connect_onboarded)
    select recruiter_id, recruiter_id, 'Payee', 'active', account, true from payee on conflict do nothing)
  insert into billing.tax_profiles (recruiter_id, form, classification, status, tin_last4, completed_at)
  select recruiter_id, 'w9', 'individual', 'complete', '1234', now() - interval '1 year' from payee on conflict do nothing`;

const PLACEMENTS = `
  with given as (select * from jsonb_to_recordset($1::jsonb) as x (id uuid, company_id uuid, fee bigint, released_at timestamptz)),
  placed as (insert into ats.placements (id, application_id, cra_id, job_id, candidate_id, company_id, state, salary, fee_percentage, placement_fee,
      hired_at, start_date, guarantee_days, guarantee_expires_at)
    select id, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), company_id, 'completed', 100000, 20, fee / 100.0,
      released_at - interval '100 days', (released_at - interval '91 days')::date, 90, released_at - interval '1 day' from given)
  insert into billing.placement_invoices (id, placement_id, company_id, amount_due_cents, amount_paid_cents, status, collection_method, billing_terms,
      due_date, finalized_at, paid_at, collectible_at)
  select id, id, company_id, fee, fee, 'paid', 'send_invoice', 'net_30', (released_at - interval '61 days')::date, released_at - interval '91 days',
      released_at - interval '70 days', released_at - interval '63 days' from given`;

const SHARES = `
  with given as (select * from jsonb_to_recordset($1::jsonb)
      as x (id uuid, placement_id uuid, recruiter_id uuid, deal_role text, cents bigint, released_at timestamptz)),
  split as (insert into billing.placement_splits (id, placement_id, recruiter_id, role, split_percentage, split_amount)
    select id, placement_id, recruiter_id, deal_role, 20, cents / 100.0 from given)
  insert into billing.placement_payout_transactions (id, placement_split_id, placement_id, recruiter_id, status, amount, net_amount, eligible_at, created_at)
  select id, id, placement_id, recruiter_id, 'pending', cents / 100.0, cents / 100.0, released_at, released_at from given`;

const POSTINGS = `
  select billing.post(gen_random_uuid(), kind, key, encode(sha256(convert_to(words, 'UTF8')), 'hex'), now(), placement_id, entries)
  from jsonb_to_recordset($1::jsonb) as x (key text, kind text, placement_id uuid, words text, entries jsonb)`;
