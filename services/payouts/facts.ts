import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { placementPayoutTransactions as transactions, placementSplits as splits } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { cents } from "#domain/money.ts";
import { type BlockerFacts, whyNotPaid, type WhyNotPaid } from "#domain/payouts/blockers.ts";
import type { ReleaseInvoice } from "#domain/payouts/release.ts";
import type { PlacementState } from "#domain/placements/placement.ts";
import type { Payout } from "./change-payout.ts";

/** The role that a transaction pays. */
export const dealRoleOf = sql`(select s.role from ${splits} s where s.id = ${transactions.placementSplitId})`;

/** A transaction with its role, as every verb of payouts reads it. */
export const payoutColumns = { ...getTableColumns(transactions), dealRole: computed<string>("deal_role", dealRoleOf) };

interface StoredInvoice {
  status: ReleaseInvoice["status"];
  due_date: string | null;
  collectible_at: string | null;
}

/** What the database tells of everything a payout waits for. */
interface StoredFacts {
  state: PlacementState;
  start_date: string;
  guarantee_expires_at: string;
  invoice: StoredInvoice | null;
  credited_invoice: StoredInvoice | null;
  open_dispute: boolean;
  compliance_hold: boolean;
  can_receive: boolean;
  has_tax_profile: boolean;
  is_active: boolean;
  open_debts: number;
  require_tax_profile: boolean;
  payouts_enabled: boolean;
}

const invoiceFacts = (table: string): SQL =>
  sql.raw(`jsonb_build_object('status', ${table}.status, 'due_date', ${table}.due_date, 'collectible_at', ${table}.collectible_at)`);

/** What `billing.payout_blockers` looks at, as it stands: the rules of domain/payouts are asked with it. */
const storedFacts = sql`(select jsonb_build_object(
    'state', p.state, 'start_date', p.start_date, 'guarantee_expires_at', p.guarantee_expires_at,
    'invoice', (select ${invoiceFacts("i")} from billing.placement_invoices i where i.placement_id = p.id),
    'credited_invoice', (select ${invoiceFacts("i")} from billing.placement_credits c join billing.placement_invoices i on i.placement_id = c.placement_id
      where c.replacement_placement_id = p.id and c.used_cents > 0 limit 1),
    'open_dispute', billing.has_open_dispute(p.id),
    'compliance_hold', exists (select from billing.escrow_holds h where h.placement_id = p.id and h.status = 'active' and h.hold_reason <> 'guarantee_period'),
    'can_receive', r.stripe_connect_onboarded,
    'has_tax_profile', exists (select from billing.tax_profiles x where x.recruiter_id = r.id and x.status = 'complete' and coalesce(x.expires_at > ops.now(), true)),
    'is_active', r.status = 'active' and u.status <> 'deactivated',
    'open_debts', (select coalesce(sum(d.amount_cents - d.recovered_cents - d.written_off_cents), 0) from billing.recruiter_debts d
      where d.recruiter_id = r.id and d.settled_at is null and d.recovery = 'netting'),
    'require_tax_profile', billing.is_on('payouts.require_tax_profile'),
    'payouts_enabled', billing.is_on('payouts.enabled'))
  from ats.placements p, network.recruiters r join identity.users u on u.id = r.user_id
  where p.id = ${transactions.placementId} and r.id = ${transactions.recruiterId})`;

const told = {
  facts: computed<StoredFacts>("facts", storedFacts),
  now: computed<string>("now", sql`to_jsonb(ops.now()) #>> '{}'`),
  seesAll: computed<boolean>("sees_all", sql`(select ops.is_admin())`),
};

/** Transactions with everything they wait for, in one statement. */
export const payoutFacts = (which: SQL) =>
  select({ ...payoutColumns, ...told })
    .from(transactions)
    .where(which);

/** A debt that a payout paid instead of being transferred. */
export interface PaidDebt {
  debt_id: string;
  amount_cents: number;
}

/** The same, with the debts that each paid: what their conditions are told from. */
export const payoutConditions = (which: SQL) =>
  select({
    ...payoutColumns,
    ...told,
    paidDebts: computed<PaidDebt[]>(
      "paid_debts",
      sql`(select coalesce(jsonb_agg(jsonb_build_object('debt_id', split_part(l.idempotency_key, ':', 3), 'amount_cents', e.amount_cents) order by l.id), '[]')
        from billing.ledger_transactions l join billing.ledger_entries e on e.transaction_id = l.id and e.amount_cents > 0
        where l.placement_id = ${transactions.placementId} and l.kind = 'netting'
          and split_part(l.idempotency_key, ':', 2) = ${transactions.id}::text)`,
    ),
  })
    .from(transactions)
    .where(which);

/** A row of `payoutConditions`. */
export type PayoutWithConditions = PayoutWithFacts & { paidDebts: PaidDebt[] };

/** A row of `payoutFacts`. */
export type PayoutWithFacts = Payout & { facts: StoredFacts; now: string; seesAll: boolean };

/** The facts in the words of domain/payouts. */
export function toBlockerFacts({ facts, ...transaction }: Payout & { facts: StoredFacts }): BlockerFacts {
  return {
    placement: { state: facts.state, startDate: facts.start_date, guaranteeExpiresAt: new Date(facts.guarantee_expires_at) },
    invoice: toInvoice(facts.invoice),
    creditedInvoice: toInvoice(facts.credited_invoice),
    openDispute: facts.open_dispute,
    complianceHold: facts.compliance_hold,
    transaction,
    payee: {
      canReceive: facts.can_receive,
      hasTaxProfile: facts.has_tax_profile,
      isActive: facts.is_active,
      openDebts: cents(facts.open_debts),
    },
    requireTaxProfile: facts.require_tax_profile,
    payoutsEnabled: facts.payouts_enabled,
  };
}

/** Why a payout has not been paid yet, told to whoever read it; internal reasons to platform admins alone. */
export const conditionsOf = (row: PayoutWithFacts): WhyNotPaid =>
  whyNotPaid(toBlockerFacts(row), row.seesAll ? "platform_admin" : "payee", new Date(row.now));

const toInvoice = (stored: StoredInvoice | null): ReleaseInvoice | null =>
  stored && {
    status: stored.status,
    dueDate: stored.due_date,
    collectibleAt: stored.collectible_at ? new Date(stored.collectible_at) : null,
  };
