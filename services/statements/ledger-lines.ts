import { type SQL, sql } from "drizzle-orm";
import { statement } from "#db/statements.ts";
import type { DealRole } from "#domain/commission/deal-roles.ts";
import type { Tier } from "#domain/commission/rates.ts";
import { POSTING_KINDS, type PostingKind } from "#domain/ledger/posting.ts";
import { basisPoints, cents, sum } from "#domain/money.ts";
import type { PayoutStatus } from "#domain/payouts/transaction.ts";
import { instantsOf, type Period } from "#domain/statements/period.ts";
import type { EntryPart, RecruiterEntry } from "#domain/statements/recruiter.ts";

/** The rows of a statement that drizzle has no words for. */
export const rowsOf = <Row>(result: unknown): Row[] => (result as { rows: Row[] }).rows;

/** An entry on an account of its own for each owner, amounts as people read the account. */
interface StoredEntry {
  kind: string;
  key: string;
  taken_back: boolean;
  at: string;
  account: string;
  owner_id: string;
  amount: string | number;
  placement_id: string | null;
}

/** Every entry on accounts with these codes that fits, from the first on. */
export const entriesOn = (codes: SQL, which: SQL = sql`true`) =>
  statement(sql`select t.kind, t.idempotency_key as key, t.reverses is not null as taken_back, to_jsonb(t.at) #>> '{}' as at, t.placement_id,
      split_part(a.code, ':', 1) as account, split_part(a.code, ':', 2) as owner_id,
      (case when a.kind in ('asset', 'expense') then e.amount_cents else -e.amount_cents end) as amount
    from billing.ledger_accounts a join billing.ledger_entries e on e.account_id = a.id join billing.ledger_transactions t on t.id = e.transaction_id
    where a.code in (${codes}) and ${which} order by t.at, t.id, a.code`);

/** What is told of an entry wherever it is shown. */
export function entryOf(stored: StoredEntry) {
  const kind = stored.kind as PostingKind;
  if (!POSTING_KINDS.includes(kind)) throw new RangeError(`there are no ${stored.kind} postings`);
  return { postingKind: kind, at: new Date(stored.at), amount: cents(Number(stored.amount)) };
}

interface StoredTransaction {
  id: string;
  placement_id: string;
  recruiter_id: string;
  deal_role: DealRole;
  rate_bp: string | number;
  tier: Tier;
  kind: string;
  model: string | null;
  team_id: string | null;
  amount: string | number;
  bonus: string | number;
  transfer_id: string | null;
  status: PayoutStatus;
  released: boolean;
  role_title: string;
  company_name: string;
}

interface StoredReversal {
  payout_transaction_id: string;
  clawback_id: string;
  unpaid: string | number;
  paid: string | number;
  before_release: boolean;
  debt_id: string | null;
  operation_id: string | null;
}

/** What of earnings is asked for: the roles that a team shared, over a period. */
interface Shared {
  teamId: string;
  period: Period;
}

/**
 * Everything on the accounts of these recruiters, and what it is about, as statements of one trip.
 *
 * @param recruiters - a query of recruiter ids
 * @param shared - where only what a team shared counts; rows of other roles are not read
 */
export const earningsOf = (recruiters: SQL, shared?: Shared) =>
  [
    entriesOn(
      sql`select 'payable:' || who.id from (${recruiters}) who(id) union all select 'debt:' || who.id from (${recruiters}) who(id)`,
      shared && entriesOfTeam(shared),
    ),
    statement(sql`select x.id, x.placement_id, x.recruiter_id, s.role as deal_role, (s.split_percentage * 100)::bigint as rate_bp, s.kind, s.team_id,
        to_jsonb(n) ->> (s.role || '_tier') as tier, to_jsonb(n) -> (s.role || '_split_config') -> 'rule' ->> 'model' as model,
        x.amount_cents as amount, (s.bonus_amount * 100)::bigint as bonus, x.stripe_transfer_id as transfer_id, x.status, x.eligible_at is not null as released,
        j.title as role_title, c.name as company_name
      from billing.placement_payout_transactions x join billing.placement_splits s on s.id = x.placement_split_id
      join billing.placement_snapshot n on n.placement_id = x.placement_id join ats.placements p on p.id = x.placement_id
      join ats.jobs j on j.id = p.job_id join ats.companies c on c.id = p.company_id
      where x.recruiter_id in (${recruiters}) and ${shared ? sql`s.team_id = ${shared.teamId}` : sql`true`} order by x.created_at, x.id`),
    statement(sql`select r.payout_transaction_id, r.clawback_id, r.unpaid_cents as unpaid, r.paid_cents as paid, k.before_release,
        (select d.id from billing.recruiter_debts d where d.reversal_id = r.id) as debt_id,
        (select o.id from billing.stripe_operations o where o.kind = 'transfer_reversal' and o.subject_id = r.id) as operation_id
      from billing.payout_reversals r join billing.clawbacks k on k.id = r.clawback_id join billing.placement_payout_transactions x on x.id = r.payout_transaction_id
      where x.recruiter_id in (${recruiters})
        and ${shared ? sql`exists (select from billing.placement_splits s where s.id = x.placement_split_id and s.team_id = ${shared.teamId})` : sql`true`}
      order by r.created_at, r.id`),
  ] as const;

