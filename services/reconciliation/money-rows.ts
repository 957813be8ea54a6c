import { sql } from "drizzle-orm";
import { statement } from "#db/statements.ts";
import type { AccountCode } from "#domain/ledger/accounts.ts";
import type { Books } from "#domain/ledger/books.ts";
import type { MoneyRows, PlacementMoney } from "#domain/ledger/equalities.ts";
import type { Cents } from "#domain/money.ts";

type Money<Name extends string> = Record<Name, Cents>;

/**
 * The books and the rows that they have to agree with (MONEY §13): what every account holds, and what
 * the rows say of it, added up where the equality only asks for the sum. Cents as doubles, which hold
 * every whole cent.
 */
export const moneyStatements = () =>
  [
    statement(sql`
      select a.code, sum(e.amount_cents)::float8 as signed
      from billing.ledger_entries e join billing.ledger_accounts a on a.id = e.account_id group by a.code`),
    statement(sql`
      select p.id, p.placement_fee_cents::float8 as fee, coalesce(a.platform_cents, 0)::float8 as platform,
        case when p.state = 'failed' then 'failed'
          when exists (select from billing.payout_schedules s where s.placement_id = p.id and s.released_at is not null) then 'released'
          when i.finalized_at is not null then 'held' else 'not_invoiced' end as stage,
        coalesce((select sum(c.refund_cents) from billing.clawbacks c where c.placement_id = p.id), 0)::float8 as clawed,
        coalesce((select sum(c.platform_cents) from billing.clawbacks c where c.placement_id = p.id), 0)::float8 as platform_clawed,
        (case when i.status = 'uncollectible' then i.amount_due_cents - i.amount_paid_cents - i.credited_cents else 0 end)::float8 as uncollectible,
        coalesce((select sum(t.net_cents) from billing.placement_payout_transactions t where t.placement_id = p.id and t.status = 'cancelled'), 0)::float8 as cancelled
      from ats.placements p
      left join billing.placement_allocations a on a.placement_id = p.id
      left join billing.placement_invoices i on i.placement_id = p.id`),
    statement(sql`
      select company_id, status = 'uncollectible' as uncollectible, sum(amount_due_cents - amount_paid_cents - credited_cents)::float8 as open
      from billing.placement_invoices where status in ('open', 'uncollectible') group by 1, 2`),
    statement(sql`
      select c.company_id, sum(case
        when c.status = 'open' then c.amount_cents - c.used_cents
        -- what its replacement's invoice has yet to take
        when r.state <> 'failed' and i.finalized_at is null then c.used_cents else 0 end)::float8 as amount_left
      from billing.placement_credits c
      left join ats.placements r on r.id = c.replacement_placement_id
      left join billing.placement_invoices i on i.placement_id = r.id
      where c.status in ('open', 'used') group by 1`),
    statement(sql`
      select recruiter_id, status, eligible_at is not null as eligible, sum(net_cents)::float8 as net
      from billing.placement_payout_transactions where status in ('pending', 'processing', 'failed', 'on_hold') group by 1, 2, 3`),
    statement(sql`
      select recruiter_id, sum(amount_cents - recovered_cents - written_off_cents)::float8 as open
      from billing.recruiter_debts where settled_at is null group by 1`),
    statement(sql`
      select o.request ->> 'company_id' as company_id, sum((o.request ->> 'amount_cents')::bigint - coalesce((
        select sum(e.amount_cents) from billing.ledger_transactions l
        join billing.ledger_entries e on e.transaction_id = l.id
        join billing.ledger_accounts a on a.id = e.account_id and a.code like 'refund_due:%'
        where l.kind = 'refund' and split_part(l.idempotency_key, ':', 2) = o.id::text), 0))::float8 as undone
      from billing.stripe_operations o where o.kind = 'refund' group by 1`),
  ] as const;

/** How many statements `moneyStatements` are. */
export const MONEY_ROWS = 7;

type Found = readonly [
  Rows<{ code: AccountCode } & Money<"signed">>,
  Rows<
    { id: string; stage: PlacementMoney["stage"] } & Money<
      "fee" | "platform" | "clawed" | "platform_clawed" | "uncollectible" | "cancelled"
    >
  >,
  Rows<{ company_id: string; uncollectible: boolean } & Money<"open">>,
  Rows<{ company_id: string } & Money<"amount_left">>,
  Rows<{ recruiter_id: string; status: string; eligible: boolean } & Money<"net">>,
  Rows<{ recruiter_id: string } & Money<"open">>,
  Rows<{ company_id: string } & Money<"undone">>,
];

interface Rows<Row> {
  rows: readonly Row[];
}

/** What `moneyStatements` found, as the equalities take it. */
export function toBooks(found: readonly unknown[]): { books: Books; rows: MoneyRows } {
  const [signed, placements, invoices, credits, transactions, debts, refunds] = found as unknown as Found;
  return {
    books: {
      postings: new Map(),
      signed: new Map(signed.rows.map((row) => [row.code, row.signed])),
      balanceTransactionIds: new Set(),
    },
    rows: {
      placements: placements.rows.map((row) => ({
        placementId: row.id,
        fee: row.fee,
        platformShare: row.platform,
        stage: row.stage,
        clawedBack: row.clawed,
        platformClawed: row.platform_clawed,
        uncollectible: row.uncollectible,
        cancelledByAdmin: row.cancelled,
      })),
      invoices: invoices.rows.map((row) => ({ companyId: row.company_id, open: row.open, uncollectible: row.uncollectible })),
      credits: credits.rows.map((row) => ({ companyId: row.company_id, left: row.amount_left })),
      transactions: transactions.rows.map((row) => ({
        recruiterId: row.recruiter_id,
        net: row.net,
        payoutStatus: row.status,
        eligible: row.eligible,
      })),
      debts: debts.rows.map((row) => ({ recruiterId: row.recruiter_id, open: row.open })),
      refunds: refunds.rows.map((row) => ({ companyId: row.company_id, undone: row.undone })),
    },
  };
}