const entriesOfTeam = ({ teamId, period }: Shared): SQL => {
  const { start, end } = instantsOf(period);
  return sql`t.placement_id in (select s.placement_id from billing.placement_splits s where s.team_id = ${teamId})
    and t.at >= ${start.toISOString()}::timestamptz and t.at < ${end.toISOString()}::timestamptz`;
};

type Earnings = readonly [entries: unknown, transactions: unknown, reversals: unknown];

/** The answers to `earningsOf` as entries, each with the transactions it is about. */
export function toRecruiterEntries([entries, transactions, reversals]: Earnings): RecruiterEntry[] {
  const facts: Facts = { transactions: rowsOf(transactions), reversals: rowsOf(reversals) };
  return rowsOf<StoredEntry>(entries).map((stored) => {
    const entry = toEntry(stored);
    return { ...entry, parts: partsOf(stored, sharesOf(stored, entry, facts), facts) };
  });
}

/** The same of what a team shared: of an entry on several roles what is about the roles that were read, and no more. */
export function toSharedEntries([entries, transactions, reversals]: Earnings): RecruiterEntry[] {
  const facts: Facts = { transactions: rowsOf(transactions), reversals: rowsOf(reversals) };
  const isRead = new Set(facts.transactions.map(({ id }) => id));
  return rowsOf<StoredEntry>(entries).flatMap((stored) => {
    const entry = toEntry(stored);
    const shares = sharesOf(stored, entry, facts).filter(([id]) => isRead.has(id));
    const parts = partsOf(stored, shares, facts);
    return parts.length === 0 ? [] : [{ ...entry, amount: sum(parts.map(({ amount }) => amount)), parts }];
  });
}

const toEntry = (stored: StoredEntry): Omit<RecruiterEntry, "parts"> => ({
  ...entryOf(stored),
  account: stored.account as "payable" | "debt",
  recruiterId: stored.owner_id,
});

interface Facts {
  transactions: readonly StoredTransaction[];
  reversals: readonly StoredReversal[];
}

type Part = [transactionId: string, amount: number];

function partsOf({ taken_back: takenBack }: StoredEntry, shares: readonly Part[], facts: Facts): EntryPart[] {
  const sign = takenBack ? -1 : 1;
  return shares.filter(([, amount]) => amount !== 0).map(([id, amount]) => partOf(transactionAt(facts, id), sign * amount));
}

/** The transactions behind an entry: its posting's key names the occasion. */
function sharesOf(
  { key, placement_id: placementId }: StoredEntry,
  entry: Omit<RecruiterEntry, "parts">,
  { transactions, reversals }: Facts,
): Part[] {
  const [, occasion = ""] = key.split(":");
  const own = (id: string): boolean => transactions.some((each) => each.id === id && each.recruiter_id === entry.recruiterId);
  const all = Math.abs(entry.amount) * Math.sign(entry.amount || 1);
  switch (entry.postingKind) {
    case "payout":
    case "netting":
    case "cancel":
      return [[occasion, all]];
    case "release":
      return transactions
        .filter((each) => each.placement_id === (placementId ?? occasion) && each.recruiter_id === entry.recruiterId && each.released)
        .map((each): Part => [each.id, Number(each.amount) - clawedBefore(each.id, reversals)]);
    case "clawback":
      return reversals
        .filter(({ clawback_id: id, payout_transaction_id: of }) => id === occasion && own(of))
        .map(({ payout_transaction_id: of, unpaid, paid }): Part => [of, entry.account === "payable" ? -Number(unpaid) : Number(paid)]);
    case "reversal":
      return reversals.filter(({ operation_id: id }) => id === occasion).map(({ payout_transaction_id: of }): Part => [of, all]);
    case "writeoff":
      return reversals.filter(({ debt_id: id }) => id === occasion).map(({ payout_transaction_id: of }): Part => [of, all]);
    default:
      throw new RangeError(`a ${entry.postingKind} posting has no place in the statement of ${entry.account}`);
  }
}

/** What a clawback had taken off before the release. */
const clawedBefore = (transactionId: string, reversals: readonly StoredReversal[]): number =>
  reversals
    .filter((each) => each.payout_transaction_id === transactionId && each.before_release)
    .reduce((total, { unpaid }) => total + Number(unpaid), 0);

function transactionAt({ transactions }: Facts, id: string): StoredTransaction {
  const found = transactions.find((each) => each.id === id);
  if (!found) throw new RangeError(`there is no transaction ${id} of these recruiters`);
  return found;
}

const partOf = (of: StoredTransaction, amount: number): EntryPart => ({
  transactionId: of.id,
  placementId: of.placement_id,
  roleTitle: of.role_title,
  companyName: of.company_name,
  dealRole: of.deal_role,
  rate: basisPoints(Number(of.rate_bp)),
  tier: of.tier,
  standardAmount: cents(Number(of.amount) - Number(of.bonus)),
  bonusAmount: cents(Number(of.bonus)),
  teamId: of.team_id,
  teamPart: teamPart(of),
  amount: cents(amount),
  transferId: of.transfer_id,
  payoutStatus: of.status,
});

/** Two of the four rules divide equally; in the others a member has a part of their own. */
function teamPart({ kind, model }: StoredTransaction): EntryPart["teamPart"] {
  if (kind === "team_overhead") return "overhead";
  if (kind !== "team_member") return null;
  return model === "flat_split" || model === "tiered_split" ? "equal_part" : "member";
}
